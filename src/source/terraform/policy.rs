//! Policy documents that the plan computes: `data "aws_iam_policy_document"` whose reading waits for the apply.
//!
//! What Terraform could read already stands in the arguments of resources as JSON. Here the statements of one that it
//! could not are put together as the provider does, with unknown parts where the plan has them.
//!
//! Source: <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document>.

use std::sync::Arc;

use super::argument::{Argument, State};
use super::reader::Reader;
use crate::model::{Map, Unknown, Value};

/// The document that the data source gives.
pub(super) fn document<'a>(data: Argument<'a>, reader: &Reader<'a>) -> Value {
    let statements = data.at("statement").blocks();
    let mut items = match statements.state() {
        State::Known(_) => statements.items_in_order().into_iter().map(|item| statement(item, reader)).collect(),
        State::Absent => Vec::new(),
        _ => vec![statements.value()],
    };
    // Statements of other documents are added to these, or take their place.
    let others = ["source_policy_documents", "override_policy_documents", "source_json", "override_json"];
    if others.iter().any(|name| !matches!(data.at(name).state(), State::Absent)) {
        items.push(Value::unknown(Unknown::NotRead("a policy document made of others".into())));
    }
    let version = data.at("version").value();
    let version = if matches!(version, Value::Null) { "2012-10-17".into() } else { version };
    Value::map([("Version", version), ("Statement", Value::list(items))])
}

fn statement<'a>(statement: Argument<'a>, reader: &Reader<'a>) -> Value {
    if !matches!(statement.state(), State::Known(_)) {
        return statement.value();
    }
    let list = |name: &str| match reader.value(statement.at(name)) {
        Value::List(items) if items.is_empty() => Value::Null,
        value => value,
    };
    let effect = statement.at("effect").value();
    Value::map([
        ("Sid", statement.at("sid").value()),
        ("Effect", if matches!(effect, Value::Null) { "Allow".into() } else { effect }),
        ("Action", list("actions")),
        ("NotAction", list("not_actions")),
        ("Resource", list("resources")),
        ("NotResource", list("not_resources")),
        ("Principal", principals(statement.at("principals").blocks(), reader)),
        ("NotPrincipal", principals(statement.at("not_principals").blocks(), reader)),
        ("Condition", conditions(statement.at("condition").blocks(), reader)),
    ])
}

/// Blocks of a type and identifiers as a map; everyone (`*`) is written without one.
fn principals<'a>(blocks: Argument<'a>, reader: &Reader<'a>) -> Value {
    if !matches!(blocks.state(), State::Known(_)) {
        return blocks.value();
    }
    let mut map = Map::new();
    for block in blocks.items() {
        let Some(kind) = block.at("type").text() else {
            return Value::unknown(Unknown::KnownAfterApply);
        };
        if kind == "*" {
            return "*".into();
        }
        add(&mut map, kind, reader.value(block.at("identifiers")));
    }
    if map.is_empty() { Value::Null } else { Value::Map(map.into()) }
}

/// Blocks of a test, a variable and values as a map of maps.
fn conditions<'a>(blocks: Argument<'a>, reader: &Reader<'a>) -> Value {
    if !matches!(blocks.state(), State::Known(_)) {
        return blocks.value();
    }
    let mut map = Map::new();
    for block in blocks.items() {
        let (Some(test), Some(variable)) = (block.at("test").text(), block.at("variable").text()) else {
            return Value::unknown(Unknown::KnownAfterApply);
        };
        let inner = map.entry(test.into()).or_insert_with(|| Value::Map(Arc::default()));
        if let Value::Map(inner) = inner {
            add(Arc::make_mut(inner), variable, reader.value(block.at("values")));
        }
    }
    if map.is_empty() { Value::Null } else { Value::Map(map.into()) }
}

/// Adds to the list under a key.
fn add(map: &mut Map, key: &str, values: Value) {
    let sofar = map.remove(key);
    let all = sofar.iter().chain([&values]).flat_map(|value| value.one_or_many().iter().cloned());
    let all = Value::list(all);
    map.insert(key.into(), all);
}

#[cfg(test)]
mod tests {
    use super::super::argument::Source;
    use super::*;
    use serde_json::{Value as Json, json};

    #[test]
    fn statements_keep_what_is_known() {
        let values = json!({"version": null, "statement": [{
            "sid": "Tls", "effect": "Deny", "actions": ["s3:*"], "not_actions": null, "resources": [null, null],
            "principals": [{"type": "AWS", "identifiers": ["*"]}, {"type": "AWS", "identifiers": ["arn:x"]}],
            "condition": [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}]}]});
        let unknown = json!({"id": true, "json": true, "statement": [{"resources": [true, true]}]});
        let expressions = json!({"statement": [{"resources": {"references": ["aws_s3_bucket.b.arn"]}}]});
        let data = Argument::of(&values, &unknown, &Json::Null, Some(&expressions), Source::Hidden);
        let document = document(data, &Reader::PLAIN);
        assert_eq!(
            serde_json::to_value(&document).unwrap(),
            json!({"Version": "2012-10-17", "Statement": [{
                "Sid": "Tls", "Effect": "Deny", "Action": ["s3:*"],
                "Resource": [{"$unknown": "known_after_apply"}, {"$unknown": "known_after_apply"}],
                "Principal": {"AWS": ["*", "arn:x"]},
                "Condition": {"Bool": {"aws:SecureTransport": ["false"]}}}]})
        );
    }

    #[test]
    fn everyone_is_a_star_and_other_documents_are_not_read() {
        let values = json!({"source_policy_documents": ["{}"], "statement": [{
            "actions": ["s3:GetObject"], "principals": [{"type": "*", "identifiers": ["*"]}]}]});
        let expressions = json!({});
        let data = Argument::of(&values, &Json::Null, &Json::Null, Some(&expressions), Source::Hidden);
        let document = document(data, &Reader::PLAIN);
        let statements = document.get("Statement").unwrap().one_or_many();
        assert_eq!(statements[0].get("Principal"), Some(&"*".into()));
        assert_eq!(statements[0].get("Effect"), Some(&"Allow".into()));
        assert!(statements[1].first_unknown().is_some());
    }
}
