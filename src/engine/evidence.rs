//! What a verdict rests on, as it is shown.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::{Observed, Resource, Value};
use crate::rule::{Expression, Segment};

/// Lists in evidence are cut to this many items; the inventory keeps them whole.
const EVIDENCE_ITEMS: usize = 20;

/// The properties that an assertion names, down to the first list.
pub(super) struct Shown(Vec<Vec<String>>);

impl Shown {
    pub(super) fn of(assert: &Expression) -> Self {
        let paths: BTreeSet<Vec<String>> = assert
            .properties()
            .iter()
            .filter(|property| property.other_type.is_none())
            .map(|property| {
                let keys = property.path.iter().map_while(|segment| match segment {
                    Segment::Key(key) => Some(key.clone()),
                    Segment::Item => None,
                });
                keys.collect()
            })
            .collect();
        let shown = paths.iter().filter(|path| {
            !path.is_empty() && !paths.iter().any(|longer| longer.len() > path.len() && longer.starts_with(path))
        });
        Self(shown.cloned().collect())
    }

    pub(super) fn observe(&self, resource: &Resource) -> Vec<Observed> {
        let observed = |path: &Vec<String>| {
            let value = path.iter().try_fold(&resource.properties, |value, key| match value {
                Value::Unknown(_) => Some(value),
                value => value.get(key),
            });
            let property = path.join(".");
            let place = resource.origin.as_ref().and_then(|origin| origin.place_of(&property));
            Observed { property, value: value.map(cut), place }
        };
        self.0.iter().map(observed).collect()
    }
}

/// The value with its long lists cut.
pub(super) fn cut(value: &Value) -> Value {
    if !is_long(value) {
        return value.clone();
    }
    match value {
        Value::List(items) if items.len() > EVIDENCE_ITEMS => {
            let more = format!("… and {} more", items.len() - EVIDENCE_ITEMS);
            Value::list(items.iter().take(EVIDENCE_ITEMS).map(cut).chain([more.into()]))
        }
        Value::List(items) => Value::list(items.iter().map(cut)),
        Value::Map(map) => Value::Map(Arc::new(map.iter().map(|(key, value)| (key.clone(), cut(value))).collect())),
        scalar => scalar.clone(),
    }
}

/// Whether there is a list to be cut in it.
fn is_long(value: &Value) -> bool {
    match value {
        Value::List(items) => items.len() > EVIDENCE_ITEMS || items.iter().any(is_long),
        Value::Map(map) => map.values().any(is_long),
        _ => false,
    }
}
