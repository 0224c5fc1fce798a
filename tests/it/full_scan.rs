//! Queries that read a whole large table out of its source: what `check` says of them, and who decides.

use crate::{
    cli::{Ended, run},
    harness::{postgres, project::Project, server::Server, server::aqueduct, sqlite},
};

/// `orders` is large, as far as the source's statistics say; `nations` is not.
const SHOP: &str = "
    CREATE TABLE orders (id INTEGER PRIMARY KEY NOT NULL, status TEXT NOT NULL, nation INTEGER NOT NULL) STRICT;
    INSERT INTO orders VALUES (1, 'open', 1), (2, 'done', 2);
    CREATE TABLE nations (id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL) STRICT;
    INSERT INTO nations VALUES (1, 'France'), (2, 'Chad');
    ANALYZE;
    DELETE FROM sqlite_stat1;
    INSERT INTO sqlite_stat1 VALUES ('orders', NULL, '1500000'), ('nations', NULL, '999999');
";

async fn project(settings: &str) -> Project {
    let project = Project::new()
        .file("aqueduct.yaml", &format!("auth: {{anonymous: true}}\n{settings}\n"))
        .file("catalogs/shop.yaml", "kind: sqlite\npath: shop.db\n");
    sqlite::execute(&project.join("shop.db"), SHOP).await;
    project
}

/// Adds the query `sales.NAME`; `header` is a line of its header, or more.
fn with(project: Project, name: &str, header: &str, sql: &str) -> Project {
    let text = format!("/*---\nname: sales.{name}\nversion: 1\naccess: public\n{header}---*/\n{sql}\n");
    project.file(&format!("queries/sales/{name}.sql"), &text)
}

fn check(project: &Project, environment: &[(&str, &str)]) -> Ended {
    crate::cli::finish(aqueduct(project.path()).arg("check").envs(environment.iter().copied()))
}

const WHOLE: &str = "SELECT id, status\nFROM Shop.Orders";

#[tokio::test]
async fn check_names_the_query_the_table_and_the_remedy() {
    let project = with(project("").await, "orders", "", WHOLE);
    let checked = check(&project, &[]).good();
    assert!(
        checked.stdout().ends_with(
        "\n\nqueries/sales/orders.sql:7:6: warning: `sales.orders` reads all of `shop.main.orders`, about 1,500,000 rows\n    \
         hint: give it a filter, a limit or an aggregate that the source can evaluate; or accept it: `limits: {full_scan: allow}`\n\n\
         1 queries over 1 sources: 1 warning\n"),
        "{}",
        checked.stdout()
    );
    // It stops nothing.
    let server = Server::start(project.path(), &[]).await;
    assert_eq!(server.http().get("/v1/sales/orders").send().await.rows().len(), 2);
    run(&project, &["query", "sales.orders"]).good();
}

#[tokio::test]
async fn only_what_reads_a_whole_large_table_is_told() {
    let quiet = [
        ("filtered", "", "SELECT id, status FROM shop.orders WHERE status = 'open'"),
        ("limited", "", "SELECT id, status FROM shop.orders LIMIT 10"),
        ("newest", "", "SELECT id, status FROM shop.orders ORDER BY id DESC LIMIT 10"),
        ("one", "params: {id: {type: int64}}\n", "SELECT id, status FROM shop.orders WHERE id = :id"),
        ("some", "params: {ids: {type: [int64]}}\n", "SELECT id, status FROM shop.orders WHERE id = ANY(:ids)"),
        ("nations", "", "SELECT id, name FROM shop.nations"),
        (
            "given",
            "params: {status: {type: string, default: open}}\n",
            "SELECT id FROM shop.orders WHERE (:status IS NULL OR status = :status)",
        ),
        ("never", "", "SELECT id FROM shop.orders WHERE false"),
    ];
    let told = [
        ("paged", "page: {key: [id], order: [-id]}\n", "SELECT id, status FROM shop.orders", "7:24"),
        (
            "optional",
            "params: {status: {type: string, optional: true}}\n",
            "SELECT id FROM shop.orders WHERE (:status IS NULL OR status = :status)",
            "7:16",
        ),
        // A filter that only we can evaluate, whatever the caller says.
        (
            "local",
            "params: {ending: {type: string}}\n",
            "SELECT id FROM shop.orders WHERE reverse(status) = :ending",
            "7:16",
        ),
        (
            "joined",
            "",
            "SELECT o.id, n.name\nFROM shop.nations n\nJOIN shop.main.orders o ON reverse(o.status) = reverse(n.name)",
            "8:6",
        ),
        (
            "twice",
            "",
            "SELECT reverse(o.status) AS s FROM shop.orders o UNION ALL SELECT reverse(status) FROM shop.orders",
            "6:36",
        ),
    ];
    let mut project = project("").await;
    for (name, header, sql) in quiet {
        project = with(project, name, header, sql);
    }
    for (name, header, sql, _) in told {
        project = with(project, name, header, sql);
    }
    let checked = check(&project, &[]).good();
    let mut said: Vec<_> = checked.stdout().lines().filter(|line| line.contains(" reads all of ")).collect();
    said.sort_unstable();
    let mut expected: Vec<_> = told
        .iter()
        .map(|(name, _, _, place)| {
            format!(
                "queries/sales/{name}.sql:{place}: warning: `sales.{name}` reads all of `shop.main.orders`, about \
                 1,500,000 rows"
            )
        })
        .collect();
    expected.sort_unstable();
    assert_eq!(said, expected, "{}", checked.stdout());
}

