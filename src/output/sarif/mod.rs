//! SARIF 2.1.0, for GitHub code scanning and every other reader of the standard.
//!
//! One run. Its rules are all selected guardrails, its results the failures and what could not be judged; what passes is
//! left to the other formats, because GitHub shows every result as an alert, whatever its `kind`. The results are written
//! one account at a time.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>,
//! <https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support>

mod form;

use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, Serializer};

use self::form::{
    ArtifactLocation, Configuration, Driver, Fingerprints, Invocation, Location, Log, LogicalLocation, Message,
    Notification, PhysicalLocation, Region, ResultProperties, Rule, RulePack, RuleProperties, Run, SarifResult,
    Suppression, SuppressionProperties, Tool,
};
use super::issue::{self, Guardrails, Lines, Standing, sentence};
use super::markdown::escape;
use super::stream::stream;
use super::survey::{Quota, Survey};
use super::table::line;
use super::{Document, RenderError};
use crate::model::{AppliedWaiver, Finding, GuardrailSummary, Lang, Report, Severity, WaiverState};
use crate::outcome::Outcomes;

/// GitHub refuses a run with more results, and shows the first 5,000 of them.
const MOST_RESULTS: u64 = 25_000;
/// GitHub shows so many tags of a rule.
const MOST_TAGS: usize = 10;
/// What stays as it is in a relative URI. A colon would make a scheme of the first part.
const URI: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// What the results are made of.
struct Results<'a> {
    outcomes: &'a Outcomes<'a>,
    guardrails: Guardrails<'a>,
    quota: Quota,
    lang: Lang,
    /// Whether the report was compared with a baseline.
    compared: bool,
}

pub(super) fn render(document: &Document<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let (report, lang) = (document.report, document.lang);
    let survey = Survey::of(document.outcomes, 0)?;
    let results = Results {
        outcomes: document.outcomes,
        guardrails: Guardrails::of(report),
        quota: survey.quota(MOST_RESULTS),
        lang,
        compared: report.summary.set_aside.known > 0,
    };
    let run = Run {
        tool: Tool { driver: driver(report, lang) },
        invocations: [Invocation {
            execution_successful: !report.run.interrupted,
            start_time_utc: &report.run.started_at,
            end_time_utc: &report.run.finished_at,
            tool_execution_notifications: notifications(report, &survey, lang),
        }],
        column_kind: "unicodeCodePoints",
        results,
    };
    let schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
    serde_json::to_writer_pretty(&mut *out, &Log { schema, version: "2.1.0", runs: [run] }).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

/// Text without what a reader of SARIF takes for a placeholder (`{0}`) or a link (`[text](target)`).
fn message(text: &str) -> Message {
    let mut safe = String::with_capacity(text.len());
    let mut before = ' ';
    for c in line(text).chars() {
        if (before == '{' && c.is_ascii_digit()) || (before == ']' && c == '(') {
            safe.push(' ');
        }
        safe.push(c);
        before = c;
    }
    Message { text: safe, markdown: None }
}

fn driver(report: &Report, lang: Lang) -> Driver<'_> {
    Driver {
        name: "govcheck",
        version: &report.run.tool_version,
        language: lang.pick("en", "ja"),
        rules: report.guardrails.iter().map(|guardrail| rule(guardrail, lang)).collect(),
        properties: RulePack {
            rule_pack_version: &report.run.rule_pack.version,
            rule_pack_digest: &report.run.rule_pack.digest,
        },
    }
}

fn rule(guardrail: &GuardrailSummary, lang: Lang) -> Rule<'_> {
    let other = lang.pick(Lang::Ja, Lang::En);
    let help = |lang| {
        let [title, rationale, remediation] =
            [&guardrail.title, &guardrail.rationale, &guardrail.remediation].map(|text| escape(text.get(lang)));
        format!("**{title}**\n\n{rationale}\n\n→ {remediation}\n")
    };
    let controls = guardrail.controls.iter().flat_map(|(set, ids)| ids.iter().map(move |id| format!("{set}/{id}")));
    let tags = ["security".to_owned()].into_iter().chain(guardrail.alias.clone()).chain(controls);
    Rule {
        id: &guardrail.id,
        name: pascal(&guardrail.id),
        short_description: message(guardrail.title.get(lang)),
        full_description: message(guardrail.rationale.get(lang)),
        help: Message {
            markdown: Some(format!("{}\n---\n\n{}", help(lang), help(other))),
            ..message(guardrail.remediation.get(lang))
        },
        default_configuration: Configuration { level: level(guardrail.severity) },
        properties: RuleProperties {
            security_severity: security_severity(guardrail.severity),
            tags: tags.take(MOST_TAGS).collect(),
        },
    }
}

