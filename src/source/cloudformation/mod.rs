//! CloudFormation templates, evaluated to the resources that they declare.
//!
//! Every intrinsic function comes to what it stands for, or to an unknown value that says why not. What conditions
//! compare and nobody gives is assumed one way and the other: see `worlds.rs`. A reference to a resource is a symbol, or the
//! name that the resource is given, so that what refers to the same resource is the same.
//!
//! A template that CloudFormation refuses may be refused here too, with the line; one that it accepts is read. What may
//! exist beyond what is seen is a gap: of `AWS::CloudFormation::Stack` for a nested stack that is no local file, of
//! `AWS::CloudFormation::StackSet` for its template or regions, of `AWS::CloudFormation::Macro` for macros, transforms, includes and
//! loops that are not followed, and of its own type for a module, a type of SAM that is not known, and a
//! resource whose condition stays open.

pub mod assembly;
mod call;
mod condition;
mod evaluate;
mod function;
mod intrinsic;
mod manifest;
mod nested;
mod order;
mod parameter;
mod resource;
mod rewrite;
mod run;
mod template;
#[cfg(test)]
mod tests;
mod worlds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Extent, GLOBAL, Inventory, Resource, Scope, Value};
use crate::source::declared::{Declared, Surroundings, World};
use crate::source::files::Files;
use crate::source::shape;
use crate::syntax::{Faults, Kind, Node, SourceFile};

use nested::Outcome;
use run::{Binding, Memory, Run, Stack};
use template::{Source, Template};
use worlds::Attempt;

/// With more text than this for all worlds together there are fewer worlds.
const TEXT_OF_ALL_WORLDS: usize = 80 << 20;

/// Whether a document is a template: it says so by its format version, or has resources with types such as `AWS::S3::Bucket`, or
/// functions that make resources.
pub fn is_template(document: &Node) -> bool {
    let typed = |(name, resource): (&str, &Node)| {
        name.starts_with("Fn::") || resource.get("Type").and_then(call::text).is_some_and(|kind| kind.contains("::"))
    };
    let mut resources = template::entries(document.get("Resources"));
    matches!(document.kind, Kind::Map(_))
        && (document.get("AWSTemplateFormatVersion").is_some() || resources.any(typed))
}

/// The names of the parameters that a template declares.
pub fn parameters(document: &Node) -> impl Iterator<Item = &str> {
    template::entries(document.get("Parameters")).map(|(name, _)| name)
}

/// A template that is deployed as a stack.
#[derive(Clone, Debug)]
pub struct Unit<'a> {
    pub file: &'a SourceFile,
    pub document: &'a Node,
    /// The name of the stack, where it is known.
    pub stack: Option<&'a str>,
    /// The paths of CDK constructs by logical id, where the template does not note them itself.
    pub constructs: BTreeMap<String, String>,
    /// Values that come with the template; those of the caller come before them.
    pub parameters: BTreeMap<String, String>,
}

/// Reads a template on its own.
///
/// # Errors
/// What is wrong with it, as CloudFormation would refuse it, or that it is too large.
pub fn read(file: &SourceFile, document: &Node, at: &Surroundings, files: &Files) -> Result<Declared, Faults> {
    read_stacks(
        &file.name,
        &[Unit { file, document, stack: None, constructs: BTreeMap::new(), parameters: BTreeMap::new() }],
        at,
        files,
    )
}

