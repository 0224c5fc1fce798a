/*---
name: tpch.q20
version: 1
description: The suppliers of a nation who hold too much of some parts.
params:
  name: {type: string, default: "forest%"}
  since: {type: date, default: 1994-01-01}
  nation: {type: string, default: CANADA}
access: public
---*/
SELECT s_name, s_address
FROM lite.supplier, pg.nation
WHERE s_suppkey IN (
    SELECT ps_suppkey
    FROM lite.partsupp
    WHERE ps_partkey IN (SELECT p_partkey FROM lite.part WHERE p_name LIKE :name)
      AND ps_availqty > (
        SELECT 0.5 * sum(l_quantity)
        FROM lake.lineitem
        WHERE l_partkey = ps_partkey
          AND l_suppkey = ps_suppkey
          AND l_shipdate >= :since
          AND l_shipdate < :since + INTERVAL '1 year'
      )
  )
  AND s_nationkey = n_nationkey
  AND n_name = :nation
ORDER BY s_name
