/*---
name: roads.ranked
version: 1
description: The two longest roads of each town.
page: {key: [town, place]}
access: public
---*/
SELECT town, place, name
FROM (
  SELECT town, name, row_number() OVER (PARTITION BY town ORDER BY length_km DESC NULLS LAST, id) AS place
  FROM pg.road
) AS ranked
WHERE place <= 2
