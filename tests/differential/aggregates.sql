SELECT count(*) AS n, count(k) AS k, count(1) AS one, min(k) AS low, max(k) AS high, sum(k) AS total FROM pg.a;
SELECT count(*) AS n, count(k) AS k, min(k) AS low, max(t) AS high, sum(n) AS total, avg(k) AS mean FROM pg.void;
SELECT count(*) AS n, sum(k) AS total FROM pg.a WHERE false OR id < 0;
SELECT k, count(*) AS n FROM pg.void GROUP BY k UNION ALL SELECT 1, 1;
SELECT k, count(*) AS n, count(DISTINCT s) AS s, count(DISTINCT t) AS t FROM pg.a GROUP BY k;
SELECT count(DISTINCT k) AS k, count(DISTINCT t) AS t, count(DISTINCT tl) AS tl, count(DISTINCT c) AS c FROM pg.a;
SELECT sum(DISTINCT k) AS total, sum(k) AS all_of_it, count(DISTINCT k) AS n FROM pg.a;
SELECT t, count(*) AS n FROM pg.a GROUP BY t;
SELECT tl, count(*) AS n FROM pg.a GROUP BY tl;
SELECT c, count(*) AS n FROM pg.a GROUP BY c;
SELECT e, min(t) AS low, max(t) AS high FROM pg.a GROUP BY e;
SELECT min(e) AS low, max(e) AS high, min(u) AS first, max(u) AS last, min(tl) AS loose FROM pg.a;
SELECT min(d) AS d, max(d) AS last, min(ts) AS ts, max(ts) AS late, min(tz) AS tz, max(tz) AS zone FROM pg.a;
SELECT min(n) AS n, max(w) AS w, min(m) AS m, max(h) AS h, min(b) AS b, max(i) AS i FROM pg.a;
SELECT sum(n) AS n, sum(w) AS w, sum(m) AS m FROM pg.b;
-- differs: a sum of decimals beyond 38 digits
SELECT k, sum(h) AS h FROM pg.a GROUP BY k;
-- differs: an average of decimals has another scale
SELECT k, avg(n) AS n FROM pg.a GROUP BY k;
SELECT k, avg(s) AS mean, avg(id) AS other FROM pg.a GROUP BY k;
SELECT stddev(k) AS a, stddev_pop(k) AS b, var_samp(k) AS c, var_pop(k) AS d, corr(k, id) AS e, covar_pop(k, id) AS f FROM pg.keyed;
SELECT bool_and(f) AS every, bool_or(f) AS some FROM pg.a;
SELECT k, bool_and(f) AS every, bool_or(f) AS some FROM pg.a GROUP BY k;
SELECT k, count(*) FILTER (WHERE n > 0) AS n, sum(s) FILTER (WHERE f) AS total FROM pg.a GROUP BY k;
SELECT k, count(*) AS n FROM pg.a GROUP BY k HAVING count(*) > 1 AND max(n) > 0;
SELECT k, count(*) AS n FROM pg.a WHERE n > 0 GROUP BY k HAVING k > 0 OR k IS NULL;
SELECT k + 1 AS next, count(*) AS n FROM pg.a GROUP BY k + 1;
SELECT k % 2 AS odd, s / 10 AS tens, count(*) AS n FROM pg.a GROUP BY k % 2, s / 10;
SELECT CASE WHEN k > 2 THEN 'many' WHEN k IS NULL THEN 'none' ELSE 'few' END AS size, count(*) AS n FROM pg.a GROUP BY CASE WHEN k > 2 THEN 'many' WHEN k IS NULL THEN 'none' ELSE 'few' END;
SELECT max(n) AS most FROM (SELECT k, count(*) AS n FROM pg.a GROUP BY k) AS x;
SELECT count(*) AS n, sum(n) AS total FROM (SELECT n FROM pg.a ORDER BY n DESC NULLS LAST, id LIMIT 5) AS x;
SELECT count(*) AS n FROM (SELECT DISTINCT k, f FROM pg.a) AS x;
SELECT count(*) AS n, sum(k) AS total FROM (SELECT k FROM pg.a UNION ALL SELECT k FROM pg.b) AS x;
SELECT a.k, count(b.id) AS n, sum(b.n) AS total FROM pg.a AS a LEFT JOIN pg.b AS b ON a.k = b.k GROUP BY a.k;
SELECT DISTINCT t FROM pg.a;
SELECT DISTINCT tl, e FROM pg.a;
SELECT DISTINCT k, f FROM pg.a WHERE n IS NOT NULL;
-- differs: -0 and 0 are two groups
SELECT g, count(*) AS n FROM pg.a GROUP BY g;
-- differs: -0 and 0 are two groups
SELECT DISTINCT r FROM pg.a;
SELECT d, k, count(*) AS n FROM pg.a GROUP BY ROLLUP (d, k);
SELECT k, f, count(*) AS n FROM pg.a GROUP BY GROUPING SETS ((k), (f), ());
SELECT string_agg(tc, ',' ORDER BY id) AS list FROM pg.a;
SELECT sum(k) AS total FROM pg.one;
