//! Who asks AWS: the key that the file gives, else whom the usual chain of its tools finds.

use std::time::{Duration, SystemTime};

use aws_config::{
    BehaviorVersion, Region, default_provider::credentials::DefaultCredentialsChain, provider_config::ProviderConfig,
};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError},
};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use tokio::sync::Mutex;

use crate::config::source::AwsIdentity;

/// Credentials that expire sooner are asked for again.
const REST: Duration = Duration::from_mins(2);

/// The credentials of one source.
#[derive(Debug)]
pub struct Identity {
    says: AwsIdentity,
    region: String,
    found: Mutex<Found>,
}

/// The chain, once it was asked, and what it answered if that holds for a while.
#[derive(Debug, Default)]
struct Found {
    chain: Option<DefaultCredentialsChain>,
    kept: Option<Credentials>,
}

impl Identity {
    /// Asks nobody yet. Who gives credentials for a role is asked in `region`.
    pub fn new(says: &AwsIdentity, region: &str) -> Self {
        Self { says: says.clone(), region: region.to_owned(), found: Mutex::default() }
    }

    /// Credentials that are good for a while yet. Those who come together ask once.
    pub async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let profile = match &self.says {
            AwsIdentity::Key { id, secret, token } => {
                let token = token.as_ref().map(|token| token.expose().to_owned());
                return Ok(Credentials::new(id.expose(), secret.expose(), token, None, "catalog"));
            }
            AwsIdentity::Profile(name) => Some(name.as_str()),
            AwsIdentity::Chain => None,
        };
        let mut found = self.found.lock().await;
        let latest = SystemTime::now() + REST;
        if let Some(kept) = found.kept.as_ref().filter(|kept| kept.expiry().is_some_and(|expiry| expiry > latest)) {
            return Ok(kept.clone());
        }
        let chain = match found.chain.take() {
            Some(chain) => chain,
            None => self.chain(profile).await,
        };
        let asked = found.chain.insert(chain).provide_credentials().await?;
        found.kept = Some(asked.clone());
        Ok(asked)
    }

    /// The environment, a profile of `~/.aws` (also of a role, of single sign-on, of a program), a web identity, a
    /// container's role, an instance's.
    async fn chain(&self, profile: Option<&str>) -> DefaultCredentialsChain {
        let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
        let region = Region::new(self.region.clone());
        let config = ProviderConfig::without_region()
            .with_behavior_version(Some(BehaviorVersion::latest()))
            .with_http_client(http)
            .with_region(Some(region.clone()));
        let chain = DefaultCredentialsChain::builder().configure(config).region(region);
        match profile {
            Some(name) => chain.profile_name(name).build().await,
            None => chain.build().await,
        }
    }
}
