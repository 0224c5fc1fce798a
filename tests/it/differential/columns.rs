//! The columns and tables that queries are made over, and the values in them, chosen to be unpleasant.

use super::sql::Family;

/// A column, in each source that has it.
pub struct Column {
    pub name: &'static str,
    pub family: Family,
    /// Do sums and products of a few of its values fit into 32 bits?
    pub small: bool,
    /// In Postgres.
    pub postgres: &'static str,
    /// In the Postgres database that is asked for comparison: the type that the engine gives it.
    pub reference: &'static str,
    /// In ordinary SQLite tables, and as `columns:` says there.
    pub sqlite: Option<(&'static str, Option<&'static str>)>,
    /// In STRICT ones.
    pub strict: Option<(&'static str, Option<&'static str>)>,
    /// What `columns:` says of it in a CSV file.
    pub csv: Option<&'static str>,
    /// Its values, as Postgres reads them.
    pub values: &'static [&'static str],
}

/// A table: `source.name`.
pub struct Table {
    pub source: &'static str,
    pub name: &'static str,
    pub rows: usize,
    /// Are all values there, and is `id` its primary key?
    pub is_full: bool,
    pub format: Format,
}

/// How it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Postgres,
    Sqlite,
    Strict,
    Parquet,
    Csv,
}

pub const TABLES: &[Table] = &[
    Table { source: "pg", name: "a", rows: 24, is_full: false, format: Format::Postgres },
    Table { source: "pg", name: "b", rows: 16, is_full: false, format: Format::Postgres },
    Table { source: "pg", name: "keyed", rows: 20, is_full: true, format: Format::Postgres },
    Table { source: "pg", name: "one", rows: 1, is_full: false, format: Format::Postgres },
    Table { source: "pg", name: "void", rows: 0, is_full: false, format: Format::Postgres },
    Table { source: "lite", name: "a", rows: 22, is_full: false, format: Format::Sqlite },
    Table { source: "lite", name: "s", rows: 16, is_full: false, format: Format::Strict },
    Table { source: "lite", name: "keyed", rows: 18, is_full: true, format: Format::Sqlite },
    Table { source: "lite", name: "void", rows: 0, is_full: false, format: Format::Sqlite },
    Table { source: "lake", name: "p", rows: 22, is_full: false, format: Format::Parquet },
    Table { source: "lake", name: "o", rows: 12, is_full: false, format: Format::Parquet },
    Table { source: "lake", name: "q", rows: 16, is_full: false, format: Format::Csv },
];

impl Table {
    /// The columns that its format can hold.
    pub fn columns(&self) -> impl Iterator<Item = &'static Column> {
        let format = self.format;
        COLUMNS.iter().filter(move |column| match format {
            Format::Postgres | Format::Parquet => true,
            Format::Sqlite => column.sqlite.is_some(),
            Format::Strict => column.strict.is_some(),
            Format::Csv => column.csv.is_some(),
        })
    }
}

const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "A",
    "b",
    "B",
    "á",
    "Á",
    "z",
    "Z",
    "a ",
    "ab",
    "aB",
    "Ab c",
    "it's",
    "\"q\"",
    "back\\slash",
    "50%",
    "a_b",
    "ß",
    "😀",
    "日本",
    "i",
    "I",
    "a-b",
    "co-op",
    "coop",
    "_",
    "10",
    "9",
];

