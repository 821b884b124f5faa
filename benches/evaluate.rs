//! How long the embedded pack takes to judge many resources, and whether that grows as their number does: those of the
//! guardrails' own cases, over and over under other ids.
//!
//! `cargo bench --bench evaluate -- [RESOURCES...] [TYPES...]`, with types only resources of those.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and stops where it cannot run")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, Utc};
use govcheck::engine::Engine;
use govcheck::model::{Account, Extent, Inventory, Map, Origin, Place, Resource, Scope, Value};
use govcheck::rule::RulePack;

/// Enough rounds to take about this long.
const SECONDS: f64 = 1.0;

fn main() {
    // `cargo bench` adds an option of its own.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let mut sizes: Vec<usize> = args.iter().filter_map(|arg| arg.parse().ok()).collect();
    let types: Vec<&String> = args.iter().filter(|arg| arg.parse::<usize>().is_err()).collect();
    if sizes.is_empty() {
        sizes = vec![100, 1_000, 10_000];
    }
    let pack = RulePack::embedded().unwrap();
    let engine = Engine::new(pack.guardrails.clone(), &pack.params, DateTime::<Utc>::UNIX_EPOCH);
    for size in sizes {
        let inventory = inventory(&pack, size, |kind| types.is_empty() || types.iter().any(|wanted| *wanted == kind));
        let (mut findings, mut rounds, start) = (0, 0, Instant::now());
        while rounds == 0 || start.elapsed().as_secs_f64() < SECONDS {
            findings += engine.evaluate(&inventory).len();
            rounds += 1;
        }
        let seconds = start.elapsed().as_secs_f64();
        let (resources, each) = (inventory.resources.len(), seconds / f64::from(rounds));
        println!(
            "{resources} resources, {} findings: {:.1} ms, {:.2} µs per resource, {:.0} evaluations per second",
            findings / rounds as usize,
            each * 1e3,
            each * 1e6 / resources as f64,
            findings as f64 / seconds
        );
    }
}

/// As many resources as that, of the types of the cases that are wanted.
pub(crate) fn inventory(pack: &RulePack, size: usize, wanted: impl Fn(&str) -> bool) -> Inventory {
    let mut shapes: BTreeMap<String, Vec<Resource>> = BTreeMap::new();
    let mut types: BTreeMap<String, Scope> = BTreeMap::new();
    for guardrail in &pack.guardrails {
        for case in &guardrail.rule.cases {
            let mut case = case.inventory(guardrail).unwrap();
            types.append(&mut case.types);
            for resource in case.resources.into_iter().filter(|resource| wanted(&resource.id.resource_type)) {
                shapes.entry(resource.id.resource_type.clone()).or_default().push(resource);
            }
        }
    }
    // Cases leave out what their guardrail does not read, and real resources have all their names.
    for shapes in shapes.values_mut() {
        let names = names(shapes);
        for shape in shapes.iter_mut() {
            if let Value::Map(map) = &shape.properties {
                let all = names.iter().chain(map.iter()).map(|(key, value)| (key.as_ref(), value.clone()));
                shape.properties = Value::map(all);
            }
        }
    }
    let account = Account::new("111111111111".parse().unwrap());
    let mut inventory = Inventory::new(account, vec!["ap-northeast-1".to_owned()], types);
    inventory.extent = Extent::Declared;
    let kinds: Vec<_> = shapes.values().collect();
    inventory.resources = (0..size)
        .map(|position| {
            let (shapes, number) = (kinds[position % kinds.len()], position / kinds.len());
            renumbered(&shapes[number % shapes.len()], number)
        })
        .collect();
    inventory.sort();
    inventory
}

/// The ids, names and ARNs that resources of one type have.
fn names(shapes: &[Resource]) -> Map {
    let properties = shapes.iter().filter_map(|shape| match &shape.properties {
        Value::Map(map) => Some(map.as_ref()),
        _ => None,
    });
    let texts = properties.flatten().filter(|(key, value)| is_name(key) && matches!(value, Value::String(_)));
    texts.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn is_name(key: &str) -> bool {
    ["Id", "Name", "Arn"].iter().any(|end| key.ends_with(end))
}

/// The same under another id, as a file declares it.
fn renumbered(resource: &Resource, number: usize) -> Resource {
    let mut resource = resource.clone();
    let line = u32::try_from(number).unwrap_or(u32::MAX);
    let place = Place { line, column: 1, end_line: line, end_column: 9 };
    resource.id.name = format!("{}{number}", resource.id.name);
    resource.properties = with_number(&resource.properties, number);
    resource.origin = Some(Arc::new(Origin {
        file: "template.yaml".into(),
        logical_id: resource.id.resource_type.replace(':', "") + &number.to_string(),
        place: Some(place),
        ..Origin::default()
    }));
    resource
}

/// With the number at the end of each id, name and ARN, so that the resources of one number name each other.
fn with_number(value: &Value, number: usize) -> Value {
    match value {
        Value::Map(map) => Value::map(map.iter().map(|(key, value)| {
            let value = match value {
                Value::String(text) if is_name(key) => Value::from(format!("{text}-{number}")),
                other => with_number(other, number),
            };
            (key.as_ref(), value)
        })),
        Value::List(items) => Value::list(items.iter().map(|item| with_number(item, number))),
        scalar => scalar.clone(),
    }
}
