--- Of each kind, on keys with NULLs and more than one of a kind.
-- whole
-- sends: JOIN
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.i8 = w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 = w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v RIGHT JOIN s.w AS w ON v.i8 = w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v CROSS JOIN s.w AS w;
-- whole
-- sends: EXISTS
SELECT v.id FROM s.v AS v WHERE EXISTS (SELECT 1 FROM s.w AS w WHERE w.i8 = v.i8);
-- whole
-- sends: NOT EXISTS
SELECT v.id FROM s.v AS v WHERE NOT EXISTS (SELECT 1 FROM s.w AS w WHERE w.i8 = v.i8);
-- whole
SELECT v.id FROM s.v AS v LEFT SEMI JOIN s.w AS w ON v.i8 = w.i8;
-- whole
SELECT v.id FROM s.v AS v LEFT ANTI JOIN s.w AS w ON v.i8 = w.i8;
-- whole
SELECT w.id FROM s.v AS v RIGHT SEMI JOIN s.w AS w ON v.i8 = w.i8;
-- whole
SELECT w.id FROM s.v AS v RIGHT ANTI JOIN s.w AS w ON v.i8 = w.i8;
-- whole
SELECT id FROM s.v WHERE i8 IN (SELECT i8 FROM s.w);
--- A NULL among the values of NOT IN leaves no row.
-- whole
-- empty
SELECT id FROM s.v WHERE i8 NOT IN (SELECT i8 FROM s.w);
-- whole
SELECT id FROM s.v WHERE i8 NOT IN (SELECT i8 FROM s.w WHERE i8 IS NOT NULL);
-- whole
SELECT id FROM s.v WHERE i8 NOT IN (SELECT i8 FROM s.e);
-- whole
SELECT id FROM s.v WHERE i8 = (SELECT max(i8) FROM s.w);
-- whole
SELECT v.id, (SELECT max(w.id) FROM s.w AS w WHERE w.i8 = v.i8) AS high FROM s.v AS v;
-- whole
SELECT i8 FROM s.v INTERSECT SELECT i8 FROM s.w;
-- whole
SELECT i8 FROM s.v EXCEPT SELECT i8 FROM s.w;

--- With an empty side.
-- whole
-- empty
SELECT v.id FROM s.v AS v JOIN s.e AS e ON v.i8 = e.i8;
-- whole
SELECT v.id, e.id AS other FROM s.v AS v LEFT JOIN s.e AS e ON v.i8 = e.i8;
-- whole
SELECT v.id, e.id AS other FROM s.e AS e FULL JOIN s.v AS v ON v.i8 = e.i8;
-- whole
SELECT v.id FROM s.v AS v WHERE NOT EXISTS (SELECT 1 FROM s.e AS e WHERE e.i8 = v.i8);

--- USING: one column of both.
-- whole
SELECT i8, v.id, w.id AS other FROM s.v AS v JOIN s.w AS w USING (i8);
-- whole
SELECT i8, x, v.id, w.id AS other FROM s.v AS v JOIN s.w AS w USING (i8, x);
-- whole
SELECT i8, v.id, w.id AS other FROM s.v AS v LEFT JOIN s.w AS w USING (i8);
-- whole
SELECT i8, v.id, w.id AS other FROM s.v AS v RIGHT JOIN s.w AS w USING (i8);
-- whole
SELECT i8, v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w USING (i8);

