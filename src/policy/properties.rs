//! Properties that hold for every policy: both evaluators agree, and what the prover says is so.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::naive::{self, Asked};
use super::*;
use crate::syntax::SourceFile;

const ACCOUNT: &str = "111111111111";
const ACTIONS: [&str; 6] =
    ["sqs:SendMessage", "sqs:DeleteQueue", "sqs:ListQueues", "sns:Publish", "iam:CreateRole", "ec2:RunInstances"];
const REGIONS: [&str; 4] = ["ap-northeast-1", "ap-northeast-3", "us-east-1", "eu-west-1"];

fn principals() -> Vec<String> {
    ["role/Developer", "role/ops-a", "role/x/ops-b", "user/ann", "root", "role/break-glass"]
        .iter()
        .map(|name| format!("arn:aws:iam::{ACCOUNT}:{name}"))
        .collect()
}

fn policy(statements: &Value) -> Arc<Policy> {
    let document = json!({"Version": "2012-10-17", "Statement": statements});
    Arc::new(read_policy(&SourceFile::new("p.json", document.to_string()), PolicyType::Scp).unwrap())
}

fn hierarchy(levels: &[Value]) -> Hierarchy {
    let level = |statements: &Value| Level { name: "level".into(), policies: vec![policy(statements)] };
    Hierarchy { account: Some(ACCOUNT.into()), ..Hierarchy::new(levels.iter().map(level).collect()) }
}

fn allow() -> Value {
    json!({"Effect": "Allow", "Action": "*", "Resource": "*"})
}

/// A condition whose meaning is documented, over keys of every kind.
fn condition() -> impl Strategy<Value = Value> {
    let arns = vec![
        "arn:aws:iam::*:role/ops-*".to_owned(),
        "arn:*:iam::*:role/break-glass".to_owned(),
        format!("arn:aws:iam::{ACCOUNT}:root"),
        "arn:aws:iam::*:user/*".to_owned(),
    ];
    let of = |operators: Vec<&'static str>, key: &'static str, values: Vec<String>| {
        (select(operators), subsequence(values.clone(), 0..=values.len().min(3)))
            .prop_map(move |(operator, values)| json!({operator: {key: values}}))
    };
    let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    prop_oneof![
        of(vec!["StringEquals", "StringNotEquals", "StringEqualsIfExists"], "aws:RequestedRegion", texts(&REGIONS)),
        of(vec!["ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"], "aws:PrincipalArn", arns),
        of(vec!["Bool", "BoolIfExists"], "aws:MultiFactorAuthPresent", texts(&["true", "false"])),
        of(
            vec![
                "ForAllValues:StringEquals",
                "ForAnyValue:StringLike",
                "ForAllValues:StringNotLike",
                "ForAnyValue:StringNotEquals",
                "ForAnyValue:StringEqualsIfExists"
            ],
            "aws:TagKeys",
            texts(&["a", "b*", "c"]),
        ),
        of(
            vec!["StringLike", "StringNotLikeIfExists", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"],
            "aws:PrincipalTag/Team",
            texts(&["red", "R*", "?lue"]),
        ),
        of(
            vec!["NumericLessThan", "NumericNotEquals", "NumericEqualsIfExists"],
            "s3:max-keys",
            texts(&["1", "10", "100"])
        ),
        select(vec!["true", "false"]).prop_map(|value| json!({"Null": {"aws:PrincipalTag/Team": value}})),
    ]
}

fn statement(effect: &'static str) -> impl Strategy<Value = Value> {
    let patterns = vec!["*", "sqs:*", "sqs:Delete*", "SQS:sendmessage", "iam:*Role", "ec2:Run?nstances", "sns:Publish"];
    let resources = vec!["*", "arn:aws:sqs:*", "arn:aws:sqs:*:*:a*", "arn:aws:iam::*:role/ops-*"];
    (
        any::<bool>(),
        subsequence(patterns, 1..=3),
        prop_oneof![4 => Just("Resource"), 1 => Just("NotResource")],
        prop_oneof![3 => Just(vec!["*"]), 1 => subsequence(resources, 1..=2)],
        proptest::collection::vec(condition(), 0..3),
    )
        .prop_map(move |(inverted, actions, resource, resources, conditions)| {
            let mut all = serde_json::Map::new();
            for condition in conditions {
                all.extend(condition.as_object().unwrap().clone());
            }
            let action = if inverted { "NotAction" } else { "Action" };
            json!({"Effect": effect, action: actions, resource: resources, "Condition": all})
        })
}

fn asked() -> impl Strategy<Value = (String, String, String, BTreeMap<String, Vec<String>>)> {
    let one = |values: Vec<&'static str>| {
        proptest::option::of(select(values)).prop_map(|value| value.map(|value| vec![value.to_owned()]))
    };
    let tags =
        proptest::option::of(subsequence(vec!["a".to_owned(), "bb".to_owned(), "c".to_owned(), "d".to_owned()], 1..=3));
    (
        select(ACTIONS.to_vec()),
        select(vec!["*", "arn:aws:sqs:us-east-1:111111111111:abc", "arn:aws:iam::111111111111:role/ops-x"]),
        select(principals()),
        select(REGIONS.to_vec()),
        one(vec!["true", "false"]),
        tags,
        one(vec!["red", "Red", "blue", "RR"]),
        one(vec!["1", "5", "10", "1000"]),
    )
        .prop_map(|(action, resource, principal, region, mfa, tags, team, keys)| {
            let mut context = BTreeMap::from([("aws:requestedregion".to_owned(), vec![region.to_owned()])]);
            for (key, values) in [
                ("aws:multifactorauthpresent", mfa),
                ("aws:tagkeys", tags),
                ("aws:principaltag/team", team),
                ("s3:max-keys", keys),
            ] {
                context.extend(values.map(|values| (key.to_owned(), values)));
            }
            (action.to_owned(), resource.to_owned(), principal, context)
        })
}

