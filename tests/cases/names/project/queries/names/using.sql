/*---
name: names.using
version: 1
page: {key: [id]}
access: public
---*/
SELECT o.id, TOWN AS town, c.NAME AS name FROM pg.orders o JOIN pg.customers C USING (town) WHERE c.id = customerid
