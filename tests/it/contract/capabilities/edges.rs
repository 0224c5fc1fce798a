//! Tables of edge values: a column `c_…` and a column `d_…` for each class, and a row for each pair of their values.

use std::fmt::Write;

use aqueduct::sources::sql::Class;
use datafusion::{arrow::datatypes::DataType, scalar::ScalarValue};

use super::edge_values::{CLICKHOUSE, DUCKDB, MYSQL, POSTGRES, REDSHIFT, SNOWFLAKE, SQLITE, Values};

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
