/*---
name: tpch.q18
version: 1
description: The hundred largest orders of more than a quantity.
params:
  quantity: {type: int32, default: 300}
access: public
---*/
SELECT c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity) AS quantity
FROM pg.customer, pg.orders, lake.lineitem
WHERE o_orderkey IN (
    SELECT l_orderkey
    FROM lake.lineitem
    GROUP BY l_orderkey
    HAVING sum(l_quantity) > :quantity
  )
  AND c_custkey = o_custkey
  AND o_orderkey = l_orderkey
GROUP BY c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice
ORDER BY o_totalprice DESC, o_orderdate
LIMIT 100
