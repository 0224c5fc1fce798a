/*---
name: roads.survey
version: 1
description: When each road was surveyed, for surveyors.
page: {key: [id], order: [-surveyed]}
access: {scopes: ["roads:survey"]}
---*/
SELECT id, surveyed FROM pg.road
