/*---
name: sales.upper
version: 1
access: public
page: {key: [id]}
---*/
SELECT 1 AS id
