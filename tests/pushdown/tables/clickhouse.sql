-- The tables of the checklist in ClickHouse, with those of Postgres' columns that it has types for: no time without a zone,
-- no padded text, no bytes; days between 1900 and 2299.
CREATE TABLE {db}.v (
    id Int32, i2 Nullable(Int16), i4 Nullable(Int32), i8 Nullable(Int64), x Nullable(String), vc LowCardinality(Nullable(String)),
    b Nullable(Bool), f4 Nullable(Float32), f8 Nullable(Float64), d9 Nullable(Decimal(9, 3)), d30 Nullable(Decimal(30, 10)),
    dt Nullable(Date32), tz Nullable(DateTime64(6, 'UTC')), u Nullable(UUID)
) ENGINE = MergeTree ORDER BY id;
INSERT INTO {db}.v VALUES
    (1, 1, 1, 1, 'a', 'a', true, 1.5, 1.5, 1.5, 1.5, '2024-01-01', '2024-01-01 00:00:00', '00000000-0000-0000-0000-000000000001'),
    (2, -7, -7, -7, 'A', 'a ', false, -1.5, -1.5, -1.5, -1.5, '1969-12-31', '1969-12-31 23:59:59.999999', '00000000-0000-0000-0000-000000000002'),
    (3, 0, 0, 0, 'ab', 'ab', NULL, -0., -0., 0, 0, '1970-01-01', '1970-01-01 00:00:00', NULL),
    (4, 32767, 2147483647, 9223372036854775807, 'b', 'B', true, inf, inf, 999999.999, '99999999999999999999.9999999999',
     '2299-12-31', '2299-12-31 23:59:59.999999', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
    (5, -32768, -2147483648, -9223372036854775808, 'B', 'b', false, -inf, -inf, -999999.999, '-99999999999999999999.9999999999',
     '1900-01-01', '1900-01-01 00:00:00', NULL),
    (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (7, 7, 7, 7, '', '', true, nan, nan, 0.001, '0.0000000001', '2024-02-29', '2024-02-29 12:00:00', NULL),
    (8, 3, 3, 3, 'é', 'e', NULL, 0, 0, 2.345, '2.3456789012', '2024-03-31', '2024-03-31 02:30:00', NULL),
    (9, 3, 3, 3, 'z', 'z', false, 2.5, 2.5, 2.345, 1, '2024-12-31', '2024-12-31 23:59:59', NULL),
    (10, -3, -3, -3, 'Z', 'Z', true, 0.1, 0.1, -2.345, 3, '2023-12-31', '2024-01-01 00:00:00', NULL),
    (11, 10, 10, 10, 'a%b', 'a%b', NULL, 1, 1, 10, 7, NULL, NULL, NULL),
    (12, 9, 9, 9, 'a_b', 'a\\b', NULL, 3, 3, 9, 9, NULL, NULL, NULL),
    (13, 2, 2, 2, '～', '10', true, 4, 4, 2, 0.5, NULL, NULL, NULL),
    (14, 2, 2, 2, '𝄞', '9', NULL, 4, 4, 2, 0.5, NULL, NULL, NULL),
    (15, 1, 1, 1, 'a', ' a', false, 1.5, 1.5, 1.5, 1.5, '2024-01-01', NULL, NULL);

CREATE TABLE {db}.w (
    id Int32, i4 Nullable(Int32), i8 Nullable(Int64), x Nullable(String), b Nullable(Bool), d9 Nullable(Decimal(9, 3))
) ENGINE = MergeTree ORDER BY id;
INSERT INTO {db}.w VALUES
    (1, 1, 1, 'a', true, 1.5), (2, 3, 3, 'A', false, 2.345), (3, 3, 3, 'é', NULL, NULL), (4, -7, -7, 'ab', true, -1.5),
    (5, NULL, NULL, NULL, NULL, NULL), (6, NULL, NULL, '', true, 0), (7, 100, 100, 'none', false, 100),
    (21, 2147483647, 9223372036854775807, '𝄞', true, 999999.999);

CREATE TABLE {db}.e AS {db}.v;

-- Its columns bear the names of generated ones.
CREATE TABLE {db}.c (id Int32, c1 Nullable(Int64), c2 Nullable(Int64)) ENGINE = MergeTree ORDER BY id;
INSERT INTO {db}.c VALUES (1, 3, 10), (2, 2, 30), (3, 1, 20);

CREATE TABLE {db}.a_table_whose_name_is_as_long_as_a_name_may_be_in_postgres_0001 (
    id Int32, a_column_whose_name_is_as_long_as_a_name_may_be_in_postgres_001 Nullable(Int64), `a "b" c` Nullable(String)
) ENGINE = MergeTree ORDER BY id;
INSERT INTO {db}.a_table_whose_name_is_as_long_as_a_name_may_be_in_postgres_0001
VALUES (1, 1, 'a'), (2, 2, 'it\'s'), (3, NULL, NULL);
