//! The values at the edges of each class, for each kind of source in its own spelling.

use aqueduct::sources::sql::Class;

/// A class, its column's name, the column's types, and values as SQL; NULL comes of itself.
pub type Values = (Class, &'static str, [&'static str; 2], &'static [&'static str]);

pub const POSTGRES: &[Values] = &[
    (Class::Bool, "bool", ["bool", "bool"], &["true", "false"]),
    (Class::Int16, "int16", ["int2", "int2"], &["0", "1", "-1", "7", "-7", "1000", "32767", "-32768"]),
    (Class::Int32, "int32", ["int4", "int4"], &["0", "1", "-1", "7", "-7", "1000", "2147483647", "-2147483648"]),
    (
        Class::Int64,
        "int64",
        ["int8", "int8"],
        &["0", "1", "2", "-1", "7", "1000", "9223372036854775807", "-9223372036854775808"],
    ),
    (
        Class::Float32,
        "float32",
        ["float4", "float4"],
        &["0", "'-0'", "1.5", "-7.25", "'NaN'", "'Infinity'", "'-Infinity'", "1e-40"],
    ),
    (
        Class::Float64,
        "float64",
        ["float8", "float8"],
        &["0", "'-0'", "1.5", "-7.25", "'NaN'", "'Infinity'", "'-Infinity'", "5e-324"],
    ),
    (
        Class::Decimal,
        "decimal",
        ["numeric(12,3)", "numeric(9,2)"],
        &["0", "1", "-1.005", "0.001", "7", "2.5", "9999999.994", "-9999999.994"],
    ),
    (
        Class::Text,
        "text",
        ["text", "varchar COLLATE loose"],
        &["''", "'a'", "'B'", "'A'", "'a%b_c'", "E'\\\\'", "'é日本'", "E' \\t ab \\n'"],
    ),
    (
        Class::Uuid,
        "uuid",
        ["uuid", "uuid"],
        &[
            "'00000000-0000-0000-0000-000000000000'",
            "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
            "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
        ],
    ),
    (Class::Binary, "binary", ["bytea", "bytea"], &["''", "'\\x00'", "'\\x00ff'", "'\\xff'", "'\\x61'"]),
    (
        Class::Date,
        "date",
        ["date", "date"],
        &[
            "'0044-03-15 BC'",
            "'0001-12-31 BC'",
            "'0001-01-01'",
            "'1969-12-31'",
            "'1970-01-01'",
            "'2024-02-29'",
            "'2023-01-01'",
            "'9999-12-31'",
        ],
    ),
    (
        Class::Timestamp,
        "timestamp",
        ["timestamp", "timestamp"],
        &[
            "'0044-03-15 12:00:00.5 BC'",
            "'0001-01-01 00:00:00'",
            "'1969-12-31 23:59:59.999999'",
            "'1970-01-01 00:00:00'",
            "'2024-02-29 12:30:15.123456'",
            "'2023-01-01 23:59:59.5'",
            "'2300-07-04 01:02:03.000004'",
            "'9999-12-31 23:59:59.999999'",
        ],
    ),
    (
        Class::TimestampTz,
        "timestamptz",
        ["timestamptz", "timestamptz"],
        &[
            "'0001-01-01 00:00:00Z'",
            "'1969-12-31 23:59:59.999999Z'",
            "'2024-02-29 12:30:15.123456Z'",
            "'2023-12-31 23:30:00-05:00'",
            "'9999-12-31 23:59:59.999999Z'",
        ],
    ),
];

pub const REDSHIFT: &[Values] = &[
    (Class::Bool, "bool", ["bool", "bool"], &["true", "false"]),
    (Class::Int16, "int16", ["int2", "int2"], &["0", "1", "-1", "7", "-7", "1000", "32767", "-32768"]),
    (Class::Int32, "int32", ["int4", "int4"], &["0", "1", "-1", "7", "-7", "1000", "2147483647", "-2147483648"]),
    (
        Class::Int64,
        "int64",
        ["int8", "int8"],
        &["0", "1", "2", "-1", "7", "1000", "9223372036854775807", "-9223372036854775808"],
    ),
    (
        Class::Float64,
        "float64",
        ["float8", "float8"],
        &["0", "'-0'", "1.5", "-7.25", "'NaN'", "'Infinity'", "'-Infinity'", "5e-324"],
    ),
    (
        Class::Decimal,
        "decimal",
        ["numeric(12,3)", "numeric(9,2)"],
        &["0", "1", "-1.005", "0.001", "7", "2.5", "9999999.994", "-9999999.994"],
    ),
    // Trailing blanks mean nothing to the second, nor does case.
    (
        Class::Text,
        "text",
        ["varchar(60)", "bpchar COLLATE loose"],
        &["''", "'a'", "'B'", "'A'", "'a '", "'a%b_c'", "E'\\\\'", "'é日本'", "E' \\t ab \\n'"],
    ),
    (
        Class::Date,
        "date",
        ["date", "date"],
        &[
            "'0044-03-15 BC'",
            "'0001-12-31 BC'",
            "'0001-01-01'",
            "'1969-12-31'",
            "'1970-01-01'",
            "'2024-02-29'",
            "'2023-01-01'",
            "'9999-12-31'",
        ],
    ),
    (
        Class::Timestamp,
        "timestamp",
        ["timestamp", "timestamp"],
        &[
            "'0044-03-15 12:00:00.5 BC'",
            "'0001-01-01 00:00:00'",
            "'1969-12-31 23:59:59.999999'",
            "'1970-01-01 00:00:00'",
            "'2024-02-29 12:30:15.123456'",
            "'2023-01-01 23:59:59.5'",
            "'2300-07-04 01:02:03.000004'",
            "'9999-12-31 23:59:59.999999'",
        ],
    ),
    (
        Class::TimestampTz,
        "timestamptz",
        ["timestamptz", "timestamptz"],
        &[
            "'0001-01-01 00:00:00Z'",
            "'1969-12-31 23:59:59.999999Z'",
            "'2024-02-29 12:30:15.123456Z'",
            "'2023-12-31 23:30:00-05:00'",
            "'9999-12-31 23:59:59.999999Z'",
        ],
    ),
];

