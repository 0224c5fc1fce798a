/*---
name: h.malformed
params: {a: {type: date}
---*/
SELECT :a AS x FROM crn.t
