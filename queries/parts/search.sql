/*---
name: parts.search
version: 1
description: Parts of a brand within a range of sizes, cheapest first.
owner: team-shop
params:
  brand: {type: string, pattern: "B[1-5][1-5]", description: "Brand, B11 to B55"}
  min_size: {type: int32, default: 1, min: 1, max: 50, description: Smallest size}
  max_size: {type: int32, default: 50, min: 1, max: 50, description: Largest size}
  kind: {type: string, optional: true, pattern: "[a-z ]+", description: "Part of the kind, such as brass"}
page: {key: [id], order: [price], max: 200}
access: public
---*/
SELECT p.id, p.name, p.brand, p.kind, p.size, p.price
FROM shop.parts p
WHERE p.brand = :brand
  AND p.size BETWEEN :min_size AND :max_size
  AND (:kind IS NULL OR strpos(p.kind, :kind) > 0)
