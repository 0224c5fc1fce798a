/*---
name: refusals.worth
version: 1
description: A numeric that is NaN.
access: public
---*/
SELECT id, worth FROM pg.odd
