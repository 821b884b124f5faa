//! JUnit XML, for the test reports of CI systems: a suite for each account or file, a case for each guardrail and resource.
//!
//! A failure is a failure and an unknown an error, so that no system counts it as passed. What is waived, stood in the
//! baseline or does not apply is skipped, with the reason. The form is that of Jenkins, which others read as well.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::issue::{Guardrails, Lines, Standing, file, reason, sentence, subject};
use super::table::line;
use super::{Document, RenderError};
use crate::model::{Finding, Lang, SetAside, VerdictCounts};
use crate::outcome::AccountOutcome;

pub(super) fn render(document: &Document<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let summary = &document.report.summary;
    let guardrails = Guardrails::of(document.report);
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut suites = BytesStart::new("testsuites");
    suites.push_attribute(("name", "govcheck"));
    for (name, count) in counts(summary.verdicts, summary.set_aside).into_iter().take(3) {
        suites.push_attribute((name, count.to_string().as_str()));
    }
    xml.write_event(Event::Start(suites))?;
    document.outcomes.each(|outcome| suite(&mut xml, &outcome, document, &guardrails))?;
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    Ok(xml.into_inner().write_all(b"\n")?)
}

/// The attributes that count cases; `skipped` is last, as the root element has none.
fn counts(verdicts: VerdictCounts, set_aside: SetAside) -> [(&'static str, u64); 4] {
    let VerdictCounts { pass, fail, unknown, not_applicable } = verdicts;
    let aside = set_aside.waived + set_aside.known;
    [
        ("tests", pass + fail + unknown + not_applicable),
        ("failures", fail.saturating_sub(aside)),
        ("errors", unknown),
        ("skipped", not_applicable + aside),
    ]
}

fn suite<W: Write>(
    xml: &mut Writer<W>,
    outcome: &AccountOutcome,
    document: &Document<'_>,
    guardrails: &Guardrails<'_>,
) -> Result<(), RenderError> {
    let summary = &outcome.summary;
    let mut suite = BytesStart::new("testsuite");
    let name = match (&summary.source, &summary.account.name) {
        (Some(source), _) => source.clone(),
        (None, Some(name)) => format!("{} {name}", summary.account.id),
        (None, None) => summary.account.id.to_string(),
    };
    suite.push_attribute(("name", legal(&line(&name)).as_str()));
    for (name, count) in counts(summary.verdicts, summary.set_aside) {
        suite.push_attribute((name, count.to_string().as_str()));
    }
    suite.push_attribute(("timestamp", document.report.run.started_at.as_str()));
    xml.write_event(Event::Start(suite))?;
    for finding in &outcome.findings {
        case(xml, finding, document.lang, guardrails)?;
    }
    Ok(xml.write_event(Event::End(BytesEnd::new("testsuite")))?)
}

fn case<W: Write>(xml: &mut Writer<W>, finding: &Finding, lang: Lang, guardrails: &Guardrails<'_>) -> io::Result<()> {
    let mut case = BytesStart::new("testcase");
    case.push_attribute(("classname", format!("govcheck.{}", legal(&line(&finding.guardrail))).as_str()));
    case.push_attribute(("name", legal(&subject(finding, lang)).as_str()));
    let standing = Standing::of(finding);
    let element = match standing {
        Standing::Passing => return xml.write_event(Event::Empty(case)),
        Standing::Failing => "failure",
        Standing::Unknown => "error",
        Standing::Waived | Standing::Known | Standing::NotApplicable => "skipped",
    };
    xml.write_event(Event::Start(case))?;
    let mut outcome = BytesStart::new(element);
    outcome.push_attribute(("type", finding.severity.as_str()));
    let title = guardrails.title(finding, lang);
    if standing == Standing::NotApplicable {
        outcome.push_attribute(("message", standing.label(lang)));
        xml.write_event(Event::Empty(outcome))?;
    } else {
        let reason = reason(finding, lang);
        outcome.push_attribute(("message", legal(&if reason.is_empty() { title.clone() } else { reason }).as_str()));
        xml.write_event(Event::Start(outcome))?;
        xml.write_event(Event::Text(BytesText::new(&legal(&details(finding, &title, lang, guardrails)))))?;
        xml.write_event(Event::End(BytesEnd::new(element)))?;
    }
    xml.write_event(Event::End(BytesEnd::new("testcase")))
}

/// What a person reads who opens the case.
fn details(finding: &Finding, title: &str, lang: Lang, guardrails: &Guardrails<'_>) -> String {
    let mut lines = vec![sentence(finding, title, lang)];
    if let Some(file) = file(finding) {
        lines.push(line(&format!("{file}:{}", Lines::of(finding).first)));
    }
    if let Some(guardrail) = guardrails.get(finding) {
        lines.push(format!("→ {}", line(guardrail.remediation.get(lang))));
    }
    lines.join("\n")
}

/// XML has no way to write these two; other control characters are visible already.
fn legal(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
