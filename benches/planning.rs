//! What planning costs: `planning kept|made DIRECTORY NAME…` opens the project and prints as JSON, for each query, how many
//! microseconds of processor time one call of `Snapshot::plan` takes for its first page, with the parameters' defaults.
//! `kept`: the plan was made before for such requests. `made`: it is made, of a query that was only just prepared.

use std::{collections::BTreeMap, env, error::Error, fs, path::Path, process::ExitCode, sync::Arc};

use aqueduct::{
    app::App,
    catalog::{Consistency, Query},
    config::Environment,
    engine::{Cut, Paging, Prepared, Snapshot, View, Wanted},
    model::QueryName,
    pipeline::DEFAULT_LIMIT,
};
use chrono::Utc;
use mimalloc::MiMalloc;

/// That of the server.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Seconds of processor time, after which its clock of hundredths is exact enough.
const ENOUGH: f64 = 1.0;

#[derive(Clone, Copy)]
enum Plans {
    Kept,
    Made,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let usage = || {
        eprintln!("usage: planning kept|made DIRECTORY NAME…");
        ExitCode::from(2)
    };
    let [plans, directory, names @ ..] = arguments.as_slice() else { return usage() };
    let plans = match plans.as_str() {
        "kept" => Plans::Kept,
        "made" => Plans::Made,
        _ => return usage(),
    };
    match planning(plans, Path::new(directory), names).await {
        Ok(figures) => {
            println!("{}", serde_json::json!(figures));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn planning(plans: Plans, directory: &Path, names: &[String]) -> Result<BTreeMap<String, f64>, Box<dyn Error>> {
    let app = App::open(directory, &Environment::of_process()).await.map_err(|problems| format!("{problems:?}"))?;
    let snapshot = app.engine.snapshot();
    let mut figures = BTreeMap::new();
    for name in names {
        let key = (QueryName::parse(name).ok_or("a query's name is domain.name")?, 1);
        let query = app.project.queries.get(&key).ok_or_else(|| format!("no query is named {name}"))?;
        figures.insert(name.clone(), microseconds(plans, &snapshot, query).await?);
    }
    Ok(figures)
}

/// Of one call: many are made.
async fn microseconds(plans: Plans, snapshot: &Snapshot, query: &Arc<Query>) -> Result<f64, Box<dyn Error>> {
    // What the sources say of the statements is asked once, and the plan is kept from here on.
    let prepared = snapshot.prepared(query).map_err(|fault| format!("{fault:?}"))?;
    plan(snapshot, &prepared).await?;
    let (mut spent, mut calls) = (0.0, 0.0);
    while spent < ENOUGH {
        // Preparing a query is part of loading it and is not counted.
        let batch = match plans {
            Plans::Kept => vec![Arc::clone(&prepared); 1000],
            Plans::Made => fresh(snapshot, query, 20).await?,
        };
        let before = processor_time()?;
        for prepared in &batch {
            plan(snapshot, prepared).await?;
            calls += 1.0;
        }
        spent += processor_time()? - before;
    }
    Ok(spent / calls * 1e6)
}

/// The query, prepared again and again: each time without plans.
async fn fresh(snapshot: &Snapshot, query: &Arc<Query>, count: usize) -> Result<Vec<Arc<Prepared>>, Box<dyn Error>> {
    let mut batch = Vec::with_capacity(count);
    for _ in 0..count {
        let prepared = snapshot.prepare_ad_hoc(query).await.map_err(|refusal| format!("{refusal:?}"))?;
        batch.push(Arc::new(prepared));
    }
    Ok(batch)
}

/// The plan of the first page, as a door asks for it.
async fn plan(snapshot: &Snapshot, prepared: &Prepared) -> Result<(), Box<dyn Error>> {
    let params = prepared.query.params.iter();
    let values = params.map(|param| param.default.clone().unwrap_or_else(|| param.value_type.null())).collect();
    let rows = DEFAULT_LIMIT.min(prepared.page.max) + 1;
    let view = View::default();
    let Paging { consistency, terms, .. } = prepared.paging(&view);
    let cut = match consistency {
        Consistency::Keyset => Cut::Keyset { terms, after: None, rows },
        Consistency::Stored => Cut::All { terms },
    };
    let wanted = Wanted { prepared, view: &view, values, cut };
    snapshot.plan(&wanted, Utc::now()).await.map_err(|fault| format!("{fault:?}"))?;
    Ok(())
}

/// Seconds of processor time that this process has had, in all its threads.
fn processor_time() -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/self/stat")?;
    // Behind the program's name, which may contain anything: user and system time are the twelfth and thirteenth.
    let (_, fields) = text.rsplit_once(')').ok_or("no program's name")?;
    let ticks: Vec<f64> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / 100.0)
}
