/*---
name: refusals.slow
version: 1
description: Takes longer than it may.
access: public
limits: {timeout: 1s}
---*/
SELECT id, nap FROM pg.slow
