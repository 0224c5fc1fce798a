/*---
name: tpch.q13
version: 1
description: How many customers have how many orders, special requests left out.
params:
  without: {type: string, default: "%special%requests%"}
access: public
---*/
SELECT c_count, count(*) AS custdist
FROM (
  SELECT c_custkey, count(o_orderkey) AS c_count
  FROM pg.customer LEFT JOIN pg.orders ON c_custkey = o_custkey AND o_comment NOT LIKE :without
  GROUP BY c_custkey
) AS c_orders
GROUP BY c_count
ORDER BY custdist DESC, c_count DESC
