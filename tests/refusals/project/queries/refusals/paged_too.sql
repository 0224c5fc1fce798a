/*---
name: refusals.paged_too
version: 1
description: Another query with a page key.
page: {key: [id]}
access: public
---*/
SELECT id, name FROM pg.item
