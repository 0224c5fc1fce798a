--- Each of them, over rows with NULLs.
-- whole
-- sends: count(*)
SELECT count(*) AS n FROM s.v;
-- whole
SELECT count(1) AS n FROM s.v;
-- whole
SELECT count(i8) AS i8, count(x) AS x, count(f8) AS f8, count(b) AS b, count(d9) AS d9, count(ts) AS ts FROM s.v;
-- whole
SELECT min(i8) AS low, max(i8) AS high, min(i4) AS low4, max(i4) AS high4 FROM s.v;
--- By code point.
-- whole
-- postgres sends: COLLATE "C"
SELECT min(x) AS low, max(x) AS high FROM s.v;
-- whole
-- sqlite here: AggregateExec
SELECT min(dt) AS low, max(dt) AS high, min(ts) AS early, max(ts) AS late FROM s.v;
-- sqlite absent
-- whole
SELECT min(tz) AS early, max(tz) AS late FROM s.v;
-- whole
SELECT sum(i4 % 1000) AS s4, sum(i8 % 1000) AS s8 FROM s.v;
-- whole
SELECT sum(i8) AS total FROM s.v WHERE id > 5;
--- A sum that leaves its type fails here and there.
-- whole
-- fails
SELECT sum(i8) AS total FROM s.v WHERE i8 > 0;
-- sqlite absent
-- whole
SELECT sum(i2) AS s2, sum(i4) AS s4, avg(i2) AS a2, avg(i4) AS a4 FROM s.v;
--- The average of 64-bit numbers adds floats here.
-- here: AggregateExec
SELECT avg(i8) AS a FROM s.v WHERE id > 5;
--- So do all aggregates of floats.
-- here: AggregateExec
-- keeps: sum | avg
SELECT sum(f8) AS total, avg(f8) AS a FROM s.v WHERE f8 BETWEEN -2 AND 4;
-- here: AggregateExec
-- keeps: min | max
SELECT min(f8) AS low, max(f8) AS high FROM s.v;
--- In groups.
-- whole
-- sends: GROUP BY
SELECT i8, count(*) AS n, count(b) AS m FROM s.v GROUP BY i8;
-- whole
SELECT x, count(*) AS n, max(vc) AS high FROM s.v GROUP BY x;
-- whole
SELECT i8 % 3 AS k, x IS NULL AS missing, count(*) AS n FROM s.v GROUP BY i8 % 3, x IS NULL;
-- whole
-- sqlite here: AggregateExec
SELECT b, count(*) AS n FROM s.v GROUP BY b;
-- whole
-- sqlite here: AggregateExec
SELECT dt, count(*) AS n FROM s.v GROUP BY dt;
-- sqlite absent
-- whole
SELECT ch, count(*) AS n FROM s.v GROUP BY ch;
-- here: AggregateExec
-- keeps: GROUP BY
SELECT f8, count(*) AS n FROM s.v GROUP BY f8;
-- here: AggregateExec
-- keeps: GROUP BY
SELECT lower(x) AS k, count(*) AS n FROM s.v GROUP BY lower(x);
-- here: AggregateExec
-- keeps: GROUP BY
SELECT i8, x, count(*) AS n FROM s.v GROUP BY ROLLUP (i8, x);
--- Chosen.
-- whole
-- sends: HAVING
SELECT i8 FROM s.v GROUP BY i8 HAVING count(*) > 1;
-- whole
SELECT i8, sum(i4) AS total FROM s.v GROUP BY i8 HAVING sum(i4) > 5 AND i8 < 10;
-- whole
SELECT count(*) AS n FROM s.v HAVING count(*) > 3;
-- whole
-- empty
SELECT count(*) AS n FROM s.v HAVING count(*) > 99;
-- whole
SELECT count(*) FILTER (WHERE i8 > 2) AS n, max(x) FILTER (WHERE x < 'b') AS high FROM s.v;

