/*---
name: parts.brand_ratings
version: 1
description: Brands by the stars of their reviews, best first.
owner: team-shop
params:
  since: {type: date, default: 1992-01-01, min: 1992-01-01, max: 1998-12-31, description: First day of a review}
  min_reviews: {type: int64, default: 5, min: 1, description: Brands with fewer reviews are left out}
page: {key: [brand], order: [-stars]}
access: public
---*/
SELECT
  p.brand,
  avg(v.stars) AS stars,
  count(*) AS reviews,
  count(*) FILTER (WHERE v.stars <= 2) AS complaints
FROM lake.reviews v
JOIN shop.parts p ON p.id = v.part_id
WHERE v.written_on >= :since
GROUP BY p.brand
HAVING count(*) >= :min_reviews
