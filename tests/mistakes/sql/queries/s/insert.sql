/*---
name: s.insert
version: 1
access: public
page: {key: [id]}
---*/
INSERT INTO crm.customers VALUES (1)
