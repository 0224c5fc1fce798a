/*---
name: names.cte
version: 1
page: {key: [id]}
access: public
---*/
WITH Big AS (SELECT "Id" AS id, Name AS Nick FROM pg.customers), other(Number) AS (SELECT id FROM pg.orders)
SELECT B.ID, NICK, (SELECT max(NUMBER) FROM Other) AS top FROM BIG b
