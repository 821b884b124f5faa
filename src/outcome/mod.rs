//! What a run came to: findings and gaps of each account, one account at a time, and their sum.

mod baseline;
mod declared;
mod waiver;

pub use baseline::Baseline;
pub use declared::judge_declared;

use std::collections::{BTreeMap, BTreeSet};

use crate::bundle::{AccountRecord, Bundle, BundleError};
use crate::engine::Engine;
use crate::model::{
    AccountId, AccountSummary, Extent, Finding, Gap, GuardrailSummary, Inventory, ORGANIZATION_POLICY, Report, RunInfo,
    Score, SetAside, Severity, Summary, Unknown, Value, Verdict, VerdictCounts,
};
use crate::rule::{About, Preventive};

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
    /// Declared resource types that no guardrail looks at and that are not read, with how many resources they have.
    pub unread: BTreeMap<String, usize>,
}

/// The outcomes of accounts, one at a time.
pub struct Outcomes<'a> {
    pub engine: &'a Engine,
    pub of: Evidence<'a>,
}

/// What the outcomes rest on.
pub enum Evidence<'a> {
    /// The accounts of a bundle, read one at a time; judged anew, or as kept.
    Bundle { bundle: &'a Bundle, anew: bool, across: &'a Across },
    /// What files declare.
    Declared(&'a [AccountOutcome]),
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
    /// Visits every account in the order of ids, or every declared unit in the order of names.
    ///
    /// # Errors
    /// When the bundle cannot be read, or the visitor fails.
    pub fn each<E: From<BundleError>>(&self, mut visit: impl FnMut(AccountOutcome) -> Result<(), E>) -> Result<(), E> {
        let (bundle, anew, across) = match self.of {
            Evidence::Bundle { bundle, anew, across } => (bundle, anew, across),
            Evidence::Declared(outcomes) => return outcomes.iter().cloned().try_for_each(visit),
        };
        let mut reads = Reads::of(self.engine);
        for id in bundle.accounts() {
            let AccountRecord { inventory, findings } = bundle.read_account(&id)?;
            let mut findings = if anew { self.engine.evaluate(&inventory) } else { findings };
            findings.extend(across.0.get(&id).into_iter().flatten().cloned());
            findings.sort_by(|a, b| (&a.guardrail, &a.resource).cmp(&(&b.guardrail, &b.resource)));
            visit(outcome(&inventory, findings, &mut reads))?;
        }
        Ok(())
    }

    /// The sum over all accounts.
    ///
    /// # Errors
    /// When the bundle cannot be read.
    pub fn report(&self, run: RunInfo) -> Result<Report, BundleError> {
        let mut summary = Summary::default();
        let mut accounts = Vec::new();
        let mut unread: BTreeMap<String, u64> = BTreeMap::new();
        let mut totals: BTreeMap<String, VerdictCounts> = BTreeMap::new();
        self.each(|outcome| {
            let AccountOutcome { summary: account, by_guardrail, gaps, seen, unread: others, .. } = outcome;
            for (kind, count) in others {
                *unread.entry(kind).or_default() += count as u64;
            }
            summary.verdicts.add(account.verdicts);
            summary.score.add(account.score);
            for (severity, count) in &account.failures {
                *summary.failures.entry(*severity).or_default() += count;
            }
            summary.coverage.gaps += gaps.len() as u64;
            summary.coverage.accounts_seen += u64::from(seen);
            summary.coverage.accounts += 1;
            summary.set_aside.add(account.set_aside);
            for (guardrail, counts) in by_guardrail {
                totals.entry(guardrail).or_default().add(counts);
            }
            accounts.push(account);
            Ok::<(), BundleError>(())
        })?;
        if let Evidence::Bundle { bundle, .. } = self.of {
            summary.coverage.accounts = bundle.manifest.scope.accounts.len() as u64;
        }
        Ok(Report { run, summary, accounts, guardrails: guardrails(self.engine, &totals), unread })
    }
}

/// An engine without a guardrail, for the tests of the formats.
#[cfg(test)]
pub(crate) fn idle_engine() -> Engine {
    Engine::new(Vec::new(), &crate::rule::Params::default(), chrono::DateTime::UNIX_EPOCH)
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
    let mut abouts: Vec<About<'_>> = engine.abouts().collect();
    abouts.sort_by_key(|about| (std::cmp::Reverse(about.severity), about.id));
    let summary = |about: About<'_>| GuardrailSummary {
        id: about.id.to_owned(),
        alias: about.alias.map(str::to_owned),
        title: about.title.clone(),
        rationale: about.rationale.clone(),
        remediation: about.remediation.clone(),
        severity: about.severity,
        controls: about.controls.clone(),
        verdicts: totals.get(about.id).copied().unwrap_or_default(),
    };
    abouts.into_iter().map(summary).collect()
}

/// Sums up one account, as far as its guardrails read the types that are needed.
fn outcome(inventory: &Inventory, findings: Vec<Finding>, reads: &mut Reads<'_>) -> AccountOutcome {
    let mut verdicts = VerdictCounts::default();
    let mut failures: BTreeMap<Severity, u64> = BTreeMap::new();
    let mut set_aside = SetAside::default();
    let mut by_guardrail: BTreeMap<String, (Severity, VerdictCounts)> = BTreeMap::new();
    for finding in &findings {
        verdicts.count(finding.verdict);
        by_guardrail
            .entry(finding.guardrail.clone())
            .or_insert((finding.severity, VerdictCounts::default()))
            .1
            .count(finding.verdict);
        set_aside.count(finding);
        if finding.counts() {
            *failures.entry(finding.severity).or_default() += 1;
        }
    }
    let mut score = Score::default();
    by_guardrail.values().for_each(|(severity, counts)| score.count(*severity, *counts));
    AccountOutcome {
        summary: AccountSummary {
            account: inventory.account.clone(),
            source: None,
            regions: inventory.regions.clone(),
            verdicts,
            failures,
            set_aside,
            score,
        },
        by_guardrail: by_guardrail.into_iter().map(|(id, (_, counts))| (id, counts)).collect(),
        gaps: gaps(inventory, &findings, reads),
        seen: inventory.extent == Extent::Declared
            || inventory.types.keys().any(|kind| inventory.gaps.iter().all(|gap| gap.resource_type != *kind)),
        findings,
        unread: BTreeMap::new(),
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
    // Of a live account every property can be read; what a file leaves open is a gap only where a verdict hangs on it.
    let resources = if inventory.extent == Extent::Account { inventory.resources.as_slice() } else { &[] };
    for resource in resources {
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
        if let Some(
            cause @ (Unknown::NotCollected
            | Unknown::NotDeclared(_)
            | Unknown::RuleError(_)
            | Unknown::Contradiction(_)
            | Unknown::Undecided(_)
            | Unknown::Untested(_)),
        ) = &finding.evidence.cause
        {
            gaps.insert(Gap {
                region: finding.region.clone(),
                resource_type: finding.resource.resource_type.clone(),
                cause: cause.clone(),
            });
        }
    }
    // Where one way to know is enough, the others are no gap.
    let of_ways = |kind: &str| Preventive::NEEDED_TYPES.contains(&kind) || kind == ORGANIZATION_POLICY;
    let unsettled =
        findings.iter().any(|finding| finding.verdict == Verdict::Unknown && of_ways(&finding.resource.resource_type));
    let kept = |gap: &Gap| {
        reads.types.contains(&gap.resource_type)
            || matches!(gap.cause, Unknown::NotRead(_))
            || (unsettled && of_ways(&gap.resource_type))
    };
    gaps.into_iter().filter(kept).collect()
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
