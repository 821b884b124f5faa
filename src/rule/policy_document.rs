//! Questions about resource policies, answered in three values.

use std::sync::Arc;

use super::functions::Answer;
use crate::model::{Unknown, Value};

/// Condition keys that limit a policy to fixed callers or places; values with a wildcard or a variable do not count.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>, "The meaning of
/// public", with the organization and VPC endpoint keys of the same kind.
pub(super) const LIMITING_KEYS: [&str; 18] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// Operators that a request can satisfy only by having the key with a listed value.
const LIMITING_OPERATORS: [&str; 6] =
    ["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress"];

pub(super) fn is_public(document: &Value) -> Answer<bool> {
    any(statements(document)?.iter().map(opens_to_everyone))
}

pub(super) fn denies_plain_http(document: &Value, bucket: &Value) -> Answer<bool> {
    let bucket = known(bucket)?.as_str().unwrap_or_default().to_owned();
    let statements = statements(document)?;
    // The bucket and its objects may be covered by different statements.
    for target in [bucket.clone(), format!("{bucket}/*")] {
        let arn = format!("arn:aws:s3:::{target}");
        if !any(statements.iter().map(|statement| denies_http_on(statement, &arn)))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a resource pattern covers an ARN, or all that an ARN ending in `*` stands for: that one is read as a text,
/// so the one character of `?` must not pass for it.
pub(super) fn covers_arn(pattern: &str, arn: &str) -> bool {
    matches_wildcards(pattern, arn) && !(arn.ends_with('*') && pattern.contains('?'))
}

/// Disjunction in three values.
pub(super) fn any(answers: impl Iterator<Item = Answer<bool>>) -> Answer<bool> {
    let mut undecided = None;
    for answer in answers {
        match answer {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(cause) => undecided = undecided.or(Some(cause)),
        }
    }
    undecided.map_or(Ok(false), Err)
}

pub(super) fn known(value: &Value) -> Answer<&Value> {
    match value {
        Value::Unknown(cause) => Err(cause.clone()),
        value => Ok(value),
    }
}

pub(super) fn part<'a>(statement: &'a Value, name: &str) -> Answer<&'a Value> {
    known(statement.get(name).unwrap_or(&Value::Null))
}

pub(super) fn has_part(statement: &Value, name: &str) -> Answer<bool> {
    Ok(!matches!(part(statement, name)?, Value::Null))
}

pub(super) fn statements(document: &Value) -> Answer<Vec<Value>> {
    let document = match known(document)? {
        Value::String(text) => serde_json::from_str::<serde_json::Value>(text)
            .map(Value::from)
            .map_err(|_| Arc::new(Unknown::RuleError("a policy is not JSON".into())))?,
        document => document.clone(),
    };
    Ok(part(&document, "Statement")?.one_or_many().to_vec())
}

pub(super) fn has_effect(statement: &Value, effect: &str) -> Answer<bool> {
    Ok(part(known(statement)?, "Effect")?.as_str() == Some(effect))
}

fn opens_to_everyone(statement: &Value) -> Answer<bool> {
    if !has_effect(statement, "Allow")? || !is_everyone(statement)? {
        return Ok(false);
    }
    is_limited(part(statement, "Condition")?).map(|limited| !limited)
}

/// Whether the principal is everyone; an Allow for everyone but some is for everyone.
pub(super) fn is_everyone(statement: &Value) -> Answer<bool> {
    if has_part(statement, "NotPrincipal")? {
        return Ok(true);
    }
    let principal = part(statement, "Principal")?;
    let names = match principal {
        Value::Map(kinds) => kinds.get("AWS").map_or(Ok(&Value::Null), known)?,
        other => other,
    };
    any(names.one_or_many().iter().map(|name| Ok(known(name)?.as_str() == Some("*"))))
}

/// Whether one of the conditions limits the statement to fixed values.
fn is_limited(condition: &Value) -> Answer<bool> {
    any(limiting(condition).into_iter().map(|entry| entry.and_then(|(key, values)| limits(&key, values))))
}