#[tokio::test]
async fn the_owner_decides() {
    let project = project("engine: {full_scan: error}").await;
    let project = with(project, "as_said", "", WHOLE);
    let project = with(project, "allowed", "limits: {full_scan: allow}\n", WHOLE);
    let project = with(project, "warned", "limits: {full_scan: warn, timeout: 5s}\n", WHOLE);
    let error = "queries/sales/as_said.sql:7:6: error: `sales.as_said` reads all of `shop.main.orders`";
    let warning = "queries/sales/warned.sql:8:6: warning: `sales.warned` reads all of `shop.main.orders`";
    let checked = check(&project, &[]);
    assert_eq!(checked.code, 1);
    assert!(checked.stdout().contains(error) && checked.stdout().contains(warning), "{}", checked.stdout());
    assert!(checked.stdout().contains("1 error, 1 warning") && !checked.stdout().contains("allowed.sql"));
    run(&project, &["serve"]).failed(1, &[error]);

    // A variable takes the place of the setting, and a header that of both.
    let with_variable = |value: &str| check(&project, &[("AQUEDUCT_ENGINE__FULL_SCAN", value)]);
    let warned = with_variable("warn").good();
    assert!(warned.stdout().ends_with(": 2 warnings\n"), "{}", warned.stdout());
    assert!(with_variable("allow").good().stdout().ends_with(": 1 warning\n"));
    let refused = with_variable("yes");
    let said =
        "$AQUEDUCT_ENGINE__FULL_SCAN:1:1: error: unknown full_scan `yes`\n    hint: use one of: error, warn, allow";
    assert!(refused.code == 1 && refused.stdout().contains(said), "{}", refused.stdout());
}

#[tokio::test]
async fn a_switch_that_keeps_the_work_here_is_the_remedy() {
    let filtered = "SELECT id, status FROM shop.orders WHERE status = 'open'";
    let project = with(project("engine: {full_scan: error}").await, "here", "pushdown: off\n", filtered);
    let checked = check(&project, &[]);
    assert_eq!(checked.code, 1);
    let hint = "hint: remove `pushdown: off`; or accept it: `limits: {full_scan: allow}`";
    assert!(checked.stdout().contains("`sales.here` reads all of") && checked.stdout().contains(hint));
    // Who turns all pushdown off, to compare, knows.
    assert!(check(&project, &[("AQUEDUCT_ENGINE__PUSHDOWN", "off")]).good().stdout().ends_with("no mistakes\n"));
}

#[tokio::test]
async fn postgres_is_judged_by_its_own_statistics() {
    let database = postgres::database().await;
    database.execute("CREATE TABLE big (id bigint PRIMARY KEY, s text); INSERT INTO big VALUES (1, 'one'); CREATE VIEW seen AS SELECT * FROM big").await;
    database.execute("UPDATE pg_class SET reltuples = 2000000, relpages = 1 WHERE relname = 'big'").await;
    let project = Project::new()
        .postgres(&database)
        .file("aqueduct.yaml", "{}\n")
        .file("catalogs/crm.yaml", "kind: postgres\nurl: \"{{postgres_url}}\"\n");
    let project = with(project, "big", "", "SELECT id, s FROM crm.big");
    // How many rows a view has, Postgres' own planner says.
    let project = with(project, "seen", "page: {key: [id]}\n", "SELECT id, s FROM crm.seen");
    let checked = check(&project, &[]).good();
    for text in [
        "queries/sales/big.sql:6:19: warning: `sales.big` reads all of `crm.public.big`, about 2,000,000 rows",
        "queries/sales/seen.sql:7:19: warning: `sales.seen` reads all of `crm.public.seen`, about 2,000,000 rows",
    ] {
        assert!(checked.stdout().contains(text), "{}", checked.stdout());
    }
    assert!(checked.stdout().ends_with("2 queries over 1 sources: 2 warnings\n"), "{}", checked.stdout());
}
