/*---
name: refusals.gone
version: 1
description: Its source is down.
access: public
---*/
SELECT id FROM gone.item
