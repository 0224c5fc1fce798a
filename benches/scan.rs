//! Reads one query of a project through the library, from the first call to the last record batch, and prints as JSON
//! what that gave and took. `scan DIRECTORY NAME [COLUMN…]` also adds up the named decimal columns.

use std::{env, error::Error, fs, path::Path, process::ExitCode, time::Instant};

use aqueduct::{
    app::App,
    config::Environment,
    model::QueryName,
    pipeline::{Body, Parameters, Want},
};
use arrow::{
    array::{Array as _, AsArray as _, RecordBatch},
    compute,
    datatypes::Decimal128Type,
};
use futures::StreamExt as _;
use serde_json::{Map, Value, json};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [directory, name, columns @ ..] = arguments.as_slice() else {
        eprintln!("usage: scan DIRECTORY NAME [COLUMN…]");
        return ExitCode::from(2);
    };
    match scan(Path::new(directory), name, columns).await {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn scan(directory: &Path, name: &str, columns: &[String]) -> Result<Value, Box<dyn Error>> {
    let app = App::open(directory, &Environment::of_process()).await.map_err(|problems| format!("{problems:?}"))?;
    let name = QueryName::parse(name).ok_or("a query's name is domain.name")?;
    let failed = |fault| format!("{fault:?}");

    let began = Instant::now();
    let bound = app.road.as_owner().resolve(&name, None).map_err(failed)?.grant().map_err(failed)?;
    let bound = bound.bind(&Parameters::Pairs(Vec::new()), &[]).map_err(failed)?;
    let answer = bound.answer(Want::Stream, &mut |_| {}).await.map_err(failed)?;
    let Body::Stream(mut rows) = answer.body else { return Err("a stream was asked for".into()) };
    let (mut count, mut bytes, mut sums) = (0, 0, vec![0; columns.len()]);
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(failed)?;
        count += batch.num_rows();
        bytes += size(&batch)?;
        for (sum, column) in sums.iter_mut().zip(columns) {
            *sum += total(&batch, column)?;
        }
    }
    let seconds = began.elapsed().as_secs_f64();

    let sums: Map<String, Value> = columns.iter().cloned().zip(sums.iter().map(|sum| sum.to_string().into())).collect();
    Ok(json!({"rows": count, "bytes": bytes, "seconds": seconds, "peak_mb": peak_memory()?, "sums": sums}))
}

/// Bytes of a batch's values, whatever else its buffers hold.
fn size(batch: &RecordBatch) -> Result<usize, Box<dyn Error>> {
    Ok(batch.columns().iter().map(|column| column.to_data().get_slice_memory_size()).sum::<Result<usize, _>>()?)
}

/// The sum of a decimal column, in its smallest unit.
fn total(batch: &RecordBatch, column: &str) -> Result<i128, Box<dyn Error>> {
    let array = batch.column_by_name(column).ok_or_else(|| format!("no column is named {column}"))?;
    let array =
        array.as_primitive_opt::<Decimal128Type>().ok_or_else(|| format!("{column} is {}", array.data_type()))?;
    Ok(compute::sum(array).unwrap_or(0))
}

/// The most resident memory that this process ever had, in MB.
fn peak_memory() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1000.0)
}
