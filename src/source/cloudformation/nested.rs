//! Stacks inside of stacks: nested ones, and the inline templates of stack sets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::{Gap, Resource, ResourceId, Unknown, Value};
use crate::source::files::Refusal;
use crate::syntax::{Node, SourceFile, parse};

use super::call::{self, Call, Part};
use super::evaluate::{Evaluated, Evaluator, State};
use super::function::unresolved;
use super::run::{Binding, Run, Stack};
use super::template::{Declaration, Source, Template};

/// Stacks that nest deeper are not read.
const MAX_NESTED: usize = 8;
/// How many values a stack counts for beside its own, so that stacks that multiply end, at 2,000 of them.
const VALUES_OF_A_STACK: usize = 2_000;
/// More regions than there are.
const MAX_REGIONS: usize = 64;

/// The type that stands for everything a template does not show: what macros add or change, and loops over what is not known.
pub(super) const MACRO: &str = "AWS::CloudFormation::Macro";

/// What came of a stack.
#[derive(Default)]
pub(super) struct Outcome {
    pub resources: Vec<Resource>,
    pub gaps: Vec<Gap>,
    pub outputs: BTreeMap<String, Value>,
    pub exports: BTreeMap<String, Value>,
}

/// Evaluates a stack. When [`Run::stopped`] says so afterwards, the outcome is to be dropped.
pub(super) fn evaluate(run: &mut Run<'_>, stack: &Stack, with_outputs: bool) -> Outcome {
    let template = stack.template.clone();
    let mut evaluator = Evaluator::new(stack, run);
    for name in &stack.template.deciding {
        if let Some(node) = stack.template.condition(name) {
            evaluator.condition(name, node.into());
        }
    }
    for resource in evaluator.order() {
        if evaluator.run.stopped() {
            return Outcome::default();
        }
        evaluator.resource(resource);
    }
    let mut outcome = Outcome::default();
    if with_outputs {
        evaluator.outputs(&mut outcome);
    }
    for state in &evaluator.states {
        if let State::Done(evaluated) = state {
            collect(evaluated, stack, &mut outcome);
        }
    }
    let unread = template.unread.iter();
    outcome.gaps.extend(unread.map(|cause| gap(stack, MACRO, cause.clone())));
    outcome
}

fn gap(stack: &Stack, kind: &str, cause: Unknown) -> Gap {
    Gap { region: stack.region.clone(), resource_type: kind.to_owned(), cause }
}

fn collect(evaluated: &Evaluated, stack: &Stack, into: &mut Outcome) {
    for piece in &evaluated.pieces {
        let id = ResourceId {
            resource_type: piece.kind.clone(),
            region: stack.region.clone(),
            name: piece.id.clone(),
            arn: None,
        };
        let origin = Some(evaluated.origin.clone());
        into.resources.push(Resource { id, properties: piece.properties.clone(), origin });
    }
    into.resources.extend(evaluated.children.iter().cloned());
    into.gaps.extend(evaluated.gaps.iter().map(|(kind, cause)| gap(stack, kind, cause.clone())));
    into.gaps.extend(evaluated.unseen.iter().cloned());
}

impl<'s> Evaluator<'s, '_, '_> {
    fn outputs(&mut self, outcome: &mut Outcome) {
        for (name, node) in self.stack.template.outputs() {
            let there = node.get("Condition").and_then(|at| Some((call::text(at)?, at)));
            let there = there.map_or(Some(true), |(name, at)| self.condition(name, at.into()));
            if there == Some(false) || self.run.stopped() {
                continue;
            }
            let value = match node.get("Value") {
                Some(value) if there == Some(true) => self.value(value.into()),
                _ => unresolved(format!("Outputs.{name}")),
            };
            let export = node.get("Export").and_then(|export| export.get("Name"));
            if let Some(export) = export.and_then(|name| self.text_of(name.into()).ok()) {
                outcome.exports.insert(export, value.clone());
            }
            outcome.outputs.insert(name.to_owned(), value);
        }
    }

