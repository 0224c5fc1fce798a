//! What of a plan runs in which source, and what runs here and why.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use datafusion::{
    datasource::{
        physical_plan::{FileGroup, FileScanConfig},
        source::DataSourceExec,
    },
    physical_plan::{
        ExecutionPlan,
        aggregates::{AggregateExec, AggregateMode},
        displayable,
        metrics::{MetricValue, MetricsSet},
        statistics::{StatisticsArgs, StatisticsContext},
    },
};
use serde::Serialize;

use super::{Physical, federate::Local};
use crate::sources::{files, sql::SqlScanExec};

/// Where each part of a query runs. Serialises to the JSON that `explain --format json` prints.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// `domain.name`.
    pub query: String,
    /// The major version.
    pub version: u32,
    /// How its pages follow one another, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paging: Option<PagingPart>,
    /// One entry for each remote statement and each file scan.
    pub sources: Vec<SourcePart>,
    /// What runs here.
    pub local: Vec<LocalPart>,
}

/// How pages follow one another, and why so.
#[derive(Debug, Serialize)]
pub struct PagingPart {
    /// `keyset` or `stored`.
    pub consistency: &'static str,
    /// Why.
    pub reason: String,
}

/// A remote statement (`sql`), or a scan of files (`table` and `predicates`).
#[derive(Debug, Serialize)]
pub struct SourcePart {
    /// The source's name.
    pub source: String,
    /// The statement as it is sent, values as `$n`; none for files.
    pub sql: Option<String>,
    /// Which rows of the statement are asked for, when a join's other side decides that: `id in the keys of a join`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dynamic_filter: Option<String>,
    /// What that came to, when the plan has run: `id: 120 values`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_keys: Option<String>,
    /// The table, for files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The version of the table's log, for tables that have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_version: Option<u64>,
    /// How many of the table's files are scanned: the others cannot hold a row that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<ScannedFiles>,
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

/// Files of a scan.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct ScannedFiles {
    /// Those that the scan opens.
    pub scanned: usize,
    /// All of the table.
    pub of: usize,
}

/// An operator that runs here.
#[derive(Debug, Serialize)]
pub struct LocalPart {
    /// The operator and its arguments.
    pub operator: String,
    /// Why it does not run in a source.
    pub reason: String,
}

impl Physical {
    /// What would run where. After a run, with what it took.
    #[must_use]
    pub fn explain(&self, query: &str, version: u32) -> Explanation {
        let explanation =
            Explanation { query: query.to_owned(), version, paging: None, sources: Vec::new(), local: Vec::new() };
        let mut walk = Walk { explanation, reasons: Reasons::new(&self.reasons) };
        walk.visit(&self.plan);
        walk.explanation
    }
}

/// From the root of a plan to its leaves.
struct Walk<'a> {
    explanation: Explanation,
    reasons: Reasons<'a>,
}

impl Walk<'_> {
    fn visit(&mut self, plan: &Arc<dyn ExecutionPlan>) {
        let metrics = plan.metrics();
        if let Some(scan) = plan.downcast_ref::<SqlScanExec>() {
            self.explanation.sources.push(statement(scan, metrics.as_ref()));
        } else if let Some(config) = file_scan(plan) {
            self.explanation.sources.push(file_part(plan, config, metrics.as_ref()));
        } else if let Some(reason) = self.reasons.of(plan) {
            let operator = displayable(plan.as_ref()).one_line().to_string().trim_end().to_owned();
            self.explanation.local.push(LocalPart { operator, reason });
        }
        for child in plan.children() {
            self.visit(child);
        }
    }
}

fn statement(scan: &SqlScanExec, metrics: Option<&MetricsSet>) -> SourcePart {
    SourcePart {
        source: scan.source().to_string(),
        sql: Some(scan.sql()),
        dynamic_filter: dynamic_filter(&scan.keys()),
        sent_keys: scan.sent_keys().map(ToOwned::to_owned),
        table: None,
        table_version: None,
        files: None,
        predicates: None,
        capabilities: scan.capabilities().collect(),
        estimated_rows: scan.estimated_rows(),
        rows: rows(metrics),
        bytes: output_bytes(metrics),
        elapsed_ms: sum(metrics, "elapsed_remote").map(milliseconds),
    }
}

