//! The contract over files: the same rows in each format, one table at a time.

use std::{fs, path::Path, sync::Arc, time::Duration};

use aqueduct::{
    config::{
        SourceConfig, SourceKind, Spanned,
        source::{FilesConfig, Location},
    },
    model::{Code, Place, SourceName, TableNames},
    sources::{Source, files},
};
use datafusion::{
    arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray},
    execution::runtime_env::RuntimeEnv,
    parquet::arrow::ArrowWriter,
};

use super::{check_one_connection, check_rows, engine::Engine};

fn open(directory: &Path, runtime: &Arc<RuntimeEnv>) -> Arc<dyn Source> {
    let place = Place::start_of("catalogs/lake.yaml");
    let location = Spanned { value: Location::Directory(directory.to_owned()), place: place.clone() };
    let files = FilesConfig { location, options: Vec::new(), discover: true };
    let config = SourceConfig {
        name: SourceName::new("lake").expect("a name"),
        place,
        refresh: Duration::from_mins(1),
        kind: SourceKind::Files(files.clone()),
        tables: Vec::new(),
    };
    files::open(&config, &files, runtime).expect("a directory needs no options")
}

fn parquet() -> Vec<u8> {
    let columns: [(&str, ArrayRef); 2] = [
        ("n", Arc::new(Int64Array::from_iter_values(1..=20_000))),
        ("t", Arc::new(StringArray::from(vec!["a"; 20_000]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).expect("a schema Parquet has");
    writer.write(&batch).expect("rows");
    writer.into_inner().expect("a footer")
}

#[tokio::test]
async fn every_format_keeps_the_contract() {
    let csv = (1..=20_000).map(|n| format!("{n},a\n")).collect::<Vec<_>>().concat();
    let ndjson = (1..=20_000).map(|n| format!("{{\"n\":{n},\"t\":\"a\"}}\n")).collect::<Vec<_>>().concat();
    for (file, content) in [
        ("numbers.parquet", parquet()),
        ("numbers.csv", format!("n,t\n{csv}").into_bytes()),
        ("numbers.ndjson", ndjson.into_bytes()),
    ] {
        let directory = tempfile::tempdir().expect("a folder");
        fs::write(directory.path().join(file), content).expect("a file");
        let runtime = Arc::new(RuntimeEnv::default());
        let engine = Engine::within(&open(directory.path(), &runtime), runtime).await;
        assert_eq!(engine.problems, [], "{file}");
        check_rows(&engine).await;
        check_one_connection(&engine).await;
    }
}

#[tokio::test]
async fn a_directory_that_is_missing_is_down() {
    let directory = tempfile::tempdir().expect("a folder");
    let source = open(&directory.path().join("gone"), &Arc::new(RuntimeEnv::default()));
    assert_eq!(source.tables(&TableNames::default()).await.expect_err("nothing is there").code, Code::SourceDown);
}
