//! The functions that need nothing but their arguments.

use std::net::IpAddr;

use base64::Engine as _;
use ipnet::IpNet;

use crate::model::{Unknown, Value};

/// The most CIDR blocks that `Fn::Cidr` gives.
const MAX_CIDRS: i64 = 256;
/// A longer text is not built: names that refer to each other may double at every step.
const MAX_TEXT: usize = 1 << 20;

/// What cannot be resolved, named as in `Ref Env`.
pub(super) fn unresolved(what: impl Into<String>) -> Value {
    Value::unknown(Unknown::Unresolved(what.into()))
}

/// A text; where it holds a dynamic reference, what that stands for is not known. Its name is told, which is no secret.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
pub(super) fn text(text: String) -> Value {
    match dynamic(&text) {
        Some(reference) => unresolved(reference),
        None if text.len() > MAX_TEXT => unresolved("a text of more than 1 MiB"),
        None => text.into(),
    }
}

fn dynamic(text: &str) -> Option<&str> {
    let start = text.find("{{resolve:")?;
    let end = text[start..].find("}}")?;
    Some(&text[start..start + end + 2])
}

/// A scalar as text: CloudFormation writes numbers and booleans into texts as they stand.
pub(super) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.as_ref().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(value) => Some(value.to_string()),
        Value::Null | Value::List(_) | Value::Map(_) | Value::Unknown(_) => None,
    }
}

/// The text of a value, or why there is none. `what` names the expression.
pub(super) fn expect_text(value: &Value, what: &impl Fn() -> String) -> Result<String, Value> {
    match value {
        Value::Unknown(_) => Err(value.clone()),
        value => scalar(value).ok_or_else(|| unresolved(what())),
    }
}

/// `Fn::Join`: one unknown item makes the text unknown.
pub(super) fn join(delimiter: &str, list: &Value, what: &impl Fn() -> String) -> Value {
    let Value::List(items) = list else {
        return if matches!(list, Value::Unknown(_)) { list.clone() } else { unresolved(what()) };
    };
    let mut joined = String::new();
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            joined.push_str(delimiter);
        }
        match expect_text(item, what) {
            Ok(text) => joined.push_str(&text),
            Err(unknown) => return unknown,
        }
        if joined.len() > MAX_TEXT {
            break;
        }
    }
    text(joined)
}

/// `Fn::Split`.
pub(super) fn split(delimiter: &str, source: &str, what: &impl Fn() -> String) -> Value {
    if delimiter.is_empty() {
        return unresolved(what());
    }
    Value::list(source.split(delimiter).map(Value::from))
}

fn is_unknown(value: &Value) -> bool {
    matches!(value, Value::Unknown(_))
}

/// `Fn::Select`. An unknown item may be none, so that what comes after it has no certain place.
pub(super) fn select(index: &Value, list: &Value, what: &impl Fn() -> String) -> Value {
    if let Some(unknown) = [index, list].into_iter().find(|value| is_unknown(value)) {
        return unknown.clone();
    }
    let index = scalar(index).and_then(|index| index.trim().parse::<usize>().ok());
    let item = match (index, list) {
        (Some(index), Value::List(items)) => {
            let unsure = items.iter().take(index).find(|item| is_unknown(item));
            unsure.or_else(|| items.get(index)).cloned()
        }
        _ => None,
    };
    item.unwrap_or_else(|| unresolved(what()))
}

/// `Fn::Base64`.
pub(super) fn base64(source: &str) -> Value {
    text(base64::engine::general_purpose::STANDARD.encode(source))
}

/// `Fn::Cidr`: the first `count` blocks whose host part has `bits` bits.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html>
pub(super) fn cidr(block: &str, count: &str, bits: &str) -> Option<Value> {
    let net: IpNet = block.parse().ok()?;
    let count: i64 = count.parse().ok().filter(|count| (1..=MAX_CIDRS).contains(count))?;
    let bits: u8 = bits.parse().ok()?;
    let width: u8 = if matches!(net.addr(), IpAddr::V4(_)) { 32 } else { 128 };
    let prefix = width.checked_sub(bits).filter(|prefix| *prefix >= net.prefix_len())?;
    let blocks: Vec<Value> = net
        .trunc()
        .subnets(prefix)
        .ok()?
        .take(usize::try_from(count).ok()?)
        .map(|net| net.to_string().into())
        .collect();
    (i64::try_from(blocks.len()) == Ok(count)).then(|| Value::list(blocks))
}

/// `Fn::Length`: an unknown item may be none.
pub(super) fn length(list: &Value, what: &impl Fn() -> String) -> Value {
    match list {
        Value::List(items) if items.iter().any(is_unknown) => unresolved(what()),
        Value::List(items) => i64::try_from(items.len()).map_or_else(|_| unresolved(what()), Value::from),
        Value::Unknown(_) => list.clone(),
        _ => unresolved(what()),
    }
}

