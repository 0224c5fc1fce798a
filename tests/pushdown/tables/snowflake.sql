-- The tables of the checklist in Snowflake: `v` of all types and hard values, `w` to join with it, `e` of v's shape and
-- without rows, and names as long as they may be. It has no times: the server of the tests sends their NULLs as values.
CREATE TABLE "v" (
    "id" number(9,0), "i4" number(10,0), "i8" number(19,0), "x" varchar, "vc" varchar, "b" boolean, "f8" float,
    "d9" number(9,3), "d30" number(30,10), "dt" date
);
INSERT INTO "v" VALUES
    (1, 1, 1, 'a', 'a', true, 1.5, 1.500, 1.5, '2024-01-01'),
    (2, -7, -7, 'A', 'a ', false, -1.5, -1.500, -1.5, '1969-12-31'),
    (3, 0, 0, 'ab', 'ab', NULL, 0, 0, 0, '1970-01-01'),
    (4, 2147483647, 9223372036854775807, 'b', 'B', true, 'inf', 999999.999, 99999999999999999999.9999999999, '9999-12-31'),
    (5, -2147483648, -9223372036854775808, 'B', 'b', false, '-inf', -999999.999, -99999999999999999999.9999999999, '0001-01-01'),
    (6, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (7, 7, 7, '', '', true, 'NaN', 0.001, 0.0000000001, '2024-02-29'),
    (8, 3, 3, 'é', 'e', NULL, 0, 2.345, 2.3456789012, '2024-03-31'),
    (9, 3, 3, 'z', 'z', false, 2.5, 2.345, 1, '2024-12-31'),
    (10, -3, -3, 'Z', 'Z', true, 0.1, -2.345, 3, '2023-12-31'),
    (11, 10, 10, 'a%b', 'a%b', NULL, 1, 10, 7, NULL),
    (12, 9, 9, 'a_b', 'a\\b', NULL, 3, 9, 9, NULL),
    (13, 2, 2, '～', '10', true, 4, 2, 0.5, NULL),
    (14, 2, 2, '𝄞', '9', NULL, 4, 2, 0.5, NULL),
    (15, 1, 1, 'a', ' a', false, 1.5, 1.5, 1.5, '2024-01-01');

CREATE TABLE "w" ("id" number(9,0), "i4" number(10,0), "i8" number(19,0), "x" varchar, "b" boolean, "d9" number(9,3));
INSERT INTO "w" VALUES
    (1, 1, 1, 'a', true, 1.5), (2, 3, 3, 'A', false, 2.345), (3, 3, 3, 'é', NULL, NULL), (4, -7, -7, 'ab', true, -1.5),
    (5, NULL, NULL, NULL, NULL, NULL), (6, NULL, NULL, '', true, 0), (7, 100, 100, 'none', false, 100),
    (21, 2147483647, 9223372036854775807, '𝄞', true, 999999.999);

CREATE TABLE "e" (
    "id" number(9,0), "i4" number(10,0), "i8" number(19,0), "x" varchar, "vc" varchar, "b" boolean, "f8" float,
    "d9" number(9,3), "d30" number(30,10), "dt" date
);

-- Its columns bear the names of generated ones.
CREATE TABLE "c" ("id" number(9,0), "c1" number(18,0), "c2" number(18,0));
INSERT INTO "c" VALUES (1, 3, 10), (2, 2, 30), (3, 1, 20);

CREATE TABLE "a_table_whose_name_is_as_long_as_a_name_may_be_in_postgres_0001" (
    "id" number(9,0), "a_column_whose_name_is_as_long_as_a_name_may_be_in_postgres_001" number(18,0), "a ""b"" c" varchar
);
INSERT INTO "a_table_whose_name_is_as_long_as_a_name_may_be_in_postgres_0001"
VALUES (1, 1, 'a'), (2, 2, 'it''s'), (3, NULL, NULL);
