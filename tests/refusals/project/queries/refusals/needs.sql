/*---
name: refusals.needs
version: 1
description: A parameter without default.
params:
  must: {type: int64}
  may: {type: string, optional: true}
access: public
---*/
SELECT :must AS must, :may AS may
