/*---
name: refusals.loose
version: 1
description: A text in a column of numbers.
access: public
---*/
SELECT id, size FROM lite.loose
