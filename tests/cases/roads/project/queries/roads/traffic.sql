/*---
name: roads.traffic
version: 1
description: Vehicles counted since a day, by road and county.
params:
  since: {type: date, default: 2026-03-01}
page: {key: [id], order: [-vehicles]}
access: public
---*/
SELECT r.id, r.name, t.county, sum(c.vehicles) AS vehicles, count(*) AS counts
FROM pg.road r
JOIN lake.counts c ON c.road_id = r.id
JOIN lite.town t ON t.name = r.town
WHERE c.day >= :since
GROUP BY r.id, r.name, t.county
