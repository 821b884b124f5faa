//! What a source saw of one account: resources, and the gaps where it could not look.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Account, Origin, Unknown, Value};

/// The region of everything that belongs to no region.
pub const GLOBAL: &str = "global";

/// Whether a resource type is listed once for an account, or in each region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Global,
    Regional,
}

/// Services whose resources belong to no region.
const GLOBAL_SERVICES: [&str; 12] = [
    "Billing",
    "BillingConductor",
    "Budgets",
    "CE",
    "CUR",
    "Chatbot",
    "CloudFront",
    "GlobalAccelerator",
    "IAM",
    "Organizations",
    "Route53",
    "Shield",
];

impl Scope {
    /// The scope of a type of CloudFormation's, by its service.
    /// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/global-services.html>
    pub fn of(kind: &str) -> Self {
        match kind.split("::").nth(1) {
            Some(service) if GLOBAL_SERVICES.contains(&service) => Self::Global,
            _ => Self::Regional,
        }
    }
}

/// What identifies a resource; the fields are compared in this order, which is the order of every listing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceId {
    /// CloudFormation's type name, as in `AWS::S3::Bucket`; where it has none, that of AWS Config or Security Hub.
    #[serde(rename = "type")]
    pub resource_type: String,
    /// A region's code, or [`GLOBAL`].
    pub region: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arn: Option<String>,
}

/// One resource of an account, in CloudFormation's shape.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    pub id: ResourceId,
    pub properties: Value,
    /// Where it was declared; nothing for a live resource, which its ARN names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Arc<Origin>>,
}

/// A whole listing that could not be made: resources of this type may exist unseen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    /// The region that was asked, or [`GLOBAL`].
    pub region: String,
    /// The resource type that is unseen.
    #[serde(rename = "type")]
    pub resource_type: String,
    pub cause: Unknown,
}

/// How much of an account an inventory is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// All of it, as far as its types were collected: a resource that is not there does not exist.
    #[default]
    Account,
    /// What some files declare: a resource that is not there may exist elsewhere, and nothing is said of it.
    Declared,
}

/// Everything that was seen of one account.
#[derive(Clone, Debug, PartialEq)]
pub struct Inventory {
    pub account: Account,
    /// The regions that were looked at, sorted.
    pub regions: Vec<String>,
    /// The resource types that were asked for; any other type is not collected, which is not the same as absent.
    pub types: BTreeMap<String, Scope>,
    pub extent: Extent,
    pub resources: Vec<Resource>,
    pub gaps: Vec<Gap>,
}

impl Inventory {
    pub fn new(account: Account, mut regions: Vec<String>, types: BTreeMap<String, Scope>) -> Self {
        regions.sort();
        regions.dedup();
        Self { account, regions, types, extent: Extent::Account, resources: Vec::new(), gaps: Vec::new() }
    }

    /// Puts everything in its one order, whatever the order of arrival.
    pub fn sort(&mut self) {
        self.resources.sort_by(|a, b| a.id.cmp(&b.id));
        self.gaps.sort();
        self.gaps.dedup();
    }
}
