/*---
name: s.string
version: 1
access: public
page: {key: [id]}
---*/
SELECT 'open AS id
