/*---
name: h.nulls
version: 1
access: public
page: {nulls: first}
---*/
SELECT 1 AS id FROM crm.a LIMIT 1
