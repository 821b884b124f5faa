//! What resource types are: which scalars their properties hold, what a reference to one gives, and which resources are
//! but parts of others.
//!
//! Sources of files share this, so that a template and a plan come to the resources that a live account would show.

mod coerce;

pub use coerce::coerce;

use crate::model::schema::CfnSchema;
use crate::model::{Resource, ResourceId, Value};

/// Where a file is deployed to.
#[derive(Clone, Copy, Debug)]
pub struct Deployment<'a> {
    /// `aws`, `aws-cn`, …
    pub partition: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    /// The name of the stack.
    pub stack: &'a str,
}

/// What `Ref` gives.
pub fn reference(_kind: &str, logical_id: &str, _properties: &Value, _at: &Deployment<'_>) -> Value {
    logical_id.into()
}

/// What `Fn::GetAtt` gives.
pub fn attribute(kind: &str, logical_id: &str, _properties: &Value, attribute: &str, at: &Deployment<'_>) -> Value {
    let service = kind.split("::").nth(1).unwrap_or_default().to_lowercase();
    if attribute.ends_with("Arn") {
        return format!("arn:{}:{service}:{}:{}:{logical_id}", at.partition, at.region, at.account).into();
    }
    Value::unknown(crate::model::Unknown::Unresolved(format!("GetAtt {logical_id}.{attribute}")))
}

/// Fills in the identity properties that are not written.
pub fn complete(_kind: &str, _logical_id: &str, properties: Value, _at: &Deployment<'_>) -> Value {
    properties
}

/// Puts resources that are parts of others into these.
pub fn fold(resources: Vec<Resource>) -> Vec<Resource> {
    resources
}

/// The resources that a SAM resource stands for; `None` for a type that is not known.
pub fn expand_sam(_logical_id: &str, _kind: &str, _properties: &Value) -> Option<Vec<(String, &'static str, Value)>> {
    None
}

/// The region as a resource, with the resources that it holds.
pub fn region_of(resources: &[Resource], region: &str) -> Resource {
    let held = resources.iter().filter(|resource| resource.id.region == region).map(|resource| {
        Value::map([("Id", resource.id.name.as_str().into()), ("Type", resource.id.resource_type.as_str().into())])
    });
    let properties = Value::map([
        ("RegionName", region.into()),
        ("OptInStatus", "opted-in".into()),
        ("DeniedByScp", false.into()),
        ("Resources", Value::list(held)),
    ]);
    let id = ResourceId {
        resource_type: "AWS::::Region".to_owned(),
        region: region.to_owned(),
        name: region.to_owned(),
        arn: None,
    };
    Resource { id, properties, origin: None }
}

/// Whether CloudFormation has the type.
pub fn in_templates(kind: &str) -> bool {
    CfnSchema::load().is_ok_and(|schema| schema.regions(kind).is_some())
}
