//! GitLab's Code Quality report: a list of issues that GitLab compares with that of the target branch.
//!
//! GitLab knows no exceptions, so what is waived or stood in the baseline is of the least severity.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::issue::{Guardrails, Lines, Standing, path, sentence};
use super::stream::stream;
use super::{Document, RenderError};
use crate::model::{Finding, Severity};

struct Issues<'a> {
    document: &'a Document<'a>,
    guardrails: Guardrails<'a>,
}

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: &'a str,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Range,
}

#[derive(Serialize)]
struct Range {
    begin: u32,
    end: u32,
}

impl Serialize for Issues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        stream(self.document.outcomes, serializer, |outcome, add| {
            let open = outcome.findings.iter().filter(|finding| Standing::of(finding).is_open());
            open.map(|finding| self.of(finding)).try_for_each(|issue| add(&issue))
        })
    }
}

impl Issues<'_> {
    fn of<'f>(&self, finding: &'f Finding) -> Issue<'f> {
        let lang = self.document.lang;
        let Lines { first, last, .. } = Lines::of(finding);
        Issue {
            description: sentence(finding, &self.guardrails.title(finding, lang), lang),
            check_name: &finding.guardrail,
            fingerprint: &finding.fingerprint,
            severity: severity(finding),
            location: Location { path: path(finding), lines: Range { begin: first, end: last } },
        }
    }
}

fn severity(finding: &Finding) -> &'static str {
    match (Standing::of(finding), finding.severity) {
        (Standing::Waived | Standing::Known, _) => "info",
        (_, Severity::Critical) => "blocker",
        (_, Severity::High) => "critical",
        (_, Severity::Medium) => "major",
        (_, Severity::Low) => "minor",
    }
}

pub(super) fn render(document: &Document<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let issues = Issues { document, guardrails: Guardrails::of(document.report) };
    serde_json::to_writer_pretty(&mut *out, &issues).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::super::sample::Sample;
    use crate::model::Lang;

    fn issues(sample: &Sample) -> Vec<Value> {
        serde_json::from_str(&sample.render("gitlab", Lang::En)).unwrap()
    }

    #[test]
    fn of_a_template() {
        insta::assert_snapshot!("gitlab-en", Sample::template().render("gitlab", Lang::En));
        insta::assert_snapshot!("gitlab-ja", Sample::template().render("gitlab", Lang::Ja));
    }

    #[test]
    fn of_a_fleet() {
        insta::assert_snapshot!("gitlab-fleet", Sample::fleet().render("gitlab", Lang::En));
    }

    #[test]
    fn every_issue_has_a_fingerprint_of_its_own_a_path_and_a_line() {
        let issues = issues(&Sample::template());
        let fingerprints: BTreeSet<_> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
        assert_eq!(fingerprints.len(), issues.len());
        for issue in &issues {
            assert_eq!(issue["location"]["path"], "infra/network.yaml");
            assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1, "{issue}");
        }
    }

    #[test]
    fn nothing_to_report_is_an_empty_list() {
        assert_eq!(issues(&Sample::empty()), [] as [Value; 0]);
        assert_eq!(issues(&Sample::nasty()).len(), 4);
    }
}
