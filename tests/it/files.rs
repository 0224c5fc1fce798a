//! The files source over a directory and over a real S3 server: the same files are the same tables.

use std::{path::PathBuf, sync::Arc, time::Duration};

use aqueduct::{
    config::{
        Secret, SourceConfig, SourceKind, Spanned, TableConfig,
        source::{FilesConfig, Location},
    },
    model::{Code, Place, SourceName, TableNames, ValueType},
    sources::{Source, files},
};
use datafusion::{
    arrow::{
        array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray},
        util::display::array_value_to_string,
    },
    common::TableReference,
    execution::runtime_env::RuntimeEnv,
    parquet::{arrow::ArrowWriter, file::properties::WriterProperties},
    prelude::{SessionConfig, SessionContext},
};

use crate::harness::s3::{self, Bucket};

/// A place for files, opened as a source.
struct Lake {
    location: Location,
    options: Vec<(&'static str, String)>,
    bucket: Option<Bucket>,
}

impl Lake {
    fn in_directory(name: &str) -> Self {
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("files").join(name);
        if directory.exists() {
            std::fs::remove_dir_all(&directory).expect("the last run's files can be removed");
        }
        std::fs::create_dir_all(&directory).expect("the target directory can be written");
        Self { location: Location::Directory(directory), options: Vec::new(), bucket: None }
    }

    async fn in_bucket() -> Self {
        let bucket = s3::bucket().await;
        let url = format!("s3://{}/ware house", bucket.name).parse().expect("a bucket's name fits a URL");
        let options = vec![
            ("endpoint", bucket.endpoint.clone()),
            ("region", "us-east-1".to_owned()),
            ("access_key_id", bucket.access_key.clone()),
            ("secret_access_key", bucket.secret_key.clone()),
        ];
        Self { location: Location::Url(url), options, bucket: Some(bucket) }
    }

    async fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        match (&self.bucket, &self.location) {
            (Some(bucket), _) => bucket.put(&format!("ware house/{path}"), content.into()).await,
            (None, Location::Directory(directory)) => {
                let file = directory.join(path);
                std::fs::create_dir_all(file.parent().expect("it is below the directory")).expect("it can be made");
                std::fs::write(file, content.into()).expect("it can be written");
            }
            (None, Location::Url(url)) => panic!("{url} has no bucket"),
        }
    }

    fn open(&self, name: &str, tables: Vec<TableConfig>, runtime: &Arc<RuntimeEnv>) -> Arc<dyn Source> {
        let options = self.options.iter().map(|(name, value)| (spanned(name), Secret::new(value.clone()))).collect();
        let location = Spanned { value: self.location.clone(), place: place() };
        let files = FilesConfig { location, options, discover: true };
        let config = SourceConfig {
            name: SourceName::new(name).expect("tests name sources rightly"),
            place: place(),
            refresh: Duration::from_mins(1),
            kind: SourceKind::Files(files.clone()),
            tables,
        };
        files::open(&config, &files, runtime).unwrap_or_else(|problem| panic!("{problem}"))
    }
}

fn place() -> Place {
    Place::start_of("catalogs/lake.yaml")
}

fn spanned(text: &str) -> Spanned<String> {
    Spanned { value: text.to_owned(), place: place() }
}

fn parquet(from: i64, to: i64) -> Vec<u8> {
    let names = (from..to).map(|n| Some(format!("name {n:06}"))).collect::<StringArray>();
    #[expect(clippy::cast_precision_loss, reason = "the numbers are small")]
    let halves = Float64Array::from_iter_values((from..to).map(|n| n as f64 / 2.0));
    let columns: [(&str, ArrayRef); 3] = [
        ("n", Arc::new(Int64Array::from_iter_values(from..to))),
        ("name", Arc::new(names)),
        ("half", Arc::new(halves)),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("the columns are of one length");
    let groups = WriterProperties::builder().set_max_row_group_row_count(Some(100)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(groups)).expect("the types are Parquet's");
    writer.write(&batch).expect("memory can be written");
    writer.into_inner().expect("memory can be written")
}

async fn register(session: &SessionContext, schema: &str, source: &Arc<dyn Source>) {
    let listing = source.tables(&TableNames::default()).await.expect("the store answers");
    assert_eq!(listing.problems, []);
    for table in listing.tables {
        let name = TableReference::bare(format!("{schema}_{}", table.name));
        session.register_table(name, table.provider).expect("names are unique");
    }
}

async fn rows(session: &SessionContext, sql: &str) -> Vec<String> {
    let batches = session.sql(sql).await.expect("it plans").collect().await.unwrap_or_else(|error| panic!("{error}"));
    let row = |batch: &RecordBatch, row| {
        let cells = batch.columns().iter().map(|column| array_value_to_string(column, row).expect("it prints"));
        cells.collect::<Vec<_>>().join("|")
    };
    batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |index| row(batch, index))).collect()
}

