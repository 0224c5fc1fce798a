/*---
name: refusals.drift
version: 1
description: Loses a column while the server runs.
access: public
---*/
SELECT id, colour FROM drift.thing