pub const SQLITE: &[Values] = &[
    (
        Class::Int64,
        "int64",
        ["INTEGER", "INTEGER"],
        &["0", "1", "2", "-1", "7", "1000", "9223372036854775807", "-9223372036854775808"],
    ),
    (Class::Float64, "float64", ["REAL", "REAL"], &["0.0", "-0.0", "1.5", "-7.25", "9e999", "-9e999", "5e-324"]),
    (
        Class::Text,
        "text",
        ["TEXT", "TEXT COLLATE NOCASE"],
        &["''", "'a'", "'B'", "'A'", "'a%b_c'", "'é日本'", "' ab '"],
    ),
    (Class::Binary, "binary", ["BLOB", "BLOB"], &["x''", "x'00'", "x'00ff'", "x'ff'", "x'61'"]),
];

pub const DUCKDB: &[Values] = &[
    (Class::Bool, "bool", ["BOOLEAN", "BOOLEAN"], &["true", "false"]),
    (Class::Int16, "int16", ["SMALLINT", "TINYINT"], &["0", "1", "-1", "7", "-7", "100", "127", "-128"]),
    (Class::Int32, "int32", ["INTEGER", "USMALLINT"], &["0", "1", "2", "7", "8", "1000", "65535", "65534"]),
    (
        Class::Int64,
        "int64",
        ["BIGINT", "BIGINT"],
        &["0", "1", "2", "-1", "7", "1000", "9223372036854775807", "-9223372036854775808"],
    ),
    (
        Class::Float32,
        "float32",
        ["FLOAT", "FLOAT"],
        &["0", "'-0'", "1.5", "-7.25", "'NaN'", "'Infinity'", "'-Infinity'", "1e-40"],
    ),
    (
        Class::Float64,
        "float64",
        ["DOUBLE", "DOUBLE"],
        &["0", "'-0'", "1.5", "-7.25", "'NaN'", "'Infinity'", "'-Infinity'", "5e-324"],
    ),
    (
        Class::Decimal,
        "decimal",
        ["DECIMAL(12,3)", "DECIMAL(9,2)"],
        &["0", "1", "-1.005", "0.001", "7", "2.5", "9999999.994", "-9999999.994"],
    ),
    (
        Class::Text,
        "text",
        ["VARCHAR", "VARCHAR COLLATE NOCASE"],
        &["''", "'a'", "'B'", "'A'", "'a%b_c'", "'\\'", "'é日本'", "' ' || chr(9) || ' ab ' || chr(10)"],
    ),
    (
        Class::Binary,
        "binary",
        ["BLOB", "BLOB"],
        &["''", "'\\x00'::BLOB", "'\\x00\\xff'::BLOB", "'\\xff'::BLOB", "'\\x61'::BLOB"],
    ),
    (
        Class::Date,
        "date",
        ["DATE", "DATE"],
        &[
            "'0044-03-15 (BC)'",
            "'0001-12-31 (BC)'",
            "'0001-01-01'",
            "'1969-12-31'",
            "'1970-01-01'",
            "'2024-02-29'",
            "'2023-01-01'",
            "'9999-12-31'",
        ],
    ),
    (
        Class::Timestamp,
        "timestamp",
        ["TIMESTAMP", "TIMESTAMP"],
        &[
            "'0044-03-15 (BC) 12:00:00.5'",
            "'0001-01-01 00:00:00'",
            "'1969-12-31 23:59:59.999999'",
            "'1970-01-01 00:00:00'",
            "'2024-02-29 12:30:15.123456'",
            "'2023-01-01 23:59:59.5'",
            "'2300-07-04 01:02:03.000004'",
            "'9999-12-31 23:59:59.999999'",
        ],
    ),
    (
        Class::TimestampTz,
        "timestamptz",
        ["TIMESTAMPTZ", "TIMESTAMPTZ"],
        &[
            "'0001-01-01 00:00:00Z'",
            "'1969-12-31 23:59:59.999999Z'",
            "'2024-02-29 12:30:15.123456Z'",
            "'2023-12-31 23:30:00-05:00'",
            "'9999-12-31 23:59:59.999999Z'",
        ],
    ),
];

