//! What the organization's declarative policies for EC2 come to in the account, as the account itself may ask.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::EffectivePolicyType;
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::organizations::REGION;
use super::{Collector, Scope, convert};
use crate::model::Value;

/// One for each account: `InOrganization`, and `Content`, the merged policy without operators, absent where none is
/// effective. <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_effective.html>
const POLICY: &str = "AWS::::EC2DeclarativePolicy";

const ACTION: &str = "organizations:DescribeEffectivePolicy";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "effective-policy",
    scope: Scope::Global,
    types: &[POLICY],
    actions: &[ACTION],
    run: |unit| policy(unit).boxed(),
}];

async fn policy(unit: &Unit) -> Batch {
    let there = unit.at(REGION);
    let ask = Client::new(&there.config()).describe_effective_policy();
    let call = ask.policy_type(EffectivePolicyType::DeclarativePolicyEc2).send();
    let answer = there.ask(ACTION, call, |answer| answer.effective_policy?.policy_content).await;
    Batch::one(unit.global(POLICY, unit.account(), None, Value::map(properties(answer))))
}

/// The two errors that are answers: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeEffectivePolicy.html>
fn properties(answer: Result<String, Failure>) -> Vec<(&'static str, Value)> {
    let (in_organization, content) = match answer {
        Ok(text) => (true, content(&text)),
        Err(failure) if failure.is(&["EffectivePolicyNotFoundException"]) => (true, Value::Null),
        Err(failure) if failure.is(&["AWSOrganizationsNotInUseException"]) => (false, Value::Null),
        Err(failure) => return convert::unseen(["InOrganization", "Content"], &failure),
    };
    vec![("InOrganization", in_organization.into()), ("Content", content)]
}

fn content(text: &str) -> Value {
    match convert::document(text) {
        policy @ Value::Map(_) => policy,
        _ => Failure::new(ACTION, "MalformedPolicy", "the effective policy is no JSON object").into_value(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn of(answer: Result<&str, &str>) -> Json {
        let answer = answer.map(str::to_owned).map_err(|code| Failure::new(ACTION, code, ""));
        serde_json::to_value(Value::map(properties(answer))).unwrap()
    }

    #[test]
    fn no_policy_and_no_organization_are_answers() {
        assert_eq!(of(Err("EffectivePolicyNotFoundException")), json!({"InOrganization": true}));
        assert_eq!(of(Err("AWSOrganizationsNotInUseException")), json!({"InOrganization": false}));
        let unknown = json!({"$unknown": {"call_failed": {"action": ACTION, "code": "ServiceException"}}});
        assert_eq!(of(Err("ServiceException")), json!({"InOrganization": unknown, "Content": unknown}));
    }

    #[test]
    fn only_an_object_is_a_policy() {
        let policy = json!({"ec2_attributes": {"image_block_public_access": {"state": "block_new_sharing"}}});
        assert_eq!(of(Ok(&policy.to_string())), json!({"InOrganization": true, "Content": policy}));
        let unknown = json!({"$unknown": {"call_failed": {"action": ACTION, "code": "MalformedPolicy"}}});
        for text in ["", "{", "[]", "null", "\"ec2_attributes\""] {
            assert_eq!(of(Ok(text)), json!({"InOrganization": true, "Content": unknown}), "{text}");
        }
    }
}
