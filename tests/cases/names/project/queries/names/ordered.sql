/*---
name: names.ordered
version: 1
access: public
---*/
SELECT lower("Name") AS name, ID AS number FROM pg.customers ORDER BY NAME DESC, Number LIMIT 10
