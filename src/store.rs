//! Object stores that the project names, each rooted at its location: no path can leave it.

use std::{str::FromStr, sync::Arc, time::Duration};

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
    config::{Location, Secret, Spanned},
    model::{Place, Problem},
};

/// `object_store`'s own names and their values, as a file gives them.
type Options = [(Spanned<String>, Secret)];

/// Builds the store of a location. Connects to nothing.
///
/// # Errors
/// A location that cannot be opened with these options.
pub fn open(location: &Spanned<Location>, options: &Options) -> Result<Arc<dyn ObjectStore>, Problem> {
    match &location.value {
        Location::Directory(directory) => {
            // Names of objects have no `..`: such a way is resolved first.
            let resolved = || Path::from_absolute_path(std::fs::canonicalize(directory).ok()?).ok();
            let root = Path::from_absolute_path(directory).ok().or_else(resolved).ok_or_else(|| {
                Problem::error(
                    location.place.clone(),
                    format!("`{}` is not a directory that can be opened", directory.display()),
                )
            })?;
            Ok(Arc::new(PrefixStore::new(LocalFileSystem::new(), root)))
        }
        Location::Url(url) => remote(url, &location.place, options),
    }
}

fn remote(url: &url::Url, place: &Place, given: &Options) -> Result<Arc<dyn ObjectStore>, Problem> {
    let unsupported = || {
        Problem::error(place.clone(), format!("locations of scheme `{}` are not supported", url.scheme()))
            .hint("a directory, `s3://bucket/prefix`, `gs://bucket/prefix` or `az://container/prefix`")
    };
    // What these builders say may repeat an option's value: only the fact is told.
    let refused = |_| {
        Problem::error(place.clone(), "the location cannot be opened with these options")
            .hint("check the bucket's name, and `endpoint` and the credentials in `options`")
    };
    let (scheme, prefix) = ObjectStoreScheme::parse(url).map_err(|_| unsupported())?;
    let url = url.as_str();
    match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let options = typed::<AmazonS3ConfigKey>(given)?;
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
            let options = typed::<GoogleConfigKey>(given)?;
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
            let options = typed::<AzureConfigKey>(given)?;
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
fn typed<K: FromStr>(given: &Options) -> Result<Vec<(K, &Secret)>, Problem> {
    given
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
