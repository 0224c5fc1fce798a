//! Tables of edge values: a column `c_…` and a column `d_…` for each class, and a row for each pair of their values.

use std::fmt::Write;

use aqueduct::sources::sql::Class;
use datafusion::{arrow::datatypes::DataType, scalar::ScalarValue};

/// A class, its column's name, the column's types, and values as SQL; NULL comes of itself.
type Values = (Class, &'static str, [&'static str; 2], &'static [&'static str]);

const POSTGRES: &[Values] = &[
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

const REDSHIFT: &[Values] = &[
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

const SQLITE: &[Values] = &[
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

const DUCKDB: &[Values] = &[
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

const SNOWFLAKE: &[Values] = &[
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

const CLICKHOUSE: &[Values] = &[
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

const MYSQL: &[Values] = &[
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

/// The same, and `plain`, whose dates may be zeros, and whose truth values are numbers.
pub fn mysql() -> String {
    let plain = "CREATE TABLE plain (id INT PRIMARY KEY, p_date DATE, q_date DATE, p_timestamp DATETIME(6), q_timestamp DATETIME,
            p_timestamptz TIMESTAMP(6) NULL, q_timestamptz TIMESTAMP NULL, p_bool BOOL, q_bool BOOL);
        INSERT INTO plain VALUES
            (1, '0001-01-01', '2024-02-29', '2024-02-29 12:30:15.123456', '2024-02-29 12:30:15', '2024-02-29 12:30:15.5', '2024-02-29 12:30:15', 1, 0),
            (2, '2024-02-29', '2024-02-29', '2024-02-29 12:30:15', '2024-02-29 12:30:15', '2024-02-29 12:30:15', '2024-02-29 12:30:15', 0, 0),
            (3, '9999-12-31', '1969-12-31', '9999-12-31 23:59:59.999999', '0001-01-01', '2038-01-19 03:14:07.999999', '1970-01-01 00:00:01', 1, 1),
            (4, NULL, '1970-01-01', NULL, '1970-01-01', NULL, '2024-01-01', NULL, 1), (5, '1969-12-31', NULL, '1969-12-31 23:59:59.999999', NULL, '2024-01-01', NULL, 0, NULL);";
    let tables =
        tables(MYSQL, "").replace("int8 PRIMARY KEY", "BIGINT PRIMARY KEY").replace("c_int64 int8", "c_int64 BIGINT");
    format!("{tables}{plain}")
}

/// The same in the database `{db}`.
pub fn clickhouse() -> String {
    let statements = tables(CLICKHOUSE, " ENGINE = MergeTree ORDER BY id");
    let named = statements.replace(" edges ", " {db}.edges ").replace(" others ", " {db}.others ");
    let typed =
        named.replace("(id INTEGER PRIMARY KEY", "(id Int64").replace("c_int64 INTEGER", "c_int64 Nullable(Int64)");
    typed.replace(';', ";\n")
}

/// `edges`, and `others` with some rows of the same.
pub fn postgres() -> String {
    let before = "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);";
    format!("{before}{}", tables(POSTGRES, ""))
}

/// The same for Redshift, of which a Postgres plays the part.
pub fn redshift() -> String {
    let before = "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);";
    format!("{before}{}", tables(REDSHIFT, ""))
}

/// The same.
pub fn duckdb() -> String {
    tables(DUCKDB, "")
}

/// The same in types that Databricks has, as orders to the recorded server.
pub fn databricks() -> String {
    let known = |(class, name, [first, second], values): &Values| {
        (*class, *name, [*first, if *class == Class::Int16 { *second } else { *first }], *values)
    };
    let statements = tables(&DUCKDB.iter().map(known).collect::<Vec<_>>(), "");
    let statements = statements.split(';').map(str::trim).filter(|sql| !sql.is_empty());
    statements.map(|sql| format!("DUCKDB {sql};\n")).collect::<Vec<_>>().concat()
}

/// The same. Its integers are decimals of so many digits.
pub fn snowflake() -> String {
    tables(SNOWFLAKE, "").replace("int8", "NUMBER(18,0)")
}

/// The same, and `plain`, which does not keep to its declared types.
pub fn sqlite() -> String {
    let plain = "CREATE TABLE plain (id INTEGER PRIMARY KEY, p_date DATE, q_date DATE, p_bool BOOLEAN, q_bool BOOLEAN);
        INSERT INTO plain VALUES (1, '0001-01-01', '2024-02-29', 1, 0), (2, '2024-02-29', '2024-02-29', 0, 0),
            (3, '9999-12-31', '1969-12-31', 1, 1), (4, NULL, '1970-01-01', NULL, 1), (5, '1969-12-31', NULL, 0, NULL);";
    format!("{}{plain}", tables(SQLITE, " STRICT"))
}

fn tables(classes: &[Values], tail: &str) -> String {
    let mut columns = String::new();
    for (_, name, [first, second], _) in classes {
        let _ = write!(columns, ", c_{name} {first}, d_{name} {second}");
    }
    // One more than values: NULL.
    let count = classes.iter().map(|(.., values)| values.len()).max().unwrap_or_default() + 1;
    let value =
        |values: &[&'static str], index: usize| values.get(index % (values.len() + 1)).copied().unwrap_or("NULL");
    let mut rows = Vec::new();
    for first in 0..count {
        for second in 0..count {
            let mut row = format!("({}", rows.len() + 1);
            for (.., values) in classes {
                let _ = write!(row, ", {}, {}", value(values, first), value(values, second));
            }
            rows.push(format!("{row})"));
        }
    }
    let integer = if tail.is_empty() { "int8" } else { "INTEGER" };
    format!(
        "CREATE TABLE edges (id {integer} PRIMARY KEY{columns}){tail};
         CREATE TABLE others (id {integer} PRIMARY KEY, c_int64 {integer}){tail};
         INSERT INTO edges VALUES {};
         INSERT INTO others VALUES (1, 1), (2, 2), (3, NULL), (4, 7), (5, 7), (6, 1000000), (7, 3);",
        rows.join(", ")
    )
}

/// The columns of a class.
pub fn postgres_columns(class: Class) -> Vec<&'static str> {
    match class {
        Class::Bool => vec!["c_bool", "d_bool"],
        Class::Int16 => vec!["c_int16", "d_int16"],
        Class::Int32 => vec!["c_int32", "d_int32"],
        Class::Int64 => vec!["c_int64", "d_int64"],
        Class::Float32 => vec!["c_float32", "d_float32"],
        Class::Float64 => vec!["c_float64", "d_float64"],
        Class::Decimal => vec!["c_decimal", "d_decimal"],
        Class::Text => vec!["c_text", "d_text"],
        Class::Uuid => vec!["c_uuid", "d_uuid"],
        Class::Binary => vec!["c_binary", "d_binary"],
        Class::Date => vec!["c_date", "d_date"],
        Class::Timestamp => vec!["c_timestamp", "d_timestamp"],
        Class::TimestampTz => vec!["c_timestamptz", "d_timestamptz"],
    }
}

/// The same, and of classes that no strict table has those of `plain`.
pub fn sqlite_columns(class: Class) -> Vec<&'static str> {
    match class {
        Class::Int64 | Class::Float64 | Class::Text | Class::Binary => postgres_columns(class),
        Class::Bool => vec!["p_bool", "q_bool"],
        Class::Date => vec!["p_date", "q_date"],
        _ => Vec::new(),
    }
}

/// The same, but for UUIDs, which are text.
pub fn duckdb_columns(class: Class) -> Vec<&'static str> {
    if class == Class::Uuid { Vec::new() } else { postgres_columns(class) }
}

/// The same, of the classes that are compared in Databricks.
pub fn databricks_columns(class: Class) -> Vec<&'static str> {
    if class == Class::Binary { Vec::new() } else { duckdb_columns(class) }
}

/// The same of few classes.
pub fn snowflake_columns(class: Class) -> Vec<&'static str> {
    let is_there = SNOWFLAKE.iter().any(|(known, ..)| *known == class);
    if is_there { postgres_columns(class) } else { Vec::new() }
}

/// The same, of the classes that `ClickHouse` has.
pub fn clickhouse_columns(class: Class) -> Vec<&'static str> {
    let has = CLICKHOUSE.iter().any(|(known, ..)| *known == class);
    if has { postgres_columns(class) } else { Vec::new() }
}

/// The same, of the classes that are compared in Redshift.
pub fn redshift_columns(class: Class) -> Vec<&'static str> {
    let has = REDSHIFT.iter().any(|(known, ..)| *known == class);
    if has { postgres_columns(class) } else { Vec::new() }
}

