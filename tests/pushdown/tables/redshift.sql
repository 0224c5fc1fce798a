-- The tables of the checklist in Redshift, of which a Postgres plays the part: `v` of all types and hard values, `w` to join
-- with it, `e` of v's shape and without rows, and names as long as they may be. A text is bpchar without a length, whose
-- trailing blanks mean nothing in comparisons: what VARCHAR is to Redshift. It has no UUID.
CREATE TABLE v (
    id int PRIMARY KEY, i2 smallint, i4 int, i8 bigint, x bpchar, vc bpchar, ch char(4), b boolean,
    f4 real, f8 double precision, d9 numeric(9, 3), d30 numeric(30, 10), dt date, ts timestamp, tz timestamptz,
    u bpchar, y redshift_catalog.varbyte
);
INSERT INTO v VALUES
    (1, 1, 1, 1, 'a', 'a', 'a', true, 1.5, 1.5, 1.500, 1.5,
     '2024-01-01', '2024-01-01', '2024-01-01 00:00+00', '00000000-0000-0000-0000-000000000001', '\x00'),
    (2, -7, -7, -7, 'A', 'a ', 'a ', false, -1.5, -1.5, -1.500, -1.5,
     '1969-12-31', '1969-12-31 23:59:59.999999', '1969-12-31 23:59:59.999999+00', '00000000-0000-0000-0000-000000000002', '\x01ff'),
    (3, 0, 0, 0, 'ab', 'ab', 'ab', NULL, '-0', '-0', 0, 0,
     '1970-01-01', '1970-01-01', '1970-01-01 02:00+02', NULL, '\x'),
    (4, 32767, 2147483647, 9223372036854775807, 'b', 'B', 'b', true, 'Infinity', 'Infinity',
     999999.999, 99999999999999999999.9999999999,
     '9999-12-31', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59+00', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '\xff'),
    (5, -32768, -2147483648, -9223372036854775808, 'B', 'b', 'B', false, '-Infinity', '-Infinity',
     -999999.999, -99999999999999999999.9999999999,
     '0001-01-01', '0001-01-01', '0001-01-01 00:00+00', NULL, '\x00ff'),
    (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (7, 7, 7, 7, '', '', '', true, 'NaN', 'NaN', 0.001, 0.0000000001,
     '2024-02-29', '2024-02-29 12:00', '2024-02-29 12:00+14', NULL, '\x61'),
    (8, 3, 3, 3, 'é', 'e', 'é', NULL, 0, 0, 2.345, 2.3456789012,
     '2024-03-31', '2024-03-31 02:30', '2024-03-31 02:30+01', NULL, '\x62'),
    (9, 3, 3, 3, 'z', 'z', 'z', false, 2.5, 2.5, 2.345, 1, '2024-12-31', '2024-12-31 23:59:59', '2024-12-31 23:59:59-12', NULL, NULL),
    (10, -3, -3, -3, 'Z', 'Z', 'Z', true, 0.1, 0.1, -2.345, 3, '2023-12-31', '2024-01-01', '2024-01-01 00:00+00', NULL, NULL),
    (11, 10, 10, 10, 'a%b', 'a%b', 'a%b', NULL, 1, 1, 10, 7, NULL, NULL, NULL, NULL, NULL),
    (12, 9, 9, 9, 'a_b', 'a\b', 'a_b', NULL, 3, 3, 9, 9, NULL, NULL, NULL, NULL, NULL),
    (13, 2, 2, 2, '～', '10', ' a', true, 4, 4, 2, 0.5, NULL, NULL, NULL, NULL, NULL),
    (14, 2, 2, 2, '𝄞', '9', 'a', NULL, 4, 4, 2, 0.5, NULL, NULL, NULL, NULL, NULL),
    (15, 1, 1, 1, 'a', ' a', NULL, false, 1.5, 1.5, 1.5, 1.5, '2024-01-01', NULL, NULL, NULL, NULL);

CREATE TABLE w (id int PRIMARY KEY, i4 int, i8 bigint, x bpchar, b boolean, d9 numeric(9, 3));
INSERT INTO w VALUES
    (1, 1, 1, 'a', true, 1.5), (2, 3, 3, 'A', false, 2.345), (3, 3, 3, 'é', NULL, NULL), (4, -7, -7, 'ab', true, -1.5),
    (5, NULL, NULL, NULL, NULL, NULL), (6, NULL, NULL, '', true, 0), (7, 100, 100, 'none', false, 100),
    (21, 2147483647, 9223372036854775807, '𝄞', true, 999999.999);

CREATE TABLE e (LIKE v);

-- Its columns bear the names of generated ones.
CREATE TABLE c (id int PRIMARY KEY, c1 bigint, c2 bigint);
INSERT INTO c VALUES (1, 3, 10), (2, 2, 30), (3, 1, 20);

CREATE TABLE a_table_whose_name_is_as_long_as_a_name_may_be_in_postgres_0001 (
    id int PRIMARY KEY, a_column_whose_name_is_as_long_as_a_name_may_be_in_postgres_001 bigint, "a ""b"" c" bpchar
);
INSERT INTO a_table_whose_name_is_as_long_as_a_name_may_be_in_postgres_0001
VALUES (1, 1, 'a'), (2, 2, 'it''s'), (3, NULL, NULL);
