//! What of a plan runs in which source, and what runs here and why.

use std::sync::Arc;

use datafusion::{
    datasource::{physical_plan::FileScanConfig, source::DataSourceExec},
    physical_plan::{
        ExecutionPlan, displayable,
        metrics::{MetricValue, MetricsSet},
        statistics::{StatisticsArgs, StatisticsContext},
    },
};
use serde::Serialize;

use super::Physical;
use crate::sources::{files, sql::SqlScanExec};

/// Where each part of a query runs. Serialises to the JSON that `explain --format json` prints.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// `domain.name`.
    pub query: String,
    /// The major version.
    pub version: u32,
    /// One entry for each remote statement and each file scan.
    pub sources: Vec<SourcePart>,
    /// What runs here.
    pub local: Vec<LocalPart>,
}

/// A remote statement (`sql`), or a scan of files (`table` and `predicates`).
#[derive(Debug, Serialize)]
pub struct SourcePart {
    /// The source's name.
    pub source: String,
    /// The statement as it is sent, values as `$n`; none for files.
    pub sql: Option<String>,
    /// The table, for files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// What is used to skip files, row groups and pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predicates: Option<Vec<String>>,
    /// What the statement uses of the source's allow-list, by name.
    #[serde(skip)]
    pub capabilities: Vec<&'static str>,
    /// Rows expected, from the source's statistics.
    pub estimated_rows: Option<u64>,
    /// Rows that came, when the plan has run.
    pub rows: Option<u64>,
    /// Bytes that came, when the plan has run.
    pub bytes: Option<u64>,
    /// Milliseconds between asking and the last row, when the plan has run.
    pub elapsed_ms: Option<f64>,
}

/// An operator that runs here.
#[derive(Debug, Serialize)]
pub struct LocalPart {
    /// The operator and its arguments.
    pub operator: String,
    /// Why it does not run in a source.
    pub reason: &'static str,
}

impl Physical {
    /// What would run where. After a run, with what it took.
    #[must_use]
    pub fn explain(&self, query: &str, version: u32) -> Explanation {
        let mut explanation = Explanation { query: query.to_owned(), version, sources: Vec::new(), local: Vec::new() };
        explanation.visit(&self.plan);
        explanation
    }
}

impl Explanation {
    fn visit(&mut self, plan: &Arc<dyn ExecutionPlan>) {
        let metrics = plan.metrics();
        if let Some(scan) = plan.downcast_ref::<SqlScanExec>() {
            self.sources.push(SourcePart {
                source: scan.source().to_string(),
                sql: Some(scan.sql()),
                table: None,
                predicates: None,
                capabilities: scan.capabilities().collect(),
                estimated_rows: scan.estimated_rows(),
                rows: rows(metrics.as_ref()),
                bytes: output_bytes(metrics.as_ref()),
                elapsed_ms: sum(metrics.as_ref(), "elapsed_remote").map(milliseconds),
            });
        } else if let Some(config) = file_scan(plan) {
            self.sources.push(file_part(plan, config, metrics.as_ref()));
        } else if let Some(reason) = reason(plan) {
            self.local.push(LocalPart {
                operator: displayable(plan.as_ref()).one_line().to_string().trim_end().to_owned(),
                reason,
            });
        }
        for child in plan.children() {
            self.visit(child);
        }
    }
}

fn file_scan(plan: &Arc<dyn ExecutionPlan>) -> Option<&FileScanConfig> {
    plan.downcast_ref::<DataSourceExec>()?.data_source().downcast_ref::<FileScanConfig>()
}

fn file_part(plan: &Arc<dyn ExecutionPlan>, config: &FileScanConfig, metrics: Option<&MetricsSet>) -> SourcePart {
    let mut predicates = Vec::new();
    if let Some(filter) = config.file_source().filter() {
        predicates.push(filter.to_string());
    }
    let statistics = StatisticsContext::new().compute(plan.as_ref(), &StatisticsArgs::new()).ok();
    let table = files::table_of(config);
    SourcePart {
        source: files::source_of(&config.object_store_url)
            .map_or_else(|| config.object_store_url.to_string(), |name| name.to_string()),
        sql: None,
        table: table.map(|table| table.table().to_owned()),
        predicates: Some(predicates),
        capabilities: Vec::new(),
        estimated_rows: statistics
            .and_then(|statistics| statistics.num_rows.get_value().copied())
            .map(|rows| rows as u64),
        rows: rows(metrics),
        bytes: sum(metrics, "bytes_scanned"),
        elapsed_ms: sum(metrics, "time_elapsed_processing").map(milliseconds),
    }
}

/// Why an operator runs here. `None` for what only moves rows between tasks.
fn reason(plan: &Arc<dyn ExecutionPlan>) -> Option<&'static str> {
    // Some names go on with a variant in brackets.
    let name = plan.name().split('(').next().unwrap_or_default();
    Some(match name {
        "CoalesceBatchesExec"
        | "CoalescePartitionsExec"
        | "RepartitionExec"
        | "SortPreservingMergeExec"
        | "CooperativeExec"
        | "OutputRequirementExec" => return None,
        "FilterExec" if plan.children().iter().any(|child| file_scan(child).is_some()) => {
            "a file scan skips what cannot match; what is left is filtered here"
        }
        "FilterExec" => "the sources are not proven to evaluate this predicate as it is evaluated here",
        "HashJoinExec"
        | "NestedLoopJoinExec"
        | "SortMergeJoinExec"
        | "CrossJoinExec"
        | "SymmetricHashJoinExec"
        | "PiecewiseMergeJoinExec" => "joins run here",
        "AggregateExec" => "aggregates run here",
        "SortExec" | "PartialSortExec" => "orders run here, so that they are the same for every source",
        "GlobalLimitExec" | "LocalLimitExec" => "a limit above an operator that runs here",
        "WindowAggExec" | "BoundedWindowAggExec" => "window functions run here",
        "UnionExec" | "InterleaveExec" => "set operations run here",
        "DataSourceExec" | "PlaceholderRowExec" | "EmptyExec" => "constants need no source",
        _ => "expressions are computed here",
    })
}

fn rows(metrics: Option<&MetricsSet>) -> Option<u64> {
    metrics?.output_rows().map(|rows| rows as u64)
}

/// Looked for by its kind: a sum by name leaves out what DataFusion itself names.
fn output_bytes(metrics: Option<&MetricsSet>) -> Option<u64> {
    let bytes = metrics?.sum(|metric| matches!(metric.value(), MetricValue::OutputBytes(_)))?;
    Some(bytes.as_usize() as u64)
}

fn sum(metrics: Option<&MetricsSet>, name: &str) -> Option<u64> {
    metrics?.sum_by_name(name).map(|value: MetricValue| value.as_usize() as u64)
}

#[allow(clippy::cast_precision_loss)] // a duration in nanoseconds, shown in milliseconds
fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}
