/*---
name: tpch.q04
version: 1
description: How many orders of a quarter were late, by priority.
params:
  since: {type: date, default: 1993-07-01}
access: public
---*/
SELECT o_orderpriority, count(*) AS order_count
FROM pg.orders
WHERE o_orderdate >= :since
  AND o_orderdate < :since + INTERVAL '3 months'
  AND EXISTS (
    SELECT 1
    FROM lake.lineitem
    WHERE l_orderkey = o_orderkey AND l_commitdate < l_receiptdate
  )
GROUP BY o_orderpriority
ORDER BY o_orderpriority
