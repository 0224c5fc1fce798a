//! Passwords for a while, which AWS gives to those whom it knows: `GetClusterCredentials` and
//! `GetClusterCredentialsWithIAM` for a cluster (Amazon Redshift API Reference), `GetCredentials` for a workgroup (Amazon
//! Redshift Serverless API Reference).

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::aws::{Refusal, Service, element};
use crate::{
    config::{
        Secret,
        source::{Aws, AwsWarehouse},
    },
    model::Problem,
};

/// The shortest that there are.
const LIFETIME: Duration = Duration::from_mins(15);
/// One that expires sooner is renewed before it is used.
const REST: TimeDelta = TimeDelta::minutes(2);

/// Asks for tokens, and keeps the last.
#[derive(Debug)]
pub struct Tokens {
    service: Service,
    warehouse: AwsWarehouse,
    user: Option<String>,
    database: Option<String>,
    kept: Mutex<Option<Token>>,
}

/// A user and a password that is good until then.
#[derive(Clone, Debug)]
pub struct Token {
    /// Whom to connect as.
    pub user: String,
    /// The password.
    pub password: Secret,
    expires: DateTime<Utc>,
}

impl Tokens {
    /// Asks nobody yet. `database` is the one that is connected to.
    ///
    /// # Errors
    /// Options that no client can be made of.
    pub fn new(aws: &Aws, database: Option<&str>) -> Result<Self, Problem> {
        let name = match aws.warehouse {
            AwsWarehouse::Cluster(_) => "redshift",
            AwsWarehouse::Workgroup(_) => "redshift-serverless",
        };
        Ok(Self {
            service: Service::new(aws, name)?,
            warehouse: aws.warehouse.clone(),
            user: aws.user.clone(),
            database: database.map(str::to_owned),
            kept: Mutex::default(),
        })
    }

    /// A token that is good for a while yet.
    pub async fn token(&self) -> Result<Token, Refusal> {
        let kept = self.kept().clone().filter(|token| token.expires - REST > Utc::now());
        if let Some(token) = kept {
            return Ok(token);
        }
        let token = match &self.warehouse {
            AwsWarehouse::Cluster(cluster) => self.of_cluster(cluster).await?,
            AwsWarehouse::Workgroup(workgroup) => self.of_workgroup(workgroup).await?,
        };
        *self.kept() = Some(token.clone());
        Ok(token)
    }

    /// Asks for another next time.
    pub fn forget(&self) {
        *self.kept() = None;
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Token>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn of_cluster(&self, cluster: &str) -> Result<Token, Refusal> {
        let seconds = LIFETIME.as_secs().to_string();
        let mut form = vec![("Version", "2012-12-01"), ("ClusterIdentifier", cluster), ("DurationSeconds", &seconds)];
        form.extend(self.database.as_deref().map(|database| ("DbName", database)));
        match &self.user {
            Some(user) => form.extend([("Action", "GetClusterCredentials"), ("DbUser", user.as_str())]),
            None => form.push(("Action", "GetClusterCredentialsWithIAM")),
        }
        let answer = self.service.ask_form(&form).await?;
        let expires = element(&answer, "Expiration").and_then(|text| DateTime::parse_from_rfc3339(text).ok());
        let text = |name| element(&answer, name).map(unescaped);
        token(text("DbUser"), text("DbPassword"), expires.map(|at| at.to_utc()))
    }

    async fn of_workgroup(&self, workgroup: &str) -> Result<Token, Refusal> {
        let mut body = json!({"workgroupName": workgroup, "durationSeconds": LIFETIME.as_secs()});
        if let Some(database) = &self.database {
            body["dbName"] = json!(database);
        }
        let answer = self.service.ask("RedshiftServerless.GetCredentials", &body).await?;
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        // Seconds since 1970, with a fraction.
        let expires = answer["expiration"].as_f64().map(|seconds| TimeDelta::try_milliseconds(millis(seconds)));
        token(
            text("dbUser"),
            text("dbPassword"),
            expires.flatten().and_then(|since| DateTime::UNIX_EPOCH.checked_add_signed(since)),
        )
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a time, and times far off are all the same")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0) as i64
}

fn token(user: Option<String>, password: Option<String>, expires: Option<DateTime<Utc>>) -> Result<Token, Refusal> {
    match (user, password, expires) {
        (Some(user), Some(password), Some(expires)) => Ok(Token { user, password: Secret::new(password), expires }),
        _ => Err(Refusal::Lost("no token came, but something else".to_owned())),
    }
}

/// What XML cannot have in a text.
fn unescaped(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    text.replace("&#39;", "'").replace("&#34;", "\"").replace("&amp;", "&")
}