fn request(action: &str, resource: &str, principal: &str, keys: &BTreeMap<String, Vec<String>>) -> Request {
    let mut context = Context::closed();
    for (key, values) in keys {
        context.set(key, KeyValue::Values(values.clone()));
    }
    let principal = Some(Principal::parse(principal).unwrap());
    Request { action: action.into(), resource: Some(resource.into()), principal, context }
}

fn decision(hierarchy: &Hierarchy, request: &Request) -> Decision {
    evaluate(hierarchy, request).decision
}

fn questions() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({"actions": ["sqs:*"]})),
        Just(json!({"actions": ["sqs:*", "sns:*"], "regions": {"outside": ["ap-northeast-1", "ap-northeast-3"]}})),
        Just(json!({"actions": ["iam:Create*"], "principals": {"except": ["arn:aws:iam::*:role/break-glass"]}})),
        Just(
            json!({"actions": ["ec2:Run*"], "context": {"aws:MultiFactorAuthPresent": ["absent", {"value": "false"}]}})
        ),
        Just(json!({"actions": ["sqs:*"], "context": {"aws:PrincipalTag/Team": [{"outside": ["red", "?lue"]}]}})),
        Just(json!({"actions": ["sns:*"], "context": {"aws:TagKeys": ["absent", {"outside": ["a", "b*"]}]}})),
    ]
}

fn ask(levels: &[Value], must: &Value) -> Proof {
    let must: MustDeny = serde_json::from_value(must.clone()).unwrap();
    let catalogue = Catalogue::load().unwrap();
    prove(&hierarchy(levels), &must.resolve(catalogue, |_| None).unwrap(), catalogue)
}

