/*---
name: finance.segment_targets
version: 1
description: Revenue of each market segment in a year against its target. Needs the scope finance:read.
owner: team-finance
params:
  year: {type: int32, default: 1997, min: 1993, max: 1998, description: Calendar year of the orders}
page: {key: [segment]}
access: {scopes: ["finance:read"]}
---*/
WITH revenue AS (
  SELECT c.segment, sum(o.total) AS revenue
  FROM lake.orders o
  JOIN shop.customers c ON c.id = o.customer_id
  WHERE o.year = :year
  GROUP BY c.segment
)
SELECT t.segment, t.target, r.revenue, r.revenue - t.target AS difference
FROM lake.sales_targets t
LEFT JOIN revenue r ON r.segment = t.segment
WHERE t.year = :year
