/*---
name: sales.monthly_revenue
version: 1
description: Orders and revenue of each month between two days, with the running total.
owner: team-sales
params:
  from: {type: date, default: 1995-01-01, min: 1992-01-01, max: 1998-12-31, description: First order day}
  to: {type: date, default: 1996-01-01, min: 1992-01-01, max: 1999-01-01, description: The day after the last order day}
page: {key: [month], order: [month]}
access: public
---*/
WITH months AS (
  SELECT cast(date_trunc('month', o.ordered_on) AS date) AS month, count(*) AS orders, sum(o.total) AS revenue
  FROM lake.orders o
  WHERE o.ordered_on >= :from
    AND o.ordered_on < :to
    AND o.year BETWEEN extract(year FROM :from) AND extract(year FROM :to)
  GROUP BY 1
)
SELECT month, orders, revenue, sum(revenue) OVER (ORDER BY month) AS revenue_so_far
FROM months
