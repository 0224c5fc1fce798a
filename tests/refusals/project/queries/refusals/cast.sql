/*---
name: refusals.cast
version: 1
description: Reads a text as a number.
access: public
---*/
SELECT id, CAST(name AS bigint) AS number FROM lite.item
