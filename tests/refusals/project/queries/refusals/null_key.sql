/*---
name: refusals.null_key
version: 1
description: Its page key is NULL in a row.
page: {key: [unit]}
access: public
---*/
SELECT id, unit FROM pg.odd
