/*---
name: s.all_at_once
version: 1
access: public
page: {key: [id]}
params:
  sinse: {type: date, default: 01.02.2026}
---*/
SELECT $1 AS a, $name AS b, @x AS c, ? AS d, :1 AS e, :Upper AS f, :since AS g
FROM crm.customers;
SELECT 2;
