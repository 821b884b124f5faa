//! The JSON report: everything, in a form of its own that the program's internals may change behind.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde::ser::Serializer;

use super::stream::stream;
use super::{Document, RenderError};
use crate::model::{
    Account, AccountSummary, AppliedWaiver, CallCounts, Caller, Evidence, Finding, Gap, GuardrailSummary, Lang, Place,
    RulePackInfo, SetAside, Severity, Text, Unknown, Value, VerdictCounts,
};
use crate::outcome::Outcomes;

/// The version of the report's form; it grows when a field changes its meaning or goes away.
const SCHEMA_VERSION: &str = "1";

/// A compliance report.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct JsonReport<'a> {
    schema_version: &'static str,
    run: Run<'a>,
    summary: Totals,
    accounts: Vec<AccountTotals<'a>>,
    /// Most severe first.
    guardrails: Vec<GuardrailTotals<'a>>,
    coverage: Coverage<'a>,
    /// One for each guardrail and resource, passes included, by account, guardrail and resource.
    #[schemars(with = "Vec<JsonFinding<'static>>")]
    #[serde(serialize_with = "stream_findings")]
    findings: &'a Outcomes<'a>,
}

/// The circumstances of the run.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Run<'a> {
    tool: &'static str,
    tool_version: &'a str,
    rule_pack: &'a RulePackInfo,
    caller: Option<&'a Caller>,
    /// RFC 3339.
    started_at: &'a str,
    finished_at: &'a str,
    interrupted: bool,
    /// By AWS service.
    calls: &'a BTreeMap<String, CallCounts>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Totals {
    verdicts: VerdictCounts,
    /// By severity, without those that are set aside.
    failures: BTreeMap<Severity, u64>,
    set_aside: SetAside,
    /// From 0 to 100, weighted by severity; null when nothing was judged.
    score: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct AccountTotals<'a> {
    account: &'a Account,
    /// The file that declares it, where it is not a live account.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    regions: &'a [String],
    verdicts: VerdictCounts,
    failures: &'a BTreeMap<Severity, u64>,
    score: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct GuardrailTotals<'a> {
    id: &'a str,
    alias: Option<&'a str>,
    title: &'a Text,
    remediation: &'a Text,
    severity: Severity,
    controls: &'a BTreeMap<String, Vec<String>>,
    verdicts: VerdictCounts,
}

/// What could not be seen.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Coverage<'a> {
    accounts: u64,
    /// The accounts of which at least one listing was seen whole.
    accounts_seen: u64,
    #[schemars(with = "Vec<JsonGap<'static>>")]
    #[serde(serialize_with = "stream_gaps")]
    gaps: &'a Outcomes<'a>,
    /// Declared resource types that are not read because no guardrail looks at them, with how many resources they have.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<&'a BTreeMap<String, u64>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct JsonGap<'a> {
    account: &'a str,
    region: &'a str,
    /// The resource type.
    r#type: &'a str,
    cause: Cause<'a>,
}

/// Why something is not known.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Cause<'a> {
    kind: CauseKind,
    /// The IAM action that was refused or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<&'a str>,
    /// The error code of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    text: TextPair,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct TextPair {
    en: String,
    ja: String,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum CauseKind {
    AccessDenied,
    AccessDeniedByScp,
    CallFailed,
    RegionDisabled,
    NotOffered,
    RoleNotAssumed,
    Interrupted,
    NotCollected,
    Withheld,
    Unresolved,
    NotRead,
    KnownAfterApply,
    NotDeclared,
    RuleError,
    Contradiction,
    Undecided,
    Untested,
}

impl<'a> Cause<'a> {
    fn of(cause: &'a Unknown) -> Self {
        let (kind, code) = match cause {
            Unknown::AccessDenied(_) => (CauseKind::AccessDenied, None),
            Unknown::AccessDeniedByScp(_) => (CauseKind::AccessDeniedByScp, None),
            Unknown::CallFailed { code, .. } => (CauseKind::CallFailed, Some(code.as_str())),
            Unknown::RegionDisabled => (CauseKind::RegionDisabled, None),
            Unknown::NotOffered => (CauseKind::NotOffered, None),
            Unknown::RoleNotAssumed(code) => (CauseKind::RoleNotAssumed, Some(code.as_str())),
            Unknown::Interrupted => (CauseKind::Interrupted, None),
            Unknown::NotCollected => (CauseKind::NotCollected, None),
            Unknown::Withheld => (CauseKind::Withheld, None),
            Unknown::Unresolved(_) => (CauseKind::Unresolved, None),
            Unknown::NotRead(_) => (CauseKind::NotRead, None),
            Unknown::KnownAfterApply => (CauseKind::KnownAfterApply, None),
            Unknown::NotDeclared(_) => (CauseKind::NotDeclared, None),
            Unknown::RuleError(_) => (CauseKind::RuleError, None),
            Unknown::Contradiction(_) => (CauseKind::Contradiction, None),
            Unknown::Undecided(_) => (CauseKind::Undecided, None),
            Unknown::Untested(_) => (CauseKind::Untested, None),
        };
        let text = TextPair { en: cause.describe(Lang::En), ja: cause.describe(Lang::Ja) };
        Self { kind, action: cause.action(), code, text }
    }
}

