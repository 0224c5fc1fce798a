//! The command line: what each command takes, and how it ends.

mod check;
mod explain;
mod key;
mod output;
mod plan_text;
mod query;
mod serve;
mod sql_text;
mod table;

use std::{fmt, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    app::App,
    config::Environment,
    engine::Refusal,
    model::{Fault, Problems, QueryName},
    pipeline::Parameters,
};

/// Federated SQL queries as APIs: JSON pages over HTTP, Arrow over Flight.
///
/// A project is a directory with aqueduct.yaml, catalogs/ (one file for each source) and queries/ (one SQL file for each
/// API). `aqueduct serve` serves it, `aqueduct check` says what is wrong with it.
#[derive(Debug, Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done, 1 failed (standard error says why), 2 used wrongly."
)]
struct Cli {
    /// The project's directory
    #[arg(short = 'C', long = "directory", value_name = "DIR", default_value = ".", global = true)]
    directory: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::doc_markdown, reason = "these comments are the help that the terminal shows")]
enum Command {
    /// Serve every query over HTTP and Flight until SIGTERM or Ctrl-C
    ///
    /// Prints one line when it listens: listening http=ADDR flight=ADDR admin=ADDR. Logs go to standard error, as JSON.
    /// On SIGTERM requests under way may finish for 30 s; a second signal ends at once.
    Serve,
    /// Validate every file and plan every query against its sources
    ///
    /// Prints all mistakes at once, each with file:line:column and a hint, and exits with 1 if there is any.
    Check,
    /// Show what of a query runs in which source, and what runs here and why
    Explain(explain::Explain),
    /// Run a named query and print its rows
    ///
    /// Example: aqueduct query sales.top_customers since=2026-01-01 region=EU --format csv --output top.csv
    Query(query::Named),
    /// Run one SELECT over the project's sources and print its rows
    ///
    /// Example: aqueduct sql 'SELECT count(*) AS n FROM crm.customers'
    Sql(query::AdHoc),
    /// Make API keys
    Key {
        #[command(subcommand)]
        command: key::Key,
    },
}

/// A query and its parameters.
#[derive(Debug, Args)]
struct Target {
    /// The query: domain.name, or domain.name@version; the newest version unless said
    #[arg(value_name = "NAME[@VERSION]", value_parser = name_and_version)]
    name: (QueryName, Option<u32>),
    /// Parameters; a list repeats its name
    #[arg(value_name = "PARAM=VALUE", value_parser = pair)]
    params: Vec<(String, String)>,
    #[command(flatten)]
    shape: Shape,
}

/// What is wanted of the result, where the header of the query allows it to consumers.
#[derive(Debug, Args)]
struct Shape {
    /// Only these columns, in this order
    #[arg(long, value_name = "COLUMN,…")]
    fields: Option<String>,
    /// Sorted by these columns; `-` before one for descending
    #[arg(long, value_name = "[-]COLUMN,…", allow_hyphen_values = true)]
    sort: Option<String>,
    /// Only rows of which this holds, such as revenue__gte=10; may be repeated
    #[arg(long, value_name = "COLUMN__OPERATOR=VALUE", value_parser = filter)]
    filter: Vec<(String, String)>,
}

impl Target {
    fn parameters(&self) -> Parameters {
        Parameters::Pairs(self.params.clone())
    }

    fn shaping(&self) -> Vec<(String, String)> {
        let Shape { fields, sort, filter } = &self.shape;
        let lists = [("fields", fields), ("sort", sort)].into_iter();
        let lists = lists.filter_map(|(name, text)| Some((name.to_owned(), text.clone()?)));
        lists.chain(filter.iter().cloned()).collect()
    }
}

/// Where the work of this one run is done.
#[derive(Clone, Copy, Debug, Args)]
struct Pushdown {
    /// Ask the sources for columns only and do everything else here: the rows are the same
    #[arg(long = "no-pushdown")]
    off: bool,
}

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RowFormat {
    /// Aligned columns, for reading
    Table,
    /// One array of objects
    Json,
    /// One object a line
    Ndjson,
    /// RFC 4180 with a header line
    Csv,
    /// The Arrow IPC stream format
    Arrow,
    /// The Arrow IPC file format, also known as Feather
    ArrowFile,
    /// One Parquet file
    Parquet,
}

