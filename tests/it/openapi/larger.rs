//! A project that is larger than the demo: parameters of each type under each kind of header, over files and SQLite, paged
//! by key and out of kept results, public and not, with policies.

use crate::harness::{project::Project, sqlite};

const SETTINGS: &str = r#"
auth:
  keys:
    - id: demo
      hash: "sha256:60e6bf806b71f8b230191e0f1d773e52fc9e09195a6d1e08c8590c2d3dfb93e3"
      scopes: ["people:read", "plan:read"]
      claims: {regions: [EU, US]}
"#;

/// Of both sources. The policy hides a third of the people.
const TABLES: &str = r#"
tables:
  people:
    key: [id]
    columns: {small: int32, pay: "decimal(12,2)", born: date, since: timestamp}
    rows: "region = ANY(:claims.regions)"
"#;

const COLUMNS: &str = "id,name,region,is_active,small,large,ratio,pay,born,since,code";

/// Types that SQLite declares; the others are said in `TABLES`.
const DECLARED: &str = "id integer PRIMARY KEY, name text, region text, is_active boolean, small integer, large bigint,
    ratio double, pay numeric, born date, since timestamp, code text";

const PEOPLE: [&str; 9] = [
    "1,Ada,EU,true,1,9007199254740993,0.5,10.00,2001-02-03,2026-01-31 10:00:00,00000000-0000-4000-8000-000000000001",
    "2,Bob,US,false,-5,-1,-2.25,999.99,1999-12-31,2026-01-31 10:00:00.250,00000000-0000-4000-8000-000000000002",
    "3,Cleo,APAC,true,2,3,1e300,0.01,2020-02-29,2025-06-01 00:00:00,00000000-0000-4000-8000-000000000003",
    "4,Dan \"X\" O'Hara,EU,,,,,,,,",
    "5,Émile,US,true,7,0,0,0.00,1970-01-01,1970-01-01 00:00:00,67e55044-10b1-426f-9247-bb680e5fe0c8",
    "6,a,APAC,false,3,8,1.5,7.50,2001-02-03,2026-01-31 10:00:00,00000000-0000-4000-8000-000000000001",
    "7,b,EU,false,5,9223372036854775807,3.25,1000.00,2026-11-20,2026-11-20 23:59:59.999999,00000000-0000-4000-8000-000000000007",
    "8,X1,US,true,1,2,0.5,10.00,2001-02-03,2026-01-31 10:00:00,00000000-0000-4000-8000-000000000008",
    "9,%_,EU,false,2,-9223372036854775808,-0.5,12.34,2000-01-01,2000-01-01 12:00:00,00000000-0000-4000-8000-000000000009",
];

/// A type of parameters, what people are compared with it by, and rules: of the plain header, the shaped, the kept, and
/// the one that is both.
type Kind = (&'static str, &'static str, &'static str, [&'static str; 4]);

const KINDS: [Kind; 10] = [
    ("bool", "bool", "is_active", ["", "default: true", "enum: [true]", "optional: true"]),
    ("int32", "int32", "small", ["", "min: -5, max: 5", "enum: [1, 2, 3]", "default: 7, max: 7"]),
    (
        "int64",
        "int64",
        "large",
        ["", "min: 1, optional: true", "default: 9007199254740993", "enum: [-1, 9007199254740993]"],
    ),
    ("float64", "float64", "ratio", ["", "min: 0.5", "max: 1e6, optional: true", "default: -0.5"]),
    ("decimal", "decimal(12,2)", "pay", ["", "min: 0, max: 1000", "optional: true", "default: 10.00, min: -1"]),
    (
        "string",
        "string",
        "name",
        ["", "pattern: \"[A-Z][0-9]\"", "enum: [Ada, Bob, \"Dan \\\"X\\\" O'Hara\"]", "optional: true"],
    ),
    ("date", "date", "born", ["", "min: 2000-01-01, max: 2026-12-31", "default: 2001-02-03", "optional: true"]),
    ("timestamp", "timestamp", "since", ["", "optional: true", "default: 2026-01-31T10:00:00", ""]),
    (
        "timestamptz",
        "timestamptz",
        "CAST(since AS timestamptz)",
        ["", "optional: true", "default: 2026-01-31T10:00:00Z", ""],
    ),
    ("uuid", "uuid", "code", ["", "optional: true", "default: 00000000-0000-4000-8000-000000000001", ""]),
];

