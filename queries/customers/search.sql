/*---
name: customers.search
version: 1
description: Customers by any of name, nation, segment and balance. A filter that is not given does not filter.
owner: team-shop
params:
  name: {type: string, optional: true, pattern: ".{2,40}", description: "Part of the name, in any case"}
  nation: {type: string, optional: true, description: "The nation's name, such as France"}
  segment:
    type: string
    enum: [automobile, building, furniture, household, machinery]
    optional: true
    description: Market segment
  min_balance: {type: float64, optional: true, min: -10000, max: 10000, description: Smallest balance}
page: {key: [id], order: [name], max: 500}
consumer: {fields: [id, name, segment, nation], sort: [name, balance]}
access: public
---*/
SELECT c.id, c.name, c.segment, n.name AS nation, c.balance
FROM shop.customers c
JOIN shop.nations n ON n.id = c.nation_id
WHERE (:name IS NULL OR strpos(lower(c.name), lower(:name)) > 0)
  AND (:nation IS NULL OR n.name = :nation)
  AND (:segment IS NULL OR c.segment = :segment)
  AND (:min_balance IS NULL OR c.balance >= :min_balance)
