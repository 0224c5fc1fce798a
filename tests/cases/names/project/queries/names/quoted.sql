/*---
name: names.quoted
version: 1
page: {key: [id]}
access: public
---*/
SELECT ID, Amount AS whole, "Amount" AS exact, o.AMOUNT + 1 AS more FROM pg.orders o WHERE "Amount" IS NULL OR amount > 6
