//! Calls of AWS' services: signed, repeated where that is safe, at the service's own time.

mod sign;

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use datafusion::object_store::{
    BackoffConfig, ClientOptions, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredentialProvider},
};
use reqwest::{Response, StatusCode, header, redirect::Policy};
use serde_json::Value;
use url::Url;

use crate::{config::source::Aws, model::Problem};
use sign::Signer;

/// A service that takes no connection in so long is down.
const CONNECT: Duration = Duration::from_secs(5);
/// A call that is not answered in so long is broken off.
const ANSWER: Duration = Duration::from_mins(1);
/// After the first attempt, so many more.
const ATTEMPTS: u32 = 5;
/// The longest pause before the second attempt; each is up to twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Nobody waits longer between two attempts, whatever the service says.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A clock that is wrong by less is no reason.
const SKEW: i64 = 30;

/// Codes that say: not so fast.
const THROTTLED: &[&str] =
    &["ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"];
/// Codes that may mean that the clocks differ.
const SKEWED: &[&str] =
    &["InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired"];
/// Codes of credentials that nobody takes.
const UNTRUSTED: &[&str] = &[
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "ExpiredToken",
    "ExpiredTokenException",
    "MissingAuthenticationToken",
    "AccessDenied",
    "AccessDeniedException",
    "NotAuthorized",
];

/// One service in one region.
#[derive(Debug)]
pub struct Service {
    http: reqwest::Client,
    credentials: AwsCredentialProvider,
    endpoint: Url,
    host: String,
    region: String,
    name: &'static str,
    /// How many seconds the service's clock is ahead of ours.
    ahead: AtomicI64,
}

/// What a service answers instead. The text is for the log.
#[derive(Debug)]
pub enum Refusal {
    /// With an error of its own: its code, and what it says.
    Said(String, String),
    /// Nothing, or nothing that can be read; or we have no credentials.
    Lost(String),
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Said(code, said) => {
                write!(f, "{code}: {said}")?;
                let is_untrusted = UNTRUSTED.contains(&code.as_str());
                f.write_str(if is_untrusted { "; look at the credentials, and at what their role may do" } else { "" })
            }
            Self::Lost(cause) => f.write_str(cause),
        }
    }
}

