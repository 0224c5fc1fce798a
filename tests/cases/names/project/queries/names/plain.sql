/*---
name: names.plain
version: 1
page: {key: [id]}
access: public
---*/
SELECT Id AS id, NAME AS name FROM pg.Customers WHERE iD > 1 AND customers.NAME <> 'x'
