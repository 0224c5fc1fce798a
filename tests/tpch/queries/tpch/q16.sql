/*---
name: tpch.q16
version: 1
description: How many suppliers offer parts with given attributes, those with complaints left out.
params:
  brand: {type: string, default: "Brand#45"}
  type_start: {type: string, default: "MEDIUM POLISHED%"}
  sizes: {type: "[int32]", default: [49, 14, 23, 45, 19, 3, 36, 9]}
access: public
---*/
SELECT p_brand, p_type, p_size, count(DISTINCT ps_suppkey) AS supplier_cnt
FROM lite.partsupp, lite.part
WHERE p_partkey = ps_partkey
  AND p_brand <> :brand
  AND p_type NOT LIKE :type_start
  AND p_size = ANY(:sizes)
  AND ps_suppkey NOT IN (
    SELECT s_suppkey
    FROM lite.supplier
    WHERE s_comment LIKE '%Customer%Complaints%'
  )
GROUP BY p_brand, p_type, p_size
ORDER BY supplier_cnt DESC, p_brand, p_type, p_size
