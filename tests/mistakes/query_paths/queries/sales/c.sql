/*---
name: sales.c
version: 2
access: public
page: {key: [id]}
---*/
SELECT 1 AS id
