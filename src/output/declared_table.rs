//! The report about files on a terminal: the verdict, the files, what fails and where, and what is not established.

use std::collections::BTreeMap;
use std::io::Write;

use comfy_table::{CellAlignment, Table};

use super::listing::{DEFAULT_WIDTH, plain_table};
use super::snippet::Snippets;
use super::table::{SHOWN, Style, evidence, line, verdict, wrapped};
use super::{Document, RenderError};
use crate::model::{AppliedWaiver, Finding, GuardrailSummary, Lang, Severity, Unknown, Verdict, WaiverState, visible};

/// What is shown, bounded whatever the number of files.
#[derive(Default)]
struct Details {
    failing: BTreeMap<String, Vec<Finding>>,
    waived: Vec<Finding>,
    unknown: BTreeMap<Unknown, Vec<String>>,
}

impl Details {
    fn collect(document: &Document<'_>) -> Result<Self, RenderError> {
        let mut details = Self::default();
        document.outcomes.each(|outcome| {
            for finding in outcome.findings {
                match finding.verdict {
                    Verdict::Fail if finding.counts() => {
                        let shown = details.failing.entry(finding.guardrail.clone()).or_default();
                        if shown.len() < SHOWN {
                            shown.push(finding);
                        }
                    }
                    Verdict::Fail if finding.waiver.is_some() => details.waived.push(finding),
                    Verdict::Unknown => {
                        let cause = finding.evidence.cause.clone().unwrap_or(Unknown::NotCollected);
                        let name = finding.alias.as_ref().unwrap_or(&finding.guardrail);
                        details.unknown.entry(cause).or_default().push(format!("{} ({name})", subject(&finding)));
                    }
                    _ => {}
                }
            }
            let source = outcome.summary.source.unwrap_or_default();
            for gap in outcome.gaps.into_iter().filter(|gap| matches!(gap.cause, Unknown::NotRead(_))) {
                details.unknown.entry(gap.cause).or_default().push(format!("{source} ({})", gap.resource_type));
            }
            Ok::<(), RenderError>(())
        })?;
        Ok(details)
    }
}

pub(super) fn render(document: &Document<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let details = Details::collect(document)?;
    let style = Style { color: document.color };
    writeln!(out, "{}\n", headline(document, &style))?;
    writeln!(out, "{}", files(document))?;
    let mut snippets = Snippets::default();
    for guardrail in &document.report.guardrails {
        if let Some(shown) = details.failing.get(&guardrail.id) {
            write_failing(out, guardrail, shown, &mut snippets, &style, document)?;
        }
    }
    write_waived(out, &details.waived, &style, document.lang)?;
    write_unknown(out, &details.unknown, &style, document.lang)?;
    write_unread(out, document, &style)
}

fn headline(document: &Document<'_>, style: &Style) -> String {
    let (summary, lang) = (&document.report.summary, document.lang);
    let set_aside = summary.set_aside;
    let failing = summary.verdicts.fail - set_aside.waived - set_aside.known;
    let verdict = verdict(failing, summary.is_established(), style, lang);
    let (unknown, pass, files) = (summary.verdicts.unknown, summary.verdicts.pass, summary.coverage.accounts);
    let aside = [
        (set_aside.waived, lang.pick("waived", "例外承認済み")),
        (set_aside.known, lang.pick("in the baseline", "ベースラインにあり")),
    ];
    let aside: String =
        aside.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}")).collect();
    let score = summary.score.percent().map_or("–".to_owned(), |score| format!("{score:.1}"));
    let inputs = if files == 1 { "input" } else { "inputs" };
    lang.pick(
        format!("{verdict}: {failing} failing{aside}, {unknown} unknown, {pass} passing in {files} {inputs}; score {score}"),
        format!("{verdict}: 入力 {files} 件中、違反 {failing} 件{aside}・判定不能 {unknown} 件・適合 {pass} 件、スコア {score}"),
    )
}

fn files(document: &Document<'_>) -> Table {
    let lang = document.lang;
    let mut table = plain_table(document.width.or(Some(DEFAULT_WIDTH)));
    let labels = lang.pick(["input", "class", "region", "pass"], ["入力", "区分", "リージョン", "適合"]);
    let severities = Severity::DESCENDING.map(|severity| severity.label(lang));
    table.set_header(labels.into_iter().chain(severities).chain([lang.pick("unknown", "判定不能")]));
    for column in table.column_iter_mut().skip(3) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for summary in &document.report.accounts {
        let failures = Severity::DESCENDING
            .map(|severity| summary.failures.get(&severity).copied().unwrap_or_default().to_string());
        let row = [
            line(summary.source.as_deref().unwrap_or_default()),
            summary.account.class.map_or("–", |class| class.label(lang)).to_owned(),
            visible(&summary.regions.join(", ")),
            summary.verdicts.pass.to_string(),
        ];
        table.add_row(row.into_iter().chain(failures).chain([summary.verdicts.unknown.to_string()]));
    }
    table
}

