//! The types of scalars: files write `"true"`, `443` or a policy as a text where the schema has a boolean, a text or an
//! object, and CloudFormation takes them all.
//!
//! Live collectors give the types of the schema, and guardrails compare with these.

use std::sync::Arc;

use crate::model::schema::{CfnSchema, Node, Scalar};
use crate::model::{Map, Value};

/// Gives the values of a resource the types that its schema has. What the schema does not know, and what it leaves free
/// (a policy, a map of variables), stays as it is, but for a JSON object that is written as a text.
pub fn coerce(kind: &str, properties: Value) -> Value {
    let node = CfnSchema::load().ok().and_then(|schema| schema.properties(kind));
    match node {
        Some(node) => coerced(node, properties),
        None => properties,
    }
}

/// Goes no deeper than the schema does, however deep the value is.
fn coerced(node: &Node, value: Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(Arc::new(object(node, map))),
        Value::List(items) => match node.item() {
            Some(item) => Value::list(Arc::unwrap_or_clone(items).into_iter().map(|value| coerced(item, value))),
            None => Value::List(items),
        },
        Value::String(text) if node.is_free() => document(&text).unwrap_or(Value::String(text)),
        scalar @ (Value::Bool(_) | Value::Number(_) | Value::String(_)) => match (node.scalar(), node.item()) {
            (Some(kind), _) => self::scalar(kind, scalar),
            // CloudFormation takes one item for a list of one.
            (None, Some(item)) if node.is_list() => Value::list([coerced(item, scalar)]),
            _ => scalar,
        },
        other => other,
    }
}

fn object(node: &Node, map: Arc<Map>) -> Map {
    let entries = Arc::unwrap_or_clone(map).into_iter();
    entries
        .map(|(name, value)| {
            let value = match node.property(&name) {
                Some(node) => coerced(node, value),
                None => value,
            };
            (name, value)
        })
        .collect()
}

/// The object that a text writes in JSON.
fn document(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    serde_json::from_str::<serde_json::Value>(text).ok().map(Value::from)
}

/// A scalar in its type, where it has one; anything else CloudFormation refuses, and it is left as it is.
fn scalar(kind: Scalar, value: Value) -> Value {
    let converted = match (kind, &value) {
        (Scalar::Text, Value::Bool(flag)) => Some(if *flag { "true" } else { "false" }.into()),
        (Scalar::Text, Value::Number(number)) => Some(number.to_string().into()),
        (Scalar::Boolean, Value::String(text)) => boolean(text).map(Value::Bool),
        (Scalar::Integer, Value::String(text)) => text.trim().parse::<i64>().ok().map(Value::from),
        (Scalar::Number, Value::String(text)) => number(text.trim()),
        _ => None,
    };
    converted.unwrap_or(value)
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<Value> {
    let whole = text.parse::<i64>().ok().map(Value::from);
    whole.or_else(|| serde_json::Number::from_f64(text.parse().ok()?).map(Value::Number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::model::Unknown;

    fn of(kind: &str, json: Json) -> Json {
        serde_json::to_value(coerce(kind, Value::from_notation(json).unwrap())).unwrap()
    }

    #[test]
    fn scalars_get_the_types_of_the_schema() {
        let given = json!({
            "SecurityGroupIngress": [{"IpProtocol": 6, "FromPort": "443", "ToPort": "443", "CidrIp": "10.0.0.0/8"}],
            "Tags": [{"Key": "Confidential", "Value": true}, {"Key": "Year", "Value": 2026}],
        });
        let expected = json!({
            "SecurityGroupIngress": [{"IpProtocol": "6", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}],
            "Tags": [{"Key": "Confidential", "Value": "true"}, {"Key": "Year", "Value": "2026"}],
        });
        assert_eq!(of("AWS::EC2::SecurityGroup", given), expected);
        let given = json!({"StorageEncrypted": "True", "BackupRetentionPeriod": "7", "AllocatedStorage": 100});
        let expected = json!({"StorageEncrypted": true, "BackupRetentionPeriod": 7, "AllocatedStorage": "100"});
        assert_eq!(of("AWS::RDS::DBInstance", given), expected);
    }

    #[test]
    fn scalars_below_objects_do_too() {
        let given = json!({
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": "true"},
            "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationInDays": "365"}]},
        });
        let expected = json!({
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": true},
            "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationInDays": 365}]},
        });
        assert_eq!(of("AWS::S3::Bucket", given), expected);
    }

    #[test]
    fn what_is_no_such_scalar_stays() {
        let given = json!({"Encrypted": "maybe", "Size": "10 GiB", "Iops": {"$unknown": {"unresolved": "Ref Iops"}}});
        assert_eq!(of("AWS::EC2::Volume", given.clone()), given);
        let unheard = json!({"Encrypted": "true"});
        assert_eq!(of("Custom::Volume", unheard.clone()), unheard);
    }

    #[test]
    fn a_document_in_a_text_becomes_an_object_and_is_not_changed_below() {
        let policy = json!({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": 443, "Condition": {"Bool": {"a": "true"}}}]});
        let text = policy.to_string();
        assert_eq!(of("AWS::KMS::Key", json!({"KeyPolicy": text})), json!({"KeyPolicy": policy}));
        assert_eq!(of("AWS::KMS::Key", json!({"KeyPolicy": policy})), json!({"KeyPolicy": policy}));
        let inline = json!({"Policies": [{"PolicyName": 1, "PolicyDocument": text}]});
        let expected = json!({"Policies": [{"PolicyName": "1", "PolicyDocument": policy}]});
        assert_eq!(of("AWS::IAM::Role", inline), expected);
        assert_eq!(of("AWS::SSM::Document", json!({"Content": "{ not json"})), json!({"Content": "{ not json"}));
    }

    #[test]
    fn one_item_stands_for_a_list() {
        let given = json!({"ManagedPolicyArns": "arn:aws:iam::aws:policy/AdministratorAccess"});
        let expected = json!({"ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"]});
        assert_eq!(of("AWS::IAM::Role", given), expected);
    }

    proptest! {
        #[test]
        fn coercing_twice_is_coercing_once(text in "\\PC{0,12}", flag: bool, number: i64) {
            let given = Value::map([
                ("StorageEncrypted", text.as_str().into()),
                ("MultiAZ", flag.into()),
                ("BackupRetentionPeriod", text.as_str().into()),
                ("Engine", number.into()),
                ("DBInstanceIdentifier", Value::unknown(Unknown::KnownAfterApply)),
                ("EnableCloudwatchLogsExports", text.as_str().into()),
            ]);
            let once = coerce("AWS::RDS::DBInstance", given);
            prop_assert_eq!(coerce("AWS::RDS::DBInstance", once.clone()), once);
        }
    }
}
