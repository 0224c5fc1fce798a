//! Who asks: a token that lasts, or those that the workspace gives for a client's secret
//! (<https://docs.databricks.com/en/dev-tools/auth/oauth-m2m.html>).

use std::time::{Duration, Instant};

use reqwest::Client;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::{
    api::{Again, Pauses},
    failure::{broken, malformed, refused},
};
use crate::{
    config::{Secret, source::DatabricksLogin},
    model::SourceName,
    sources::sql::feed::Stop,
};

/// A token is renewed so long before it expires, or in the last quarter of a shorter life.
const EARLY: Duration = Duration::from_mins(2);

/// Who is not answered in so long asks again.
const ANSWER: Duration = Duration::from_secs(30);
/// No token is trusted for longer.
const LONGEST: Duration = Duration::from_hours(24);

/// The tokens of one source.
pub struct Tokens {
    source: SourceName,
    login: DatabricksLogin,
    url: Url,
    held: Mutex<Option<Held>>,
}

/// A token that was given. How long it is good is counted, not read from a clock.
struct Held {
    token: Secret,
    until: Instant,
}

#[derive(Deserialize)]
struct Given {
    access_token: String,
    expires_in: u64,
}

impl Tokens {
    /// None yet. `workspace` gives them.
    pub fn new(source: SourceName, login: DatabricksLogin, workspace: &Url) -> Self {
        let mut url = workspace.clone();
        url.set_path("/oidc/v1/token");
        Self { source, login, url, held: Mutex::default() }
    }

    /// The token to be sent. Who comes while another asks for it waits for the same.
    pub async fn token(&self, client: &Client) -> Result<Secret, Stop> {
        let (id, secret) = match &self.login {
            DatabricksLogin::Token(token) => return Ok(token.clone()),
            DatabricksLogin::Client { id, secret } => (id, secret),
        };
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref().filter(|held| Instant::now() < held.until) {
            return Ok(held.token.clone());
        }
        let mut pauses = Pauses::default();
        let given = loop {
            match self.ask(client, id, secret).await {
                Ok(given) => break given,
                Err(again) => pauses.wait(again).await?,
            }
        };
        let lasts = Duration::from_secs(given.expires_in).min(LONGEST);
        let until = Instant::now() + lasts.saturating_sub(EARLY.min(lasts / 4));
        let token = Secret::new(given.access_token);
        *held = Some(Held { token: token.clone(), until });
        Ok(token)
    }

    /// `token` was refused. True if another can be had.
    pub async fn is_renewed(&self, token: &Secret) -> bool {
        let mut held = self.held.lock().await;
        if held.as_ref().is_some_and(|held| held.token == *token) {
            *held = None;
        }
        matches!(self.login, DatabricksLogin::Client { .. })
    }

    async fn ask(&self, client: &Client, id: &str, secret: &Secret) -> Result<Given, Again> {
        let request = client
            .post(self.url.clone())
            .timeout(ANSWER)
            .basic_auth(id, Some(secret.expose()))
            .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&scope=all-apis");
        let answer = request.send().await.map_err(|error| Again::at_once(broken(&self.source, error)))?;
        let (status, after) = (answer.status(), Again::after(&answer));
        let body = answer.bytes().await.map_err(|error| Again::at_once(broken(&self.source, error)))?;
        match status.as_u16() {
            200..=299 => serde_json::from_slice(&body)
                // Its text may hold a token.
                .map_err(|_| Again::never(malformed(&self.source, "it gave no token"))),
            429 | 500..=599 => Err(Again::later(refused(&self.source, status, &body), after)),
            // Wrong secrets are a bad request, too (RFC 6749, section 5.2).
            _ => Err(Again::never(refused(&self.source, http::StatusCode::UNAUTHORIZED, &body))),
        }
    }
}
