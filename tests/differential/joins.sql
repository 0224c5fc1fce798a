SELECT a.id, b.id AS other FROM pg.a AS a JOIN pg.b AS b ON a.k = b.k;
SELECT a.id, b.id AS other FROM pg.a AS a LEFT JOIN pg.b AS b ON a.k = b.k AND b.n > 1;
SELECT a.id, b.id AS other FROM pg.a AS a LEFT JOIN pg.b AS b ON a.k = b.k WHERE b.n > 1 OR b.id IS NULL;
SELECT a.id, b.id AS other FROM pg.a AS a LEFT JOIN pg.b AS b ON a.k = b.k AND a.n > 1;
SELECT a.id, b.id AS other FROM pg.a AS a LEFT JOIN pg.b AS b ON a.k = b.k WHERE a.n > 1;
SELECT a.id, b.id AS other FROM pg.a AS a RIGHT JOIN pg.b AS b ON a.k = b.k AND a.f;
SELECT a.id, b.id AS other FROM pg.a AS a RIGHT JOIN pg.b AS b ON a.k = b.k WHERE a.f IS NOT TRUE;
SELECT a.id, b.id AS other FROM pg.a AS a FULL JOIN pg.b AS b ON a.k = b.k;
SELECT a.id, b.id AS other FROM pg.a AS a FULL JOIN pg.b AS b ON a.k = b.k WHERE a.id > 5 OR b.id IS NULL;
-- differs: the column of USING is that of the left side
SELECT k, a.id, b.id AS other FROM pg.a AS a FULL JOIN pg.b AS b USING (k);
SELECT k, a.id, b.id AS other FROM pg.a AS a LEFT JOIN pg.b AS b USING (k) WHERE a.k > 1 OR a.k IS NULL;
SELECT id, a.t, b.t AS other FROM pg.a AS a RIGHT JOIN pg.b AS b USING (id);
SELECT a.id, b.id AS other FROM pg.a AS a CROSS JOIN pg.b AS b WHERE a.k = b.k AND a.s < b.s;
SELECT a.id, b.id AS other FROM pg.a AS a JOIN pg.b AS b ON a.k <> b.k AND a.s = b.s;
SELECT a.id, b.id AS other FROM pg.a AS a JOIN pg.b AS b ON a.k < b.k WHERE a.id < 6;
SELECT a.id, b.id AS other FROM pg.a AS a LEFT JOIN pg.b AS b ON a.k IS NOT DISTINCT FROM b.k;
SELECT a.id, b.id AS other FROM pg.a AS a JOIN pg.b AS b ON a.t = b.t;
SELECT a.id, b.id AS other FROM pg.a AS a JOIN pg.b AS b ON a.tl = b.tl;
SELECT a.id, b.id AS other FROM pg.a AS a JOIN pg.b AS b ON a.c = b.c;
SELECT a.id, b.id AS other FROM pg.a AS a JOIN pg.b AS b ON a.e = b.e AND a.u = b.u;
SELECT a.id, b.id AS other FROM pg.a AS a JOIN pg.b AS b ON a.n = b.w OR a.m = b.n;
SELECT a.id, b.id AS other FROM pg.a AS a JOIN pg.b AS b ON a.tz = b.tz;
SELECT a.id, b.id AS other FROM pg.a AS a JOIN pg.b AS b ON a.y = b.y;
SELECT a.id, v.id AS other FROM pg.a AS a LEFT JOIN pg.void AS v ON a.k = v.k;
SELECT a.id, v.id AS other FROM pg.void AS v RIGHT JOIN pg.a AS a ON a.k = v.k WHERE v.id IS NULL;
SELECT count(*) AS n FROM pg.a AS a JOIN pg.void AS v ON true;
SELECT a.id, b.id AS second, c.id AS third FROM pg.a AS a LEFT JOIN (pg.b AS b JOIN pg.keyed AS c ON b.k = c.k) ON a.k = b.k;
SELECT a.id, b.id AS second, c.id AS third FROM pg.a AS a LEFT JOIN pg.b AS b ON a.k = b.k LEFT JOIN pg.keyed AS c ON b.s = c.s WHERE c.f IS NOT NULL OR b.id IS NULL;
SELECT x.id, y.id AS other FROM pg.a AS x JOIN pg.a AS y ON x.k = y.k AND x.id < y.id;
SELECT x.id, y.total FROM pg.a AS x LEFT JOIN (SELECT k, sum(n) AS total, count(*) AS c FROM pg.b GROUP BY k) AS y ON x.k = y.k;
SELECT x.id, y.id AS other FROM (SELECT id, k FROM pg.a ORDER BY id LIMIT 7) AS x JOIN pg.b AS y ON x.k = y.k;
SELECT x.id, y.id AS other FROM pg.b AS y LEFT JOIN (SELECT id, k FROM pg.a ORDER BY t DESC NULLS LAST, id LIMIT 7) AS x ON x.k = y.k;
-- order: id, other
SELECT a.id, b.id AS other FROM pg.a AS a LEFT JOIN pg.b AS b ON a.k = b.k ORDER BY id, other NULLS FIRST LIMIT 9;
-- order: id, other
SELECT a.id, b.id AS other FROM pg.a AS a LEFT JOIN pg.b AS b ON a.k = b.k ORDER BY id DESC, other LIMIT 5 OFFSET 3;
SELECT a_column_whose_name_is_as_long_as_names_in_postgres_may_be_abcd.id AS another_name_that_is_as_long_as_names_in_postgres_may_be_efgh_x FROM pg.a AS a_column_whose_name_is_as_long_as_names_in_postgres_may_be_abcd JOIN pg.b AS b ON a_column_whose_name_is_as_long_as_names_in_postgres_may_be_abcd.k = b.k;
