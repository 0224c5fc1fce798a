/*---
name: tpch.q15
version: 1
description: The suppliers who brought most revenue in a quarter.
params:
  since: {type: date, default: 1996-01-01}
access: public
---*/
WITH revenue AS (
  SELECT l_suppkey AS supplier_no, sum(l_extendedprice * (1 - l_discount)) AS total_revenue
  FROM lake.lineitem
  WHERE l_shipdate >= :since AND l_shipdate < :since + INTERVAL '3 months'
  GROUP BY l_suppkey
)
SELECT s_suppkey, s_name, s_address, s_phone, total_revenue
FROM lite.supplier, revenue
WHERE s_suppkey = supplier_no
  AND total_revenue = (SELECT max(total_revenue) FROM revenue)
ORDER BY s_suppkey
