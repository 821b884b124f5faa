//! Whether a bucket policy keeps its data inside VPCs, answered in three values.

use super::functions::Answer;
use super::identity_policy::all;
use super::policy_document::{
    any, covers_arn, has_effect, has_part, is_everyone, is_fixed, known, matches_wildcards, part, statements,
};
use crate::model::Value;

/// The actions that carry data or the names of objects, on what they act.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>
const DATA_ACTIONS: [(&str, Target); 7] = [
    ("s3:GetObject", Target::Object),
    ("s3:GetObjectVersion", Target::Object),
    ("s3:PutObject", Target::Object),
    ("s3:DeleteObject", Target::Object),
    ("s3:DeleteObjectVersion", Target::Object),
    ("s3:ListBucket", Target::Bucket),
    ("s3:ListBucketVersions", Target::Bucket),
];

/// Keys that say through which VPC or VPC endpoint a request came.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
const PLACES: [&str; 3] = ["aws:sourcevpc", "aws:sourcevpce", "aws:vpceaccount"];

/// Operators that hold unless the key has a listed value, and also where a request lacks the key.
const UNLESS: [&str; 5] =
    ["stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike"];

#[derive(Clone, Copy)]
enum Target {
    Bucket,
    Object,
}

/// What a condition does to a denial.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// It spares requests from fixed VPCs or VPC endpoints.
    SparesPlaces,
    /// It spares AWS services, or principals that may come from anywhere.
    SparesExempt,
    /// It spares others.
    Narrows,
}

