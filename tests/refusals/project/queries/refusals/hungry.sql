/*---
name: refusals.hungry
version: 1
description: Needs more memory than there is, for a hash join does not spill.
access: public
---*/
SELECT a.id, a.filler, b.filler AS other FROM pg.wide a JOIN twin.wide b ON b.filler = a.filler
