//! Requests to the workspace: who asks, answers in JSON, and when the same may be asked again.

use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::{Client, Method, Response, header, redirect::Policy};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::{
    failure::{broken, malformed, refused},
    token::Tokens,
};
use crate::{
    config::source::DatabricksConfig,
    model::SourceName,
    sources::sql::{feed::Stop, session::jittered},
};

/// A workspace that takes no connection in so long is down.
const CONNECT: Duration = Duration::from_secs(5);
/// Nobody answers later: a statement is waited for 30 s, then asked about.
const ANSWER: Duration = Duration::from_mins(2);
/// After the first attempt, so many more.
const ATTEMPTS: u32 = 5;
/// The longest pause before the second attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(300);
/// Who is told to come back later than this is told so instead.
const LONGEST: Duration = Duration::from_mins(1);

/// A workspace.
pub struct Api {
    /// The source.
    pub source: SourceName,
    /// The catalog in which statements run.
    pub catalog: String,
    /// The warehouse that runs them.
    pub warehouse: String,
    client: Client,
    workspace: Url,
    tokens: Tokens,
}

/// A request.
#[derive(Clone)]
pub struct Ask {
    method: Method,
    path: String,
    body: Option<Value>,
}

/// What was answered, and when, by the clock of who answered.
pub struct Told<T> {
    /// The answer.
    pub answer: T,
    /// The time.
    pub at: Option<DateTime<Utc>>,
}

/// Why an attempt failed, and whether there may be another.
pub struct Again {
    /// Why.
    pub stop: Stop,
    /// Not before so long; at the caller's own pace when it is zero; never when there is none.
    pub after: Option<Duration>,
}

impl Api {
    /// Connects nothing.
    pub fn new(source: SourceName, config: &DatabricksConfig) -> Result<Self, reqwest::Error> {
        let client = Client::builder().connect_timeout(CONNECT).redirect(Policy::none()).build()?;
        let workspace = config.host.value.clone();
        let tokens = Tokens::new(source.clone(), config.login.clone(), &workspace);
        let (catalog, warehouse) = (config.catalog.clone(), config.warehouse.clone());
        Ok(Self { source, catalog, warehouse, client, workspace, tokens })
    }

    /// Asks until there is an answer, or has been asked often enough.
    pub async fn call<T: DeserializeOwned>(&self, ask: &Ask) -> Result<Told<T>, Stop> {
        let mut pauses = Pauses::default();
        loop {
            match self.attempt(ask).await {
                Ok(told) => return Ok(told),
                Err(again) => pauses.wait(again).await?,
            }
        }
    }

    /// Asks once; and once more with another token if the first has expired before its time.
    pub async fn attempt<T: DeserializeOwned>(&self, ask: &Ask) -> Result<Told<T>, Again> {
        let mut is_first = true;
        loop {
            let token = self.tokens.token(&self.client).await.map_err(Again::never)?;
            let mut url = self.workspace.clone();
            url.set_path(&ask.path);
            let mut request = self.client.request(ask.method.clone(), url).bearer_auth(token.expose()).timeout(ANSWER);
            if let Some(body) = &ask.body {
                request = request.header(header::CONTENT_TYPE, "application/json").body(body.to_string());
            }
            // Whether a request arrived is not known then: a statement would run twice.
            let lost = |error| {
                let stop = broken(&self.source, error);
                if ask.method == Method::GET { Again::at_once(stop) } else { Again::never(stop) }
            };
            let answer = request.send().await.map_err(lost)?;
            let (status, after, at) = (answer.status(), Again::after(&answer), date(&answer));
            let body = answer.bytes().await.map_err(lost)?;
            let stop = || refused(&self.source, status, &body);
            return match status.as_u16() {
                200..=299 => match serde_json::from_slice(&body) {
                    Ok(answer) => Ok(Told { answer, at }),
                    Err(error) => Err(Again::never(malformed(&self.source, error))),
                },
                401 | 403 if is_first && self.tokens.is_renewed(&token).await => {
                    is_first = false;
                    continue;
                }
                // Nothing was begun.
                429 | 503 => Err(Again::later(stop(), after)),
                500 | 502 | 504 if ask.method == Method::GET => Err(Again::later(stop(), after)),
                _ => Err(Again::never(stop())),
            };
        }
    }

    /// What stands behind a presigned URL: it is asked without a token.
    pub fn download(&self, link: &str) -> Result<reqwest::RequestBuilder, Stop> {
        let url =
            Url::parse(link).ok().filter(|url| url.scheme() == "https" || url.scheme() == self.workspace.scheme());
        match url {
            Some(url) => Ok(self.client.get(url).timeout(ANSWER)),
            None => Err(malformed(&self.source, "a link that is no encrypted connection")),
        }
    }
}

impl Ask {
    /// Has the statement that `body` describes run.
    pub fn submit(body: Value) -> Self {
        Self { method: Method::POST, path: "/api/2.0/sql/statements".to_owned(), body: Some(body) }
    }

    /// How the statement `id` is.
    pub fn poll(id: &str) -> Self {
        Self { method: Method::GET, path: format!("/api/2.0/sql/statements/{id}"), body: None }
    }

    /// Chunk `index` of its result.
    pub fn chunk(id: &str, index: usize) -> Self {
        let path = format!("/api/2.0/sql/statements/{id}/result/chunks/{index}");
        Self { method: Method::GET, path, body: None }
    }

    /// Ends it.
    pub fn cancel(id: &str) -> Self {
        let path = format!("/api/2.0/sql/statements/{id}/cancel");
        Self { method: Method::POST, path, body: None }
    }
}

impl Again {
    /// It will not be otherwise.
    pub fn never(stop: Stop) -> Self {
        Self { stop, after: None }
    }

    /// The next attempt may be at once.
    pub fn at_once(stop: Stop) -> Self {
        Self::later(stop, Duration::ZERO)
    }

    /// The next attempt is not to be before.
    pub fn later(stop: Stop, after: Duration) -> Self {
        Self { stop, after: Some(after) }
    }

    /// What `Retry-After` says, in seconds or as a date; nothing when it is not there.
    pub fn after(answer: &Response) -> Duration {
        let text = answer.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let seconds = |text: &str| text.trim().parse().ok().map(Duration::from_secs);
        let until = |text: &str| {
            let told = DateTime::parse_from_rfc2822(text).ok()?.to_utc();
            (told - date(answer).unwrap_or_else(Utc::now)).to_std().ok()
        };
        text.and_then(|text| seconds(text).or_else(|| until(text))).unwrap_or_default()
    }
}

/// When it was answered, by the clock of who answered.
pub fn date(answer: &Response) -> Option<DateTime<Utc>> {
    let text = answer.headers().get(header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(text).ok().map(|date| date.to_utc())
}

/// The pauses between attempts: as long as was asked for, else each up to twice as long as the last; and of a length that
/// nobody else has.
#[derive(Default)]
pub struct Pauses(u32);

impl Pauses {
    /// Waits before the next attempt.
    ///
    /// # Errors
    /// Why the last failed, if there is to be none.
    pub async fn wait(&mut self, again: Again) -> Result<(), Stop> {
        let Some(after) = again.after.filter(|after| self.0 < ATTEMPTS && *after <= LONGEST) else {
            return Err(again.stop);
        };
        let own = jittered(FIRST_PAUSE * 2_u32.pow(self.0));
        self.0 += 1;
        tokio::time::sleep(after + own).await;
        Ok(())
    }
}
