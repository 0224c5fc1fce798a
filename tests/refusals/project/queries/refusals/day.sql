/*---
name: refusals.day
version: 1
description: A date that has no number.
access: public
---*/
SELECT id, day FROM pg.odd
