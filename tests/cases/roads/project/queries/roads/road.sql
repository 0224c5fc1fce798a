/*---
name: roads.road
version: 1
description: One road, by its number.
params:
  id: {type: int64, min: 1, description: The road's number}
access: public
---*/
SELECT id, name, town, lanes, length_km, toll, opened, surveyed, checked, ref, rating
FROM pg.road
WHERE id = :id
