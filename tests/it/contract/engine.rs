//! A bare engine over one source.

use std::{any::Any, collections::HashMap, sync::Arc};

use aqueduct::{
    model::{Code, Fault, Problem, TableNames},
    sources::{Listing, Source, sql::SqlScanExec},
};
use datafusion::{
    arrow::{array::RecordBatch, util::display::ArrayFormatter, util::display::FormatOptions},
    catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, SchemaProvider},
    error::DataFusionError,
    execution::{SendableRecordBatchStream, runtime_env::RuntimeEnv},
    physical_plan::{ExecutionPlan, displayable},
    prelude::{SessionConfig, SessionContext},
};

/// A session that sees the tables of one source.
pub struct Engine {
    pub session: SessionContext,
    pub problems: Vec<Problem>,
}

impl Engine {
    pub async fn over(source: &Arc<dyn Source>) -> Self {
        Self::within(source, Arc::default()).await
    }

    /// Of a source that describes only what is named: these tables of its default schema.
    pub async fn naming(source: &Arc<dyn Source>, tables: &[&str]) -> Self {
        let mut named = TableNames::default();
        for table in tables {
            named.insert(None, table);
        }
        Self::of(source.tables(&named).await.expect("the source is up"), Arc::default())
    }

    /// With the runtime in which the source has registered its store.
    pub async fn within(source: &Arc<dyn Source>, runtime: Arc<RuntimeEnv>) -> Self {
        Self::of(source.tables(&TableNames::default()).await.expect("the source is up"), runtime)
    }

    fn of(listing: Listing, runtime: Arc<RuntimeEnv>) -> Self {
        let mut schemas: HashMap<String, Arc<MemorySchemaProvider>> = HashMap::new();
        for table in listing.tables {
            let schema = schemas.entry(table.schema).or_default();
            schema.register_table(table.name, table.provider).expect("a table is listed once");
        }
        let catalog = Arc::new(MemoryCatalogProvider::new());
        for (name, schema) in schemas {
            catalog.register_schema(&name, schema).expect("a schema is listed once");
        }
        let config = SessionConfig::new()
            .with_target_partitions(2)
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema("source", listing.default_schema)
            .set_str("datafusion.sql_parser.dialect", "postgres")
            .set_bool("datafusion.sql_parser.map_string_types_to_utf8view", false);
        let session = SessionContext::new_with_config_rt(config, runtime);
        session.register_catalog("source", catalog);
        Self { session, problems: listing.problems }
    }

    /// The rows as text, sorted.
    pub async fn rows(&self, sql: &str) -> Result<Vec<String>, Fault> {
        let mut rows = self.rows_in_order(sql).await?;
        rows.sort();
        Ok(rows)
    }

    /// The rows as text, as they come.
    pub async fn rows_in_order(&self, sql: &str) -> Result<Vec<String>, Fault> {
        let frame = self.session.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let batches = frame.collect().await.map_err(|error| fault(&error))?;
        Ok(batches.iter().flat_map(texts).collect())
    }

    pub async fn stream(&self, sql: &str) -> SendableRecordBatchStream {
        let frame = self.session.sql(sql).await.expect("the query is right");
        frame.execute_stream().await.expect("a stream begins")
    }

    pub async fn plan(&self, sql: &str) -> Arc<dyn ExecutionPlan> {
        let frame = self.session.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        frame.create_physical_plan().await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    pub async fn explain(&self, sql: &str) -> String {
        displayable(self.plan(sql).await.as_ref()).indent(false).to_string()
    }

    /// What would run in the source.
    pub async fn statements(&self, sql: &str) -> Vec<Asked> {
        let mut found = Vec::new();
        scans(&self.plan(sql).await, &mut |scan| {
            let binds = scan.statement().values().expect("the statement waits for no parameter").len();
            found.push(Asked { sql: scan.sql(), binds });
        });
        found
    }
}

/// A statement as it is prepared.
#[derive(Debug)]
pub struct Asked {
    pub sql: String,
    /// How many values it has.
    pub binds: usize,
}

/// Visits every scan of a plan.
pub fn scans(plan: &Arc<dyn ExecutionPlan>, visit: &mut dyn FnMut(&SqlScanExec)) {
    if let Some(scan) = (plan.as_ref() as &dyn Any).downcast_ref::<SqlScanExec>() {
        visit(scan);
    }
    for child in plan.children() {
        scans(child, visit);
    }
}

/// The fault inside an error of the engine.
pub fn fault(error: &DataFusionError) -> Fault {
    let mut chain = std::iter::successors(Some(error as &dyn std::error::Error), |&error| error.source());
    let carried = chain.find_map(|error| error.downcast_ref::<Fault>());
    carried.cloned().unwrap_or_else(|| match error.find_root() {
        DataFusionError::External(source) => Fault::internal(source),
        other => Fault::new(Code::EvaluationFailed, other.to_string()),
    })
}

/// The rows as text, values between bars.
pub fn texts(batch: &RecordBatch) -> Vec<String> {
    let options = FormatOptions::new().with_null("NULL");
    let columns: Vec<_> = batch
        .columns()
        .iter()
        .map(|column| ArrayFormatter::try_new(column.as_ref(), &options).expect("a printable type"))
        .collect();
    let row = |index| columns.iter().map(|column| column.value(index).to_string()).collect::<Vec<_>>().join("|");
    (0..batch.num_rows()).map(row).collect()
}
