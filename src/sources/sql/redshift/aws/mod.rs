//! Calls of AWS' services: signed, repeated where that is safe, at the service's own time.

mod identity;

use std::{
    error::Error,
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, SystemTime},
};

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Response, StatusCode, header, redirect::Policy};
use serde_json::Value;
use url::Url;

use crate::{
    config::source::Aws,
    model::Problem,
    sources::sql::{failure::with_causes, session::jittered},
};
use identity::Identity;

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
    identity: Identity,
    endpoint: Url,
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
    /// A region that no client can be made of.
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
        let http = reqwest::Client::builder().connect_timeout(CONNECT).timeout(ANSWER).redirect(Policy::none());
        let http = http.build().map_err(|_| refused("the system has no certificates that can be read"))?;
        let identity = Identity::new(&aws.identity, &region);
        Ok(Self { http, identity, endpoint, region, name, ahead: AtomicI64::new(0) })
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
            let ahead = self.ahead.load(Ordering::Relaxed);
            let (refusal, pause) = match self.send(headers, &body, ahead).await {
                Ok(answer) if answer.status().is_success() => match answer.bytes().await {
                    Ok(bytes) => return Ok(bytes),
                    Err(error) => (Refusal::Lost(with_causes(&error)), None),
                },
                Ok(answer) => {
                    let (status, now) = (answer.status(), server_time(&answer));
                    let pause = retry_after(&answer);
                    let refusal = refusal(status, &answer.bytes().await.unwrap_or_default());
                    let Refusal::Said(code, _) = &refusal else { return Err(refusal) };
                    if SKEWED.contains(&code.as_str()) && !is_corrected && self.corrects_clock(ahead, now) {
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
            let pause = pause
                .map_or_else(|| jittered(longest), |pause| pause.saturating_add(jittered(FIRST_PAUSE)))
                .min(LONGEST_PAUSE);
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// Signed as of a time that is so many seconds ahead of ours.
    async fn send(&self, headers: &[(&'static str, &str)], body: &str, ahead: i64) -> Result<Response, Refusal> {
        let request =
            self.signed(headers, body, ahead).await.map_err(|error| Refusal::Lost(with_causes(error.as_ref())))?;
        self.http.execute(request).await.map_err(|error| Refusal::Lost(with_causes(&error)))
    }

    /// By Signature Version 4
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>), at the service's time.
    async fn signed(
        &self,
        headers: &[(&'static str, &str)],
        body: &str,
        ahead: i64,
    ) -> Result<reqwest::Request, Box<dyn Error + Send + Sync>> {
        let identity = self.identity.credentials().await?.into();
        let now = Utc::now() + TimeDelta::seconds(ahead);
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(self.name)
            .time(SystemTime::from(now))
            .settings(SigningSettings::default())
            .build()?;
        let body_to_sign = SignableBody::Bytes(body.as_bytes());
        let to_sign = SignableRequest::new("POST", self.endpoint.as_str(), headers.iter().copied(), body_to_sign)?;
        let (signature, _) = sign(to_sign, &params.into())?.into_parts();
        let mut request = http::Request::post(self.endpoint.as_str());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(body.to_owned())?;
        signature.apply_to_request_http1x(&mut request);
        Ok(request.try_into()?)
    }

    /// Takes the service's time for ours, if it differs from the one by which was signed.
    fn corrects_clock(&self, signed: i64, now: Option<DateTime<Utc>>) -> bool {
        let Some(now) = now else { return false };
        let ahead = (now - Utc::now()).num_seconds();
        self.ahead.store(ahead, Ordering::Relaxed);
        (ahead - signed).abs() > SKEW
    }
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
