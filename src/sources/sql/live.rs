//! A service as it is, looked at without writing anything: tables of edge values that are nothing but expressions in the
//! FROM clause. What the contract's tests prove over tables of their own, `check --live` proves over these.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use datafusion::{
    arrow::{
        array::{ArrayRef, Int64Array, RecordBatch},
        datatypes::{DataType, TimeUnit},
    },
    catalog::{MemTable, TableProvider},
    logical_expr::TableType,
    scalar::ScalarValue,
};

use super::{
    Class, Column, Dialect, Feed, Job, Remote, Scan, SqlTable, Stop, arrow::ArrowColumn, feed::Verdict,
    listing::Described, select::UNNAMED, table::Description,
};
use crate::{
    model::{Fault, SourceName, TableNames, value::UTC},
    sources::{Listing, Source, Table},
};

/// The schema of these tables.
const SCHEMA: &str = "live";
/// So many copies of `others` beside each other are a hundred billion rows: more than any service counts in a few seconds.
const COPIES: usize = 13;

/// The whole numbers of `others`; what is none is NULL.
const OTHERS: [&str; 7] = ["1", "2", "", "7", "7", "1000000", "3"];

/// A class, what its columns' names end in, and values as text.
type Values = (Class, [&'static str; 2], &'static [&'static str]);

const EDGES: &[Values] = &[
    (Class::Bool, ["c_bool", "d_bool"], &["true", "false"]),
    (Class::Int16, ["c_int16", "d_int16"], &["0", "1", "-1", "7", "-7", "1000", "32767", "-32768"]),
    (Class::Int32, ["c_int32", "d_int32"], &["0", "1", "-1", "7", "-7", "1000", "2147483647", "-2147483648"]),
    (
        Class::Int64,
        ["c_int64", "d_int64"],
        &["0", "1", "2", "-1", "7", "1000", "999999999999999999", "-999999999999999999"],
    ),
    (
        Class::Float32,
        ["c_float32", "d_float32"],
        &["0", "1.5", "-7.25", "NaN", "Infinity", "-Infinity", "3.4028235e38"],
    ),
    (
        Class::Float64,
        ["c_float64", "d_float64"],
        &["0", "1.5", "-7.25", "NaN", "Infinity", "-Infinity", "1.7976931348623157e308"],
    ),
    (
        Class::Decimal,
        ["c_decimal", "d_decimal"],
        &["0.000", "1.000", "-1.005", "0.001", "7.000", "2.500", "999999999.999", "-999999999.999"],
    ),
    (Class::Text, ["c_text", "d_text"], &["", "a", "B", "A", "a ", "a%b_c", "\\", "it's", "é日本", "𝄞"]),
    (
        Class::Date,
        ["c_date", "d_date"],
        &["0001-01-01", "1900-01-01", "1969-12-31", "1970-01-01", "2024-02-29", "2299-12-31", "9999-12-31"],
    ),
    (
        Class::Timestamp,
        ["c_timestamp", "d_timestamp"],
        &[
            "0001-01-01 00:00:00",
            "1969-12-31 23:59:59.999999",
            "2024-02-29 12:30:15.123456",
            "9999-12-31 23:59:59.999999",
        ],
    ),
    (
        Class::TimestampTz,
        ["c_timestamptz", "d_timestamptz"],
        &[
            "0001-01-01 00:00:00Z",
            "1969-12-31 23:59:59.999999Z",
            "2024-02-29 12:30:15.123456Z",
            "9999-12-31 23:59:59.999999Z",
        ],
    ),
];

/// What there is of a class in a dialect: its columns, and the values by which their rows are made.
#[derive(Clone, Debug)]
pub struct Edges {
    /// The class.
    pub class: Class,
    /// The columns of its values in `edges`.
    pub columns: [&'static str; 2],
    data_type: DataType,
    /// As SQL, and as they are here; NULL is the last.
    values: Vec<(String, ScalarValue)>,
}

/// Those that `dialect` has.
#[must_use]
pub fn edges(dialect: &dyn Dialect) -> Vec<Edges> {
    let of_class = |(class, columns, texts): &Values| {
        let data_type = arrow(*class).filter(|_| dialect.has(*class))?;
        let null = dialect.literal(*class, None)?;
        let value = |text: &&str| {
            let value = ScalarValue::try_from_string((*text).to_owned(), &data_type).ok()?;
            dialect.takes(&value).then_some(())?;
            Some((dialect.literal(*class, Some(text))?, value))
        };
        let mut values: Vec<_> = texts.iter().filter_map(value).collect();
        values.push((null, ScalarValue::try_from(&data_type).ok()?));
        Some(Edges { class: *class, columns: *columns, data_type, values })
    };
    EDGES.iter().filter_map(of_class).collect()
}

impl Edges {
    /// The places of the values of both columns in row `row`: each meets itself and some others.
    fn places(&self, row: usize) -> [usize; 2] {
        let count = self.values.len();
        [row % count, (row + row / count) % count]
    }

    /// What the rows of both columns are, in their order.
    #[must_use]
    pub fn rows(&self, count: usize) -> Vec<[ScalarValue; 2]> {
        (0..count).map(|row| self.places(row).map(|place| self.values[place].1.clone())).collect()
    }
}

/// How many rows `edges` has: each value of the largest class three times.
#[must_use]
pub fn rows(edges: &[Edges]) -> usize {
    3 * edges.iter().map(|edges| edges.values.len()).max().unwrap_or_default()
}

/// A source of these tables, behind the service of another: `edges`, `others`, `identity` (if the dialect knows it), and
/// `endless`, whose one row takes longer to count than anybody waits.
#[derive(Debug)]
pub struct LiveSource {
    remote: Arc<Watched>,
    version: u32,
}

impl LiveSource {
    /// Behind `remote`, a server of `version` as it counts itself.
    #[must_use]
    pub fn new(remote: Arc<dyn Remote>, version: u32) -> Self {
        Self { remote: Arc::new(Watched { inner: remote, running: AtomicUsize::new(0) }), version }
    }

    /// How many statements have begun, and not yet ended in the service.
    #[must_use]
    pub fn running(&self) -> usize {
        self.remote.running.load(Ordering::SeqCst)
    }

    fn table(&self, name: &str, from: &str, columns: Vec<Column>) -> Table {
        let description = Description {
            relation: format!("{}.{SCHEMA}.{name}", self.remote.source()).into(),
            from: format!("{from}{UNNAMED}"),
            columns,
            table_type: TableType::Base,
            rows: None,
            is_divisible: false,
            version: self.version,
        };
        let remote: Arc<dyn Remote> = Arc::clone(&self.remote) as _;
        table(name, Arc::new(SqlTable::new(remote, description, true)))
    }
}

/// A source of `edges` and `others` as they are here, for the engine alone.
#[derive(Debug)]
pub struct LocalSource {
    edges: Vec<Edges>,
}

impl LocalSource {
    /// The same rows as those of a [`LiveSource`] in `dialect`.
    #[must_use]
    pub fn new(dialect: &dyn Dialect) -> Self {
        Self { edges: edges(dialect) }
    }

    fn rows(&self) -> Result<RecordBatch, Fault> {
        let count = rows(&self.edges);
        let ids = (1_i64..).take(count).map(Some).collect::<Int64Array>();
        let mut columns: Vec<(&str, ArrayRef)> = vec![("id", Arc::new(ids))];
        for edges in &self.edges {
            let (first, second): (Vec<_>, Vec<_>) =
                edges.rows(count).into_iter().map(|[one, other]| (one, other)).unzip();
            for (name, values) in edges.columns.into_iter().zip([first, second]) {
                columns.push((name, ScalarValue::iter_to_array(values).map_err(Fault::internal)?));
            }
        }
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))
            .map_err(Fault::internal)
    }
}

#[async_trait]
impl Source for LocalSource {
    async fn tables(&self, _named: &TableNames) -> Result<Listing, Fault> {
        let ids = (1_i64..).take(OTHERS.len()).collect::<Int64Array>();
        let others = OTHERS.iter().map(|text| text.parse().ok()).collect::<Int64Array>();
        let others: [(&str, ArrayRef, bool); 2] = [("id", Arc::new(ids), true), ("c_int64", Arc::new(others), true)];
        let others = RecordBatch::try_from_iter_with_nullable(others).map_err(Fault::internal)?;
        let table = |name: &str, rows: RecordBatch| {
            let provider = MemTable::try_new(rows.schema(), vec![vec![rows]]).map_err(Fault::internal)?;
            Ok(table(name, Arc::new(provider)))
        };
        let tables = [("edges", self.rows()?), ("others", others)].into_iter().map(|(name, rows)| table(name, rows));
        let tables = tables.collect::<Result<_, Fault>>()?;
        Ok(Listing { default_schema: SCHEMA.to_owned(), tables, others: Vec::new(), problems: Vec::new() })
    }
}

fn table(name: &str, provider: Arc<dyn TableProvider>) -> Table {
    Table {
        schema: SCHEMA.to_owned(),
        name: name.to_owned(),
        provider,
        key: Vec::new(),
        comment: None,
        column_comments: HashMap::new(),
    }
}

#[async_trait]
impl Source for LiveSource {
    async fn tables(&self, _named: &TableNames) -> Result<Listing, Fault> {
        let dialect = self.remote.dialect();
        let edges = edges(dialect);
        let whole = edges.iter().find(|edges| edges.class == Class::Int64);
        let mut tables = Vec::new();
        if let Some(whole) = whole {
            let number = |number: usize| dialect.literal(Class::Int64, Some(&number.to_string())).unwrap_or_default();
            let columns = edges.iter().flat_map(|edges| edges.columns.map(|name| (name, &edges.data_type)));
            let columns: Vec<_> = std::iter::once(("id", &whole.data_type)).chain(columns).collect();
            let row = |row: usize| {
                let values =
                    edges.iter().flat_map(|edges| edges.places(row).map(|place| edges.values[place].0.clone()));
                std::iter::once(number(row + 1)).chain(values).collect()
            };
            let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
            let from = derived(dialect, &names, (0..rows(&edges)).map(row));
            let read = columns.iter().filter_map(|(name, data_type)| column(dialect, name, data_type)).collect();
            tables.push(self.table("edges", &from, read));

            let other = |(row, value): (usize, &str)| {
                vec![
                    number(row + 1),
                    dialect.literal(Class::Int64, Some(value).filter(|text| !text.is_empty())).unwrap_or_default(),
                ]
            };
            let others = OTHERS.iter().copied().enumerate().map(other);
            let read = ["id", "c_int64"].iter().filter_map(|name| column(dialect, name, &whole.data_type)).collect();
            let from = derived(dialect, &["id", "c_int64"], others);
            tables.push(self.table("others", &from, read));

            let copies: Vec<_> =
                (0..COPIES).map(|copy| format!("{from} {}", dialect.quoted(&format!("o{copy}")))).collect();
            let id = dialect.quoted("id");
            let counted = format!("(SELECT count(*) AS {id} FROM {})", copies.join(" CROSS JOIN "));
            let read = column(dialect, "id", &whole.data_type).into_iter().collect();
            tables.push(self.table("endless", &counted, read));
        }
        if let Some(identity) = dialect.identity() {
            let from = format!("(SELECT {identity} AS {})", dialect.quoted("said"));
            let read = column(dialect, "said", &DataType::Utf8).into_iter().collect();
            tables.push(self.table("identity", &from, read));
        }
        Ok(Listing { default_schema: SCHEMA.to_owned(), tables, others: Vec::new(), problems: Vec::new() })
    }
}

/// `rows` of expressions as a table in a FROM clause.
fn derived(dialect: &dyn Dialect, names: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let select = |row: Vec<String>| {
        let columns = row.iter().zip(names).map(|(value, name)| format!("{value} AS {}", dialect.quoted(name)));
        format!("SELECT {}", columns.collect::<Vec<_>>().join(", "))
    };
    format!("({})", rows.map(select).collect::<Vec<_>>().join(" UNION ALL "))
}

fn column(dialect: &dyn Dialect, name: &str, data_type: &DataType) -> Option<Column> {
    let column = ArrowColumn {
        name: name.to_owned(),
        data_type: data_type.clone(),
        source_type: data_type.to_string(),
        nullable: true,
        is_comparable: true,
        comment: None,
    };
    column.column(dialect, None)
}

/// The type whose values compare as `class`.
fn arrow(class: Class) -> Option<DataType> {
    Some(match class {
        Class::Bool => DataType::Boolean,
        Class::Int16 => DataType::Int16,
        Class::Int32 => DataType::Int32,
        Class::Int64 => DataType::Int64,
        Class::Float32 => DataType::Float32,
        Class::Float64 => DataType::Float64,
        Class::Decimal => DataType::Decimal128(12, 3),
        Class::Text => DataType::Utf8,
        Class::Date => DataType::Date32,
        Class::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        Class::TimestampTz => DataType::Timestamp(TimeUnit::Microsecond, Some(UTC.into())),
        Class::Binary | Class::Uuid => return None,
    })
}

/// A service of which it is known when its statements have ended.
#[derive(Debug)]
struct Watched {
    inner: Arc<dyn Remote>,
    running: AtomicUsize,
}

#[async_trait]
impl Remote for Watched {
    fn source(&self) -> &SourceName {
        self.inner.source()
    }

    fn dialect(&self) -> &dyn Dialect {
        self.inner.dialect()
    }

    async fn check(&self, scan: &Scan) -> Verdict {
        self.inner.check(scan).await
    }

    fn is_contended(&self) -> bool {
        self.inner.is_contended()
    }

    async fn run(&self, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        self.running.fetch_add(1, Ordering::SeqCst);
        let outcome = self.inner.run(job, feed).await;
        self.running.fetch_sub(1, Ordering::SeqCst);
        outcome
    }
}
