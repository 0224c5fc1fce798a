/*---
name: tpch.q11
version: 1
description: The parts that hold more than a fraction of a nation's stock value.
params:
  nation: {type: string, default: GERMANY}
  fraction: {type: "decimal(9,4)", default: 0.0100}
access: public
---*/
SELECT ps_partkey, sum(ps_supplycost * ps_availqty) AS value
FROM lite.partsupp, lite.supplier, pg.nation
WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = :nation
GROUP BY ps_partkey
HAVING sum(ps_supplycost * ps_availqty) > (
  SELECT sum(ps_supplycost * ps_availqty) * :fraction
  FROM lite.partsupp, lite.supplier, pg.nation
  WHERE ps_suppkey = s_suppkey AND s_nationkey = n_nationkey AND n_name = :nation
)
ORDER BY value DESC
