/*---
name: s.syntax_at_parameter
version: 1
access: public
page: {key: [id]}
params: {a: {type: int64}}
---*/
SELECT id FROM crm.customers LIMIT 1 :a
