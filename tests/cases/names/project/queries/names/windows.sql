/*---
name: names.windows
version: 1
page: {key: [id]}
access: public
---*/
SELECT Id AS id, rank() OVER W AS place, row_number() OVER (PARTITION BY TOWN ORDER BY name) AS nth FROM pg.customers WINDOW w AS (ORDER BY NAME DESC)
