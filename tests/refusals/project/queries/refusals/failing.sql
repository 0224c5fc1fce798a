/*---
name: refusals.failing
version: 1
description: Its source fails on a row.
access: public
---*/
SELECT id, share FROM pg.failing
