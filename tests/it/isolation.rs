//! One consumer's rows as another: through parameters, shaping, cursors, kept results, the cache, `ETags`, counts, formats,
//! tickets and error texts. Every row bears a mark of its region, and no answer to anybody may hold another region's.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{
    flight::{Flight, command_descriptor},
    http::{Answer, Http, Request},
    postgres,
    project::Project,
    server::Server,
};

/// Consumers, the regions that they claim, and how many rows of each size that makes.
const CONSUMERS: [(&str, &[&str]); 5] =
    [("eu", &["EU"]), ("eu_too", &["EU"]), ("us", &["US"]), ("both", &["EU", "US"]), ("none", &[])];
const REGIONS: [&str; 2] = ["EU", "US"];
const ROWS: usize = 40;

/// The EU's rows divide; one of the US does not.
const TABLES: &str = "
    CREATE TABLE orders (id bigint PRIMARY KEY, region text NOT NULL, amount bigint NOT NULL, mark text NOT NULL);
    INSERT INTO orders SELECT n, CASE WHEN n % 2 = 0 THEN 'EU' ELSE 'US' END, n,
        'mark-of-' || CASE WHEN n % 2 = 0 THEN 'EU' ELSE 'US' END || '-' || n FROM generate_series(1, 80) AS n;";

const QUERIES: [(&str, &str, &str); 8] = [
    ("keyset", "page: {key: [id]}", "SELECT id, region, amount, mark FROM pg.orders WHERE (:region IS NULL OR region = :region)"),
    ("kept", "page: {key: [id], consistency: stored}", "SELECT id, region, amount, mark FROM pg.orders WHERE (:region IS NULL OR region = :region)"),
    ("keyset_cached", "page: {key: [id]}\ncache: {ttl: 1h, stale: 1h}", "SELECT id, region, amount, mark FROM pg.orders WHERE (:region IS NULL OR region = :region)"),
    ("kept_cached", "page: {order: [-amount]}\ncache: {ttl: 1h, stale: 1h}", "SELECT id, region, amount, mark FROM pg.orders WHERE (:region IS NULL OR region = :region)"),
    ("joined", "cache: {ttl: 1h}", "SELECT a.id, b.region, b.amount, b.mark FROM pg.orders AS a JOIN pg.public.orders AS b ON b.id = a.id WHERE (:region IS NULL OR a.region = :region)"),
    ("nested", "cache: {ttl: 1h}", "WITH o AS (SELECT * FROM pg.orders) SELECT id, region, amount, mark FROM o WHERE amount IN (SELECT amount FROM pg.orders) AND (:region IS NULL OR region = :region)"),
    ("divided", "page: {key: [id]}\ncache: {ttl: 1h}", "SELECT id, region, 100 / (amount - 7) AS amount, mark FROM pg.orders WHERE (:region IS NULL OR region = :region)"),
    ("grouped", "page: {key: [region]}\ncache: {ttl: 1h}", "SELECT region, count(*) AS id, sum(amount)::bigint AS amount, max(mark) AS mark FROM pg.orders WHERE (:region IS NULL OR region = :region) GROUP BY region"),
];

fn key(consumer: &str) -> String {
    format!("aq_isolation-{consumer}")
}

struct World {
    _project: Project,
    server: Server,
    http: Http,
}

impl World {
    async fn start() -> Self {
        let database = postgres::database().await;
        database.execute(TABLES).await;
        let keys: Vec<_> = CONSUMERS
            .iter()
            .map(|(id, regions)| {
                let claims =
                    if regions.is_empty() { String::new() } else { format!(", claims: {{regions: [{}]}}", regions.join(", ")) };
                let hash = Sha256::digest(key(id)).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
                format!("    - {{id: {id}, hash: \"sha256:{hash}\", scopes: [\"t:read\"]{claims}}}\n")
            })
            .collect();
        let mut project = Project::new()
            .postgres(&database)
            .file("aqueduct.yaml", &format!("auth:\n  keys:\n{}", keys.concat()))
            .file(
                "catalogs/pg.yaml",
                "kind: postgres\nurl: \"{{postgres_url}}\"\ntables:\n  orders: {rows: \"region = ANY(:claims.regions)\"}\n",
            );
        for (name, header, select) in QUERIES {
            let text = format!(
                "/*---\nname: t.{name}\nversion: 1\nparams: {{region: {{type: string, optional: true}}}}\n{header}\n\
                 consumer: {{fields: true, filter: true, sort: true}}\naccess: {{scopes: [\"t:read\"]}}\n---*/\n{select}\n"
            );
            project = project.file(&format!("queries/t/{name}.sql"), &text);
        }
        let server = Server::start(project.path(), &[]).await;
        Self { http: server.http(), _project: project, server }
    }

