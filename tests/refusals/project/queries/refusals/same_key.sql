/*---
name: refusals.same_key
version: 1
description: Its page key is the same in two rows.
page: {key: [unit]}
access: public
---*/
SELECT id, unit FROM pg.odd WHERE id > 1
