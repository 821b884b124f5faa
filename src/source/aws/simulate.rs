//! What a role may do, asked from inside its account: IAM's simulator changes nothing and calls nothing.
//!
//! <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html>

use std::collections::BTreeSet;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::PolicyEvaluationDecisionType;

use super::call::{Failure, Unit};
use super::simulation::entry;

pub(super) const SIMULATE: &str = "iam:SimulatePrincipalPolicy";

/// How many actions one request asks about.
pub(super) const ACTIONS_AT_ONCE: usize = 100;

/// An action that the simulator says would be denied.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeniedAction {
    pub action: String,
    /// Whether it is the organization's policies that do not allow it.
    pub by_organization: bool,
}

/// Those of the actions that the role or user would be denied on every resource, by the simulator.
///
/// # Errors
/// When the simulator cannot be asked.
pub async fn denied_actions(
    unit: &Unit,
    principal_arn: &str,
    actions: &BTreeSet<&str>,
) -> Result<Vec<DeniedAction>, Failure> {
    let client = Client::new(&unit.session.config(&unit.region));
    let actions: Vec<&str> = actions.iter().copied().collect();
    let mut denied = Vec::new();
    for chunk in actions.chunks(ACTIONS_AT_ONCE) {
        let names = chunk.iter().map(|action| (*action).to_owned()).collect();
        let ask = client
            .simulate_principal_policy()
            .policy_source_arn(principal_arn)
            .set_action_names(Some(names))
            .context_entries(entry("aws:PrincipalArn", vec![principal_arn.to_owned()]))
            .context_entries(entry("aws:RequestedRegion", vec![unit.region.clone()]));
        let pages = ask.into_paginator().send();
        let (results, failure) = unit.list(SIMULATE, pages, |page| (page.evaluation_results, page.marker)).await;
        if let Some(failure) = failure {
            return Err(failure);
        }
        let refused = results.iter().filter(|result| *result.eval_decision() != PolicyEvaluationDecisionType::Allowed);
        denied.extend(refused.map(|result| DeniedAction {
            action: result.eval_action_name().to_owned(),
            by_organization:
                result.organizations_decision_detail().is_some_and(|detail| !detail.allowed_by_organizations()),
        }));
        // An action that the simulator says nothing about is not one that is allowed.
        let told: BTreeSet<&str> = results.iter().map(|result| result.eval_action_name()).collect();
        let untold = chunk.iter().filter(|action| !told.contains(*action));
        denied.extend(untold.map(|action| DeniedAction { action: (*action).to_owned(), by_organization: false }));
    }
    denied.sort();
    Ok(denied)
}

/// The role behind the ARN of its session; any other ARN as it is.
pub fn principal_of(arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let role = parts
        .get(5)
        .and_then(|resource| resource.strip_prefix("assumed-role/"))
        .and_then(|rest| rest.split('/').next());
    match (role, parts.as_slice()) {
        (Some(role), [_, partition, _, _, account, _]) => format!("arn:{partition}:iam::{account}:role/{role}"),
        _ => arn.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_one_of_a_role() {
        let session = "arn:aws:sts::111111111111:assumed-role/operator/alice";
        assert_eq!(principal_of(session), "arn:aws:iam::111111111111:role/operator");
        let user = "arn:aws:iam::111111111111:user/team/alice";
        assert_eq!(principal_of(user), user);
    }
}
