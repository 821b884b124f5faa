//! What resource types are: which scalars their properties hold, what a reference to one gives, and which resources are
//! but parts of others.
//!
//! Sources of files share this, so that a template and a plan come to the resources that a live account would show.

mod coerce;
mod identity;
mod tables;

pub use coerce::coerce;
pub use identity::{attribute, complete, reference};

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
