//! Annotations of GitHub Actions: workflow commands on standard output that GitHub shows beside the lines.
//!
//! GitHub shows ten errors, ten warnings and ten notices of a step and drops the others without a word. The most severe
//! are therefore written, and a notice says how many there are in all. Every line is a command, so that no text from
//! outside can be one.
//!
//! <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>,
//! <https://github.com/actions/toolkit/blob/main/docs/problem-matchers.md#limitations>

use std::io::Write;

use super::issue::{Guardrails, Lines, Standing, file, sentence};
use super::survey::Survey;
use super::table::line;
use super::{Document, RenderError};
use crate::model::{Finding, Lang, Severity};

/// How many of each kind GitHub shows of a step.
const SHOWN: usize = 10;

pub(super) fn render(document: &Document<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let guardrails = Guardrails::of(document.report);
    let survey = Survey::of(document.outcomes, SHOWN)?;
    let lang = document.lang;
    let failing = || survey.first(Standing::Failing);
    let severe = |finding: &&Finding| finding.severity >= Severity::High;
    let errors = failing().filter(severe);
    let warnings = failing().filter(|finding| !severe(finding)).chain(survey.first(Standing::Unknown));
    // The summary is a notice as well.
    let notices = [Standing::Waived, Standing::Known].into_iter().flat_map(|standing| survey.first(standing));
    writeln!(out, "::notice title=govcheck::{}", data(&summary(document, &survey)))?;
    let kinds: [(&str, Vec<&Finding>); 3] = [
        ("error", errors.take(SHOWN).collect()),
        ("warning", warnings.take(SHOWN).collect()),
        ("notice", notices.take(SHOWN - 1).collect()),
    ];
    for (kind, findings) in kinds {
        for finding in findings {
            writeln!(out, "{}", annotation(kind, finding, &guardrails, lang))?;
        }
    }
    Ok(())
}

fn summary(document: &Document<'_>, survey: &Survey) -> String {
    let lang = document.lang;
    let [failing, unknown, waived, known] = [Standing::Failing, Standing::Unknown, Standing::Waived, Standing::Known]
        .map(|standing| survey.count(standing));
    let gaps = document.report.summary.coverage.gaps;
    lang.pick(
        format!(
            "{failing} failing, {unknown} unknown, {waived} waived, {known} in the baseline, {gaps} not seen. GitHub shows at \
             most {SHOWN} annotations of each kind; every finding is in the other formats."
        ),
        format!(
            "違反 {failing} 件、判定不能 {unknown} 件、例外承認済み {waived} 件、ベースラインにあり {known} 件、未確認 {gaps} 件。\
             GitHub が表示する注釈は種類ごとに {SHOWN} 件まで。全件はほかの形式で出力できる。"
        ),
    )
}

fn annotation(kind: &str, finding: &Finding, guardrails: &Guardrails<'_>, lang: Lang) -> String {
    let mut properties = Vec::new();
    if let Some(file) = file(finding) {
        let Lines { first, last, columns } = Lines::of(finding);
        properties.push(format!("file={}", property(file)));
        if columns.is_some() {
            properties.push(format!("line={first},endLine={last}"));
        }
        // GitHub takes columns of one line only.
        if let Some((start, Some(end))) = columns.filter(|_| first == last) {
            properties.push(format!("col={start},endColumn={end}"));
        }
    }
    let id = finding.alias.as_deref().map_or(String::new(), |alias| format!(" ({alias})"));
    properties.push(format!("title={}", property(&format!("{}{id}", finding.guardrail))));
    let mut text = sentence(finding, &guardrails.title(finding, lang), lang);
    if let Some(guardrail) = guardrails.get(finding) {
        text = format!("{text}\n→ {}", line(guardrail.remediation.get(lang)));
    }
    format!("::{kind} {}::{}", properties.join(","), data(&text))
}

/// The message of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a command's property.
fn property(text: &str) -> String {
    data(&line(text)).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::Sample;
    use super::*;

    #[test]
    fn of_a_template() {
        insta::assert_snapshot!("github-en", Sample::template().render("github", Lang::En));
        insta::assert_snapshot!("github-ja", Sample::template().render("github", Lang::Ja));
    }

    #[test]
    fn of_a_fleet() {
        insta::assert_snapshot!("github-fleet", Sample::fleet().render("github", Lang::En));
    }

    #[test]
    fn no_more_than_github_shows_and_the_rest_is_counted() {
        let text = Sample::many(30, 20).render("github", Lang::En);
        let count = |kind: &str| text.lines().filter(|line| line.starts_with(kind)).count();
        assert_eq!((count("::error "), count("::warning "), count("::notice ")), (10, 10, 1));
        assert!(text.contains("30 failing, 20 unknown"), "{text}");
    }

    #[test]
    fn no_name_begins_a_command_or_a_property() {
        let text = Sample::nasty().render("github", Lang::En);
        assert_eq!(text.lines().count(), 5);
        for line in text.split(['\n', '\r']).filter(|line| !line.is_empty()) {
            assert!(["::error ", "::warning ", "::notice "].iter().any(|kind| line.starts_with(kind)), "{line}");
            let (properties, _) = line[2..].split_once("::").unwrap();
            let (_, properties) = properties.split_once(' ').unwrap();
            for property in properties.split(',') {
                let (name, value) = property.split_once('=').unwrap();
                assert!(["file", "line", "endLine", "col", "endColumn", "title"].contains(&name), "{line}");
                assert!(!value.contains(':'), "{line}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_escaped_is_one_line_and_comes_back(text: String) {
            let escaped = data(&text);
            prop_assert!(!escaped.contains(['\r', '\n']));
            prop_assert_eq!(escaped.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%"), text);
        }
    }
}
