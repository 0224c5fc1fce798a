/*---
name: sales.top_customers        # the same as the path
version: 1
description: Customers by revenue since a day, largest first. See lake/*.parquet.
owner: team-sales
params:
  since:  {type: date, default: 2026-01-01, min: 2020-01-01, description: First order day}
  region: {type: string, enum: [EU, US], optional: true}
  ids:    {type: [int64], default: [1, 2], min: 1}
  prices: {type: [decimal(12,2)], optional: true}
page: {key: [customer_id], order: [-revenue, {column: region, nulls: first}], max: 5000}
access: {scopes: ["sales:read"]}
limits: {timeout: 30s, full_scan: allow}
pushdown: on
---*/
WITH recent AS (SELECT * FROM lake.orders WHERE day >= :since)
SELECT c.id AS customer_id, c.region, sum(o.amount)::decimal(38, 2) AS revenue
FROM crm.customers c JOIN recent o ON o.customer_id = c.id
WHERE (:region IS NULL OR c.region = :region) AND c.id = ANY(:ids) AND (:prices IS NULL OR o.price = ANY(:prices))
GROUP BY c.id, c.region;
