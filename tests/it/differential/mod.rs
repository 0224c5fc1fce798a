//! The differential suite: thousands of generated queries, and hard ones by hand, give the same rows with pushdown on and
//! off, and the same as Postgres itself where all tables are there and the documentation says nothing else.
//!
//! A query is made from its seed alone. What fails is made smaller and printed with its seed; `SEED=n QUERIES=1` runs it
//! again, and `SEED=n QUERIES=m` runs any others. `LONG_TESTS` runs more, from a seed of the clock.

mod check;
mod columns;
pub mod compare;
mod coverage;
mod data;
mod documented;
pub mod engine;
mod faults;
mod generate;
mod report;
mod shrink;
mod sql;
mod wire;
mod written;

use std::{
    env,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use check::{Case, Sides, Verdict};
use data::World;
use engine::Native;
use report::Report;
use sql::Dialect;

use crate::harness::{random::Random, tools};

/// Queries of every run, and of a long one.
const QUERIES: u64 = 2000;
const LONG: u64 = 40_000;
/// As many as there are processors on a small machine.
const WORKERS: usize = 2;
/// So few are shown one by one.
const FEW: u64 = 20;
/// After so many nobody learns from more.
const MOST_FAILURES: usize = 5;

/// Deep queries are planned by recursion, in the thread that waits too.
const STACK: usize = 32 * 1024 * 1024;

fn block_on<T: Send>(work: impl Future<Output = T> + Send) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .expect("a runtime starts");
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let waiting = thread.spawn_scoped(scope, || runtime.block_on(work)).expect("a thread starts");
        waiting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

/// The first seed, and how many follow it.
fn seeds() -> (u64, u64) {
    let long = tools::is_long_run();
    let first = number("SEED").unwrap_or_else(|| if long { Random::new().within(1..1 << 40) } else { 0 });
    (first, number("QUERIES").unwrap_or(if long { LONG } else { QUERIES }))
}

#[test]
fn generated_queries_give_the_same_rows_everywhere() {
    let (first, count) = seeds();
    let report = block_on(run(first, count));
    println!("{report}");
    report.assert(count);
}

async fn run(first: u64, count: u64) -> Report {
    let world = World::new().await;
    let sides = Arc::new(Sides { on: world.open(true).await, off: world.open(false).await });
    let (next, report) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(Report::default())));
    let began = Instant::now();
    let workers = (0..WORKERS).map(|_| {
        let (sides, next, report) = (Arc::clone(&sides), Arc::clone(&next), Arc::clone(&report));
        let reference = world.reference.clone();
        tokio::spawn(async move {
            let mut native = Native::connect(&reference).await;
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count || report.lock().expect("nobody panics").failures.len() >= MOST_FAILURES {
                    return;
                }
                let seed = first + index;
                let query = generate::query(seed);
                let outcome = check::check(&sides, &mut native, Case::of(&query)).await;
                if count <= FEW {
                    println!("SEED={seed}: {}\n{outcome:?}", query.sql(Dialect::Engine));
                }
                let failure = match &outcome.verdict {
                    Verdict::Differs(_) => Some(check::explained(&sides, &mut native, seed, query).await),
                    _ => None,
                };
                let mut report = report.lock().expect("nobody panics");
                report.add(seed, &outcome);
                report.failures.extend(failure);
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap_or_else(|error| panic!("a worker ends early: {error}"));
    }
    let mut report = std::mem::take(&mut *report.lock().expect("nobody panics"));
    report.elapsed = began.elapsed();
    report
}