fn dynamic_filter(keys: &[&str]) -> Option<String> {
    (!keys.is_empty()).then(|| format!("{} in the keys of a join", keys.join(", ")))
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
    let listed = files::listed_of(config);
    // A large file is read in several ranges.
    let paths: HashSet<_> =
        config.file_groups.iter().flat_map(FileGroup::iter).map(|file| &file.object_meta.location).collect();
    SourcePart {
        source: files::source_of(&config.object_store_url)
            .map_or_else(|| config.object_store_url.to_string(), |name| name.to_string()),
        sql: None,
        dynamic_filter: None,
        sent_keys: None,
        table: table.map(|table| table.table().to_owned()),
        table_version: listed.and_then(|listed| listed.version),
        files: listed.map(|listed| ScannedFiles { scanned: paths.len(), of: listed.files }),
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

/// Why operators run here, in the order of the logical plan, which the physical one mostly keeps.
struct Reasons<'a> {
    left: HashMap<&'static str, VecDeque<&'a str>>,
    last: HashMap<&'static str, &'a str>,
}

impl<'a> Reasons<'a> {
    fn new(local: &'a [Local]) -> Self {
        let mut left: HashMap<_, VecDeque<_>> = HashMap::new();
        for Local { operator, reason } in local {
            left.entry(*operator).or_default().push_back(reason.as_str());
        }
        Self { left, last: HashMap::new() }
    }

    /// Why an operator runs here. `None` for what only moves rows between tasks.
    fn of(&mut self, plan: &Arc<dyn ExecutionPlan>) -> Option<String> {
        // Some names go on with a variant in brackets.
        let name = plan.name().split('(').next().unwrap_or_default();
        let (operator, otherwise) = match name {
            "CoalesceBatchesExec"
            | "CoalescePartitionsExec"
            | "RepartitionExec"
            | "BufferExec"
            | "SortPreservingMergeExec"
            | "CooperativeExec"
            | "OutputRequirementExec"
            | "BranchesExec" => return None,
            "FilterExec" if plan.children().iter().any(|child| file_scan(child).is_some()) => {
                return Some("a file scan skips what cannot match; what is left is filtered here".to_owned());
            }
            "FilterExec" => ("filter", "its condition is not sent to the source"),
            "HashJoinExec"
            | "NestedLoopJoinExec"
            | "SortMergeJoinExec"
            | "CrossJoinExec"
            | "SymmetricHashJoinExec"
            | "PiecewiseMergeJoinExec" => ("join", "its sides are not joined in one source"),
            "AggregateExec" => ("aggregate", "it is over rows that are here"),
            "SortExec" | "PartialSortExec" => ("sort", "an operator that runs here needs the order"),
            "GlobalLimitExec" | "LocalLimitExec" => ("limit", "it is over rows that are here"),
            "WindowAggExec" | "BoundedWindowAggExec" => ("window", "it is over rows that are here"),
            "UnionExec" | "InterleaveExec" => ("union", "its branches are not in one source"),
            "DataSourceExec" | "PlaceholderRowExec" | "EmptyExec" => ("constant", "constants need no source"),
            "ScalarSubqueryExec" => ("subquery", "a value for the rest of the plan, computed once"),
            _ => ("projection", "it is over rows that are here"),
        };
        // The first stage of an aggregate stands below the last one, for the same reason.
        let is_partial =
            plan.downcast_ref::<AggregateExec>().is_some_and(|aggregate| *aggregate.mode() == AggregateMode::Partial);
        let next = if is_partial { None } else { self.left.get_mut(operator).and_then(VecDeque::pop_front) };
        if let Some(next) = next {
            self.last.insert(operator, next);
        }
        Some((*self.last.get(operator).unwrap_or(&otherwise)).to_owned())
    }
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