    fn get(&self, consumer: &str, path: &str) -> Request {
        self.http.get(path).bearer(&key(consumer))
    }

    /// An answer that holds nothing that `consumer` may not see, neither in its body nor in its head.
    async fn ask(&self, consumer: &str, path: &str) -> Answer {
        let answer = self.get(consumer, path).send().await;
        check(consumer, path, &answer);
        answer
    }
}

fn claims(consumer: &str) -> &'static [&'static str] {
    CONSUMERS.iter().find(|(id, _)| *id == consumer).map(|(_, regions)| *regions).expect("a consumer")
}

fn check(consumer: &str, what: &str, answer: &Answer) {
    let hidden = REGIONS.iter().filter(|region| !claims(consumer).contains(region));
    for region in hidden {
        let mark = format!("mark-of-{region}");
        let shows = answer.bytes.windows(mark.len()).any(|bytes| bytes == mark.as_bytes());
        assert!(!shows, "{consumer} sees {region} by {what}: {}", String::from_utf8_lossy(&answer.bytes));
        assert!(!format!("{:?}", answer.headers).contains(&mark), "{consumer} sees {region} in the head of {what}");
    }
}

fn expected(consumer: &str) -> usize {
    claims(consumer).len() * ROWS
}

/// Pages, streams and counts of every query, whoever has asked before.
#[tokio::test(flavor = "multi_thread")]
async fn everyone_sees_their_own_rows_whoever_asked_before() {
    let world = World::start().await;
    for round in 0..2 {
        for (name, ..) in QUERIES.iter().filter(|(name, ..)| *name != "divided") {
            let mut consumers = CONSUMERS.to_vec();
            consumers.rotate_left(round * 2);
            for (consumer, regions) in consumers {
                let rows = if *name == "grouped" { regions.len() } else { expected(consumer) };
                let page = world.ask(consumer, &format!("/v1/t/{name}?limit=1000&count=exact")).await;
                assert_eq!(page.rows().len(), rows, "{consumer} {name}: {}", page.text());
                assert_eq!(page.json()["pagination"]["total"], rows, "{consumer} {name}: {}", page.text());
                for format in ["ndjson", "csv", "arrow", "parquet"] {
                    let stream = world.ask(consumer, &format!("/v1/t/{name}?format={format}")).await;
                    assert_eq!(stream.status, 200, "{consumer} {name} {format}");
                    if format == "ndjson" {
                        assert_eq!(stream.ndjson().len(), rows, "{consumer} {name}");
                    }
                }
                // Asking for another region by name gives nothing of it.
                for region in REGIONS {
                    let page = world.ask(consumer, &format!("/v1/t/{name}?region={region}&count=exact")).await;
                    let has = regions.contains(&region);
                    assert_eq!(page.json()["pagination"]["total"] != json!(0), has, "{consumer} {name} {region}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shaping_finds_nothing_that_is_hidden() {
    let world = World::start().await;
    for (name, ..) in QUERIES.iter().filter(|(name, ..)| !["grouped", "divided"].contains(name)) {
        // Someone who sees everything fills every cache.
        for consumer in ["both", "us", "eu", "none"] {
            for shaping in [
                "region__eq=US",
                "region__ne=EU",
                "mark__like=mark-of-US%25",
                "mark__eq=mark-of-US-7",
                "id__in=7&id__in=8",
                "amount__gte=0&sort=-amount",
                "sort=region,-mark&fields=mark",
                "fields=mark,id&id__lte=20",
                "id__eq=7",
            ] {
                let page = world.ask(consumer, &format!("/v1/t/{name}?{shaping}&count=exact&limit=500")).await;
                assert_eq!(page.status, 200, "{consumer} {name} {shaping}: {}", page.text());
                let total = page.json()["pagination"]["total"].as_u64().expect("a count");
                assert_eq!(total, page.rows().len() as u64, "{consumer} {name} {shaping}");
                if shaping == "id__eq=7" {
                    assert_eq!(total, u64::from(claims(consumer).contains(&"US")), "{consumer} {name}");
                }
                world.ask(consumer, &format!("/v1/t/{name}?{shaping}&format=ndjson")).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_serves_only_who_was_given_it() {
    let world = World::start().await;
    for (name, ..) in QUERIES.iter().filter(|(name, ..)| !["grouped", "divided"].contains(name)) {
        for (owner, others) in [("us", ["eu", "none", "both"]), ("eu", ["eu_too", "us", "both"])] {
            let first = world.ask(owner, &format!("/v1/t/{name}?limit=5")).await;
            let cursor = first.cursor().unwrap_or_else(|| panic!("{name}: {}", first.text()));
            let own = world.ask(owner, &format!("/v1/t/{name}?limit=5&cursor={cursor}")).await;
            assert_eq!(own.rows().len(), 5, "{name}: {}", own.text());
            for other in others {
                for more in ["", "&skip=3", "&count=exact", "&format=ndjson", "&format=csv", "&format=arrow"] {
                    let stolen = world.ask(other, &format!("/v1/t/{name}?limit=5&cursor={cursor}{more}")).await;
                    assert!([400, 410].contains(&stolen.status.as_u16()), "{other} {name}{more}: {}", stolen.text());
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_etag_of_one_is_no_answer_to_another() {
    let world = World::start().await;
    for name in ["keyset_cached", "kept_cached", "joined"] {
        let path = format!("/v1/t/{name}?limit=5");
        let theirs = world.ask("us", &path).await;
        let tag = theirs.headers.get("etag").and_then(|tag| tag.to_str().ok()).expect("a tag").to_owned();
        let again = world.get("us", &path).header("if-none-match", &tag).send().await;
        assert_eq!(again.status, 304, "{name}");
        for consumer in ["eu", "none", "both"] {
            let answer = world.get(consumer, &path).header("if-none-match", &tag).send().await;
            check(consumer, &path, &answer);
            assert_eq!(answer.status, 200, "{consumer} {name}");
        }
        // The same claims are one run, and yet the cursors are their own.
        let (one, two) = (world.ask("eu", &path).await, world.ask("eu_too", &path).await);
        assert!(two.header("cache-status").contains("hit"), "{name}: {}", two.header("cache-status"));
        assert_eq!(one.rows(), two.rows());
        assert_ne!(one.cursor(), two.cursor(), "{name}");
        assert_ne!(one.header("etag"), two.header("etag"), "{name}: the bodies differ by their cursors");
        assert!(!world.ask("both", &path).await.rows().is_empty());
    }
}

/// What fails because of a hidden row would tell that there is one.
#[tokio::test(flavor = "multi_thread")]
async fn errors_tell_nothing_of_hidden_rows() {
    let world = World::start().await;
    for round in 0..2 {
        for more in ["", "&format=ndjson", "&count=exact", "&region=US", "&id__gte=1", "&sort=-id"] {
            let failed = world.ask("us", &format!("/v1/t/divided?limit=1000{more}")).await;
            assert_ne!(failed.status, 200, "{round} {more}: {}", failed.text());
            assert!(!failed.text().contains("amount - 7"), "{}", failed.text());
            for consumer in ["eu", "none"] {
                let answer = world.ask(consumer, &format!("/v1/t/divided?limit=1000{more}")).await;
                assert_eq!(answer.status, 200, "{consumer} {round} {more}: {}", answer.text());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_is_no_credential() {
    let world = World::start().await;
    for (name, ..) in QUERIES.iter().filter(|(name, ..)| !["grouped", "divided"].contains(name)) {
        let params = Value::Object(serde_json::Map::new());
        let descriptor = command_descriptor(&format!("t.{name}"), 1, &params);
        let mut theirs: Flight = world.server.flight().await.bearer(&key("us"));
        let info = theirs.client().get_flight_info(descriptor).await.expect("it may be asked for");
        let ticket = info.endpoint[0].ticket.clone().expect("a ticket");
        for (consumer, _) in CONSUMERS {
            let mut own = world.server.flight().await.bearer(&key(consumer));
            let fetched = own.ticket(ticket.clone()).await.unwrap_or_else(|refused| panic!("{refused:?}"));
            let rows: usize = fetched.batches.iter().map(arrow::array::RecordBatch::num_rows).sum();
            assert_eq!(rows, expected(consumer), "{consumer} {name}");
            let text = format!("{:?}", fetched.batches);
            for region in REGIONS.iter().filter(|region| !claims(consumer).contains(region)) {
                assert!(!text.contains(&format!("mark-of-{region}")), "{consumer} {name}");
            }
        }
        let mut anybody = world.server.flight().await;
        assert!(anybody.ticket(ticket).await.is_err(), "{name}");
    }
}
