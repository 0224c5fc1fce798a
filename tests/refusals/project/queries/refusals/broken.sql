/*---
name: refusals.broken
version: 1
description: Its file is damaged while the server runs.
access: public
---*/
SELECT id, body FROM lake.broken
