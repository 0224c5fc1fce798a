/*---
name: h.order
version: 1
access: public
page: {key: [id, id], order: [-id, id, "-", {column: -x, nulls: last, collate: C}, {nulls: first}]}
---*/
SELECT a.id FROM crm.a
ORDER BY a.id DESC
