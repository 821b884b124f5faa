//! Random values and inventories with unknown leaves, made from a sequence of choices that proptest can shrink.

use std::collections::BTreeMap;
use std::sync::Arc;

use govcheck::model::{GLOBAL, Gap, Inventory, Resource, ResourceId, Unknown, Value};

/// A sequence of choices; when it is used up, every choice is the first one.
pub(crate) struct Choices<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Choices<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter() }
    }

    /// A number below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.bytes.next().map_or(0, |byte| usize::from(*byte) % count)
    }

    /// True in one of `count` cases.
    pub(crate) fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == count - 1
    }

    pub(crate) fn pick<'p, T: ?Sized>(&mut self, from: &[&'p T]) -> &'p T {
        from[self.below(from.len())]
    }
}

pub(crate) fn unknown() -> Value {
    Value::unknown(Unknown::AccessDenied("test:Read".into()))
}

/// A small value, unknown leaves included when `holes` says so.
pub(crate) fn value(choices: &mut Choices<'_>, depth: usize, holes: bool) -> Value {
    match choices.below(if depth == 0 { 10 } else { 15 }) {
        0 => 1.into(),
        1 => true.into(),
        2 => "a".into(),
        3 => 2.into(),
        4 => false.into(),
        5 => "".into(),
        6 => "arn:aws:ec2:ap-northeast-1:111111111111:volume/v".into(),
        7 => 0.into(),
        8 | 9 if holes => unknown(),
        8 => "k".into(),
        9 => Value::Null,
        10..=12 => {
            let length = choices.below(4);
            Value::list((0..length).map(|_| value(choices, depth - 1, holes)))
        }
        _ => {
            let entries: Vec<_> = ["k", "l"].into_iter().filter(|_| present(choices)).collect();
            Value::map(entries.into_iter().map(|key| (key, value(choices, depth - 1, holes))))
        }
    }
}

fn present(choices: &mut Choices<'_>) -> bool {
    !choices.one_in(4)
}

/// The value with some of its parts, or all of it, made unknown: each part in one of `rarity` cases.
pub(crate) fn blank(value: &Value, rarity: usize, choices: &mut Choices<'_>) -> Value {
    if choices.one_in(rarity) {
        return unknown();
    }
    match value {
        Value::List(items) => Value::list(items.iter().map(|item| blank(item, rarity, choices))),
        Value::Map(map) => {
            Value::Map(Arc::new(map.iter().map(|(key, value)| (key.clone(), blank(value, rarity, choices))).collect()))
        }
        scalar => scalar.clone(),
    }
}

/// The value with every unknown part replaced by one that `known` gives. In a list an unknown item stands for any number
/// of items, and in a map an unknown property may turn out absent.
pub(crate) fn fill(value: &Value, choices: &mut Choices<'_>, known: &dyn Fn(&mut Choices<'_>) -> Value) -> Value {
    match value {
        Value::Unknown(_) => known(choices),
        Value::List(items) => {
            let mut filled = Vec::new();
            for item in items.iter() {
                match item {
                    Value::Unknown(_) => filled.extend((0..choices.below(3)).map(|_| known(choices))),
                    item => filled.push(fill(item, choices, known)),
                }
            }
            Value::list(filled)
        }
        Value::Map(map) => {
            let entries: BTreeMap<_, _> =
                map.iter().map(|(key, value)| (key.clone(), fill(value, choices, known))).collect();
            Value::map(entries.iter().map(|(key, value)| (key.as_ref(), value.clone())))
        }
        scalar => scalar.clone(),
    }
}

/// The inventory with parts of its resources unknown, and sometimes a whole type unseen.
pub(crate) fn blank_inventory(inventory: &Inventory, choices: &mut Choices<'_>) -> Inventory {
    let mut blanked = inventory.clone();
    let kinds: Vec<String> = inventory.types.keys().cloned().collect();
    for kind in kinds {
        if choices.one_in(6) {
            let region = blanked.resources.iter().find(|resource| resource.id.resource_type == kind);
            let region = region.map(|resource| &resource.id.region).or(inventory.regions.first());
            let region = region.map_or_else(|| GLOBAL.to_owned(), Clone::clone);
            blanked.resources.retain(|resource| resource.id.resource_type != kind);
            let cause = Unknown::AccessDenied("test:List".into());
            blanked.gaps.push(Gap { region, resource_type: kind, cause });
        }
    }
    let rarity = 2 + choices.below(12);
    for resource in &mut blanked.resources {
        resource.properties = blank_below(&resource.properties, rarity, choices);
    }
    blanked.sort();
    blanked
}

/// As [`blank`], but the properties of a resource as a whole stay a map: no source gives anything else.
fn blank_below(properties: &Value, rarity: usize, choices: &mut Choices<'_>) -> Value {
    match properties {
        Value::Map(map) => {
            Value::Map(Arc::new(map.iter().map(|(key, value)| (key.clone(), blank(value, rarity, choices))).collect()))
        }
        other => other.clone(),
    }
}

/// The inventory with everything known: unknown parts filled, unseen types given some resources.
pub(crate) fn fill_inventory(
    inventory: &Inventory,
    choices: &mut Choices<'_>,
    known: &dyn Fn(&mut Choices<'_>) -> Value,
    properties: &dyn Fn(&mut Choices<'_>, &str) -> Value,
) -> Inventory {
    let mut filled = inventory.clone();
    for resource in &mut filled.resources {
        resource.properties = fill(&resource.properties, choices, known);
    }
    for gap in std::mem::take(&mut filled.gaps) {
        for number in 0..choices.below(3) {
            let id = ResourceId {
                resource_type: gap.resource_type.clone(),
                region: gap.region.clone(),
                name: format!("unseen-{number}"),
                arn: None,
            };
            let properties = properties(choices, &gap.resource_type);
            filled.resources.push(Resource { id, properties, origin: None });
        }
    }
    filled.sort();
    filled
}
