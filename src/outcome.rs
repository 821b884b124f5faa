//! What a run came to: findings and gaps of each account, one account at a time, and their sum.

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{AccountRecord, Bundle, BundleError};
use crate::engine::Engine;
use crate::model::{
    AccountId, AccountSummary, Finding, Gap, GuardrailSummary, Inventory, Report, RulePackInfo, Score, Severity,
    Summary, Unknown, Value, Verdict, VerdictCounts,
};

/// One account's part of a report.
#[derive(Clone, Debug, PartialEq)]
pub struct AccountOutcome {
    pub summary: AccountSummary,
    pub by_guardrail: BTreeMap<String, VerdictCounts>,
    /// Listings and properties that could not be seen, sorted.
    pub gaps: Vec<Gap>,
    pub findings: Vec<Finding>,
    /// Whether any listing was seen whole.
    pub seen: bool,
}

/// The outcomes of a bundle's accounts, read one at a time; judged anew, or as kept.
pub struct Outcomes<'a> {
    pub bundle: &'a Bundle,
    pub engine: &'a Engine,
    pub anew: bool,
    pub across: &'a Across,
}

/// What the guardrails across all accounts found, by account.
#[derive(Debug, Default)]
pub struct Across(BTreeMap<AccountId, Vec<Finding>>);

impl Across {
    /// Judged anew, or as kept in the bundle.
    ///
    /// # Errors
    /// When the bundle cannot be read.
    pub fn of(bundle: &Bundle, engine: &Engine, anew: bool) -> Result<Self, BundleError> {
        let findings = if anew { judge_across(bundle, engine)? } else { bundle.read_across()? };
        let mut by_account = Self::default();
        for finding in findings {
            by_account.0.entry(finding.account.clone()).or_default().push(finding);
        }
        Ok(by_account)
    }
}

impl Outcomes<'_> {
    /// Visits every account in the order of ids.
    ///
    /// # Errors
    /// When the bundle cannot be read, or the visitor fails.
    pub fn each<E: From<BundleError>>(&self, mut visit: impl FnMut(AccountOutcome) -> Result<(), E>) -> Result<(), E> {
        let mut reads = Reads::of(self.engine);
        for id in self.bundle.accounts() {
            let AccountRecord { inventory, findings } = self.bundle.read_account(&id)?;
            let mut findings = if self.anew { self.engine.evaluate(&inventory) } else { findings };
            findings.extend(self.across.0.get(&id).into_iter().flatten().cloned());
            findings.sort_by(|a, b| (&a.guardrail, &a.resource).cmp(&(&b.guardrail, &b.resource)));
            visit(outcome(&inventory, findings, &mut reads))?;
        }
        Ok(())
    }

    /// The sum over all accounts.
    ///
    /// # Errors
    /// When the bundle cannot be read.
    pub fn report(&self, rule_pack: RulePackInfo) -> Result<Report, BundleError> {
        let mut summary = Summary::default();
        let mut accounts = Vec::new();
        let mut totals: BTreeMap<String, VerdictCounts> = BTreeMap::new();
        self.each(|outcome| {
            let AccountOutcome { summary: account, by_guardrail, gaps, seen, .. } = outcome;
            summary.verdicts.add(account.verdicts);
            summary.score.add(account.score);
            for (severity, count) in &account.failures {
                *summary.failures.entry(*severity).or_default() += count;
            }
            summary.coverage.gaps += gaps.len() as u64;
            summary.coverage.accounts_seen += u64::from(seen);
            for (guardrail, counts) in by_guardrail {
                totals.entry(guardrail).or_default().add(counts);
            }
            accounts.push(account);
            Ok::<(), BundleError>(())
        })?;
        summary.coverage.accounts = self.bundle.manifest.scope.accounts.len() as u64;
        let run = self.bundle.manifest.run_info(rule_pack);
        Ok(Report { run, summary, accounts, guardrails: guardrails(self.engine, &totals) })
    }
}

/// The findings of the guardrails across all accounts: what they read of each account is extracted first.
///
/// # Errors
/// When the bundle cannot be read.
pub fn judge_across(bundle: &Bundle, engine: &Engine) -> Result<Vec<Finding>, BundleError> {
    if !engine.guardrails().iter().any(|guardrail| guardrail.is_across()) {
        return Ok(Vec::new());
    }
    let mut extracts = Vec::new();
    for id in bundle.accounts() {
        extracts.push(engine.extract(&bundle.read_account(&id)?.inventory));
    }
    let missing = bundle.manifest.scope.accounts.len().saturating_sub(extracts.len());
    Ok(engine.evaluate_across(&extracts, missing))
}

