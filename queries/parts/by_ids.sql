/*---
name: parts.by_ids
version: 1
description: The parts of a list of numbers. Unknown numbers are left out.
owner: team-shop
params:
  ids: {type: [int64], min: 1, description: "Part numbers; repeat the parameter: ids=1&ids=2"}
page: {key: [id]}
access: public
---*/
SELECT p.id, p.name, p.brand, p.kind, p.size, p.container, p.price
FROM shop.parts p
WHERE p.id = ANY(:ids)
