/*---
name: names.grouped
version: 1
page: {key: [town]}
access: public
---*/
SELECT Town AS town, count(*) AS people, max(NAME) AS last_name FROM PG.Public.CUSTOMERS GROUP BY TOWN HAVING count(ID) > 1
