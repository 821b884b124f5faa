//! Puts resources that are parts of others where the live collectors show them: a bucket policy in its bucket, a rule in
//! its security group.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::identity::unnamed_resource;
use super::parts::{How, PARTS, Part, names};
use super::sam::SHARED_API;
use super::{kinds, links};
use crate::model::{GLOBAL, Map, Resource, Scope, Unknown, Value};

/// Folds parts into the resources that they belong to, and gives resources the types and the regions under which a live
/// account shows them: so what comes out may be in other regions than what went in.
///
/// A part of something that is not declared here stays a resource. Where it is not known which resource a part belongs
/// to, what it would say is unknown in every resource of that type that may be meant, unless another part says it.
pub fn fold(resources: Vec<Resource>) -> Vec<Resource> {
    let mut resources: Vec<Resource> = resources.into_iter().flat_map(kinds::as_live).collect();
    for resource in &mut resources {
        if Scope::of(&resource.id.resource_type) == Scope::Global {
            resource.id.region = GLOBAL.to_owned();
        }
    }
    drop_repeated(&mut resources);
    links::stages(&mut resources);
    let Links { certain, possible, folded } = Links::of(&resources);
    for (parent, at, part) in certain {
        let satellite = resources[at].clone();
        put(&mut resources[parent], &satellite, part);
    }
    // What is certain goes first: it leaves less to be unknown.
    for ((part, parents), cause) in possible {
        for parent in parents {
            put_unknown(&mut resources[parent], &PARTS[part], &cause);
        }
    }
    let mut at = 0..;
    resources.retain(|_| at.next().is_none_or(|at| !folded.contains(&at)));
    links::link(&mut resources);
    resources
}

/// Every function brings the API that all share.
fn drop_repeated(resources: &mut Vec<Resource>) {
    let mut seen = BTreeSet::new();
    let is_shared = |name: &str| name.rsplit('/').next().is_some_and(|name| name.starts_with(SHARED_API));
    resources.retain(|resource| !is_shared(&resource.id.name) || seen.insert(resource.id.clone()));
}

/// Which parts belong to which resources, by their positions.
#[derive(Default)]
struct Links {
    certain: Vec<(usize, usize, &'static Part)>,
    /// By the part's position in [`PARTS`] and the resources that may be meant, however many parts say so.
    possible: BTreeMap<(usize, Vec<usize>), Arc<Unknown>>,
    /// Parts that are found in the resources that they belong to.
    folded: BTreeSet<usize>,
}

impl Links {
    fn of(resources: &[Resource]) -> Self {
        let index = Index::of(resources);
        let mut links = Self::default();
        for (at, resource) in resources.iter().enumerate() {
            links.add(&index, at, resource);
        }
        links
    }

    fn add(&mut self, index: &Index<'_>, at: usize, resource: &Resource) {
        let (mut found, mut stays, mut open) = (BTreeSet::new(), false, Vec::new());
        let parts = PARTS.iter().enumerate().filter(|(_, part)| part.kind == resource.id.resource_type);
        for (number, part) in parts {
            stays |= part.stays;
            for reference in references(part, &resource.properties) {
                match index.target(part.parent, resource, reference) {
                    Target::This(parent) => {
                        found.insert(reference.as_str().unwrap_or_default());
                        self.certain.push((parent, at, part));
                    }
                    Target::OneOf(parents, cause) => open.push((reference, (number, parents), cause)),
                    Target::Elsewhere => {}
                }
            }
        }
        // A text that names one resource does not name another one, of whatever type.
        open.retain(|(reference, ..)| reference.as_str().is_none_or(|text| !found.contains(text)));
        if !found.is_empty() && !stays && open.is_empty() {
            self.folded.insert(at);
        }
        for (_, which, cause) in open {
            self.possible.entry(which).or_insert(cause);
        }
    }
}

/// What a part says of where it belongs: one reference or several.
fn references<'a>(part: &Part, properties: &'a Value) -> &'a [Value] {
    if let Value::Unknown(_) = properties {
        return properties.one_or_many();
    }
    part.by.iter().find_map(|name| properties.get(name)).map(Value::one_or_many).unwrap_or_default()
}

