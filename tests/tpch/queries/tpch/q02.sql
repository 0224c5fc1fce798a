/*---
name: tpch.q02
version: 1
description: The cheapest suppliers of a region for parts of a size and type.
params:
  size: {type: int32, default: 15}
  type_ending: {type: string, default: "%BRASS"}
  region: {type: string, default: EUROPE}
access: public
---*/
SELECT s_acctbal, s_name, n_name, p_partkey, p_mfgr, s_address, s_phone, s_comment
FROM lite.part, lite.supplier, lite.partsupp, pg.nation, lite.region
WHERE p_partkey = ps_partkey
  AND s_suppkey = ps_suppkey
  AND p_size = :size
  AND p_type LIKE :type_ending
  AND s_nationkey = n_nationkey
  AND n_regionkey = r_regionkey
  AND r_name = :region
  AND ps_supplycost = (
    SELECT min(ps_supplycost)
    FROM lite.partsupp, lite.supplier, pg.nation, lite.region
    WHERE p_partkey = ps_partkey
      AND s_suppkey = ps_suppkey
      AND s_nationkey = n_nationkey
      AND n_regionkey = r_regionkey
      AND r_name = :region
  )
ORDER BY s_acctbal DESC, n_name, s_name, p_partkey
LIMIT 100
