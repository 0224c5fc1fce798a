//! `aqueduct check --live SOURCE`: what the contract's tests prove, asked of the service itself. Nothing is written there.

use std::{
    collections::BTreeMap,
    fmt::Write,
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use datafusion::{
    arrow::{array::RecordBatch, util::display::array_value_to_string},
    common::ScalarValue,
};
use futures::{FutureExt, StreamExt, TryStreamExt, future::BoxFuture, stream};

use super::{Failure, output};
use crate::{
    catalog::{self, Project, Query},
    config::{Environment, SourceConfig},
    engine::{Cut, Engine, Explanation, Physical, Refusal, View, Wanted},
    model::{Fault, Problems, SourceName, TableNames},
    sources::{
        Source,
        sql::{
            Class, Remote, SqlTable,
            capability::{Asked, Entry, Kind},
            live::{Edges, LiveSource, LocalSource, edges, rows},
        },
    },
};

/// So many entries of an allow-list are asked about at once: a service takes its time to answer.
const AT_ONCE: usize = 4;
/// A statement is left after so long.
const LEFT: Duration = Duration::from_secs(2);
/// So long a service may take to end it. One that answers late is told only then which statement to end.
const PATIENCE: Duration = Duration::from_mins(1);
/// So much of a statement is shown.
const SHOWN: usize = 600;

pub(super) async fn run(directory: &Path, environment: &Environment, name: &str) -> Result<ExitCode, Failure> {
    let project = catalog::load(directory, environment)?.project;
    let Some(config) = project.sources.iter().find(|config| config.name.as_str() == name).cloned() else {
        let known: Vec<_> = project.sources.iter().map(|config| config.name.as_str()).collect();
        return Err(Failure::Other(format!("`{name}` is no source of the project: it has {}", known.join(", "))));
    };
    let project = Arc::new(Project { sources: vec![config.clone()], queries: BTreeMap::new(), ..project });
    let (engine, _) = Engine::open(Arc::clone(&project), &[], Problems::default()).await?;
    let Some(source) = engine.sources().next().map(|(_, source)| Arc::clone(source)) else {
        return Err(Failure::Other(format!("`{name}` cannot be opened")));
    };
    let Some(remote) = source.remote() else {
        return Err(Failure::Other(format!("`{name}` speaks no SQL: `aqueduct check` itself reads what is in it")));
    };
    output::print(&format!("source `{name}` ({}), live\n\n", remote.dialect().name()))?;
    let mut report = Report::default();
    let version = report.listing(source.as_ref()).await?;
    let live = Live::over(&project, &config, &remote, version).await?;
    live.all(&mut report).await?;
    let Report { ok, differs, refused } = report;
    output::print(&format!("\n{ok} ok, {differs} differ, {refused} refused\n"))?;
    Ok(if differs == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What was found of one thing.
enum Verdict {
    /// It is as it should be, and something more may be said.
    Ok(String),
    /// It is otherwise: the lines that show it.
    Differs(Vec<String>),
    /// The service, or the planner, would not: then it runs here. Why.
    Refused(Vec<String>),
}

#[derive(Default)]
struct Report {
    ok: usize,
    differs: usize,
    refused: usize,
}

impl Report {
    fn line(&mut self, what: &str, verdict: Verdict) -> Result<(), Failure> {
        let (word, count, lines) = match verdict {
            Verdict::Ok(said) => ("ok", &mut self.ok, vec![said]),
            Verdict::Differs(lines) => ("differs", &mut self.differs, lines),
            Verdict::Refused(lines) => ("refused", &mut self.refused, lines),
        };
        *count += 1;
        let mut text = match (word, lines.as_slice()) {
            ("ok", [said]) if said.is_empty() => format!("{word:8} {what}\n"),
            ("ok", [said]) => format!("{word:8} {what:34} {said}\n"),
            _ => format!("{word:8} {what}\n"),
        };
        if word != "ok" {
            for line in lines {
                let cut: String = line.chars().take(SHOWN).collect();
                let more = if cut.len() < line.len() { " …" } else { "" };
                let _ = writeln!(text, "             {cut}{more}");
            }
        }
        output::print(&text)
    }

    /// Asks for the tables; the answer is the server's version as it counts itself.
    async fn listing(&mut self, source: &dyn Source) -> Result<u32, Failure> {
        let began = Instant::now();
        let listed = match tokio::time::timeout(source.patience(), source.tables(&TableNames::default())).await {
            Ok(listed) => listed?,
            Err(_) => return Err(Failure::Other("the service did not answer in time".to_owned())),
        };
        let tables = listed.tables.iter().map(|table| (table.schema.clone(), table.name.clone()));
        let mut all: Vec<_> = tables.chain(listed.others.clone()).collect();
        all.sort();
        let mut schemas: Vec<_> = all.iter().map(|(schema, _)| schema.as_str()).collect();
        schemas.dedup();
        let said =
            format!("{} schemas, {} tables, in {:.1} s", schemas.len(), all.len(), began.elapsed().as_secs_f64());
        self.line("connects, lists its tables", Verdict::Ok(said))?;
        let version_of = |listing: &crate::sources::Listing| {
            let table = listing.tables.iter().find_map(|table| table.provider.downcast_ref::<SqlTable>())?;
            Some(table.version())
        };
        if let Some(version) = version_of(&listed) {
            return Ok(version);
        }
        let Some((schema, name)) = all.first() else { return Ok(0) };
        let mut named = TableNames::default();
        named.insert(Some(schema.as_str()), name);
        Ok(version_of(&source.tables(&named).await?).unwrap_or_default())
    }
}

/// The tables of edge values, there and here.
struct Live {
    name: SourceName,
    remote: Arc<dyn Remote>,
    source: Arc<LiveSource>,
    there: Arc<Engine>,
    here: Arc<Engine>,
    version: u32,
}

impl Live {
    async fn over(
        project: &Arc<Project>,
        config: &SourceConfig,
        remote: &Arc<dyn Remote>,
        version: u32,
    ) -> Result<Self, Failure> {
        let source = Arc::new(LiveSource::new(Arc::clone(remote), version));
        let engine = async |source: Arc<dyn Source>| {
            Engine::of_sources(Arc::clone(project), vec![(config.clone(), source)]).await
        };
        let there = engine(Arc::clone(&source) as _).await?;
        let here = engine(Arc::new(LocalSource::new(remote.dialect()))).await?;
        Ok(Self { name: config.name.clone(), remote: Arc::clone(remote), source, there, here, version })
    }

    async fn all(&self, report: &mut Report) -> Result<(), Failure> {
        let dialect = self.remote.dialect();
        if dialect.identity().is_some() {
            report.line("says what it is, and who asks", self.identity().await)?;
        }
        let edges = edges(dialect);
        let count = rows(&edges);
        for values in &edges {
            report.line(&format!("reads {:?}", values.class), self.read(values, count).await)?;
        }
        let columns = |class: Class| {
            let values = edges.iter().find(|values| values.class == class);
            values.map(|values| values.columns.to_vec()).unwrap_or_default()
        };
        let entries = dialect.capabilities().entries();
        let entries = entries.filter(|entry| entry.kind != Kind::OpenMembership && entry.since <= self.version);
        let verdicts: Vec<BoxFuture<'_, _>> = entries
            .map(|entry| self.entry(entry, entry.asked(columns)).map(|verdict| (entry.name, verdict)).boxed())
            .collect();
        let mut verdicts = stream::iter(verdicts).buffered(AT_ONCE);
        while let Some((name, verdict)) = verdicts.next().await {
            report.line(name, verdict)?;
        }
        report.line("ends a statement that is left", self.leave().await)
    }

    async fn identity(&self) -> Verdict {
        let sql = format!("SELECT said FROM {}.identity", self.name);
        match ask(&self.there, &self.name, &sql).await {
            Ok(answer) => Verdict::Ok(answer.rows.first().and_then(|row| row.first()).cloned().unwrap_or_default()),
            Err(error) => Verdict::Refused(vec![error]),
        }
    }

    /// Are the values of a class read as they are written?
    async fn read(&self, values: &Edges, count: usize) -> Verdict {
        let [first, second] = values.columns;
        let sql = format!("SELECT id, {first}, {second} FROM {}.edges", self.name);
        let answer = match ask(&self.there, &self.name, &sql).await {
            Ok(answer) => answer,
            Err(error) => return Verdict::Differs(vec![sql, error]),
        };
        let text = |value: &ScalarValue| {
            let array = value.to_array().map_err(|error| error.to_string());
            array.and_then(|array| shown(&array, 0)).unwrap_or_else(|error| error)
        };
        let mut expected: Vec<_> = values
            .rows(count)
            .iter()
            .enumerate()
            .map(|(row, pair)| vec![(row + 1).to_string(), text(&pair[0]), text(&pair[1])])
            .collect();
        expected.sort();
        if answer.rows == expected {
            return Verdict::Ok(format!("{count} rows"));
        }
        let mut lines = vec![answer.sent()];
        lines.extend(differences(&answer.rows, &expected));
        Verdict::Differs(lines)
    }

    /// Does the service compute what an entry of the allow-list says?
    async fn entry(&self, entry: &Entry, asked: Vec<Asked>) -> Verdict {
        let (mut statements, mut refused) = (0, Vec::new());
        for sql in asked.into_iter().flat_map(|asked| asked.sql(self.name.as_str())) {
            let (on, off) = (ask(&self.there, &self.name, &sql).await, ask(&self.here, &self.name, &sql).await);
            let (on, off) = match (on, off) {
                (Ok(on), Ok(off)) => (on, off),
                (Err(on), Err(off)) if refused.is_empty() => {
                    refused = vec![sql, on, off];
                    continue;
                }
                (Err(_), Err(_)) => continue,
                (on, off) => {
                    let errors = [("there", on.err()), ("here", off.err())];
                    let said = errors.into_iter().filter_map(|(at, error)| Some(format!("{at}: {}", error?)));
                    return Verdict::Differs(std::iter::once(sql).chain(said).collect());
                }
            };
            let used = on.plan.sources.iter().any(|part| part.capabilities.contains(&entry.name));
            if on.rows != off.rows {
                let mut lines = vec![sql, on.sent()];
                lines.extend(differences(&on.rows, &off.rows));
                return Verdict::Differs(lines);
            }
            if used {
                statements += 1;
            } else if refused.is_empty() {
                let why = on.plan.local.iter().map(|part| part.reason.clone()).next();
                refused = vec![sql, on.sent(), why.unwrap_or_default()];
            }
        }
        match (statements, refused) {
            (0, refused) if refused.is_empty() => Verdict::Refused(vec!["it has no values of these types".to_owned()]),
            (0, refused) => Verdict::Refused(refused),
            (1, _) => Verdict::Ok("1 statement".to_owned()),
            (statements, _) => Verdict::Ok(format!("{statements} statements")),
        }
    }

    /// Is a statement ended in the service when nobody waits for it any more?
    async fn leave(&self) -> Verdict {
        let sql = format!("SELECT id FROM {}.endless", self.name);
        let physical = match plan(&self.there, &self.name, &sql).await {
            Ok((physical, _)) => physical,
            Err(error) => return Verdict::Refused(vec![sql, error]),
        };
        let mut stream = match physical.execute() {
            Ok(stream) => stream,
            Err(fault) => return Verdict::Refused(vec![sql, told(&fault)]),
        };
        if let Ok(ended) = tokio::time::timeout(LEFT, stream.try_next()).await {
            let said = ended.map_or_else(|fault| told(&fault), |_| "it has counted them".to_owned());
            return Verdict::Refused(vec![format!("it ended before it was left: {said}")]);
        }
        drop(stream);
        let began = Instant::now();
        while self.source.running() > 0 {
            if began.elapsed() > PATIENCE {
                return Verdict::Differs(vec![sql, format!("it still runs after {} s", PATIENCE.as_secs())]);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Verdict::Ok(format!("in {:.2} s", began.elapsed().as_secs_f64()))
    }
}

/// Rows as text, sorted, and where they came from.
struct Answer {
    rows: Vec<Vec<String>>,
    plan: Explanation,
}

impl Answer {
    fn sent(&self) -> String {
        let sent: Vec<_> = self.plan.sources.iter().filter_map(|part| part.sql.clone()).collect();
        format!("sent: {}", sent.join("; "))
    }
}

async fn ask(engine: &Engine, source: &SourceName, sql: &str) -> Result<Answer, String> {
    let (physical, plan) = plan(engine, source, sql).await?;
    let stream = physical.execute().map_err(|fault| told(&fault))?;
    let batches: Vec<RecordBatch> = stream.try_collect().await.map_err(|fault| told(&fault))?;
    let mut rows = Vec::new();
    for batch in &batches {
        for row in 0..batch.num_rows() {
            rows.push(batch.columns().iter().map(|column| shown(column, row)).collect::<Result<Vec<_>, _>>()?);
        }
    }
    rows.sort();
    Ok(Answer { rows, plan })
}

async fn plan(engine: &Engine, source: &SourceName, sql: &str) -> Result<(Physical, Explanation), String> {
    let select = catalog::parse_ad_hoc(sql, std::slice::from_ref(source)).map_err(|problems| problems.to_string())?;
    let query = Arc::new(Query::ad_hoc(select));
    let snapshot = engine.snapshot_for(&query).await;
    let prepared = snapshot.prepare_ad_hoc(&query).await.map_err(|refusal| match refusal {
        Refusal::Fault(fault) => told(&fault),
        Refusal::Problems(problems) => problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    })?;
    let cut = Cut::All { terms: Vec::new() };
    let wanted = Wanted { prepared: &prepared, view: &View::default(), values: Vec::new(), cut };
    let physical = snapshot.plan(&wanted, DateTime::<Utc>::UNIX_EPOCH).await.map_err(|fault| told(&fault))?;
    let plan = physical.explain("check --live", 0);
    Ok((physical, plan))
}

/// A fault for the owner.
fn told(fault: &Fault) -> String {
    match &fault.internal {
        Some(cause) => format!("{}: {cause}", fault.detail),
        None => fault.detail.clone(),
    }
}

/// NULL is no text.
fn shown(column: &datafusion::arrow::array::ArrayRef, row: usize) -> Result<String, String> {
    if column.is_null(row) {
        return Ok("NULL".to_owned());
    }
    array_value_to_string(column, row).map_err(|error| error.to_string())
}

/// The first rows of which one side has another.
fn differences(there: &[Vec<String>], here: &[Vec<String>]) -> Vec<String> {
    let mut lines = Vec::new();
    if there.len() != here.len() {
        lines.push(format!("there: {} rows, here: {}", there.len(), here.len()));
    }
    let pairs = there.iter().zip(here).filter(|(there, here)| there != here).take(3);
    lines.extend(
        pairs.flat_map(|(there, here)| {
            [format!("there: {}", there.join(" | ")), format!("here:  {}", here.join(" | "))]
        }),
    );
    lines
}
