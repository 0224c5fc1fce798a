/*---
name: s.syntax
version: 1
access: public
page: {key: [id]}
params: {a: {type: int64}}
---*/
SELECT id
FROM crm.customers
WHERE id = = :a
