/*---
name: refusals.wide
version: 1
description: Flows for a while.
access: public
---*/
SELECT id, filler FROM pg.wide
