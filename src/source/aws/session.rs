//! Credentials: the caller's own, and one assumed role per account, refreshed before it expires.

use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_sts::error::SdkError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_types::retry::RetryConfig;

use super::call::{Failure, in_words};
use super::limiter::Limiter;
use super::simulate::principal_of;
use super::traffic::Traffic;
use crate::model::{AccountId, Caller, Unknown};

/// How roles are assumed, and how patient calls are.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// A role to assume first, from which the accounts' roles are assumed.
    pub hub_role_arn: Option<String>,
    pub session_name: String,
    /// The longest that one attempt of a call waits for its answer.
    pub timeout: Duration,
    /// Calls a second to one service in one region of an account.
    pub max_rate: u16,
    /// The region of STS and of global services.
    pub home_region: String,
}

/// Tried this often before a call counts as failed.
const ATTEMPTS: u32 = 5;

/// The name of the sessions that probe.
const PROBES: &str = "govcheck-probe";

/// Makes the sessions of all accounts.
pub struct Sessions {
    base: SdkConfig,
    options: SessionOptions,
    pub traffic: Traffic,
}

/// The credentials of one account.
pub struct AccountSession {
    pub account: AccountId,
    /// The ARN of the role or user that acts.
    pub principal: String,
    config: SdkConfig,
    partition: String,
}

impl Sessions {
    /// Loads the standard AWS configuration (environment, profiles, SSO, process, web identity, container, instance).
    ///
    /// # Errors
    /// When the hub role cannot be assumed, or the file of `AWS_CA_BUNDLE` cannot be read.
    pub async fn load(options: SessionOptions) -> Result<Self, Failure> {
        Self::load_with(aws_config::defaults(BehaviorVersion::latest()), options).await
    }

    /// As [`Sessions::load`], with what the loader was given already, as an endpoint or credentials.
    ///
    /// # Errors
    /// As those of [`Sessions::load`].
    pub async fn load_with(loader: ConfigLoader, options: SessionOptions) -> Result<Self, Failure> {
        let traffic = Traffic::new().map_err(|error| Failure {
            cause: Unknown::RoleNotAssumed("AWS_CA_BUNDLE".into()),
            code: "AWS_CA_BUNDLE".into(),
            message: error.to_string(),
        })?;
        let base = patient(loader, &options)
            .http_client(traffic.client(None))
            .region(Region::new(options.home_region.clone()))
            .load()
            .await;
        let base = match &options.hub_role_arn {
            None => base,
            Some(role_arn) => {
                let provider = role_provider(&base, &options, role_arn, None).await;
                with_credentials(&base, Assumed::now(provider).await?)
            }
        };
        Ok(Self { base, options, traffic })
    }

    /// Who calls: the account and ARN of the credentials before any account's role.
    ///
    /// # Errors
    /// When there are no credentials, or STS does not accept them.
    pub async fn caller(&self) -> Result<Caller, Failure> {
        let client = aws_sdk_sts::Client::new(&self.base);
        let action = "sts:GetCallerIdentity";
        let identity = client.get_caller_identity().send().await.map_err(|error| {
            not_signed(&error).unwrap_or_else(|| Failure::of(action, &self.options.home_region, &error))
        })?;
        let account = identity.account().unwrap_or_default().parse().map_err(|_| Failure {
            cause: Unknown::CallFailed { action: action.into(), code: "Response".into() },
            code: "Response".into(),
            message: "the answer names no account".into(),
        })?;
        Ok(Caller { account, arn: identity.arn().unwrap_or_default().to_owned() })
    }

    /// The configuration of the caller's own credentials.
    pub(super) fn base(&self) -> &SdkConfig {
        &self.base
    }

    /// The caller's own account, without assuming a role.
    pub fn own(&self, caller: &Caller) -> AccountSession {
        AccountSession {
            account: caller.account.clone(),
            principal: principal_of(&caller.arn),
            config: self.limited(&self.base),
            partition: partition_of(&caller.arn),
        }
    }

    /// Assumes the role of an account.
    ///
    /// # Errors
    /// STS's failure to give credentials.
    pub async fn assume(
        &self,
        account: &AccountId,
        role_arn: &str,
        external_id: Option<&str>,
    ) -> Result<AccountSession, Failure> {
        let provider = role_provider(&self.base, &self.options, role_arn, external_id).await;
        let config = self.limited(&with_credentials(&self.base, Assumed::now(provider).await?));
        let (account, principal) = (account.clone(), role_arn.to_owned());
        Ok(AccountSession { account, principal, config, partition: partition_of(role_arn) })
    }
}

