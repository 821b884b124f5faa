//! Questions about who a policy admits and what it grants, answered in three values.

use std::sync::Arc;

use super::functions::Answer;
use super::policy_document::{
    LIMITING_KEYS, any, has_effect, has_part, is_fixed, known, limiting, matches_wildcards, part, statements,
};
use crate::model::{Map, Unknown, Value};

/// The parts of a statement that may be written as one value or as a list.
const LISTS: [&str; 4] = ["Action", "NotAction", "Resource", "NotResource"];

/// A pattern that covers this text, read literally, covers every ARN.
const EVERY_ARN: &str = "arn:aws:*:*:*:*";
const EVERY_IAM_ACTION: &str = "iam:*";

pub(super) fn policy_statements(document: &Value) -> Answer<Value> {
    Ok(Value::list(statements(document)?.iter().map(with_lists)))
}

fn with_lists(statement: &Value) -> Value {
    let Value::Map(parts) = statement else { return statement.clone() };
    let listed = |(name, value): (&Arc<str>, &Value)| {
        let value = match value {
            Value::Unknown(_) => value.clone(),
            value if LISTS.contains(&name.as_ref()) => Value::list(value.one_or_many().iter().cloned()),
            value => value.clone(),
        };
        (Arc::clone(name), value)
    };
    Value::Map(Arc::new(parts.iter().map(listed).collect::<Map>()))
}

pub(super) fn statement_principals(statement: &Value, kind: &Value) -> Answer<Value> {
    let kind = known(kind)?.as_str().unwrap_or_default();
    Ok(Value::list(principals(known(statement)?, kind)?.iter().cloned()))
}

/// The principals of one kind; `"Principal": "*"` is everyone in AWS.
fn principals<'a>(statement: &'a Value, kind: &str) -> Answer<&'a [Value]> {
    Ok(match part(statement, "Principal")? {
        Value::Map(kinds) => kinds.get(kind).unwrap_or(&Value::Null).one_or_many(),
        everyone if kind == "AWS" => everyone.one_or_many(),
        _ => &[],
    })
}

pub(super) fn condition_values(statement: &Value, key: &Value) -> Answer<Value> {
    let wanted = known(key)?.as_str().unwrap_or_default().to_ascii_lowercase();
    let condition = part(known(statement)?, "Condition")?;
    let (mut found, mut undecided) = (Vec::new(), None);
    for entry in limiting(condition) {
        match entry {
            Ok((key, _)) if !matches_wildcards(&wanted, &key) => {}
            Ok((_, values)) => {
                for value in values.one_or_many() {
                    match value {
                        Value::Unknown(cause) => undecided = undecided.or(Some(cause.clone())),
                        value => found.push(value.clone()),
                    }
                }
            }
            Err(cause) => undecided = undecided.or(Some(cause)),
        }
    }
    partly(found, undecided)
}

pub(super) fn wildcard_match(text: &Value, patterns: &Value) -> Answer<bool> {
    let text = known(text)?.as_str().unwrap_or_default().to_lowercase();
    any(known(patterns)?.one_or_many().iter().map(|pattern| {
        Ok(known(pattern)?.as_str().is_some_and(|pattern| matches_wildcards(&pattern.to_lowercase(), &text)))
    }))
}

pub(super) fn foreign_principals(document: &Value, ids: &Value) -> Answer<Value> {
    let mut found: Vec<Value> = Vec::new();
    let mut undecided = None;
    for statement in statements(document)? {
        for principal in foreigners(&statement, ids).unwrap_or_else(|cause| vec![Value::Unknown(cause)]) {
            match principal {
                Value::Unknown(cause) => undecided = undecided.or(Some(cause)),
                principal if found.contains(&principal) => {}
                principal => found.push(principal),
            }
        }
    }
    partly(found, undecided)
}

/// What is certain, and an unknown item for the rest; unknown as a whole when nothing is certain, for CEL's logic
/// absorbs an error where something else decides.
fn partly(certain: Vec<Value>, undecided: Option<Arc<Unknown>>) -> Answer<Value> {
    match undecided {
        Some(cause) if certain.is_empty() => Err(cause),
        undecided => Ok(Value::list(certain.into_iter().chain(undecided.map(Value::Unknown)))),
    }
}

