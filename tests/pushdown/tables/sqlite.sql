-- The tables of the checklist in SQLite, with those of Postgres' columns that it has types for. What its types do not say,
-- the catalog does: `b` is bool, `d9` decimal(9,3), `d30` decimal(30,10), `dt` date and `ts` timestamp.
CREATE TABLE v (
    id INTEGER PRIMARY KEY, i4 INTEGER, i8 INTEGER, x TEXT, vc TEXT, b INTEGER, f8 REAL, d9 TEXT, d30 TEXT, dt TEXT,
    ts TEXT, y BLOB
) STRICT;
INSERT INTO v VALUES
    (1, 1, 1, 'a', 'a', 1, 1.5, '1.500', '1.5', '2024-01-01', '2024-01-01 00:00:00', x'00'),
    (2, -7, -7, 'A', 'a ', 0, -1.5, '-1.500', '-1.5', '1969-12-31', '1969-12-31 23:59:59.999999', x'01ff'),
    (3, 0, 0, 'ab', 'ab', NULL, -0.0, '0', '0', '1970-01-01', '1970-01-01 00:00:00', x''),
    (4, 2147483647, 9223372036854775807, 'b', 'B', 1, 9e999, '999999.999', '99999999999999999999.9999999999',
     '9999-12-31', '9999-12-31 23:59:59.999999', x'ff'),
    (5, -2147483648, -9223372036854775808, 'B', 'b', 0, -9e999, '-999999.999', '-99999999999999999999.9999999999',
     '0001-01-01', '0001-01-01 00:00:00', x'00ff'),
    (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (7, 7, 7, '', '', 1, 1e-300, '0.001', '0.0000000001', '2024-02-29', '2024-02-29 12:00:00', x'61'),
    (8, 3, 3, 'é', 'e', NULL, 0, '2.345', '2.3456789012', '2024-03-31', '2024-03-31 02:30:00', x'62'),
    (9, 3, 3, 'z', 'z', 0, 2.5, '2.345', '1', '2024-12-31', '2024-12-31 23:59:59', NULL),
    (10, -3, -3, 'Z', 'Z', 1, 0.1, '-2.345', '3', '2023-12-31', '2024-01-01 00:00:00', NULL),
    (11, 10, 10, 'a%b', 'a%b', NULL, 1, '10', '7', NULL, NULL, NULL),
    (12, 9, 9, 'a_b', 'a\b', NULL, 3, '9', '9', NULL, NULL, NULL),
    (13, 2, 2, '～', '10', 1, 4, '2', '0.5', NULL, NULL, NULL),
    (14, 2, 2, '𝄞', '9', NULL, 4, '2', '0.5', NULL, NULL, NULL),
    (15, 1, 1, 'a', ' a', 0, 1.5, '1.5', '1.5', '2024-01-01', NULL, NULL);

CREATE TABLE w (id INTEGER PRIMARY KEY, i4 INTEGER, i8 INTEGER, x TEXT, b INTEGER, d9 TEXT) STRICT;
INSERT INTO w VALUES
    (1, 1, 1, 'a', 1, '1.5'), (2, 3, 3, 'A', 0, '2.345'), (3, 3, 3, 'é', NULL, NULL), (4, -7, -7, 'ab', 1, '-1.5'),
    (5, NULL, NULL, NULL, NULL, NULL), (6, NULL, NULL, '', 1, '0'), (7, 100, 100, 'none', 0, '100'),
    (21, 2147483647, 9223372036854775807, '𝄞', 1, '999999.999');

CREATE TABLE e (
    id INTEGER PRIMARY KEY, i4 INTEGER, i8 INTEGER, x TEXT, vc TEXT, b INTEGER, f8 REAL, d9 TEXT, d30 TEXT, dt TEXT,
    ts TEXT, y BLOB
) STRICT;

-- Its columns bear the names of generated ones.
CREATE TABLE c (id INTEGER PRIMARY KEY, c1 INTEGER, c2 INTEGER) STRICT;
INSERT INTO c VALUES (1, 3, 10), (2, 2, 30), (3, 1, 20);

CREATE TABLE a_table_whose_name_is_as_long_as_a_name_may_be_in_postgres_0001 (
    id INTEGER PRIMARY KEY, a_column_whose_name_is_as_long_as_a_name_may_be_in_postgres_001 INTEGER, "a ""b"" c" TEXT
) STRICT;
INSERT INTO a_table_whose_name_is_as_long_as_a_name_may_be_in_postgres_0001
VALUES (1, 1, 'a'), (2, 2, 'it''s'), (3, NULL, NULL);
