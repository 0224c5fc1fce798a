/*---
name: refusals.never
version: 1
description: A timestamp that has no number.
access: public
---*/
SELECT id, never FROM pg.odd
