/*---
name: refusals.ever
version: 1
description: An instant that has no number.
access: public
---*/
SELECT id, ever FROM pg.odd
