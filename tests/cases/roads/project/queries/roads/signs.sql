/*---
name: roads.signs
version: 1
description: Signs with a text.
params:
  text: {type: string}
page: {key: [id]}
access: public
---*/
SELECT id, road_id, text FROM local.signs WHERE text = :text
