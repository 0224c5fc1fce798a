/*---
name: refusals.stalling
version: 1
description: Stands still after some rows.
access: public
---*/
SELECT id, nap FROM pg.stalling
