/*---
name: s.tables
version: 1
access: public
page: {key: [id]}
---*/
SELECT * FROM crn.customers JOIN customers USING (id)
  JOIN 'data.parquet' USING (id) JOIN "CRM".x USING (id) JOIN broken.t USING (id)
