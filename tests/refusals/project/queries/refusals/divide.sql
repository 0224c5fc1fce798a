/*---
name: refusals.divide
version: 1
description: Divides by what it is given.
params:
  at: {type: int64}
access: public
---*/
SELECT id, 100 / (id - :at) AS share FROM lite.item
