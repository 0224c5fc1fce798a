/*---
name: tpch.q12
version: 1
description: Late lines of urgent and other orders, by ship mode.
params:
  modes: {type: "[string]", default: ["MAIL", "SHIP"]}
  since: {type: date, default: 1994-01-01}
access: public
---*/
SELECT
  l_shipmode,
  sum(CASE WHEN o_orderpriority IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END) AS high_line_count,
  sum(CASE WHEN o_orderpriority NOT IN ('1-URGENT', '2-HIGH') THEN 1 ELSE 0 END) AS low_line_count
FROM pg.orders, lake.lineitem
WHERE o_orderkey = l_orderkey
  AND l_shipmode = ANY(:modes)
  AND l_commitdate < l_receiptdate
  AND l_shipdate < l_commitdate
  AND l_receiptdate >= :since
  AND l_receiptdate < :since + INTERVAL '1 year'
GROUP BY l_shipmode
ORDER BY l_shipmode
