-- order: t, id
SELECT t, id FROM pg.a ORDER BY t, id;
-- order: t, id
SELECT t, id FROM pg.a ORDER BY t DESC, id LIMIT 6;
-- order: t, id
SELECT t, id FROM pg.a ORDER BY t NULLS FIRST, id LIMIT 6;
-- order: t, id
SELECT t, id FROM pg.a ORDER BY t DESC NULLS LAST, id LIMIT 6 OFFSET 2;
-- order: tl, id
SELECT tl, id FROM pg.a ORDER BY tl, id LIMIT 12;
-- order: e, id
SELECT e, id FROM pg.a ORDER BY e, id;
-- order: c, id
SELECT c, id FROM pg.a ORDER BY c NULLS FIRST, id DESC LIMIT 9;
-- order: n, t, id
SELECT n, t, id FROM pg.a ORDER BY n DESC NULLS LAST, t NULLS FIRST, id LIMIT 11;
-- order: f, d, id
SELECT f, d, id FROM pg.a ORDER BY f, d DESC, id;
-- order: y, id
SELECT y, id FROM pg.a ORDER BY y, id LIMIT 8;
-- order: k, n
SELECT k, count(*) AS n FROM pg.a GROUP BY k ORDER BY k NULLS FIRST, n LIMIT 3;
-- order: n, k
SELECT k, count(*) AS n FROM pg.a GROUP BY k HAVING count(*) > 1 ORDER BY n DESC, k LIMIT 3;
-- order: k
SELECT DISTINCT k FROM pg.a ORDER BY k DESC LIMIT 4;
-- order: k
SELECT k FROM pg.a UNION SELECT k FROM pg.b ORDER BY k LIMIT 5;
-- order: k
SELECT k FROM pg.a UNION ALL SELECT k FROM pg.b ORDER BY k LIMIT 9 OFFSET 4;
-- order: id
SELECT id FROM pg.a WHERE n > 0 OR n IS NULL ORDER BY id LIMIT 4;
-- order: x
SELECT x FROM (SELECT k + s AS x FROM pg.a) AS a ORDER BY x NULLS FIRST LIMIT 7;
SELECT id FROM (SELECT id, t FROM pg.a ORDER BY t, id LIMIT 9) AS x WHERE t >= '';
SELECT id FROM (SELECT id, n FROM pg.a ORDER BY n NULLS FIRST, id LIMIT 9) AS x WHERE n IS NULL OR n > 0;
SELECT id FROM (SELECT id FROM pg.a ORDER BY id LIMIT 10 OFFSET 2) AS x ORDER BY id DESC LIMIT 3;
SELECT count(*) AS n FROM (SELECT id FROM pg.a LIMIT 5) AS x;
SELECT count(*) AS n FROM (SELECT id FROM pg.a LIMIT 0) AS x;
SELECT count(*) AS n FROM (SELECT id FROM pg.a WHERE id > 0 OFFSET 20) AS x;
SELECT id, row_number() OVER (PARTITION BY k ORDER BY t NULLS FIRST, id) AS n FROM pg.a;
SELECT id, sum(s) OVER (PARTITION BY k ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS n FROM pg.a;
SELECT id, lag(t) OVER (ORDER BY t DESC, id) AS before, first_value(t) OVER (PARTITION BY e ORDER BY id) AS first FROM pg.a;
SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY n DESC NULLS LAST, id) AS place FROM pg.a) AS x WHERE place = 1;