fn session() -> (SessionContext, Arc<RuntimeEnv>) {
    let runtime = Arc::new(RuntimeEnv::default());
    let config = SessionConfig::new().with_target_partitions(2);
    (SessionContext::new_with_config_rt(config, Arc::clone(&runtime)), runtime)
}

async fn check_all_formats(lake: Lake) {
    lake.put("orders/day=2026-01-01/a.parquet", parquet(0, 500)).await;
    lake.put("orders/day=2026-01-02/b.parquet", parquet(500, 1_000)).await;
    lake.put("people/a.csv", "id,name\n1,Ada\n2,\"Bob,\nthe builder\"\n").await;
    lake.put("people/b.csv", "name,id\nCy,3\n").await;
    lake.put("events.ndjson", "{\"id\": 1, \"what\": \"seen\"}\n{\"id\": 2}\n").await;
    lake.put("_SUCCESS", "x").await;
    // Larger than one fetch.
    let mut big = "n,square\n".to_owned();
    for n in 0_i64..200_000 {
        big += &[n.to_string(), (n * n).to_string()].join(",");
        big.push('\n');
    }
    lake.put("big.csv", big).await;

    let orders = TableConfig {
        name: spanned("orders"),
        key: vec![spanned("n")],
        columns: Vec::new(),
        path: None,
        rows: None,
        format: None,
        partitions: vec![(spanned("day"), ValueType::Date)],
        version: None,
    };
    let (session, runtime) = session();
    register(&session, "lake", &lake.open("lake", vec![orders], &runtime)).await;
    let cases: [(&str, &[&str]); 7] = [
        ("SELECT count(*), sum(n), max(half) FROM lake_orders", &["1000|499500|499.5"]),
        ("SELECT n, name, day FROM lake_orders WHERE n = 777", &["777|name 000777|2026-01-02"]),
        ("SELECT count(*), min(n) FROM lake_orders WHERE day > DATE '2026-01-01'", &["500|500"]),
        ("SELECT n FROM lake_orders WHERE day = DATE '2026-01-01' ORDER BY n LIMIT 2", &["0", "1"]),
        ("SELECT id, name FROM lake_people ORDER BY id", &["1|Ada", "2|Bob,\nthe builder", "3|Cy"]),
        ("SELECT id, what FROM lake_events ORDER BY id", &["1|seen", "2|"]),
        ("SELECT count(*), sum(n), max(square) FROM lake_big", &["200000|19999900000|39999600001"]),
    ];
    for (sql, expected) in cases {
        assert_eq!(rows(&session, sql).await, expected, "{sql}");
    }
}

#[tokio::test]
async fn a_directory_is_tables() {
    check_all_formats(Lake::in_directory("formats")).await;
}

#[tokio::test]
async fn a_bucket_is_tables() {
    check_all_formats(Lake::in_bucket().await).await;
}

/// The same path in two sources is two files, even where size and time agree.
#[tokio::test]
async fn two_sources_do_not_mix() {
    let (one, two) = (Lake::in_bucket().await, Lake::in_bucket().await);
    one.put("t.parquet", parquet(100, 200)).await;
    two.put("t.parquet", parquet(300, 400)).await;
    let (session, runtime) = session();
    register(&session, "one", &one.open("one", Vec::new(), &runtime)).await;
    register(&session, "two", &two.open("two", Vec::new(), &runtime)).await;
    assert_eq!(rows(&session, "SELECT min(n) FROM one_t WHERE n >= 0").await, ["100"]);
    assert_eq!(rows(&session, "SELECT min(n) FROM two_t WHERE n >= 0").await, ["300"]);
    assert_eq!(rows(&session, "SELECT name FROM two_t WHERE n = 350").await, ["name 000350"]);
}

#[tokio::test]
async fn a_replaced_file_is_read_anew_after_a_refresh() {
    let lake = Lake::in_bucket().await;
    lake.put("t.parquet", parquet(0, 10)).await;
    let (session, runtime) = session();
    let source = lake.open("lake", Vec::new(), &runtime);
    register(&session, "old", &source).await;
    assert_eq!(rows(&session, "SELECT sum(n) FROM old_t").await, ["45"]);
    lake.put("t.parquet", parquet(1_000, 2_000)).await;
    register(&session, "new", &source).await;
    assert_eq!(rows(&session, "SELECT min(n), count(*) FROM new_t WHERE half > 0").await, ["1000|1000"]);
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_down() {
    let mut lake = Lake::in_bucket().await;
    lake.location = Location::Url("s3://no-such-bucket/".parse().expect("it is a URL"));
    let (_, runtime) = session();
    let fault = lake
        .open("lake", Vec::new(), &runtime)
        .tables(&TableNames::default())
        .await
        .expect_err("there is no such bucket");
    assert_eq!(fault.code, Code::SourceDown);
    assert_eq!(fault.detail, "source `lake` cannot be reached, or its location does not exist");
}
