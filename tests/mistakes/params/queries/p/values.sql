/*---
name: p.values
version: 1
access: public
page: {key: [id]}
params:
  a: {type: date, default: 2019-12-31, min: 2020-01-01}
  b: {type: int64, min: 10, max: 1}
  c: {type: int32, enum: [1, two, 3000000000, 1]}
  d: {type: string, pattern: "[a-z"}
  e: {type: int64, pattern: "[0-9]+"}
  f: {type: bool, min: false}
  g: {type: string, max: z}
  h: {type: string, default: x, optional: true}
  i: {type: string, enum: [EU, US], default: UK}
  j: {type: string, pattern: "[A-Z]{2}", default: eu}
  k: {type: [int64], default: 5}
  l: {type: [int64], max: 9, default: [1, 10, x]}
  m: {type: [int64], max: 9, default: [1, 10]}
---*/
SELECT :a, :b, :c, :d, :e, :f, :g, :h, :i, :j, :k, :l, :m AS id
