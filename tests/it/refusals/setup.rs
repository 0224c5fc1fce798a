//! The project of the refusals, its sources, its consumers and its secrets.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::parquet::arrow::ArrowWriter;
use sha2::{Digest, Sha256};
use sqlx::Connection;

use super::injection;
use crate::{
    cases::format::Case,
    harness::{
        postgres::{self, Database},
        project::Project,
        server::Server,
        sqlite,
        tools::repository,
    },
};

/// What the server encrypts its cursors with, under the id `k1`.
pub const CURSOR_SECRET: &str = "hunter2-for-cursors-of-the-refusals";
/// The keys of the consumers, by their ids.
pub const KEYS: [(&str, &str); 3] =
    [("reader", "aq_hunter2-reader"), ("other", "aq_hunter2-other"), ("stranger", "aq_hunter2-stranger")];

/// A server over sources that are right, wrong and absent.
#[derive(Debug)]
pub struct Suite {
    /// The project.
    pub project: Project,
    /// Behind the sources `pg`, `twin` and `drift`.
    pub database: Database,
    /// The server.
    pub server: Server,
    pg_url: String,
}

impl Suite {
    /// Makes the sources and starts the server.
    pub async fn start() -> Self {
        let files = repository().join("tests/refusals");
        let text = |name: &str| std::fs::read_to_string(files.join(name)).expect("it is there, in UTF-8");
        let database = postgres::database().await;
        database.execute(&text("postgres.sql")).await;
        let mut connection = database.connect().await;
        for (id, body) in (0_i64..).zip(injection::TEXTS) {
            let insert = sqlx::query("INSERT INTO note VALUES ($1, $2)").bind(id).bind(body);
            insert.execute(&mut connection).await.expect("a text is bound");
        }
        connection.close().await.expect("a connection can be closed");

        let mut project = Project::new();
        for (id, key) in KEYS {
            project = project.value(&format!("{id}_hash"), hash(key));
        }
        let project = project.files(&files.join("project"));
        let lite = project.join("lite.db");
        sqlite::execute(&lite, &text("sqlite.sql")).await;
        let mut connection = sqlite::connect(&lite).await;
        for (id, body) in (0_i64..).zip(injection::TEXTS) {
            let insert = sqlx::query("INSERT INTO note VALUES (?, ?)").bind(id).bind(body);
            insert.execute(&mut connection).await.expect("a text is bound");
        }
        connection.close().await.expect("a connection can be closed");
        std::fs::create_dir(project.join("lake")).expect("the project can be written");
        for table in ["note", "broken"] {
            let file = std::fs::File::create(project.join(&format!("lake/{table}.parquet"))).expect("it can be made");
            let rows = notes();
            let mut writer = ArrowWriter::try_new(file, rows.schema(), None).expect("Parquet has these types");
            writer.write(&rows).expect("it can be written");
            writer.close().expect("it can be written");
        }

        let pg_url = database.url.replace("postgres@", "postgres:hunter2-pg@");
        assert!(pg_url.contains("hunter2"), "the URL has a password");
        let server = Self::serve(&project, &pg_url, &[]).await;
        Self { project, database, server, pg_url }
    }

    /// Another server over the same project, with further settings.
    pub async fn another_server(&self, settings: &[(&str, &str)]) -> Server {
        Self::serve(&self.project, &self.pg_url, settings).await
    }

    async fn serve(project: &Project, pg_url: &str, settings: &[(&str, &str)]) -> Server {
        let gone = "postgres://postgres:hunter2-gone@127.0.0.1:1/none";
        let secrets = [("PG_URL", pg_url), ("GONE_URL", gone), ("CURSOR_SECRET", CURSOR_SECRET)];
        Server::start(project.path(), &[secrets.as_slice(), settings].concat()).await
    }

    /// The case with `{{reader_key}}` and its like filled in.
    pub fn fill(mut case: Case) -> Case {
        for (id, key) in KEYS {
            let fill = |text: &mut String| {
                *text =
                    text.replace(&format!("{{{{{id}_key}}}}"), key).replace(&format!("{{{{{id}_hash}}}}"), &hash(key));
            };
            fill(&mut case.path);
            case.request_headers.iter_mut().for_each(|(_, value)| fill(value));
        }
        case
    }
}

/// The key of a consumer.
pub fn key(id: &str) -> &'static str {
    KEYS.iter().find(|(other, _)| *other == id).expect("tests name consumers that there are").1
}

fn hash(key: &str) -> String {
    format!("{:x}", Sha256::digest(key))
}

fn notes() -> RecordBatch {
    let ids: ArrayRef = Arc::new((0_i64..).take(injection::TEXTS.len()).collect::<Int64Array>());
    let bodies: ArrayRef = Arc::new(StringArray::from(injection::TEXTS.to_vec()));
    RecordBatch::try_from_iter([("id", ids), ("body", bodies)]).expect("columns of one length")
}
