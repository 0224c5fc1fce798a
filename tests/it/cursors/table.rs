//! Random tables of difficult values, random orders over them, and which rows must come in which order.
//!
//! What the order must be is not computed from values: each column lists its values in the documented order, those that
//! count as equal side by side.

use std::cmp::Ordering;

/// What holds a table. `DuckDB` writes it as Parquet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Postgres,
    Sqlite,
    Duckdb,
}

/// A column: its name, its type in Postgres, `SQLite` (empty: not there) and `DuckDB`, and its values in their order.
/// Equal ones are joined by `=`.
type Column = (&'static str, [&'static str; 3], &'static [&'static str]);

const TEXTS: &[&str] =
    &["", " ", "'", "A", "Z", "\\", "a", "a ", "aB", "a\u{301}", "b", "ß", "é", "\u{fffd}", "\u{1f600}"];
const COLUMNS: &[Column] = &[
    ("b", ["bool", "BOOLEAN", "BOOLEAN"], &["false", "true"]),
    ("i2", ["int2", "", "SMALLINT"], &["-32768", "-1", "0", "1", "32767"]),
    ("i4", ["int4", "", "INTEGER"], &["-2147483648", "0", "2147483647"]),
    (
        "i8",
        ["int8", "INTEGER", "BIGINT"],
        &["-9223372036854775808", "-9007199254740993", "0", "9007199254740993", "9223372036854775807"],
    ),
    ("f4", ["float4", "", "REAL"], &["-Infinity", "-1e-45", "-0=0", "1e-45", "0.1", "3.4028235e38", "Infinity", "NaN"]),
    (
        "f8",
        ["float8", "", "DOUBLE"],
        &["-Infinity", "-1.7976931348623157e308", "-5e-324", "-0=0", "5e-324", "0.1", "1e22", "Infinity", "NaN"],
    ),
    ("r", ["float8", "REAL", "DOUBLE"], &["-1.5", "-0=0", "5e-324", "0.1", "1e300"]),
    (
        "n",
        ["numeric(38,18)", "", "DECIMAL(38,18)"],
        &[
            "-99999999999999999999.999999999999999999",
            "-0.000000000000000001",
            "0",
            "0.000000000000000001",
            "1.5",
            "99999999999999999999.999999999999999999",
        ],
    ),
    ("d", ["date", "DATE", "DATE"], &["0001-01-01", "1969-12-31", "1970-01-01", "9999-12-31"]),
    (
        "ts",
        ["timestamp", "DATETIME", "TIMESTAMP"],
        &[
            "0001-01-01 00:00:00",
            "1969-12-31 23:59:59.999999",
            "1970-01-01 00:00:00",
            "2262-04-12 00:00:00",
            "9999-12-31 23:59:59.999999",
        ],
    ),
    (
        "tz",
        ["timestamptz", "", "TIMESTAMPTZ"],
        &[
            "0001-01-01 00:00:00+00",
            "1970-01-01 00:00:00+00",
            "2024-02-29 12:00:00.000001+00",
            "9999-12-31 23:59:59+00",
        ],
    ),
    ("t", ["text", "TEXT COLLATE NOCASE", "VARCHAR"], TEXTS),
    ("tx", ["text COLLATE \"sv-x-icu\"", "TEXT", "VARCHAR"], TEXTS),
    ("tl", ["text COLLATE loose", "TEXT COLLATE RTRIM", "VARCHAR"], TEXTS),
    ("tc", ["varchar COLLATE \"C\"", "TEXT", "VARCHAR"], TEXTS),
    (
        "u",
        ["uuid", "", "UUID"],
        &[
            "00000000-0000-0000-0000-000000000000",
            "7fffffff-0000-4000-8000-000000000000",
            "80000000-0000-4000-8000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
        ],
    ),
    ("y", ["bytea", "BLOB", "BLOB"], &["", "A", "a", "aa", "b"]),
];
/// Unique and never NULL.
const IDS: &[i64] = &[i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];
const ROWS: usize = 40;