    /// A nested stack, whose template is a local file: as `aws cloudformation package` expects it, or as CDK notes it.
    pub(super) fn nested_stack(
        &mut self,
        declaration: &Declaration,
        (key, body): &'s (Node, Node),
        evaluated: &mut Evaluated,
    ) {
        let id = &declaration.id;
        let properties = body.get("Properties");
        let asset = body.get("Metadata").and_then(|node| node.get("aws:asset:path")).and_then(call::text);
        let url = properties.and_then(|node| node.get("TemplateURL")).and_then(|node| Part::from(node).text());
        let Some(source) = asset.or(url).and_then(|path| self.local_template(path, body)) else {
            return self.not_read(evaluated, "AWS::CloudFormation::Stack", format!("AWS::CloudFormation::Stack {id}"));
        };
        let mut around = self.stack.around.clone();
        around.push(self.stack.template.source.file.name.clone());
        if around.contains(&source.file.name) {
            let fault = self.stack.template.source.fault(key, format!("the nested stack `{id}` contains itself"));
            return self.fault(fault.help("let its `TemplateURL` name another template"));
        }
        if around.len() > MAX_NESTED {
            return self.not_read(evaluated, "AWS::CloudFormation::Stack", format!("AWS::CloudFormation::Stack {id}"));
        }
        let given = evaluated.pieces.first().and_then(|piece| piece.properties.get("Parameters")).cloned();
        let written = properties.and_then(|node| node.get("Parameters"));
        let bindings = self.bindings(given.as_ref(), written);
        let place =
            Inside { prefix: format!("{id}/"), label: format!("{id}/"), region: self.stack.region.clone(), around };
        let outcome = self.inside(&source, place, &bindings, given.as_ref());
        evaluated.children = outcome.resources;
        evaluated.unseen = outcome.gaps;
        evaluated.outputs = outcome.outputs;
    }

    /// The inline template of a stack set, once for each of its regions.
    pub(super) fn stack_set(&mut self, declaration: &Declaration, body: &'s Node, evaluated: &mut Evaluated) {
        const KIND: &str = "AWS::CloudFormation::StackSet";
        let id = &declaration.id;
        let Some(properties) = evaluated.pieces.first().map(|piece| piece.properties.clone()) else { return };
        let written = body.get("Properties").and_then(|node| node.get("TemplateBody"));
        let text = properties.get("TemplateBody").and_then(Value::as_str);
        let (Some(text), Some(written)) = (text, written) else {
            return self.not_read(evaluated, KIND, format!("{KIND} {id}"));
        };
        let file = SourceFile::new(format!("the template of the stack set {id}"), text);
        let document = match parse(&file) {
            Ok(document) if super::is_template(&document) => document,
            _ => return self.not_read(evaluated, KIND, format!("{KIND} {id}")),
        };
        let parent = self.stack.template.source.clone();
        let key = format!("{}#{}", parent.key, self.stack.label(id));
        let place = parent.place(&written.span);
        let source = Arc::new(Source::new(key, file, document).inside(parent.file.name.clone(), place));
        let bindings = self.stack_set_parameters(&properties);
        let (regions, all) = regions(&properties, &self.stack.region);
        if !all {
            self.not_read(evaluated, KIND, format!("{KIND} {id} (Regions)"));
        }
        for region in &regions {
            let label = if regions.len() > 1 { format!("{id}/{region}/") } else { format!("{id}/") };
            let mut around = self.stack.around.clone();
            around.push(parent.file.name.clone());
            if around.len() > MAX_NESTED {
                return self.not_read(evaluated, KIND, format!("{KIND} {id}"));
            }
            let place = Inside { prefix: format!("{id}/"), label, region: region.clone(), around };
            let outcome = self.inside(&source, place, &bindings, None);
            evaluated.children.extend(outcome.resources);
            evaluated.unseen.extend(outcome.gaps);
        }
    }

    fn not_read(&self, evaluated: &mut Evaluated, kind: &str, what: String) {
        evaluated.gaps.push((kind.to_owned(), Unknown::NotRead(what)));
    }

    fn local_template(&mut self, path: &str, at: &Node) -> Option<Arc<Source>> {
        let from = self.stack.template.source.file.name.clone();
        let file = match self.run.files.read(&from, path) {
            Ok(file) => file,
            Err(Refusal::Elsewhere) => return None,
            Err(Refusal::Unreadable(fault)) => {
                self.fault(fault);
                return None;
            }
        };
        if let Some(source) = self.run.memory.sources.get(file.name.as_ref()) {
            return Some(source.clone());
        }
        match parse(&file) {
            Ok(document) if super::is_template(&document) => {
                let source = Arc::new(Source::new(file.name.to_string(), file, document));
                self.run.memory.sources.insert(source.file.name.to_string(), source.clone());
                Some(source)
            }
            Ok(_) => {
                let source = &self.stack.template.source;
                let fault = source.fault(at, format!("the file of the nested stack is not a template: {path}"));
                self.fault(fault.help("let `TemplateURL` name a template"));
                None
            }
            Err(fault) => {
                self.fault(fault);
                None
            }
        }
    }

