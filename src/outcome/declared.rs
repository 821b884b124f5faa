//! What files declare, judged: in every way in which their undecided conditions may come out.

use std::collections::BTreeMap;

use super::{AccountOutcome, Baseline, Reads, outcome, waiver};
use crate::engine::Engine;
use crate::model::{Finding, Inventory, ResourceId, Unknown, Verdict};
use crate::source::declared::{Declared, World};

/// Judges what files declare, one outcome for each unit, in the order of names. Exceptions beside the resources are
/// applied as of the engine's time, and failures of the baseline marked.
pub fn judge_declared(engine: &Engine, mut units: Vec<Declared>, baseline: &Baseline) -> Vec<AccountOutcome> {
    units.sort_by(|a, b| a.name.cmp(&b.name));
    let mut across = across(engine, &units).into_iter();
    let mut reads = Reads::of(engine);
    let judge = |unit: Declared| {
        let mut findings: Vec<Vec<Finding>> =
            unit.worlds.iter().map(|world| engine.evaluate(&world.inventory)).collect();
        if let (Some(first), Some(across)) = (findings.first_mut(), across.next()) {
            first.extend(across);
        }
        let mut findings = agree(&unit.worlds, findings);
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

/// The findings of the guardrails across all accounts, by unit, in the first of each unit's worlds.
fn across(engine: &Engine, units: &[Declared]) -> Vec<Vec<Finding>> {
    if !engine.guardrails().iter().any(|guardrail| guardrail.is_across()) {
        return Vec::new();
    }
    let firsts = units.iter().filter_map(|unit| unit.worlds.first());
    let extracts: Vec<Inventory> = firsts.map(|world| engine.extract(&world.inventory)).collect();
    engine.evaluate_across_each(&extracts, 0)
}

/// One verdict for each guardrail and resource. Where it is the same in every world in which the resource exists it is
/// certain; a resource to which the guardrail does not apply in some worlds passes when it fails in none.
fn agree(worlds: &[World], mut findings: Vec<Vec<Finding>>) -> Vec<Finding> {
    if findings.len() < 2 {
        return findings.pop().unwrap_or_default();
    }
    let mut by_subject: BTreeMap<(String, ResourceId), Vec<(&str, Finding)>> = BTreeMap::new();
    for (world, findings) in worlds.iter().zip(findings) {
        for finding in findings {
            let subject = (finding.guardrail.clone(), finding.resource.clone());
            by_subject.entry(subject).or_default().push((&world.assumption, finding));
        }
    }
    by_subject.into_values().filter_map(agreed).collect()
}

fn agreed(answers: Vec<(&str, Finding)>) -> Option<Finding> {
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
    let cause = Unknown::Unresolved(format!("whether {assumption} (it fails then)"));
    let mut finding = Finding { verdict: Verdict::Unknown, ..failing };
    finding.evidence.cause = Some(cause);
    Some(finding)
}
