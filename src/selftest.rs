//! Guardrails on their own cases: what `govcheck rules test` runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{Engine, Fleet};
use crate::model::Verdict;
use crate::policy::Catalogue;
use crate::rule::{Case, Guardrail, Params, Preventive};

/// A case that did not come to what it expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFailure {
    pub guardrail: String,
    pub case: String,
    /// What went wrong, as in `expected pass, got unknown (…)`.
    pub problem: String,
}

/// Runs the cases of a guardrail: how many there are, and which fail.
pub fn run_cases(guardrail: &Arc<Guardrail>, params: &Params) -> (usize, Vec<CaseFailure>) {
    let cases = &guardrail.rule.cases;
    let failures = cases.iter().enumerate().filter_map(|(position, case)| {
        run_case(guardrail, case, params).err().map(|problem| CaseFailure {
            guardrail: guardrail.id().to_owned(),
            case: case.title(position + 1),
            problem,
        })
    });
    (cases.len(), failures.collect())
}

/// Proves the cases of a preventive guardrail: how many there are, and which fail.
pub fn run_preventive_cases(
    guardrail: &Preventive,
    catalogue: &Catalogue,
    params: &Params,
) -> (usize, Vec<CaseFailure>) {
    let cases = &guardrail.rule.cases;
    let failures = cases.iter().enumerate().filter_map(|(position, case)| {
        guardrail.run_case(case, catalogue, params).err().map(|problem| CaseFailure {
            guardrail: guardrail.id().to_owned(),
            case: case.name.clone().unwrap_or_else(|| format!("case {}", position + 1)),
            problem,
        })
    });
    (cases.len(), failures.collect())
}

fn run_case(guardrail: &Arc<Guardrail>, case: &Case, params: &Params) -> Result<(), String> {
    let local: BTreeMap<_, _> = case.params().clone();
    let engine = Engine::with_params(vec![Arc::clone(guardrail)], params.to_value(&local), case.now()?)
        .with_accounts(&case.accounts()?);
    let fleet = guardrail.is_across().then(|| case.fleet().map(Fleet::of_values)).transpose()?;
    let mut findings = engine.evaluate_in(&case.inventory(guardrail)?, fleet.as_ref());
    if case.resource.is_some() {
        // Gaps of other types are findings of their own; the case is about its one resource.
        findings.retain(|finding| {
            finding.resource.name != finding.region && finding.resource.name != finding.account.as_str()
        });
    }
    let verdict = Case::overall(findings.iter().map(|finding| finding.verdict));
    if verdict == case.expect.verdict() {
        return Ok(());
    }
    let cause = findings.iter().find(|finding| finding.verdict == verdict).and_then(|finding| match verdict {
        Verdict::Unknown => finding.evidence.cause.as_ref().map(|cause| format!(" ({cause})")),
        _ => None,
    });
    Err(format!("expected {}, got {verdict}{}", case.expect.verdict(), cause.unwrap_or_default()))
}