/// The foreign principals of one statement; an unknown item stands for those that nobody can tell.
fn foreigners(statement: &Value, ids: &Value) -> Answer<Vec<Value>> {
    let statement = known(statement)?;
    let mut found = Vec::new();
    if has_part(statement, "NotPrincipal")? {
        found = everyone(statement, ids)?;
    } else {
        for name in [principals(statement, "AWS")?, principals(statement, "CanonicalUser")?].into_iter().flatten() {
            found.extend(foreign(name, statement, ids).unwrap_or_else(|cause| vec![Value::Unknown(cause)]));
        }
    }
    let counts = found.is_empty() || has_effect(statement, "Allow")?;
    Ok(if counts { found } else { Vec::new() })
}

fn foreign(name: &Value, statement: &Value, ids: &Value) -> Answer<Vec<Value>> {
    match known(name)?.as_str() {
        Some("*") => everyone(statement, ids),
        _ => Ok(if is_foreign(name, ids)? { vec![name.clone()] } else { Vec::new() }),
    }
}

fn is_foreign(name: &Value, ids: &Value) -> Answer<bool> {
    let text = name.as_str().unwrap_or_default();
    // The id of a user or role that was deleted admits nobody any more, and an origin access identity of CloudFront is
    // a principal of the service. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    let deleted = text.len() >= 16 && (text.starts_with("AIDA") || text.starts_with("AROA")) && !text.contains(':');
    if deleted || text.contains(":iam::cloudfront:user/") {
        return Ok(false);
    }
    is_inside(name, ids).map(|inside| !inside)
}

/// Whether an account id, an ARN, an organization id or path, or any other fixed id belongs to the listed ids.
fn is_inside(value: &Value, ids: &Value) -> Answer<bool> {
    let text = known(value)?.as_str().unwrap_or_default();
    let owner = owner(text).unwrap_or(text);
    any(known(ids)?.one_or_many().iter().map(|id| Ok(known(id)?.as_str() == Some(owner))))
}

/// The account of an ARN, whatever is left open in its other parts, or the organization of an organization path.
fn owner(text: &str) -> Option<&str> {
    if text.starts_with("arn:") {
        let account = text.split(':').nth(4)?;
        return (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account);
    }
    let organization = text.split('/').next()?;
    (organization.starts_with("o-") && !organization.contains(['*', '?', '$'])).then_some(organization)
}

/// Who is meant by everyone under the conditions of a statement: nobody foreign, the foreign ones of the fixed values
/// that a condition demands, or really everyone.
fn everyone(statement: &Value, ids: &Value) -> Answer<Vec<Value>> {
    let mut outside = Vec::new();
    let mut undecided = None;
    for entry in limiting(part(statement, "Condition")?) {
        match entry.and_then(|(key, values)| foreign_values(&key, values, ids)) {
            Ok(None) => {}
            Ok(Some(values)) if values.is_empty() => return Ok(Vec::new()),
            Ok(Some(values)) => outside.extend(values),
            Err(cause) => undecided = undecided.or(Some(cause)),
        }
    }
    match undecided {
        Some(cause) => Err(cause),
        None if outside.is_empty() => Ok(vec!["*".into()]),
        None => Ok(outside),
    }
}

/// The foreign ones of a condition's values; nothing when the condition does not limit the callers to fixed ones.
fn foreign_values(key: &str, values: &Value, ids: &Value) -> Answer<Option<Vec<Value>>> {
    let values = known(values)?.one_or_many();
    if values.is_empty() || !LIMITING_KEYS.contains(&key) {
        return Ok(None);
    }
    let mut foreign = Vec::new();
    for value in values {
        let fixed = is_fixed(key, known(value)?) || value.as_str().and_then(owner).is_some();
        if !fixed {
            return Ok(None);
        }
        if !is_inside(value, ids)? {
            foreign.push(value.clone());
        }
    }
    Ok(Some(foreign))
}

