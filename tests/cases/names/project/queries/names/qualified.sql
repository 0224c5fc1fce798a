/*---
name: names.qualified
version: 1
page: {key: [id]}
access: public
---*/
SELECT Customers.ID AS id, pg.customers.town AS town FROM pg.customers