enum Target {
    This(usize),
    /// One of these, or something else; and why it is not known.
    OneOf(Vec<usize>, Arc<Unknown>),
    Elsewhere,
}

/// The resources that have parts.
struct Index<'a> {
    resources: &'a [Resource],
    by_name: HashMap<(&'static str, String), Vec<usize>>,
    by_logical_id: HashMap<(&'static str, &'a str), Vec<usize>>,
    of_type: HashMap<&'static str, Vec<usize>>,
    /// Resources with a name that is not known.
    unnamed: HashMap<&'static str, Vec<usize>>,
}

impl<'a> Index<'a> {
    fn of(resources: &'a [Resource]) -> Self {
        let parents: BTreeSet<&'static str> = PARTS.iter().map(|part| part.parent).collect();
        let mut index = Self {
            resources,
            by_name: HashMap::new(),
            by_logical_id: HashMap::new(),
            of_type: HashMap::new(),
            unnamed: HashMap::new(),
        };
        for (at, resource) in resources.iter().enumerate() {
            if let Some(kind) = parents.get(resource.id.resource_type.as_str()) {
                index.insert(kind, at, resource);
            }
        }
        index
    }

    fn insert(&mut self, kind: &'static str, at: usize, resource: &'a Resource) {
        let (texts, hidden) = keys(kind, &resource.properties);
        for text in texts {
            self.by_name.entry((kind, text)).or_default().push(at);
        }
        if hidden {
            self.unnamed.entry(kind).or_default().push(at);
        }
        self.by_logical_id.entry((kind, resource.id.name.as_str())).or_default().push(at);
        self.of_type.entry(kind).or_default().push(at);
    }

    fn target(&self, parent: &'static str, part: &Resource, reference: &Value) -> Target {
        let here = |found: Option<&Vec<usize>>| -> Vec<usize> {
            let found = found.into_iter().flatten().copied();
            found.filter(|at| self.is_visible(parent, *at, part)).collect()
        };
        match reference {
            Value::String(text) => {
                let found = spellings(parent, text).find_map(|text| self.by_name.get(&(parent, text)));
                match (here(found).as_slice(), here(self.unnamed.get(parent))) {
                    ([one], _) => Target::This(*one),
                    ([], hidden) if hidden.is_empty() => Target::Elsewhere,
                    ([], hidden) => Target::OneOf(hidden, Arc::new(Unknown::Unresolved("the name".to_owned()))),
                    (several, _) => Target::OneOf(several.to_vec(), Arc::new(Unknown::Unresolved(text.to_string()))),
                }
            }
            Value::Unknown(cause) => {
                let known = unnamed_resource(cause).and_then(|id| self.by_logical_id.get(&(parent, id)));
                match here(known).as_slice() {
                    [one] => Target::This(*one),
                    [] if unnamed_resource(cause).is_some_and(|id| self.is_declared(id)) => Target::Elsewhere,
                    [] => Target::OneOf(here(self.of_type.get(parent)), Arc::clone(cause)),
                    several => Target::OneOf(several.to_vec(), Arc::clone(cause)),
                }
            }
            _ => Target::Elsewhere,
        }
    }

    /// Whether a resource of some other type has the logical id.
    fn is_declared(&self, id: &str) -> bool {
        self.by_logical_id.keys().any(|(_, other)| *other == id)
    }

    /// Whether a part may name the resource: it is in the same region, or in none. A bucket's name is good everywhere.
    fn is_visible(&self, kind: &str, at: usize, part: &Resource) -> bool {
        let region = &self.resources[at].id.region;
        *region == part.id.region || region == GLOBAL || kind == "AWS::S3::Bucket"
    }
}

/// The texts that name a resource, and whether there is one that is not known.
fn keys(kind: &str, properties: &Value) -> (Vec<String>, bool) {
    if kind == "AWS::ApiGateway::Stage" {
        let part = |name: &str| properties.get(name).and_then(Value::as_str);
        return match (part("RestApiId"), part("StageName")) {
            (Some(api), Some(stage)) => (vec![format!("/restapis/{api}/stages/{stage}")], false),
            _ => (Vec::new(), true),
        };
    }
    let found: Vec<&Value> = names(kind).iter().filter_map(|name| properties.get(name)).collect();
    let hidden = found.iter().any(|value| matches!(value, Value::Unknown(_)));
    (found.into_iter().filter_map(Value::as_str).map(str::to_owned).collect(), hidden)
}

