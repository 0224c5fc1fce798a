/*---
name: sales.order_lines
version: 1
description: The lines of one order, with part and supplier.
owner: team-sales
params:
  order_id: {type: int64, min: 1, description: The order's number}
page: {key: [line_number], order: [line_number]}
access: public
---*/
SELECT
  l.line_number,
  p.name AS part,
  s.name AS supplier,
  l.quantity,
  l.price,
  l.discount,
  l.price * (1 - l.discount) AS amount,
  l.returned,
  l.shipped_on
FROM lake.line_items l
JOIN shop.parts p ON p.id = l.part_id
JOIN shop.suppliers s ON s.id = l.supplier_id
WHERE l.order_id = :order_id