/// The keys, in lower case, that a request must have with one of these values.
pub(super) fn limiting(condition: &Value) -> Vec<Answer<(String, &Value)>> {
    let Value::Map(operators) = condition else { return Vec::new() };
    let mut found = Vec::new();
    for (operator, keys) in operators.iter() {
        let operator = operator.to_ascii_lowercase();
        let operator = operator.strip_prefix("foranyvalue:").unwrap_or(&operator);
        if !LIMITING_OPERATORS.contains(&operator) {
            continue;
        }
        match keys {
            Value::Map(keys) => found.extend(keys.iter().map(|(key, values)| Ok((key.to_ascii_lowercase(), values)))),
            Value::Unknown(cause) => found.push(Err(cause.clone())),
            _ => {}
        }
    }
    found
}

fn limits(key: &str, values: &Value) -> Answer<bool> {
    if !LIMITING_KEYS.contains(&key) {
        return Ok(false);
    }
    let values = known(values)?.one_or_many();
    let open = any(values.iter().map(|value| Ok(!is_fixed(key, known(value)?))))?;
    Ok(!open && !values.is_empty())
}

/// Whether a condition value names one caller or place, as AWS reads it.
pub(super) fn is_fixed(key: &str, value: &Value) -> bool {
    let Some(text) = value.as_str() else { return true };
    match key {
        "aws:sourceip" => is_narrow(text),
        // The path inside the organization may be a wildcard, the organization not.
        "aws:principalorgpaths" | "aws:sourceorgpaths" => {
            text.split_once('/').is_some_and(|(organization, _)| !organization.contains(['*', '?', '$']))
                && !text.contains("${")
        }
        // The access point's name may be a wildcard as long as its account is fixed.
        "s3:dataaccesspointarn" => {
            text.split(':').nth(4).is_some_and(|account| account.len() == 12 && !account.contains(['*', '?', '$']))
        }
        _ => !text.contains(['*', '?']) && !text.contains("${"),
    }
}

/// AWS takes ranges wider than /8 (IPv4) and /32 (IPv6) for public.
fn is_narrow(cidr: &str) -> bool {
    match cidr.parse::<ipnet::IpNet>() {
        Ok(ipnet::IpNet::V4(block)) => block.prefix_len() >= 8,
        Ok(ipnet::IpNet::V6(block)) => block.prefix_len() >= 32,
        Err(_) => cidr.parse::<std::net::IpAddr>().is_ok(),
    }
}

/// Whether a statement denies everyone every S3 action on an ARN when the connection is not encrypted.
fn denies_http_on(statement: &Value, arn: &str) -> Answer<bool> {
    Ok(has_effect(statement, "Deny")?
        && !has_part(statement, "NotPrincipal")?
        && is_everyone(statement)?
        && any(part(statement, "Action")?.one_or_many().iter().map(|action| {
            Ok(known(action)?.as_str().is_some_and(|action| action == "*" || action.eq_ignore_ascii_case("s3:*")))
        }))?
        && any(part(statement, "Resource")?
            .one_or_many()
            .iter()
            .map(|resource| Ok(known(resource)?.as_str().is_some_and(|pattern| covers_arn(pattern, arn)))))?
        && only_insecure_transport(part(statement, "Condition")?)?)
}

/// Whether the condition is `aws:SecureTransport` false and nothing else, for anything else would narrow the denial.
fn only_insecure_transport(condition: &Value) -> Answer<bool> {
    let Some((operator, keys)) = only_entry(condition)? else { return Ok(false) };
    let Some((key, value)) = only_entry(keys)? else { return Ok(false) };
    let values = value.one_or_many();
    if let Some(Value::Unknown(cause)) = values.iter().find(|value| matches!(value, Value::Unknown(_))) {
        return Err(cause.clone());
    }
    let is_false = match values {
        [Value::Bool(value)] => !value,
        [Value::String(text)] => text.eq_ignore_ascii_case("false"),
        _ => false,
    };
    let is_bool = ["bool", "boolifexists"].contains(&operator.to_ascii_lowercase().as_str());
    Ok(is_bool && key.eq_ignore_ascii_case("aws:SecureTransport") && is_false)
}

/// The entry of a map that has just one; unknown entries may turn out to be absent.
fn only_entry(value: &Value) -> Answer<Option<(&str, &Value)>> {
    let Value::Map(map) = value else { return Ok(None) };
    let mut known = map.iter().filter(|(_, value)| !matches!(value, Value::Unknown(_)));
    let entry = known.next().map(|(key, value)| (key.as_ref(), value));
    if known.next().is_some() {
        return Ok(None);
    }
    map.values().try_for_each(|value| self::known(value).map(drop))?;
    Ok(entry)
}

