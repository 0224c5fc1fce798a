/*---
name: h.keys
version: one
descripton: typo
cache: {ttl: 1ms, stales: 1m, tags: ["a b"]}
returns: {}
access: {scopes: [], roles: [x]}
limits: {timeout: 2h, rows: 5}
page: {keys: [id], order: [id], max: 0, consistency: snapshot}
---*/
SELECT 1 AS id
