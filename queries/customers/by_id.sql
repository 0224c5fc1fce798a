/*---
name: customers.by_id
version: 1
description: One customer, with nation and region.
owner: team-shop
params:
  id: {type: int64, min: 1, description: The customer's number}
page: {key: [id]}
access: public
---*/
SELECT c.id, c.name, c.segment, c.phone, c.balance, n.name AS nation, r.name AS region
FROM shop.customers c
JOIN shop.nations n ON n.id = c.nation_id
JOIN shop.regions r ON r.id = n.region_id
WHERE c.id = :id