/// One guardrail's verdict on one resource.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct JsonFinding<'a> {
    guardrail: &'a str,
    /// The catalogue id.
    alias: Option<&'a str>,
    account: &'a str,
    /// A region's code, or `global`.
    region: &'a str,
    resource: JsonResource<'a>,
    verdict: crate::model::Verdict,
    severity: Severity,
    evidence: JsonEvidence<'a>,
    /// Where a file declares the resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<JsonOrigin<'a>>,
    /// The exception that is claimed for a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiver: Option<&'a AppliedWaiver>,
    /// The failure stood in the baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<bool>,
    /// The identity of the finding over time.
    fingerprint: &'a str,
}

/// Where a file declares a resource.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct JsonOrigin<'a> {
    file: &'a str,
    /// The logical id, or the Terraform address.
    logical_id: &'a str,
    /// The path of the CDK construct.
    #[serde(skip_serializing_if = "Option::is_none")]
    construct: Option<&'a str>,
    /// The line and column to look at.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct JsonResource<'a> {
    r#type: &'a str,
    name: &'a str,
    arn: Option<&'a str>,
}

/// What the verdict rests on.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct JsonEvidence<'a> {
    /// The properties that the assertion read; one without `value` was absent.
    observed: Vec<JsonObserved<'a>>,
    /// What exactly is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    found: Option<&'a Value>,
    /// Why the verdict is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<Cause<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct JsonObserved<'a> {
    property: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    value: Option<&'a Value>,
    /// Where it stands in the file, or where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<Place>,
}

impl<'a> JsonFinding<'a> {
    pub(super) fn of(finding: &'a Finding) -> Self {
        let Evidence { observed, found, cause } = &finding.evidence;
        let observed = observed.iter().map(|observed| JsonObserved {
            property: &observed.property,
            value: observed.value.as_ref(),
            place: observed.place,
        });
        let origin = finding.origin.as_ref().map(|origin| JsonOrigin {
            file: &origin.file,
            logical_id: &origin.logical_id,
            construct: origin.construct.as_deref(),
            place: finding.place(),
        });
        Self {
            guardrail: &finding.guardrail,
            alias: finding.alias.as_deref(),
            account: finding.account.as_str(),
            region: &finding.region,
            resource: JsonResource {
                r#type: &finding.resource.resource_type,
                name: &finding.resource.name,
                arn: finding.resource.arn.as_deref(),
            },
            verdict: finding.verdict,
            severity: finding.severity,
            evidence: JsonEvidence {
                observed: observed.collect(),
                found: found.as_ref(),
                cause: cause.as_ref().map(Cause::of),
            },
            origin,
            waiver: finding.waiver.as_ref(),
            known: finding.known.then_some(true),
            fingerprint: &finding.fingerprint,
        }
    }
}

fn stream_findings<S: Serializer>(outcomes: &&Outcomes<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    stream(outcomes, serializer, |outcome, add| {
        outcome.findings.iter().try_for_each(|finding| add(&JsonFinding::of(finding)))
    })
}

fn stream_gaps<S: Serializer>(outcomes: &&Outcomes<'_>, serializer: S) -> Result<S::Ok, S::Error> {
    stream(outcomes, serializer, |outcome, add| {
        let account = outcome.summary.account.id.as_str();
        let json = |gap: &Gap| {
            add(&JsonGap { account, region: &gap.region, r#type: &gap.resource_type, cause: Cause::of(&gap.cause) })
        };
        outcome.gaps.iter().try_for_each(json)
    })
}

pub(super) fn render(document: &Document<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let report = document.report;
    let json = JsonReport {
        schema_version: SCHEMA_VERSION,
        run: Run {
            tool: "govcheck",
            tool_version: &report.run.tool_version,
            rule_pack: &report.run.rule_pack,
            caller: report.run.caller.as_ref(),
            started_at: &report.run.started_at,
            finished_at: &report.run.finished_at,
            interrupted: report.run.interrupted,
            calls: &report.run.calls,
        },
        summary: Totals {
            verdicts: report.summary.verdicts,
            failures: report.summary.failures.clone(),
            set_aside: report.summary.set_aside,
            score: report.summary.score.percent(),
        },
        accounts: report.accounts.iter().map(account).collect(),
        guardrails: report.guardrails.iter().map(guardrail).collect(),
        coverage: Coverage {
            accounts: report.summary.coverage.accounts,
            accounts_seen: report.summary.coverage.accounts_seen,
            gaps: document.outcomes,
            unread: Some(&report.unread).filter(|unread| !unread.is_empty()),
        },
        findings: document.outcomes,
    };
    serde_json::to_writer_pretty(&mut *out, &json).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

fn account(summary: &AccountSummary) -> AccountTotals<'_> {
    AccountTotals {
        account: &summary.account,
        source: summary.source.as_deref(),
        regions: &summary.regions,
        verdicts: summary.verdicts,
        failures: &summary.failures,
        score: summary.score.percent(),
    }
}

fn guardrail(summary: &GuardrailSummary) -> GuardrailTotals<'_> {
    GuardrailTotals {
        id: &summary.id,
        alias: summary.alias.as_deref(),
        title: &summary.title,
        remediation: &summary.remediation,
        severity: summary.severity,
        controls: &summary.controls,
        verdicts: summary.verdicts,
    }
}
