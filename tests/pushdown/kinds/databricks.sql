--- What runs here is not on its list, which is short: sums of BIGINT and of decimals and their arithmetic, averages, windows,
--- functions, parts of times, bytes.
-- here: AggregateExec
SELECT sum(i4 % 1000) AS s4, sum(i8 % 1000) AS s8 FROM s.v;
-- here: AggregateExec
SELECT sum(i8) AS total FROM s.v WHERE id > 5;
-- here: AggregateExec
-- fails
SELECT sum(i8) AS total FROM s.v WHERE i8 > 0;
-- here: AggregateExec
SELECT sum(i2) AS s2, sum(i4) AS s4, avg(i2) AS a2, avg(i4) AS a4 FROM s.v;
-- here: AggregateExec
SELECT min(i8) AS low, max(x) AS high, sum(i8) AS total FROM s.e;
-- here: AggregateExec
SELECT avg(i4) AS a, sum(d9) AS total, avg(d30) AS average FROM s.e;
-- here: AggregateExec
SELECT count(*) AS n, sum(w.i8) AS total FROM s.e AS e JOIN s.w AS w ON e.i8 = w.i8;
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
SELECT sum(n) AS total, max(a) AS high FROM (SELECT c2 AS a, count(*) AS n FROM s.c GROUP BY c2 HAVING max(c1) > 1) AS t;
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
-- here: FilterExec
SELECT id FROM s.v WHERE extract(YEAR FROM dt) = 2024 AND extract(MONTH FROM dt) = 2;
-- here: FilterExec
SELECT id FROM s.v WHERE CAST(tz AS DATE) = DATE '2024-01-01';
-- here: FilterExec
SELECT id FROM s.v WHERE y = X'00ff' OR y = X'' OR y > X'61';
-- here: FilterExec
SELECT id FROM s.v WHERE coalesce(i8, 3) = 3 AND nullif(i8, 3) IS NULL;
-- here: SortExec
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
--- It has no type whose values are padded and compared here.
-- whole
-- empty
SELECT id, ch FROM s.v WHERE ch = 'a   ';
-- whole
SELECT id, ch FROM s.v WHERE ch = 'a';
-- here: HashJoinExec
-- empty
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.ch = w.x || '   ';
