//! Live AWS accounts: sessions, calls, and one file per service with its collectors.
//!
//! Everything is read-only. A denied call is data: it becomes an unknown leaf or a gap, never an absent property.

mod account_scan;
mod apigateway;
mod arn_type;
mod backup;
mod backup_plan;
mod call;
mod cloudfront;
mod cloudtrail;
mod config;
mod convert;
mod ec2;
mod ec2_gateways;
mod ec2_network;
mod ec2_storage;
mod elb;
mod elbv2;
mod guardduty;
mod iam;
mod organizations;
mod regions;
mod s3;
mod s3_bucket;
mod securityhub;
mod session;
mod tagging;
mod traffic;

pub use account_scan::{AccountScan, collect_account};
pub use call::{Batch, Failure, Unit, home_region};
pub use organizations::discover;
pub use session::{AccountSession, SessionOptions, Sessions};
pub use traffic::Traffic;

use std::collections::{BTreeMap, BTreeSet};

use futures::future::BoxFuture;

pub use crate::model::Scope;

/// One unit of collecting: the listing of some resource types of one service.
pub struct Collector {
    /// Unique, as in `ec2-security-groups`.
    pub name: &'static str,
    pub scope: Scope,
    /// The resource types that it yields; its gaps are of these types.
    pub types: &'static [&'static str],
    /// Every IAM action that it needs.
    pub actions: &'static [&'static str],
    pub run: for<'a> fn(&'a Unit) -> BoxFuture<'a, Batch>,
}

/// Every collector, by file.
pub static COLLECTORS: &[&[Collector]] = &[
    apigateway::COLLECTORS,
    backup::COLLECTORS,
    backup_plan::COLLECTORS,
    cloudfront::COLLECTORS,
    cloudtrail::COLLECTORS,
    config::COLLECTORS,
    ec2::COLLECTORS,
    ec2_gateways::COLLECTORS,
    ec2_network::COLLECTORS,
    ec2_storage::COLLECTORS,
    elb::COLLECTORS,
    elbv2::COLLECTORS,
    guardduty::COLLECTORS,
    iam::COLLECTORS,
    regions::COLLECTORS,
    s3::COLLECTORS,
    securityhub::COLLECTORS,
    tagging::COLLECTORS,
];

/// All collectors in one sequence.
pub fn collectors() -> impl Iterator<Item = &'static Collector> {
    COLLECTORS.iter().copied().flatten()
}

/// The IAM actions of the collectors that yield one of the types.
pub fn needed_actions(types: &BTreeSet<String>) -> BTreeSet<&'static str> {
    let needed = collectors().filter(|collector| collector.types.iter().any(|kind| types.contains(*kind)));
    needed.flat_map(|collector| collector.actions.iter().copied()).collect()
}

/// Those of the types that some collector yields, with their scope.
pub fn collectable(types: &BTreeSet<String>) -> BTreeMap<String, Scope> {
    let offered = collectors().flat_map(|collector| collector.types.iter().map(|kind| (*kind, collector.scope)));
    offered.filter(|(kind, _)| types.contains(*kind)).map(|(kind, scope)| (kind.to_owned(), scope)).collect()
}
