/*---
name: roads.counties
version: 1
description: Towns and kilometres of road by county, towns without roads too.
access: public
---*/
SELECT t.county, count(DISTINCT t.name) AS towns, count(r.id) AS roads, sum(r.length_km) AS length_km, max(t.people) AS people
FROM lite.town t LEFT JOIN pg.road r ON r.town = t.name
GROUP BY t.county
