-- Everything in a Postgres database that can be read as a table; tests/it/contract/postgres/objects.rs reads it.

CREATE SCHEMA sales;
CREATE SCHEMA "Sales";
CREATE SCHEMA "odd.schema ""x"" $1 \";

-- One name in several schemas, and in another case.
CREATE TABLE orders (id int4 PRIMARY KEY, placed_in text);
INSERT INTO orders VALUES (1, 'public'), (2, NULL);
CREATE TABLE sales.orders (id int4 PRIMARY KEY, placed_in text);
INSERT INTO sales.orders VALUES (1, 'sales');
CREATE TABLE "Sales".orders (id int4 PRIMARY KEY, placed_in text);
INSERT INTO "Sales".orders VALUES (1, 'Sales');
CREATE TABLE "Sales"."Orders" (id int4 PRIMARY KEY, placed_in text);
INSERT INTO "Sales"."Orders" VALUES (1, 'Sales.Orders');
CREATE TABLE "odd.schema ""x"" $1 \"."ta""ble.$2 \' ; --" (id int4);
INSERT INTO "odd.schema ""x"" $1 \"."ta""ble.$2 \' ; --" VALUES (1), (2);

-- Views, of which nobody knows where a row is.
CREATE VIEW seen AS SELECT id, upper(placed_in) AS "Upper", id::numeric / 3 > 0 AS more, now() > '2000-01-01' AS late FROM orders;
CREATE VIEW seen_twice AS SELECT * FROM seen UNION ALL SELECT id + 10, NULL, false, true FROM seen;
CREATE VIEW typed AS SELECT '10.0.0.1'::inet AS ip, 'a'::char(3) AS c, ARRAY[1, 2] AS pair, ROW(1, 'a') IS NULL AS n, 1.5 AS d;
CREATE MATERIALIZED VIEW kept AS SELECT id, placed_in FROM orders;

-- Partitions of partitions, one with its columns in another order and one that is elsewhere.
CREATE TABLE events (at date NOT NULL, kind text, amount numeric(10,2)) PARTITION BY RANGE (at);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (kind);
CREATE TABLE events_2025_a PARTITION OF events_2025 FOR VALUES IN ('a');
CREATE TABLE events_2025_rest PARTITION OF events_2025 DEFAULT;
CREATE TABLE events_2026 (amount numeric(10,2), gone int4, kind text, at date NOT NULL);
ALTER TABLE events_2026 DROP COLUMN gone;
ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE events_empty PARTITION OF events FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
INSERT INTO events SELECT date '2025-01-01' + n, (ARRAY['a', 'b', NULL])[n % 3 + 1], n / 4.0 FROM generate_series(0, 700) n;

-- A parent holds the rows of its children too, and a child may hold NULLs where the parent may not.
CREATE TABLE parent (id int4 NOT NULL, t text);
CREATE TABLE child (extra int4) INHERITS (parent);
INSERT INTO parent VALUES (1, 'parent');
INSERT INTO child VALUES (2, 'child', 3);

-- Tables of another server, which here is this one.
CREATE EXTENSION postgres_fdw;
DO $$ BEGIN
    EXECUTE format('CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host %L, port %L, dbname %L)',
        '127.0.0.1', current_setting('port'), current_database());
END $$;
CREATE USER MAPPING FOR postgres SERVER itself OPTIONS (user 'postgres');
CREATE TABLE near (id int4, t text, at timestamptz, a int4[], c char(3), ip inet, amount numeric(5,2) GENERATED ALWAYS AS (id / 2.0) STORED);
INSERT INTO near VALUES (1, 'a', '2026-01-01 00:00+00', '{1,NULL}', 'x', '10.0.0.1'), (2, NULL, NULL, NULL, NULL, NULL);
CREATE FOREIGN TABLE far (id int4 NOT NULL, t text, at timestamptz, a int4[], c char(3), ip inet, amount numeric(5,2))
    SERVER itself OPTIONS (table_name 'near');
-- It may hold what its partitions here may not.
CREATE TABLE mixed (id int4, t text NOT NULL) PARTITION BY LIST (id);
CREATE TABLE mixed_here PARTITION OF mixed FOR VALUES IN (1, 2);
CREATE TABLE mixed_source (id int4, t text);
INSERT INTO mixed_source VALUES (3, 'far'), (3, NULL);
CREATE FOREIGN TABLE mixed_far PARTITION OF mixed FOR VALUES IN (3) SERVER itself OPTIONS (table_name 'mixed_source');
INSERT INTO mixed VALUES (1, 'near');

