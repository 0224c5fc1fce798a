/*---
name: s.slice
version: 1
access: public
page: {key: [id]}
params: {n: {type: int64}}
---*/
SELECT a[1:n] AS id, a[1 : n], a[1 : :n], a[:n], ARRAY[1, :n], (a)[CASE WHEN :n > 1 THEN 1 END] FROM crm.t
