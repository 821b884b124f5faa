//! From instances to resources: properties, identities, and the parts that belong to others.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value as Json;

use super::configuration::{Configuration, Resolver, Scope};
use super::evaluate::Evaluator;
use super::hcl::Sources;
use super::map;
use super::mapping::{Identity, Mapping, Merge, Target};
use super::plan::{Fate, Instance};
use super::reader::{Identities, Reader, References};
use super::region::Region;
use crate::model::{Map, Unknown, Value};
use crate::source::shape::{self, Deployment};

/// A resource of the plan in CloudFormation's shape.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) instance: usize,
    pub(super) identity: &'static Identity,
    pub(super) region: Region,
    pub(super) properties: Map,
    /// The instances whose properties came to it: the property's name, and the items of its list that are theirs.
    pub(super) parts: Vec<Part>,
}

/// What an instance gave to a resource.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) instance: usize,
    pub(super) property: Arc<str>,
    /// The first item that is its, in a list.
    pub(super) item: Option<usize>,
}

/// What is needed to build the resources of a plan.
pub(super) struct Builder<'a> {
    pub(super) instances: &'a [Instance],
    pub(super) configuration: &'a Configuration<'a>,
    pub(super) resolver: &'a Resolver<'a>,
    /// The region of each instance.
    pub(super) regions: &'a [Region],
    pub(super) account: &'a str,
    pub(super) default_region: &'a str,
    pub(super) sources: &'a Sources,
    /// The values of the root module's variables.
    pub(super) variables: &'a Json,
    /// The steps that evaluating expressions may still take.
    pub(super) steps_left: Cell<usize>,
}

/// The resource that an instance is, and its mapping.
fn resource_of(instance: &Instance) -> Option<(&'static Mapping, &'static Identity)> {
    if instance.is_data {
        return None;
    }
    map::of(&instance.kind).iter().copied().find_map(|mapping| match &mapping.target {
        Target::Resource(identity) => Some((mapping, identity)),
        Target::Part { .. } => None,
    })
}

impl<'a> Builder<'a> {
    pub(super) fn build(&self) -> Vec<Built> {
        let identities: Identities = (0..self.instances.len()).map(|at| self.identity(at)).collect();
        let mut built: Vec<Built> = (0..self.instances.len()).filter_map(|at| self.resource(at, &identities)).collect();
        self.put_parts(&mut built, &identities);
        built
    }

    fn deployment(&self, at: usize) -> Deployment<'_> {
        let region = match self.regions.get(at) {
            Some(Region::Known(region)) => region,
            _ => self.default_region,
        };
        let partition = match region.split('-').next() {
            Some("cn") => "aws-cn",
            _ if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        Deployment { partition, region, account: self.account, stack: "terraform" }
    }