impl Service {
    /// The service `name` of the region that `aws` names. Nothing is connected.
    ///
    /// # Errors
    /// Options that no client can be made of.
    pub fn new(aws: &Aws, name: &'static str) -> Result<Self, Problem> {
        let refused = |what: &str| Problem::error(aws.place.clone(), format!("no client of AWS can be made: {what}"));
        let region = aws.region.clone();
        let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let endpoint = match &aws.endpoint {
            Some(endpoint) => endpoint.value.clone(),
            None => {
                Url::parse(&format!("https://{name}.{region}.{domain}")).map_err(|_| refused("look at `region`"))?
            }
        };
        let host = endpoint[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        let http = reqwest::Client::builder().connect_timeout(CONNECT).timeout(ANSWER).redirect(Policy::none());
        let http = http.build().map_err(|_| refused("the system has no certificates that can be read"))?;
        let credentials = credentials(aws).ok_or_else(|| refused("look at `options`"))?;
        Ok(Self { http, credentials, endpoint, host, region, name, ahead: AtomicI64::new(0) })
    }

    /// The answer to an operation of a service that speaks JSON 1.1, which does the same when it is asked twice.
    pub async fn ask(&self, target: &str, body: &Value) -> Result<Value, Refusal> {
        let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)];
        let answer = self.call(&headers, body.to_string()).await?;
        serde_json::from_slice(&answer).map_err(|error| Refusal::Lost(format!("{target}: no JSON came: {error}")))
    }

    /// The answer to an operation of a service that takes forms and answers in XML, of the same kind.
    pub async fn ask_form(&self, form: &[(&str, &str)]) -> Result<String, Refusal> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let answer = self.call(&[("content-type", "application/x-www-form-urlencoded")], body).await?;
        String::from_utf8(answer.into()).map_err(|_| Refusal::Lost("no text came".to_owned()))
    }

    async fn call(&self, headers: &[(&'static str, &str)], body: String) -> Result<Bytes, Refusal> {
        let (mut attempt, mut is_corrected) = (0, false);
        loop {
            let (refusal, pause) = match self.send(headers, &body).await {
                Ok(answer) if answer.status().is_success() => match answer.bytes().await {
                    Ok(bytes) => return Ok(bytes),
                    Err(error) => (Refusal::Lost(cause(&error)), None),
                },
                Ok(answer) => {
                    let (status, now) = (answer.status(), server_time(&answer));
                    let pause = retry_after(&answer);
                    let refusal = refusal(status, &answer.bytes().await.unwrap_or_default());
                    let Refusal::Said(code, _) = &refusal else { return Err(refusal) };
                    if SKEWED.contains(&code.as_str()) && !is_corrected && self.corrects_clock(now) {
                        is_corrected = true;
                        continue;
                    }
                    let is_passing = status.is_server_error()
                        || status == StatusCode::TOO_MANY_REQUESTS
                        || THROTTLED.contains(&code.as_str());
                    if !is_passing {
                        return Err(refusal);
                    }
                    (refusal, pause)
                }
                Err(refusal) => (refusal, None),
            };
            if attempt == ATTEMPTS {
                return Err(refusal);
            }
            // Those who were sent away together do not come back together.
            let longest = FIRST_PAUSE * 2_u32.pow(attempt);
            let pause =
                pause.map_or_else(|| jittered(longest), |pause| pause + jittered(FIRST_PAUSE)).min(LONGEST_PAUSE);
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    async fn send(&self, headers: &[(&'static str, &str)], body: &str) -> Result<Response, Refusal> {
        let credential = self.credentials.get_credential().await;
        let credential = credential.map_err(|error| Refusal::Lost(format!("no credentials of AWS: {error}")))?;
        let signer = Signer {
            key_id: &credential.key_id,
            secret: &credential.secret_key,
            region: &self.region,
            service: self.name,
            at: Utc::now() + TimeDelta::seconds(self.ahead.load(Ordering::Relaxed)),
        };
        let date = signer.date();
        let mut all: BTreeMap<&str, &str> = headers.iter().copied().collect();
        all.extend([("host", self.host.as_str()), ("x-amz-date", &date)]);
        if let Some(token) = &credential.token {
            all.insert("x-amz-security-token", token);
        }
        let mut request = self.http.post(self.endpoint.clone());
        for (name, value) in all.iter().filter(|(name, _)| **name != "host") {
            request = request.header(*name, *value);
        }
        let authorization = signer.authorization(&all, body.as_bytes());
        let request = request.header(header::AUTHORIZATION, authorization).body(body.to_owned());
        request.send().await.map_err(|error| Refusal::Lost(cause(&error)))
    }

    /// Takes the service's time for ours, if the two differ.
    fn corrects_clock(&self, now: Option<DateTime<Utc>>) -> bool {
        let Some(now) = now else { return false };
        let ahead = (now - Utc::now()).num_seconds();
        (ahead - self.ahead.swap(ahead, Ordering::Relaxed)).abs() > SKEW
    }
}

/// What `options` say, else the usual chain: the environment, a web identity, a container's or an instance's role.
fn credentials(aws: &Aws) -> Option<AwsCredentialProvider> {
    let is_key =
        |name: &str| name.eq_ignore_ascii_case("access_key_id") || name.eq_ignore_ascii_case("aws_access_key_id");
    let gives_key = aws.options.iter().any(|(name, _)| is_key(&name.value));
    let mut builder = if gives_key { AmazonS3Builder::new() } else { AmazonS3Builder::from_env() };
    let backoff = BackoffConfig { max_backoff: Duration::from_secs(1), ..BackoffConfig::default() };
    builder = builder
        .with_client_options(ClientOptions::new().with_connect_timeout(Duration::from_secs(2)))
        .with_retry(RetryConfig { backoff, max_retries: 2, retry_timeout: Duration::from_secs(5) });
    for (name, value) in &aws.options {
        let key: AmazonS3ConfigKey = name.value.to_lowercase().parse().ok()?;
        builder = builder.with_config(key, value.expose());
    }
    // A store needs a bucket; nothing is asked of it.
    let store = builder.with_bucket_name("none").with_region(&aws.region).build().ok()?;
    Some(store.credentials().clone())
}

/// The code and the message: JSON of `__type` and `message` (also with a capital), or XML of `Code` and `Message`.
fn refusal(status: StatusCode, body: &[u8]) -> Refusal {
    let text = String::from_utf8_lossy(body);
    let json: Value = serde_json::from_str(&text).unwrap_or_default();
    let code = json["__type"].as_str().map(|code| code.rsplit('#').next().unwrap_or(code).to_owned());
    let said = json["message"].as_str().or(json["Message"].as_str()).map(str::to_owned);
    match code.or_else(|| element(&text, "Code").map(str::to_owned)) {
        Some(code) => {
            // JSON 1.1 may name the service before the code, and a colon and a URL behind it.
            let code = code.split(':').next().unwrap_or_default().to_owned();
            Refusal::Said(code, said.or_else(|| element(&text, "Message").map(str::to_owned)).unwrap_or_default())
        }
        None if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            Refusal::Said(status.to_string(), String::new())
        }
        None => Refusal::Lost(format!("an answer of another kind came, {status}")),
    }
}

/// The text of the first element `name` of an XML document, where it has no element in it.
pub fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text)
}

fn server_time(answer: &Response) -> Option<DateTime<Utc>> {
    let date = answer.headers().get(header::DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}

fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Between half of `longest` and all of it.
pub fn jittered(longest: Duration) -> Duration {
    let share = f64::from(getrandom::u32().unwrap_or(u32::MAX)) / f64::from(u32::MAX);
    longest.mul_f64(0.5 + share / 2.0)
}

fn cause(error: &reqwest::Error) -> String {
    let mut cause = error.to_string();
    let mut inner = std::error::Error::source(error);
    while let Some(error) = inner {
        cause = format!("{cause}: {error}");
        inner = error.source();
    }
    cause
}
