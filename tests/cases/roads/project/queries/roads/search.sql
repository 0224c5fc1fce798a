/*---
name: roads.search
version: 1
description: Roads that fit all the filters that are given, by number.
params:
  name: {type: string, optional: true}
  toll: {type: bool, optional: true}
  lanes: {type: int32, optional: true, min: 1, max: 12}
  longer_than: {type: "decimal(8,3)", optional: true}
  better_than: {type: float64, optional: true}
  opened_since: {type: date, optional: true}
  surveyed_since: {type: timestamptz, optional: true}
  checked_before: {type: timestamp, optional: true}
  ref: {type: uuid, optional: true}
page: {key: [id]}
access: public
---*/
SELECT id, name
FROM pg.road
WHERE (:name IS NULL OR name = :name)
  AND (:toll IS NULL OR toll = :toll)
  AND (:lanes IS NULL OR lanes = :lanes)
  AND (:longer_than IS NULL OR length_km > :longer_than)
  AND (:better_than IS NULL OR rating > :better_than)
  AND (:opened_since IS NULL OR opened >= :opened_since)
  AND (:surveyed_since IS NULL OR surveyed >= :surveyed_since)
  AND (:checked_before IS NULL OR checked < :checked_before)
  AND (:ref IS NULL OR ref = :ref)
