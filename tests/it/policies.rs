//! Policies: each consumer sees its own rows of a table, whatever the query, the source, the door and what is pushed
//! down; the owner sees all; and what an owner writes wrong is answered where it stands.

mod cursors;
mod mistakes;
mod shapes;

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    cli::run,
    harness::{
        delta::run_recipe,
        postgres::{self, Database},
        project::Project,
        server::Server,
        sqlite,
    },
};

const PLAN: &str = "application/vnd.aqueduct.plan+json";

/// A region that no text of SQL should be made of by hand.
const ODD: &str = "O'Hara \"é\" $1 \\ {a,b}";

/// What the source's file says of both tables, whatever the source.
const TABLES: &str = "tables:
  t: {key: [id], rows: \"region = ANY(:claims.regions)\"}
  o: {key: [id], rows: \"tenant = :claims.tenant AND amount > 0\"}
";

/// A caller: its key's id, its claims, and the conditions that stand for the policies of both tables.
struct Caller {
    id: &'static str,
    claims: &'static str,
    t: String,
    o: &'static str,
}

fn callers() -> Vec<Caller> {
    let caller = |id, claims, t: &str, o| Caller { id, claims, t: t.to_owned(), o };
    vec![
        caller("eu", "{regions: [EU], tenant: 1}", "region = 'EU'", "tenant = 1 AND amount > 0"),
        caller(
            "us",
            "{regions: [US, \"O'Hara \\\"é\\\" $$1 \\\\ {a,b}\"], tenant: \"2\"}",
            &format!("region IN ('US', '{}')", ODD.replace('\'', "''")),
            "tenant = 2 AND amount > 0",
        ),
        caller("empty", "{regions: [], tenant: 1}", "false", "tenant = 1 AND amount > 0"),
        caller("half", "{regions: EU}", "region = 'EU'", "false"),
        caller("bare", "{}", "false", "false"),
    ]
}

/// The key of a caller.
fn key(id: &str) -> String {
    format!("aq_{id}")
}

/// `aqueduct.yaml` with keys of these ids and claims. All may see plans.
fn settings<'a>(keys: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text =
        "auth:\n  anonymous: true\n  cursor_keys: [{id: k1, secret: \"a secret of the tests\"}]\n  keys:\n".to_owned();
    for (id, claims) in keys {
        let hash = Sha256::digest(key(id));
        let scopes = "scopes: [\"plan:read\"]";
        writeln!(text, "    - {{id: {id}, hash: \"sha256:{hash:x}\", {scopes}, claims: {claims}}}").expect("a string");
    }
    text
}

/// The rows of both tables.
fn rows() -> (Vec<Value>, Vec<Value>) {
    let region = |n: usize| [json!("EU"), json!("US"), json!(ODD), Value::Null, json!("eu")][n % 5].clone();
    let t = (1..=20).map(|n: usize| json!({"id": n, "region": region(n), "name": format!("name {}", n % 3)}));
    let o = (1..=45).map(|n| json!({"id": n, "t_id": n % 23, "tenant": n % 3, "amount": (n % 7) * 10}));
    (t.collect(), o.collect())
}

/// The statements that make both tables.
fn statements() -> String {
    let literal = |value: &Value| match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Null => "NULL".to_owned(),
        other => other.to_string(),
    };
    let (t, o) = rows();
    let insert = |table: &str, columns: &[&str], rows: &[Value]| {
        let row = |row: &Value| {
            let values: Vec<_> = columns.iter().map(|column| literal(&row[*column])).collect();
            format!("({})", values.join(", "))
        };
        format!("INSERT INTO {table} VALUES {};\n", rows.iter().map(row).collect::<Vec<_>>().join(", "))
    };
    format!(
        "CREATE TABLE t (id bigint PRIMARY KEY NOT NULL, region text, name text NOT NULL);\n\
         CREATE TABLE o (id bigint PRIMARY KEY NOT NULL, t_id bigint NOT NULL, tenant bigint NOT NULL, amount bigint NOT NULL);\n\
         {}{}",
        insert("t", &["id", "region", "name"], &t),
        insert("o", &["id", "t_id", "tenant", "amount"], &o)
    )
}

