//! Templates as people write them, and as people who mean harm do.

mod conditions;
mod hostile;
mod intrinsics;
mod stacks;

use std::collections::BTreeSet;

use super::*;
use crate::model::{Account, Unknown};
use crate::source::declared::UNNAMED_ACCOUNT;
use crate::syntax::parse;

fn surroundings(document: &Node, given: &[(&str, &str)]) -> Surroundings {
    let kinds = template::entries(document.get("Resources")).filter_map(|(_, node)| node.get("Type"));
    let kinds: BTreeSet<String> = kinds.filter_map(call::text).map(str::to_owned).collect();
    let more = ["AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue"].map(str::to_owned);
    Surroundings {
        account: Account::new(UNNAMED_ACCOUNT.parse().unwrap()),
        region: "ap-northeast-1".into(),
        parameters: given.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
        types: kinds.into_iter().chain(more).collect(),
    }
}

fn try_read(text: &str, given: &[(&str, &str)]) -> Result<Declared, String> {
    let file = SourceFile::new("app.yaml", text);
    let document = parse(&file).map_err(|fault| fault.to_string())?;
    let at = surroundings(&document, given);
    read(&file, &document, &at, &Files::none()).map_err(|faults| faults.to_string())
}

fn declared(text: &str) -> Declared {
    try_read(text, &[]).unwrap()
}

/// The resources of the only world.
fn resources(text: &str) -> Vec<Resource> {
    let mut declared = declared(text);
    assert_eq!(declared.worlds.len(), 1, "{:?}", assumptions(&declared));
    declared.worlds.remove(0).inventory.resources
}

fn assumptions(declared: &Declared) -> Vec<&str> {
    declared.worlds.iter().map(|world| world.assumption.as_str()).collect()
}

/// What a property comes to, in a template with these other sections.
fn value_in(sections: &str, expression: &str) -> Value {
    let text =
        format!("{sections}\nResources:\n  It:\n    Type: AWS::Test::Thing\n    Properties:\n      P: {expression}\n");
    property(&resources(&text), "It", "P")
}

fn value(expression: &str) -> Value {
    value_in("", expression)
}

fn property(resources: &[Resource], name: &str, property: &str) -> Value {
    let resource = resources.iter().find(|resource| resource.id.name == name).unwrap();
    resource.properties.get(property).cloned().unwrap_or_default()
}

/// `P` of the resource `It` in each world, with the assumption.
fn in_worlds(declared: &Declared) -> Vec<(&str, Value)> {
    let it = |world: &World| property(&world.inventory.resources, "It", "P");
    declared.worlds.iter().map(|world| (world.assumption.as_str(), it(world))).collect()
}

fn unresolved(what: &str) -> Value {
    Value::unknown(Unknown::Unresolved(what.into()))
}

fn json(value: serde_json::Value) -> Value {
    Value::from(value)
}