/// The ways in which a text may name a resource: a function also with a version or an alias at the end, and with the
/// account before its name.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html>
fn spellings(kind: &str, text: &str) -> impl Iterator<Item = String> {
    let other = match kind {
        "AWS::ApiGateway::Stage" => text.find("/restapis/").and_then(|start| text.get(start..)).map(str::to_owned),
        "AWS::Lambda::Function" if text.starts_with("arn:") => {
            Some(text.splitn(8, ':').take(7).collect::<Vec<_>>().join(":"))
        }
        "AWS::Lambda::Function" => {
            let name = text.split_once(":function:").map_or(text, |(_, name)| name);
            name.split(':').next().map(str::to_owned)
        }
        _ => None,
    };
    std::iter::once(text.to_owned()).chain(other)
}

/// Puts what a part says into the resource that it belongs to.
fn put(parent: &mut Resource, satellite: &Resource, part: &Part) {
    let mut path = part.into.join(".");
    match &part.how {
        How::Set(value) => edit(&mut parent.properties, part.into, |place| {
            let value = value(&satellite.properties);
            *place = match place {
                Value::Null => value,
                ref same if **same == value => value,
                _ => Value::unknown(Unknown::Unresolved(format!("which {} counts", part.kind))),
            };
        }),
        How::Append { items, start } => {
            let start = start(&parent.properties);
            let new = items(&satellite.properties);
            if new.is_empty() {
                return;
            }
            edit(&mut parent.properties, part.into, |place| {
                path = format!("{path}[{}]", append(place, start, new));
            });
        }
    }
    add_places(parent, satellite, &path);
}

/// Adds items to a list, which begins with `start` where there is none; gives the position of the first. An unknown list
/// becomes one with an unknown item.
fn append(place: &mut Value, start: Vec<Value>, new: impl IntoIterator<Item = Value>) -> usize {
    let mut items = match std::mem::take(place) {
        Value::Null => Arc::new(start),
        Value::List(items) => items,
        other => Arc::new(vec![other]),
    };
    let list = Arc::make_mut(&mut items);
    let first = list.len();
    list.extend(new);
    *place = Value::List(items);
    first
}

fn put_unknown(parent: &mut Resource, part: &Part, cause: &Arc<Unknown>) {
    let unknown = Value::Unknown(Arc::clone(cause));
    match &part.how {
        How::Set(_) => edit(&mut parent.properties, part.into, |place| {
            if let Value::Null = place {
                *place = unknown;
            }
        }),
        How::Append { start, .. } => {
            let start = start(&parent.properties);
            edit(&mut parent.properties, part.into, |place| {
                append(place, start, [unknown]);
            });
        }
    }
}

/// Changes the value at a path, which is null where there is none. What lies in an unknown stays unknown.
pub(super) fn edit(value: &mut Value, path: &[&str], change: impl FnOnce(&mut Value)) {
    let Some((name, rest)) = path.split_first() else { return change(value) };
    if let Value::Null = value {
        *value = Value::Map(Arc::default());
    }
    let Value::Map(map) = value else { return };
    let map: &mut Map = Arc::make_mut(map);
    edit(map.entry(Arc::from(*name)).or_default(), rest, change);
}

/// What stands in the part stands at `path` of the parent now.
fn add_places(parent: &mut Resource, satellite: &Resource, path: &str) {
    let (Some(own), Some(other)) = (&mut parent.origin, &satellite.origin) else { return };
    if own.file != other.file {
        return;
    }
    let places = Arc::make_mut(&mut Arc::make_mut(own).places);
    places.extend(other.place.map(|place| (path.to_owned(), place)));
    places.extend(other.places.iter().map(|(name, place)| (format!("{path}.{name}"), *place)));
}

#[cfg(test)]
mod tests;
