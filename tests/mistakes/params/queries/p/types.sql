/*---
name: p.types
version: 1
access: public
page: {key: [id]}
params:
  a: {type: integer}
  b: {type: "decimal(12)"}
  c: {type: [[int64]]}
  d: {}
  e: {type: int64, path: true, defualt: 3}
  f: {type: "[int64"}
---*/
SELECT :a, :b, :c, :d, :e, :f AS id
