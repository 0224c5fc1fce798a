//! The files source over real directories: what becomes a table, and what its rows are.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod discovery;
mod formats;
mod scans;
mod splits;
mod values;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use datafusion::{
    arrow::{array::RecordBatch, util::display::array_value_to_string},
    common::TableReference,
    error::DataFusionError,
    execution::runtime_env::RuntimeEnv,
    parquet::{arrow::ArrowWriter, file::properties::WriterProperties},
    prelude::{SessionConfig, SessionContext},
};

use crate::{
    config::{
        SourceConfig, SourceKind, Spanned, TableConfig,
        source::{FileFormat, FilesConfig, Location},
    },
    model::{Fault, Place, Problem, SourceName, TableNames, ValueType},
    sources::{Listing, Source},
};

/// A directory of files that is removed afterwards, and how the source's file describes it.
struct Lake {
    directory: PathBuf,
    discover: bool,
    tables: Vec<TableConfig>,
}

impl Drop for Lake {
    fn drop(&mut self) {
        // What is left in the temporary directory harms nobody.
        let _ = fs::remove_dir_all(&self.directory);
    }
}

impl Lake {
    fn new() -> Self {
        let directory = std::env::temp_dir().join(format!("aqueduct-files-{}", uuid::Uuid::new_v4()));
        fs::create_dir_all(&directory).unwrap();
        Self { directory, discover: true, tables: Vec::new() }
    }

    fn path(&self, path: &str) -> PathBuf {
        let path = self.directory.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    fn text(self, path: &str, text: &str) -> Self {
        fs::write(self.path(path), text).unwrap();
        self
    }

    fn parquet(self, path: &str, batch: &RecordBatch) -> Self {
        write_parquet(&self.path(path), batch, 1_000);
        self
    }

    fn table(mut self, table: TableConfig) -> Self {
        self.tables.push(table);
        self
    }

    fn open(&self) -> (Arc<dyn Source>, SessionContext) {
        let location = Location::Directory(self.directory.clone());
        open(location, Vec::new(), self.discover, self.tables.clone())
    }

    async fn listing(&self) -> Listing {
        self.open().0.tables(&TableNames::default()).await.unwrap()
    }

    async fn problems(&self) -> Vec<String> {
        self.listing().await.problems.iter().map(ToString::to_string).collect()
    }

    async fn names(&self) -> Vec<String> {
        self.listing().await.tables.into_iter().map(|table| table.name).collect()
    }

    /// The rows of `sql` as text, NULL as `-`; a table `t` is `lake.public.t` or just `t`.
    async fn rows(&self, sql: &str) -> Vec<String> {
        self.try_rows(sql).await.unwrap()
    }

    async fn try_rows(&self, sql: &str) -> Result<Vec<String>, DataFusionError> {
        let (source, session) = self.open();
        register(&session, source.tables(&TableNames::default()).await.unwrap());
        query(&session, sql).await
    }

    /// The fault that `sql` ends in.
    async fn fault(&self, sql: &str) -> Fault {
        fault_of(&self.try_rows(sql).await.unwrap_err())
    }
}

fn open(
    location: Location,
    options: Vec<(&str, &str)>,
    discover: bool,
    tables: Vec<TableConfig>,
) -> (Arc<dyn Source>, SessionContext) {
    let options = options.into_iter().map(|(name, value)| (here(name), crate::config::Secret::new(value))).collect();
    let files = FilesConfig { location: Spanned { value: location, place: place() }, options, discover };
    let config = SourceConfig {
        name: SourceName::new("lake").unwrap(),
        place: place(),
        refresh: Duration::from_mins(1),
        kind: SourceKind::Files(files.clone()),
        tables,
    };
    let runtime = Arc::new(RuntimeEnv::default());
    let source = super::open(&config, &files, &runtime).unwrap();
    let session = SessionContext::new_with_config_rt(SessionConfig::new().with_target_partitions(2), runtime);
    (source, session)
}

fn register(session: &SessionContext, listing: Listing) {
    for table in listing.tables {
        session.register_table(TableReference::bare(table.name), table.provider).unwrap();
    }
}

async fn query(session: &SessionContext, sql: &str) -> Result<Vec<String>, DataFusionError> {
    let batches = session.sql(sql).await?.collect().await?;
    let mut rows = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| {
                if column.is_null(row) { "-".to_owned() } else { array_value_to_string(column, row).unwrap() }
            });
            rows.push(cells.collect::<Vec<_>>().join("|"));
        }
    }
    Ok(rows)
}

fn fault_of(error: &DataFusionError) -> Fault {
    std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source())
        .find_map(|error| error.downcast_ref::<Fault>())
        .unwrap_or_else(|| panic!("no fault in {error}"))
        .clone()
}

fn write_parquet(path: &Path, batch: &RecordBatch, rows_in_group: usize) {
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(rows_in_group)).build();
    let file = fs::File::create(path).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

fn place() -> Place {
    Place::start_of("catalogs/lake.yaml")
}

fn here(text: &str) -> Spanned<String> {
    Spanned { value: text.to_owned(), place: place() }
}

fn annotated(name: &str) -> TableConfig {
    TableConfig {
        name: here(name),
        key: Vec::new(),
        columns: Vec::new(),
        path: None,
        rows: None,
        format: None,
        partitions: Vec::new(),
        version: None,
    }
}

fn columns<const N: usize>(name: &str, columns: [(&str, ValueType); N]) -> TableConfig {
    TableConfig { columns: columns.map(|(name, kind)| (here(name), kind)).into(), ..annotated(name) }
}

fn schema_of(listing: &Listing, table: &str) -> BTreeMap<String, String> {
    let table = listing.tables.iter().find(|found| found.name == table).unwrap();
    let schema = table.provider.schema();
    schema.fields().iter().map(|field| (field.name().clone(), field.data_type().to_string())).collect()
}

fn texts(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn format(name: &str, format: FileFormat) -> TableConfig {
    TableConfig { format: Some(format), ..annotated(name) }
}
