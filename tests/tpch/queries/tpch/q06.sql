/*---
name: tpch.q06
version: 1
description: What a year would have earned without its discounts of a range.
params:
  since: {type: date, default: 1994-01-01}
  least: {type: "decimal(15,2)", default: 0.05}
  most: {type: "decimal(15,2)", default: 0.07}
  quantity: {type: int32, default: 24}
access: public
---*/
SELECT sum(l_extendedprice * l_discount) AS revenue
FROM lake.lineitem
WHERE l_shipdate >= :since
  AND l_shipdate < :since + INTERVAL '1 year'
  AND l_discount BETWEEN :least AND :most
  AND l_quantity < :quantity
