/*---
name: tpch.q14
version: 1
description: The share of a month's revenue that came from promotions, in percent.
params:
  since: {type: date, default: 1995-09-01}
access: public
---*/
SELECT
  100.00 * sum(CASE WHEN p_type LIKE 'PROMO%' THEN l_extendedprice * (1 - l_discount) ELSE 0 END)
    / sum(l_extendedprice * (1 - l_discount)) AS promo_revenue
FROM lake.lineitem, lite.part
WHERE l_partkey = p_partkey
  AND l_shipdate >= :since
  AND l_shipdate < :since + INTERVAL '1 month'
