//! What Flight alone can be asked: descriptors and tickets that cannot be read, and methods that are not offered.

use aqueduct::model::Code;
use arrow_flight::{Action, Criteria, FlightDescriptor, Ticket, error::FlightError};
use futures::{TryStreamExt, stream};

use super::{Row, Suite};
use crate::harness::flight::{Refused, path_descriptor};

/// All of them.
pub async fn all(suite: &Suite) -> Vec<Row> {
    let mut rows = Vec::new();
    let paths: [(&str, &[&str], &str); 4] = [
        ("an empty path", &[], "the path does not have three parts"),
        ("a path of two parts", &["refusals", "paged"], "the path does not have three parts"),
        ("a path of four parts", &["v1", "refusals", "paged", "x"], "the path does not have three parts"),
        ("a path without version", &["1", "refusals", "paged"], "the path does not begin with a version such as v1"),
    ];
    for (name, path, detail) in paths {
        rows.push(descriptor(suite, name, path_descriptor(path), detail).await);
    }
    let commands = [
        ("an empty command", "", "the command is not JSON"),
        ("a command that is SQL", "SELECT 1", "the command is not JSON"),
        ("a command that breaks off", "{\"query\": ", "the command is not a JSON object: "),
        ("a command with a key twice", r#"{"query": "a.b", "query": "a.c"}"#, "the command is not a JSON object: "),
        ("a command with an unknown key", r#"{"query": "a.b", "parms": {}}"#, "the command has an unknown key `parms`"),
        ("a command without a query", r#"{"version": 1}"#, "`query` is not the name of a query"),
        ("a command whose query is a number", r#"{"query": 7}"#, "`query` is not the name of a query"),
        (
            "a command with version -1",
            r#"{"query": "refusals.paged", "version": -1}"#,
            "`version` is not a whole number",
        ),
        ("a command with params in a list", r#"{"query": "a.b", "params": []}"#, "`params` is not an object"),
    ];
    for (name, command, detail) in commands {
        rows.push(descriptor(suite, name, FlightDescriptor::new_cmd(command.to_owned()), detail).await);
    }
    let code = Code::InvalidDescriptor;
    for (name, ticket) in [("a ticket of chance", &b"\x00\xff\x17"[..]), ("an empty ticket", b"")] {
        let row = async {
            let refused = suite.server.flight().await.ticket(Ticket::new(ticket.to_vec())).await;
            suite.assert_refused(&refused.expect_err("it cannot be read"), code, "the command is not JSON");
        };
        rows.push(Row::run(name, code, row).await);
    }
    rows.extend(methods(suite).await);
    rows
}

async fn descriptor(suite: &Suite, name: &str, descriptor: FlightDescriptor, detail: &str) -> Row {
    Row::run(name, Code::InvalidDescriptor, async {
        let refused = suite.server.flight().await.fetch(descriptor).await.expect_err("it cannot be read");
        suite.assert_refused(&refused, Code::InvalidDescriptor, detail);
    })
    .await
}

async fn methods(suite: &Suite) -> Vec<Row> {
    let mut flight = suite.server.flight().await;
    let client = flight.client();
    let action = Action { r#type: "Drop".to_owned(), body: bytes::Bytes::new() };
    let answers: [(&str, Option<FlightError>); 6] = [
        ("ListFlights", of_stream(client.list_flights(Criteria::default().expression).await).await),
        ("PollFlightInfo", client.poll_flight_info(path_descriptor(&["v1", "refusals", "paged"])).await.err()),
        ("DoPut", of_stream(client.do_put(stream::empty()).await).await),
        ("DoExchange", of_stream(client.do_exchange(stream::empty()).await).await),
        ("DoAction", of_stream(client.do_action(action).await).await),
        ("ListActions", of_stream(client.list_actions().await).await),
    ];
    let mut rows = Vec::new();
    for (method, error) in answers {
        let row = async {
            let refused = Refused::from(error.unwrap_or_else(|| panic!("{method} is not refused")));
            suite.assert_refused(&refused, Code::NotImplemented, &format!("{method} is not offered"));
        };
        rows.push(Row::run(format!("the method {method}"), Code::NotImplemented, row).await);
    }
    rows
}

/// What a stream's call or its first item failed with.
async fn of_stream<T, S>(answer: Result<S, FlightError>) -> Option<FlightError>
where
    S: futures::Stream<Item = Result<T, FlightError>> + Unpin,
{
    match answer {
        Ok(mut stream) => stream.try_next().await.err(),
        Err(error) => Some(error),
    }
}
