/*---
name: h.scopes
version: 1
access: {scopes: [read, "a:b", "a b:c"]}
page: {key: [id]}
limits: {timeout: soon, full_scan: eror}
pushdown: maybe
---*/
SELECT 1 AS id
