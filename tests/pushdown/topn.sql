--- Up and down.
-- whole
-- sends: ORDER BY | LIMIT
-- order: id
SELECT id FROM s.v ORDER BY id LIMIT 3;
-- whole
-- order: id
SELECT id FROM s.v ORDER BY id DESC LIMIT 3;
-- whole
-- order: i8, id
SELECT i8, id FROM s.v ORDER BY i8, id LIMIT 5;
-- whole
-- order: i8, id
SELECT i8, id FROM s.v ORDER BY i8 DESC, id LIMIT 5 OFFSET 2;
--- Several keys, and one that is not shown.
-- whole
-- order: i8, i4, id
SELECT i8, i4, id FROM s.v ORDER BY i8 DESC, i4, id DESC LIMIT 9;
-- whole
-- order: id
SELECT id FROM s.v ORDER BY i8, x DESC, id LIMIT 9;
-- whole
-- order: k, id
SELECT i8 % 5 AS k, id FROM s.v ORDER BY k, id LIMIT 9;
--- NULLs at each end, both ways.
-- whole
-- order: i8, id
SELECT i8, id FROM s.v ORDER BY i8 ASC NULLS FIRST, id LIMIT 4;
-- whole
-- order: i8, id
SELECT i8, id FROM s.v ORDER BY i8 ASC NULLS LAST, id LIMIT 14;
-- whole
-- order: i8, id
SELECT i8, id FROM s.v ORDER BY i8 DESC NULLS FIRST, id LIMIT 4;
-- whole
-- order: i8, id
SELECT i8, id FROM s.v ORDER BY i8 DESC NULLS LAST, id LIMIT 14;
-- whole
-- order: i8
SELECT i8 FROM s.v ORDER BY i8 LIMIT 15;
-- whole
-- order: i8
SELECT i8 FROM s.v ORDER BY i8 DESC LIMIT 15;
-- whole
-- order: x, i8, id
SELECT x, i8, id FROM s.v ORDER BY x NULLS FIRST, i8 DESC NULLS LAST, id LIMIT 10;
--- Text by code point, whatever the collation of the source.
-- whole
-- postgres sends: COLLATE "C"
-- order: x, id
SELECT x, id FROM s.v ORDER BY x, id LIMIT 15;
-- whole
-- order: x, id
SELECT x, id FROM s.v ORDER BY x DESC NULLS LAST, id LIMIT 6;
-- whole
-- order: vc, id
SELECT vc, id FROM s.v ORDER BY vc NULLS FIRST, id LIMIT 9;
-- sqlite absent
-- whole
-- order: ch, id
SELECT ch, id FROM s.v ORDER BY ch, id LIMIT 15;
-- here: SortExec
-- order: up, id
SELECT upper(x) AS up, id FROM s.v ORDER BY up, id LIMIT 6;
--- Other types.
-- whole
-- sqlite here: SortExec
-- order: d9, id
SELECT d9, id FROM s.v ORDER BY d9, id LIMIT 9;
-- whole
-- sqlite here: SortExec
-- order: d30, id
SELECT d30, id FROM s.v ORDER BY d30 DESC NULLS LAST, id LIMIT 9;
-- whole
-- sqlite here: SortExec
-- order: dt, id
SELECT dt, id FROM s.v ORDER BY dt, id LIMIT 5;
-- whole
-- sqlite here: SortExec
-- order: ts, id
SELECT ts, id FROM s.v ORDER BY ts DESC NULLS LAST, id LIMIT 5;
-- sqlite absent
-- whole
-- order: tz, id
SELECT tz, id FROM s.v ORDER BY tz, id LIMIT 5;
-- whole
-- sqlite here: SortExec
-- order: b, id
SELECT b, id FROM s.v ORDER BY b DESC NULLS LAST, id LIMIT 8;
-- whole
-- order: y, id
SELECT y, id FROM s.v ORDER BY y, id LIMIT 5;
--- Floats: sources hold -0 and 0 equal.
-- here: SortExec
-- keeps: ORDER BY | LIMIT
-- order: f8, id
SELECT f8, id FROM s.v ORDER BY f8, id LIMIT 9;
-- here: SortExec
-- keeps: ORDER BY | LIMIT
-- order: i8, f8, id
SELECT i8, f8, id FROM s.v ORDER BY i8, f8, id LIMIT 9;
--- By a column that is not shown as it is: sources look for names among what is shown first.
-- whole
-- sqlite here: LocalLimitExec
-- order: shown, id
SELECT CAST(i8 AS VARCHAR) AS shown, id FROM s.v ORDER BY i8 NULLS FIRST, id LIMIT 12;
-- whole
-- sqlite here: ProjectionExec
-- order: shown, id
SELECT i8 % 7 AS shown, CAST(i4 AS VARCHAR) AS other, id FROM s.v ORDER BY i4 DESC, id;
-- whole
SELECT sum(a) AS total, max(b) AS high FROM (SELECT c2 AS a, c1 AS b FROM s.c ORDER BY c1, id LIMIT 2) AS t;
-- whole
-- order: a, b
SELECT c2 AS a, c1 + 1 AS b FROM (SELECT c2, c1 % 9 AS c1 FROM s.c) AS t ORDER BY c2, c1;
--- Of what is computed there, the order that an operator here needs is made here; of plain columns, there.
-- here: BoundedWindowAggExec, SortExec
-- keeps: ORDER BY
SELECT k, wide, nth_value(k, 2) OVER (ORDER BY k, wide) AS second
FROM (SELECT i4 AS k, i8 % 5 AS wide FROM s.v WHERE id > 5) AS t;
-- here: BoundedWindowAggExec
-- sends: ORDER BY
SELECT id, nth_value(id, 2) OVER (ORDER BY i4, id) AS second FROM s.v WHERE id > 5;
--- Over aggregates, and over groups that are chosen.
-- whole
-- sends: GROUP BY | ORDER BY | LIMIT
-- order: n, i8
SELECT i8, count(*) AS n FROM s.v GROUP BY i8 ORDER BY n DESC, i8 LIMIT 3;
-- whole
-- order: x, m
SELECT x, max(i8) AS m FROM s.v GROUP BY x ORDER BY m DESC NULLS LAST, x LIMIT 4;
-- whole
-- sends: HAVING | LIMIT
-- order: i8, n
SELECT i8, count(*) AS n FROM s.v GROUP BY i8 HAVING count(*) > 1 ORDER BY i8 LIMIT 2;
-- whole
-- order: i8
SELECT i8 FROM s.v GROUP BY i8 HAVING max(id) < 10 AND min(x) > 'A' ORDER BY i8 DESC LIMIT 4;
-- here: AggregateExec, SortExec
-- keeps: LIMIT
-- order: d, i4
SELECT i4, stddev(i8 % 10) AS d FROM s.v GROUP BY i4 ORDER BY d NULLS FIRST, i4 LIMIT 4;
--- Over joins.
-- whole
-- sends: JOIN | ORDER BY | LIMIT
-- order: id, other
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.i8 = w.i8 ORDER BY v.id DESC, w.id LIMIT 3;
-- whole
-- order: x, id
SELECT w.x, v.id FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 = w.i8 ORDER BY w.x DESC NULLS FIRST, v.id LIMIT 9;
-- whole
-- order: id, other
SELECT v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8 ORDER BY v.id NULLS FIRST, w.id LIMIT 7;
--- A TopN of the right side of a LEFT JOIN runs above it: those that find none come first.
-- here: HashJoinExec, SortExec
-- keeps: LIMIT
-- order: r, id
SELECT v.id, w.r FROM s.v AS v LEFT JOIN (SELECT i8, upper(x) AS up, id AS r FROM s.w) AS w ON v.x = w.up
ORDER BY w.r NULLS FIRST, v.id LIMIT 4;
-- here: HashJoinExec, SortExec
-- keeps: LIMIT
-- order: r, id
SELECT v.id, w.r FROM (SELECT upper(x) AS up, id AS r FROM s.w) AS w RIGHT JOIN s.v AS v ON v.x = w.up
ORDER BY w.r DESC NULLS LAST, v.id LIMIT 4;
--- Of the left side, a TopN inside it is of that side only.
-- whole
-- order: id, other
SELECT v.id, w.id AS other FROM (SELECT id, i8 FROM s.v ORDER BY i8 DESC NULLS LAST, id LIMIT 3) AS v
LEFT JOIN s.w AS w ON v.i8 = w.i8 ORDER BY v.id, w.id;
--- Over DISTINCT, a union and nothing.
-- whole
-- order: i8
SELECT DISTINCT i8 FROM s.v ORDER BY i8 DESC NULLS LAST LIMIT 4;
-- whole
-- order: x
SELECT x FROM s.v UNION ALL SELECT x FROM s.w ORDER BY x LIMIT 12;
-- whole
-- order: x
SELECT x FROM s.v UNION SELECT x FROM s.w ORDER BY x DESC LIMIT 12;
--- Of a union that is here, each branch that can finds its own first rows.
-- here: SortExec, UnionExec
-- sends: ORDER BY | LIMIT
-- order: x
SELECT x FROM (SELECT x FROM s.w UNION ALL SELECT upper(x) FROM s.v) AS t ORDER BY x LIMIT 5;
-- whole
-- empty
SELECT i8 FROM s.e ORDER BY i8 LIMIT 4;