/// Whether everyone is denied every [`DATA_ACTIONS`] on the bucket unless the request comes through a fixed VPC or VPC
/// endpoint, from an AWS service, or from a principal whose ARN one of the `exempt` patterns covers.
pub(super) fn denies_outside_vpc(document: &Value, bucket: &Value, exempt: &Value) -> Answer<bool> {
    let bucket = known(bucket)?.as_str().unwrap_or_default();
    let statements = statements(document)?;
    for (action, target) in DATA_ACTIONS {
        let arn = match target {
            Target::Bucket => format!("arn:aws:s3:::{bucket}"),
            Target::Object => format!("arn:aws:s3:::{bucket}/*"),
        };
        if !any(statements.iter().map(|statement| denies(statement, action, &arn, exempt)))? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn denies(statement: &Value, action: &str, arn: &str, exempt: &Value) -> Answer<bool> {
    let statement = known(statement)?;
    all([
        has_effect(statement, "Deny"),
        has_part(statement, "NotPrincipal").map(|excepts| !excepts),
        is_everyone(statement),
        names_action(statement, action),
        covers(statement, "Resource", |pattern| covers_arn(pattern, arn)),
        part(statement, "Condition").and_then(|condition| spares_only_places(condition, exempt)),
    ])
}

fn names_action(statement: &Value, action: &str) -> Answer<bool> {
    let action = action.to_ascii_lowercase();
    let matches = |pattern: &str| matches_wildcards(&pattern.to_ascii_lowercase(), &action);
    match has_part(statement, "NotAction")? {
        true => covers(statement, "NotAction", matches).map(|left_out| !left_out),
        false => covers(statement, "Action", matches),
    }
}

fn covers(statement: &Value, name: &str, matches: impl Fn(&str) -> bool) -> Answer<bool> {
    any(part(statement, name)?.one_or_many().iter().map(|item| Ok(known(item)?.as_str().is_some_and(&matches))))
}

/// Whether the conditions of a denial spare fixed places, and beside them none but the exempt.
fn spares_only_places(condition: &Value, exempt: &Value) -> Answer<bool> {
    let Value::Map(operators) = condition else { return Ok(false) };
    let mut effects = Vec::new();
    for (operator, keys) in operators.iter() {
        match keys {
            Value::Map(keys) => effects.extend(keys.iter().map(|(key, values)| effect(operator, key, values, exempt))),
            keys => effects.push(known(keys).map(|_| Effect::Narrows)),
        }
    }
    let some = |wanted| any(effects.iter().map(|effect| effect.clone().map(|effect| effect == wanted)));
    all([some(Effect::SparesPlaces), some(Effect::Narrows).map(|narrows| !narrows)])
}

fn effect(operator: &str, key: &str, values: &Value, exempt: &Value) -> Answer<Effect> {
    let (operator, key) = (operator.to_ascii_lowercase(), key.to_ascii_lowercase());
    let operator = operator.strip_suffix("ifexists").unwrap_or(&operator);
    let values = known(values)?.one_or_many();
    let every = |test: &dyn Fn(&Value) -> Answer<bool>| {
        any(values.iter().map(|value| test(known(value)?).map(|holds| !holds)))
            .map(|fails| !fails && !values.is_empty())
    };
    let spared = match key.as_str() {
        "aws:principalisawsservice" | "aws:viaawsservice" if operator == "bool" => every(&|value| Ok(is_false(value)))?,
        "aws:principalservicename" if UNLESS.contains(&operator) => every(&|value| Ok(is_service(value)))?,
        "aws:principalarn" | "aws:userid" if UNLESS.contains(&operator) => every(&|value| is_exempt(value, exempt))?,
        place if PLACES.contains(&place) && UNLESS.contains(&operator) => {
            let fixed = every(&|value| Ok(is_fixed(place, value)))?;
            return Ok(if fixed { Effect::SparesPlaces } else { Effect::Narrows });
        }
        _ => false,
    };
    Ok(if spared { Effect::SparesExempt } else { Effect::Narrows })
}

fn is_false(value: &Value) -> bool {
    match value {
        Value::Bool(value) => !value,
        value => value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("false")),
    }
}

fn is_service(value: &Value) -> bool {
    value.as_str().is_some_and(|name| name.ends_with(".amazonaws.com"))
}

/// Whether a listed pattern covers a principal, or all that a pattern of the policy stands for.
fn is_exempt(value: &Value, exempt: &Value) -> Answer<bool> {
    let Some(name) = value.as_str() else { return Ok(false) };
    // Read as a text, `*` in the policy's own pattern would pass for the one character of `?`.
    let covers = |pattern: &str| matches_wildcards(pattern, name) && !(name.contains('*') && pattern.contains('?'));
    any(known(exempt)?.one_or_many().iter().map(|pattern| Ok(known(pattern)?.as_str().is_some_and(covers))))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn deny(condition: Json) -> Json {
        json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"], "Condition": condition})
    }

    fn ask(statements: Json) -> Answer<bool> {
        let document = Value::from_notation(json!({"Statement": statements})).unwrap();
        let exempt =
            Value::from(json!(["arn:aws:iam::111111111111:role/govcheck", "arn:aws:iam::*:role/break-glass*"]));
        denies_outside_vpc(&document, &"b".into(), &exempt)
    }

    #[test]
    fn places_and_the_exempt_are_spared() {
        for condition in [
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
            json!({"StringNotEqualsIfExists": {"aws:sourcevpc": ["vpc-1", "vpc-2"]}}),
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1", "aws:SourceVpc": "vpc-1"}}),
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "Bool": {"aws:PrincipalIsAWSService": "false"}}),
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "BoolIfExists": {"aws:ViaAWSService": false}}),
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/govcheck"}}),
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::111111111111:role/break-glass-*"]}}),
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1", "aws:PrincipalServiceName": "logging.s3.amazonaws.com"}}),
        ] {
            assert_eq!(ask(json!([deny(condition.clone())])), Ok(true), "{condition}");
        }
    }

    #[test]
    fn whatever_else_is_spared_opens_the_bucket() {
        for condition in [
            json!({}),
            json!({"Bool": {"aws:SecureTransport": "false"}}),
            json!({"StringEquals": {"aws:SourceVpce": "vpce-1"}}),
            json!({"StringNotLike": {"aws:SourceVpce": "vpce-*"}}),
            json!({"ForAnyValue:StringNotEquals": {"aws:SourceVpce": "vpce-1"}}),
            json!({"Null": {"aws:SourceVpce": "true"}}),
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "NotIpAddress": {"aws:SourceIp": "198.51.100.0/24"}}),
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/*"}}),
            json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}, "Bool": {"aws:ViaAWSService": "true"}}),
        ] {
            assert_eq!(ask(json!([deny(condition.clone())])), Ok(false), "{condition}");
        }
    }

    #[test]
    fn everyone_and_all_data_must_be_denied() {
        let unless = json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}});
        let with = |name: &str, value: Json| {
            let mut statement = deny(unless.clone());
            statement[name] = value;
            statement
        };
        let objects = with("Action", json!(["s3:GetObject*", "s3:PutObject", "s3:DeleteObject*"]));
        assert_eq!(ask(json!([objects, with("Action", json!("s3:List*"))])), Ok(true));
        assert_eq!(
            ask(json!([with("Resource", json!("arn:aws:s3:::b/*")), with("Resource", json!("arn:aws:s3:::b"))])),
            Ok(true)
        );
        for statement in [
            objects,
            with("Action", json!("s3:GetObject")),
            with("Principal", json!({"AWS": "arn:aws:iam::111111111111:root"})),
            with("NotPrincipal", json!({"AWS": "arn:aws:iam::111111111111:root"})),
            with("Resource", json!("arn:aws:s3:::b/*")),
            with("Resource", json!(["arn:aws:s3:::b", "arn:aws:s3:::b/o*"])),
            with("Resource", json!(["arn:aws:s3:::c", "arn:aws:s3:::c/*"])),
            with("Effect", json!("Allow")),
        ] {
            assert_eq!(ask(json!([statement.clone()])), Ok(false), "{statement}");
        }
        let mut but_settings = with("NotAction", json!("s3:PutBucketPolicy"));
        but_settings.as_object_mut().unwrap().remove("Action");
        assert_eq!(ask(json!([but_settings])), Ok(true));
    }

    #[test]
    fn what_is_not_known_decides_only_where_it_matters() {
        let hole = json!({"$unknown": "not_collected"});
        assert!(ask(hole.clone()).is_err());
        assert!(ask(json!([deny(json!({"StringNotEquals": {"aws:SourceVpce": hole.clone()}}))])).is_err());
        assert!(ask(json!([deny(json!({"StringNotEquals": hole.clone()}))])).is_err());
        let good = deny(json!({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}));
        assert_eq!(ask(json!([hole.clone(), good])), Ok(true));
        let mut allow = deny(hole);
        allow["Effect"] = json!("Allow");
        assert_eq!(ask(json!([allow])), Ok(false));
    }
}