    /// What identifies an instance, by the provider's attributes: what the plan knows, else a symbol.
    fn identity(&self, at: usize) -> BTreeMap<&'static str, Value> {
        let Some(instance) = self.instances.get(at).filter(|instance| instance.fate == Fate::Stays) else {
            return BTreeMap::new();
        };
        let Some((mapping, identity)) = resource_of(instance) else { return BTreeMap::new() };
        let arguments = instance.arguments(self.configuration.expressions(instance));
        let mut written = Reader::PLAIN.fields(mapping.fields, arguments);
        // A name that is not known yet is no less this resource's.
        for (_, property) in identity.own {
            if matches!(written.get(*property), Some(Value::Unknown(_))) {
                written.remove(*property);
            }
        }
        let deployment = self.deployment(at);
        let (kind, name) = (identity.kind, instance.address.as_str());
        let properties = shape::coerce(kind, Value::Map(written.into()));
        let completed = shape::complete(kind, name, properties.clone(), &deployment);
        let symbol = |property: &str| match completed.get(property) {
            Some(value @ Value::String(_)) => value.clone(),
            _ => match shape::attribute(kind, name, &properties, property, &deployment) {
                Value::Unknown(_) => shape::reference(kind, name, &properties, &deployment),
                value => value,
            },
        };
        let own = identity.own.iter().map(|(attribute, property)| {
            let known = arguments.at(attribute).text().map(Value::from);
            (*attribute, known.unwrap_or_else(|| symbol(property)))
        });
        own.collect()
    }

    fn reader<'s>(&'s self, at: usize, instance: &'s Instance, identities: &'s Identities) -> Reader<'s> {
        let provider = self.configuration.resource(instance).and_then(|resource| resource.get("provider_config_key"));
        let evaluator = Evaluator {
            sources: self.sources,
            resolver: self.resolver,
            identities,
            variables: self.variables,
            account: self.account,
            partition: self.deployment(at).partition,
            region: self.regions.get(at).and_then(Region::known),
            provider: provider.and_then(Json::as_str),
            left: &self.steps_left,
        };
        let references = References { resolver: self.resolver, identities, scope: Scope::of(instance), evaluator };
        Reader { references: Some(references) }
    }

    fn resource(&self, at: usize, identities: &Identities) -> Option<Built> {
        let instance = self.instances.get(at).filter(|instance| instance.fate == Fate::Stays)?;
        let (mapping, identity) = resource_of(instance)?;
        let arguments = instance.arguments(self.configuration.expressions(instance));
        let mut written = self.reader(at, instance, identities).fields(mapping.fields, arguments);
        let own = identities.get(at)?;
        let names = || identity.own.iter().filter_map(|(attribute, property)| Some((*property, own.get(attribute)?)));
        // The names of IAM are matched with exceptions, so that one that is not known may match.
        for (property, symbol) in names().filter(|_| !identity.is_global) {
            if matches!(written.get(property), Some(Value::Unknown(cause)) if **cause == Unknown::KnownAfterApply) {
                written.insert(property.into(), symbol.clone());
            }
        }
        let properties = shape::coerce(identity.kind, Value::Map(written.into()));
        let before = properties.clone();
        let deployment = self.deployment(at);
        let completed = shape::complete(identity.kind, &instance.address, properties, &deployment);
        let Value::Map(completed) = completed else { return None };
        let mut properties = Arc::unwrap_or_clone(completed);
        // What the plan knows takes the place of what was made up for it.
        for (property, known) in names().collect::<Vec<_>>().into_iter().rev() {
            if before.get(property).is_none() && properties.contains_key(property) {
                properties.insert(property.into(), known.clone());
            }
        }
        let region = self.regions.get(at).cloned()?;
        Some(Built { instance: at, identity, region, properties, parts: Vec::new() })
    }

    /// Puts what belongs to other resources into them.
    fn put_parts(&self, built: &mut [Built], identities: &Identities) {
        let index = Parents::of(built, identities);
        let mut orphans = Vec::new();
        for (at, instance) in self.instances.iter().enumerate().filter(|(_, instance)| !instance.is_data) {
            for mapping in map::of(&instance.kind) {
                let Target::Part { parent, of, how } = mapping.target else { continue };
                let reader = self.reader(at, instance, identities);
                let arguments = instance.arguments(self.configuration.expressions(instance));
                let wants_arn = parent.ends_with("arn");
                let named = match reader.refers(arguments.at(parent), wants_arn) {
                    Value::List(names) => Value::List(names),
                    _ => reader.refer(arguments.at(parent), wants_arn),
                };
                let was = Reader::PLAIN.fields(mapping.fields, instance.arguments_before());
                let is = match instance.fate {
                    Fate::Goes => Map::new(),
                    Fate::Stays => reader.fields(mapping.fields, arguments),
                };
                for name in named.one_or_many() {
                    match name {
                        Value::String(name) => {
                            let region = self.regions.get(at).map(Region::text).unwrap_or_default();
                            let Some(parent) = index.find(of, name, region).and_then(|at| built.get_mut(at)) else {
                                continue;
                            };
                            self.take_away(parent, &was, how);
                            self.put(parent, at, &is, how);
                        }
                        _ if instance.fate == Fate::Stays => orphans.push((of, is.clone(), how)),
                        _ => {}
                    }
                }
            }
        }
        // Whose they are is not known: any resource of the type may have them.
        for (of, properties, how) in orphans {
            for parent in built.iter_mut().filter(|parent| parent.identity.kind == of) {
                for property in properties.keys() {
                    may_have(&mut parent.properties, property, how);
                }
            }
        }
    }

    /// An existing parent shows what its parts were before the plan, unless it says so itself.
    fn take_away(&self, parent: &mut Built, was: &Map, how: Merge) {
        for (property, value) in was {
            if how == Merge::Set {
                if !self.says(parent, property) {
                    parent.properties.remove(property);
                }
            } else if let Some(Value::List(items)) = parent.properties.get_mut(property) {
                let items = Arc::make_mut(items);
                for gone in value.one_or_many() {
                    if let Some(at) = items.iter().position(|item| item == gone) {
                        items.remove(at);
                    }
                }
            }
        }
    }

    /// Whether the configuration of a resource sets a property.
    fn says(&self, built: &Built, property: &str) -> bool {
        let Some(instance) = self.instances.get(built.instance) else { return false };
        let arguments = instance.arguments(self.configuration.expressions(instance));
        let fields = resource_of(instance).map(|(mapping, _)| mapping.fields).unwrap_or_default();
        let mut of_property = fields.iter().filter(|field| field.to.split('.').next() == Some(property));
        of_property.any(|field| !field.from.is_empty() && arguments.at(field.from).is_written())
    }

    fn put(&self, parent: &mut Built, instance: usize, properties: &Map, how: Merge) {
        for (property, value) in properties {
            let mut item = None;
            match how {
                Merge::Set => {
                    parent.properties.insert(property.clone(), value.clone());
                }
                Merge::Add => {
                    let sofar = parent.properties.remove(property).unwrap_or_default();
                    item = (!matches!(value, Value::Map(_))).then(|| sofar.one_or_many().len());
                    parent.properties.insert(property.clone(), added(sofar, value));
                }
            }
            parent.parts.push(Part { instance, property: property.clone(), item });
        }
    }
}

