/*---
name: refusals.unpaged
version: 1
description: Has no page key.
access: public
---*/
SELECT id, name FROM lite.item
