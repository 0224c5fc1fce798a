//! Statements over HTTP, and the streams of Arrow that answer them.

use std::{fmt::Display, sync::Arc, time::Duration};

use async_trait::async_trait;
use datafusion::arrow::{
    buffer::Buffer,
    datatypes::{Field, Schema},
    ipc::reader::StreamDecoder,
};
use reqwest::{Client, Response, StatusCode, redirect::Policy};
use tokio::{sync::Notify, time::timeout};
use url::Url;
use uuid::Uuid;

use super::{
    dialect::ClickhouseDialect,
    request::{self, Request},
    types,
};
use crate::{
    config::{Secret, source::ClickhouseConfig},
    model::{Code, SourceName},
    sources::sql::{
        Dialect, Statement,
        arrow::{Batches, examine},
        failure::{changed, down, failed, not_computed, with_causes},
        feed::{Feed, Job, Remote, Scan, Stop, Verdict},
        pool::Pool,
        session::{self, Connector},
        verdicts::Verdicts,
    },
};

/// A server that takes no connection in so long is down.
const CONNECT: Duration = Duration::from_secs(5);
/// A statement that is not ended in so long is left to the server, which sees that nobody reads on.
const PATIENCE: Duration = Duration::from_secs(5);
/// The code of an error, beside its text.
const CODE: &str = "X-ClickHouse-Exception-Code";

/// A server.
pub struct Clickhouse {
    name: SourceName,
    client: Client,
    url: Url,
    user: Option<String>,
    password: Option<Secret>,
    max_bytes_scanned: Option<u64>,
    pool: Arc<Pool<Session>>,
    stale: Notify,
    verdicts: Verdicts,
}

/// A place among the statements that run at once, and the name of the one that runs in it.
pub struct Session {
    id: String,
}

impl Clickhouse {
    /// Connects nothing.
    pub fn new(name: SourceName, config: &ClickhouseConfig) -> Result<Self, reqwest::Error> {
        Ok(Self {
            name,
            client: Client::builder().connect_timeout(CONNECT).redirect(Policy::none()).build()?,
            url: config.url.value.clone(),
            user: config.user.clone(),
            password: config.password.clone(),
            max_bytes_scanned: config.max_bytes_scanned,
            pool: Pool::new(config.sql.max_connections),
            stale: Notify::new(),
            verdicts: Verdicts::new(),
        })
    }

    /// Completes when a statement has shown that the tables are no longer those that were found.
    pub async fn stale(&self) {
        self.stale.notified().await;
    }

    /// Forgets what the server said of statements: its tables are looked at anew.
    pub fn forget_verdicts(&self) {
        self.verdicts.forget();
    }

    /// The answer to a question about the server itself, row by row, each a JSON object. Parameters are lists of texts.
    pub async fn ask(&self, sql: &str, parameters: &[(&str, &[String])]) -> Result<Vec<serde_json::Value>, Stop> {
        let mut request = Request::new(&self.url, sql, "JSONEachRow");
        for (name, texts) in parameters {
            request = request.with_texts(name, texts);
        }
        self.rows(self.send(request).await?).await
    }

    /// Sends a request, and waits for the head of its answer.
    async fn send(&self, request: Request) -> Result<Response, Stop> {
        let mut request = request.build(&self.client);
        if let Some(user) = &self.user {
            request = request.header("X-ClickHouse-User", user);
        }
        if let Some(password) = &self.password {
            request = request.header("X-ClickHouse-Key", password.expose());
        }
        let answer = request.send().await.map_err(|error| self.broken(&error))?;
        if answer.status().is_success() && !answer.headers().contains_key(CODE) {
            return Ok(answer);
        }
        let status = answer.status();
        let code = answer.headers().get(CODE).and_then(|code| code.to_str().ok()?.parse().ok());
        let said = answer.text().await.unwrap_or_default();
        Err(self.refused(status, code, said.trim()))
    }

    /// What an error of the server means.
    fn refused(&self, status: StatusCode, code: Option<u32>, said: &str) -> Stop {
        let cause = |remedy: &str| format!("{said}{remedy}");
        match code {
            // Access: a user or password that is wrong, or a right that is missing.
            Some(192..=195 | 516) => Stop::Refused(down(&self.name, cause("; look at `user` and `password`"))),
            // Settings cannot be changed by this user.
            Some(164) => Stop::Refused(down(&self.name, cause("; the user's profile needs `readonly` 0 or 2"))),
            // Too much to do: nothing was read.
            Some(202 | 203 | 439) => Stop::Busy(down(&self.name, said)),
            // No such table, database, column or function; types that do not fit any more; rights that are gone.
            Some(16 | 43 | 46 | 47 | 53 | 60 | 81 | 386 | 497) => {
                Stop::Refused(changed(&self.name, self.name.as_str(), said))
            }
            Some(153) => Stop::Refused(not_computed("division by zero", said)),
            Some(407) => Stop::Refused(not_computed("a number overflowed", said)),
            Some(307) => Stop::Refused(failed(&self.name, cause("; it may read `max_bytes_scanned` bytes"))),
            Some(_) => Stop::Refused(failed(&self.name, said)),
            // Whoever stands before the server.
            None if matches!(status.as_u16(), 429 | 502 | 503) => {
                Stop::Busy(down(&self.name, format!("{status}: {said}")))
            }
            None => Stop::Refused(down(&self.name, format!("{status}: {said}"))),
        }
    }