/// Whether the question asks about a request.
fn is_asked(must: &Value, action: &str, principal: &str, keys: &BTreeMap<String, Vec<String>>) -> bool {
    let lower = action.to_lowercase();
    let region = &keys["aws:requestedregion"][0];
    let mfa = keys.get("aws:multifactorauthpresent").map(|values| values[0].as_str());
    // Requests of these services are signed for no other region.
    let possible = !lower.starts_with("iam:") || region == "us-east-1";
    possible
        && must["actions"]
            .as_array()
            .unwrap()
            .iter()
            .any(|own| naive::like(&own.as_str().unwrap().to_lowercase(), &lower))
        && (must.get("regions").is_none() || !region.starts_with("ap-northeast-"))
        && (must.get("principals").is_none() || !principal.ends_with("role/break-glass"))
        && must.get("context").is_none_or(|context| {
            let given = |key: &str| context.get(key).is_some();
            let outside = |key: &str, inside: &[&str]| {
                keys.get(key).map(|values| values.iter().any(|value| !inside.iter().any(|own| naive::like(own, value))))
            };
            (!given("aws:MultiFactorAuthPresent") || mfa != Some("true"))
                && (!given("aws:PrincipalTag/Team") || outside("aws:principaltag/team", &["red", "?lue"]) == Some(true))
                && (!given("aws:TagKeys") || outside("aws:tagkeys", &["a", "b*"]) != Some(false))
        })
}

