--- What is so of ClickHouse only: it has no time without a zone, no padded text and no bytes; NaN is neither less nor
--- greater there; semi joins, windows and sums of 64 bits stay here.
-- absent
SELECT count(i8) AS i8, count(x) AS x, count(f8) AS f8, count(b) AS b, count(d9) AS d9, count(ts) AS ts FROM s.v;
-- absent
SELECT min(dt) AS low, max(dt) AS high, min(ts) AS early, max(ts) AS late FROM s.v;
-- here: AggregateExec
SELECT min(tz) AS early, max(tz) AS late FROM s.v;
-- here: AggregateExec
SELECT sum(i4 % 1000) AS s4, sum(i8 % 1000) AS s8 FROM s.v;
-- here: AggregateExec
SELECT sum(i8) AS total FROM s.v WHERE id > 5;
-- here: AggregateExec
-- fails
SELECT sum(i8) AS total FROM s.v WHERE i8 > 0;
-- here: AggregateExec
SELECT sum(i2) AS s2, sum(i4) AS s4, avg(i2) AS a2, avg(i4) AS a4 FROM s.v;
-- here: AggregateExec, FilterExec
SELECT sum(f8) AS total, avg(f8) AS a FROM s.v WHERE f8 BETWEEN -2 AND 4;
-- absent
SELECT ch, count(*) AS n FROM s.v GROUP BY ch;
-- here: AggregateExec
SELECT min(i8) AS low, max(x) AS high, sum(i8) AS total FROM s.e;
-- here: AggregateExec
SELECT avg(i4) AS a, sum(d9) AS total, avg(d30) AS average FROM s.e;
-- here: AggregateExec
SELECT count(*) AS n, sum(w.i8) AS total FROM s.e AS e JOIN s.w AS w ON e.i8 = w.i8;
-- here: AggregateExec, HashJoinExec
SELECT count(*) AS n, count(v.id) AS left_rows, count(w.id) AS right_rows
FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8;
-- here: AggregateExec
SELECT sum(DISTINCT i4) AS total, sum(i4) AS sum_of_all FROM s.v;
-- here: AggregateExec
SELECT sum(d9) AS total, min(d9) AS low, max(d9) AS high FROM s.v;
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
-- here: AggregateExec
SELECT sum(d9 * d9) AS squares, sum(d9 + 1) AS more FROM s.v;
-- here: AggregateExec
SELECT count(DISTINCT d9) AS n, count(DISTINCT d30) AS m FROM s.v;
-- here: AggregateExec
SELECT sum(n) AS total, max(a) AS high FROM (SELECT c2 AS a, count(*) AS n FROM s.c GROUP BY c2 HAVING max(c1) > 1) AS t;
-- here: HashJoinExec
SELECT v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8;
-- here: HashJoinExec
SELECT v.id FROM s.v AS v WHERE EXISTS (SELECT 1 FROM s.w AS w WHERE w.i8 = v.i8);
-- here: HashJoinExec
SELECT v.id FROM s.v AS v WHERE NOT EXISTS (SELECT 1 FROM s.w AS w WHERE w.i8 = v.i8);
-- here: HashJoinExec
SELECT v.id FROM s.v AS v LEFT SEMI JOIN s.w AS w ON v.i8 = w.i8;
-- here: HashJoinExec
SELECT v.id FROM s.v AS v LEFT ANTI JOIN s.w AS w ON v.i8 = w.i8;
-- here: HashJoinExec
SELECT w.id FROM s.v AS v RIGHT SEMI JOIN s.w AS w ON v.i8 = w.i8;
-- here: HashJoinExec
SELECT w.id FROM s.v AS v RIGHT ANTI JOIN s.w AS w ON v.i8 = w.i8;
-- here: HashJoinExec
SELECT id FROM s.v WHERE i8 IN (SELECT i8 FROM s.w);
-- here: HashJoinExec
-- empty
SELECT id FROM s.v WHERE i8 NOT IN (SELECT i8 FROM s.w);
-- here: HashJoinExec
SELECT id FROM s.v WHERE i8 NOT IN (SELECT i8 FROM s.w WHERE i8 IS NOT NULL);
-- here: HashJoinExec
SELECT id FROM s.v WHERE i8 NOT IN (SELECT i8 FROM s.e);
-- here: FilterExec, ScalarSubqueryExec
SELECT id FROM s.v WHERE i8 = (SELECT max(i8) FROM s.w);
-- here: HashJoinExec
SELECT i8 FROM s.v INTERSECT SELECT i8 FROM s.w;
-- here: HashJoinExec
SELECT i8 FROM s.v EXCEPT SELECT i8 FROM s.w;
-- here: HashJoinExec
SELECT v.id, e.id AS other FROM s.e AS e FULL JOIN s.v AS v ON v.i8 = e.i8;
-- here: HashJoinExec
SELECT v.id FROM s.v AS v WHERE NOT EXISTS (SELECT 1 FROM s.e AS e WHERE e.i8 = v.i8);
-- here: HashJoinExec
SELECT i8, v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w USING (i8);
-- here: NestedLoopJoinExec
SELECT v.id, w.id AS other FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 > w.i8;
-- here: FilterExec, HashJoinExec
SELECT v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8 WHERE v.id IS NULL OR w.id IS NULL;
-- here: HashJoinExec
SELECT v.id, w.id AS other FROM (SELECT * FROM s.v WHERE i8 > 1) AS v FULL JOIN (SELECT * FROM s.w WHERE id > 1) AS w
ON v.i8 = w.i8;
-- here: HashJoinExec
SELECT v.n, w.n AS other FROM (SELECT i8, count(*) AS n FROM s.v GROUP BY i8 HAVING count(*) > 1) AS v
FULL JOIN (SELECT i8, count(*) AS n FROM s.w GROUP BY i8) AS w ON v.i8 = w.i8;
-- here: HashJoinExec
SELECT v.id, t.id AS other FROM s.v AS v LEFT JOIN (SELECT w.id, w.i8 FROM s.w AS w JOIN s.v AS o ON w.x = o.x) AS t
ON v.i8 = t.i8;
-- here: HashJoinExec
SELECT a.id FROM s.v AS a WHERE EXISTS (SELECT 1 FROM s.v AS b WHERE b.x = a.x AND b.id <> a.id);
-- here: HashJoinExec, SortExec
-- order: x, other
SELECT v.x, w.x AS other FROM s.v AS v FULL JOIN s.w AS w ON v.id = w.id ORDER BY v.x NULLS FIRST, w.x;
-- here: HashJoinExec
SELECT 1 AS one FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8 LIMIT 19;
-- here: HashJoinExec
SELECT 1 AS one FROM s.v AS v WHERE EXISTS (SELECT 1 FROM s.w AS w WHERE w.i8 = v.i8) LIMIT 3;
-- here: HashJoinExec
SELECT 1 AS one FROM s.v AS v JOIN (SELECT stddev(i8) AS d, i8 FROM s.w GROUP BY i8) AS w ON v.i8 = w.i8 LIMIT 2;
-- here: FilterExec
SELECT id FROM s.v WHERE f8 > CAST(1.5 AS DOUBLE);
-- here: FilterExec
SELECT id FROM s.v WHERE f8 < -1 OR f8 >= 4;
-- here: FilterExec
SELECT id FROM s.v WHERE d9 + 1 > 3.345;
-- here: FilterExec
SELECT id FROM s.v WHERE d9 * d9 > 5.49;
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
-- absent
SELECT id, ch FROM s.v WHERE ch = 'a   ';
-- absent
-- empty
SELECT id, ch FROM s.v WHERE ch = 'a';
-- absent
SELECT id, ch FROM s.v WHERE ch > 'a' AND ch < 'b';
-- absent
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.ch = w.x || '   ';
-- here: FilterExec
SELECT id FROM s.v WHERE extract(YEAR FROM dt) = 2024 AND extract(MONTH FROM dt) = 2;
-- absent
SELECT id FROM s.v WHERE ts = TIMESTAMP '1969-12-31 23:59:59.999999';
-- absent
SELECT id FROM s.v WHERE ts >= TIMESTAMP '2024-03-31 02:30:00' AND ts < TIMESTAMP '2025-01-01';
-- here: FilterExec
SELECT id FROM s.v WHERE CAST(tz AS DATE) = DATE '2024-01-01';
-- here: FilterExec
SELECT id FROM s.v WHERE u = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
-- absent
SELECT id FROM s.v WHERE y = X'00ff' OR y = X'' OR y > X'61';
-- here: FilterExec
SELECT id FROM s.v WHERE b IS NOT TRUE;
-- here: FilterExec
SELECT id FROM s.v WHERE b IS FALSE OR b IS UNKNOWN;
-- here: FilterExec
SELECT id FROM s.v WHERE (i8 > 1 OR x = 'a') IS NOT TRUE;
-- here: FilterExec
SELECT id FROM s.v WHERE coalesce(i8, 3) = 3 AND nullif(i8, 3) IS NULL;
-- absent
-- order: ch, id
SELECT ch, id FROM s.v ORDER BY ch, id LIMIT 15;
-- absent
-- order: ts, id
SELECT ts, id FROM s.v ORDER BY ts DESC NULLS LAST, id LIMIT 5;
-- absent
-- order: y, id
SELECT y, id FROM s.v ORDER BY y, id LIMIT 5;
-- here: LocalLimitExec
-- order: shown, id
SELECT CAST(i8 AS VARCHAR) AS shown, id FROM s.v ORDER BY i8 NULLS FIRST, id LIMIT 12;
-- here: ProjectionExec
-- order: shown, id
SELECT i8 % 7 AS shown, CAST(i4 AS VARCHAR) AS other, id FROM s.v ORDER BY i4 DESC, id;
-- here: AggregateExec
SELECT sum(a) AS total, max(b) AS high FROM (SELECT c2 AS a, c1 AS b FROM s.c ORDER BY c1, id LIMIT 2) AS t;
-- here: HashJoinExec, SortExec
-- order: id, other
SELECT v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8 ORDER BY v.id NULLS FIRST, w.id LIMIT 7;
--- Its days begin with the year 1900.
-- here: FilterExec
SELECT id FROM s.v WHERE dt BETWEEN DATE '0001-01-01' AND DATE '2024-01-01';
