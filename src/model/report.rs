//! The summary of a run: who, what, how much was seen, and how the accounts stand.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Account, AccountId, Finding, Severity, Text, Verdict};

/// Who ran the scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Caller {
    pub account: AccountId,
    pub arn: String,
}

/// The rules that judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RulePackInfo {
    pub version: String,
    /// SHA-256 over the rule files and parameters, in hex.
    pub digest: String,
    /// The ids of the selected guardrails, sorted.
    pub guardrails: Vec<String>,
}

/// How often a service was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallCounts {
    /// First attempts.
    pub calls: u64,
    /// Further attempts after throttling, errors or timeouts.
    pub retries: u64,
    /// Answers that refused an attempt for asking too often.
    #[serde(default)]
    pub throttles: u64,
}

/// The circumstances of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunInfo {
    pub tool_version: String,
    pub rule_pack: RulePackInfo,
    pub caller: Option<Caller>,
    /// When the inventory was begun, in RFC 3339; the `now` of the rules.
    pub started_at: String,
    pub finished_at: String,
    /// The scan was stopped before it had seen everything.
    pub interrupted: bool,
    /// By service, as in the signature of its requests.
    pub calls: BTreeMap<String, CallCounts>,
}

/// How many findings had which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictCounts {
    pub pass: u64,
    pub fail: u64,
    pub unknown: u64,
    pub not_applicable: u64,
}

impl VerdictCounts {
    pub fn count(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Fail => &mut self.fail,
            Verdict::Unknown => &mut self.unknown,
            Verdict::NotApplicable => &mut self.not_applicable,
        } += 1;
    }

    pub fn add(&mut self, other: Self) {
        self.pass += other.pass;
        self.fail += other.fail;
        self.unknown += other.unknown;
        self.not_applicable += other.not_applicable;
    }

    /// The findings that say something about compliance.
    pub fn judged(self) -> u64 {
        self.pass + self.fail + self.unknown
    }
}

/// Failures that do not count for the exit code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetAside {
    /// An exception covers them.
    pub waived: u64,
    /// They stood in the baseline already.
    pub known: u64,
}

impl SetAside {
    pub fn count(&mut self, finding: &Finding) {
        if finding.verdict == Verdict::Fail && !finding.counts() {
            *if finding.known { &mut self.known } else { &mut self.waived } += 1;
        }
    }

    pub fn add(&mut self, other: Self) {
        self.waived += other.waived;
        self.known += other.known;
    }
}

/// A severity-weighted share of kept guardrails.
///
/// Each guardrail that judged anything in an account earns its weight times the share of its findings that pass; an
/// unknown earns nothing. The weights are 10, 5, 2 and 1 from critical to low. The score is the earned part of the
/// possible weight, in percent, cut (not rounded up) to one decimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    pub earned: f64,
    pub possible: f64,
}

impl Score {
    pub fn weight(severity: Severity) -> f64 {
        match severity {
            Severity::Critical => 10.0,
            Severity::High => 5.0,
            Severity::Medium => 2.0,
            Severity::Low => 1.0,
        }
    }

    /// Counts one guardrail of one account.
    pub fn count(&mut self, severity: Severity, verdicts: VerdictCounts) {
        if verdicts.judged() > 0 {
            let weight = Self::weight(severity);
            self.earned += weight * verdicts.pass as f64 / verdicts.judged() as f64;
            self.possible += weight;
        }
    }

    pub fn add(&mut self, other: Self) {
        self.earned += other.earned;
        self.possible += other.possible;
    }

    /// From 0 to 100; nothing when nothing was judged.
    pub fn percent(self) -> Option<f64> {
        (self.possible > 0.0).then(|| (self.earned / self.possible * 1000.0 + 1e-9).floor() / 10.0)
    }
}

/// How one account stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AccountSummary {
    pub account: Account,
    /// The file that declares it, where it is not a live account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    pub regions: Vec<String>,
    pub verdicts: VerdictCounts,
    /// Failing findings by severity, without those that are set aside.
    pub failures: BTreeMap<Severity, u64>,
    #[serde(default)]
    pub set_aside: SetAside,
    pub score: Score,
}

/// How one guardrail stands over all accounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GuardrailSummary {
    pub id: String,
    pub alias: Option<String>,
    pub title: Text,
    pub rationale: Text,
    pub remediation: Text,
    pub severity: Severity,
    pub controls: BTreeMap<String, Vec<String>>,
    pub verdicts: VerdictCounts,
}

/// What was looked at, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coverage {
    /// Accounts of which at least one listing was seen whole.
    pub accounts_seen: u64,
    pub accounts: u64,
    pub gaps: u64,
}

/// The totals of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    pub verdicts: VerdictCounts,
    /// By severity, without those that are set aside.
    pub failures: BTreeMap<Severity, u64>,
    #[serde(default)]
    pub set_aside: SetAside,
    pub score: Score,
    pub coverage: Coverage,
}

impl Summary {
    /// Whether something was judged, nothing is unknown, and everything was seen.
    pub fn is_established(&self) -> bool {
        let Coverage { accounts_seen, accounts, gaps } = self.coverage;
        let judged = self.verdicts.pass + self.verdicts.fail > 0;
        judged && self.verdicts.unknown == 0 && gaps == 0 && accounts_seen == accounts
    }
}

/// Everything about a run but its findings and gaps, which stay on disk and are read one by one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    pub run: RunInfo,
    pub summary: Summary,
    /// By account id.
    pub accounts: Vec<AccountSummary>,
    /// Most severe first, then by id.
    pub guardrails: Vec<GuardrailSummary>,
    /// Declared resource types that are not read because no guardrail looks at them, with how many resources they have.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<String, u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_earns_nothing_and_a_score_is_never_rounded_up() {
        let mut score = Score::default();
        assert_eq!(score.percent(), None);
        score.count(Severity::Critical, VerdictCounts { pass: 1, unknown: 1, ..VerdictCounts::default() });
        assert_eq!(score.percent(), Some(50.0));
        score.count(Severity::Low, VerdictCounts { not_applicable: 3, ..VerdictCounts::default() });
        assert_eq!(score.percent(), Some(50.0));
        let almost = Score { earned: 99.99, possible: 100.0 };
        assert_eq!(almost.percent(), Some(99.9));
    }
}