    /// The parameters that a nested stack is given; one that is a parameter of this stack keeps its identity.
    fn bindings(&self, given: Option<&Value>, written: Option<&'s Node>) -> BTreeMap<String, Binding> {
        let Some(Value::Map(given)) = given else { return BTreeMap::new() };
        let binding = |name: &str, value: &Value| {
            let subject = match written.and_then(|node| node.get(name)).and_then(|node| Part::from(node).call()) {
                Some(Call { name: "Ref", argument }) => argument
                    .text()
                    .filter(|name| self.stack.template.parameters.contains_key(*name))
                    .map(|name| self.stack.subject(name)),
                _ => None,
            };
            Binding { value: value.clone(), subject, varied: self.varied }
        };
        given.iter().map(|(name, value)| (name.to_string(), binding(name, value))).collect()
    }

    fn stack_set_parameters(&self, properties: &Value) -> BTreeMap<String, Binding> {
        let items = properties.get("Parameters").map(Value::one_or_many).unwrap_or_default();
        let bindings = items.iter().filter_map(|item| {
            let value = item.get("ParameterValue").cloned()?;
            Some((
                item.get("ParameterKey")?.as_str()?.to_owned(),
                Binding { value, subject: None, varied: self.varied },
            ))
        });
        bindings.collect()
    }

    fn inside(
        &mut self,
        source: &Arc<Source>,
        place: Inside,
        bindings: &BTreeMap<String, Binding>,
        given: Option<&Value>,
    ) -> Outcome {
        let outer = self.stack;
        self.run.spend(VALUES_OF_A_STACK, &outer.template.source);
        if self.run.stopped() {
            return Outcome::default();
        }
        let doubtful = self.doubts > 0;
        let make = |template: Arc<Template>| {
            let mut bindings = bindings.clone();
            if let Some(unknown @ Value::Unknown(_)) = given {
                for name in template.parameters.keys() {
                    let binding = Binding { value: unknown.clone(), subject: None, varied: true };
                    bindings.insert(name.clone(), binding);
                }
            }
            Stack {
                template,
                prefix: format!("{}{}", outer.prefix, place.prefix),
                label: format!("{}{}", outer.label, place.label),
                bindings,
                region: place.region.clone(),
                account: outer.account.clone(),
                name: format!("{}-{}", outer.name, place.prefix.trim_end_matches('/')),
                named: false,
                doubtful,
                around: place.around.clone(),
                constructs: BTreeMap::new(),
            }
        };
        match self.run.template(source, make) {
            Ok(template) => {
                let stack = make(template);
                let mut outcome = evaluate(self.run, &stack, true);
                // Whatever the stack hangs on, it is evaluated anew in every world.
                self.varied = true;
                outcome.exports.clear();
                outcome
            }
            Err(faults) => {
                self.run.faults.extend(faults.0);
                Outcome::default()
            }
        }
    }
}

/// Where a stack stands inside of another one.
struct Inside {
    prefix: String,
    label: String,
    region: String,
    around: Vec<Arc<str>>,
}

/// The regions of a stack set, and whether these are all; its own region where none is said.
fn regions(properties: &Value, own: &str) -> (Vec<String>, bool) {
    let Some(groups) = properties.get("StackInstancesGroup") else { return (vec![own.to_owned()], true) };
    let mut regions = BTreeSet::new();
    let mut all = true;
    for group in groups.one_or_many() {
        match group.get("Regions") {
            Some(Value::List(items)) => items.iter().for_each(|item| match item.as_str() {
                Some(region) => {
                    regions.insert(region.to_owned());
                }
                None => all = false,
            }),
            _ => all = false,
        }
    }
    all &= regions.len() <= MAX_REGIONS;
    if regions.is_empty() {
        return (vec![own.to_owned()], all);
    }
    (regions.into_iter().take(MAX_REGIONS).collect(), all)
}
