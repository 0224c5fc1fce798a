/*---
name: customers.rank_in_nation
version: 1
description: The best customers of each nation by the total of their orders, with their share of the nation.
owner: team-sales
params:
  top: {type: int32, default: 3, min: 1, max: 100, description: Places of each nation}
page: {key: [customer_id], order: [nation, place]}
access: public
---*/
WITH revenue AS (
  SELECT customer_id, sum(total) AS revenue
  FROM lake.orders
  GROUP BY customer_id
), ranked AS (
  SELECT
    n.name AS nation,
    rank() OVER (PARTITION BY n.id ORDER BY r.revenue DESC) AS place,
    c.id AS customer_id,
    c.name AS customer,
    r.revenue,
    sum(r.revenue) OVER (PARTITION BY n.id) AS nation_revenue
  FROM revenue r
  JOIN shop.customers c ON c.id = r.customer_id
  JOIN shop.nations n ON n.id = c.nation_id
)
SELECT
  nation,
  place,
  customer_id,
  customer,
  revenue,
  cast(revenue AS double) / cast(nation_revenue AS double) AS share
FROM ranked
WHERE place <= :top