impl Sessions {
    /// The same ways into the accounts, under a name by which probes are known in CloudTrail and in the user agent.
    pub fn for_probes(&self) -> Self {
        let options = SessionOptions { session_name: PROBES.to_owned(), ..self.options.clone() };
        let base = self.base.to_builder().app_name(app_name(PROBES)).build();
        Self { base, options, traffic: self.traffic.clone() }
    }

    /// The same configuration within the limits of an account.
    fn limited(&self, config: &SdkConfig) -> SdkConfig {
        let client = self.traffic.client(Some(Limiter::new(self.options.max_rate)));
        config.to_builder().http_client(client).build()
    }
}

impl AccountSession {
    /// The SDK configuration for a region.
    pub fn config(&self, region: &str) -> SdkConfig {
        self.config.to_builder().region(Region::new(region.to_owned())).build()
    }

    pub fn partition(&self) -> &str {
        &self.partition
    }
}

/// Uploads are not watched for stalling: a request that waits for its turn would be taken for one that stalls.
fn patient(loader: ConfigLoader, options: &SessionOptions) -> ConfigLoader {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5).min(options.timeout))
        .read_timeout(options.timeout)
        .build();
    loader
        .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS))
        .timeout_config(timeouts)
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().upload_enabled(false).build())
        .app_name(app_name(concat!("govcheck-", env!("CARGO_PKG_VERSION"))))
}

fn app_name(name: &'static str) -> aws_config::AppName {
    aws_config::AppName::new(name).unwrap_or_else(|_| unreachable!("the name is valid in a user agent"))
}

async fn role_provider(
    base: &SdkConfig,
    options: &SessionOptions,
    role_arn: &str,
    external_id: Option<&str>,
) -> AssumeRoleProvider {
    let builder = AssumeRoleProvider::builder(role_arn)
        .session_name(&options.session_name)
        .region(Region::new(options.home_region.clone()))
        .configure(base);
    match external_id {
        Some(id) => builder.external_id(id),
        None => builder,
    }
    .build()
    .await
}

/// The same configuration with other credentials, cached until shortly before they expire.
fn with_credentials(base: &SdkConfig, provider: Assumed) -> SdkConfig {
    let cache = aws_config::identity::IdentityCache::lazy().build();
    base.to_builder().credentials_provider(SharedCredentialsProvider::new(provider)).identity_cache(cache).build()
}

/// A role that was assumed: its credentials, and the way to others when they expire.
#[derive(Debug)]
struct Assumed {
    first: Mutex<Option<Credentials>>,
    provider: AssumeRoleProvider,
}

impl Assumed {
    async fn now(provider: AssumeRoleProvider) -> Result<Self, Failure> {
        let first = provider.provide_credentials().await.map_err(|error| role_failure(&error))?;
        Ok(Self { first: Mutex::new(Some(first)), provider })
    }
}

impl ProvideCredentials for Assumed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        first.map_or_else(|| self.provider.provide_credentials(), |first| future::ProvideCredentials::ready(Ok(first)))
    }
}

fn partition_of(arn: &str) -> String {
    arn.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or("aws").to_owned()
}

/// The reason why a call could not even be signed: there are no credentials, or they cannot be read.
fn not_signed(error: &(dyn std::error::Error + 'static)) -> Option<Failure> {
    let mut source = Some(error);
    while let Some(inner) = source {
        if let Some(credentials) = inner.downcast_ref::<CredentialsError>() {
            let code = "NoCredentials".to_owned();
            let message = match credentials {
                CredentialsError::CredentialsNotLoaded(_) => "no AWS credentials were found".to_owned(),
                other => in_words(other),
            };
            return Some(Failure { cause: Unknown::RoleNotAssumed(code.clone()), code, message });
        }
        source = inner.source();
    }
    None
}

/// STS's own answer out of the credential provider's error.
fn role_failure(error: &CredentialsError) -> Failure {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(sts) = inner.downcast_ref::<SdkError<AssumeRoleError>>() {
            let failure = Failure::of("sts:AssumeRole", "", sts);
            return Failure { cause: Unknown::RoleNotAssumed(failure.code.clone()), ..failure };
        }
        source = inner.source();
    }
    let message = in_words(error);
    let code = "NoCredentials".to_owned();
    Failure { cause: Unknown::RoleNotAssumed(code.clone()), code, message }
}
