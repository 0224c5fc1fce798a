/*---
name: names.shadowed
version: 1
page: {key: [name]}
access: public
---*/
SELECT upper(Name) AS name, Town AS "Town" FROM pg.customers WHERE Name = 'bob' UNION ALL SELECT Town, 'x' AS t FROM pg.orders WHERE Id = 20
