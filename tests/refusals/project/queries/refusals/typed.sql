/*---
name: refusals.typed
version: 1
description: A parameter of every type.
params:
  i32: {type: int32, default: 1}
  i64: {type: int64, default: 1, min: -5, max: 5000000000}
  f64: {type: float64, default: 0.5}
  dec: {type: "decimal(6,2)", default: 1}
  flag: {type: bool, default: true}
  text: {type: string, default: x}
  word: {type: string, enum: [red, green], default: red}
  code: {type: string, pattern: "[A-Z]{3}", default: ABC}
  day: {type: date, default: 2026-01-01, min: 2020-01-01}
  clock: {type: timestamp, default: "2026-01-01T00:00:00"}
  instant: {type: timestamptz, default: "2026-01-01T00:00:00Z"}
  ref: {type: uuid, default: 00000000-0000-4000-8000-00000000000a}
  ids: {type: "[int64]", default: [1], max: 9}
access: public
---*/
SELECT :i32 AS i32, :i64 AS i64, :f64 AS f64, :dec AS dec, :flag AS flag, :text AS text, :word AS word, :code AS code,
  :day AS day, :clock AS clock, :instant AS instant, :ref AS ref, 1 = ANY(:ids) AS has_one
