/*---
name: roads.several
version: 1
description: Roads by their numbers, of some towns if any are named.
params:
  ids: {type: "[int64]"}
  towns: {type: "[string]", optional: true}
page: {key: [id]}
access: public
---*/
SELECT id, town
FROM pg.road
WHERE id = ANY(:ids) AND (:towns IS NULL OR town = ANY(:towns))