/// Whether a request for the action can name the resource: one of its own service, and all of them only where the service
/// is neither of those whose ARNs stand here.
fn is_possible(action: &str, resource: &str) -> bool {
    let service = action.split(':').next().unwrap().to_lowercase();
    match resource.split(':').nth(2) {
        Some(of) => of == service,
        None => !["iam", "sqs"].contains(&service.as_str()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn both_evaluators_agree(
        root in proptest::collection::vec(prop_oneof![statement("Allow"), statement("Deny")], 1..4),
        account in proptest::collection::vec(prop_oneof![statement("Allow"), statement("Deny")], 1..3),
        (action, resource, principal, keys) in asked(),
        open in any::<bool>(),
    ) {
        let mut levels = vec![Value::from(root), Value::from(account)];
        if open {
            levels.iter_mut().for_each(|level| level.as_array_mut().unwrap().push(allow()));
        }
        let found = decision(&hierarchy(&levels), &request(&action, &resource, &principal, &keys));
        let mut all = keys.clone();
        all.insert("aws:principalarn".into(), vec![principal]);
        let expected = naive::decide(&levels, &Asked { action, resource, keys: all });
        let shown = serde_json::to_value(found).unwrap();
        prop_assert_eq!(shown.as_str().unwrap(), expected.unwrap_or("undecided"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    /// What the evaluator of single requests says about every counterexample.
    #[test]
    fn a_counterexample_is_allowed(denies in proptest::collection::vec(statement("Deny"), 1..4), must in questions()) {
        let mut level = denies;
        level.push(allow());
        let levels = [Value::from(level)];
        let proof = ask(&levels, &must);
        for hole in &proof.holes {
            prop_assert_eq!(decision(&hierarchy(&levels), &hole.request), Decision::Allowed, "{:?}", hole);
            let principal = hole.request.principal.as_ref().unwrap();
            prop_assert!(Principal::parse(&principal.arn).is_ok());
            prop_assert_eq!(principal.account.as_str(), ACCOUNT);
            let KeyValue::Values(region) = hole.request.context.get("aws:requestedregion") else { panic!("{hole:?}") };
            prop_assert!(super::keys::REGIONS.contains(&region[0].as_str()), "{:?}", region);
            let values = |(key, value): (&str, &KeyValue)| match value {
                KeyValue::Values(values) => Some((key.to_owned(), values.clone())),
                KeyValue::Absent | KeyValue::Open(_) => None,
            };
            let keys = hole.request.context.iter().filter_map(values).collect();
            prop_assert!(is_asked(&must, &hole.request.action, &principal.arn, &keys), "{:?}", hole);
        }
    }

    /// Random requests inside a proved set are denied.
    #[test]
    fn what_is_proved_is_denied(
        denies in proptest::collection::vec(statement("Deny"), 1..4),
        must in questions(),
        requests in proptest::collection::vec(asked(), 60),
    ) {
        let mut level = denies;
        level.push(allow());
        let levels = [Value::from(level)];
        let proof = ask(&levels, &must);
        if matches!(proof.verdict, ProofVerdict::Proved | ProofVerdict::ProvedExcept) {
            let bound = hierarchy(&levels);
            for (action, resource, principal, keys) in requests {
                if is_asked(&must, &action, &principal, &keys) && is_possible(&action, &resource) {
                    let request = request(&action, &resource, &principal, &keys);
                    prop_assert!(decision(&bound, &request).is_denied(), "{:?}", request);
                }
            }
        }
    }

    /// Another Deny never makes a hole; and without the Denies that a proof needs there is one.
    #[test]
    fn a_deny_adds_no_hole_and_a_needed_one_closes_one(
        denies in proptest::collection::vec(statement("Deny"), 1..4),
        more in statement("Deny"),
        must in questions(),
    ) {
        let with = |denies: &[Value]| {
            let mut level = denies.to_vec();
            level.push(allow());
            ask(&[Value::from(level)], &must)
        };
        let before = with(&denies);
        let mut extended = denies.clone();
        extended.push(more);
        let after = with(&extended);
        let open = |proof: &Proof| proof.holes.iter().flat_map(|hole| hole.actions.clone()).collect::<std::collections::BTreeSet<_>>();
        prop_assert!(open(&after).is_subset(&open(&before)), "{:?}", after.holes.first());
        if before.verdict == ProofVerdict::Proved {
            prop_assert!(matches!(after.verdict, ProofVerdict::Proved), "{:?}", after.undecided.first());
        }
        // Statements are taken away while the proof stays; the rest is minimal.
        let proved = |denies: &[Value]| with(denies).verdict == ProofVerdict::Proved;
        let mut needed = extended;
        if proved(&needed) {
            let mut at = 0;
            while at < needed.len() {
                let mut fewer = needed.clone();
                fewer.remove(at);
                if proved(&fewer) { needed = fewer } else { at += 1 }
            }
            for at in 0..needed.len() {
                let mut fewer = needed.clone();
                fewer.remove(at);
                let verdict = with(&fewer).verdict;
                prop_assert!(verdict != ProofVerdict::Proved && verdict != ProofVerdict::ProvedExcept, "{:?}", verdict);
            }
        }
    }

    #[test]
    fn no_document_makes_it_panic(text in "(\\{|\\}|\\[|\\]|,|:|\"(Version|Statement|Effect|Action|Deny|Allow|Condition|\\*|2012-10-17|\\$\\{|\\})\"|[a-z]| ){0,40}") {
        let _ = read_policy(&SourceFile::new("p.yaml", text.as_str()), PolicyType::Scp);
        let _ = read_policy_value("p", &text.into(), PolicyType::Rcp);
    }

    #[test]
    fn no_template_makes_it_panic(text in "(\\$|\\{|\\}|,|'|\\*|\\?|:|[a-c]|あ){0,20}", value in "\\PC{0,12}") {
        let condition = json!({
            "StringLike": {"aws:x": text}, "ArnLike": {"aws:y": text}, "NumericEquals": {"aws:z": text},
            "DateLessThan": {"aws:z": text}, "IpAddress": {"aws:z": text}, "BinaryEquals": {"aws:z": text}, "Bool": {"aws:z": text},
        });
        let statement = json!([{"Effect": "Deny", "Action": text, "Resource": text, "Condition": condition}]);
        let keys = BTreeMap::from([("aws:x".to_owned(), vec![value.clone()]), ("aws:z".to_owned(), vec![value.clone()])]);
        let request = request(&value, &value, &principals()[0], &keys);
        let _ = evaluate(&hierarchy(&[statement]), &request);
    }
}
