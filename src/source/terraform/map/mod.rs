//! The tables of the provider's resource types, one for each group of services.
//!
//! Names of resource types and arguments: <https://registry.terraform.io/providers/hashicorp/aws/latest/docs>. Names of
//! properties: the resource types' reference of AWS CloudFormation.

mod compute;
mod data;
mod identity;
mod network;
mod operations;
mod s3;

use std::collections::HashMap;
use std::sync::OnceLock;

use super::mapping::{Identity, Mapping, Target};

/// Every table.
static TABLES: &[&[Mapping]] =
    &[compute::COMPUTE, data::DATA, identity::IDENTITY, network::NETWORK, operations::OPERATIONS, s3::S3];

/// The mappings of a resource type of the provider: one resource, or parts of what its arguments may name.
pub(super) fn of(kind: &str) -> &'static [&'static Mapping] {
    static BY_KIND: OnceLock<HashMap<&'static str, Vec<&'static Mapping>>> = OnceLock::new();
    let by_kind = BY_KIND.get_or_init(|| {
        let mut by_kind: HashMap<&'static str, Vec<&'static Mapping>> = HashMap::new();
        for mapping in TABLES.iter().copied().flatten() {
            by_kind.entry(mapping.kind).or_default().push(mapping);
        }
        by_kind
    });
    by_kind.get(kind).map(Vec::as_slice).unwrap_or_default()
}

/// The identity of each type that a plan may come to.
pub(super) fn identities() -> impl Iterator<Item = &'static Identity> {
    TABLES.iter().copied().flatten().filter_map(|mapping| match &mapping.target {
        Target::Resource(identity) => Some(identity),
        Target::Part { .. } => None,
    })
}
