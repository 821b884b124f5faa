//! JUnit XML, for the test reports of CI systems: a suite for each account or file, a case for each guardrail and resource.
//!
//! A failure is a failure and an unknown an error, so that no system counts it as passed. What is waived, stood in the
//! baseline or does not apply is skipped, with the reason. The form is that of Jenkins, which others read as well.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::issue::{Guardrails, Standing, reason, sentence, spot, subject};
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
    lines.extend(spot(finding));
    if let Some(guardrail) = guardrails.get(finding) {
        lines.push(format!("→ {}", line(guardrail.remediation.get(lang))));
    }
    lines.join("\n")
}

/// XML has no way to write these two; other control characters are visible already.
fn legal(text: &str) -> String {
    text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use quick_xml::Reader;

    use super::super::sample::{NASTY, Sample};
    use super::*;

    /// How many elements of each name there are; the document must be well-formed.
    fn elements(xml: &str) -> BTreeMap<String, usize> {
        let mut elements = BTreeMap::new();
        let mut reader = Reader::from_str(xml);
        loop {
            match reader.read_event().unwrap() {
                Event::Eof => return elements,
                Event::Start(element) | Event::Empty(element) => {
                    element.attributes().for_each(|attribute| drop(attribute.unwrap()));
                    *elements.entry(element.name().as_ref().to_owned()).or_default() += 1;
                }
                _ => {}
            }
        }
    }

    #[test]
    fn of_a_template() {
        insta::assert_snapshot!("junit-en", Sample::template().render("junit", Lang::En));
        insta::assert_snapshot!("junit-ja", Sample::template().render("junit", Lang::Ja));
    }

    #[test]
    fn of_a_fleet() {
        insta::assert_snapshot!("junit-fleet", Sample::fleet().render("junit", Lang::En));
    }

    #[test]
    fn the_counts_are_those_of_the_elements() {
        let xml = Sample::template().render("junit", Lang::En);
        let elements = elements(&xml);
        assert_eq!(elements["testcase"], 8);
        assert!(xml.contains(r#"<testsuites name="govcheck" tests="8" failures="3" errors="1">"#), "{xml}");
        assert_eq!((elements["failure"], elements["error"], elements["skipped"]), (3, 1, 3));
    }

    #[test]
    fn a_name_cannot_leave_its_element() {
        let xml = Sample::nasty().render("junit", Lang::En);
        assert_eq!(elements(&xml)["testcase"], 4);
        assert!(!xml.contains(NASTY) && !xml.contains("<img"), "{xml}");
    }

    proptest! {
        #[test]
        fn every_text_becomes_legal_xml(text: String) {
            let text = legal(&line(&text));
            let allowed = |c: char| {
                matches!(c, '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
            };
            prop_assert!(text.chars().all(allowed), "{text:?}");
        }
    }
}
