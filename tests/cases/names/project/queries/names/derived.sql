/*---
name: names.derived
version: 1
page: {key: [id]}
access: public
---*/
SELECT S.id, NUMBERS.n FROM (SELECT Id AS id, Town FROM pg.customers WHERE ID < 3) AS s JOIN (SELECT column1 AS N FROM (VALUES (1), (2)) AS v) AS numbers ON numbers.N = s.ID WHERE TOWN IS NOT NULL
