//! A small AWS for the tests: an HTTP server on the loopback, driven by a script.
//!
//! Point a client at it with `AWS_ENDPOINT_URL`. Whatever no rule of the script decides is answered
//! from a [`World`]: a healthy organization, each account with one or two resources of every kind
//! that keep the guardrails. A rule changes what some calls see:
//!
//! ```ignore
//! let aws = FakeAws::start(vec![
//!     On::operation("DescribeVolumes").account("111111111111").reply(Reply::DeniedByScp),
//!     On::operation("GetBucketPolicy").times(2).reply(Reply::Throttled),
//!     On::operation("GetBucketAcl").containing("gov-222222222222").reply(Reply::replaced("CanonicalUser", "Group")),
//! ]);
//! govcheck().env("AWS_ENDPOINT_URL", aws.url()).run();
//! assert_eq!(aws.count(&On::operation("DescribeVolumes")), 1);
//! ```
//!
//! - Region and service are those the client signed for (`iam` and `organizations`: `us-east-1`).
//!   S3 Control, which signs as `s3`, is the service `s3control`; the tagging API is `tagging`; the API of Classic
//!   Load Balancers, which signs as `elasticloadbalancing`, is `classic-elb`.
//! - The account is read from the access key id: `AKIA` or `ASIA` followed by twelve digits, which is
//!   what `AssumeRole` hands out here; any other key belongs to [`World::base_account`].
//! - `sts:AssumeRole` is matched and counted under the account of the *role*, so that a rule can
//!   refuse the way into one account. Who asked is in [`FakeAws::assumed_roles`].
//! - Buckets are taken from the path or from a `Host` below `localhost`; the `Host` of S3 Control,
//!   which clients prefix with the account, is not looked at. The client must resolve such names.
//! - Signatures are not checked, filters in requests are ignored, and nothing is ever written.
//! - Tests should assert that [`FakeAws::complaints`] is empty: it names every call that the server
//!   had no reply for, and every rule that could not be carried out.

#![allow(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test helper: each test uses the part it needs, and a failure should panic"
)]

mod faults;
mod ledger;
mod pages;
mod payload;
mod protocol;
mod replies;
mod rest;
mod script;
mod server;
#[cfg(test)]
mod tests;
mod world;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

pub(crate) use ledger::CallKey;
pub(crate) use script::{On, Reply, Rule};
pub(crate) use world::{Simulator, World};

/// A running server. It stops when dropped.
pub(crate) struct FakeAws {
    address: SocketAddr,
    state: Arc<server::State>,
    runtime: Option<Runtime>,
}

impl FakeAws {
    /// Starts a server on a free port, with the default [`World`]. Earlier rules win.
    pub(crate) fn start(script: Vec<Rule>) -> Self {
        Self::start_in(World::default(), script)
    }

    /// Starts a server that plays another [`World`].
    pub(crate) fn start_in(world: World, script: Vec<Rule>) -> Self {
        let runtime =
            Builder::new_multi_thread().worker_threads(2).thread_name("fake-aws").enable_all().build().unwrap();
        // Bound without waiting on the runtime, so that an async test can start a server too.
        let socket = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        let address = socket.local_addr().unwrap();
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(socket).unwrap()
        };
        let state = Arc::new(server::State::new(world, script));
        runtime.spawn(server::serve(listener, Arc::clone(&state)));
        Self { address, state, runtime: Some(runtime) }
    }

    /// The value for `AWS_ENDPOINT_URL`. It names `localhost`, because S3 Control puts the account in
    /// front of the host name, and S3 may do so with the bucket.
    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    /// Where the server listens, for clients that need no name.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The world that is played.
    pub(crate) fn world(&self) -> &World {
        &self.state.world
    }

    /// How often each call arrived (retries included).
    pub(crate) fn calls(&self) -> BTreeMap<CallKey, usize> {
        self.state.ledger.calls()
    }

    /// How many calls arrived that the filter matches. Its `containing`, `times` and `share` play no part here.
    pub(crate) fn count(&self, filter: &On) -> usize {
        self.calls().iter().filter(|(key, _)| filter.matches_key(key)).map(|(_, count)| count).sum()
    }

    /// How many calls arrived in all.
    pub(crate) fn total(&self) -> usize {
        self.calls().values().sum()
    }

    /// Every `service:Operation` that was called, to assert that a run only read.
    pub(crate) fn operations(&self) -> Vec<String> {
        let mut names: Vec<_> = self.calls().keys().map(|key| format!("{}:{}", key.service, key.operation)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Who assumed which role: (caller's account, role ARN) and how often.
    pub(crate) fn assumed_roles(&self) -> BTreeMap<(String, String), usize> {
        self.state.ledger.assumed_roles()
    }

    /// The greatest number of calls that were being answered at the same time.
    pub(crate) fn peak_in_flight(&self) -> usize {
        self.state.ledger.peak_in_flight()
    }

    /// How many calls said of themselves that they are a further attempt.
    pub(crate) fn retries(&self) -> usize {
        self.state.ledger.retries()
    }

    /// How many calls were answered with [`Reply::Throttled`].
    pub(crate) fn throttles(&self) -> usize {
        self.state.ledger.throttles()
    }

    /// How many connections were opened.
    pub(crate) fn connections(&self) -> usize {
        self.state.ledger.connections()
    }

    /// Calls without a reply, and rules that could not be carried out. Should be empty.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.state.ledger.complaints()
    }

    /// Waits until `count` calls that the filter matches have arrived; false when that took too long.
    /// For tests that interrupt a run in the middle.
    pub(crate) fn wait_for(&self, filter: &On, count: usize, limit: Duration) -> bool {
        let end = std::time::Instant::now() + limit;
        while self.count(filter) < count {
            if std::time::Instant::now() > end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }
}

impl Drop for FakeAws {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