fn pascal(id: &str) -> String {
    let word = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect::<String>()
    };
    id.split('-').map(word).collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// In the middle of the range that GitHub gives the severity of the same name.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
    }
}

fn notifications(report: &Report, survey: &Survey, lang: Lang) -> Vec<Notification> {
    let note = |level, text: String| Notification { level, message: message(&text) };
    let mut notes = Vec::new();
    let open = survey.counts.iter().filter(|((standing, _), _)| standing.is_open()).map(|(_, count)| count);
    let cut = open.sum::<u64>().saturating_sub(MOST_RESULTS);
    if cut > 0 {
        let text = lang.pick(
            format!("{cut} results are left out: GitHub takes {MOST_RESULTS}; the JSON report has all"),
            format!("結果 {cut} 件を省略（GitHub の上限は {MOST_RESULTS} 件。全件は JSON レポートにある）"),
        );
        notes.push(note("warning", text));
    }
    if report.run.interrupted {
        notes.push(note("error", lang.pick("the scan was interrupted", "スキャンが中断された").to_owned()));
    }
    for ((cause, kind), unseen) in &survey.gaps {
        let places = unseen.describe(lang);
        let cause = cause.describe(lang);
        let text =
            lang.pick(format!("{kind} not seen: {cause} ({places})"), format!("{kind} を未確認: {cause}（{places}）"));
        notes.push(note("warning", text));
    }
    for (kind, count) in &report.unread {
        let text = lang.pick(
            format!("no guardrail reads {kind} ({count} declared)"),
            format!("{kind} を判定するガードレールはない（宣言 {count} 件）"),
        );
        notes.push(note("note", text));
    }
    notes
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        stream(self.outcomes, serializer, |outcome, add| {
            let written = outcome.findings.iter().filter(|finding| self.quota.take(finding));
            written.map(|finding| self.of(finding)).try_for_each(|result| add(&result))
        })
    }
}

impl Results<'_> {
    fn of<'f>(&self, finding: &'f Finding) -> SarifResult<'f> {
        let (kind, level) = match Standing::of(finding) {
            // "Not enough to decide" in the standard's words, which asks for the level `none` with it.
            Standing::Unknown => ("open", "none"),
            _ => ("fail", level(finding.severity)),
        };
        let state = if finding.known { "unchanged" } else { "new" };
        let accepted = finding.waiver.iter().filter(|waiver| waiver.state == WaiverState::Accepted);
        SarifResult {
            rule_id: &finding.guardrail,
            rule_index: self.guardrails.index(finding),
            kind,
            level,
            message: message(&sentence(finding, &self.guardrails.title(finding, self.lang), self.lang)),
            locations: [location(finding)],
            partial_fingerprints: Fingerprints {
                primary_location_line_hash: &finding.fingerprint,
                govcheck: &finding.fingerprint,
            },
            // An exception that does not count is none: some readers hide whatever has one, accepted or not.
            suppressions: accepted.map(|waiver| suppression(finding, waiver)).collect(),
            baseline_state: (self.compared && kind == "fail").then_some(state),
            properties: ResultProperties {
                verdict: finding.verdict.as_str(),
                severity: finding.severity,
                account: finding.account.as_str(),
                region: &finding.region,
                resource_type: &finding.resource.resource_type,
                arn: finding.resource.arn.as_deref(),
            },
        }
    }
}

fn suppression<'f>(finding: &Finding, waiver: &'f AppliedWaiver) -> Suppression<'f> {
    Suppression {
        kind: if finding.origin.is_some() { "inSource" } else { "external" },
        status: "accepted",
        justification: line(waiver.reason.as_deref().unwrap_or_default()),
        properties: SuppressionProperties { expires: waiver.expires.as_deref(), approver: waiver.approver.as_deref() },
    }
}

