//! What resource types are: which scalars their properties hold, what a reference to one gives, and which resources are
//! but parts of others.
//!
//! Sources of files share this, so that a template and a plan come to the resources that a live account would show.

mod coerce;
mod fold;
mod identity;
mod kinds;
mod links;
mod parts;
mod region;
mod sam;
mod tables;

pub use coerce::coerce;
pub use fold::fold;
pub use identity::{attribute, complete, reference};
pub use region::region_of;
pub use sam::expand_sam;

use crate::model::schema::CfnSchema;

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

/// Whether CloudFormation has the type.
pub fn in_templates(kind: &str) -> bool {
    CfnSchema::load().is_ok_and(|schema| schema.regions(kind).is_some())
}
