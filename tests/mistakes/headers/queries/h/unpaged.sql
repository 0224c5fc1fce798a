/*---
name: h.unpaged
version: 1
access: public
---*/
SELECT 1 AS id FROM crm.a LIMIT 2000
