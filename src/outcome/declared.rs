//! What files declare, judged: in every way in which their undecided conditions may come out.

use std::collections::BTreeMap;

use super::{AccountOutcome, Baseline, Reads, outcome, waiver};
use crate::engine::Engine;
use crate::model::{Finding, Inventory, ResourceId, Unknown, Verdict};
use crate::source::declared::Declared;

/// Judges what files declare, one outcome for each unit, in the order of names. Exceptions beside the resources are
/// applied as of the engine's time, and failures of the baseline marked.
pub fn judge_declared(engine: &Engine, mut units: Vec<Declared>, baseline: &Baseline) -> Vec<AccountOutcome> {
    units.sort_by(|a, b| a.name.cmp(&b.name));
    let mut across = across(engine, &units).into_iter();
    let mut reads = Reads::of(engine);
    let judge = |unit: Declared| {
        let own = unit.worlds.iter().map(|world| (world.assumption.clone(), engine.evaluate(&world.inventory)));
        let mut findings = agree(own.collect());
        findings.extend(agree(across.next().unwrap_or_default()));
        for finding in &mut findings {
            waiver::apply(finding, engine.now().date_naive());
            baseline.mark(finding);
        }
        let Declared { name, mut worlds, unread } = unit;
        let seen = worlds.swap_remove(0).inventory;
        let mut outcome = outcome(&seen, findings, &mut reads);
        outcome.summary.source = Some(name.to_string());
        outcome.unread = unread;
        outcome
    };
    units.into_iter().map(judge).collect()
}

/// What is assumed, and the findings then.
type Supposed = (String, Vec<Finding>);

/// More combinations of the units' worlds are not judged one by one.
const MAX_COMBINATIONS: usize = 64;

/// The findings of the guardrails across all accounts, by unit, for every combination of the units' worlds. Where there are
/// too many, only the first is judged, and what it says is not believed.
fn across(engine: &Engine, units: &[Declared]) -> Vec<Vec<Supposed>> {
    let mut by_unit = vec![Vec::new(); units.len()];
    if !engine.guardrails().iter().any(|guardrail| guardrail.is_across()) {
        return by_unit;
    }
    let extracts: Vec<Vec<Inventory>> =
        units.iter().map(|unit| unit.worlds.iter().map(|world| engine.extract(&world.inventory)).collect()).collect();
    let combinations = extracts.iter().try_fold(1_usize, |product, worlds| product.checked_mul(worlds.len()));
    let all = combinations.filter(|combinations| *combinations <= MAX_COMBINATIONS);
    for combination in 0..all.unwrap_or(1) {
        let mut rest = combination;
        let mut assumptions = Vec::new();
        let mut chosen = Vec::new();
        for (unit, worlds) in units.iter().zip(&extracts) {
            let choice = rest % worlds.len().max(1);
            rest /= worlds.len().max(1);
            assumptions.extend(unit.worlds.get(choice).map(|world| world.assumption.as_str()));
            chosen.extend(worlds.get(choice).cloned());
        }
        assumptions.retain(|assumption| !assumption.is_empty());
        let assumption = assumptions.join(", ");
        for (findings, into) in engine.evaluate_across_each(&chosen, 0).into_iter().zip(&mut by_unit) {
            into.push((assumption.clone(), findings));
        }
    }
    if all.is_none() {
        by_unit.iter_mut().flatten().flat_map(|(_, findings)| findings).for_each(disbelieve);
    }
    by_unit
}

fn disbelieve(finding: &mut Finding) {
    if matches!(finding.verdict, Verdict::Pass | Verdict::Fail) {
        finding.verdict = Verdict::Unknown;
        finding.evidence.cause = Some(Unknown::Unresolved("Conditions".to_owned()));
    }
}

/// One verdict for each guardrail and resource. Where it is the same in every world in which the resource exists it is
/// certain; a resource to which the guardrail does not apply in some worlds passes when it fails in none.
fn agree(mut worlds: Vec<Supposed>) -> Vec<Finding> {
    if worlds.len() < 2 {
        return worlds.pop().map(|(_, findings)| findings).unwrap_or_default();
    }
    let mut by_subject: BTreeMap<(String, ResourceId), Vec<(String, Finding)>> = BTreeMap::new();
    for (assumption, findings) in worlds {
        for finding in findings {
            let subject = (finding.guardrail.clone(), finding.resource.clone());
            by_subject.entry(subject).or_default().push((assumption.clone(), finding));
        }
    }
    by_subject.into_values().filter_map(agreed).collect()
}

fn agreed(answers: Vec<(String, Finding)>) -> Option<Finding> {
    let all = |verdicts: &[Verdict]| answers.iter().all(|(_, finding)| verdicts.contains(&finding.verdict));
    let first = answers.first()?.1.verdict;
    let overall = if all(&[first]) {
        first
    } else if all(&[Verdict::Pass, Verdict::NotApplicable]) {
        Verdict::Pass
    } else {
        Verdict::Unknown
    };
    if let Some((_, finding)) = answers.iter().find(|(_, finding)| finding.verdict == overall) {
        return Some(finding.clone());
    }
    let (assumption, failing) = answers.into_iter().find(|(_, finding)| finding.verdict == Verdict::Fail)?;
    let cause = Unknown::Unresolved(assumption);
    let mut finding = Finding { verdict: Verdict::Unknown, ..failing };
    finding.evidence.cause = Some(cause);
    Some(finding)
}