/// IAM's wildcards: `*` is any text, `?` any one character.
pub(super) fn matches_wildcards(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut here) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while here < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, here));
                at += 1;
            }
            Some(&c) if c == '?' || c == text[here] => {
                at += 1;
                here += 1;
            }
            _ => match star.as_mut() {
                Some((star_at, star_here)) => {
                    *star_here += 1;
                    (at, here) = (*star_at + 1, *star_here);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn public(statement: serde_json::Value) -> Answer<bool> {
        is_public(&Value::from_notation(json!({"Statement": [statement]})).unwrap())
    }

    #[test]
    fn public_is_everyone_without_a_fixed_limit() {
        let allow = |principal: serde_json::Value, condition: serde_json::Value| json!({"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "*", "Condition": condition});
        let none = json!({});
        for statement in [
            allow(json!("*"), none.clone()),
            allow(json!({"AWS": "*"}), none.clone()),
            allow(json!({"AWS": ["arn:aws:iam::111111111111:root", "*"]}), none.clone()),
            allow(json!("*"), json!({"StringLike": {"aws:SourceVpce": "vpce-*"}})),
            allow(json!("*"), json!({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}})),
            allow(json!("*"), json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})),
            allow(json!("*"), json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}})),
            allow(json!("*"), json!({"Bool": {"aws:SecureTransport": "true"}})),
            allow(json!("*"), json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-1/*"}})),
            json!({"Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "*"}),
        ] {
            assert_eq!(public(statement.clone()), Ok(true), "{statement}");
        }
        for statement in [
            allow(json!({"AWS": "arn:aws:iam::111111111111:root"}), none.clone()),
            allow(json!({"Service": "logging.s3.amazonaws.com"}), none.clone()),
            allow(json!("*"), json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}})),
            allow(json!("*"), json!({"StringEquals": {"aws:PrincipalOrgID": ["o-1", "o-2"]}})),
            allow(json!("*"), json!({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "192.0.2.1"]}})),
            allow(json!("*"), json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/r-1/*"}})),
            json!({"Effect": "Deny", "Principal": "*", "Action": "*"}),
        ] {
            assert_eq!(public(statement.clone()), Ok(false), "{statement}");
        }
        let hole = json!({"$unknown": "not_collected"});
        assert!(public(allow(hole.clone(), none)).is_err());
        assert!(public(allow(json!("*"), hole.clone())).is_err());
        assert_eq!(public(allow(json!({"AWS": "111111111111"}), hole)), Ok(false));
    }

    #[test]
    fn a_policy_may_be_a_text() {
        let text = r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}"#;
        assert_eq!(is_public(&text.into()), Ok(true));
        assert!(is_public(&"{".into()).is_err());
    }

    #[test]
    fn plain_http_must_be_denied_on_bucket_and_objects() {
        let deny = |resource: serde_json::Value, condition: serde_json::Value| json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": resource, "Condition": condition});
        let insecure = json!({"Bool": {"aws:SecureTransport": "false"}});
        let ask = |statements: serde_json::Value| {
            denies_plain_http(&Value::from(json!({"Statement": statements})), &"b".into())
        };
        let both = json!(["arn:aws:s3:::b", "arn:aws:s3:::b/*"]);
        assert_eq!(ask(json!([deny(both.clone(), insecure.clone())])), Ok(true));
        assert_eq!(ask(json!([deny(json!("*"), insecure.clone())])), Ok(true));
        let apart = json!([
            deny(json!("arn:aws:s3:::b"), insecure.clone()),
            deny(json!("arn:aws:s3:::b/*"), json!({"BoolIfExists": {"aws:securetransport": false}})),
        ]);
        assert_eq!(ask(apart), Ok(true));
        assert_eq!(ask(json!([deny(json!("arn:aws:s3:::b/*"), insecure.clone())])), Ok(false));
        for part in ["arn:aws:s3:::b/o*", "arn:aws:s3:::b/?", "arn:aws:s3:::b/object"] {
            let some_objects = json!([deny(json!(["arn:aws:s3:::b", part]), insecure.clone())]);
            assert_eq!(ask(some_objects), Ok(false), "{part}");
        }
        assert_eq!(ask(json!([deny(json!("arn:aws:s3:::other*"), insecure)])), Ok(false));
        let narrowed = json!({"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:PrincipalArn": "x"}});
        assert_eq!(ask(json!([deny(both, narrowed)])), Ok(false));
        assert_eq!(ask(json!([])), Ok(false));
    }
}
