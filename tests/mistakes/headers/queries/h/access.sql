/*---
name: h.access
version: 1
access: everyone
page: {key: [], nulls: middle}
---*/
SELECT 1 AS id
