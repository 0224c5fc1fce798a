/*---
name: sales.orders
version: 1
description: Orders, newest first.
owner: team-sales
params:
  customer_id: {type: int64, optional: true, min: 1, description: Only orders of this customer}
  status: {type: string, enum: [open, partial, fulfilled], optional: true, description: Only orders in this state}
  min_total: {type: "decimal(15,2)", optional: true, min: 0, description: Smallest total}
page: {key: [id], order: [-ordered_on], max: 1000}
consumer: {fields: true, filter: [status, total, ordered_on], sort: [total, ordered_on]}
access: public
---*/
SELECT o.id, o.customer_id, o.status, o.total, o.ordered_on, o.priority
FROM lake.orders o
WHERE (:customer_id IS NULL OR o.customer_id = :customer_id)
  AND (:status IS NULL OR o.status = :status)
  AND (:min_total IS NULL OR o.total >= :min_total)
