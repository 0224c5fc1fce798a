/*---
name: refusals.unpaged
version: 1
description: Has no page key.
access: public
---*/
SELECT DISTINCT id, name FROM lite.item
