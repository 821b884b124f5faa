//! The one HTTP client of all accounts, and the count of what goes through it.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, ResolveDnsError};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use crate::model::CallCounts;

/// Counts requests by service.
#[derive(Clone, Debug, Default)]
pub struct Traffic(Arc<Mutex<BTreeMap<String, CallCounts>>>);

impl Traffic {
    /// The client that all SDK clients share, so that connections are reused across accounts.
    ///
    /// It goes through the proxy of `HTTPS_PROXY` and `NO_PROXY`, and trusts the certificates of `AWS_CA_BUNDLE` beside
    /// the system's.
    ///
    /// # Errors
    /// When the file of `AWS_CA_BUNDLE` cannot be used.
    pub(super) fn http_client(&self) -> io::Result<SharedHttpClient> {
        let tls = trusted()?;
        let inner = Builder::new().build_with_connector_fn(move |settings, components| {
            let mut builder = Connector::builder();
            builder.set_connector_settings(settings.cloned());
            builder.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            builder.set_proxy_config(Some(ProxyConfig::from_env()));
            let provider = Provider::Rustls(CryptoMode::Ring);
            builder.tls_provider(provider).tls_context(tls.clone()).build_with_resolver(Resolver)
        });
        Ok(SharedHttpClient::new(CountingClient { inner, traffic: self.clone() }))
    }

    /// The counts so far, by service.
    pub fn counts(&self) -> BTreeMap<String, CallCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, request: &HttpRequest) {
        let service = service_of(request).unwrap_or("other");
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = counts.entry(service.to_owned()).or_default();
        if attempt_of(request) > 1 {
            entry.retries += 1;
        } else {
            entry.calls += 1;
        }
    }
}

fn trusted() -> io::Result<TlsContext> {
    let mut store = TrustStore::default();
    if let Some(path) = std::env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        store = store.with_pem_certificate(std::fs::read(path)?);
    }
    TlsContext::builder().with_trust_store(store).build().map_err(io::Error::other)
}

/// The service in the credential scope of a request's signature (`…/DATE/REGION/SERVICE/aws4_request`).
fn service_of(request: &HttpRequest) -> Option<&str> {
    let authorization = request.headers().get("authorization")?;
    let scope = authorization.split_once("Credential=")?.1.split_once(',')?.0;
    scope.rsplit('/').nth(1)
}

/// The attempt in the SDK's `amz-sdk-request: attempt=2; max=3` header.
fn attempt_of(request: &HttpRequest) -> u32 {
    let header = request.headers().get("amz-sdk-request").unwrap_or_default();
    let attempt = header.split(';').find_map(|part| part.trim().strip_prefix("attempt="));
    attempt.and_then(|attempt| attempt.parse().ok()).unwrap_or(1)
}

#[derive(Debug)]
struct CountingClient {
    inner: SharedHttpClient,
    traffic: Traffic,
}

impl HttpClient for CountingClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(CountingConnector { inner, traffic: self.traffic.clone() })
    }
}

struct CountingConnector {
    inner: SharedHttpConnector,
    traffic: Traffic,
}

impl fmt::Debug for CountingConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CountingConnector")
    }
}

impl HttpConnector for CountingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        self.traffic.count(&request);
        self.inner.call(request)
    }
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