-- Columns that the server fills, columns that are gone, and what is left of updates.
CREATE TABLE filled (id int4 GENERATED ALWAYS AS IDENTITY, price numeric(8,2), tax numeric(8,2) GENERATED ALWAYS AS (price * 0.2) STORED, n serial);
INSERT INTO filled (price) VALUES (10), (NULL), (3.33);
CREATE TABLE changed (a int4, b text, c int8, d inet);
INSERT INTO changed SELECT n, 'b' || n, n, '10.0.0.1' FROM generate_series(1, 400) n;
ALTER TABLE changed DROP COLUMN b, ADD COLUMN e text DEFAULT 'e', ALTER COLUMN a TYPE int8;
UPDATE changed SET e = NULL WHERE a % 3 = 0;
DELETE FROM changed WHERE a % 7 = 0;
CREATE UNLOGGED TABLE unlogged (id int4);
INSERT INTO unlogged VALUES (1);

-- Names.
CREATE TABLE "select" ("from" int4, "where" text, "order" int4, "user" text, "group" int4, "limit" int4, "table" text, "null" text,
    "true" bool, "case" int4, "end" int4, "current_date" date, "array" int4[], "oid" int4, "primary" int4, "cast" inet, "row" int4, "default" int4);
INSERT INTO "select" VALUES (1, 'where', 2, 'user', 3, 4, 'table', 'null', false, 5, 6, '2026-01-01', '{7}', 8, 9, '10.0.0.1', 10, 11);
CREATE TABLE "MixedCase" ("Id" int4, "iD" int4, "ÄÖÜ ß" inet);
INSERT INTO "MixedCase" VALUES (1, 2, '::1');
CREATE TABLE "columns" ("a""b" inet, "a.b" inet, "$1" inet, "a\b" inet, "a'b" inet, " a b " inet, ":x" inet, "?" inet, "a;b --" inet, "%s %L" inet,
    "/* */" inet, "{x}" inet, "a
b" inet, "::text" inet, "*" inet, "😀" inet, "-" int4, "1" int4);
INSERT INTO "columns" VALUES ('10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5', '10.0.0.6', '10.0.0.7', '10.0.0.8', '10.0.0.9', '10.0.0.10',
    '10.0.0.11', '10.0.0.12', '10.0.0.13', '10.0.0.14', '10.0.0.15', '10.0.0.16', 17, 18);
CREATE TABLE a23456789_123456789_123456789_123456789_123456789_123456789_123 (c23456789_123456789_123456789_123456789_123456789_123456789_123 int4,
    "ééééééééééééééééééééééééééééééé1" inet);
INSERT INTO a23456789_123456789_123456789_123456789_123456789_123456789_123 VALUES (1, '10.0.0.1');
CREATE TABLE "ééééééééééééééééééééééééééééééé1" (id int4);
INSERT INTO "ééééééééééééééééééééééééééééééé1" VALUES (1);

-- Nothing, and much.
CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES;
INSERT INTO no_columns DEFAULT VALUES;
INSERT INTO no_columns DEFAULT VALUES;
CREATE TABLE nothing ();
CREATE TABLE no_rows (id int4 PRIMARY KEY, t text NOT NULL, ip inet);
CREATE TABLE emptied (id int4, t text);
INSERT INTO emptied SELECT n, 'a' FROM generate_series(1, 1000) n;
DELETE FROM emptied;
CREATE VIEW no_rows_seen AS SELECT id FROM no_rows;
DO $$ BEGIN
    EXECUTE (SELECT 'CREATE TABLE wide (' || string_agg(format('c%s %s', n, (ARRAY['int4', 'text', 'inet', 'numeric(9,2)'])[n % 4 + 1]), ', ' ORDER BY n) || ')'
        FROM generate_series(1, 1000) n);
    EXECUTE (SELECT 'INSERT INTO wide VALUES (' || string_agg(CASE n % 4 WHEN 2 THEN format('%L', '10.0.0.' || n % 256) ELSE n::text END, ', ' ORDER BY n) || ')'
        FROM generate_series(1, 1000) n);
    INSERT INTO wide DEFAULT VALUES;
END $$;
CREATE TABLE long (id int4 PRIMARY KEY, t text, b bytea, j jsonb);
INSERT INTO long SELECT n, repeat(md5(n::text), 327680), NULL, NULL FROM generate_series(1, 2) n;
INSERT INTO long SELECT n, NULL, decode(repeat(md5(n::text), 655360), 'hex'), NULL FROM generate_series(3, 4) n;
INSERT INTO long SELECT 5, NULL, NULL, jsonb_build_object('long', repeat('é', 5242880));
