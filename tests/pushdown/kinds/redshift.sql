--- What is so of Redshift only: texts are equal or not, but in no order, nor the least or greatest, there; there is no FILTER and no
--- LIKE; floats are in no order, IS TRUE stands in no condition, and decimals of 38 digits, quotients that may be by zero,
--- windows, functions and most casts stay here.
-- here: AggregateExec
SELECT min(x) AS low, max(x) AS high FROM s.v;
-- here: AggregateExec, FilterExec
SELECT sum(f8) AS total, avg(f8) AS a FROM s.v WHERE f8 BETWEEN -2 AND 4;
-- here: AggregateExec
SELECT x, count(*) AS n, max(vc) AS high FROM s.v GROUP BY x;
-- here: AggregateExec
SELECT count(*) FILTER (WHERE i8 > 2) AS n, max(x) FILTER (WHERE x < 'b') AS high FROM s.v;
-- here: AggregateExec
SELECT min(i8) AS low, max(x) AS high, sum(i8) AS total FROM s.e;
-- here: AggregateExec
SELECT avg(i4) AS a, sum(d9) AS total, avg(d30) AS average FROM s.e;
-- here: AggregateExec, FilterExec
SELECT count(*) AS n, max(i8) AS high FROM s.v WHERE i8 < 10 AND x > 'A';
-- here: AggregateExec
SELECT sum(i4) AS total, min(x) AS low FROM (SELECT i4, x FROM s.v ORDER BY id LIMIT 4) AS t;
-- here: AggregateExec
SELECT max(n) AS high, min(high) AS low FROM (SELECT i8, count(*) AS n, max(x) AS high FROM s.v GROUP BY i8) AS t;
-- here: AggregateExec
SELECT count(DISTINCT i8) AS n, count(DISTINCT x) AS m FROM s.v;
-- here: AggregateExec
SELECT count(DISTINCT i8) AS n, count(i8) AS m, count(*) AS o, max(x) AS high FROM s.v;
-- here: AggregateExec
SELECT count(DISTINCT w.x) AS n, count(*) AS m FROM s.v AS v JOIN s.w AS w ON v.i8 = w.i8;
-- here: AggregateExec
SELECT avg(d9) AS a FROM s.v;
-- here: AggregateExec
SELECT i8, avg(d9) AS a, sum(d9) AS total FROM s.v GROUP BY i8;
-- here: AggregateExec
SELECT sum(d30) AS total, min(d30) AS low, max(d30) AS high FROM s.v;
-- here: AggregateExec
SELECT avg(d30) AS a FROM s.v WHERE id > 5;
-- here: AggregateExec
SELECT i8, avg(d30) AS a, sum(d30) AS total FROM s.v GROUP BY i8;
-- here: NestedLoopJoinExec
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.x < w.x;
-- here: SortExec
-- order: x, other
SELECT v.x, w.x AS other FROM s.v AS v FULL JOIN s.w AS w ON v.id = w.id ORDER BY v.x NULLS FIRST, w.x;
-- here: FilterExec
SELECT id FROM s.v WHERE f8 > CAST(1.5 AS DOUBLE);
-- here: FilterExec
SELECT id FROM s.v WHERE f8 < -1 OR f8 >= 4;
-- here: FilterExec
SELECT id FROM s.v WHERE vc = 'a ';
-- here: FilterExec
SELECT id FROM s.v WHERE x > 'Z' AND x < 'b';
-- here: FilterExec
SELECT id FROM s.v WHERE x >= 'é';
-- here: FilterExec
SELECT id FROM s.v WHERE x > '～';
-- here: FilterExec
SELECT id FROM s.v WHERE x < vc;
-- here: FilterExec
SELECT id FROM s.v WHERE x LIKE 'a%';
-- here: FilterExec
SELECT id FROM s.v WHERE x NOT LIKE '%b';
-- here: FilterExec
SELECT id FROM s.v WHERE x LIKE '_';
-- here: FilterExec
SELECT id FROM s.v WHERE x LIKE 'a\%b' OR x LIKE 'a\_b';
-- here: FilterExec
SELECT id FROM s.v WHERE vc LIKE '%\\%';
-- here: ProjectionExec
-- fails
SELECT id, 10 / i4 AS quotient FROM s.v;
-- here: ProjectionExec
-- fails
SELECT id, 10 % i8 AS remainder FROM s.v;
-- here: ProjectionExec
-- fails
SELECT id, 1.5 / d9 AS quotient FROM s.v;
-- here: ProjectionExec
SELECT id, 10.0 / i8 AS quotient FROM s.v WHERE i8 > 0;
-- here: FilterExec
-- empty
SELECT id, ch FROM s.v WHERE ch = 'a   ';
-- here: FilterExec
SELECT id, ch FROM s.v WHERE ch > 'a' AND ch < 'b';
-- here: HashJoinExec
-- empty
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.ch = w.x || '   ';
-- here: FilterExec
SELECT id FROM s.v WHERE x BETWEEN 'A' AND 'ab';
-- here: FilterExec
SELECT id FROM s.v WHERE extract(YEAR FROM dt) = 2024 AND extract(MONTH FROM dt) = 2;
-- here: FilterExec
SELECT id FROM s.v WHERE CAST(tz AS DATE) = DATE '2024-01-01';
-- here: FilterExec
SELECT id FROM s.v WHERE y = X'00ff' OR y = X'' OR y > X'61';
-- here: FilterExec
SELECT id FROM s.v WHERE b IS NOT TRUE;
-- here: FilterExec
SELECT id FROM s.v WHERE b IS FALSE OR b IS UNKNOWN;
-- here: FilterExec
SELECT id FROM s.v WHERE NOT (i8 > 1 AND x > 'a');
-- here: FilterExec
SELECT id FROM s.v WHERE (i8 > 1 OR x = 'a') IS NOT TRUE;
-- here: ProjectionExec
SELECT id, i8 > 1 AND x > 'a' AS both, i8 > 1 OR x > 'a' AS either, NOT i8 > 1 AS none FROM s.v;
-- here: FilterExec
SELECT id FROM s.v WHERE coalesce(i8, 3) = 3 AND nullif(i8, 3) IS NULL;
-- here: SortExec
-- order: id
SELECT id FROM s.v ORDER BY i8, x DESC, id LIMIT 9;
-- here: SortExec
-- order: x, i8, id
SELECT x, i8, id FROM s.v ORDER BY x NULLS FIRST, i8 DESC NULLS LAST, id LIMIT 10;
-- here: SortExec
-- order: x, id
SELECT x, id FROM s.v ORDER BY x, id LIMIT 15;
-- here: SortExec
-- order: x, id
SELECT x, id FROM s.v ORDER BY x DESC NULLS LAST, id LIMIT 6;
-- here: SortExec
-- order: vc, id
SELECT vc, id FROM s.v ORDER BY vc NULLS FIRST, id LIMIT 9;
-- here: SortExec
-- order: ch, id
SELECT ch, id FROM s.v ORDER BY ch, id LIMIT 15;
-- here: SortExec
-- order: y, id
SELECT y, id FROM s.v ORDER BY y, id LIMIT 5;
-- here: LocalLimitExec
-- order: shown, id
SELECT CAST(i8 AS VARCHAR) AS shown, id FROM s.v ORDER BY i8 NULLS FIRST, id LIMIT 12;
-- here: ProjectionExec
-- order: shown, id
SELECT i8 % 7 AS shown, CAST(i4 AS VARCHAR) AS other, id FROM s.v ORDER BY i4 DESC, id;
-- here: SortExec
-- order: x, m
SELECT x, max(i8) AS m FROM s.v GROUP BY x ORDER BY m DESC NULLS LAST, x LIMIT 4;
-- here: AggregateExec, FilterExec, SortExec
-- order: i8
SELECT i8 FROM s.v GROUP BY i8 HAVING max(id) < 10 AND min(x) > 'A' ORDER BY i8 DESC LIMIT 4;
-- here: SortExec
-- order: x, id
SELECT w.x, v.id FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 = w.i8 ORDER BY w.x DESC NULLS FIRST, v.id LIMIT 9;
-- here: SortExec
-- order: x
SELECT x FROM s.v UNION ALL SELECT x FROM s.w ORDER BY x LIMIT 12;
-- here: SortExec
-- order: x
SELECT x FROM s.v UNION SELECT x FROM s.w ORDER BY x DESC LIMIT 12;
-- here: SortExec, UnionExec
-- order: x
SELECT x FROM (SELECT x FROM s.w UNION ALL SELECT upper(x) FROM s.v) AS t ORDER BY x LIMIT 5;
--- The padding of char(n) is no part of its values.
-- whole
SELECT id, ch FROM s.v WHERE ch = 'a';
