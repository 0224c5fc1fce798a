--- What is so of MySQL and MariaDB only: dates and times may be zeros and truth values numbers there, so that only scans that
--- read them ask about them; there is no FULL JOIN and no FILTER; what decimals add up to, and averages, are computed here;
--- a divisor of zero is no error there.
-- here: AggregateExec
SELECT min(dt) AS low, max(dt) AS high, min(ts) AS early, max(ts) AS late FROM s.v;
-- here: AggregateExec
SELECT min(tz) AS early, max(tz) AS late FROM s.v;
-- here: AggregateExec
SELECT sum(i2) AS s2, sum(i4) AS s4, avg(i2) AS a2, avg(i4) AS a4 FROM s.v;
-- here: AggregateExec
SELECT b, count(*) AS n FROM s.v GROUP BY b;
-- here: AggregateExec
SELECT dt, count(*) AS n FROM s.v GROUP BY dt;
-- here: AggregateExec
SELECT count(*) FILTER (WHERE i8 > 2) AS n, max(x) FILTER (WHERE x < 'b') AS high FROM s.v;
-- here: AggregateExec
SELECT avg(i4) AS a, sum(d9) AS total, avg(d30) AS average FROM s.e;
-- here: AggregateExec, HashJoinExec
SELECT count(*) AS n, count(v.id) AS left_rows, count(w.id) AS right_rows
FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8;
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
-- here: HashJoinExec
SELECT v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8;
-- here: HashJoinExec
SELECT v.id, e.id AS other FROM s.e AS e FULL JOIN s.v AS v ON v.i8 = e.i8;
-- here: HashJoinExec
SELECT i8, v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w USING (i8);
-- here: HashJoinExec
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.b = w.b;
-- here: FilterExec, HashJoinExec
SELECT v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8 WHERE v.id IS NULL OR w.id IS NULL;
-- here: HashJoinExec
SELECT v.id, w.id AS other FROM (SELECT * FROM s.v WHERE i8 > 1) AS v FULL JOIN (SELECT * FROM s.w WHERE id > 1) AS w
ON v.i8 = w.i8;
-- here: HashJoinExec
SELECT v.n, w.n AS other FROM (SELECT i8, count(*) AS n FROM s.v GROUP BY i8 HAVING count(*) > 1) AS v
FULL JOIN (SELECT i8, count(*) AS n FROM s.w GROUP BY i8) AS w ON v.i8 = w.i8;
-- here: HashJoinExec, SortExec
-- order: x, other
SELECT v.x, w.x AS other FROM s.v AS v FULL JOIN s.w AS w ON v.id = w.id ORDER BY v.x NULLS FIRST, w.x;
-- here: HashJoinExec
SELECT 1 AS one FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8 LIMIT 19;
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
-- here: HashJoinExec
-- empty
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.ch = w.x || '   ';
-- here: ProjectionExec
SELECT id FROM s.v WHERE b IS DISTINCT FROM true;
-- here: ProjectionExec
SELECT id FROM s.v WHERE dt = DATE '2024-02-29';
-- here: ProjectionExec
SELECT id FROM s.v WHERE dt < DATE '1970-01-01' OR dt > DATE '2024-12-30';
-- here: ProjectionExec
SELECT id FROM s.v WHERE dt BETWEEN DATE '0001-01-01' AND DATE '2024-01-01';
-- here: FilterExec
SELECT id FROM s.v WHERE extract(YEAR FROM dt) = 2024 AND extract(MONTH FROM dt) = 2;
-- here: ProjectionExec
SELECT id FROM s.v WHERE ts = TIMESTAMP '1969-12-31 23:59:59.999999';
-- here: ProjectionExec
SELECT id FROM s.v WHERE ts >= TIMESTAMP '2024-03-31 02:30:00' AND ts < TIMESTAMP '2025-01-01';
-- here: ProjectionExec
-- empty
SELECT id FROM s.v WHERE tz = TIMESTAMPTZ '1970-01-01 00:00:00+00';
-- here: ProjectionExec
SELECT id FROM s.v WHERE tz = TIMESTAMPTZ '2024-01-01 05:30:00+05:30';
-- here: ProjectionExec
SELECT id FROM s.v WHERE tz > TIMESTAMPTZ '2024-01-01 00:00:00+00' AND tz < TIMESTAMPTZ '2024-03-31 02:00:00+00';
-- here: FilterExec
SELECT id FROM s.v WHERE CAST(tz AS DATE) = DATE '2024-01-01';
-- here: FilterExec
SELECT id FROM s.v WHERE u = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
-- here: ProjectionExec
SELECT id FROM s.v WHERE b;
-- here: ProjectionExec
SELECT id FROM s.v WHERE NOT b;
-- here: ProjectionExec
SELECT id FROM s.v WHERE b = false;
-- here: ProjectionExec
SELECT id FROM s.v WHERE b IS NOT TRUE;
-- here: ProjectionExec
SELECT id FROM s.v WHERE b IS FALSE OR b IS UNKNOWN;
-- here: SortExec
-- order: dt, id
SELECT dt, id FROM s.v ORDER BY dt, id LIMIT 5;
-- here: SortExec
-- order: ts, id
SELECT ts, id FROM s.v ORDER BY ts DESC NULLS LAST, id LIMIT 5;
-- here: SortExec
-- order: tz, id
SELECT tz, id FROM s.v ORDER BY tz, id LIMIT 5;
-- here: SortExec
-- order: b, id
SELECT b, id FROM s.v ORDER BY b DESC NULLS LAST, id LIMIT 8;
-- here: LocalLimitExec
-- order: shown, id
SELECT CAST(i8 AS VARCHAR) AS shown, id FROM s.v ORDER BY i8 NULLS FIRST, id LIMIT 12;
-- here: ProjectionExec
-- order: shown, id
SELECT i8 % 7 AS shown, CAST(i4 AS VARCHAR) AS other, id FROM s.v ORDER BY i4 DESC, id;
-- here: HashJoinExec, SortExec
-- order: id, other
SELECT v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8 ORDER BY v.id NULLS FIRST, w.id LIMIT 7;
--- The padding of char(n) is no part of its values.
-- whole
-- empty
SELECT id, ch FROM s.v WHERE ch = 'a   ';
-- whole
SELECT id, ch FROM s.v WHERE ch = 'a';
