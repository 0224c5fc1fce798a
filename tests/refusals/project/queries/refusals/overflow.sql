/*---
name: refusals.overflow
version: 1
description: Multiplies beyond its type.
access: public
---*/
SELECT id, size * 2 AS twice FROM lite.item