/// Reads stacks of one account and region into one inventory. What a stack exports is known to those after it.
///
/// # Errors
/// What is wrong with the templates.
pub fn read_stacks(name: &str, units: &[Unit<'_>], at: &Surroundings, files: &Files) -> Result<Declared, Faults> {
    let size: usize = units.iter().map(|unit| unit.file.text.len()).sum();
    let most = (TEXT_OF_ALL_WORLDS / size.max(1)).clamp(1, worlds::MAX_WORLDS);
    // Two stacks may have templates of one name.
    let source = |(index, unit): (usize, &Unit<'_>)| {
        Arc::new(Source::new(format!("{index}#{}", unit.file.name), unit.file.clone(), unit.document.clone()))
    };
    let sources: Vec<Arc<Source>> = units.iter().enumerate().map(source).collect();
    let mut memory = Memory::default();
    let outcomes = worlds::explore(most, |world| {
        let mut run = Run::new(files, world, &mut memory);
        let mut all = Outcome::default();
        for (unit, source) in units.iter().zip(&sources) {
            let make = |template| root(template, unit, at, units.len() > 1);
            let template = run.template(source, make)?;
            let outcome = nested::evaluate(&mut run, &make(template), units.len() > 1);
            if run.stopped() {
                break;
            }
            let stack = unit.stack.unwrap_or_default();
            run.outputs.extend(outcome.outputs.into_iter().map(|(name, value)| ((stack.to_owned(), name), value)));
            run.exports.extend(outcome.exports);
            all.resources.extend(outcome.resources);
            all.gaps.extend(outcome.gaps);
        }
        let Run { need, mut faults, .. } = run;
        faults.truncate(template::MAX_FAULTS);
        Faults::check(faults)?;
        Ok(need.map_or(Attempt::Done(all), Attempt::Needs))
    })?;
    let mut declared = Declared { name: name.into(), worlds: Vec::new(), unread: BTreeMap::new() };
    for (world, outcome) in outcomes {
        let inventory = inventory(outcome, at, &mut declared.unread);
        declared.worlds.push(World { assumption: world.assumption(), inventory });
    }
    Ok(declared)
}

fn root(template: Arc<Template>, unit: &Unit<'_>, at: &Surroundings, several: bool) -> Stack {
    let given = |(name, value): (&String, &String)| {
        let binding = Binding { value: Value::from(value.as_str()), subject: None, varied: false };
        (name.clone(), binding)
    };
    let name = unit.stack.map_or_else(|| stack_name(&unit.file.name), str::to_owned);
    Stack {
        template,
        prefix: String::new(),
        label: if several { format!("{name}/") } else { String::new() },
        bindings: unit.parameters.iter().chain(&at.parameters).map(given).collect(),
        region: at.region.clone(),
        account: at.account.id.as_str().to_owned(),
        name,
        named: unit.stack.is_some(),
        doubtful: false,
        around: Vec::new(),
        constructs: unit.constructs.clone(),
    }
}

/// A name for a stack that nobody named, made of that of its file.
fn stack_name(file: &str) -> String {
    let stem = file.rsplit(['/', '\\']).next().and_then(|name| name.split('.').next()).unwrap_or_default();
    let name: String = stem.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.trim_matches('-');
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name.to_owned() } else { format!("stack{name}") }
}

/// The inventory of a world: satellites inside their parents, and nothing that no guardrail reads.
fn inventory(outcome: Outcome, at: &Surroundings, unread: &mut BTreeMap<String, usize>) -> Inventory {
    let folded = shape::fold(outcome.resources);
    let used = folded.iter().map(|resource| resource.id.region.as_str()).filter(|region| *region != GLOBAL);
    let regions: BTreeSet<&str> = used.chain([at.region.as_str()]).collect();
    let synthetic: Vec<Resource> = regions.iter().map(|region| shape::region_of(&folded, region)).collect();
    let regions = regions.into_iter().map(str::to_owned).collect();
    let types = at.types.iter().map(|kind| (kind.clone(), Scope::of(kind))).collect();
    let mut inventory = Inventory::new(at.account.clone(), regions, types);
    let mut passed_over: BTreeMap<String, usize> = BTreeMap::new();
    for resource in folded.into_iter().chain(synthetic) {
        if at.types.contains(&resource.id.resource_type) {
            inventory.resources.push(resource);
        } else if !resource.id.resource_type.starts_with("AWS::::") {
            *passed_over.entry(resource.id.resource_type).or_default() += 1;
        }
    }
    for (kind, count) in passed_over {
        let most = unread.entry(kind).or_default();
        *most = count.max(*most);
    }
    inventory.extent = Extent::Declared;
    inventory.gaps = outcome.gaps;
    inventory.sort();
    inventory
}
