//! Preventive guardrails on the service control policies that files declare, by the same proof.
//!
//! All that the files declare is proved together, as if it bound one account beside `FullAWSAccess`; the verdict is that of
//! each policy that is about the guardrail.

use std::sync::Arc;

use super::compose::of_proof;
use super::policies::read;
use super::{Asked, Asking, Preventives};
use crate::engine::findings::finding;
use crate::engine::judge::Judgement;
use crate::model::{Finding, Inventory, ORGANIZATION_POLICY, Resource, Text, Unknown, Value, Verdict};
use crate::policy::{Hierarchy, InvalidQuestion, Level, Policy};

/// The type of policies where files name none, and CloudFormation demands one.
const SERVICE_CONTROL_POLICY: &str = "SERVICE_CONTROL_POLICY";

/// A policy that a file declares, or why it is not known.
struct Declared<'a> {
    resource: &'a Resource,
    policy: Result<Arc<Policy>, Unknown>,
}

pub(super) fn findings(preventives: &Preventives, inventory: &Inventory) -> Vec<Finding> {
    let resources = inventory.resources.iter().filter(|resource| resource.id.resource_type == ORGANIZATION_POLICY);
    let declared: Vec<Declared<'_>> = resources.filter_map(service_control_policy).collect();
    if declared.is_empty() {
        return Vec::new();
    }
    let every = preventives.asked().iter().flat_map(|asked| declared.iter().map(move |one| (asked, one)));
    let judged = every.map(|(asked, one)| {
        let about = asked.guardrail.about();
        let judgement = match about.classes.bind(&inventory.account) {
            Some(false) => Judgement::of(Verdict::NotApplicable),
            _ => judge(preventives, asked, one, &declared, inventory),
        };
        let resource = one.resource;
        finding(about, inventory, resource.id.clone(), resource.origin.clone(), judgement)
    });
    judged.collect()
}

/// Nothing for a policy of another type.
fn service_control_policy(resource: &Resource) -> Option<Declared<'_>> {
    let content = match resource.properties.get("Type") {
        Some(Value::Unknown(cause)) => Err(cause.as_ref().clone()),
        Some(kind) if kind.as_str() != Some(SERVICE_CONTROL_POLICY) => return None,
        _ => resource.properties.get("Content").ok_or_else(|| Unknown::Undecided(Text::of(|_| "Content".to_owned()))),
    };
    let policy = content.and_then(|content| match content {
        Value::Unknown(cause) => Err(cause.as_ref().clone()),
        content => read(&resource.id.name, content),
    });
    Some(Declared { resource, policy })
}

fn judge(
    preventives: &Preventives,
    asked: &Asked,
    one: &Declared<'_>,
    all: &[Declared<'_>],
    inventory: &Inventory,
) -> Judgement {
    let policy = match &one.policy {
        Ok(policy) => policy,
        Err(cause) => return Judgement::unknown(cause.clone()),
    };
    if let Some(cause) = &policy.missing {
        return Judgement::unknown(cause.as_ref().clone());
    }
    let asking = match &asked.question {
        Ok(asking) => asking,
        // As long as nobody says what to protect, no policy is about it.
        Err(InvalidQuestion::Unset(_)) => return Judgement::of(Verdict::NotApplicable),
        Err(error) => return Judgement::unknown(Unknown::RuleError(error.to_string())),
    };
    let bound_by = |policies: Vec<&Arc<Policy>>| bound_by(&preventives.full_access, policies, inventory);
    if !is_about(asking, policy, bound_by) {
        return Judgement::of(Verdict::NotApplicable);
    }
    let policies = all.iter().filter_map(|one| one.policy.as_ref().ok());
    let hierarchy = bound_by(policies.collect());
    let judgement = of_proof(&asking.prove(&hierarchy), &hierarchy, inventory.account.id.as_str());
    // A policy that could not be read may deny the rest.
    match (judgement.verdict, all.iter().find_map(|one| one.policy.as_ref().err())) {
        (Verdict::Fail, Some(cause)) => Judgement::unknown(cause.clone()),
        _ => judgement,
    }
}

/// Whether a policy is meant for what the guardrail asks about: it says so, or it denies some of it whatever the
/// circumstances.
fn is_about(asking: &Asking, policy: &Arc<Policy>, bound_by: impl Fn(Vec<&Arc<Policy>>) -> Hierarchy) -> bool {
    let Asking { question, catalogue, .. } = asking;
    if question.is_meant_by(policy, catalogue) {
        return true;
    }
    if !question.may_be_denied_by(policy, catalogue) {
        return false;
    }
    let open = |policies| {
        let proof = asking.prove(&bound_by(policies));
        proof.holes.iter().map(|hole| hole.actions.len()).sum::<usize>()
    };
    let (without, with) = (open(Vec::new()), open(vec![policy]));
    let enough = if question.is_wide() { without.div_ceil(2) } else { 1 };
    without.saturating_sub(with) >= enough.max(1)
}

fn bound_by(full_access: &Arc<Policy>, policies: Vec<&Arc<Policy>>, inventory: &Inventory) -> Hierarchy {
    let policies = std::iter::once(full_access).chain(policies).cloned().collect();
    let level = Level { name: "declared".into(), policies };
    Hierarchy { account: Some(inventory.account.id.to_string()), ..Hierarchy::new(vec![level]) }
}
