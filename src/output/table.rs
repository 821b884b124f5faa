//! The report on a terminal: the verdict, the accounts, what fails and what to do, and what could not be seen.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use comfy_table::{CellAlignment, Table};
use textwrap::Options;

use super::listing::{DEFAULT_WIDTH, plain_table};
use super::{Document, RenderError, declared_table};
use crate::model::{Finding, GLOBAL, GuardrailSummary, Lang, Report, Severity, Unknown, Value, Verdict, visible};

/// How many resources are shown below a guardrail, and how many places below a gap.
pub(super) const SHOWN: usize = 10;
/// How long a shown value may be, in characters.
const VALUE_LENGTH: usize = 160;

pub(super) fn render(document: &Document<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    if document.report.accounts.iter().any(|summary| summary.source.is_some()) {
        return declared_table::render(document, out);
    }
    let details = Details::collect(document)?;
    let style = Style { color: document.color };
    let lang = document.lang;
    writeln!(out, "{}\n", headline(document.report, &style, lang))?;
    writeln!(out, "{}", accounts(document))?;
    for severity in Severity::DESCENDING {
        for guardrail in &document.report.guardrails {
            if guardrail.severity == severity
                && let Some(shown) = details.failing.get(&guardrail.id)
            {
                write_failing(out, guardrail, shown, &style, document)?;
            }
        }
    }
    write_coverage(out, document, &details, &style)?;
    Ok(())
}

/// Escape sequences, where colours are wanted.
pub(super) struct Style {
    pub(super) color: bool,
}