/// Whether the Allow statements on all resources together leave no action out, or none but some outside IAM: who may
/// do everything in IAM can give themselves the rest.
pub(super) fn grants_admin(document: &Value) -> Answer<bool> {
    let statements = statements(document)?;
    let granting = |test: fn(&Value) -> Answer<bool>| {
        any(statements.iter().map(|statement| grants_on_everything(statement, test)))
    };
    let every_action = |statement: &Value| any_pattern(statement, "Action", is_every_action);
    if granting(every_action)? {
        return Ok(true);
    }
    let all_but_some = granting(|statement| has_part(statement, "NotAction"))?;
    let iam = |statement: &Value| match part(statement, "NotAction")? {
        Value::Null => any_pattern(statement, "Action", |pattern| covers(pattern, EVERY_IAM_ACTION)),
        _ => any_pattern(statement, "NotAction", |pattern| covers(pattern, EVERY_IAM_ACTION) && !pattern.contains('?'))
            .map(|left_out| !left_out),
    };
    Ok(all_but_some && granting(iam)?)
}

/// Whether a statement allows what `test` asks for on every resource, or on every one but some.
fn grants_on_everything(statement: &Value, test: fn(&Value) -> Answer<bool>) -> Answer<bool> {
    let statement = known(statement)?;
    let on_everything = || {
        Ok(has_part(statement, "NotResource")?
            || any_pattern(statement, "Resource", |pattern| covers(pattern, EVERY_ARN))?)
    };
    all([has_effect(statement, "Allow"), test(statement), on_everything()])
}

/// Conjunction in three values.
pub(super) fn all<const N: usize>(answers: [Answer<bool>; N]) -> Answer<bool> {
    any(answers.into_iter().map(|answer| answer.map(|holds| !holds))).map(|fails| !fails)
}

fn any_pattern(statement: &Value, name: &str, test: fn(&str) -> bool) -> Answer<bool> {
    any(part(statement, name)?.one_or_many().iter().map(|item| Ok(known(item)?.as_str().is_some_and(test))))
}

/// A pattern that matches two actions with nothing in common, one of them as short as can be, matches all.
fn is_every_action(pattern: &str) -> bool {
    ["a:b", "zzzzzzzz:Yyyyyyyy"].iter().all(|action| matches_wildcards(pattern, action))
}