/// Two lists as one; of two maps, those that they hold.
fn added(sofar: Value, more: &Value) -> Value {
    match (sofar, more) {
        (Value::Null, Value::Map(_)) => more.clone(),
        (Value::Map(mut sofar), Value::Map(more)) => {
            let map = Arc::make_mut(&mut sofar);
            for (key, value) in more.iter() {
                let old = map.remove(key).unwrap_or_default();
                let both = if matches!(value, Value::List(_)) { added(old, value) } else { value.clone() };
                map.insert(key.clone(), both);
            }
            Value::Map(sofar)
        }
        (sofar, more) => Value::list(sofar.one_or_many().iter().chain(more.one_or_many()).cloned()),
    }
}

/// A property that something unknown may add to, or give.
fn may_have(properties: &mut Map, property: &Arc<str>, how: Merge) {
    let unknown = Value::unknown(Unknown::KnownAfterApply);
    match (how, properties.remove(property)) {
        (Merge::Add, Some(Value::List(mut items))) => {
            Arc::make_mut(&mut items).push(unknown);
            properties.insert(property.clone(), Value::List(items));
        }
        // It gave its own, and only one can be.
        (Merge::Set, Some(own)) => {
            properties.insert(property.clone(), own);
        }
        _ => {
            properties.insert(property.clone(), unknown);
        }
    }
}

/// Resources by type and by any text that identifies them.
struct Parents {
    index: HashMap<(&'static str, String), Vec<(usize, String)>>,
}

impl Parents {
    fn of(built: &[Built], identities: &Identities) -> Self {
        let mut index: HashMap<(&'static str, String), Vec<(usize, String)>> = HashMap::new();
        for (at, resource) in built.iter().enumerate() {
            let own = identities.get(resource.instance).into_iter().flat_map(BTreeMap::values);
            for name in own.filter_map(Value::as_str) {
                let entry = index.entry((resource.identity.kind, name.to_owned())).or_default();
                if entry.last().is_none_or(|(last, _)| *last != at) {
                    entry.push((at, resource.region.text().to_owned()));
                }
            }
        }
        Self { index }
    }

    /// The one in the region, where several regions have one of that name.
    fn find(&self, kind: &'static str, name: &str, region: &str) -> Option<usize> {
        let found = self.index.get(&(kind, name.to_owned()))?;
        let here = found.iter().find(|(_, of)| of == region);
        here.or(found.first()).map(|(at, _)| *at)
    }
}
