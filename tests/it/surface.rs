//! The HTTP door as a client sees it: negotiation, pages, streams, headers, connections, odd requests.

mod bodies;
mod pages;
mod requests;
mod values;

use crate::harness::{
    postgres::{self, Database},
    project::Project,
    server::Server,
};

/// The key of every project here; its hash stands in `SETTINGS`.
const KEY: &str = "aq_demo_public_not_a_secret";

const SETTINGS: &str = r#"
auth:
  anonymous: true
  keys:
    - id: demo
      hash: "sha256:60e6bf806b71f8b230191e0f1d773e52fc9e09195a6d1e08c8590c2d3dfb93e3"
  cursor_keys: [{id: k1, secret: "a secret of the tests"}]
"#;

/// A server over a database of its own.
struct Surface {
    server: Server,
    database: Database,
    _project: Project,
}

/// Serves these queries, given as name, rest of the header, and SELECT, over a database with these tables.
async fn serve(tables: &str, queries: &[(&str, &str, &str)]) -> Surface {
    let database = postgres::database().await;
    database.execute(tables).await;
    let mut project = Project::new()
        .postgres(&database)
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/pg.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\n");
    for (name, header, select) in queries {
        let text = format!("/*---\nname: s.{name}\nversion: 1\n{header}\n---*/\n{select}\n");
        project = project.file(&format!("queries/s/{name}.sql"), &text);
    }
    let server = Server::start(project.path(), &[]).await;
    Surface { server, database, _project: project }
}

/// 2500 rows, as `s.numbers` with a key, as `s.keyless` without.
async fn numbers() -> Surface {
    serve(
        "CREATE TABLE numbers (n int PRIMARY KEY, name text, half numeric(10,1));
         INSERT INTO numbers SELECT n, 'näme ' || n, n / 2.0 FROM generate_series(1, 2500) n",
        &[
            (
                "numbers",
                "params: {from: {type: int32, default: 1}, ids: {type: [int32], default: []}, name: {type: string, optional: true}}\n\
                 page: {key: [n], order: [-half]}\naccess: public",
                "SELECT n, name, half FROM pg.numbers\n\
                 WHERE n >= :from AND (:name IS NULL OR name <> :name) AND NOT n = ANY(:ids)",
            ),
            ("keyless", "page: {max: 3000}\naccess: public", "SELECT DISTINCT n FROM pg.numbers"),
            ("secret", "access: {scopes: [\"s:read\"]}", "SELECT n FROM pg.numbers"),
        ],
    )
    .await
}