    /// What a connection that failed means.
    fn broken(&self, error: &reqwest::Error) -> Stop {
        // The client looks itself for connections that still stand.
        Stop::Refused(down(&self.name, with_causes(error)))
    }

    /// The rows ended where they must not: the server failed on the way.
    fn cut(&self, cause: impl Display) -> Stop {
        Stop::Lost(failed(&self.name, cause))
    }

    /// Has the statement of `scan` planned and described; it is not run for that.
    async fn examine(&self, scan: &Scan) -> Result<Verdict, Stop> {
        let _slot = self.pool.slot().await;
        let answers = match self.planned(&scan.statement).await {
            Err(Stop::Refused(fault)) if fault.code != Code::SourceDown => {
                return Ok(Verdict::Refused("the source refuses the statement".to_owned()));
            }
            answers => answers?,
        };
        let mut fields = Vec::new();
        for row in answers {
            let declared = row["type"].as_str().unwrap_or_default();
            match types::sent(declared) {
                Some(data_type) => fields.push(Field::new(row["name"].as_str().unwrap_or_default(), data_type, true)),
                None => return Ok(Verdict::Refused(format!("the source gives a column of type {declared}"))),
            }
        }
        Ok(examine(&Schema::new(fields), &scan.schema))
    }

    /// The columns that `statement` would give, if it can be planned. What it waits for is some value of its type.
    async fn planned(&self, statement: &Statement) -> Result<Vec<serde_json::Value>, Stop> {
        let text = request::sample(statement);
        let explain = Request::new(&self.url, &format!("EXPLAIN {text}"), "JSONEachRow");
        self.send(explain.with_values(statement)?).await?;
        let describe = Request::new(&self.url, &format!("DESCRIBE TABLE ({text})"), "JSONEachRow");
        self.rows(self.send(describe.with_values(statement)?).await?).await
    }

    /// The rows of an answer, each a JSON object.
    async fn rows(&self, answer: Response) -> Result<Vec<serde_json::Value>, Stop> {
        let text = answer.text().await.map_err(|error| self.broken(&error))?;
        let rows = text.lines().map(serde_json::from_str).collect::<Result<_, _>>();
        rows.map_err(|error| Stop::Refused(failed(&self.name, error)))
    }
}

#[async_trait]
impl Remote for Clickhouse {
    fn source(&self) -> &SourceName {
        &self.name
    }

    fn dialect(&self) -> &dyn Dialect {
        &ClickhouseDialect
    }

    fn is_contended(&self) -> bool {
        self.pool.is_contended()
    }

    async fn check(&self, scan: &Scan) -> Verdict {
        self.verdicts.of(scan, || self.examine(scan)).await
    }

    async fn run(&self, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        session::run(self, job, feed).await
    }
}

#[async_trait]
impl Connector for Clickhouse {
    type Session = Session;

    fn pool(&self) -> &Arc<Pool<Session>> {
        &self.pool
    }

    /// The client keeps its connections itself.
    async fn connect(&self) -> Result<Session, Stop> {
        Ok(Session { id: String::new() })
    }

    async fn abandon(&self, session: Session) {
        let kill = Request::new(&self.url, "KILL QUERY WHERE query_id = {id:String} ASYNC", "JSONEachRow")
            .setting("param_id", &session.id);
        match timeout(PATIENCE, self.send(kill)).await {
            Ok(Ok(_)) => {}
            // The server notices by the closed connection, if it was told to look.
            Ok(Err(stop)) => tracing::warn!(source = %self.name, ?stop, "a statement could not be cancelled"),
            Err(_) => tracing::warn!(source = %self.name, "a statement could not be cancelled in time"),
        }
    }

    async fn fetch(&self, session: &mut Session, job: &Job, feed: &mut Feed) -> Result<(), Stop> {
        let statement = &job.scan.statement;
        statement.values()?;
        session.id = format!("aqueduct-{}", Uuid::new_v4());
        let mut request = Request::new(&self.url, &request::text(statement), "ArrowStream")
            .with_values(statement)?
            .on_behalf_of(&session.id, &job.caller);
        if let Some(bytes) = self.max_bytes_scanned {
            request = request.setting("max_bytes_to_read", &bytes.to_string());
        }
        let mut answer = match self.send(request).await {
            // It was good when it was planned: the tables are no longer what was found.
            Err(Stop::Refused(fault)) if fault.code == Code::SourceFailed => {
                self.stale.notify_one();
                return Err(Stop::Refused(fault));
            }
            answer => answer?,
        };
        let (batches, mut decoder) = (Batches::of(job), StreamDecoder::new());
        while let Some(bytes) = answer.chunk().await.map_err(|error| self.broken(&error))? {
            let mut buffer = Buffer::from(bytes);
            while !buffer.is_empty() {
                let batch = decoder.decode(&mut buffer).map_err(|error| self.cut(&error))?;
                if let Some(batch) = batch {
                    batches.push(&batch, feed).await?;
                }
            }
        }
        // Only behind its end does a stream take nothing more; a connection may close before.
        match decoder.decode(&mut Buffer::from(&[0_u8])) {
            Err(_) => Ok(()),
            Ok(_) => Err(self.cut("the answer broke off")),
        }
    }
}

impl std::fmt::Debug for Clickhouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clickhouse").field("name", &self.name).finish_non_exhaustive()
    }
}