/// Both tables in Postgres (`pg`), SQLite (`lite`), Parquet (`lake`) and Delta Lake (`delta`), each under [`TABLES`].
async fn sources() -> (Database, Project) {
    let database = postgres::database().await;
    database.execute(&statements()).await;
    database.execute("CREATE VIEW v AS SELECT id, region, upper(name) AS name FROM t").await;
    let views = "  v: {rows: \"region = ANY(:claims.regions)\"}\n";
    let postgres = format!("kind: postgres\nurl: \"{{{{postgres_url}}}}\"\n{TABLES}{views}");
    let project = Project::new()
        .postgres(&database)
        .file("aqueduct.yaml", &settings(callers().iter().map(|caller| (caller.id, caller.claims))))
        .file("catalogs/pg.yaml", &postgres)
        .file("catalogs/lite.yaml", &format!("kind: sqlite\npath: lite.db\n{TABLES}"))
        .file("catalogs/lake.yaml", &format!("kind: files\nlocation: lake/\n{TABLES}"))
        .file("catalogs/delta.yaml", &format!("kind: delta\nlocation: delta/\n{TABLES}"));
    sqlite::execute(&project.join("lite.db"), &statements()).await;
    std::fs::create_dir(project.join("lake")).expect("it can be made");
    let (t, o) = rows();
    let both = json!({"t": t, "o": o}).to_string();
    let recipe = format!(
        "for name, rows in json.loads({both:?}).items():\n\
         \x20   rows = pa.Table.from_pylist(rows)\n\
         \x20   write(name, rows)\n\
         \x20   pa.parquet.write_table(rows, f'{{location}}/../lake/{{name}}.parquet')\n",
    );
    run_recipe(&project.join("delta").display().to_string(), &[], &recipe);
    (database, project)
}

/// A public query `s.NAME`.
fn with(project: Project, name: &str, header: &str, select: &str) -> Project {
    let text = format!("/*---\nname: s.{name}\nversion: 1\naccess: public\n{header}---*/\n{select}\n");
    project.file(&format!("queries/s/{name}.sql"), &text)
}

