/*---
name: roads.works
version: 1
description: Roadworks and who answers for them.
params:
  road: {type: int64, default: 4}
access: public
---*/
SELECT w.since, r.name, w.contact
FROM local.works w JOIN pg.road r ON r.id = w.road_id
WHERE w.road_id = :road
