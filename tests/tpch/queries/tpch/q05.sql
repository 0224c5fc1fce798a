/*---
name: tpch.q05
version: 1
description: Revenue of a year between customers and suppliers of the same nation of a region.
params:
  region: {type: string, default: ASIA}
  since: {type: date, default: 1994-01-01}
access: public
---*/
SELECT n_name, sum(l_extendedprice * (1 - l_discount)) AS revenue
FROM pg.customer, pg.orders, lake.lineitem, lite.supplier, pg.nation, lite.region
WHERE c_custkey = o_custkey
  AND l_orderkey = o_orderkey
  AND l_suppkey = s_suppkey
  AND c_nationkey = s_nationkey
  AND s_nationkey = n_nationkey
  AND n_regionkey = r_regionkey
  AND r_name = :region
  AND o_orderdate >= :since
  AND o_orderdate < :since + INTERVAL '1 year'
GROUP BY n_name
ORDER BY revenue DESC
