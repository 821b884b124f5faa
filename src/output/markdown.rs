//! A comment for a merge request: what is new, where, and what to do about it.
//!
//! It stays below the 65,536 characters that GitHub takes, and says what was left out for that. Its first line is a
//! comment by which a job finds the one that it wrote before. Text from outside is escaped for Markdown and for HTML.

use std::io::Write;

use super::issue::{Guardrails, Standing, reason, spot};
use super::survey::Survey;
use super::table::line;
use super::{Document, RenderError};
use crate::model::{Finding, Lang, Severity};

/// How many findings of each class are kept: a row of a table takes a hundred characters and more.
const KEPT: usize = 600;
/// How long a text from outside may be.
const TEXT_LENGTH: usize = 200;

/// Up to how many characters of the comment each part may reach. What a part does not use is left to the next.
mod cap {
    pub(super) const FAILING: usize = 33_000;
    pub(super) const REMEDIES: usize = 43_000;
    pub(super) const UNKNOWN: usize = 52_000;
    pub(super) const WAIVED: usize = 56_000;
    pub(super) const KNOWN: usize = 59_000;
    pub(super) const GAPS: usize = 62_000;
    pub(super) const UNREAD: usize = 63_500;
}

pub(super) fn render(document: &Document<'_>, out: &mut dyn Write) -> Result<(), RenderError> {
    let survey = Survey::of(document.outcomes, KEPT)?;
    let guardrails = Guardrails::of(document.report);
    let lang = document.lang;
    let mut comment = Comment { lang, text: head(document, &survey), length: 0 };
    comment.length = comment.text.chars().count();

    let rows = |standing| survey.first(standing).map(|finding| row(finding, &guardrails, lang));
    let table = |standing, heading, cap| Part { heading, header: header(lang), cap, total: survey.count(standing) };
    let failing = table(Standing::Failing, Heading::Open(lang.pick("New failures", "新しい違反")), cap::FAILING);
    comment.part(&failing, rows(Standing::Failing));
    comment.remedies(&survey, &guardrails);
    let unknown = table(Standing::Unknown, Heading::Open(lang.pick("Could not be judged", "判定不能")), cap::UNKNOWN);
    comment.part(&unknown, rows(Standing::Unknown));
    let waived = table(Standing::Waived, Heading::Folded(lang.pick("Waived", "例外承認済み")), cap::WAIVED);
    comment.part(&waived, rows(Standing::Waived));
    let known = table(Standing::Known, Heading::Folded(lang.pick("In the baseline", "ベースラインにあり")), cap::KNOWN);
    comment.part(&known, rows(Standing::Known));
    comment.coverage(document, &survey);
    Ok(out.write_all(comment.text.as_bytes())?)
}

/// The verdict and the counts.
fn head(document: &Document<'_>, survey: &Survey) -> String {
    let lang = document.lang;
    let summary = &document.report.summary;
    let failing = survey.count(Standing::Failing);
    let verdict = match (failing, summary.is_established()) {
        (1.., _) => lang.pick("not compliant", "不適合"),
        (0, true) => lang.pick("compliant", "適合"),
        _ => lang.pick("not established", "未確定"),
    };
    let by_severity = Severity::DESCENDING.into_iter().filter_map(|severity| {
        let count = summary.failures.get(&severity).filter(|count| **count > 0)?;
        Some(format!("{} {count}", severity.label(lang)))
    });
    let by_severity: Vec<_> = by_severity.collect();
    let severities = match by_severity.is_empty() {
        true => String::new(),
        false => lang.pick(format!(" ({})", by_severity.join(", ")), format!("（{}）", by_severity.join("、"))),
    };
    let [unknown, waived, known, passing] = [Standing::Unknown, Standing::Waived, Standing::Known, Standing::Passing]
        .map(|standing| survey.count(standing));
    let counts = lang.pick(
        format!(
            "**{failing} new failures**{severities}, {unknown} unknown, {waived} waived, {known} in the baseline, \
             {passing} passing"
        ),
        format!(
            "**新しい違反 {failing} 件**{severities}、判定不能 {unknown} 件、例外承認済み {waived} 件、\
             ベースラインにあり {known} 件、適合 {passing} 件"
        ),
    );
    format!("<!-- govcheck -->\n## govcheck: {verdict}\n\n{counts}\n")
}

