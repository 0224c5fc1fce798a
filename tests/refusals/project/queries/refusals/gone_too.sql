/*---
name: refusals.gone_too
version: 1
description: One of its sources is down.
access: public
---*/
SELECT i.id FROM pg.item i JOIN gone.item g ON g.id = i.id