/// The one statement of a plan, and what runs beside it.
async fn plan(server: &Server, path: &str, caller: &str) -> Value {
    let answer = server.http().get(path).bearer(&key(caller)).header("accept", PLAN).send().await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_source_gets_the_condition_and_nothing_else() {
    let (database, project) = sources().await;
    let project = with(project, "pg", "page: {key: [id]}\n", "SELECT id, region FROM pg.t");
    let project = with(project, "lite", "page: {key: [id]}\n", "SELECT id, region FROM lite.t");
    let project = with(project, "lake", "page: {key: [id]}\n", "SELECT id, region FROM lake.t");
    let project = with(project, "delta", "page: {key: [id]}\n", "SELECT id, region FROM delta.t");
    let project = with(
        project,
        "count",
        "params: {name: {type: string, optional: true}}\n",
        "SELECT count(*) AS n, sum(a.id) AS ids FROM pg.t AS a JOIN pg.o AS b ON a.id = b.t_id WHERE :name IS NULL OR a.name = :name",
    );
    let server = Server::start(project.path(), &[]).await;

    let shown = plan(&server, "/v1/s/pg", "eu").await;
    let sql =
        "SELECT \"id\", \"region\" FROM \"public\".\"t\" WHERE (\"region\" = ANY ($1)) ORDER BY \"id\" ASC LIMIT $2";
    assert_eq!(without_casts(&shown["sources"][0]["sql"]), sql, "{shown}");
    assert_eq!(shown["local"], json!([]), "{shown}");
    let shown = plan(&server, "/v1/s/lite", "eu").await;
    let sql = shown["sources"][0]["sql"].as_str().expect("a statement");
    assert!(sql.contains(" WHERE ((`region` COLLATE BINARY) = ?1) ORDER BY ") && !sql.contains("NULL"), "{sql}");
    // What a plan expects of a table that is hidden in part says how large it is.
    for path in ["/v1/s/pg", "/v1/s/lite", "/v1/s/lake", "/v1/s/delta", "/v1/s/count"] {
        for caller in ["eu", "bare"] {
            let shown = plan(&server, path, caller).await;
            for part in shown["sources"].as_array().expect("a list") {
                assert_eq!((&part["estimated_rows"], part.get("files")), (&Value::Null, None), "{path}: {part}");
            }
        }
    }
    let shown = plan(&server, "/v1/s/count", "us").await;
    let sql = without_casts(&shown["sources"][0]["sql"]);
    assert!(sql.contains(" = ANY ($") && sql.contains("\"tenant\" = $") && !sql.contains("NULL"), "{sql}");

    // The owner, whom nothing restricts, sees no condition, and what the source expects.
    let explained = run(&project, &["explain", "s.pg", "--format", "json"]).good();
    let explained: Value = serde_json::from_str(explained.stdout()).expect("JSON");
    let sql = "SELECT \"id\", \"region\" FROM \"public\".\"t\" ORDER BY \"id\" ASC LIMIT $1";
    assert_eq!(without_casts(&explained["sources"][0]["sql"]), sql, "{explained}");
    let explained = run(&project, &["explain", "s.lake", "--format", "json"]).good();
    let explained: Value = serde_json::from_str(explained.stdout()).expect("JSON");
    assert_eq!(explained["sources"][0]["estimated_rows"], json!(20), "{explained}");

    // Plans are kept for all callers: each still gets its own rows, in any order of calls.
    for _ in 0..2 {
        for caller in callers() {
            let ids = server.http().get("/v1/s/pg").bearer(&key(caller.id)).send().await.rows().len();
            let condition = format!("SELECT count(*) FROM t WHERE {}", caller.t);
            assert_eq!(database.psql(&condition, &[])[0][0], Some(ids.to_string()), "{}", caller.id);
        }
    }
}

/// A statement without the types of its places: `$1::text[]`, and without the collation of texts.
fn without_casts(sql: &Value) -> String {
    let sql = sql.as_str().unwrap_or_else(|| panic!("{sql} is no statement"));
    let mut text = String::new();
    let mut words = sql.split("::");
    text.push_str(words.next().unwrap_or_default());
    for word in words {
        let end =
            word.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '[' | ']' | '_'))).unwrap_or(word.len());
        text.push_str(&word[end..]);
    }
    text.replace(" COLLATE \"C\"", "")
}

/// The tables' sizes, of which a query without a filter could be answered from a file's statistics.
#[tokio::test]
async fn statistics_answer_nobody_but_the_owner() {
    let (_database, mut project) = sources().await;
    for source in ["lake", "delta"] {
        let select = format!("SELECT count(*) AS n, min(id) AS first, max(id) AS last FROM {source}.t");
        project = with(project, source, "", &select);
    }
    let server = Server::start(project.path(), &[]).await;
    for source in ["lake", "delta"] {
        let path = format!("/v1/s/{source}");
        let ask = async |caller: &str| server.http().get(&path).bearer(&key(caller)).send().await.rows();
        assert_eq!(ask("eu").await, [json!({"n": 4, "first": 5, "last": 20})], "{source}");
        assert_eq!(ask("bare").await, [json!({"n": 0, "first": null, "last": null})], "{source}");
        assert_eq!(server.http().get(&path).send().await.rows(), [json!({"n": 0, "first": null, "last": null})]);
        let all = run(&project, &["query", &format!("s.{source}"), "--format", "json"]).good();
        let all: Value = serde_json::from_str(all.stdout()).expect("JSON");
        assert_eq!(all, json!([{"n": 20, "first": 1, "last": 20}]), "{source}");
    }
    let all = run(&project, &["sql", "SELECT count(*) AS n FROM pg.t", "--format", "json"]).good();
    assert!(all.stdout().contains("20"), "{}", all.stdout());
}
