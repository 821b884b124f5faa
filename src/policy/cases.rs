//! The table of single requests: each case is written from the documentation page that it names.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::syntax::{SourceFile, parse};

/// A file of `cases/`: cases that share a page of the documentation.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    /// The page that the expectations are taken from.
    page: String,
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    /// The condition of a Deny on everything, beside FullAWSAccess.
    #[serde(default)]
    when: Option<serde_json::Value>,
    /// The statements of one policy, beside FullAWSAccess.
    #[serde(default)]
    statements: Option<serde_json::Value>,
    /// The statements of each level, from the root down, and nothing else.
    #[serde(default)]
    levels: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    version: Option<String>,
    /// What each request is decided as, in a few words: `KEY=VALUE, … -> DECISION`.
    expect: Vec<String>,
}

/// `action`, `resource` and `principal` are the request's own; every other name is a context key, which several values
/// separated by `|` make multivalued.
fn request(text: &str) -> Request {
    let mut request = Request {
        action: "ec2:RunInstances".into(),
        resource: Some("*".into()),
        principal: None,
        context: Context::closed(),
    };
    for (name, value) in text.split(", ").filter_map(|pair| pair.trim().split_once('=')) {
        match name {
            "action" => request.action = value.into(),
            "resource" => request.resource = (value != "unknown").then(|| value.into()),
            "principal" => request.principal = Some(Principal::parse(value).unwrap()),
            key => {
                let values = value.split('|').map(|text| if text == "<empty>" { "" } else { text }.to_owned());
                request.context.set(key, KeyValue::Values(values.collect()));
            }
        }
    }
    request
}

fn policy(name: &str, version: Option<&str>, statements: &serde_json::Value) -> Arc<Policy> {
    let mut document = serde_json::json!({"Version": version.unwrap_or("2012-10-17"), "Statement": statements});
    if version == Some("none") {
        document.as_object_mut().unwrap().remove("Version");
    }
    let file = SourceFile::new(format!("{name}.json"), document.to_string());
    Arc::new(read_policy(&file, PolicyType::Scp).unwrap_or_else(|faults| panic!("{name}: {faults}")))
}

pub(super) fn full_access() -> Arc<Policy> {
    let allow = serde_json::json!({"Effect": "Allow", "Action": "*", "Resource": "*"});
    policy("FullAWSAccess", None, &allow)
}

fn hierarchy(case: &Case) -> Hierarchy {
    let level = |name: &str, policies| Level { name: name.into(), policies };
    let version = case.version.as_deref();
    if let Some(levels) = &case.levels {
        let levels = levels.iter().enumerate().map(|(at, statements)| {
            let policies = match statements.as_array() {
                Some(list) if list.is_empty() => Vec::new(),
                _ => vec![policy(&case.name, version, statements)],
            };
            level(&format!("level {at}"), policies)
        });
        return Hierarchy::new(levels.collect());
    }
    let statements = case.statements.clone().unwrap_or_else(
        || serde_json::json!({"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": case.when}),
    );
    Hierarchy::new(vec![level("root", vec![full_access(), policy(&case.name, version, &statements)])])
}

/// Every case with its file, hierarchy, request and expectation.
pub(super) fn all() -> Vec<(String, Hierarchy, Request, String)> {
    // Beside this file; tests run in the root of the package.
    let folder = std::path::Path::new(file!()).with_extension("");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let file = SourceFile::read(&path).unwrap();
        let table: Table = parse(&file).unwrap().read(&file).unwrap_or_else(|fault| panic!("{fault}"));
        assert!(table.page.starts_with("https://docs.aws.amazon.com/"), "{}", table.page);
        for case in table.cases {
            let hierarchy = hierarchy(&case);
            for line in &case.expect {
                let (given, expected) = line.rsplit_once("->").unwrap_or_else(|| panic!("{line}"));
                let name = format!("{}: {} [{line}]", path.file_name().unwrap().display(), case.name);
                found.push((name, hierarchy.clone(), request(given), expected.trim().to_owned()));
            }
        }
    }
    found
}

fn shown(decision: Decision) -> String {
    serde_json::to_value(decision).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn every_case_is_decided_as_documented() {
    let cases = all();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(name, hierarchy, request, expected)| {
            let found = shown(evaluate(hierarchy, request).decision);
            (found != *expected).then(|| format!("{name}: {found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let mut names = BTreeMap::new();
    for (name, ..) in &cases {
        *names.entry(name).or_insert(0) += 1;
    }
    assert!(names.values().all(|count| *count == 1), "a case stands twice");
}

#[test]
fn the_provers_decision_is_that_of_the_trace() {
    for (name, hierarchy, request, _) in all() {
        let request = super::evaluate::complete(&request);
        let action = super::evaluate::ActionParts::new(&request.action);
        let (quick, _) = super::evaluate::decide(&hierarchy, |statement| {
            let covers = super::evaluate::covers_action(statement, &action);
            super::evaluate::applies_beside(covers, statement, &request)
        });
        if super::evaluate::exemption(&hierarchy, &request).is_none() {
            assert_eq!(quick, evaluate(&hierarchy, &request).decision, "{name}");
        }
    }
}