const SHAPED: &str = "consumer: {fields: true, filter: [value], sort: [value]}\n";
const KEPT: &str = "cache: {ttl: 1m, stale: 5m, stale_if_error: 1h, tags: [people]}\n";
const HEADERS: [(&str, [&str; 2]); 4] =
    [("plain", ["", ""]), ("shaped", [SHAPED, ""]), ("kept", ["", KEPT]), ("both", [SHAPED, KEPT])];

/// The project, with a query for each type and header.
pub async fn project() -> Project {
    let mut project = Project::new()
        .file("aqueduct.yaml", SETTINGS)
        .file("catalogs/lake.yaml", &format!("kind: files\nlocation: lake/\n{TABLES}"))
        .file("catalogs/crm.yaml", &format!("kind: sqlite\npath: crm.db\n{TABLES}"))
        .file("lake/people.csv", &format!("{COLUMNS}\n{}\n", PEOPLE.map(quoted).join("\n")));
    let rows = PEOPLE.map(|row| format!("({})", literals(row))).join(", ");
    sqlite::execute(
        &project.join("crm.db"),
        &format!("CREATE TABLE people ({DECLARED}); INSERT INTO people VALUES {rows}"),
    )
    .await;
    for (at, kind) in KINDS.iter().enumerate() {
        for (rule, (header, parts)) in HEADERS.iter().enumerate() {
            // Each header meets each source and each way of paging.
            let (source, is_keyset, is_public) =
                (["lake", "crm"][(at + rule) % 2], (at / 2 + rule) % 2 == 0, at % 3 == 0);
            let page = if is_keyset { "key: [id]" } else { "key: [id], order: [-value], consistency: stored" };
            let access = if is_public { "public" } else { "{scopes: [\"people:read\"]}" };
            let text = query(
                kind,
                rule,
                header,
                source,
                &format!("page: {{{page}, max: 7}}\n{}access: {access}\n", parts.concat()),
            );
            project = project.file(&format!("queries/{}/{header}.sql", kind.0), &text);
        }
    }
    project
}

fn query((name, kind, column, rules): &Kind, rule: usize, header: &str, source: &str, settings: &str) -> String {
    let rules = rules[rule];
    let value = if rules.is_empty() { String::new() } else { format!(", {rules}") };
    // A list has the rules of its elements, and may be left out.
    let is_bound = |rule: &&str| rule.starts_with("min") || rule.starts_with("max");
    let bounds: Vec<_> = [""].into_iter().chain(rules.split(", ").filter(is_bound)).collect();
    let bounds = bounds.join(", ");
    format!(
        "/*---
name: {name}.{header}
version: 1
description: People whose {name} differs from a value.
owner: team-people
params:
  than:    {{type: \"{kind}\"{value}, description: \"What they differ from\"}}
  exactly: {{type: \"{kind}\", optional: true}}
  several: {{type: [\"{kind}\"]{bounds}, optional: true}}
{settings}---*/
SELECT id, name, {column} AS value FROM {source}.people
WHERE (:than IS NULL OR {column} <> :than OR id < 4) AND (:exactly IS NULL OR {column} = :exactly)
  AND (:several IS NULL OR {column} = ANY(:several))
"
    )
}

/// A row of CSV.
fn quoted(row: &str) -> String {
    let fields = row.split(',').map(|field| {
        if field.contains('"') { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
    });
    fields.collect::<Vec<_>>().join(",")
}

/// The same as values of SQL.
fn literals(row: &str) -> String {
    let literal = |field: &str| match field {
        "" => "NULL".to_owned(),
        "true" | "false" => u8::from(field == "true").to_string(),
        number if number.parse::<f64>().is_ok() => number.to_owned(),
        text => format!("'{}'", text.replace('\'', "''")),
    };
    row.split(',').map(literal).collect::<Vec<_>>().join(", ")
}
