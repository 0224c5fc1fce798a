
  /*---
name: h.unclosed
SELECT 1
