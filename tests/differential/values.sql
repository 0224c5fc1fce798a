SELECT id FROM pg.a WHERE t = 'a';
SELECT id FROM pg.a WHERE t < 'a';
SELECT id FROM pg.a WHERE t >= 'Z' AND t <= 'á';
SELECT id FROM pg.a WHERE t BETWEEN 'A' AND 'z';
SELECT id FROM pg.a WHERE tl = 'a' OR tl = 'b' OR tl > '😀' OR id < 3;
SELECT id FROM pg.a WHERE t <> 'a' OR tl <> 'b';
SELECT id FROM pg.a WHERE c = 'a    ' OR c = 'a' OR c = 'ab   ' OR c < 'b';
SELECT id, length(c) AS n, c || '|' AS text FROM pg.a;
SELECT id FROM pg.a WHERE t LIKE 'a%' OR t LIKE '%\_%' OR t LIKE '50\%' OR t LIKE 'back\\%' OR v LIKE '_';
SELECT id FROM pg.a WHERE t NOT LIKE '%a%' AND tl NOT LIKE '%b%';
SELECT id FROM pg.a WHERE c LIKE 'a%' OR c LIKE '%b';
SELECT id FROM pg.a WHERE e = 'sad' OR e > 'ok' OR e IS NULL;
SELECT id FROM pg.a WHERE e IN ('ok', 'nobody feels so') OR u IN ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'nothing');
SELECT id FROM pg.a WHERE j = 'null' OR j > '{';
SELECT id FROM pg.a WHERE u > '0' AND u < 'b';
SELECT id FROM pg.a WHERE u = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11' OR id = 1;
SELECT id, character_length(t) AS n, octet_length(t) AS bytes, strpos(t, 'b') AS at, substr(t, 2, 2) AS part FROM pg.a;
SELECT id, left(t, 2) AS l, right(t, 2) AS r, left(t, -1) AS most, reverse(t) AS back, btrim(t) AS bare FROM pg.a;
SELECT id, concat(t, v, NULL, c) AS all_of_it, t || v AS both_of_it, replace(t, 'a', '') AS without FROM pg.a;
SELECT id, k + s AS plus, k - s AS minus, k * s AS times, k / 2 AS half, k % 3 AS rest, -k AS less, abs(k) AS size FROM pg.a;
SELECT id, -7 / 2 AS a, -7 % 3 AS b, 7 / -2 AS c, 7 % -3 AS d, k / NULLIF(s, 0) AS e FROM pg.a;
-- differs: integers wrap around
SELECT id, i + i AS i, b + 1 AS b, b * 2 AS twice, -b AS less FROM pg.a;
-- fails
SELECT id, 1 / (k - k) AS x FROM pg.a;
-- fails
SELECT id FROM pg.a WHERE 10 / k > 2;
SELECT id, CASE WHEN k <> 0 THEN 10 / k END AS x FROM pg.a;
-- fails
SELECT id FROM pg.a WHERE CASE WHEN k <> 0 THEN 10 / k > 2 ELSE true END;
SELECT id, n + 1 AS plus, n - w AS minus, n * n AS square, n * 2 AS twice, n % 1 AS rest, -n AS less, abs(n) AS size FROM pg.a;
-- differs: a quotient of decimals has another scale
SELECT id, n / 3 AS third, n / 0.7 AS more FROM pg.a;
SELECT id, CAST(n AS decimal(12,1)) AS one, CAST(n AS decimal(20,6)) AS six, CAST(k AS decimal(10,2)) AS k FROM pg.a;
-- differs: a cast to an integer cuts digits off
SELECT id, CAST(n AS bigint) AS n FROM pg.a;
SELECT id FROM pg.a WHERE n = 1.5 OR w > 1e19 OR m = 2.5 OR h >= 10000000000000000000000000000;
SELECT id FROM pg.a WHERE n > k OR w < s OR m = k;
SELECT id FROM pg.a WHERE b = 9007199254740993 OR b > 9223372036854775806 OR i = -2147483648;
SELECT id FROM pg.a WHERE i > 3000000000 OR s < 40000;
SELECT id FROM pg.a WHERE s > 2.5 OR k < -0.5;
SELECT id FROM pg.a WHERE g = CAST('0.1' AS double precision) OR g > 1 OR r > 1;
SELECT id FROM pg.a WHERE g = 0 OR g < 0 OR r >= 0;
SELECT id, g * 2 AS twice, CAST(k AS double precision) / 4 AS quarter FROM pg.b;
SELECT id FROM pg.a WHERE d > DATE '1970-01-01' OR d = DATE '0001-01-01' OR d IS NULL;
SELECT id FROM pg.a WHERE ts BETWEEN TIMESTAMP '1969-12-31 00:00:00' AND TIMESTAMP '2024-03-01 00:00:00';
SELECT id FROM pg.a WHERE tz > CAST('2024-03-31T01:00:00Z' AS timestamptz) OR tz < CAST('1970-01-01T00:00:00Z' AS timestamptz);
SELECT id FROM pg.a WHERE d = CAST(ts AS date) OR ts > CAST(d AS timestamp);
SELECT id, extract(year FROM d) AS y, extract(month FROM ts) AS m, extract(dow FROM d) AS w, extract(doy FROM ts) AS n FROM pg.a;
SELECT id, d - DATE '2000-01-01' AS days, ts + INTERVAL '1 hour' AS later, tz + INTERVAL '1 hour' AS zoned FROM pg.b;
SELECT id, date_trunc('month', ts) AS m FROM pg.a WHERE ts > TIMESTAMP '1900-01-01 00:00:00' AND ts < TIMESTAMP '2200-01-01 00:00:00';
SELECT id, CAST(d AS timestamp) AS ts, CAST(ts AS date) AS d, CAST(k AS text) AS k, CAST(f AS text) AS f, CAST(d AS text) AS text FROM pg.a;
SELECT id FROM pg.a WHERE k IN (1, 2, NULL) OR s IN (7, 100);
SELECT count(*) AS n FROM pg.a WHERE k NOT IN (1, 2, NULL);
SELECT id FROM pg.a WHERE (k IS DISTINCT FROM 1) AND ((t IS NOT DISTINCT FROM v) OR id > 3);
SELECT id FROM pg.a WHERE f IS UNKNOWN OR f IS NOT FALSE;
SELECT id FROM pg.a WHERE NOT (k > 1 AND n > 1);
SELECT id FROM pg.a WHERE (k > 1) IS NOT TRUE AND (n > 1 OR f) IS NOT FALSE;
SELECT id, COALESCE(k, s, 0) AS k, NULLIF(k, 1) AS n, COALESCE(t, v, '') AS t, greatest(k, s) AS most, least(k, s) AS least FROM pg.a;
SELECT id FROM pg.keyed WHERE k IS NOT NULL AND f IS NOT NULL;
SELECT x.id FROM pg.keyed AS x RIGHT JOIN pg.b AS y ON x.k = y.id JOIN pg.keyed AS z ON x.k = z.id AND x.f IS NOT NULL;
-- differs: x'61' is bytes
SELECT id FROM pg.a WHERE y = x'61' OR y > x'61' OR y = x'';
