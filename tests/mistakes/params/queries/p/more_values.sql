/*---
name: p.more_values
version: 1
access: public
page: {key: [id]}
params:
  a: {type: "decimal(5,2)", default: 1.005}
  b: {type: timestamp, default: 2026-01-01T00:00:00Z}
  c: {type: timestamptz, default: 2026-01-01T00:00:00}
  d: {type: uuid, default: not-a-uuid}
  e: {type: int64, min: 5, enum: [1]}
  f: {type: string, enum: []}
  g: {type: bool, default: yes}
  h: {type: float64, max: 1e999}
  i: {type: date, default: }
---*/
SELECT :a, :b, :c, :d, :e, :f, :g, :h, :i AS id
