//! `aqueduct explain`: the plan of a query's first page, laid out for reading or as JSON.

use clap::{Args, ValueEnum};

use super::{Failure, Target, output};
use crate::{
    app::App,
    engine::{Explanation, SourcePart},
    model::Fault,
    pipeline::Want,
};

#[derive(Debug, Args)]
pub(super) struct Explain {
    #[command(flatten)]
    target: Target,
    /// Run it too, and show what it took
    #[arg(long)]
    analyze: bool,
    /// How the plan is printed
    #[arg(long, value_enum, default_value = "text")]
    format: PlanFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PlanFormat {
    /// For reading
    Text,
    /// For programs; stable
    Json,
}

impl Explain {
    pub(super) async fn run(self, app: &App) -> Result<(), Failure> {
        let (name, version) = &self.target.name;
        let bound = app.road.as_owner().resolve(name, *version)?.grant()?.bind(&self.target.parameters())?;
        let planned = bound.plan(Want::Page { limit: None, cursor: None }).await?;
        let plan = if self.analyze { planned.analyze().await? } else { planned.explain() };
        output::print(&match self.format {
            PlanFormat::Json => serde_json::to_string_pretty(&plan).map_err(Fault::internal)? + "\n",
            PlanFormat::Text => text(&plan),
        })
    }
}

fn text(plan: &Explanation) -> String {
    let mut lines = vec![format!("{}@{}", plan.query, plan.version)];
    for part in &plan.sources {
        lines.push(String::new());
        lines.push(match &part.table {
            Some(table) => format!("in {}: {table}", part.source),
            None => format!("in {}", part.source),
        });
        lines.extend(part.sql.iter().map(|sql| format!("    {sql}")));
        lines.extend(part.predicates.iter().flatten().map(|predicate| format!("    skipping by {predicate}")));
        lines.extend(part.dynamic_filter.iter().map(|filter| format!("    only {filter}")));
        lines.extend(part.sent_keys.iter().map(|sent| format!("    sent of the keys: {sent}")));
        let figures = figures(part);
        if !figures.is_empty() {
            lines.push(format!("    {}", figures.join(", ")));
        }
    }
    if !plan.local.is_empty() {
        lines.push(String::new());
        lines.push("here".into());
    }
    for part in &plan.local {
        lines.push(format!("    {}", part.operator));
        lines.push(format!("        {}", part.reason));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn figures(part: &SourcePart) -> Vec<String> {
    let mut figures = Vec::new();
    figures.extend(part.estimated_rows.map(|rows| format!("about {rows} rows expected")));
    figures.extend(part.rows.map(|rows| format!("{rows} rows")));
    figures.extend(part.bytes.map(|bytes| format!("{bytes} bytes")));
    figures.extend(part.elapsed_ms.map(|elapsed| format!("{elapsed:.1} ms")));
    figures
}
