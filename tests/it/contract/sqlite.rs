//! The contract, over `SQLite` files.

use std::{path::PathBuf, sync::Arc, time::Duration};

use aqueduct::{
    config::{SourceConfig, SourceKind, Spanned, TableConfig, source::SqliteConfig},
    model::{Code, Place, SourceName, TableNames, ValueType},
    sources::{Source, sql},
};
use futures::StreamExt;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{check_one_connection, check_orders, check_predicates, check_shapes, engine::Engine};

/// A database file that goes with the test.
pub struct File(pub PathBuf);

impl File {
    pub async fn with(statements: &str) -> Self {
        let file = Self(std::env::temp_dir().join(format!("aqueduct-{}.db", uuid::Uuid::new_v4())));
        file.run(statements).await;
        file
    }

    async fn run(&self, statements: &str) {
        let options = SqliteConnectOptions::new().filename(&self.0).create_if_missing(true);
        let mut connection = SqliteConnection::connect_with(&options).await.expect("a file");
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.expect("statements");
        connection.close().await.expect("the file is written");
    }

    pub fn open(&self, tables: Vec<TableConfig>, pushdown: bool) -> Arc<dyn Source> {
        open(&self.0, tables, pushdown)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn open(path: &std::path::Path, tables: Vec<TableConfig>, pushdown: bool) -> Arc<dyn Source> {
    let config = SqliteConfig { path: spanned(path.to_owned()), pushdown: true };
    let source = SourceConfig {
        name: SourceName::new("shop").expect("a name"),
        place: Place::start_of("catalogs/shop.yaml"),
        refresh: Duration::from_mins(1),
        kind: SourceKind::Sqlite(config.clone()),
        tables,
    };
    sql::sqlite::open(&source, &config, pushdown).expect("opening does nothing")
}

pub fn spanned<T>(value: T) -> Spanned<T> {
    Spanned { value, place: Place::start_of("catalogs/shop.yaml") }
}

pub fn annotation(table: &str, columns: &[(&str, ValueType)]) -> TableConfig {
    TableConfig {
        name: spanned(table.to_owned()),
        key: Vec::new(),
        columns: columns.iter().map(|(name, wanted)| (spanned((*name).to_owned()), wanted.clone())).collect(),
        path: None,
        rows: None,
        format: None,
        partitions: Vec::new(),
        version: None,
    }
}

const NUMBERS: &str = "
    CREATE TABLE numbers (n INTEGER, t TEXT);
    WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000) INSERT INTO numbers SELECT n, 'a' FROM c;";

const TYPES: &str = "
    CREATE TABLE typed (i INTEGER, f REAL, b BOOLEAN, d DATE, s DATETIME, t TEXT COLLATE NOCASE, x BLOB, m DECIMAL(10,2), u);
    INSERT INTO typed VALUES
        (1, 1.5, 1, '2024-02-29', '2024-02-29 12:30', 'a', x'00ff', 1.25, 'any'),
        (-9223372036854775808, -0.0, 0, '0001-01-01', '1969-12-31T23:59:59.5', 'B', x'', 7, 3),
        (9223372036854775807, 9e999, 0, '9999-12-31', '2024-01-01 00:00:00', 'é', x'01', -0.5, 2.5),
        (0, 0.0, 1, '1970-01-01', '1970-01-01 00:00:00.000001', 'A', x'00', 0, x'c0de'),
        (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);";

#[tokio::test]
async fn values_arrive_as_they_are() {
    let file = File::with(TYPES).await;
    let engine = Engine::over(&file.open(vec![], true)).await;
    let rows = engine.rows("SELECT * FROM typed").await.expect("all values are read");
    assert_eq!(
        rows,
        [
            "-9223372036854775808|0.0|false|0001-01-01|1969-12-31T23:59:59.500|B||7.0|3",
            "0|0.0|true|1970-01-01|1970-01-01T00:00:00.000001|A|00|0.0|c0de",
            "1|1.5|true|2024-02-29|2024-02-29T12:30:00|a|00ff|1.25|any",
            "9223372036854775807|inf|false|9999-12-31|2024-01-01T00:00:00|é|01|-0.5|2.5",
            "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL",
        ]
    );
}

#[tokio::test]
async fn predicates_agree() {
    let file = File::with(TYPES).await;
    let on = Engine::over(&file.open(vec![], true)).await;
    let off = Engine::over(&file.open(vec![], false)).await;
    let predicates = [
        ("i > 0", true),
        ("i = -9223372036854775808", true),
        ("i IN (1, 0, 5)", true),
        ("i NOT IN (1, 5, 6, 7)", true),
        ("i BETWEEN 0 AND 1", true),
        ("i NOT BETWEEN 0 AND 1", true),
        ("i IS DISTINCT FROM 1", true),
        ("i IS NOT DISTINCT FROM 1", true),
        ("NOT (i = 1 OR t = 'B')", true),
        ("(i = 1) IS NOT TRUE", true),
        ("f = 1.5", true),
        ("f = 0.0", false),
        ("f > 0.0", true),
        ("f >= 0.0", false),
        ("f < 1e308", true),
        ("b", true),
        ("NOT b", true),
        ("b IS NOT TRUE", true),
        ("t = 'a'", true),
        ("t < 'a'", true),
        ("t >= 'Z'", true),
        ("t IN ('a', 'é')", true),
        ("t LIKE 'a%'", false),
        ("upper(t) = 'A'", false),
        ("d = DATE '2024-02-29'", true),
        ("d < DATE '1970-01-01'", true),
        ("s > TIMESTAMP '1970-01-01 00:00:00'", false),
        ("s IS NULL", true),
        ("m > 0.5", false),
        ("m IS NOT NULL", true),
        ("u = '3'", false),
        ("x = x'00'", true),
        ("i + 1 = 2", false),
    ];
    check_predicates(&on, &off, "typed", &predicates).await;
}

#[tokio::test]
async fn orders_agree() {
    let file = File::with(&format!("{TYPES} CREATE VIEW seen AS SELECT i, f, b, d, s, t, x, m FROM typed;")).await;
    let on = Engine::over(&file.open(vec![], true)).await;
    let off = Engine::over(&file.open(vec![], false)).await;
    let columns = [("t", true), ("b", true), ("d", true), ("x", true), ("f", false), ("s", false), ("m", false)];
    for table in ["typed", "seen"] {
        check_orders(&on, &off, table, "i", &columns).await;
    }
}

#[tokio::test]
async fn shapes_and_few_connections() {
    let file = File::with(NUMBERS).await;
    let on = Engine::over(&file.open(vec![], true)).await;
    let off = Engine::over(&file.open(vec![], false)).await;
    check_shapes(&on, &off).await;
    check_one_connection(&on).await;
    let many = (0..300).map(|n| format!("n <> {}", 100_000 + n)).collect::<Vec<_>>().join(" AND ");
    let sql = format!("SELECT count(*) FROM numbers WHERE {many}");
    assert_eq!(off.rows(&sql).await, Ok(vec!["20000".to_owned()]));
    assert_eq!(on.rows(&sql).await, Ok(vec!["20000".to_owned()]));
    let eight = (0..8).map(|_| "SELECT n FROM numbers").collect::<Vec<_>>().join(" UNION ALL ");
    let sql = format!("SELECT count(*) FROM (SELECT n FROM ({eight}) ORDER BY n)");
    assert_eq!(on.rows(&sql).await, Ok(vec!["160000".to_owned()]));
}

#[tokio::test]
async fn what_does_not_fit_is_an_error_with_a_remedy() {
    let statements = "
        CREATE TABLE wild (i INTEGER, f REAL, b BOOLEAN, d DATE, s TIMESTAMP, t TEXT, m NUMERIC);
        INSERT INTO wild VALUES ('many', 'x', 2, 'today', '2024-01-01', x'01', 9007199254740993);";
    let file = File::with(statements).await;
    let engine = Engine::over(&file.open(vec![], true)).await;
    for (column, says) in [
        ("i", "column `i` of `shop.main.wild` holds a value (text) that int64 cannot hold"),
        ("f", "column `f` of `shop.main.wild` holds a value (text) that float64 cannot hold"),
        ("b", "column `b` of `shop.main.wild` holds a value (an integer other than 0 and 1) that boolean cannot hold"),
        ("d", "column `d` of `shop.main.wild` holds a value (text other than YYYY-MM-DD) that date cannot hold"),
        ("t", "column `t` of `shop.main.wild` holds a value (a blob) that string cannot hold"),
        ("m", "column `m` of `shop.main.wild` holds a value (an integer beyond 2^53) that float64 cannot hold"),
    ] {
        let fault = engine.rows(&format!("SELECT {column} FROM wild")).await.expect_err("a value of another class");
        assert_eq!((fault.code, fault.detail.as_str()), (Code::ValueUnrepresentable, says));
        let remedy = format!("set `columns: {{{column}: string}}` for the table in catalogs/shop.yaml");
        assert_eq!(fault.hint, Some(remedy));
    }
    let strings = ["i", "f", "b", "d", "s", "t"].map(|name| (name, ValueType::String));
    let all: Vec<_> = strings.into_iter().chain([("m", ValueType::Decimal(20, 2))]).collect();
    let engine = Engine::over(&file.open(vec![annotation("wild", &all)], true)).await;
    let rows = engine.rows("SELECT * FROM wild").await;
    assert_eq!(rows, Ok(vec!["many|x|2|today|2024-01-01|01|9007199254740993.00".to_owned()]));
    assert!(engine.problems.is_empty(), "{:?}", engine.problems);
}

#[tokio::test]
async fn a_row_is_not_selected_by_a_value_that_cannot_be_read() {
    let statements = "
        CREATE TABLE wild (id INTEGER PRIMARY KEY, i INTEGER, b BOOLEAN, d DATE);
        INSERT INTO wild VALUES (1, 7, 1, '2024-01-01'), (2, 'many', 2, 'today');";
    let file = File::with(statements).await;
    for pushdown in [true, false] {
        let engine = Engine::over(&file.open(vec![], pushdown)).await;
        for predicate in ["i > 5", "b", "d > DATE '2020-01-01'", "i IS NOT NULL"] {
            for select in ["id", "count(*)", "id, d"] {
                let sql = format!("SELECT {select} FROM wild WHERE {predicate}");
                let fault = engine.rows(&sql).await.expect_err(&sql);
                assert_eq!(fault.code, Code::ValueUnrepresentable, "{sql}");
            }
        }
    }
    let engine = Engine::over(&file.open(vec![], true)).await;
    assert_eq!(engine.rows("SELECT id FROM wild WHERE id = 1 AND i = 7").await, Ok(vec!["1".to_owned()]));
    let first = "SELECT id FROM wild WHERE id < 2 AND i = 7 ORDER BY id DESC LIMIT 1";
    assert_eq!(engine.rows(first).await, Ok(vec!["1".to_owned()]));
}

#[tokio::test]
async fn a_column_that_is_gone_is_not_read_as_its_name() {
    let file = File::with("CREATE TABLE people (id INTEGER, name TEXT); INSERT INTO people VALUES (1, 'Ada');").await;
    let engine = Engine::over(&file.open(vec![], true)).await;
    file.run("ALTER TABLE people RENAME COLUMN name TO first_name").await;
    for sql in ["SELECT name FROM people", "SELECT id FROM people WHERE name = 'name'"] {
        let fault = engine.rows(sql).await.expect_err(sql);
        assert_eq!(fault.code, Code::SourceFailed, "{sql}");
    }
}

#[tokio::test]
async fn odd_names_views_and_annotations() {
    let statements = "
        CREATE TABLE \"a \"\"b\"\" $1?1\" (\"sp ace\" INTEGER, \"qu\"\"ote\" TEXT, \"ti``ck\" TEXT);
        INSERT INTO \"a \"\"b\"\" $1?1\" VALUES (1, 'x', 'y');
        CREATE TABLE vacant (i INTEGER);
        CREATE VIEW seen AS SELECT \"sp ace\" AS i, \"qu\"\"ote\" AS t, \"sp ace\" + 1 AS e FROM \"a \"\"b\"\" $1?1\";
        CREATE TABLE gone (i INTEGER); CREATE VIEW broken AS SELECT * FROM gone; DROP TABLE gone;";
    let file = File::with(statements).await;
    let annotations = vec![
        annotation("sean", &[]),
        annotation("seen", &[("tt", ValueType::String)]),
        annotation("main.vacant", &[("i", ValueType::Uuid)]),
    ];
    let engine = Engine::over(&file.open(annotations, true)).await;
    let odd = "SELECT \"sp ace\", \"qu\"\"ote\", \"ti``ck\" FROM \"a \"\"b\"\" $1?1\" WHERE \"qu\"\"ote\" = 'x' AND \"sp ace\" < 2";
    assert_eq!(engine.rows(odd).await, Ok(vec!["1|x|y".to_owned()]));
    assert_eq!(engine.rows("SELECT i, t, e FROM seen WHERE i = 1 AND t = 'x'").await, Ok(vec!["1|x|2".to_owned()]));
    assert_eq!(engine.rows("SELECT * FROM vacant").await, Ok(vec![]));
    let said: Vec<_> =
        engine.problems.iter().map(|problem| (problem.message.as_str(), problem.hint.as_deref())).collect();
    assert_eq!(
        said,
        [
            ("view `broken` cannot be read: what it selects from has changed", None),
            ("the source has no table `sean`", Some("did you mean `seen`?")),
            ("the source has no column `tt`", Some("did you mean `t`?")),
            (
                "column `i` of type `INTEGER` cannot be read as that type without a risk",
                Some("allowed here: string, int32, int64, float64, bool, date, timestamp, decimal(p,s)")
            ),
        ]
    );
}

#[tokio::test]
async fn keys_are_primary_keys_without_nulls() {
    let statements = "
        CREATE TABLE a_alias (id INTEGER PRIMARY KEY, t TEXT); CREATE TABLE b_int (id INT PRIMARY KEY);
        CREATE TABLE c_down (id INTEGER PRIMARY KEY DESC); CREATE TABLE d_said (id INT NOT NULL PRIMARY KEY);
        CREATE TABLE e_half (a TEXT NOT NULL, b TEXT, PRIMARY KEY (b, a));
        CREATE TABLE f_whole (a TEXT, b TEXT, PRIMARY KEY (b, a)) WITHOUT ROWID;
        CREATE TABLE g_strict (a TEXT, b TEXT, PRIMARY KEY (b, a)) STRICT; CREATE TABLE h_none (a TEXT NOT NULL UNIQUE);
        CREATE TABLE i_any (id NOT NULL PRIMARY KEY); CREATE TABLE j_time (at TIMESTAMP NOT NULL PRIMARY KEY);
        CREATE VIEW k_view AS SELECT id FROM a_alias; CREATE VIEW l_view AS SELECT id FROM a_alias;";
    let file = File::with(statements).await;
    let keyed =
        |table: &str, column: &str| TableConfig { key: vec![spanned(column.to_owned())], ..annotation(table, &[]) };
    let listing = file
        .open(vec![keyed("l_view", "id"), keyed("h_none", "a")], true)
        .tables(&TableNames::default())
        .await
        .expect("a file");
    assert_eq!(listing.problems, []);
    let keys: Vec<_> = listing.tables.iter().map(|table| (table.name.as_str(), table.key.join("|"))).collect();
    let expected = [
        ("a_alias", "id"),
        ("b_int", ""),
        ("c_down", ""),
        ("d_said", "id"),
        ("e_half", ""),
        ("f_whole", "b|a"),
        ("g_strict", "b|a"),
        ("h_none", "a"),
        // Two values of such columns may be read as one.
        ("i_any", ""),
        ("j_time", ""),
        ("k_view", ""),
        ("l_view", "id"),
    ];
    assert_eq!(keys, expected.map(|(name, key)| (name, key.to_owned())));
    let nullable = |index: usize| listing.tables[index].provider.schema().field(0).is_nullable();
    assert_eq!((nullable(0), nullable(1), nullable(2), nullable(5)), (false, true, true, false));
}

#[tokio::test]
async fn a_file_that_is_missing_is_down() {
    let source = open(std::path::Path::new("/nonexistent/shop.db"), vec![], true);
    let fault = source.tables(&TableNames::default()).await.expect_err("there is no file");
    assert_eq!((fault.code, fault.detail.as_str()), (Code::SourceDown, "source `shop` cannot be reached"));
}

#[tokio::test]
async fn a_consumer_that_goes_away_ends_the_statement() {
    let endless =
        "CREATE VIEW endless AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c;
        CREATE VIEW stuck AS SELECT n FROM endless WHERE n < 0;";
    let file = File::with(endless).await;
    let engine = Engine::over(&file.open(vec![], true)).await;
    // More than there are connections, so that each must come back.
    for view in ["endless", "stuck", "endless", "stuck", "stuck", "stuck", "stuck", "endless"] {
        let mut stream = engine.stream(&format!("SELECT n FROM {view}")).await;
        let first = tokio::time::timeout(Duration::from_millis(200), stream.next()).await;
        assert_eq!(first.is_ok(), view == "endless");
    }
}
