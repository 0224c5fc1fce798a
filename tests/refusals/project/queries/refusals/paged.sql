/*---
name: refusals.paged
version: 1
description: Has a page key.
params:
  above: {type: int64, default: 0}
page: {key: [id], max: 50}
access: public
---*/
SELECT id, name FROM pg.item WHERE id > :above
