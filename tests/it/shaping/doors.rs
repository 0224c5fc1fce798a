//! The same shapes at the Flight door, on the command line and in a POST; what is pushed into the sources; and that plans
//! are kept for requests of one shape.

use arrow_flight::{FlightDescriptor, Ticket};
use serde_json::{Value, json};

use super::{ALL, Query, Suite};
use crate::{
    cli::run,
    harness::{
        http::Http,
        rows::{assert_same, assert_same_in_any_order},
    },
};

const QUERIES: &[Query] = &[
    (
        "plain",
        "params: {above: {type: int64, default: 0}}\npage: {key: [id]}\nconsumer: {fields: true, filter: true, sort: true}",
        "SELECT id, flag, big, ratio, price, note FROM SOURCE.edges WHERE id > :above",
    ),
    ("groups", ALL, "SELECT flag, sum(price) AS revenue, count(*) AS n FROM SOURCE.edges GROUP BY flag"),
    (
        "joined",
        ALL,
        "SELECT e.id, e.note AS region, l.ratio, l.flag FROM SOURCE.edges e JOIN lake.edges l ON l.id = e.id",
    ),
    ("closed", "page: {key: [id]}", "SELECT id FROM SOURCE.edges"),
];

#[tokio::test]
async fn flight_gives_the_same_rows_by_the_same_rules() {
    let suite = Suite::new(QUERIES).await;
    let [server, _] = suite.servers().await;
    let (http, mut flight) = (server.http(), server.flight().await);
    let command = |shape: &Value| {
        let mut command = json!({"query": "pg.plain", "version": 1, "params": {"above": 2}});
        command.as_object_mut().expect("an object").extend(shape.as_object().expect("an object").clone());
        FlightDescriptor::new_cmd(command.to_string())
    };
    for (shape, query_string, is_ordered) in [
        (json!({"fields": ["note", "id"], "sort": ["-big", "id"]}), "fields=note,id&sort=-big,id", true),
        (
            json!({"filter": {"big__gte": "10", "note__in": ["a", "é"]}}),
            "big__gte=10&note__in=a&note__in=%C3%A9",
            false,
        ),
        (
            json!({"filter": {"big__gte": 10, "flag__eq": true, "ratio__lt": 1.5}}),
            "big__gte=10&flag__eq=true&ratio__lt=1.5",
            false,
        ),
        (json!({"fields": ["ratio"], "filter": {"ratio__is": "nan"}}), "fields=ratio&ratio__is=nan", false),
    ] {
        let fetched = flight.fetch(command(&shape)).await.unwrap_or_else(|refused| panic!("{shape}: {refused:?}"));
        let rows = http.get(&format!("/v1/pg/plain?above=2&{query_string}&format=ndjson")).send().await.ndjson();
        assert!(!rows.is_empty(), "{shape}");
        if is_ordered {
            assert_same(&rows, &fetched)
        } else {
            assert_same_in_any_order(&rows, &fetched)
        }
        // A ticket may be written by hand.
        let ticket = Ticket::new(command(&shape).cmd);
        assert_eq!(flight.ticket(ticket).await.expect("rows").schema, fetched.schema);
        let schema = flight.client().get_schema(command(&shape)).await.expect("a schema");
        assert_eq!(schema, *fetched.schema);
    }
    for (shape, expected) in [
        (json!({"fields": "id"}), "`fields` is not a list of names of columns"),
        (json!({"fields": ["id,note"]}), "`fields` is not a list of names of columns"),
        (json!({"sort": [1]}), "`sort` is not a list of names of columns"),
        (json!({"filter": ["id__eq=1"]}), "`filter` is not an object"),
        (json!({"filter": {"id": 1}}), "`id` in `filter` is not of the form `column__operator`"),
        (json!({"filter": {"id__eq": null}}), "`id__eq` in `filter` is neither a value nor a list of values"),
        (json!({"filter": {"id__in": []}}), "`id__in` in `filter` is neither a value nor a list of values"),
        (json!({"filters": {}}), "unknown key `filters`"),
        (json!({"fields": []}), "names no column"),
        (json!({"fields": ["nope"]}), "`fields` names `nope`, which is none of its columns"),
        (json!({"filter": {"big__gte": "x"}}), "`big__gte` is not an integer"),
        (
            json!({"query": "pg.closed", "params": {}, "sort": ["id"]}),
            "the owner of the query lets nobody shape its result",
        ),
    ] {
        let refused = flight.fetch(command(&shape)).await.expect_err("it is wrong");
        assert_eq!(refused.code, tonic::Code::InvalidArgument, "{shape}");
        assert!(refused.message.contains(expected), "{shape}: {}", refused.message);
    }
}