--- Of no rows there is one result, and of no groups none.
-- whole
SELECT count(*) AS n, count(i8) AS m, count(1) AS o FROM s.e;
-- whole
SELECT min(i8) AS low, max(x) AS high, sum(i8) AS total FROM s.e;
-- whole
-- sqlite here: AggregateExec
SELECT avg(i4) AS a, sum(d9) AS total, avg(d30) AS average FROM s.e;
-- whole
-- empty
SELECT i8, count(*) AS n FROM s.e GROUP BY i8;
-- whole
-- empty
SELECT DISTINCT i8 FROM s.e;
-- here: AggregateExec
SELECT stddev(i8) AS d, avg(f8) AS a FROM s.e;
-- whole
SELECT count(*) AS n, sum(w.i8) AS total FROM s.e AS e JOIN s.w AS w ON e.i8 = w.i8;

--- Over a filter, also one that is partly here.
-- whole
-- sends: WHERE
SELECT count(*) AS n, max(i8) AS high FROM s.v WHERE i8 < 10 AND x > 'A';
-- here: AggregateExec, FilterExec
-- sends: WHERE
-- keeps: count(
SELECT count(*) AS n FROM s.v WHERE i8 < 10 AND upper(x) = 'A';
--- Over LIMIT and TopN: of those rows, and of no others.
-- whole
-- sends: LIMIT
SELECT count(*) AS n FROM (SELECT i8 FROM s.v LIMIT 7) AS t;
-- whole
SELECT sum(i4) AS total, min(x) AS low FROM (SELECT i4, x FROM s.v ORDER BY id LIMIT 4) AS t;
-- whole
SELECT i4, count(*) AS n FROM (SELECT i4 FROM s.v ORDER BY i8 DESC NULLS LAST, id LIMIT 9) AS t GROUP BY i4;
-- here: AggregateExec, SortExec
-- keeps: LIMIT
SELECT count(x) AS n FROM (SELECT x FROM s.v ORDER BY f8, id LIMIT 4) AS t;
--- Over a join.
-- whole
-- sends: JOIN | GROUP BY
SELECT w.x, count(*) AS n, max(v.id) AS high FROM s.v AS v JOIN s.w AS w ON v.i8 = w.i8 GROUP BY w.x;
-- whole
SELECT v.i8, count(w.id) AS n, count(*) AS m FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 = w.i8 GROUP BY v.i8;
-- whole
SELECT count(*) AS n, count(v.id) AS left_rows, count(w.id) AS right_rows
FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8;
--- Over an aggregate.
-- whole
SELECT n, count(*) AS m FROM (SELECT i8, count(*) AS n FROM s.v GROUP BY i8) AS t GROUP BY n;
-- whole
SELECT max(n) AS high, min(high) AS low FROM (SELECT i8, count(*) AS n, max(x) AS high FROM s.v GROUP BY i8) AS t;
-- here: AggregateExec
SELECT max(a) AS high FROM (SELECT i8, avg(f8) AS a FROM s.v GROUP BY i8) AS t;
--- Over UNION ALL.
-- whole
-- sends: UNION ALL
SELECT count(*) AS n, max(i8) AS high FROM (SELECT i8 FROM s.v UNION ALL SELECT i8 FROM s.w) AS t;
-- whole
SELECT x, count(*) AS n FROM (SELECT x FROM s.v UNION ALL SELECT x FROM s.w UNION ALL SELECT x FROM s.e) AS t GROUP BY x;
--- In branches of a union that is here, what the source can do of it.
-- here: AggregateExec, UnionExec
-- sends: count(
SELECT i8, count(*) AS n FROM (SELECT i8 FROM s.w UNION ALL SELECT character_length(upper(x)) FROM s.v) AS t GROUP BY i8;
-- here: AggregateExec, UnionExec
-- sends: count(
SELECT count(*) AS n, max(i8) AS high FROM (SELECT i8 FROM s.w UNION ALL SELECT character_length(upper(x)) FROM s.v);

--- DISTINCT rows.
-- whole
-- sends: DISTINCT
SELECT DISTINCT i8 FROM s.v;
-- whole
SELECT DISTINCT x, i8 FROM s.v;
-- here: AggregateExec
-- keeps: DISTINCT
SELECT DISTINCT f8 FROM s.v;
-- here: AggregateExec
-- keeps: DISTINCT
SELECT DISTINCT x, f8 FROM s.v;
--- Distinct values: of one column, of several, and beside all values.
-- whole
SELECT count(DISTINCT i8) AS n FROM s.v;
-- whole
SELECT i4, count(DISTINCT x) AS n FROM s.v GROUP BY i4;
-- whole
-- sqlite here: AggregateExec
SELECT count(DISTINCT i8) AS n, count(DISTINCT x) AS m FROM s.v;
-- whole
-- sqlite here: AggregateExec
SELECT count(DISTINCT i8) AS n, count(i8) AS m, count(*) AS o, max(x) AS high FROM s.v;
-- sqlite absent
-- whole
SELECT sum(DISTINCT i4) AS total, sum(i4) AS sum_of_all FROM s.v;
-- here: AggregateExec
SELECT count(DISTINCT f8) AS n FROM s.v;
-- whole
-- sqlite here: AggregateExec
SELECT count(DISTINCT w.x) AS n, count(*) AS m FROM s.v AS v JOIN s.w AS w ON v.i8 = w.i8;

--- Decimals: (9,3) and (30,10). Averages and quotients are cut off as they are here.
-- whole
-- sqlite here: AggregateExec
SELECT sum(d9) AS total, min(d9) AS low, max(d9) AS high FROM s.v;
-- whole
-- sqlite here: AggregateExec
SELECT avg(d9) AS a FROM s.v;
-- whole
-- sqlite here: AggregateExec
SELECT i8, avg(d9) AS a, sum(d9) AS total FROM s.v GROUP BY i8;
-- whole
-- sqlite here: AggregateExec
SELECT sum(d30) AS total, min(d30) AS low, max(d30) AS high FROM s.v;
-- whole
-- sqlite here: AggregateExec
SELECT avg(d30) AS a FROM s.v WHERE id > 5;
-- whole
-- sqlite here: AggregateExec
SELECT i8, avg(d30) AS a, sum(d30) AS total FROM s.v GROUP BY i8;
-- whole
-- sqlite here: AggregateExec
SELECT sum(d9 * d9) AS squares, sum(d9 + 1) AS more FROM s.v;
-- whole
-- sqlite here: AggregateExec
SELECT d9, count(*) AS n FROM s.v GROUP BY d9;
-- whole
-- sqlite here: AggregateExec
SELECT count(DISTINCT d9) AS n, count(DISTINCT d30) AS m FROM s.v;

--- Floats of many steps stay here: sources take other ones.
-- here: AggregateExec
-- keeps: stddev | var
SELECT stddev(i4 % 100) AS d, stddev_pop(i4 % 100) AS p FROM s.v;
-- here: AggregateExec
SELECT var_samp(i4 % 100) AS v, var_pop(i4 % 100) AS p FROM s.v;
-- here: AggregateExec
-- keeps: covar | corr
SELECT covar_samp(i4 % 100, i8 % 10) AS c, covar_pop(i4 % 100, i8 % 10) AS p FROM s.v;
-- here: AggregateExec
SELECT corr(i4 % 100, i8 % 10) AS c FROM s.v;
-- here: AggregateExec
-- sends: WHERE
SELECT i8, stddev(id) AS d, median(id) AS m FROM s.v WHERE i8 < 5 GROUP BY i8;
--- What has an order of its own, or that a source types otherwise.
-- here: AggregateExec
SELECT array_agg(id ORDER BY id) AS ids, first_value(x ORDER BY id) AS first FROM s.v;
-- here: AggregateExec
SELECT bit_and(i8) AS a, bit_or(i8) AS o FROM s.v;
-- here: AggregateExec
SELECT approx_distinct(i8) AS n FROM s.v;
--- Over columns that bear the names of generated ones.
-- whole
SELECT sum(n) AS total, max(a) AS high FROM (SELECT c2 AS a, count(*) AS n FROM s.c GROUP BY c2 HAVING max(c1) > 1) AS t;
-- whole
SELECT b, count(*) AS n FROM (SELECT DISTINCT c2 AS a, c1 % 2 AS b FROM s.c WHERE c1 < 3) AS t GROUP BY b;
-- whole
SELECT c1, count(*) AS n FROM (SELECT c2 % 20 AS c1, c1 AS c2 FROM s.c) AS t WHERE c2 > 0 GROUP BY c1;