pub const SNOWFLAKE: &[Values] = &[
    (Class::Bool, "bool", ["BOOLEAN", "BOOLEAN"], &["true", "false"]),
    (
        Class::Int64,
        "int64",
        ["NUMBER(18,0)", "NUMBER(18,0)"],
        &["0", "1", "2", "-1", "7", "1000", "999999999999999999", "-999999999999999999"],
    ),
    (Class::Float64, "float64", ["FLOAT", "FLOAT"], &["0", "1.5", "-7.25", "'NaN'", "'inf'", "'-inf'", "5e-324"]),
    (
        Class::Decimal,
        "decimal",
        ["NUMBER(12,3)", "NUMBER(9,2)"],
        &["0", "1", "-1.005", "0.001", "7", "2.5", "9999999.994", "-9999999.994"],
    ),
    (Class::Text, "text", ["VARCHAR", "VARCHAR"], &["''", "'a'", "'B'", "'A'", "'a%b_c'", "'é日本'", "' ab '"]),
    (
        Class::Date,
        "date",
        ["DATE", "DATE"],
        &["'0001-01-01'", "'1969-12-31'", "'1970-01-01'", "'2024-02-29'", "'2023-01-01'", "'9999-12-31'"],
    ),
];

pub const CLICKHOUSE: &[Values] = &[
    (Class::Bool, "bool", ["Nullable(Bool)", "Nullable(Bool)"], &["true", "false"]),
    (Class::Int16, "int16", ["Nullable(Int16)", "Nullable(UInt8)"], &["0", "1", "7", "100", "127", "32", "64", "2"]),
    (
        Class::Int32,
        "int32",
        ["Nullable(Int32)", "Nullable(Int32)"],
        &["0", "1", "-1", "7", "-7", "1000", "2147483647", "-2147483648"],
    ),
    (
        Class::Int64,
        "int64",
        ["Nullable(Int64)", "Nullable(Int64)"],
        &["0", "1", "2", "-1", "7", "1000", "9223372036854775807", "-9223372036854775808"],
    ),
    (
        Class::Float64,
        "float64",
        ["Nullable(Float64)", "Nullable(Float64)"],
        &["0", "-0.", "1.5", "-7.25", "nan", "inf", "-inf", "5e-324"],
    ),
    (
        Class::Decimal,
        "decimal",
        ["Nullable(Decimal(12, 3))", "Nullable(Decimal(9, 2))"],
        &["0", "1", "-1.005", "0.001", "7", "2.5", "9999999.994", "-9999999.994"],
    ),
    (
        Class::Text,
        "text",
        ["Nullable(String)", "LowCardinality(Nullable(String))"],
        &["''", "'a'", "'B'", "'A'", "'a%b_c'", "'\\\\'", "'é日本'", "' \\t ab \\n'"],
    ),
    (
        Class::Date,
        "date",
        ["Nullable(Date32)", "Nullable(Date)"],
        &["'1970-01-01'", "'1999-12-31'", "'2024-02-29'", "'2023-01-01'", "'2149-06-06'"],
    ),
    (
        Class::TimestampTz,
        "timestamptz",
        ["Nullable(DateTime64(6, 'UTC'))", "Nullable(DateTime)"],
        &["'1970-01-01 00:00:00'", "'2024-02-29 12:30:15'", "'2023-12-31 23:30:00'", "'2106-02-07 06:28:15'"],
    ),
];

pub const MYSQL: &[Values] = &[
    (Class::Int16, "int16", ["SMALLINT", "TINYINT UNSIGNED"], &["0", "1", "7", "100", "127", "32", "64", "2"]),
    (Class::Int32, "int32", ["INT", "INT"], &["0", "1", "-1", "7", "-7", "1000", "2147483647", "-2147483648"]),
    (
        Class::Int64,
        "int64",
        ["BIGINT", "BIGINT"],
        &["0", "1", "2", "-1", "7", "1000", "9223372036854775807", "-9223372036854775808"],
    ),
    (Class::Float32, "float32", ["FLOAT", "FLOAT"], &["0", "-0e0", "1.5", "-7.25", "1e-40", "3.4028235e38"]),
    (Class::Float64, "float64", ["DOUBLE", "DOUBLE"], &["0", "-0e0", "1.5", "-7.25", "5e-324", "1e308"]),
    (
        Class::Decimal,
        "decimal",
        ["DECIMAL(12, 3)", "DECIMAL(9, 2)"],
        &["0", "1", "-1.005", "0.001", "7", "2.5", "9999999.994", "-9999999.994"],
    ),
    (
        Class::Text,
        "text",
        ["TEXT", "VARCHAR(20) COLLATE utf8mb4_unicode_ci"],
        &["''", "'a'", "'B'", "'A'", "'a '", "'a%b_c'", "'\\\\'", "'é日本'", "' \\t ab \\n'"],
    ),
    (Class::Binary, "binary", ["VARBINARY(9)", "BLOB"], &["x''", "x'00'", "x'00ff'", "x'ff'", "x'61'"]),
];