impl Style {
    pub(super) fn paint(&self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    pub(super) fn severity(&self, severity: Severity, lang: Lang) -> String {
        let code = match severity {
            Severity::Critical => "1;31",
            Severity::High => "31",
            Severity::Medium => "33",
            Severity::Low => "36",
        };
        self.paint(code, severity.label(lang))
    }
}

/// What is shown below guardrails and gaps, bounded whatever the size of the fleet.
#[derive(Default)]
struct Details {
    failing: BTreeMap<String, Vec<Finding>>,
    gaps: BTreeMap<(Unknown, String), BTreeSet<String>>,
}

impl Details {
    fn collect(document: &Document<'_>) -> Result<Self, RenderError> {
        let mut details = Self::default();
        document.outcomes.each(|outcome| {
            for finding in outcome.findings {
                let shown = details.failing.entry(finding.guardrail.clone());
                if finding.verdict == Verdict::Fail {
                    let shown = shown.or_default();
                    if shown.len() < SHOWN {
                        shown.push(finding);
                    }
                }
            }
            for gap in outcome.gaps {
                let places = details.gaps.entry((gap.cause, gap.resource_type)).or_default();
                places.insert(format!("{} {}", outcome.summary.account.id, gap.region));
            }
            Ok::<(), RenderError>(())
        })?;
        Ok(details)
    }
}

/// The verdict over everything.
pub(super) fn verdict(failing: u64, established: bool, style: &Style, lang: Lang) -> String {
    let (code, verdict) = match (failing, established) {
        (1.., _) => ("1;31", lang.pick("NOT COMPLIANT", "不適合")),
        (0, true) => ("1;32", lang.pick("COMPLIANT", "適合")),
        _ => ("1;33", lang.pick("NOT ESTABLISHED", "未確定")),
    };
    style.paint(code, verdict)
}

fn headline(report: &Report, style: &Style, lang: Lang) -> String {
    let summary = &report.summary;
    let (fail, unknown) = (summary.verdicts.fail, summary.verdicts.unknown);
    let verdict = verdict(fail, summary.is_established(), style, lang);
    let score = summary.score.percent().map_or("–".to_owned(), |score| format!("{score:.1}"));
    let (accounts, pass) = (summary.coverage.accounts, summary.verdicts.pass);
    let interrupted = if report.run.interrupted { lang.pick(" (interrupted)", "（中断）") } else { "" };
    lang.pick(
        format!("{verdict}{interrupted}: {fail} failing, {unknown} unknown, {pass} passing in {accounts} accounts; score {score}"),
        format!("{verdict}{interrupted}: {accounts} アカウント中、違反 {fail} 件・判定不能 {unknown} 件・適合 {pass} 件、スコア {score}"),
    )
}

fn accounts(document: &Document<'_>) -> Table {
    let lang = document.lang;
    let mut table = plain_table(document.width.or(Some(DEFAULT_WIDTH)));
    let labels = lang.pick(["account", "name", "class", "pass"], ["アカウント", "名称", "区分", "適合"]);
    let severities = Severity::DESCENDING.map(|severity| severity.label(lang));
    let last = lang.pick(["unknown", "score"], ["判定不能", "スコア"]);
    table.set_header(labels.into_iter().chain(severities).chain(last));
    for column in table.column_iter_mut().skip(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for summary in &document.report.accounts {
        let account = &summary.account;
        let failures = Severity::DESCENDING
            .map(|severity| summary.failures.get(&severity).copied().unwrap_or_default().to_string());
        let row = [
            account.id.to_string(),
            visible(account.name.as_deref().unwrap_or_default()).replace(['\n', '\t'], " "),
            account.class.map_or("–", |class| class.label(lang)).to_owned(),
            summary.verdicts.pass.to_string(),
        ];
        let score = summary.score.percent().map_or("–".to_owned(), |score| format!("{score:.1}"));
        table.add_row(row.into_iter().chain(failures).chain([summary.verdicts.unknown.to_string(), score]));
    }
    table
}

fn write_failing(
    out: &mut dyn Write,
    guardrail: &GuardrailSummary,
    shown: &[Finding],
    style: &Style,
    document: &Document<'_>,
) -> Result<(), RenderError> {
    let lang = document.lang;
    let alias = guardrail.alias.as_deref().map(|alias| format!(" ({alias})")).unwrap_or_default();
    writeln!(out, "\n[{}] {}{alias}", style.severity(guardrail.severity, lang), style.paint("1", &guardrail.id))?;
    writeln!(out, "{}", wrapped(guardrail.title.get(lang), "  ", document))?;
    for finding in shown {
        writeln!(out, "  - {}", line(&subject(finding, lang)))?;
        for detail in evidence(finding, lang) {
            writeln!(out, "      {}", line(&detail))?;
        }
    }
    let more = guardrail.verdicts.fail.saturating_sub(shown.len() as u64);
    if more > 0 {
        writeln!(
            out,
            "  - {}",
            lang.pick(
                format!("… and {more} more (--format json has all)"),
                format!("… ほか {more} 件（全件は --format json）")
            )
        )?;
    }
    writeln!(out, "{}", wrapped(guardrail.remediation.get(lang), "  → ", document))?;
    Ok(())
}

/// A paragraph that fits the width; its further lines stand below the first word.
pub(super) fn wrapped(text: &str, indent: &str, document: &Document<'_>) -> String {
    let width = usize::from(document.width.unwrap_or(DEFAULT_WIDTH));
    let blank = " ".repeat(indent.chars().count());
    let options = Options::new(width.max(20)).initial_indent(indent).subsequent_indent(&blank);
    textwrap::fill(&line(text), options)
}

/// Where and what, in one line.
fn subject(finding: &Finding, lang: Lang) -> String {
    let place = if finding.region == GLOBAL { lang.pick("global", "グローバル") } else { &finding.region };
    let stands_for_none = finding.resource.name == finding.account.as_str() || finding.resource.name == finding.region;
    let kind = &finding.resource.resource_type;
    if stands_for_none {
        format!("{} {place} {kind}", finding.account)
    } else {
        format!("{} {place} {kind} {}", finding.account, finding.resource.name)
    }
}

/// What was found: the rule's own words for it, or else the properties that it read.
pub(super) fn evidence(finding: &Finding, lang: Lang) -> Vec<String> {
    if let Some(found) = &finding.evidence.found {
        return found.one_or_many().iter().take(SHOWN).map(short).collect();
    }
    let shown = finding.shown().filter(|_| finding.origin.is_some());
    let first = shown.map(|shown| &shown.property);
    let others = finding.evidence.observed.iter().filter(|observed| Some(&observed.property) != first);
    let absent = lang.pick("(absent)", "（設定なし）");
    let observed = shown.into_iter().chain(others).take(SHOWN);
    observed
        .map(|observed| match &observed.value {
            Some(value) => format!("{}: {}", observed.property, short(value)),
            None => format!("{}: {absent}", observed.property),
        })
        .collect()
}

fn short(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.to_string(),
        value => serde_json::to_string(value).unwrap_or_default(),
    };
    match text.char_indices().nth(VALUE_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// One line without anything that steers the terminal.
pub(super) fn line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

fn write_coverage(
    out: &mut dyn Write,
    document: &Document<'_>,
    details: &Details,
    style: &Style,
) -> Result<(), RenderError> {
    let lang = document.lang;
    let coverage = &document.report.summary.coverage;
    let (seen, all) = (coverage.accounts_seen, coverage.accounts);
    let heading = lang.pick(
        format!("Coverage: {seen} of {all} accounts seen"),
        format!("確認範囲: {all} アカウント中 {seen} を確認"),
    );
    writeln!(out, "\n{}", style.paint("1", &heading))?;
    if details.gaps.is_empty() {
        writeln!(
            out,
            "  {}",
            lang.pick("everything that the guardrails need was seen", "判定に必要な情報はすべて取得できた")
        )?;
    }
    let mut by_cause: BTreeMap<&Unknown, Vec<(&String, &BTreeSet<String>)>> = BTreeMap::new();
    for ((cause, kind), places) in &details.gaps {
        by_cause.entry(cause).or_default().push((kind, places));
    }
    for (cause, unseen) in by_cause {
        writeln!(out, "  {}", line(&cause.describe(lang)))?;
        for (kind, places) in unseen.iter().take(SHOWN) {
            let named: Vec<&str> = places.iter().take(3).map(String::as_str).collect();
            let more = match places.len() - named.len() {
                0 => String::new(),
                more => lang.pick(format!(" and {more} more"), format!(" ほか {more} か所")),
            };
            writeln!(out, "    {} — {}{more}", line(kind), named.join(", "))?;
        }
        if unseen.len() > SHOWN {
            let more = unseen.len() - SHOWN;
            writeln!(out, "    {}", lang.pick(format!("… and {more} more types"), format!("… ほか {more} 種類")))?;
        }
    }
    Ok(())
}
