//! The object store behind a source, rooted at its location: no path can leave it.

use std::{path::Path as FilePath, str::FromStr, sync::Arc, time::Duration};

use datafusion::{execution::object_store::ObjectStoreUrl, object_store};
use object_store::{
    BackoffConfig, ClientConfigKey, ClientOptions, ObjectStore, ObjectStoreScheme, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    gcp::{GoogleCloudStorageBuilder, GoogleConfigKey},
    local::LocalFileSystem,
    path::Path,
    prefix::PrefixStore,
};

use crate::{
    config::{
        Secret, Spanned,
        source::{FilesConfig, Location},
    },
    model::{Problem, SourceName},
};

const SCHEME: &str = "files";

/// The URL a source's store is registered under: its own, so that two sources over one bucket never share credentials.
#[must_use]
pub fn url_of(source: &SourceName) -> ObjectStoreUrl {
    ObjectStoreUrl::parse(format!("{SCHEME}://{source}")).expect("a source name is a valid host")
}

/// The source whose store `url` names, when it is one of ours.
#[must_use]
pub fn source_of(url: &ObjectStoreUrl) -> Option<SourceName> {
    let host = url.as_str().strip_prefix(SCHEME)?.strip_prefix("://")?;
    SourceName::new(host.trim_end_matches('/'))
}

/// Builds the store of a location. Connects to nothing.
pub fn open(files: &FilesConfig) -> Result<Arc<dyn ObjectStore>, Problem> {
    match &files.location.value {
        Location::Directory(directory) => {
            // Names of objects have no `..`: such a way is resolved first.
            let resolved = || Path::from_absolute_path(std::fs::canonicalize(directory).ok()?).ok();
            let root = Path::from_absolute_path(directory).ok().or_else(resolved).ok_or_else(|| {
                Problem::error(
                    files.location.place.clone(),
                    format!("`{}` is not a directory that can be opened", directory.display()),
                )
            })?;
            Ok(Arc::new(PrefixStore::new(LocalFileSystem::new(), root)))
        }
        Location::Url(url) => remote(url, files),
    }
}

/// Is a local location there? Object stores answer for themselves.
pub async fn is_missing(location: &Location) -> bool {
    match location {
        Location::Directory(directory) => !is_directory(directory).await,
        Location::Url(_) => false,
    }
}

async fn is_directory(directory: &FilePath) -> bool {
    tokio::fs::metadata(directory).await.is_ok_and(|found| found.is_dir())
}

fn remote(url: &url::Url, files: &FilesConfig) -> Result<Arc<dyn ObjectStore>, Problem> {
    let unsupported = || {
        Problem::error(
            files.location.place.clone(),
            format!("locations of scheme `{}` are not supported", url.scheme()),
        )
        .hint("a directory, `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`")
    };
    // What these builders say may repeat an option's value: only the fact is told.
    let refused = |_| {
        Problem::error(files.location.place.clone(), "the location cannot be opened with these options")
            .hint("check the bucket's name, and `endpoint` and the credentials in `options`")
    };
    let (scheme, prefix) = ObjectStoreScheme::parse(url).map_err(|_| unsupported())?;
    let url = url.as_str();
    match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let options = typed::<AmazonS3ConfigKey>(files)?;
            let mut builder = if gives(&options, &[AmazonS3ConfigKey::AccessKeyId]) {
                AmazonS3Builder::new()
            } else {
                AmazonS3Builder::from_env()
            };
            builder = builder.with_client_options(client()).with_retry(retry());
            if is_plain_http(&options, &AmazonS3ConfigKey::Endpoint) {
                builder = builder.with_config(AmazonS3ConfigKey::Client(ClientConfigKey::AllowHttp), "true");
            }
            for (key, value) in options {
                builder = builder.with_config(key, value.expose());
            }
            Ok(Arc::new(PrefixStore::new(builder.with_url(url).build().map_err(refused)?, prefix)))
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let options = typed::<GoogleConfigKey>(files)?;
            let keys = [GoogleConfigKey::ServiceAccount, GoogleConfigKey::ServiceAccountKey];
            let mut builder = if gives(&options, &keys) {
                GoogleCloudStorageBuilder::new()
            } else {
                GoogleCloudStorageBuilder::from_env()
            };
            builder = builder.with_client_options(client()).with_retry(retry());
            for (key, value) in options {
                builder = builder.with_config(key, value.expose());
            }
            Ok(Arc::new(PrefixStore::new(builder.with_url(url).build().map_err(refused)?, prefix)))
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let options = typed::<AzureConfigKey>(files)?;
            let keys = [AzureConfigKey::AccessKey, AzureConfigKey::SasKey, AzureConfigKey::ClientSecret];
            let mut builder =
                if gives(&options, &keys) { MicrosoftAzureBuilder::new() } else { MicrosoftAzureBuilder::from_env() };
            builder = builder.with_client_options(client()).with_retry(retry());
            if is_plain_http(&options, &AzureConfigKey::Endpoint) {
                builder = builder.with_config(AzureConfigKey::Client(ClientConfigKey::AllowHttp), "true");
            }
            for (key, value) in options {
                builder = builder.with_config(key, value.expose());
            }
            Ok(Arc::new(PrefixStore::new(builder.with_url(url).build().map_err(refused)?, prefix)))
        }
        _ => Err(unsupported()),
    }
}

/// The options under the names of one kind of store.
fn typed<K: FromStr>(files: &FilesConfig) -> Result<Vec<(K, &Secret)>, Problem> {
    files
        .options
        .iter()
        .map(|(Spanned { value: name, place }, value)| {
            let key = name.to_lowercase().parse().map_err(|_| {
                Problem::error(place.clone(), format!("`{name}` is not an option of this kind of location"))
            })?;
            Ok((key, value))
        })
        .collect()
}

fn gives<K: PartialEq>(options: &[(K, &Secret)], keys: &[K]) -> bool {
    options.iter().any(|(key, _)| keys.contains(key))
}

fn is_plain_http<K: PartialEq>(options: &[(K, &Secret)], endpoint: &K) -> bool {
    options.iter().any(|(key, value)| key == endpoint && value.expose().starts_with("http://"))
}

fn client() -> ClientOptions {
    ClientOptions::new().with_connect_timeout(Duration::from_secs(2))
}

/// A store that is down is told to the caller within seconds.
fn retry() -> RetryConfig {
    RetryConfig { backoff: BackoffConfig::default(), max_retries: 2, retry_timeout: Duration::from_secs(5) }
}
