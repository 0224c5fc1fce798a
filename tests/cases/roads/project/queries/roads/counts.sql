/*---
name: roads.counts
version: 1
description: What was counted on a day, with kinds of vehicles and measured speeds.
params:
  day: {type: date}
page: {key: [road_id]}
access: public
---*/
SELECT road_id, day, counted_at, vehicles, kinds, speeds FROM lake.counts WHERE day = :day