fn guardrails(engine: &Engine, totals: &BTreeMap<String, VerdictCounts>) -> Vec<GuardrailSummary> {
    let mut rules: Vec<_> = engine.guardrails().iter().map(|guardrail| &guardrail.rule).collect();
    rules.sort_by_key(|rule| (std::cmp::Reverse(rule.severity), rule.id.clone()));
    let summary = |rule: &crate::rule::RuleFile| GuardrailSummary {
        id: rule.id.clone(),
        alias: rule.alias.clone(),
        title: rule.title.clone(),
        remediation: rule.remediation.clone(),
        severity: rule.severity,
        controls: rule.controls.clone(),
        verdicts: totals.get(&rule.id).copied().unwrap_or_default(),
    };
    rules.into_iter().map(summary).collect()
}

/// Sums up one account, as far as its guardrails read the types that are needed.
fn outcome(inventory: &Inventory, findings: Vec<Finding>, reads: &mut Reads<'_>) -> AccountOutcome {
    let mut verdicts = VerdictCounts::default();
    let mut failures: BTreeMap<Severity, u64> = BTreeMap::new();
    let mut by_guardrail: BTreeMap<String, (Severity, VerdictCounts)> = BTreeMap::new();
    for finding in &findings {
        verdicts.count(finding.verdict);
        by_guardrail
            .entry(finding.guardrail.clone())
            .or_insert((finding.severity, VerdictCounts::default()))
            .1
            .count(finding.verdict);
        if finding.verdict == Verdict::Fail {
            *failures.entry(finding.severity).or_default() += 1;
        }
    }
    let mut score = Score::default();
    by_guardrail.values().for_each(|(severity, counts)| score.count(*severity, *counts));
    AccountOutcome {
        summary: AccountSummary {
            account: inventory.account.clone(),
            regions: inventory.regions.clone(),
            verdicts,
            failures,
            score,
        },
        by_guardrail: by_guardrail.into_iter().map(|(id, (_, counts))| (id, counts)).collect(),
        gaps: gaps(inventory, &findings, reads),
        seen: inventory.types.keys().any(|kind| inventory.gaps.iter().all(|gap| gap.resource_type != *kind)),
        findings,
    }
}

/// What the guardrails read of an inventory.
struct Reads<'a> {
    engine: &'a Engine,
    types: BTreeSet<String>,
    /// By type and property, as far as it was asked for.
    properties: BTreeMap<String, BTreeMap<String, bool>>,
}

impl<'a> Reads<'a> {
    fn of(engine: &'a Engine) -> Self {
        Self { engine, types: engine.needed_types(), properties: BTreeMap::new() }
    }

    fn property(&mut self, kind: &str, property: &str) -> bool {
        let known = self.properties.get(kind).and_then(|properties| properties.get(property));
        if let Some(reads) = known {
            return *reads;
        }
        let reads = self.engine.guardrails().iter().any(|guardrail| guardrail.reads(kind, property));
        self.properties.entry(kind.to_owned()).or_default().insert(property.to_owned(), reads);
        reads
    }
}

/// What could not be seen of what the guardrails read: whole listings, single properties, and types that nobody
/// collected.
fn gaps(inventory: &Inventory, findings: &[Finding], reads: &mut Reads<'_>) -> Vec<Gap> {
    let mut gaps: BTreeSet<Gap> = inventory.gaps.iter().cloned().collect();
    for resource in &inventory.resources {
        let kind = &resource.id.resource_type;
        let mut note = |cause: &Unknown| {
            let region = resource.id.region.clone();
            gaps.insert(Gap { region, resource_type: kind.clone(), cause: cause.clone() });
        };
        match &resource.properties {
            Value::Map(properties) => {
                let read = properties.iter().filter(|(name, _)| reads.property(kind, name));
                read.for_each(|(_, value)| unknown_leaves(value, &mut note));
            }
            whole => unknown_leaves(whole, &mut note),
        }
    }
    for finding in findings {
        if let Some(cause @ (Unknown::NotCollected | Unknown::NotDeclared(_) | Unknown::RuleError(_))) =
            &finding.evidence.cause
        {
            gaps.insert(Gap {
                region: finding.region.clone(),
                resource_type: finding.resource.resource_type.clone(),
                cause: cause.clone(),
            });
        }
    }
    gaps.into_iter().filter(|gap| reads.types.contains(&gap.resource_type)).collect()
}

fn unknown_leaves(value: &Value, found: &mut impl FnMut(&Unknown)) {
    match value {
        // Left out on purpose: not a hole in what was looked at.
        Value::Unknown(cause) if **cause == Unknown::Withheld => {}
        Value::Unknown(cause) => found(cause),
        Value::List(items) => items.iter().for_each(|item| unknown_leaves(item, found)),
        Value::Map(map) => map.values().for_each(|value| unknown_leaves(value, found)),
        _ => {}
    }
}