/// `id` is unique in each table and counts from 1.
pub const COLUMNS: &[Column] = &[
    number(
        "id",
        Family::Int,
        true,
        "bigint",
        Some(("INTEGER PRIMARY KEY", None)),
        Some("int64"),
        &["1", "2", "5", "9"],
    ),
    number(
        "k",
        Family::Int,
        true,
        "integer",
        Some(("INTEGER", None)),
        Some("int32"),
        &["0", "1", "2", "3", "4", "5", "-1", "-7"],
    ),
    number(
        "s",
        Family::Int,
        true,
        "smallint",
        Some(("SMALLINT", None)),
        Some("int64"),
        &["0", "1", "-1", "2", "7", "100", "32767", "-32768"],
    ),
    number(
        "i",
        Family::Int,
        false,
        "integer",
        Some(("INT", None)),
        Some("int32"),
        &["2147483647", "-2147483648", "0", "1", "3", "10", "1000000"],
    ),
    number(
        "b",
        Family::Int,
        false,
        "bigint",
        Some(("BIGINT", None)),
        Some("int64"),
        &["9223372036854775807", "-9223372036854775807", "0", "1", "9007199254740993", "-5", "4294967296"],
    ),
    number(
        "n",
        Family::Decimal,
        true,
        "numeric(9,3)",
        Some(("DECIMAL(9,3)", Some("decimal(9,3)"))),
        Some("decimal(9,3)"),
        &["0", "0.5", "-0.001", "1.5", "2.25", "100", "999999.999", "-999999.999", "3"],
    ),
    number(
        "w",
        Family::Decimal,
        false,
        "numeric(30,10)",
        None,
        Some("decimal(30,10)"),
        &["0", "0.0000000001", "-1.5", "12345678901234567890.0123456789", "-99999999999999999999.9999999999", "1"],
    ),
    number(
        "m",
        Family::Decimal,
        false,
        "numeric",
        None,
        None,
        &["0", "0.000000000000000001", "-10000000000000000000", "2.5", "1", "3"],
    ),
    number(
        "h",
        Family::Decimal,
        false,
        "numeric(38,0)",
        None,
        None,
        &["0", "10000000000000000000000000000", "-10000000000000000000000000000", "7", "1"],
    ),
    plain("f", Family::Bool, "boolean", Some(("BOOLEAN", None)), None, Some("bool"), &["true", "false"]),
    plain(
        "d",
        Family::Date,
        "date",
        Some(("DATE", None)),
        Some(("TEXT", Some("date"))),
        Some("date"),
        &["0001-01-01", "1969-12-31", "1970-01-01", "2000-02-29", "2024-02-29", "2024-12-31", "9999-12-31"],
    ),
    plain(
        "ts",
        Family::Timestamp,
        "timestamp",
        Some(("TIMESTAMP", None)),
        Some(("TEXT", Some("timestamp"))),
        Some("timestamp"),
        &[
            "0001-01-01 00:00:00",
            "1969-12-31 23:59:59.999999",
            "1970-01-01 00:00:00",
            "2000-02-29 12:30:00",
            "2024-02-29 23:59:59.5",
            "2024-03-31 01:30:00",
            "9999-12-31 23:59:59.999999",
        ],
    ),
    plain(
        "tz",
        Family::Instant,
        "timestamptz",
        None,
        None,
        Some("timestamptz"),
        &[
            "0001-01-01T00:00:00Z",
            "1969-12-31T23:59:59.999999Z",
            "1970-01-01T00:00:00Z",
            "2024-03-31T01:30:00Z",
            "2024-10-27T00:59:59.000001Z",
            "9999-12-31T23:59:59Z",
        ],
    ),
    text("t", "text COLLATE \"en-x-icu\"", "text", Some(("TEXT COLLATE NOCASE", None)), TEXTS),
    text("tc", "text COLLATE \"C\"", "text", Some(("TEXT", None)), TEXTS),
    text("tl", "text COLLATE loose", "text", None, TEXTS),
    text("v", "varchar(20)", "text", Some(("VARCHAR(20) COLLATE RTRIM", None)), TEXTS),
    text("c", "char(5)", "text", None, &["a", "A", "ab", "b", "", "é", "x y"]),
    text("e", "mood", "text", None, &["sad", "ok", "happy"]),
    text("j", "json", "text", None, &["{\"a\": 1}", "[1, 2]", "{\"a\":1}", "null"]),
    text(
        "u",
        "uuid",
        "text",
        None,
        &[
            "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-9c0b-4ef8-bb6d-6bb9bd380a11",
        ],
    ),
    plain(
        "y",
        Family::Binary,
        "bytea",
        Some(("BLOB", None)),
        Some(("BLOB", None)),
        None,
        &["\\x", "\\x00", "\\x61", "\\x6162", "\\xff00"],
    ),
    plain("r", Family::Float, "real", None, None, None, &["0", "1.5", "-2.5", "0.1", "3e38", "NaN", "Infinity"]),
    plain(
        "g",
        Family::Float,
        "double precision",
        Some(("REAL", None)),
        Some(("REAL", None)),
        Some("float64"),
        &["0", "-0", "0.1", "1.5", "-2.5", "1e300", "5e-324", "3"],
    ),
];

const fn number(
    name: &'static str,
    family: Family,
    small: bool,
    postgres: &'static str,
    sqlite: Option<(&'static str, Option<&'static str>)>,
    csv: Option<&'static str>,
    values: &'static [&'static str],
) -> Column {
    let strict = match (family, sqlite) {
        (Family::Decimal, Some((_, said))) => Some(("TEXT", said)),
        (_, Some(_)) => Some(("INTEGER", None)),
        (_, None) => None,
    };
    // Without a precision it is read with 18 digits behind the point.
    let reference = if matches!(postgres.as_bytes(), b"numeric") { "numeric(38,18)" } else { postgres };
    Column { name, family, small, postgres, reference, sqlite, strict, csv, values }
}

const fn plain(
    name: &'static str,
    family: Family,
    postgres: &'static str,
    sqlite: Option<(&'static str, Option<&'static str>)>,
    strict: Option<(&'static str, Option<&'static str>)>,
    csv: Option<&'static str>,
    values: &'static [&'static str],
) -> Column {
    Column { name, family, small: false, postgres, reference: postgres, sqlite, strict, csv, values }
}

const fn text(
    name: &'static str,
    postgres: &'static str,
    reference: &'static str,
    sqlite: Option<(&'static str, Option<&'static str>)>,
    values: &'static [&'static str],
) -> Column {
    let csv = Some("string");
    let strict = sqlite;
    Column { name, family: Family::Text, small: false, postgres, reference, sqlite, strict, csv, values }
}
