//! Requests, openings and statements in short words that are the same in every language.

use crate::model::Question as Asked;
use crate::policy::{Effect, Hierarchy, KeyValue, Level, Proof, Request, Step, Truth, evaluate, familiarity};

/// How many of anything evidence shows, and how many of what a proof found.
pub(super) const SHOWN: usize = 20;
pub(super) const MOST: usize = 200;
/// How many requests that get through are shown in full.
const HOLES: usize = 3;
/// Stands for every account in a proof that several share.
pub(super) const ANY_ACCOUNT: &str = "000000000000";

/// A text of a shared proof, told of one account.
pub(super) fn in_words(text: &str, account: &str) -> String {
    text.replace(ANY_ACCOUNT, account)
}

/// A level with the policies that are attached to it.
pub(super) fn level_words(level: &Level) -> String {
    let names: Vec<&str> = level.policies.iter().map(|policy| policy.name.as_ref()).collect();
    format!("{}: {}", level.name, names.join(", "))
}

/// A request that was asked of an account.
pub(super) fn told_words(asked: &Asked) -> String {
    let mut words = vec![asked.action.clone(), asked.region.clone()];
    words.extend(Some(asked.resource.clone()).filter(|resource| resource != "*"));
    words.extend(asked.principal.clone());
    words.extend(asked.context.iter().map(|(key, values)| format!("{key}={}", values.join(","))));
    words.join(" ")
}

/// What gets through for anybody, in patterns: whole services first, and of these the best known.
pub(super) fn open_patterns(proof: &Proof) -> Vec<String> {
    let mut open = proof.open.clone();
    let service = |pattern: &String| pattern.split(':').next().map(familiarity);
    open.sort_by_cached_key(|pattern| (!pattern.ends_with(":*"), service(pattern), pattern.clone()));
    open
}

/// What a proof found open: patterns of actions, requests that get through, and exemptions that others can take over.
pub(super) fn openings(proof: &Proof, account: &str) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(exemption) = proof.exemption {
        let word = serde_json::to_value(exemption).ok().and_then(|word| word.as_str().map(str::to_owned));
        found.push(format!("Policies: {}", word.unwrap_or_default()));
    }
    let open = open_patterns(proof);
    if !open.is_empty() {
        let shown = open.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
        let more = open.len().saturating_sub(SHOWN);
        found.push(format!("Policies: {shown}{}", if more > 0 { format!(", +{more}") } else { String::new() }));
    }
    found.extend(
        proof.holes.iter().take(HOLES).map(|hole| format!("Policies: {}", request_words(&hole.request, account))),
    );
    let taken = proof.exempt.iter().filter(|exempt| !exempt.ways.is_empty());
    found.extend(
        taken.map(|exempt| format!("Policies: {} <- {}", in_words(&exempt.principal, account), exempt.ways.join(", "))),
    );
    found
}

fn request_words(request: &Request, account: &str) -> String {
    let mut words = vec![request.action.clone()];
    words.extend(request.resource.clone().filter(|resource| resource != "*"));
    words.extend(request.principal.as_ref().map(|principal| principal.arn.clone()));
    // The principal has decided the others.
    let keys = request.context.iter().filter(|(key, _)| !key.starts_with("aws:principal"));
    words.extend(keys.filter_map(|(key, value)| match value {
        KeyValue::Values(values) => Some(format!("{key}={}", values.join(","))),
        KeyValue::Absent | KeyValue::Open(_) => None,
    }));
    in_words(&words.join(" "), account)
}

/// The statements that might have denied a request, and what in each does not match.
pub(super) fn trace(hierarchy: &Hierarchy, request: &Request) -> Vec<String> {
    let verdict = evaluate(hierarchy, request);
    let denying = verdict.trace.iter().filter(|step| step.effect == Effect::Deny);
    denying.map(|step| format!("{} / {} / {}: {}", step.level, step.policy, step.statement, mismatch(step))).collect()
}

fn mismatch(step: &Step) -> String {
    let conditions = step.conditions.iter().map(|(operator, key, holds)| (format!("{operator} {key}"), holds));
    let parts = [("action".to_owned(), &step.action), ("resource".to_owned(), &step.resource)];
    let mut parts = parts.into_iter().chain(conditions);
    let found = parts.find(|(_, holds)| **holds != Truth::Yes);
    found.map_or_else(String::new, |(part, holds)| {
        format!("{part} {}", if *holds == Truth::No { "no" } else { "undecided" })
    })
}