--- Every comparison.
-- whole
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.i8 <> w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.i8 < w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.i8 <= w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.i8 > w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.i8 >= w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.i8 IS NOT DISTINCT FROM w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.i8 IS DISTINCT FROM w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.i8 BETWEEN w.i4 AND w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 > w.i8;
-- whole
-- postgres sends: COLLATE "C"
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.x < w.x;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.x = w.x;
-- whole
-- sqlite here: HashJoinExec
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.d9 = w.d9;
-- whole
-- sqlite here: HashJoinExec
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.b = w.b;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.i8 = w.i8 AND v.i4 = w.i4 AND v.id > w.id;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON v.i8 = w.i8 OR v.x = w.x;
-- here: HashJoinExec
-- keeps: JOIN
SELECT v.id, w.id AS other FROM s.v AS v JOIN s.w AS w ON lower(v.x) = lower(w.x);
--- Conditions of one side: in ON they keep what they do not match, in WHERE they do not.
-- whole
SELECT v.id, w.id AS other FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 = w.i8 AND v.i8 > 1;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 = w.i8 AND w.id > 2;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 = w.i8 WHERE v.i8 > 1;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 = w.i8 WHERE w.id IS NULL;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 = w.i8 WHERE coalesce(w.id, 0) <> 2;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8 WHERE v.id IS NULL OR w.id IS NULL;
-- whole
SELECT v.id, w.id AS other FROM (SELECT * FROM s.v WHERE i8 > 1) AS v FULL JOIN (SELECT * FROM s.w WHERE id > 1) AS w
ON v.i8 = w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v LEFT JOIN (SELECT * FROM s.w WHERE id > 2) AS w ON v.i8 = w.i8;
--- A value that the side without a partner does not have stays NULL, and is not computed of NULLs.
-- whole
SELECT v.id, w.mark FROM s.v AS v LEFT JOIN (SELECT i8, coalesce(x, 'none') AS mark FROM s.w) AS w ON v.i8 = w.i8;
-- whole
SELECT v.id, w.one FROM s.v AS v LEFT JOIN (SELECT i8, 1 AS one FROM s.w) AS w ON v.i8 = w.i8;
-- here: NestedLoopJoinExec
SELECT v.id, w.id AS other FROM s.v AS v FULL JOIN s.w AS w ON v.i8 > w.i8;

--- Over an aggregate, a limit, a TopN and a join.
-- whole
SELECT v.id, w.n FROM s.v AS v JOIN (SELECT i8, count(*) AS n FROM s.w GROUP BY i8) AS w ON v.i8 = w.i8;
-- whole
SELECT v.id, w.n FROM s.v AS v LEFT JOIN (SELECT i8, count(*) AS n FROM s.w GROUP BY i8) AS w ON v.i8 = w.i8;
-- whole
SELECT v.n, w.n AS other FROM (SELECT i8, count(*) AS n FROM s.v GROUP BY i8 HAVING count(*) > 1) AS v
FULL JOIN (SELECT i8, count(*) AS n FROM s.w GROUP BY i8) AS w ON v.i8 = w.i8;
-- whole
-- sends: LIMIT
SELECT v.id FROM s.v AS v JOIN (SELECT 3 AS i8 FROM s.w LIMIT 2) AS w ON v.i8 = w.i8;
-- whole
SELECT v.id, w.id AS other FROM s.v AS v JOIN (SELECT id, i8 FROM s.w ORDER BY id LIMIT 2) AS w ON v.i8 = w.i8;
-- whole
SELECT v.id, w.id AS other FROM (SELECT id, i8 FROM s.v ORDER BY id DESC LIMIT 9) AS v
LEFT JOIN (SELECT id, i8 FROM s.w ORDER BY i8 DESC NULLS LAST, id LIMIT 4) AS w ON v.i8 = w.i8;
-- whole
SELECT v.id, w.id AS other, o.id AS third FROM s.v AS v JOIN s.w AS w ON v.i8 = w.i8 LEFT JOIN s.w AS o ON w.x = o.x;
-- whole
SELECT v.id, t.id AS other FROM s.v AS v LEFT JOIN (SELECT w.id, w.i8 FROM s.w AS w JOIN s.v AS o ON w.x = o.x) AS t
ON v.i8 = t.i8;
-- whole
SELECT v.id, u.i8 FROM s.v AS v JOIN (SELECT i8 FROM s.w UNION ALL SELECT i8 FROM s.e) AS u ON v.i8 = u.i8;
--- A side that stays here leaves the join here, and what of the other side can be sent is.
-- here: HashJoinExec, AggregateExec
-- sends: GROUP BY
SELECT v.n, w.d FROM (SELECT i8, count(*) AS n FROM s.v GROUP BY i8) AS v
JOIN (SELECT i8, stddev(id) AS d FROM s.w GROUP BY i8) AS w ON v.i8 = w.i8;

