//! The one HTTP client of all accounts, and the count of what goes through it.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;

use super::limiter::Limiter;
use crate::model::CallCounts;

/// How long a connection is kept for the next request. Every bucket, and every account for S3 Control, is a host of its
/// own: those that are done must not fill the table of open files.
const IDLE: Duration = Duration::from_secs(10);

/// The requests of all accounts: one HTTP client, and counts by service.
#[derive(Clone, Debug)]
pub struct Traffic {
    inner: SharedHttpClient,
    counts: Arc<Mutex<BTreeMap<String, CallCounts>>>,
}

impl Traffic {
    /// The client that all SDK clients share, so that connections are reused across accounts.
    ///
    /// It goes through the proxy of `HTTPS_PROXY` and `NO_PROXY`, and trusts the certificates of `AWS_CA_BUNDLE` beside
    /// the system's.
    ///
    /// # Errors
    /// When the file of `AWS_CA_BUNDLE` cannot be used.
    pub(super) fn new() -> io::Result<Self> {
        let tls = trusted()?;
        let inner = Builder::new().build_with_connector_fn(move |settings, components| {
            let mut builder = Connector::builder();
            builder.set_connector_settings(settings.cloned());
            builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            builder.set_proxy_config(Some(ProxyConfig::from_env()));
            builder.set_pool_idle_timeout(Some(Some(IDLE)));
            let provider = Provider::Rustls(CryptoMode::Ring);
            builder.tls_provider(provider).tls_context(tls.clone()).build_with_resolver(Resolver)
        });
        Ok(Self { inner: SharedHttpClient::new(inner), counts: Arc::default() })
    }

    /// The shared client, with the limits of an account where there is one.
    pub(super) fn client(&self, limiter: Option<Limiter>) -> SharedHttpClient {
        SharedHttpClient::new(CountingClient { traffic: self.clone(), limiter: limiter.map(Arc::new) })
    }

    /// The counts so far, by service.
    pub fn counts(&self) -> BTreeMap<String, CallCounts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, service: &str, count: impl FnOnce(&mut CallCounts)) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        count(counts.entry(service.to_owned()).or_default());
    }
}

fn trusted() -> io::Result<TlsContext> {
    let mut store = TrustStore::default();
    if let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        store = store.with_pem_certificate(std::fs::read(path)?);
    }
    TlsContext::builder().with_trust_store(store).build().map_err(io::Error::other)
}

/// Region and service in the credential scope of a request's signature (`…/DATE/REGION/SERVICE/aws4_request`).
fn lane_of(request: &HttpRequest) -> Option<(String, String)> {
    let authorization = request.headers().get("authorization")?;
    let scope = authorization.split_once("Credential=")?.1.split_once(',')?.0;
    let mut parts = scope.rsplit('/').skip(1);
    let (service, region) = (parts.next()?, parts.next()?);
    Some((region.to_owned(), service.to_owned()))
}

/// The attempt in the SDK's `amz-sdk-request: attempt=2; max=3` header.
fn attempt_of(request: &HttpRequest) -> u32 {
    let header = request.headers().get("amz-sdk-request").unwrap_or_default();
    let attempt = header.split(';').find_map(|part| part.trim().strip_prefix("attempt="));
    attempt.and_then(|attempt| attempt.parse().ok()).unwrap_or(1)
}

#[derive(Debug)]
struct CountingClient {
    traffic: Traffic,
    limiter: Option<Arc<Limiter>>,
}

impl HttpClient for CountingClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.traffic.inner.http_connector(settings, components);
        SharedHttpConnector::new(CountingConnector {
            inner,
            traffic: self.traffic.clone(),
            limiter: self.limiter.clone(),
        })
    }
}

#[derive(Debug)]
struct CountingConnector {
    inner: SharedHttpConnector,
    traffic: Traffic,
    limiter: Option<Arc<Limiter>>,
}

impl HttpConnector for CountingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (region, service) = lane_of(&request).unwrap_or_else(|| (String::new(), "other".to_owned()));
        let is_retry = attempt_of(&request) > 1;
        self.traffic.count(&service, |counts| if is_retry { counts.retries += 1 } else { counts.calls += 1 });
        let (inner, traffic, limiter) = (self.inner.clone(), self.traffic.clone(), self.limiter.clone());
        HttpConnectorFuture::new(async move {
            if let Some(limiter) = &limiter {
                limiter.wait(&region, &service).await;
            }
            let mut response = inner.call(request).await?;
            let throttled = is_throttled(&mut response).await?;
            if throttled {
                traffic.count(&service, |counts| counts.throttles += 1);
            }
            if let Some(limiter) = &limiter {
                limiter.answered(&region, &service, throttled);
            }
            Ok(response)
        })
    }
}

/// How the services say that they are asked too often, as the SDKs know it.
/// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
const THROTTLES: [&str; 11] = [
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// An error's text must come within this time.
const ERROR_BODY: Duration = Duration::from_secs(10);

/// Whether the answer is a refusal for asking too often; its body stays readable.
async fn is_throttled(response: &mut HttpResponse) -> Result<bool, ConnectorError> {
    if ![400, 429, 503].contains(&response.status().as_u16()) {
        return Ok(false);
    }
    let body = ByteStream::new(std::mem::replace(response.body_mut(), SdkBody::taken())).collect();
    let body = tokio::time::timeout(ERROR_BODY, body).await.map_err(|late| ConnectorError::timeout(late.into()))?;
    let body = body.map_err(|error| ConnectorError::io(error.into()))?.into_bytes();
    let named = response.headers().get("x-amzn-errortype").unwrap_or_default().to_owned();
    let text = String::from_utf8_lossy(&body);
    let throttled = THROTTLES.iter().any(|code| named.contains(code) || text.contains(code));
    *response.body_mut() = SdkBody::from(body);
    Ok(throttled)
}

/// The system's resolver, with every name below `localhost` on the loopback (RFC 6761 §6.3): services that put the
/// account in front of the host name then work with an endpoint such as `http://localhost:4566`.
#[derive(Clone, Debug)]
struct Resolver;

impl ResolveDns for Resolver {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let host = if name.ends_with(".localhost") { "localhost" } else { name };
            let addresses = tokio::net::lookup_host((host, 0)).await.map_err(ResolveDnsError::new)?;
            Ok(addresses.map(|address| address.ip()).collect())
        })
    }
}
