/*---
name: h.order_inside
version: 1
access: public
page: {key: [id]}
---*/
(SELECT id FROM crm.a ORDER BY id LIMIT 3)