/// `Fn::ToJsonString`, with the keys sorted.
pub(super) fn to_json_string(value: &Value) -> Value {
    if let Some(cause) = value.first_unknown() {
        return Value::Unknown(cause.clone());
    }
    text(json(value).to_string())
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Unknown(_) => serde_json::Value::Null,
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => number.clone().into(),
        Value::String(text) => text.as_ref().into(),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(map) => {
            let entries = map.iter().map(|(key, value)| (key.as_ref().to_owned(), json(value)));
            serde_json::Value::Object(entries.collect())
        }
    }
}

/// What is common to two values one of which holds: where they differ, nobody knows.
pub(super) fn either(one: &Value, other: &Value, what: &str) -> Value {
    match (one, other) {
        _ if one == other => one.clone(),
        (Value::Map(a), Value::Map(b)) => {
            let keys: std::collections::BTreeSet<&std::sync::Arc<str>> = a.keys().chain(b.keys()).collect();
            let merged = keys.into_iter().map(|key| {
                let value = match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => either(a, b, what),
                    _ => unresolved(what),
                };
                (key.as_ref(), value)
            });
            Value::map(merged)
        }
        (Value::List(a), Value::List(b)) if a.len() == b.len() => {
            Value::list(a.iter().zip(b.iter()).map(|(a, b)| either(a, b, what)))
        }
        _ => unresolved(what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(json: serde_json::Value) -> Value {
        Value::from(json)
    }

    #[test]
    fn join_and_split_and_select_as_documented() {
        // intrinsic-function-reference-join.html
        assert_eq!(join(":", &value(json!(["a", "b", "c"])), &|| "Join".into()), "a:b:c".into());
        assert_eq!(join("", &value(json!(["a", 1, true])), &|| "Join".into()), "a1true".into());
        // intrinsic-function-reference-split.html
        assert_eq!(split("|", "a|b|c", &|| "Split".into()), value(json!(["a", "b", "c"])));
        assert_eq!(split("|", "a||c|", &|| "Split".into()), value(json!(["a", "", "c", ""])));
        // intrinsic-function-reference-select.html
        let fruits = value(json!(["apples", "grapes", "oranges", "mangoes"]));
        assert_eq!(select(&"1".into(), &fruits, &|| "Select".into()), "grapes".into());
        assert!(select(&4.into(), &fruits, &|| "Select".into()).first_unknown().is_some());
    }

    #[test]
    fn cidr_blocks_as_documented() {
        // intrinsic-function-reference-cidr.html: six blocks with a mask of /27 from a /24.
        let six = ["192.168.0.0/27", "192.168.0.32/27", "192.168.0.64/27", "192.168.0.96/27", "192.168.0.128/27"];
        let six = six.into_iter().chain(["192.168.0.160/27"]).map(Value::from);
        assert_eq!(cidr("192.168.0.0/24", "6", "5"), Some(Value::list(six)));
        let blocks = cidr("2001:db8::/56", "2", "64").unwrap();
        assert_eq!(blocks, value(json!(["2001:db8::/64", "2001:db8:0:1::/64"])));
        for (block, count, bits) in [
            ("10.0.0.0/8", "257", "8"),
            ("10.0.0.0/24", "1", "9"),
            ("10.0.0.0/24", "3", "7"),
            ("10.0.0.0/24", "0", "4"),
            ("x", "1", "4"),
            ("10.0.0.0/24", "1", "33"),
            ("::/0", "256", "0"),
        ] {
            let blocks = cidr(block, count, bits);
            assert!(blocks.is_none() || block == "::/0", "{block}");
        }
    }

    #[test]
    fn an_unknown_item_makes_a_joined_text_unknown() {
        let list = Value::list(["a".into(), unresolved("Ref B")]);
        assert_eq!(join("-", &list, &|| "Join".into()), unresolved("Ref B"));
        assert_eq!(length(&list, &|| "Length".into()), unresolved("Length"));
        assert_eq!(select(&0.into(), &list, &|| "Select".into()), "a".into());
    }

    #[test]
    fn a_dynamic_reference_is_not_known() {
        let text = text("user:{{resolve:secretsmanager:db:SecretString:password}}".into());
        assert_eq!(text, unresolved("{{resolve:secretsmanager:db:SecretString:password}}"));
        assert_eq!(super::text("{{resolve:".into()), "{{resolve:".into());
    }

    #[test]
    fn a_text_that_doubles_at_every_step_ends() {
        let mut text: Value = "0123456789".into();
        for _ in 0..60 {
            text = join("", &Value::list([text.clone(), text.clone()]), &|| "Join".into());
        }
        assert_eq!(text, unresolved("a text of more than 1 MiB"));
    }

    #[test]
    fn what_two_values_share_is_known() {
        let one = value(json!({"A": 1, "B": [1, 2], "C": 3}));
        let other = value(json!({"A": 1, "B": [1, 3]}));
        let both = either(&one, &other, "If Prod");
        let expected = Value::map([
            ("A", 1.into()),
            ("B", Value::list([1.into(), unresolved("If Prod")])),
            ("C", unresolved("If Prod")),
        ]);
        assert_eq!(both, expected);
    }

    #[test]
    fn json_text_is_what_was_written() {
        assert_eq!(to_json_string(&value(json!({"$a": [1, true, "x"]}))), r#"{"$a":[1,true,"x"]}"#.into());
    }
}
