/*---
name: sales.top_customers
version: 1
description: Customers by revenue since a day, largest first. Customers come from SQLite, their orders from Parquet.
owner: team-sales
params:
  since: {type: date, default: 1992-01-01, min: 1992-01-01, max: 1998-12-31, description: First order day}
  region:
    type: string
    enum: [Africa, America, Asia, Europe, Middle East]
    optional: true
    description: Only customers of this region
page: {key: [customer_id], order: [-revenue], max: 1000}
consumer: {fields: true, filter: [nation, revenue], sort: [revenue, orders, customer]}
access: public
limits: {timeout: 30s}
---*/
SELECT
  c.id AS customer_id,
  c.name AS customer,
  n.name AS nation,
  count(*) AS orders,
  sum(o.total) AS revenue
FROM lake.orders o
JOIN shop.customers c ON c.id = o.customer_id
JOIN shop.nations n ON n.id = c.nation_id
JOIN shop.regions r ON r.id = n.region_id
WHERE o.ordered_on >= :since
  AND o.year >= extract(year FROM :since)  -- skips the folders of earlier years
  AND (:region IS NULL OR r.name = :region)
GROUP BY c.id, c.name, n.name
