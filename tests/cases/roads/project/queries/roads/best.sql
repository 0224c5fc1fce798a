/*---
name: roads.best
version: 1
description: All roads, best rated first, those without a rating last.
page: {key: [id], order: [-rating], max: 50}
access: public
---*/
SELECT id, rating, name FROM pg.road
