//! The contract over Delta tables that the package `deltalake` writes, in folders and on a real S3 server.

mod failures;
mod features;
mod mistakes;
mod served;
mod skipping;
mod types;
mod versions;

use std::{fs::File, path::Path, sync::Arc, time::Duration};

use aqueduct::{
    config::{
        Secret, SourceConfig, SourceKind, Spanned, TableConfig,
        source::{FilesConfig, Location},
    },
    model::{Place, SourceName},
    sources::{Source, delta},
};
use datafusion::{arrow::ipc::writer::FileWriter, execution::runtime_env::RuntimeEnv};
use tempfile::TempDir;

use super::{check_one_connection, check_rows, engine::Engine};
use crate::harness::{
    delta::run_recipe,
    process,
    s3::{self, Bucket},
};

/// A place for tables.
struct Lake {
    directory: TempDir,
    bucket: Option<Bucket>,
}

impl Lake {
    fn in_directory() -> Self {
        Self { directory: process::directory("delta-"), bucket: None }
    }

    async fn in_bucket() -> Self {
        Self { directory: process::directory("delta-"), bucket: Some(s3::bucket().await) }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs a recipe of `tests/python/delta_tables.py` and gives what it prints.
    fn run(&self, recipe: &str) -> String {
        match &self.bucket {
            None => run_recipe(&self.path().display().to_string(), &[], recipe),
            Some(bucket) => run_recipe(&format!("s3://{}/ware house", bucket.name), &bucket.options(), recipe),
        }
    }

    fn source(&self, tables: Vec<TableConfig>, runtime: &Arc<RuntimeEnv>) -> Arc<dyn Source> {
        let (location, given) = match &self.bucket {
            None => (Location::Directory(self.path().to_owned()), Vec::new()),
            Some(bucket) => {
                let url = format!("s3://{}/ware house", bucket.name).parse().expect("a bucket's name fits a URL");
                (Location::Url(url), bucket.options())
            }
        };
        let given = given.iter().filter(|(name, _)| *name != "allow_http");
        let given = given.map(|(name, value)| (spanned((*name).to_owned()), Secret::new(value.clone())));
        open(&FilesConfig { location: spanned(location), options: given.collect(), discover: true }, tables, runtime)
    }

    async fn engine(&self) -> Engine {
        let runtime = Arc::new(RuntimeEnv::default());
        Engine::within(&self.source(Vec::new(), &runtime), runtime).await
    }

    /// What we read of a table is what Python reads. Gives the number of rows.
    async fn is_same(&self, engine: &Engine, table: &str) -> u64 {
        let sql = format!("SELECT * FROM \"{table}\"");
        let frame = engine.session.sql(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let schema = Arc::clone(frame.schema().inner());
        let batches = frame.collect().await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let file = self.path().join("read.arrow");
        let mut writer = FileWriter::try_new(File::create(&file).expect("a file"), &schema).expect("a schema");
        for batch in &batches {
            writer.write(batch).expect("rows");
        }
        writer.finish().expect("an end");
        let printed = self.run(&format!("same({table:?}, {:?})", file.display().to_string()));
        printed.trim().parse().unwrap_or_else(|_| panic!("{printed}"))
    }
}

fn open(at: &FilesConfig, tables: Vec<TableConfig>, runtime: &Arc<RuntimeEnv>) -> Arc<dyn Source> {
    let config = SourceConfig {
        name: SourceName::new("lake").expect("a name"),
        place: place(),
        refresh: Duration::from_mins(1),
        kind: SourceKind::Delta(at.clone()),
        tables,
    };
    delta::open(&config, at, runtime).unwrap_or_else(|problem| panic!("{problem}"))
}

fn annotated(name: &str) -> TableConfig {
    TableConfig {
        name: spanned(name.to_owned()),
        key: Vec::new(),
        columns: Vec::new(),
        path: None,
        rows: None,
        format: None,
        partitions: Vec::new(),
        version: None,
    }
}

fn place() -> Place {
    Place::start_of("catalogs/lake.yaml")
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned { value, place: place() }
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_and_buckets_keep_the_contract() {
    for lake in [Lake::in_directory(), Lake::in_bucket().await] {
        lake.run("write('numbers', {'n': pa.array(range(1, 20001), pa.int32()), 't': ['a'] * 20000})");
        let engine = lake.engine().await;
        assert_eq!(engine.problems, []);
        check_rows(&engine).await;
        check_one_connection(&engine).await;
    }
}