/// Whether a pattern covers all that another one covers. Taking the other one for a text is exact as long as the
/// pattern has no `?`.
fn covers(pattern: &str, other: &str) -> bool {
    matches_wildcards(&pattern.to_ascii_lowercase(), other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value as Json, json};

    fn value(json: Json) -> Value {
        Value::from_notation(json).unwrap()
    }

    fn hole() -> Json {
        json!({"$unknown": "not_collected"})
    }

    const OWN: [&str; 3] = ["111111111111", "o-own", "vpce-own"];

    fn foreign_to_us(statements: Json) -> Json {
        let found = foreign_principals(&value(json!({"Statement": statements})), &value(json!(OWN)));
        found.map_or_else(|_| hole(), |found| serde_json::to_value(found).unwrap())
    }

    fn allow(principal: Json, condition: Json) -> Json {
        json!({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", "Condition": condition})
    }

    #[test]
    fn foreign_principals_are_listed_as_written() {
        let none = json!({});
        for (principal, expected) in [
            (json!("*"), json!(["*"])),
            (json!({"AWS": "*"}), json!(["*"])),
            (json!({"AWS": "111111111111"}), json!([])),
            (json!({"AWS": ["arn:aws:iam::111111111111:root", "222222222222"]}), json!(["222222222222"])),
            (json!({"AWS": "arn:aws:iam::222222222222:role/x"}), json!(["arn:aws:iam::222222222222:role/x"])),
            (json!({"AWS": "arn:aws:iam::*:root"}), json!(["arn:aws:iam::*:root"])),
            (json!({"AWS": "AROAIOSFODNN7EXAMPLE1"}), json!([])),
            (json!({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}), json!([])),
            (json!({"Service": "lambda.amazonaws.com"}), json!([])),
            (json!({"Federated": "arn:aws:iam::222222222222:saml-provider/x"}), json!([])),
            (json!({"CanonicalUser": "79a59df9"}), json!(["79a59df9"])),
        ] {
            assert_eq!(foreign_to_us(json!(allow(principal.clone(), none.clone()))), expected, "{principal}");
        }
        assert_eq!(foreign_to_us(json!([{"Effect": "Allow", "NotPrincipal": {"AWS": "111111111111"}}])), json!(["*"]));
        assert_eq!(foreign_to_us(json!([{"Effect": "Deny", "Principal": "*"}])), json!([]));
        let twice =
            json!([allow(json!({"AWS": "222222222222"}), none.clone()), allow(json!({"AWS": "222222222222"}), none)]);
        assert_eq!(foreign_to_us(twice), json!(["222222222222"]));
        assert_eq!(foreign_principals(&Value::Null, &value(json!(OWN))).unwrap(), Value::list([]));
    }

    #[test]
    fn everyone_under_conditions() {
        for (condition, expected) in [
            (json!({"StringEquals": {"aws:PrincipalAccount": "111111111111"}}), json!([])),
            (json!({"StringEquals": {"AWS:SourceOwner": "111111111111"}}), json!([])),
            (json!({"StringEquals": {"kms:CallerAccount": "111111111111"}}), json!([])),
            (
                json!({"StringEquals": {"aws:PrincipalAccount": ["111111111111", "222222222222"]}}),
                json!(["222222222222"]),
            ),
            (json!({"StringEquals": {"aws:PrincipalOrgID": "o-own"}}), json!([])),
            (json!({"StringEquals": {"aws:PrincipalOrgID": "o-other"}}), json!(["o-other"])),
            (json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-own/r-1/*"}}), json!([])),
            (json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/app-*"}}), json!([])),
            (json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}), json!(["*"])),
            (json!({"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::bucket"}}), json!(["arn:aws:s3:::bucket"])),
            (json!({"StringEquals": {"aws:SourceVpce": "vpce-own"}}), json!([])),
            (json!({"StringEquals": {"aws:SourceVpce": "vpce-other"}}), json!(["vpce-other"])),
            (json!({"StringEqualsIfExists": {"aws:PrincipalAccount": "111111111111"}}), json!(["*"])),
            (json!({"StringEquals": {"sts:ExternalId": "x"}}), json!(["*"])),
            (json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), json!(["*"])),
            (
                json!({"StringEquals": {"aws:PrincipalOrgID": "o-other", "aws:PrincipalAccount": "111111111111"}}),
                json!([]),
            ),
        ] {
            assert_eq!(foreign_to_us(json!([allow(json!("*"), condition.clone())])), expected, "{condition}");
        }
    }

    #[test]
    fn unknown_parts_leave_the_answer_open_unless_nobody_foreign_can_come_of_them() {
        assert_eq!(foreign_to_us(json!([allow(hole(), json!({}))])), hole());
        assert_eq!(
            foreign_to_us(json!([allow(json!({"AWS": [hole(), "222222222222"]}), json!({}))])),
            json!(["222222222222", hole()])
        );
        assert_eq!(foreign_to_us(json!([allow(json!({"AWS": "111111111111"}), hole())])), json!([]));
        assert_eq!(foreign_to_us(json!([allow(json!("*"), hole())])), hole());
        let mixed = allow(json!({"AWS": ["222222222222", "*"]}), json!({"StringEquals": hole()}));
        assert_eq!(foreign_to_us(json!([mixed])), json!(["222222222222", hole()]));
        let own = json!({"StringEquals": {"aws:PrincipalAccount": "111111111111"}, "StringLike": hole()});
        assert_eq!(foreign_to_us(json!([allow(json!("*"), own)])), json!([]));
        assert_eq!(foreign_to_us(json!([{"Effect": hole(), "Principal": {"AWS": "222222222222"}}])), hole());
        assert_eq!(foreign_to_us(json!([hole()])), hole());
        assert!(foreign_principals(&value(hole()), &value(json!(OWN))).is_err());
        let unsure = value(json!([hole(), "222222222222"]));
        let document = |account: &str| value(json!({"Statement": allow(json!({"AWS": account}), json!({}))}));
        assert_eq!(foreign_principals(&document("222222222222"), &unsure).unwrap(), Value::list([]));
        assert!(foreign_principals(&document("111111111111"), &unsure).is_err());
    }

    fn admin(statements: Json) -> Answer<bool> {
        grants_admin(&value(json!({"Statement": statements})))
    }

    fn grant(action: Json, resource: Json) -> Json {
        json!({"Effect": "Allow", "Action": action, "Resource": resource})
    }

    #[test]
    fn full_administration_is_seen_in_every_spelling() {
        let but = |actions: Json| json!({"Effect": "Allow", "NotAction": actions, "Resource": "*"});
        for statements in [
            json!(grant(json!("*"), json!("*"))),
            json!([grant(json!("*:*"), json!(["*"]))]),
            json!([grant(json!("?*"), json!("*"))]),
            json!([grant(json!("s3:Get*"), json!("*")), grant(json!(["s3:*", "*"]), json!(["arn:aws:s3:::b", "*"]))]),
            json!([grant(json!("*"), json!("arn:aws:*"))]),
            json!([{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::log/*"}]),
            json!([but(json!("aws-portal:*"))]),
            json!([but(json!(["iam:CreateUser"]))]),
            json!([but(json!(["iam:?"]))]),
            json!([but(json!(["iam:*", "organizations:*"])), grant(json!("iam:*"), json!("*"))]),
            json!([grant(json!("*"), json!("*")), {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]),
        ] {
            assert_eq!(admin(statements.clone()), Ok(true), "{statements}");
        }
        for statements in [
            json!([grant(json!("s3:*"), json!("*"))]),
            json!([grant(json!("iam:*"), json!("*"))]),
            json!([grant(json!("*"), json!("arn:aws:s3:::*"))]),
            json!([grant(json!("*:Get*"), json!("*"))]),
            json!([grant(json!("??:*"), json!("*"))]),
            json!([but(json!(["iam:*", "organizations:*"]))]),
            json!([but(json!("*"))]),
            json!([{"Effect": "Deny", "Action": "*", "Resource": "*"}]),
            json!([]),
        ] {
            assert_eq!(admin(statements.clone()), Ok(false), "{statements}");
        }
        assert!(admin(json!([grant(hole(), json!("*"))])).is_err());
        assert!(admin(json!([grant(json!("*"), hole())])).is_err());
        assert_eq!(admin(json!([grant(json!("s3:*"), hole())])), Ok(false));
        assert_eq!(admin(json!([hole(), grant(json!("*"), json!("*"))])), Ok(true));
    }

    #[test]
    fn statements_principals_and_conditions_are_lists() {
        let statement = json!({
            "Effect": "Allow", "Principal": {"Federated": "issuer"}, "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringLike": {"Issuer:Sub": "repo:o/r:*"}, "StringEqualsIfExists": {"issuer:sub": "*"}},
        });
        let statements = policy_statements(&value(json!({"Statement": statement}))).unwrap();
        let first = &statements.one_or_many()[0];
        assert_eq!(first.get("Action"), Some(&value(json!(["sts:AssumeRoleWithWebIdentity"]))));
        assert_eq!(statement_principals(first, &"Federated".into()).unwrap(), value(json!(["issuer"])));
        assert_eq!(statement_principals(first, &"AWS".into()).unwrap(), Value::list([]));
        assert_eq!(condition_values(first, &"issuer:sub".into()).unwrap(), value(json!(["repo:o/r:*"])));
        assert_eq!(condition_values(first, &"*:sub".into()).unwrap(), value(json!(["repo:o/r:*"])));
        assert_eq!(condition_values(first, &"*:aud".into()).unwrap(), Value::list([]));
        let open = value(json!({"Condition": {"StringLike": hole()}}));
        assert!(condition_values(&open, &"issuer:sub".into()).is_err());
    }

    #[test]
    fn wildcards_match_whatever_the_case() {
        let patterns = value(json!(["iam:*MFADevice", "sts:AssumeRole"]));
        assert_eq!(wildcard_match(&"IAM:EnableMFADevice".into(), &patterns), Ok(true));
        assert_eq!(wildcard_match(&"sts:AssumeRole*".into(), &patterns), Ok(false));
        assert!(wildcard_match(&"s3:*".into(), &value(json!(["x", hole()]))).is_err());
        assert_eq!(wildcard_match(&"x".into(), &value(json!([hole(), "x"]))), Ok(true));
    }
}
