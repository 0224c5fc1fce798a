//! `options` beside a location: `object_store`'s own names, checked for the store that the location is in.

use object_store::{aws::AmazonS3ConfigKey, azure::AzureConfigKey, gcp::GoogleConfigKey};

use super::{
    super::{
        Secret, Spanned,
        reader::{Value, suggest},
    },
    Location,
};
use crate::model::{Problem, Problems};

/// What an object store's URL may begin with.
pub const SCHEMES: &[&str] = &["s3://", "gs://", "az://", "abfs://", "abfss://"];

/// The names that owners write, for hints; `object_store` itself decides which names are valid.
const S3: &[&str] = &[
    "access_key_id",
    "secret_access_key",
    "session_token",
    "region",
    "endpoint",
    "role_arn",
    "role_session_name",
    "web_identity_token_file",
    "virtual_hosted_style_request",
    "skip_signature",
    "unsigned_payload",
    "checksum_algorithm",
    "imdsv1_fallback",
    "metadata_endpoint",
    "request_payer",
    "s3_express",
    "container_credentials_relative_uri",
];
const GOOGLE: &[&str] =
    &["service_account", "service_account_key", "application_credentials", "base_url", "skip_signature"];
const AZURE: &[&str] = &[
    "account_name",
    "account_key",
    "client_id",
    "client_secret",
    "tenant_id",
    "sas_token",
    "bearer_token",
    "authority_host",
    "endpoint",
    "use_emulator",
    "msi_endpoint",
    "object_id",
    "federated_token_file",
    "use_azure_cli",
    "skip_signature",
];
const CLIENT: &[&str] = &[
    "allow_http",
    "allow_invalid_certificates",
    "connect_timeout",
    "timeout",
    "http1_only",
    "http2_only",
    "pool_idle_timeout",
    "pool_max_idle_per_host",
    "proxy_url",
    "proxy_ca_certificate",
    "proxy_excludes",
    "randomize_addresses",
    "user_agent",
];

/// Names of what `location` says: an option could point elsewhere.
const LOCATION: &[&str] = &[
    "aws_bucket",
    "aws_bucket_name",
    "azure_container_name",
    "bucket",
    "bucket_name",
    "container_name",
    "google_bucket",
    "google_bucket_name",
];

/// Reads `options` of what is at `location`. All values may be secrets.
pub fn read(value: Value, location: &Location, problems: &mut Problems) -> Vec<(Spanned<String>, Secret)> {
    let Location::Url(url) = location else {
        let problem = Problem::error(value.key_place, "a directory takes no `options`");
        problems.push(problem.hint("remove them, or name an object store as `location`"));
        return Vec::new();
    };
    let (is_valid, names): (fn(&str) -> bool, _) = match url.scheme() {
        "s3" => (|name| name.parse::<AmazonS3ConfigKey>().is_ok(), S3),
        "gs" => (|name| name.parse::<GoogleConfigKey>().is_ok(), GOOGLE),
        _ => (|name| name.parse::<AzureConfigKey>().is_ok(), AZURE),
    };
    let mut options = Vec::new();
    for (name, value) in value.entries(problems).unwrap_or_default() {
        if !is_valid(&name.value) {
            let names: Vec<_> = names.iter().chain(CLIENT).copied().collect();
            let message = format!("unknown option `{}` of `{}://`", name.value, url.scheme());
            problems.push(Problem::error(name.place, message).hint(suggest(&name.value, &names)));
        } else if LOCATION.contains(&name.value.as_str()) {
            let problem = Problem::error(name.place, format!("the option `{}` is what `location` says", name.value));
            problems.push(problem.hint("remove it"));
        } else if let Some(text) = value.string(problems) {
            options.push((name, Secret::new(text.value)));
        }
    }
    options
}
