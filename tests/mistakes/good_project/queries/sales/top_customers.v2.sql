/*---
name: sales.top_customers
version: 2
access: public
page: {key: [id]}
---*/
SELECT id FROM crm.public.customers
