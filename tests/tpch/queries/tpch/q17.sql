/*---
name: tpch.q17
version: 1
description: What a year would lose without small orders of a part.
params:
  brand: {type: string, default: "Brand#44"}
  container: {type: string, default: WRAP CAN}
access: public
---*/
SELECT sum(l_extendedprice) / 7.0 AS avg_yearly
FROM lake.lineitem, lite.part
WHERE p_partkey = l_partkey
  AND p_brand = :brand
  AND p_container = :container
  AND l_quantity < (
    SELECT 0.2 * avg(l_quantity)
    FROM lake.lineitem
    WHERE l_partkey = p_partkey
  )
