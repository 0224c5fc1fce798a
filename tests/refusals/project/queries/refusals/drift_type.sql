/*---
name: refusals.drift_type
version: 1
description: Its column gets another type while the server runs.
access: public
---*/
SELECT id, size FROM drift.thing
