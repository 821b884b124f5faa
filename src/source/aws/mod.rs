//! Live AWS accounts: sessions, calls, and one file per service with its collectors.
//!
//! Everything is read-only. A denied call is data: it becomes an unknown leaf or a gap, never an absent property.

mod accessanalyzer;
mod account;
mod account_scan;
mod apigateway;
mod arn_type;
mod backup;
mod backup_plan;
mod calibration;
mod call;
mod cloudcontrol;
mod cloudfront;
mod cloudtrail;
mod cloudwatch_logs;
mod config;
mod convert;
mod credential_report;
mod dms;
mod dynamodb;
mod ec2;
mod ec2_addresses;
mod ec2_connections;
mod ec2_endpoints;
mod ec2_gateways;
mod ec2_images;
mod ec2_instances;
mod ec2_network;
mod ec2_public_access;
mod ec2_storage;
mod ec2_traffic;
mod ecr;
mod ecr_registry;
mod ecr_scanning;
mod ecs;
mod effective_policy;
mod efs;
mod eks;
mod elasticache;
mod elb;
mod elbv2;
mod guardduty;
mod iam;
mod iam_access_keys;
mod iam_authorization;
mod iam_providers;
mod inquiry;
mod kms;
mod lambda;
mod limiter;
mod opensearch;
mod organization;
mod organizations;
mod policy_path;
mod probe;
mod probe_table;
mod rds;
mod rds_parameters;
mod rds_snapshots;
mod redact;
mod redshift;
mod regions;
mod s3;
mod s3_bucket;
mod s3_bucket_data;
mod secretsmanager;
mod securityhub;
mod session;
mod simulate;
mod simulation;
mod sns;
mod sqs;
mod ssm;
mod tagging;
mod traffic;

pub use account_scan::{AccountScan, collect_account};
pub use call::{Batch, Failure, Unit, home_region};
pub use inquiry::Inquiry;
pub use organizations::discover;
pub use policy_path::{ORGANIZATION_ACTIONS, PolicyPaths};
pub use probe_table::probed_actions;
pub use session::{AccountSession, SessionOptions, Sessions};
pub use simulate::{DeniedAction, denied_actions, principal_of};
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
    accessanalyzer::COLLECTORS,
    account::COLLECTORS,
    apigateway::COLLECTORS,
    backup::COLLECTORS,
    backup_plan::COLLECTORS,
    cloudfront::COLLECTORS,
    cloudtrail::COLLECTORS,
    cloudwatch_logs::COLLECTORS,
    config::COLLECTORS,
    credential_report::COLLECTORS,
    dms::COLLECTORS,
    dynamodb::COLLECTORS,
    ec2::COLLECTORS,
    ec2_addresses::COLLECTORS,
    ec2_connections::COLLECTORS,
    ec2_endpoints::COLLECTORS,
    ec2_gateways::COLLECTORS,
    ec2_images::COLLECTORS,
    ec2_instances::COLLECTORS,
    ec2_network::COLLECTORS,
    ec2_public_access::COLLECTORS,
    ec2_storage::COLLECTORS,
    ec2_traffic::COLLECTORS,
    ecr::COLLECTORS,
    ecr_registry::COLLECTORS,
    ecs::COLLECTORS,
    effective_policy::COLLECTORS,
    efs::COLLECTORS,
    eks::COLLECTORS,
    elasticache::COLLECTORS,
    elb::COLLECTORS,
    elbv2::COLLECTORS,
    guardduty::COLLECTORS,
    iam::COLLECTORS,
    iam_access_keys::COLLECTORS,
    iam_authorization::COLLECTORS,
    iam_providers::COLLECTORS,
    kms::COLLECTORS,
    lambda::COLLECTORS,
    opensearch::COLLECTORS,
    organization::COLLECTORS,
    policy_path::COLLECTORS,
    probe::COLLECTORS,
    rds::COLLECTORS,
    rds_parameters::COLLECTORS,
    rds_snapshots::COLLECTORS,
    redshift::COLLECTORS,
    regions::COLLECTORS,
    s3::COLLECTORS,
    secretsmanager::COLLECTORS,
    securityhub::COLLECTORS,
    simulation::COLLECTORS,
    sns::COLLECTORS,
    sqs::COLLECTORS,
    ssm::COLLECTORS,
    tagging::COLLECTORS,
];

/// All collectors in one sequence.
pub fn collectors() -> impl Iterator<Item = &'static Collector> {
    COLLECTORS.iter().copied().flatten()
}

/// How a resource type is read from a live account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Direct,
    CloudControl,
}

/// How a type is read, and whether it is listed in each region; nothing for types that no way leads to.
pub fn way_to(kind: &str) -> Option<(Way, Scope)> {
    let direct = collectors().find(|collector| collector.types.contains(&kind));
    let direct = direct.map(|collector| (Way::Direct, collector.scope));
    direct.or_else(|| cloudcontrol::may_read(kind).then(|| (Way::CloudControl, Scope::of(kind))))
}

/// The IAM actions that reading a type needs.
pub fn actions_of(kind: &str) -> BTreeSet<&'static str> {
    match way_to(kind) {
        Some((Way::CloudControl, _)) => cloudcontrol::actions(kind).into_iter().collect(),
        _ => collectors()
            .filter(|collector| collector.types.contains(&kind))
            .flat_map(|collector| collector.actions)
            .copied()
            .collect(),
    }
}

/// The IAM actions that reading the types needs.
pub fn needed_actions(types: &BTreeSet<String>) -> BTreeSet<&'static str> {
    types.iter().flat_map(|kind| actions_of(kind)).collect()
}

/// Those of the types that can be read, with their scope.
pub fn collectable(types: &BTreeSet<String>) -> BTreeMap<String, Scope> {
    types.iter().filter_map(|kind| Some((kind.clone(), way_to(kind)?.1))).collect()
}
