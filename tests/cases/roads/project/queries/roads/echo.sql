/*---
name: roads.echo
version: 1
description: Its parameters, as they were understood.
params:
  text: {type: string, default: "none; given"}
  flag: {type: bool, default: true}
  small: {type: int32, default: -7}
  big: {type: int64, default: 9007199254740993}
  ratio: {type: float64, default: 0.5}
  price: {type: "decimal(12,2)", default: 10.50}
  day: {type: date, default: 2026-02-28}
  instant: {type: timestamptz, default: "2026-02-28T12:00:00Z"}
  clock: {type: timestamp, default: "2026-02-28T12:00:00"}
  ref: {type: uuid, default: 00000000-0000-4000-8000-00000000000a}
  nothing: {type: int64, optional: true}
access: public
---*/
SELECT :text AS text, :flag AS flag, :small AS small, :big AS big, :ratio AS ratio, :price AS price, :day AS day,
  :instant AS instant, :clock AS clock, :ref AS ref, :nothing AS nothing