/// Why a command failed; its text is for the person at the terminal.
#[derive(Debug)]
enum Failure {
    /// The project has mistakes.
    Project(Problems),
    /// The query failed. The owner may read what consumers may not.
    Query(Box<Fault>),
    /// Nobody reads standard output any more.
    Pipe,
    /// Everything else.
    Other(String),
}

impl From<Problems> for Failure {
    fn from(problems: Problems) -> Self {
        Self::Project(problems)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Query(Box::new(fault))
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Fault(fault) => fault.into(),
            Refusal::Problems(found) => {
                let mut problems = Problems::default();
                problems.extend(found);
                problems.into()
            }
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe { Self::Pipe } else { Self::Other(error.to_string()) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project(problems) => {
                write!(f, "{problems}")
            }
            Self::Query(fault) => {
                write!(f, "error: {fault}")?;
                for parameter in &fault.parameters {
                    write!(f, "\n    {}: {}", parameter.parameter, parameter.detail)?;
                }
                if let Some(hint) = &fault.hint {
                    write!(f, "\n    hint: {hint}")?;
                }
                match &fault.internal {
                    Some(cause) if !cause.is_empty() => write!(f, "\n    cause: {cause}"),
                    _ => Ok(()),
                }
            }
            Self::Pipe => write!(f, "error: standard output was closed"),
            Self::Other(text) => write!(f, "error: {text}"),
        }
    }
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        // Planning recurses over the query's tree.
        .thread_stack_size(8 * 1024 * 1024)
        .build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime
                .block_on(async { tokio::spawn(cli.run()).await.map_err(|error| Failure::Other(error.to_string()))? });
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(Failure::Other(format!("the runtime cannot start: {error}"))),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

impl Cli {
    async fn run(self) -> Result<ExitCode, Failure> {
        let mut environment = Environment::of_process();
        if self.command.is_without_pushdown() {
            environment = environment.with("AQUEDUCT_ENGINE__PUSHDOWN", "off");
        }
        match self.command {
            Command::Key { command } => return command.run(),
            Command::Check => return check::run(&self.directory, &environment).await,
            _ => {}
        }
        if matches!(self.command, Command::Serve) {
            crate::telemetry::log_to_stderr();
        }
        let app = App::open(&self.directory, &environment).await?;
        match self.command {
            Command::Serve => serve::run(&app).await?,
            Command::Explain(command) => command.run(&app).await?,
            Command::Query(command) => command.run(&app).await?,
            Command::Sql(command) => command.run(&app).await?,
            Command::Check | Command::Key { .. } => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Command {
    fn is_without_pushdown(&self) -> bool {
        match self {
            Self::Explain(explain::Explain { pushdown, .. })
            | Self::Query(query::Named { pushdown, .. })
            | Self::Sql(query::AdHoc { pushdown, .. }) => pushdown.off,
            Self::Serve | Self::Check | Self::Key { .. } => false,
        }
    }
}

fn name_and_version(text: &str) -> Result<(QueryName, Option<u32>), String> {
    let (name, version) = match text.split_once('@') {
        Some((name, version)) => {
            let number =
                version.trim_start_matches('v').parse().map_err(|_| format!("`{version}` is no version number"))?;
            (name, Some(number))
        }
        None => (text, None),
    };
    let name =
        QueryName::parse(name).ok_or_else(|| format!("`{name}` is no query name such as sales.top_customers"))?;
    Ok((name, version))
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not of the form name=value"))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn filter(text: &str) -> Result<(String, String), String> {
    let (name, value) = pair(text)?;
    if name.contains("__") { Ok((name, value)) } else { Err(format!("`{name}` is not of the form column__operator")) }
}
