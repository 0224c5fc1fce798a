//! Requests that must be refused, one for every cause: what each is told, that both doors say the same, and that every
//! code of the documentation is among them.
//!
//! `tests/refusals` holds the project and, in `*.case` files ([`format`] says how to write one), the requests that fit a
//! line or two. What needs a hand (a cursor, a body of a megabyte, a table that changes) is in the files beside this.

mod bodies;
mod changes;
mod cursors;
mod descriptors;
mod documentation;
mod injection;
mod limits;
mod problem;
mod setup;

use std::{collections::BTreeSet, fmt::Display, panic::AssertUnwindSafe};

use aqueduct::{flight::code as grpc_code, model::Code};
use futures::FutureExt;
use reqwest::Method;

use crate::{
    cases::{
        format::{self, Case},
        parameters,
    },
    harness::{
        flight::{Fetched, Refused},
        http::{Answer, Request},
        server::Server,
        tools::repository,
    },
};
use setup::Suite;

/// Codes that no request of these tests meets, and why.
const UNREACHED: [(Code, &str); 5] = [
    (Code::Internal, "it stands for a defect; a request that reaches it is a bug of ours"),
    (Code::UnknownName, "only the admin listener says it: caching/invalidation.rs"),
    (Code::SpoolFull, "it needs a full spool: the tests of src/spool"),
    (Code::ResultTooLarge, "it needs a small spool: kept_results.rs"),
    (Code::SpoolDown, "it needs a spool that fails: the tests of src/spool"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_code_is_reached_and_every_cause_is_told() {
    let suite = Suite::start().await;
    let mut seen = Seen::default();
    let (idle, ()) = tokio::join!(limits::a_stream_that_stands_still(&suite), async {
        seen.add(cases(&suite).await);
        seen.add(bodies::all(&suite).await);
        seen.add(cursors::all(&suite).await);
        seen.add(descriptors::all(&suite).await);
        seen.add(limits::all(&suite).await);
    });
    seen.add(idle);
    // Last, because it breaks the sources.
    seen.add(changes::all(&suite).await);

    let failed: Vec<&str> = seen.0.iter().filter_map(|row| row.failure.as_deref()).collect();
    assert!(failed.is_empty(), "{} of {} fail:\n\n{}", failed.len(), seen.0.len(), failed.join("\n\n"));
    let names: BTreeSet<&str> = seen.0.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names.len(), seen.0.len(), "two rows show the same");
    assert!(names.len() >= 100, "only {} rows", names.len());
    for code in Code::ALL {
        let reached = seen.0.iter().any(|row| row.code == *code);
        let listed = UNREACHED.iter().any(|(unreached, _)| unreached == code);
        assert_eq!(reached, !listed, "{} is reached", code.as_str());
    }
    suite.assert_no_secret(&suite.server.log(), "the log");
}

/// What the rows came to.
#[derive(Debug, Default)]
struct Seen(Vec<Row>);

impl Seen {
    fn add(&mut self, rows: Vec<Row>) {
        self.0.extend(rows);
    }
}

/// A request that was made, the code it had to meet, and what went wrong.
#[derive(Debug)]
pub struct Row {
    name: String,
    code: Code,
    failure: Option<String>,
}

impl Row {
    /// Runs a row; a panic is its failure.
    pub async fn run(name: impl Display, code: Code, row: impl Future<Output = ()>) -> Self {
        let failure = AssertUnwindSafe(row).catch_unwind().await.err().map(|panic| {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            format!("== {name}\n{}", text.or_else(|| panic.downcast_ref().copied()).unwrap_or("no message"))
        });
        Self { name: name.to_string(), code, failure }
    }

    /// A request that HTTP must refuse with a detail of this pattern.
    pub async fn http(suite: &Suite, name: &str, request: Request, code: Code, detail: &str) -> Self {
        Self::run(name, code, async {
            let answer = request.send().await;
            suite.assert_problem(&answer, code);
            assert_detail(&answer, detail);
        })
        .await
    }
}

/// The `.case` files.
async fn cases(suite: &Suite) -> Vec<Row> {
    let mut rows = Vec::new();
    for case in format::read_group(&repository().join("tests/refusals")) {
        let case = Suite::fill(case);
        let named = case.body.as_ref().and_then(|body| body["code"].as_str()).unwrap_or_default();
        let code = Code::ALL.iter().copied().find(|code| code.as_str() == named);
        let code = code.unwrap_or_else(|| panic!("{}: {named:?} is no code", case.place));
        rows.push(Row::run(format!("{} ({})", case.name, case.place), code, check(suite, &case, code)).await);
    }
    rows
}

async fn check(suite: &Suite, case: &Case, code: Code) {
    let method = Method::from_bytes(case.method.as_bytes()).expect("a case has a method");
    let request = with_headers(suite.server.http().request(&method, &case.path), case);
    let answer =
        if case.request_body.is_empty() { request } else { request.body(case.request_body.clone()) }.send().await;
    assert_eq!(answer.status.as_u16(), case.status, "{}", answer.text());
    suite.assert_problem(&answer, code);
    format::assert_matches(case.body.as_ref().expect("each case has a body"), &answer.json());
    for (name, expected) in &case.headers {
        assert!(format::glob(expected, answer.header(name)), "{name}: {} instead of {expected}", answer.header(name));
    }
    if case.http_only {
        return;
    }
    // The query string as typed JSON, by POST and by Flight: the same code and, of the same values, the same text.
    let call = parameters::call(&suite.project, case);
    let path = case.path.split('?').next().unwrap_or_default();
    let posted = with_headers(suite.server.http().request(&Method::POST, path), case);
    let posted = if case.request_body.is_empty() { posted.header("content-type", "application/json") } else { posted };
    let posted = posted.body(call.parameters.to_string()).send().await;
    suite.assert_problem(&posted, code);
    let refused = fetch(&suite.server, case, &call).await.expect_err("what HTTP refuses, Flight refuses");
    let detail = posted.json()["detail"].as_str().expect("a problem has a detail").to_owned();
    suite.assert_refused(&refused, code, &detail);
}

fn with_headers(request: Request, case: &Case) -> Request {
    case.request_headers.iter().fold(request, |request, (name, value)| request.header(name, value))
}

async fn fetch(server: &Server, case: &Case, call: &parameters::Call) -> Result<Fetched, Refused> {
    let mut flight = server.flight().await;
    for (name, value) in &case.request_headers {
        if name.eq_ignore_ascii_case("authorization") || name.eq_ignore_ascii_case("x-api-key") {
            flight = flight.header(name, value);
        }
    }
    flight.command(&call.query, call.version, &call.parameters).await
}

/// Panics unless the answer's detail has this pattern.
pub fn assert_detail(answer: &Answer, pattern: &str) {
    let json = answer.json();
    let detail = json["detail"].as_str().unwrap_or_default();
    assert!(format::glob(pattern, detail), "{detail:?} instead of {pattern:?}");
}

impl Suite {
    /// Panics unless Flight refused with this code, in gRPC's terms too, and with this detail.
    pub fn assert_refused(&self, refused: &Refused, code: Code, detail: &str) {
        self.assert_no_secret(&refused.message, "Flight's message");
        assert_eq!(refused.code, grpc_code(code.kind()), "{}", refused.message);
        let expected = format!("{}: {detail}", code.as_str());
        assert!(refused.message.starts_with(&expected), "{:?} instead of {expected:?}", refused.message);
    }
}