fn write_failing(
    out: &mut dyn Write,
    guardrail: &GuardrailSummary,
    shown: &[Finding],
    snippets: &mut Snippets,
    style: &Style,
    document: &Document<'_>,
) -> Result<(), RenderError> {
    let lang = document.lang;
    let alias = guardrail.alias.as_deref().map(|alias| format!(" ({alias})")).unwrap_or_default();
    writeln!(out, "\n[{}] {}{alias}", style.severity(guardrail.severity, lang), style.paint("1", &guardrail.id))?;
    writeln!(out, "{}", wrapped(guardrail.title.get(lang), "  ", document))?;
    for finding in shown {
        let details: Vec<String> = evidence(finding, lang).iter().map(|detail| line(detail)).collect();
        writeln!(out, "  - {}{}", line(&subject(finding)), waiver_note(finding.waiver.as_ref(), lang))?;
        match snippets.show(finding, details.first().map_or("", String::as_str), document.color) {
            Some(snippet) => snippet.lines().try_for_each(|line| writeln!(out, "    {line}"))?,
            None => details.iter().take(1).try_for_each(|detail| writeln!(out, "      {detail}"))?,
        }
        details.iter().skip(1).try_for_each(|detail| writeln!(out, "      {detail}"))?;
    }
    let counted = guardrail.verdicts.fail.saturating_sub(shown.len() as u64);
    if shown.len() == SHOWN && counted > 0 {
        let more = lang.pick("… there are more (--format json has all)", "… ほかにもある（全件は --format json）");
        writeln!(out, "  - {more}")?;
    }
    writeln!(out, "{}", wrapped(guardrail.remediation.get(lang), "  → ", document))?;
    Ok(())
}

/// The file, the place, and what is declared there.
fn subject(finding: &Finding) -> String {
    let kind = &finding.resource.resource_type;
    let Some(origin) = &finding.origin else {
        return format!("{} {kind} {}", finding.region, finding.resource.name);
    };
    let place = finding.place().map(|place| format!(":{}:{}", place.line, place.column)).unwrap_or_default();
    let construct = origin.construct.as_deref().map(|path| format!(", {path}")).unwrap_or_default();
    format!("{}{place} {} ({kind}{construct})", origin.file, origin.logical_id)
}

/// Why an exception does not count.
fn waiver_note(waiver: Option<&AppliedWaiver>, lang: Lang) -> String {
    let Some(waiver) = waiver else { return String::new() };
    let expires = waiver.expires.as_deref().map(line).unwrap_or_default();
    match waiver.state {
        WaiverState::Accepted => String::new(),
        WaiverState::Expired => {
            lang.pick(format!(" — its waiver expired on {expires}"), format!(" — 例外は {expires} に期限切れ"))
        }
        WaiverState::Incomplete => lang
            .pick(
                " — its waiver does not count: no reason, or no date",
                " — 例外は無効（理由がない、または日付が不正）",
            )
            .to_owned(),
    }
}

fn write_waived(out: &mut dyn Write, waived: &[Finding], style: &Style, lang: Lang) -> Result<(), RenderError> {
    if waived.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", style.paint("1", lang.pick("Waived", "例外承認済み")))?;
    for finding in waived {
        let waiver = finding.waiver.clone().unwrap_or(AppliedWaiver {
            state: WaiverState::Accepted,
            reason: None,
            expires: None,
            approver: None,
        });
        let until = match &waiver.expires {
            Some(day) => lang.pick(format!(", until {day}"), format!("、{day} まで")),
            None => lang.pick(", without an end", "、期限なし").to_owned(),
        };
        let approver =
            waiver.approver.map(|name| lang.pick(format!(", approved by {name}"), format!("、承認者 {name}")));
        let name = finding.alias.as_ref().unwrap_or(&finding.guardrail);
        writeln!(out, "  - {}", line(&format!("{} ({name})", subject(finding))))?;
        let reason = waiver.reason.unwrap_or_default();
        writeln!(out, "      {}", line(&format!("{reason}{until}{}", approver.unwrap_or_default())))?;
    }
    Ok(())
}

fn write_unknown(
    out: &mut dyn Write,
    unknown: &BTreeMap<Unknown, Vec<String>>,
    style: &Style,
    lang: Lang,
) -> Result<(), RenderError> {
    if unknown.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", style.paint("1", lang.pick("Not established", "判定不能")))?;
    for (cause, places) in unknown {
        writeln!(out, "  {}", line(&cause.describe(lang)))?;
        places.iter().take(SHOWN).try_for_each(|place| writeln!(out, "    {}", line(place)))?;
        if places.len() > SHOWN {
            let more = places.len() - SHOWN;
            writeln!(out, "    {}", lang.pick(format!("… and {more} more"), format!("… ほか {more} 件")))?;
        }
    }
    Ok(())
}

fn write_unread(out: &mut dyn Write, document: &Document<'_>, style: &Style) -> Result<(), RenderError> {
    let (lang, unread) = (document.lang, &document.report.unread);
    if unread.is_empty() {
        return Ok(());
    }
    let heading = lang.pick("Not read, as no guardrail looks at it", "読み取っていない種類（対象のガードレールなし）");
    writeln!(out, "\n{}", style.paint("1", heading))?;
    let names: Vec<String> = unread.iter().take(SHOWN).map(|(kind, count)| format!("{kind} ({count})")).collect();
    let more = match unread.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => lang.pick(format!(" and {more} more types"), format!(" ほか {more} 種類")),
    };
    writeln!(out, "{}", wrapped(&format!("{}{more}", names.join(", ")), "  ", document))?;
    Ok(())
}
