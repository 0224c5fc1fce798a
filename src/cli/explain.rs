//! `aqueduct explain`: the plan of a query's first page, laid out for reading or as JSON.

use clap::{Args, ValueEnum};

use super::{Failure, Pushdown, Target, output, plan_text};
use crate::{
    app::App,
    model::Fault,
    pipeline::{Want, Window},
};

#[derive(Debug, Args)]
pub(super) struct Explain {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    pub(super) pushdown: Pushdown,
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
        let granted = app.road.as_owner().resolve(name, *version)?.grant()?;
        let bound = granted.bind(&self.target.parameters(), &self.target.shaping())?;
        let given = plan_text::parameters(bound.parameters());
        let planned = bound.plan(&Want::Page(Window::default())).await?;
        let plan = if self.analyze { planned.analyze().await? } else { planned.explain() };
        output::print(&match self.format {
            PlanFormat::Json => serde_json::to_string_pretty(&plan).map_err(Fault::internal)? + "\n",
            PlanFormat::Text => plan_text::lay_out(&plan, &given),
        })
    }
}