#[tokio::test]
async fn a_post_is_shaped_in_its_query_string() {
    let suite = Suite::new(QUERIES).await;
    let [server, _] = suite.servers().await;
    let http = server.http();
    let shape = "fields=id&sort=-id&id__lt=9&limit=3";
    let posted = http.post(&format!("/v1/pg/plain?{shape}"), &json!({"above": 5})).send().await;
    assert_eq!(posted.rows(), http.get(&format!("/v1/pg/plain?{shape}&above=5")).send().await.rows());
    assert_eq!(posted.rows(), [json!({"id": 8}), json!({"id": 7}), json!({"id": 6})]);
    let refused = http.post("/v1/pg/plain", &json!({"fields": "id"})).send().await;
    assert_eq!(refused.status, 400, "{}", refused.text());
}

#[tokio::test]
async fn the_command_line_shows_what_a_consumer_gets() {
    let suite = Suite::new(QUERIES).await;
    let arguments = ["pg.plain", "above=40", "--fields", "note,id", "--sort", "-id", "--filter", "id__ne=44"];
    let shown = run(&suite.project, &[&["query"], &arguments[..], &["--format", "csv"]].concat()).good();
    let ids: Vec<_> =
        shown.stdout().lines().skip(1).map(|line| line.rsplit(',').next().expect("a field").to_owned()).collect();
    assert_eq!(
        (shown.stdout().lines().next(), ids.as_slice()),
        (Some("note,id"), ["45", "43", "42", "41"].map(str::to_owned).as_slice())
    );
    let refused = run(&suite.project, &["query", "pg.closed", "--fields", "id"]);
    refused.failed(1, &["lets nobody shape its result"]);
    let usage = run(&suite.project, &["query", "pg.plain", "--filter", "id=1"]);
    usage.failed(2, &["`id` is not of the form column__operator"]);
}

/// The statements, and the predicates of scans, that `aqueduct explain` shows.
fn explained(suite: &Suite, arguments: &[&str]) -> (Vec<String>, String) {
    let plan = run(&suite.project, &[&["explain"], arguments, &["--format", "json"]].concat()).good();
    let plan: Value = serde_json::from_str(plan.stdout()).expect("JSON");
    let sources = plan["sources"].as_array().expect("sources");
    let statements = sources.iter().filter_map(|source| source["sql"].as_str()).map(str::to_owned).collect();
    (statements, sources.iter().map(|source| source["predicates"].to_string()).collect())
}

#[tokio::test]
async fn filters_go_into_the_sources() {
    let suite = Suite::new(QUERIES).await;
    let (statements, _) = explained(&suite, &["pg.groups", "--filter", "revenue__gte=10", "--filter", "flag__is=true"]);
    let [statement] = statements.as_slice() else { panic!("{statements:?}") };
    assert!(statement.contains("HAVING") && statement.contains(">= $1"), "{statement}");
    let (statements, predicates) = explained(
        &suite,
        &["pg.joined", "--filter", "region__in=a", "--filter", "region__in=ab", "--filter", "ratio__gte=0"],
    );
    let [statement] = statements.as_slice() else { panic!("{statements:?}") };
    assert!(statement.contains("WHERE") && statement.contains("\"note\""), "{statement}");
    assert!(predicates.contains("ratio"), "{predicates}");
    let (statements, _) =
        explained(&suite, &["pg.plain", "--filter", "note__like=a%", "--sort", "-note", "--fields", "id"]);
    let [statement] = statements.as_slice() else { panic!("{statements:?}") };
    assert!(statement.contains("LIKE") && statement.contains("DESC"), "{statement}");
    assert!(!statement.contains("price"), "{statement}");
}

/// Many requests of one shape with different values, then the same shapes again: each gives the rows of its own values.
#[tokio::test]
async fn a_kept_plan_serves_each_request_its_own_rows() {
    let suite = Suite::new(QUERIES).await;
    let [pushing, local] = suite.servers().await;
    let ask = async |http: Http, query_string: String| {
        http.get(&format!("/v1/pg/plain?fields=id&sort=id&{query_string}")).send().await.rows()
    };
    let mut shapes = Vec::new();
    for round in 0..3 {
        for id in [3, 7, 44] {
            shapes.push(format!("id__gt={id}&id__lt={}", id + round + 2));
            shapes.push(format!("id__in={id}&id__in={round}&id__in=45"));
        }
        for (like, ratio) in [("a%25", "0"), ("_", "-0"), ("%25b%25", "1.5"), ("%25", "-Infinity")] {
            shapes.push(format!("note__like={like}"));
            shapes.push(format!("ratio__gte={ratio}"));
            shapes.push(format!("ratio__eq={ratio}"));
            shapes.push(format!("ratio__in={ratio}&ratio__in=1.5"));
        }
    }
    for shape in &shapes {
        let (kept, own) = (ask(pushing.http(), shape.clone()).await, ask(local.http(), shape.clone()).await);
        assert_eq!(kept, own, "{shape}");
    }
}