--- Names as long as they may be, and as odd.
-- whole
SELECT l.id, v.id AS other FROM s.a_table_whose_name_is_as_long_as_a_name_may_be_in_postgres_0001 AS l
JOIN s.v AS v ON v.i8 = l.a_column_whose_name_is_as_long_as_a_name_may_be_in_postgres_001;
-- whole
SELECT l.a_column_whose_name_is_as_long_as_a_name_may_be_in_postgres_001 AS value, count(*) AS n
FROM s.a_table_whose_name_is_as_long_as_a_name_may_be_in_postgres_0001 AS l
LEFT JOIN s.a_table_whose_name_is_as_long_as_a_name_may_be_in_postgres_0001 AS m
ON l.a_column_whose_name_is_as_long_as_a_name_may_be_in_postgres_001
 = m.a_column_whose_name_is_as_long_as_a_name_may_be_in_postgres_001
GROUP BY l.a_column_whose_name_is_as_long_as_a_name_may_be_in_postgres_001;
-- whole
SELECT l."a ""b"" c", l."a ""b"" c" = 'it''s' AS "is ""it""" FROM s.a_table_whose_name_is_as_long_as_a_name_may_be_in_postgres_0001 AS l
WHERE l."a ""b"" c" IS NOT NULL;
-- whole
SELECT an_alias_that_is_longer_than_any_name_may_be_in_postgres_and_that_it_would_cut_off.i8 AS a_column_alias_that_is_longer_than_any_name_may_be_in_postgres_one,
       an_alias_that_is_longer_than_any_name_may_be_in_postgres_and_that_it_would_cut_off.id AS a_column_alias_that_is_longer_than_any_name_may_be_in_postgres_two
FROM s.v AS an_alias_that_is_longer_than_any_name_may_be_in_postgres_and_that_it_would_cut_off
JOIN s.w AS an_alias_that_is_longer_than_any_name_may_be_in_postgres_and_that_it_would_cut_too
ON an_alias_that_is_longer_than_any_name_may_be_in_postgres_and_that_it_would_cut_off.i8
 = an_alias_that_is_longer_than_any_name_may_be_in_postgres_and_that_it_would_cut_too.i8;

--- A table with itself.
-- whole
SELECT a.id, b.id AS other FROM s.v AS a JOIN s.v AS b ON a.i8 = b.i8 AND a.id < b.id;
-- whole
SELECT a.id, b.id AS other FROM s.w AS a LEFT JOIN s.w AS b ON a.i4 = b.id;
-- whole
SELECT a.id FROM s.v AS a WHERE EXISTS (SELECT 1 FROM s.v AS b WHERE b.x = a.x AND b.id <> a.id);
-- whole
SELECT a.id, b.id AS second, c.id AS third FROM s.w AS a JOIN s.w AS b ON a.i8 = b.i8 JOIN s.w AS c ON b.i8 = c.i8;

--- The same names on both sides.
-- whole
SELECT v.id, w.id AS id2, v.i8, w.i8 AS i82, v.x, w.x AS x2 FROM s.v AS v JOIN s.w AS w ON v.id = w.id;
-- whole
SELECT a.id, a.i8, b.i8 AS other FROM (SELECT id, i8 FROM s.v) AS a LEFT JOIN (SELECT id, x, i8 FROM s.w) AS b ON a.id = b.id
WHERE a.i8 > 0 OR b.i8 > 0;
-- whole
SELECT v.x, w.x AS other, count(*) AS n, max(v.i8) AS left_high, max(w.i8) AS right_high
FROM s.v AS v JOIN s.w AS w ON v.id = w.id GROUP BY v.x, w.x;
-- whole
-- order: x, other
SELECT v.x, w.x AS other FROM s.v AS v FULL JOIN s.w AS w ON v.id = w.id ORDER BY v.x NULLS FIRST, w.x;
