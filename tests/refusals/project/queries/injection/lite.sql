/*---
name: injection.lite
version: 1
description: Text in every place that a parameter can stand in.
params:
  text: {type: string}
  texts: {type: "[string]", default: []}
access: public
---*/
SELECT id, body, :text AS echo, 'before ' || :text || ' after' AS joined
FROM lite.note
WHERE body = :text OR body = ANY(:texts)
ORDER BY id