/// The columns of whole numbers and truth values.
pub fn whole_columns(class: Class) -> Vec<&'static str> {
    match class {
        Class::Bool | Class::Int16 | Class::Int32 | Class::Int64 => postgres_columns(class),
        _ => Vec::new(),
    }
}

/// The same, of the classes that `MySQL` has.
pub fn mysql_columns(class: Class) -> Vec<&'static str> {
    match class {
        Class::Bool => vec!["p_bool", "q_bool"],
        Class::Date => vec!["p_date", "q_date"],
        Class::Timestamp => vec!["p_timestamp", "q_timestamp"],
        Class::TimestampTz => vec!["p_timestamptz", "q_timestamptz"],
        Class::Uuid => Vec::new(),
        class => postgres_columns(class),
    }
}

/// For each kind of list: a name, the parameter's type, a column, and the list.
pub fn lists() -> Vec<(&'static str, &'static str, &'static str, ScalarValue)> {
    let list = |values: &[ScalarValue], of: &DataType| ScalarValue::List(ScalarValue::new_list_nullable(values, of));
    vec![
        ("int64", "int64", "c_int64", list(&[1_i64.into(), i64::MIN.into()], &DataType::Int64)),
        ("int32", "int64", "c_int32", list(&[1_i64.into(), i64::MAX.into()], &DataType::Int64)),
        ("text", "string", "d_text", list(&["a".into(), "é日本".into()], &DataType::Utf8)),
        ("date", "date", "c_date", list(&[ScalarValue::Date32(Some(-1))], &DataType::Date32)),
        ("bool", "bool", "c_bool", list(&[true.into()], &DataType::Boolean)),
    ]
}
