--- Alone.
-- whole
-- sends: LIMIT
SELECT 1 AS one FROM s.v LIMIT 3;
-- whole
SELECT 1 AS one FROM s.v LIMIT 3 OFFSET 13;
-- whole
-- empty
SELECT 1 AS one FROM s.v LIMIT 3 OFFSET 99;
-- whole
-- empty
SELECT 1 AS one FROM s.e LIMIT 3;
--- Over a filter: below one that runs here it would lose rows.
-- whole
SELECT 1 AS one FROM s.v WHERE i8 > 0 LIMIT 3;
-- whole
SELECT count(*) AS n FROM (SELECT i8 FROM s.v LIMIT 15) AS t WHERE i8 > 0;
-- whole
-- order: id
SELECT id FROM (SELECT id, i8 FROM s.v ORDER BY id LIMIT 4) AS t WHERE i8 > 0 ORDER BY id;
-- here: FilterExec
-- keeps: LIMIT
SELECT 1 AS one FROM s.v WHERE upper(x) = 'A' LIMIT 3;
--- Over an aggregate.
-- whole
-- sends: GROUP BY | LIMIT
SELECT count(*) AS n FROM (SELECT i8 FROM s.v GROUP BY i8 LIMIT 3) AS t;
-- whole
SELECT count(*) AS n FROM s.v LIMIT 1;
-- whole
-- empty
SELECT count(*) AS n FROM s.v LIMIT 1 OFFSET 1;
-- here: AggregateExec
-- keeps: LIMIT
SELECT count(*) AS n, count(d) <= 3 AS few FROM (SELECT i8, stddev(i4) AS d FROM s.v GROUP BY i8 LIMIT 3) AS t;
--- Over DISTINCT.
-- whole
-- sends: DISTINCT | LIMIT
SELECT count(*) AS n FROM (SELECT DISTINCT i8 FROM s.v LIMIT 5) AS t;
-- here: AggregateExec
-- keeps: LIMIT
SELECT count(*) AS n FROM (SELECT DISTINCT f8 FROM s.v LIMIT 5) AS t;
--- Over TopN: the smaller one holds, behind the offset of the one inside.
-- whole
-- order: id
SELECT id FROM (SELECT id FROM s.v ORDER BY id DESC LIMIT 5 OFFSET 2) AS t ORDER BY id DESC LIMIT 2 OFFSET 1;
-- whole
-- order: id
SELECT id FROM (SELECT id, i8 FROM s.v ORDER BY i8 DESC NULLS LAST, id LIMIT 6) AS t ORDER BY id LIMIT 2;
-- whole
SELECT count(*) AS n FROM (SELECT id FROM s.v ORDER BY id LIMIT 3) AS t LIMIT 5;
--- Over a join.
-- whole
-- sends: LIMIT
SELECT 1 AS one FROM s.v AS v JOIN s.w AS w ON v.i8 = w.i8 LIMIT 2;
-- whole
SELECT 1 AS one FROM s.v AS v LEFT JOIN s.w AS w ON v.i8 = w.i8 LIMIT 7;
-- whole
SELECT 1 AS one FROM s.v AS v RIGHT JOIN s.w AS w ON v.i8 = w.i8 LIMIT 7;
-- whole
SELECT 1 AS one FROM s.v AS v FULL JOIN s.w AS w ON v.i8 = w.i8 LIMIT 19;
-- whole
SELECT 1 AS one FROM s.v AS v WHERE EXISTS (SELECT 1 FROM s.w AS w WHERE w.i8 = v.i8) LIMIT 3;
--- Never below the wrong side: of a join that runs here, a limit is one of the side all of whose rows stay, and of no other.
-- here: HashJoinExec
-- keeps: LIMIT
SELECT 1 AS one FROM s.v AS v JOIN (SELECT upper(x) AS x FROM s.w) AS w ON v.x = w.x LIMIT 2;
-- here: HashJoinExec, FilterExec
-- keeps: LIMIT
SELECT 1 AS one FROM (SELECT x FROM s.v WHERE upper(x) <> 'Z') AS v LEFT JOIN s.w AS w ON v.x = w.x LIMIT 6;
-- here: HashJoinExec, FilterExec
-- keeps: LIMIT
SELECT 1 AS one FROM s.w AS w RIGHT JOIN (SELECT x FROM s.v WHERE upper(x) <> 'Z') AS v ON v.x = w.x LIMIT 6;
-- here: HashJoinExec
-- sends: LIMIT
SELECT 1 AS one FROM s.v AS v LEFT JOIN (SELECT upper(x) AS x FROM s.w) AS w ON v.x = w.x LIMIT 6;
-- here: HashJoinExec
-- sends: LIMIT
SELECT 1 AS one FROM (SELECT upper(x) AS x FROM s.v) AS v RIGHT JOIN s.w AS w ON v.x = w.x LIMIT 6;
--- What nobody reads is not computed: a join with groups of which only the keys count goes whole.
-- whole
SELECT 1 AS one FROM s.v AS v JOIN (SELECT stddev(i8) AS d, i8 FROM s.w GROUP BY i8) AS w ON v.i8 = w.i8 LIMIT 2;
--- A limit inside a side of a join is of that side, and of nothing else.
-- whole
-- order: id
SELECT v.id, w.id AS other FROM (SELECT id, i8 FROM s.v ORDER BY id LIMIT 8) AS v JOIN s.w AS w ON v.i8 = w.i8
ORDER BY id, other;
-- whole
-- order: id, other
SELECT v.id, w.id AS other FROM s.v AS v LEFT JOIN (SELECT id, i8 FROM s.w ORDER BY id LIMIT 2) AS w ON v.i8 = w.i8
ORDER BY id, other;
--- Over a union, and inside its branches.
-- whole
SELECT count(*) AS n FROM (SELECT id FROM s.v UNION ALL SELECT id FROM s.w LIMIT 17) AS t;
-- whole
SELECT count(*) AS n FROM ((SELECT id FROM s.v LIMIT 4) UNION ALL (SELECT id FROM s.w LIMIT 3)) AS t;
-- whole
-- empty
SELECT id FROM s.v LIMIT 0;
