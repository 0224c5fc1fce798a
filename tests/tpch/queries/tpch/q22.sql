/*---
name: tpch.q22
version: 1
description: Customers of some countries with money and without orders.
params:
  codes: {type: "[string]", default: ["13", "31", "23", "29", "30", "18", "17"]}
access: public
---*/
SELECT cntrycode, count(*) AS numcust, sum(c_acctbal) AS totacctbal
FROM (
  SELECT substring(c_phone FROM 1 FOR 2) AS cntrycode, c_acctbal
  FROM pg.customer
  WHERE substring(c_phone FROM 1 FOR 2) = ANY(:codes)
    AND c_acctbal > (
      SELECT avg(c_acctbal)
      FROM pg.customer
      WHERE c_acctbal > 0.00 AND substring(c_phone FROM 1 FOR 2) = ANY(:codes)
    )
    AND NOT EXISTS (SELECT 1 FROM pg.orders WHERE o_custkey = c_custkey)
) AS custsale
GROUP BY cntrycode
ORDER BY cntrycode