/// A sequence of numbers that looks random (splitmix64).
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let end = u64::try_from(end).expect("a small number");
        usize::try_from((mixed ^ (mixed >> 31)) % end).expect("a small number")
    }
}

/// A value: its text, and its place in the column's order.
#[derive(Clone, Debug)]
struct Value {
    text: &'static str,
    rank: usize,
}

#[derive(Debug)]
struct Row {
    id: i64,
    /// Unique text.
    tag: String,
    values: Vec<Option<Value>>,
}

/// Random rows of all columns.
#[derive(Debug)]
pub struct Table(Vec<Row>);

impl Table {
    pub fn draw(random: &mut Random) -> Self {
        let ids = IDS.iter().copied().chain((10..).step_by(7)).take(ROWS);
        let rows = ids.map(|id| {
            let values = COLUMNS.iter().map(|(_, _, values)| {
                let rank = random.below(values.len());
                let equals: Vec<&str> = values[rank].split('=').collect();
                let text = equals[random.below(equals.len())];
                (random.below(5) > 0).then_some(Value { text, rank })
            });
            let values = values.collect();
            Row { id, tag: format!("{}{id}", TEXTS[random.below(TEXTS.len())]), values }
        });
        Self(rows.collect())
    }

    /// What makes the table `t` in an engine, in no order.
    pub fn statements(&self, engine: Engine) -> String {
        let columns: Vec<_> = columns_of(engine).collect();
        let declared: Vec<_> =
            columns.iter().map(|index| format!("{} {}", COLUMNS[*index].0, type_in(engine, *index))).collect();
        let rows = self.0.iter().rev().map(|row| {
            let values = columns.iter().map(|index| match &row.values[*index] {
                None => "NULL".to_owned(),
                Some(value) => literal(engine, type_in(engine, *index), value.text),
            });
            format!("({}, '{}', {})", row.id, row.tag.replace('\'', "''"), values.collect::<Vec<_>>().join(", "))
        });
        let rows = rows.collect::<Vec<_>>().join(",\n").replace("-9223372036854775808,", "(-9223372036854775807 - 1),");
        let (before, after) = match engine {
            Engine::Postgres => {
                ("CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);", "")
            }
            Engine::Sqlite => ("", ""),
            Engine::Duckdb => ("SET TimeZone = 'UTC';", "COPY t TO 't.parquet' (FORMAT parquet, ROW_GROUP_SIZE 2048);"),
        };
        format!(
            "{before} CREATE TABLE t (id bigint NOT NULL, tag text NOT NULL, {}); INSERT INTO t VALUES {rows}; {after}",
            declared.join(", ")
        )
    }
}

fn type_in(engine: Engine, column: usize) -> &'static str {
    COLUMNS[column].1[engine as usize]
}

fn columns_of(engine: Engine) -> impl Iterator<Item = usize> {
    (0..COLUMNS.len()).filter(move |index| !type_in(engine, *index).is_empty())
}

fn literal(engine: Engine, declared: &str, text: &str) -> String {
    let quoted = format!("'{}'", text.replace('\'', "''"));
    match (engine, declared) {
        (Engine::Postgres, _) => format!("{quoted}::{}", declared.split(" COLLATE").next().unwrap_or_default()),
        (Engine::Duckdb, "BLOB") => format!("encode({quoted})"),
        (Engine::Duckdb, _) => format!("{quoted}::{declared}"),
        (Engine::Sqlite, "BOOLEAN") => u8::from(text == "true").to_string(),
        (Engine::Sqlite, "INTEGER") if text == "-9223372036854775808" => "(-9223372036854775807 - 1)".to_owned(),
        (Engine::Sqlite, "INTEGER") => text.to_owned(),
        (Engine::Sqlite, "REAL") => format!("{text}e0").replace("e300e0", "e300").replace("e-324e0", "e-324"),
        (Engine::Sqlite, "BLOB") => format!("CAST({quoted} AS BLOB)"),
        (Engine::Sqlite, _) => quoted,
    }
}

