/*---
name: tpch.q19
version: 1
description: Discounted revenue of three kinds of parts, shipped by air and handed over in person.
params:
  quantity1: {type: int32, default: 1}
  quantity2: {type: int32, default: 10}
  quantity3: {type: int32, default: 20}
  brand1: {type: string, default: "Brand#12"}
  brand2: {type: string, default: "Brand#23"}
  brand3: {type: string, default: "Brand#34"}
access: public
---*/
SELECT sum(l_extendedprice * (1 - l_discount)) AS revenue
FROM lake.lineitem, lite.part
WHERE (
    p_partkey = l_partkey
    AND p_brand = :brand1
    AND p_container IN ('SM CASE', 'SM BOX', 'SM PACK', 'SM PKG')
    AND l_quantity BETWEEN :quantity1 AND :quantity1 + 10
    AND p_size BETWEEN 1 AND 5
    AND l_shipmode IN ('AIR', 'AIR REG')
    AND l_shipinstruct = 'DELIVER IN PERSON'
  ) OR (
    p_partkey = l_partkey
    AND p_brand = :brand2
    AND p_container IN ('MED BAG', 'MED BOX', 'MED PKG', 'MED PACK')
    AND l_quantity BETWEEN :quantity2 AND :quantity2 + 10
    AND p_size BETWEEN 1 AND 10
    AND l_shipmode IN ('AIR', 'AIR REG')
    AND l_shipinstruct = 'DELIVER IN PERSON'
  ) OR (
    p_partkey = l_partkey
    AND p_brand = :brand3
    AND p_container IN ('LG CASE', 'LG BOX', 'LG PACK', 'LG PKG')
    AND l_quantity BETWEEN :quantity3 AND :quantity3 + 10
    AND p_size BETWEEN 1 AND 15
    AND l_shipmode IN ('AIR', 'AIR REG')
    AND l_shipinstruct = 'DELIVER IN PERSON'
  )
