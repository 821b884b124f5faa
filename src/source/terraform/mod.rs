//! Terraform plans (`terraform show -json PLAN`) as what they declare.
//!
//! A plan is judged by what it leaves behind: resources that it creates, changes or leaves alone, in CloudFormation's
//! shape, with what belongs to others folded into them. The tables in [`map`] say what becomes what; a type that no
//! table has is counted and not read. What the provider computes and the configuration does not set is absent, as in a
//! template; what is set and not known is [`crate::model::Unknown::KnownAfterApply`]; what is sensitive is
//! [`crate::model::Unknown::Withheld`].
//!
//! A plan shows neither `dynamic` blocks nor the text of expressions. Where the sources lie beside it, both are read from
//! them; without, nested blocks that are not known may be written or not, and are unknown.

mod address;
mod argument;
mod build;
mod configuration;
mod evaluate;
mod hcl;
mod map;
mod mapping;
mod places;
mod plan;
mod policy;
mod reader;
mod region;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use crate::model::{GLOBAL, Inventory, Resource, ResourceId, Scope, Unknown, Value};
use crate::source::declared::{Declared, Surroundings};
use crate::source::shape;
use crate::syntax::Faults;

use build::{Builder, Built};
use configuration::{Configuration, Resolver};
use hcl::Sources;
use plan::{Fate, Instance, Plan};
use region::{Region, Regions};

pub use plan::is_plan;

/// The type that stands for a region with all that is in it.
const REGION: &str = "AWS::::Region";

/// The CloudFormation types that a plan may come to.
pub fn mapped_types() -> BTreeSet<&'static str> {
    map::identities().map(|identity| identity.kind).collect()
}

/// Reads a plan. `sources` is the folder of its configuration, where that lies beside it.
///
/// # Errors
/// When the text is not a plan, or is too large or too deep to be read.
pub fn read(name: &str, text: &str, at: &Surroundings, sources: Option<&Path>) -> Result<Declared, Faults> {
    let mut plan = Plan::parse(name, text)?;
    let mut instances = plan.instances(name)?;
    let configuration = Configuration::of(&plan.configuration);
    let sources = sources.map(Sources::read).unwrap_or_default();
    for instance in &mut instances {
        instance.block = sources.of(instance).map(|declared| declared.body.clone());
        let expressions = configuration.expressions(instance);
        instance.infer_unknowns(expressions);
    }
    let index = plan::index(&instances);
    let resolver = Resolver { configuration: &configuration, instances: &instances, index: &index };
    let regions = Regions { configuration: &configuration, variables: &plan.variables, default: &at.region };
    let regions: Vec<Region> = instances.iter().map(|instance| regions.of(instance)).collect();
    let builder = Builder {
        instances: &instances,
        configuration: &configuration,
        resolver: &resolver,
        regions: &regions,
        account: at.account.id.as_str(),
        default_region: &at.region,
        sources: &sources,
        variables: &plan.variables,
        steps_left: evaluate::MAX_STEPS_OF_ALL.into(),
    };
    let built = builder.build();
    let mut declared = Declared::certain(name, inventory(name, &instances, built, &sources, at));
    declared.unread = unread(&instances);
    Ok(declared)
}

/// How many resources of each of the provider's types no table has.
fn unread(instances: &[Instance]) -> BTreeMap<String, usize> {
    let mut unread = BTreeMap::new();
    let of_aws = |kind: &str| kind.starts_with("aws_") || kind.starts_with("awscc_");
    for instance in instances.iter().filter(|instance| instance.fate == Fate::Stays && !instance.is_data) {
        if of_aws(&instance.kind) && map::of(&instance.kind).is_empty() {
            *unread.entry(instance.kind.clone()).or_default() += 1;
        }
    }
    unread
}

fn inventory(name: &str, instances: &[Instance], built: Vec<Built>, sources: &Sources, at: &Surroundings) -> Inventory {
    let file: Arc<str> = name.into();
    let mut places: BTreeSet<Region> = BTreeSet::from([Region::Known(at.region.clone())]);
    let mut resources = Vec::with_capacity(built.len());
    for built in built {
        let Some(instance) = instances.get(built.instance) else { continue };
        let origin = places::origin(&built, instances, sources, &file);
        let region = if built.identity.is_global { GLOBAL } else { built.region.text() };
        let id = ResourceId {
            resource_type: built.identity.kind.to_owned(),
            region: region.to_owned(),
            name: instance.address.clone(),
            arn: None,
        };
        if !built.identity.is_global {
            places.insert(built.region);
        }
        resources.push(Resource {
            id,
            properties: Value::Map(built.properties.into()),
            origin: Some(Arc::new(origin)),
        });
    }
    let regions: Vec<Resource> = places.iter().map(|place| region(&resources, place)).collect();
    resources.extend(regions);
    let names = places.iter().map(|place| place.text().to_owned()).collect();
    let mut inventory = Inventory::new(at.account.clone(), names, types(at));
    inventory.extent = crate::model::Extent::Declared;
    inventory.resources = resources;
    inventory.sort();
    inventory
}

/// A region with what is in it. One that is not known may be any.
fn region(resources: &[Resource], place: &Region) -> Resource {
    let mut region = shape::region_of(resources, place.text());
    if let (Region::Unknown(text), Value::Map(properties)) = (place, &mut region.properties) {
        let unknown = Value::unknown(Unknown::Unresolved(text.trim_matches(['(', ')']).to_owned()));
        Arc::make_mut(properties).insert("RegionName".into(), unknown);
    }
    region
}

/// The types of which the plan shows all that it declares: those that the tables have, and those that nobody can declare.
fn types(at: &Surroundings) -> BTreeMap<String, Scope> {
    let scope = |is_global| if is_global { Scope::Global } else { Scope::Regional };
    let mapped = map::identities().map(|identity| (identity.kind.to_owned(), scope(identity.is_global)));
    let live_only = at.types.iter().filter(|kind| !shape::in_templates(kind));
    let live_only = live_only.map(|kind| (kind.clone(), Scope::Regional));
    live_only.chain(mapped).chain([(REGION.to_owned(), Scope::Regional)]).collect()
}

#[cfg(test)]
mod tests;
