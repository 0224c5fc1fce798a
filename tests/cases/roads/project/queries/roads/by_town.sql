/*---
name: roads.by_town
version: 1
description: All roads by town, the widest first in each.
page: {key: [id], order: [town, -lanes]}
access: public
---*/
SELECT id, town, lanes FROM pg.road
