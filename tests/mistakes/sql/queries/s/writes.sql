/*---
name: s.writes
version: 1
access: public
page: {key: [id]}
---*/
WITH gone AS (DELETE FROM crm.customers RETURNING id) SELECT id FROM gone
