/*---
name: names.correlated
version: 1
page: {key: [id]}
access: public
---*/
SELECT c.Id AS id, (SELECT count(*) FROM pg.orders o WHERE o.customerid = C.ID) AS orders
FROM pg.customers c WHERE EXISTS (SELECT 1 FROM pg.orders WHERE CUSTOMERID = c.id AND Id >= 10)
