//! What an account answered to requests that must be denied, read from an inventory.

use std::collections::BTreeMap;

use crate::model::{Question as Request, Unknown, Value};

/// What became of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A service control policy denies it.
    Denied,
    Allowed,
    /// It says nothing about service control policies.
    Open(Unknown),
}

/// The answers of one way to ask.
#[derive(Clone, Debug, Default)]
pub(super) struct Told {
    /// The ARN of the role that asked.
    pub(super) principal: Option<String>,
    pub(super) answers: BTreeMap<Request, Answer>,
    /// Why there is none.
    pub(super) problem: Option<Unknown>,
    /// The policies that the answers name.
    pub(super) policies: Vec<String>,
}

impl Told {
    pub(super) fn failed(problem: Unknown) -> Self {
        Self { problem: Some(problem), ..Self::default() }
    }

    /// Reads a [`SIMULATION`](crate::model::SIMULATION).
    pub(super) fn by_simulation(found: &Value) -> Self {
        if found.get("Calibrated") != Some(&Value::Bool(true)) {
            let problem = found.get("Problem").and_then(Value::as_str).unwrap_or("not calibrated");
            let told = Self::failed(Unknown::Untested(problem.to_owned()));
            return Self { principal: principal(found), ..told };
        }
        Self::read(found, |answer| {
            let side = |name: &str| answer.get(name).cloned().unwrap_or_default();
            match (side("WithPolicies"), side("WithoutPolicies")) {
                (Value::Unknown(cause), _) | (_, Value::Unknown(cause)) => Answer::Open(cause.as_ref().clone()),
                (with, _) if with.as_str() == Some("allowed") => Answer::Allowed,
                (with, without) if with.as_str() == Some("denied") && without.as_str() == Some("allowed") => {
                    Answer::Denied
                }
                // What is denied without them, too, is not denied by them for certain.
                _ => Answer::Open(Unknown::Untested("denied_otherwise".to_owned())),
            }
        })
    }

    /// Reads a [`PROBE`](crate::model::PROBE).
    pub(super) fn by_probe(found: &Value) -> Self {
        let mut told = Self::read(found, |answer| {
            let text = |name: &str| answer.get(name).and_then(Value::as_str);
            match text("Outcome") {
                Some("denied_by_scp") => Answer::Denied,
                Some("allowed") => Answer::Allowed,
                outcome => {
                    let words = [outcome, text("Reason"), text("Code")].into_iter().flatten();
                    Answer::Open(Unknown::Untested(words.collect::<Vec<_>>().join(" ")))
                }
            }
        });
        let answers = found.get("Answers").map(Value::one_or_many).unwrap_or_default();
        let named = answers.iter().filter_map(|answer| answer.get("PolicyArn")?.as_str());
        told.policies = named.map(str::to_owned).collect();
        told.policies.sort();
        told.policies.dedup();
        told
    }

    fn read(found: &Value, answer: impl Fn(&Value) -> Answer) -> Self {
        let answers = found.get("Answers").map(Value::one_or_many).unwrap_or_default();
        let read = |value: &Value| Some((request(value.get("Question")?)?, answer(value)));
        let answers = answers.iter().filter_map(read).collect();
        Self { principal: principal(found), answers, ..Self::default() }
    }
}

fn principal(found: &Value) -> Option<String> {
    found.get("Principal").and_then(Value::as_str).map(str::to_owned)
}

fn request(value: &Value) -> Option<Request> {
    serde_json::from_value(serde_json::to_value(value).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(json: serde_json::Value) -> Value {
        Value::from_notation(json).unwrap()
    }

    fn asked() -> serde_json::Value {
        json!({"action": "s3:CreateBucket", "resource": "*", "region": "us-east-1", "principal": null, "context": {}})
    }

    fn simulated(with: serde_json::Value, without: serde_json::Value) -> Vec<Answer> {
        let answers = json!([{"Question": asked(), "WithPolicies": with, "WithoutPolicies": without}]);
        let found = value(json!({"Calibrated": true, "Principal": "arn:x", "Answers": answers}));
        Told::by_simulation(&found).answers.into_values().collect()
    }

    #[test]
    fn only_what_the_policies_alone_deny_is_denied() {
        assert_eq!(simulated(json!("denied"), json!("allowed")), [Answer::Denied]);
        assert_eq!(simulated(json!("allowed"), json!("allowed")), [Answer::Allowed]);
        assert_eq!(simulated(json!("allowed"), json!("denied")), [Answer::Allowed]);
        assert!(matches!(simulated(json!("denied"), json!("denied"))[..], [Answer::Open(_)]));
        let failed = json!({"$unknown": {"access_denied": "iam:SimulatePrincipalPolicy"}});
        assert!(matches!(simulated(failed.clone(), json!("allowed"))[..], [Answer::Open(_)]));
        assert!(matches!(simulated(json!("denied"), failed)[..], [Answer::Open(_)]));
    }

    #[test]
    fn a_simulator_that_is_not_calibrated_says_nothing() {
        let answers = json!([{"Question": asked(), "WithPolicies": "denied", "WithoutPolicies": "allowed"}]);
        for calibrated in [json!(false), json!("true"), json!(null)] {
            let found = value(json!({"Calibrated": calibrated, "Problem": "nothing_denied", "Answers": answers}));
            let told = Told::by_simulation(&found);
            assert!(told.answers.is_empty() && told.problem.is_some());
        }
    }

    #[test]
    fn a_probe_proves_only_what_reached_authorization() {
        let probed = |answer: serde_json::Value| {
            let mut answer = answer;
            answer["Question"] = asked();
            Told::by_probe(&value(json!({"Answers": [answer]}))).answers.into_values().next().unwrap()
        };
        assert_eq!(probed(json!({"Outcome": "denied_by_scp"})), Answer::Denied);
        assert_eq!(probed(json!({"Outcome": "allowed"})), Answer::Allowed);
        assert_eq!(probed(json!({"Outcome": "denied"})), Answer::Open(Unknown::Untested("denied".into())));
        let untested = json!({"Outcome": "untested", "Reason": "not_authorized_first", "Code": "InvalidParameter"});
        let open = Unknown::Untested("untested not_authorized_first InvalidParameter".into());
        assert_eq!(probed(untested), Answer::Open(open));
    }
}
