//! Queries run in this process, and by Postgres itself.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use aqueduct::{
    app::App,
    catalog::{self, Query},
    engine::{Cut, Explanation, Physical, Prepared, Refusal, Snapshot, View, Wanted},
    model::{Code, SourceName},
};
use arrow::{array::RecordBatch, datatypes::SchemaRef};
use chrono::{DateTime, Utc};
use futures::{StreamExt, TryStreamExt};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row, ValueRef};

use super::coverage;

/// Nothing here takes longer, unless it hangs.
const PATIENCE: Duration = Duration::from_mins(1);

/// A project, opened.
pub struct Engine {
    app: App,
    sources: Vec<SourceName>,
}

/// What a query gives.
#[derive(Debug)]
pub struct Answer {
    pub schema: SchemaRef,
    pub batches: Vec<RecordBatch>,
    /// The capabilities that its statements rely on.
    pub pushed: BTreeSet<String>,
}

/// Why it gives nothing.
#[derive(Debug)]
pub enum Failure {
    /// It cannot be planned.
    Refused(String),
    /// It fails on these values.
    Evaluation(String),
    /// Anything else, which none may.
    Broken(String),
}

impl Engine {
    pub fn new(app: App) -> Self {
        let sources = app.project.sources.iter().map(|source| source.name.clone()).collect();
        Self { app, sources }
    }

    /// Its rows, in order.
    pub async fn run(&self, sql: &str) -> Result<Answer, Failure> {
        let (_, prepared, physical) = self.plan(sql).await?;

        let rows = async { physical.execute()?.try_collect().await };
        let batches: Vec<RecordBatch> = match tokio::time::timeout(PATIENCE, rows).await {
            Err(_) => return Err(Failure::Broken(format!("no answer in {PATIENCE:?}"))),
            Ok(Err(fault)) => {
                let fault: aqueduct::model::Fault = fault;
                let text = format!("{fault} {}", fault.internal.as_deref().unwrap_or_default());
                let is_evaluation = matches!(fault.code, Code::EvaluationFailed | Code::ValueUnrepresentable);
                return Err(if is_evaluation { Failure::Evaluation(text) } else { Failure::Broken(text) });
            }
            Ok(Ok(batches)) => batches,
        };

        Ok(Answer { schema: prepared.schema, batches, pushed: coverage::relied_on(physical.plan()) })
    }

    /// What would run where.
    pub async fn explain(&self, sql: &str) -> Result<Explanation, Failure> {
        let (_, _, physical) = self.plan(sql).await?;
        Ok(physical.explain("ad_hoc.sql", 0))
    }

    async fn plan(&self, sql: &str) -> Result<(Arc<Snapshot>, Prepared, Physical), Failure> {
        let select = catalog::parse_ad_hoc(sql, &self.sources).map_err(|found| Failure::Refused(found.to_string()))?;
        let query = Arc::new(Query::ad_hoc(select));
        let snapshot = self.app.engine.snapshot_for(&query).await;
        let prepared = snapshot.prepare_ad_hoc(&query).await.map_err(|refusal| match refusal {
            Refusal::Fault(fault) => Failure::Broken(fault.to_string()),
            Refusal::Problems(found) => Failure::Refused(found.iter().map(|found| found.message.clone()).collect()),
        })?;

        let cut = Cut::All { terms: Vec::new() };
        let wanted = Wanted { prepared: &prepared, view: &View::default(), values: Vec::new(), cut };
        let planned = snapshot.plan(&wanted, now()).await;
        let physical = planned
            .map_err(|fault| Failure::Refused(format!("{fault} {}", fault.internal.as_deref().unwrap_or_default())))?;
        Ok((snapshot, prepared, physical))
    }
}

/// The same for both sides of a comparison.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).expect("a moment in 2023")
}

/// A session of Postgres itself.
pub struct Native(PgConnection);

impl Native {
    pub async fn connect(url: &str) -> Self {
        let mut connection = PgConnection::connect(url).await.expect("the server is there");
        let settings = "SET TimeZone = 'UTC'; SET extra_float_digits = 1; SET statement_timeout = '20s'";
        connection.execute(settings).await.expect("these settings exist");
        Self(connection)
    }

    /// Its rows as text; `None` is NULL.
    pub async fn run(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, String> {
        let mut found = Vec::new();
        let mut rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch(&mut self.0);
        while let Some(row) = rows.next().await {
            let row = row.map_err(|error| error.to_string())?;
            let cell = |index| {
                let value = row.try_get_raw(index).expect("the column is there");
                (!value.is_null()).then(|| value.as_str().expect("the simple protocol is text").to_owned())
            };
            found.push((0..row.len()).map(cell).collect());
        }
        Ok(found)
    }
}