/// The comment as far as it is written.
struct Comment {
    lang: Lang,
    text: String,
    /// In characters.
    length: usize,
}

enum Heading {
    Open(&'static str),
    /// Shown on a click only.
    Folded(&'static str),
}

struct Part {
    heading: Heading,
    /// What stands before the rows.
    header: String,
    cap: usize,
    /// How many rows there would be.
    total: u64,
}

impl Comment {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.length += text.chars().count();
    }

    /// As many rows as fit, and how many were left out.
    fn part(&mut self, part: &Part, rows: impl Iterator<Item = String>) {
        if part.total == 0 {
            return;
        }
        let heading = match part.heading {
            Heading::Open(heading) => format!("\n### {heading}\n\n"),
            Heading::Folded(heading) => {
                format!("\n<details><summary>{heading} ({})</summary>\n\n", part.total)
            }
        };
        self.push(&heading);
        self.push(&part.header);
        let mut shown = 0;
        for row in rows {
            if self.length + row.chars().count() > part.cap {
                break;
            }
            self.push(&row);
            shown += 1;
        }
        if shown < part.total {
            let more = part.total - shown;
            self.push(&self.lang.pick(
                format!(
                    "\n… and {more} more, left out because a comment has 65,536 characters. The JSON report has all.\n"
                ),
                format!("\n… ほか {more} 件（コメントの上限 65,536 文字のため省略。全件は JSON レポートにある）\n"),
            ));
        }
        if matches!(part.heading, Heading::Folded(_)) {
            self.push("\n</details>\n");
        }
    }

    /// What to do about each guardrail that fails or could not be judged.
    fn remedies(&mut self, survey: &Survey, guardrails: &Guardrails<'_>) {
        let lang = self.lang;
        let mut rows: Vec<String> = Vec::new();
        let shown = survey.first(Standing::Failing).filter_map(|finding| guardrails.get(finding));
        for guardrail in shown {
            let remediation = escape(guardrail.remediation.get(lang));
            let row =
                format!("- **{}** ({})<br>{remediation}\n", escape(guardrail.title.get(lang)), code(&guardrail.id));
            if !rows.contains(&row) {
                rows.push(row);
            }
        }
        let part = Part {
            heading: Heading::Folded(lang.pick("What to do", "対処方法")),
            header: String::new(),
            cap: cap::REMEDIES,
            total: rows.len() as u64,
        };
        self.part(&part, rows.into_iter());
    }

    /// What could not be seen, and what nobody looks at.
    fn coverage(&mut self, document: &Document<'_>, survey: &Survey) {
        let lang = self.lang;
        let gaps = survey.gaps.iter().map(|((cause, kind), unseen)| {
            let (cause, places) = (code(&cause.describe(lang)), code(&unseen.describe(lang)));
            format!("- {}: {cause} ({places})\n", code(kind))
        });
        let part = Part {
            heading: Heading::Open(lang.pick("Not seen", "確認できなかったもの")),
            header: String::new(),
            cap: cap::GAPS,
            total: survey.gaps.len() as u64,
        };
        self.part(&part, gaps);
        let unread = &document.report.unread;
        let rows = unread.iter().map(|(kind, count)| format!("- {}: {count}\n", code(kind)));
        let part = Part {
            heading: Heading::Folded(
                lang.pick("Declared types that no guardrail reads", "どのガードレールも判定しないリソースタイプ"),
            ),
            header: String::new(),
            cap: cap::UNREAD,
            total: unread.len() as u64,
        };
        self.part(&part, rows);
    }
}

fn header(lang: Lang) -> String {
    let names = lang.pick(
        ["Severity", "Guardrail", "Where", "Resource", "Why"],
        ["重大度", "ガードレール", "場所", "リソース", "理由"],
    );
    format!("| {} |\n|---|---|---|---|---|\n", names.join(" | "))
}

fn row(finding: &Finding, guardrails: &Guardrails<'_>, lang: Lang) -> String {
    let place = spot(finding).unwrap_or_else(|| format!("{} {}", finding.account, finding.region));
    let kind = code(&finding.resource.resource_type);
    let resource = match &finding.origin {
        None => format!("{kind}<br>{}", code(&finding.resource.name)),
        Some(origin) => {
            let construct = origin.construct.as_deref().map(|path| format!("<br>{}", code(path))).unwrap_or_default();
            format!("{kind}<br>{}{construct}", code(&origin.logical_id))
        }
    };
    let reason = reason(finding, lang);
    let reason = if reason.is_empty() { reason } else { code(&reason) };
    format!(
        "| {} | {}<br>{} | {} | {resource} | {reason} |\n",
        finding.severity.label(lang),
        escape(&guardrails.title(finding, lang)),
        code(finding.alias.as_deref().unwrap_or(&finding.guardrail)),
        code(&place),
    )
}

/// A text from outside as code, in which neither GitHub nor GitLab looks for names of users, issues or commits.
fn code(text: &str) -> String {
    let short = match text.char_indices().nth(TEXT_LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    };
    format!("<code>{}</code>", escape(&short))
}

/// Punctuation that means nothing to Markdown within a line.
const PLAIN: &str = ",.;:/-%?()='+\"{}";

/// One line that means nothing to Markdown and HTML but itself: what could mean something becomes a character reference,
/// which never is syntax. Addresses are broken up, as they would become links by themselves.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let text = line(text);
    for (at, c) in text.char_indices() {
        let (before, rest) = text.split_at(at);
        let of_www = |before: &str| {
            before.get(before.len().saturating_sub(3)..).is_some_and(|end| end.eq_ignore_ascii_case("www"))
        };
        let address = rest.starts_with("://") || (c == '.' && of_www(before));
        if address || (c.is_ascii_punctuation() && !PLAIN.contains(c)) {
            escaped.push_str(&format!("&#{};", u32::from(c)));
        } else {
            escaped.push(c);
        }
        if c == '@' {
            escaped.push('\u{200b}');
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::sample::Sample;
    use super::*;

    #[test]
    fn of_a_template() {
        insta::assert_snapshot!("markdown-en", Sample::template().render("markdown", Lang::En));
        insta::assert_snapshot!("markdown-ja", Sample::template().render("markdown", Lang::Ja));
    }

    #[test]
    fn of_a_fleet() {
        insta::assert_snapshot!("markdown-fleet", Sample::fleet().render("markdown", Lang::En));
    }

    #[test]
    fn of_nothing() {
        let text = Sample::empty().render("markdown", Lang::En);
        assert!(text.contains("not established") && text.lines().count() == 4, "{text}");
    }

    #[test]
    fn github_takes_it_whatever_the_size_and_it_says_what_is_missing() {
        let text = Sample::many(3_000, 3_000).render("markdown", Lang::Ja);
        assert!(text.chars().count() < 65_000, "{}", text.chars().count());
        let rows = text.lines().filter(|line| line.starts_with("| 高")).count();
        assert!(rows > 100 && text.contains(&format!("ほか {} 件", 3_000 - rows)), "{rows} rows");
    }

    #[test]
    fn a_name_adds_no_column_no_row_and_no_element() {
        let text = Sample::nasty().render("markdown", Lang::En);
        let rows: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert!(rows.iter().all(|row| row.matches('|').count() == 6), "{text}");
        assert_eq!(escape("see WWW.example.com, http://a"), "see WWW&#46;example.com, http&#58;//a");
        for forbidden in ["<img", "](", "://", "@team", "`", "&amp;[", "\u{1b}"] {
            assert!(!text.contains(forbidden), "{forbidden}: {text}");
        }
    }

    proptest! {
        #[test]
        fn only_letters_and_character_references_are_left(text: String) {
            let escaped = escape(&text);
            prop_assert!(!escaped.contains(|c: char| c.is_control()));
            let mut rest = escaped.as_str();
            while let Some(start) = rest.find(|c: char| c.is_ascii_punctuation() && !PLAIN.contains(c)) {
                let reference = &rest[start..];
                prop_assert!(reference.starts_with("&#"), "{}", escaped);
                let end = reference.find(';').unwrap();
                prop_assert!(reference[2..end].parse::<u8>().is_ok());
                rest = &reference[end + 1..];
            }
        }
    }
}