fn location(finding: &Finding) -> Location {
    let Lines { first, last, columns } = Lines::of(finding);
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(finding) },
            region: Region {
                start_line: first,
                start_column: columns.map(|(start, _)| start),
                end_line: last,
                end_column: columns.and_then(|(_, end)| end),
            },
        },
        logical_locations: logical_locations(finding),
    }
}

/// Relative to the root of the sources, or absolute where the file was given so.
fn uri(finding: &Finding) -> String {
    let encode = |path: &str| utf8_percent_encode(path, URI).to_string();
    match issue::file(finding) {
        Some(file) if file.starts_with('/') => format!("file://{}", encode(file)),
        Some(file) => encode(file),
        None => encode(&issue::path(finding)),
    }
}

fn logical_locations(finding: &Finding) -> Vec<LogicalLocation> {
    let location = |name: &str, full: String| LogicalLocation {
        name: line(name),
        fully_qualified_name: line(&full),
        kind: "resource",
    };
    let Some(origin) = &finding.origin else {
        let id = &finding.resource;
        let full = [finding.account.as_str(), &id.region, &id.resource_type, &id.name].join("/");
        return vec![location(&id.name, id.arn.clone().unwrap_or(full))];
    };
    // A Terraform address has dots and says all by itself.
    let id = origin.logical_id.as_str();
    let full = if id.contains('.') { id.to_owned() } else { format!("Resources.{id}") };
    let construct = origin
        .construct
        .as_deref()
        .map(|path| location(path.rsplit_once('/').map_or(path, |(_, name)| name), path.to_owned()));
    [location(id, full)].into_iter().chain(construct).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::sample::Sample;
    use super::*;

    fn run(sample: &Sample) -> Value {
        let log: Value = serde_json::from_str(&sample.render("sarif", Lang::En)).unwrap();
        log["runs"][0].clone()
    }

    fn results(run: &Value) -> &[Value] {
        run["results"].as_array().unwrap()
    }

    #[test]
    fn of_a_template() {
        insta::assert_snapshot!("sarif-en", Sample::template().render("sarif", Lang::En));
        insta::assert_snapshot!("sarif-ja", Sample::template().render("sarif", Lang::Ja));
    }

    #[test]
    fn of_a_fleet() {
        insta::assert_snapshot!("sarif-fleet", Sample::fleet().render("sarif", Lang::En));
    }

    #[test]
    fn every_selected_guardrail_is_a_rule_even_where_nothing_fails() {
        let run = run(&Sample::empty());
        assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 4);
        assert!(results(&run).is_empty());
    }

    #[test]
    fn only_an_exception_that_counts_suppresses() {
        let run = run(&Sample::template());
        let suppressed: Vec<_> = results(&run)
            .iter()
            .filter(|result| !result["suppressions"].as_array().unwrap().is_empty())
            .map(|result| result["locations"][0]["logicalLocations"][0]["name"].as_str().unwrap())
            .collect();
        assert_eq!(suppressed, ["Site"]);
    }

    #[test]
    fn no_name_makes_a_placeholder_a_link_or_a_scheme() {
        let run = run(&Sample::nasty());
        assert_eq!(results(&run).len(), 4);
        for result in results(&run) {
            let text = result["message"]["text"].as_str().unwrap();
            assert!(!text.contains("](") && !text.contains("{0"), "{text}");
            let uri = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~/%".contains(c);
            assert!(uri.as_str().unwrap().chars().all(allowed), "{uri}");
        }
    }

    #[test]
    fn an_absolute_path_is_a_file_uri() {
        let mut finding = Sample::template().finding("Logs").clone();
        let mut origin = finding.origin.as_deref().cloned().unwrap();
        for (file, expected) in [("/a b/c.yaml", "file:///a%20b/c.yaml"), ("./a/c.yaml", "a/c.yaml"), ("c:x", "c%3Ax")]
        {
            origin.file = file.into();
            finding.origin = Some(origin.clone().into());
            assert_eq!(uri(&finding), expected);
        }
    }

    #[test]
    fn what_github_would_refuse_is_cut_from_the_end_and_said() {
        let run = run(&Sample::many(24_000, 2_000));
        assert_eq!(results(&run).len(), 25_000);
        assert_eq!(results(&run).iter().filter(|result| result["kind"] == "fail").count(), 24_000);
        let note = &run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"];
        assert!(note.as_str().unwrap().starts_with("1000 results are left out"), "{note}");
    }
}
