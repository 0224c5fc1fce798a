CREATE TABLE item (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO item SELECT g, 'item ' || g FROM generate_series(1, 20) g;
CREATE TABLE note (id bigint PRIMARY KEY, body text NOT NULL);

-- Fails only when its rows are read.
CREATE VIEW failing AS SELECT id, (CASE id WHEN 7 THEN 'none' ELSE '1' END)::bigint AS share FROM item;
CREATE VIEW slow AS SELECT id, pg_sleep(20)::text AS nap FROM item;
-- Rows, and then none for a long time.
CREATE VIEW stalling AS
  SELECT g::bigint AS id, CASE WHEN g > 20000 THEN pg_sleep(120)::text ELSE repeat('x', 100) END AS nap
  FROM generate_series(1, 20001) g;
-- More than buffers on the way hold, so that a reader who stops holds the query.
CREATE VIEW wide AS SELECT g::bigint AS id, repeat(md5(g::text), 30) AS filler FROM generate_series(1, 200000) g;

CREATE TABLE odd (
  id bigint PRIMARY KEY, ever timestamptz, never timestamp, amount numeric, worth numeric(8,2), day date, unit bigint
);
INSERT INTO odd VALUES
  (1, 'infinity', '-infinity', 'NaN', 'NaN', 'infinity', NULL),
  (2, now(), localtimestamp, 123456789012345678901234567890, 1, '2026-01-01', 4),
  (3, now(), localtimestamp, 1, 1, '2026-01-01', 4);

CREATE SCHEMA drift;
CREATE TABLE drift.thing (id bigint PRIMARY KEY, colour text NOT NULL, size bigint NOT NULL);