/// What a row is ordered by.
#[derive(Clone, Copy, Debug)]
enum By {
    Id,
    Tag,
    Column(usize),
}

#[derive(Clone, Copy, Debug)]
struct Term {
    by: By,
    descending: bool,
    nulls_first: bool,
}

impl Term {
    fn compare(self, left: &Row, right: &Row) -> Ordering {
        let order = match self.by {
            By::Id => left.id.cmp(&right.id),
            By::Tag => left.tag.cmp(&right.tag),
            By::Column(index) => match (&left.values[index], &right.values[index]) {
                (None, None) => return Ordering::Equal,
                (None, Some(_)) => return if self.nulls_first { Ordering::Less } else { Ordering::Greater },
                (Some(_), None) => return if self.nulls_first { Ordering::Greater } else { Ordering::Less },
                (Some(left), Some(right)) => left.rank.cmp(&right.rank),
            },
        };
        if self.descending { order.reverse() } else { order }
    }

    fn name(self) -> &'static str {
        match self.by {
            By::Id => "id",
            By::Tag => "tag",
            By::Column(index) => COLUMNS[index].0,
        }
    }

    fn written(self) -> String {
        let sign = if self.descending { "-" } else { "" };
        let nulls = if self.nulls_first { "first" } else { "last" };
        format!("{{column: {sign}{}, nulls: {nulls}}}", self.name())
    }
}

/// A query, the limits of its pages, and the ids that must come.
#[derive(Debug)]
pub struct Case {
    pub name: String,
    pub limits: Vec<usize>,
    pub expected: Vec<i64>,
    /// How its pages follow one another.
    pub consistency: &'static str,
    columns: Vec<&'static str>,
    key: Vec<&'static str>,
    order: Vec<Term>,
}

impl Case {
    pub fn draw(random: &mut Random, table: &Table, engine: Engine, name: String) -> Self {
        let columns: Vec<usize> = columns_of(engine).collect();
        let mut choices: Vec<By> = columns.iter().map(|index| By::Column(*index)).collect();
        choices.extend([By::Id, By::Tag]);
        let mut order: Vec<Term> = Vec::new();
        for _ in 0..random.below(4) {
            let by = choices.remove(random.below(choices.len()));
            order.push(Term { by, descending: random.below(2) == 0, nulls_first: random.below(2) == 0 });
        }
        let key = [[By::Id].as_slice(), &[By::Tag], &[By::Tag, By::Id]][random.below(3)];
        let key: Vec<Term> = key.iter().map(|by| Term { by: *by, descending: false, nulls_first: false }).collect();
        let mut rows: Vec<&Row> = table.0.iter().collect();
        rows.sort_by(|left, right| {
            let terms = order.iter().chain(&key).map(|term| term.compare(left, right));
            terms.fold(Ordering::Equal, Ordering::then)
        });
        let limits = (0..4).map(|_| 1 + random.below(12)).collect();
        Self {
            name,
            limits,
            expected: rows.iter().map(|row| row.id).collect(),
            consistency: ["auto", "keyset", "stored"][random.below(3)],
            columns: columns.iter().map(|index| COLUMNS[*index].0).collect(),
            key: key.iter().map(|term| term.name()).collect(),
            order,
        }
    }

    /// The query's file, over the table `t` of a source.
    pub fn file(&self, source: &str) -> String {
        let order: Vec<_> = self.order.iter().map(|term| term.written()).collect();
        let order = if order.is_empty() { String::new() } else { format!(", order: [{}]", order.join(", ")) };
        format!(
            "/*---\nname: pages.{}\nversion: 1\npage: {{key: [{}]{order}, consistency: {}}}\naccess: public\n---*/\nSELECT id, tag, {} FROM {source}.t\n",
            self.name,
            self.key.join(", "),
            self.consistency,
            self.columns.join(", ")
        )
    }
}
