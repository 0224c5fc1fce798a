--- What is absent needs types that its tables do not have; what runs here is not on its list, which is short.
-- absent
SELECT count(i8) AS i8, count(x) AS x, count(f8) AS f8, count(b) AS b, count(d9) AS d9, count(ts) AS ts FROM s.v;
-- absent
SELECT min(dt) AS low, max(dt) AS high, min(ts) AS early, max(ts) AS late FROM s.v;
-- absent
SELECT min(tz) AS early, max(tz) AS late FROM s.v;
-- here: AggregateExec
SELECT sum(i4 % 1000) AS s4, sum(i8 % 1000) AS s8 FROM s.v;
-- here: AggregateExec
SELECT sum(i8) AS total FROM s.v WHERE id > 5;
-- here: AggregateExec
-- fails
SELECT sum(i8) AS total FROM s.v WHERE i8 > 0;
-- absent
SELECT sum(i2) AS s2, sum(i4) AS s4, avg(i2) AS a2, avg(i4) AS a4 FROM s.v;
-- here: AggregateExec
SELECT i8 % 3 AS k, x IS NULL AS missing, count(*) AS n FROM s.v GROUP BY i8 % 3, x IS NULL;
-- absent
SELECT ch, count(*) AS n FROM s.v GROUP BY ch;
-- here: AggregateExec, FilterExec
SELECT i8, sum(i4) AS total FROM s.v GROUP BY i8 HAVING sum(i4) > 5 AND i8 < 10;
-- here: AggregateExec
SELECT count(*) FILTER (WHERE i8 > 2) AS n, max(x) FILTER (WHERE x < 'b') AS high FROM s.v;
-- here: AggregateExec
SELECT min(i8) AS low, max(x) AS high, sum(i8) AS total FROM s.e;
-- here: AggregateExec
SELECT avg(i4) AS a, sum(d9) AS total, avg(d30) AS average FROM s.e;
-- here: AggregateExec
SELECT count(*) AS n, sum(w.i8) AS total FROM s.e AS e JOIN s.w AS w ON e.i8 = w.i8;
-- here: AggregateExec
SELECT sum(i4) AS total, min(x) AS low FROM (SELECT i4, x FROM s.v ORDER BY id LIMIT 4) AS t;
-- here: AggregateExec
SELECT count(DISTINCT i8) AS n, count(DISTINCT x) AS m FROM s.v;
-- here: AggregateExec
SELECT count(DISTINCT i8) AS n, count(i8) AS m, count(*) AS o, max(x) AS high FROM s.v;
-- here: AggregateExec
SELECT sum(DISTINCT i4) AS total, sum(i4) AS sum_of_all FROM s.v;
-- here: AggregateExec
SELECT count(DISTINCT w.x) AS n, count(*) AS m FROM s.v AS v JOIN s.w AS w ON v.i8 = w.i8;
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
-- here: AggregateExec
SELECT b, count(*) AS n FROM (SELECT DISTINCT c2 AS a, c1 % 2 AS b FROM s.c WHERE c1 < 3) AS t GROUP BY b;
-- here: AggregateExec
SELECT c1, count(*) AS n FROM (SELECT c2 % 20 AS c1, c1 AS c2 FROM s.c) AS t WHERE c2 > 0 GROUP BY c1;
-- here: FilterExec
SELECT v.id, w.id AS other FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 = w.i8 WHERE coalesce(w.id, 0) <> 2;
-- absent
SELECT id FROM s.v WHERE i2 = i8 AND i2 < i4 + 1;
-- absent
SELECT id FROM s.v WHERE f4 = f8;
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
-- here: FilterExec
SELECT id FROM s.v WHERE i8 % 100 + 1 > 3;
-- here: FilterExec
SELECT id FROM s.v WHERE i4 + 1 = 8;
-- here: FilterExec
SELECT id FROM s.v WHERE (i8 % 1000) * (i8 % 1000) = 49;
-- here: FilterExec
SELECT id FROM s.v WHERE d9 + 1 > 3.345;
-- here: FilterExec
SELECT id FROM s.v WHERE d9 * d9 > 5.49;
-- here: FilterExec
SELECT id, i8 % 5 AS remainder FROM s.v WHERE i8 % 5 = -2;
-- here: FilterExec
SELECT id, i8 % -5 AS remainder FROM s.v WHERE i8 % -5 = 2 OR i8 % -5 = -2;
-- here: FilterExec
SELECT id, i8 / 2 AS half, i8 / -2 AS minus FROM s.v WHERE i8 / 2 = -3 OR i8 / -2 = -3;
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
-- absent
SELECT id FROM s.v WHERE tz = TIMESTAMPTZ '1970-01-01 00:00:00+00';
-- absent
SELECT id FROM s.v WHERE tz = TIMESTAMPTZ '2024-01-01 05:30:00+05:30';
-- absent
SELECT id FROM s.v WHERE tz > TIMESTAMPTZ '2024-01-01 00:00:00+00' AND tz < TIMESTAMPTZ '2024-03-31 02:00:00+00';
-- absent
SELECT id FROM s.v WHERE extract(HOUR FROM tz) = 0;
-- absent
SELECT id FROM s.v WHERE CAST(tz AS DATE) = DATE '2024-01-01';
-- absent
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
-- here: SortExec
-- order: k, id
SELECT i8 % 5 AS k, id FROM s.v ORDER BY k, id LIMIT 9;
-- absent
SELECT ch, id FROM s.v ORDER BY ch, id LIMIT 15;
-- absent
SELECT ts, id FROM s.v ORDER BY ts DESC NULLS LAST, id LIMIT 5;
-- absent
SELECT tz, id FROM s.v ORDER BY tz, id LIMIT 5;
-- absent
SELECT y, id FROM s.v ORDER BY y, id LIMIT 5;
-- here: LocalLimitExec
-- order: shown, id
SELECT CAST(i8 AS VARCHAR) AS shown, id FROM s.v ORDER BY i8 NULLS FIRST, id LIMIT 12;
-- here: ProjectionExec
-- order: shown, id
SELECT i8 % 7 AS shown, CAST(i4 AS VARCHAR) AS other, id FROM s.v ORDER BY i4 DESC, id;
-- here: AggregateExec
SELECT sum(a) AS total, max(b) AS high FROM (SELECT c2 AS a, c1 AS b FROM s.c ORDER BY c1, id LIMIT 2) AS t;
-- here: SortExec
-- order: a, b
SELECT c2 AS a, c1 + 1 AS b FROM (SELECT c2, c1 % 9 AS c1 FROM s.c) AS t ORDER BY c2, c1;
