/*---
name: refusals.vault
version: 1
description: Needs a scope.
page: {key: [id]}
access: {scopes: ["vault:read"]}
---*/
SELECT id, name FROM pg.item
