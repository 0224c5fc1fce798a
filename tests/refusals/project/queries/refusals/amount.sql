/*---
name: refusals.amount
version: 1
description: A numeric without precision that has too many digits.
access: public
---*/
SELECT id, amount FROM pg.odd WHERE id = 2
