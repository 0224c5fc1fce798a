/*---
name: p.names
version: 1
access: public
page: {key: [id]}
params:
  limit: {type: int64}
  a__b: {type: int64}
  Upper: {type: int64}
  ok: date
  unused: {type: int64}
---*/
SELECT :limit AS id, :a__b, :Upper, :ok, :okk, :missing
