//! What the formats for CI systems say of a finding: how it stands, where it is, and in which words; the same in each.

use std::collections::BTreeMap;

use super::table::{evidence, line};
use crate::model::{Finding, GLOBAL, GuardrailSummary, Lang, Place, Report, Verdict, WaiverState};

/// How a finding stands for somebody who wants to merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing {
    /// A failure that counts.
    Failing,
    Unknown,
    /// A failure that an exception covers.
    Waived,
    /// A failure of the baseline.
    Known,
    Passing,
    NotApplicable,
}

impl Standing {
    pub(super) fn of(finding: &Finding) -> Self {
        match finding.verdict {
            Verdict::Pass => Self::Passing,
            Verdict::Unknown => Self::Unknown,
            Verdict::NotApplicable => Self::NotApplicable,
            Verdict::Fail if finding.counts() => Self::Failing,
            Verdict::Fail if finding.known => Self::Known,
            Verdict::Fail => Self::Waived,
        }
    }

    /// Whether somebody has to look at it.
    pub(super) fn is_open(self) -> bool {
        !matches!(self, Self::Passing | Self::NotApplicable)
    }

    pub(super) fn label(self, lang: Lang) -> &'static str {
        match self {
            Self::Failing => Verdict::Fail.label(lang),
            Self::Unknown => Verdict::Unknown.label(lang),
            Self::Waived => lang.pick("fail, waived", "違反・例外承認済み"),
            Self::Known => lang.pick("fail, in the baseline", "違反・ベースラインにあり"),
            Self::Passing => Verdict::Pass.label(lang),
            Self::NotApplicable => Verdict::NotApplicable.label(lang),
        }
    }
}

/// The guardrails of a report by id.
pub(super) struct Guardrails<'a>(BTreeMap<&'a str, (usize, &'a GuardrailSummary)>);

impl<'a> Guardrails<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        let numbered = report.guardrails.iter().enumerate();
        Self(numbered.map(|(index, guardrail)| (guardrail.id.as_str(), (index, guardrail))).collect())
    }

    /// The guardrail of a finding; none when a kept finding is of a guardrail that is no longer selected.
    pub(super) fn get(&self, finding: &Finding) -> Option<&'a GuardrailSummary> {
        self.0.get(finding.guardrail.as_str()).map(|(_, guardrail)| *guardrail)
    }

    /// Its place in the report.
    pub(super) fn index(&self, finding: &Finding) -> Option<usize> {
        self.0.get(finding.guardrail.as_str()).map(|(index, _)| *index)
    }

    /// What must hold, in a sentence; the id where the guardrail is not known.
    pub(super) fn title(&self, finding: &Finding, lang: Lang) -> String {
        line(self.get(finding).map_or(&finding.guardrail, |guardrail| guardrail.title.get(lang)))
    }
}

/// The file that declares the resource, relative where it was given so.
pub(super) fn file(finding: &Finding) -> Option<&str> {
    finding.origin.as_ref().map(|origin| origin.file.strip_prefix("./").unwrap_or(&origin.file))
}

/// The file that declares the resource; for a live one a path that no file has, as CI systems require one:
/// `aws/111111111111/ap-northeast-1/AWS-S3-Bucket/logs`.
pub(super) fn path(finding: &Finding) -> String {
    if let Some(file) = file(finding) {
        return line(file);
    }
    let part = |text: &str| line(text).replace(['/', '\\'], "-");
    let kind = finding.resource.resource_type.replace("::", "-");
    let parts = [finding.account.as_str(), &finding.region, &kind, &finding.resource.name].map(part);
    format!("aws/{}", parts.join("/"))
}

/// Where to look in the file, as far as it is known: `infra/network.yaml:12`.
pub(super) fn spot(finding: &Finding) -> Option<String> {
    let place = finding.place().map(|place| format!(":{}", place.line)).unwrap_or_default();
    file(finding).map(|file| line(&format!("{file}{place}")))
}

/// The lines to look at; the first line of the file where none is known, as CI systems require one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lines {
    pub(super) first: u32,
    pub(super) last: u32,
    /// The first column and the one behind the last; the latter is nothing where the whole last line is meant.
    pub(super) columns: Option<(u32, Option<u32>)>,
}

impl Lines {
    pub(super) fn of(finding: &Finding) -> Self {
        let Some(Place { line, column, end_line, end_column }) = finding.place() else {
            return Self { first: 1, last: 1, columns: None };
        };
        let (first, column) = (line.max(1), column.max(1));
        // A block of YAML ends before the first character of the line that follows it.
        if end_column <= 1 && end_line > first {
            return Self { first, last: end_line - 1, columns: Some((column, None)) };
        }
        let end = (end_line > first || end_column > column).then_some(end_column);
        Self { first, last: end_line.max(first), columns: Some((column, end)) }
    }
}

/// The resource: its type and its name in the file, or its account, region and name in AWS.
pub(super) fn subject(finding: &Finding, lang: Lang) -> String {
    let kind = &finding.resource.resource_type;
    if let Some(origin) = &finding.origin {
        let construct = origin.construct.as_deref().map(|path| format!(" ({path})")).unwrap_or_default();
        return line(&format!("{kind} {}{construct}", origin.logical_id));
    }
    let region = if finding.region == GLOBAL { lang.pick("global", "グローバル") } else { &finding.region };
    // Of a whole account or region its id is all there is to say.
    let named = [finding.account.as_str(), &finding.region].iter().all(|id| *id != finding.resource.name);
    let name = if named { format!(" {}", finding.resource.name) } else { String::new() };
    line(&format!("{} {region} {kind}{name}", finding.account))
}

/// What the verdict rests on, in one line: the values found, or the cause of not knowing; and the exception.
pub(super) fn reason(finding: &Finding, lang: Lang) -> String {
    let mut parts = match &finding.evidence.cause {
        Some(cause) => vec![cause.describe(lang)],
        None => evidence(finding, lang),
    };
    parts.extend(waiver(finding, lang));
    line(&parts.join(lang.pick("; ", "、")))
}

/// The exception that is claimed for a failure, and whether it counts.
pub(super) fn waiver(finding: &Finding, lang: Lang) -> Option<String> {
    let waiver = finding.waiver.as_ref()?;
    let mut text = match waiver.state {
        WaiverState::Accepted => lang.pick("waived", "例外承認済み"),
        WaiverState::Expired => lang.pick("its waiver has expired and does not count", "例外承認の期限切れのため無効"),
        WaiverState::Incomplete => {
            lang.pick("its waiver is incomplete and does not count", "例外承認の記載不備のため無効")
        }
    }
    .to_owned();
    let details = [
        (lang.pick("reason", "理由"), &waiver.reason),
        (lang.pick("until", "期限"), &waiver.expires),
        (lang.pick("approved by", "承認者"), &waiver.approver),
    ];
    for (label, detail) in details {
        if let Some(detail) = detail {
            text.push_str(&lang.pick(format!(", {label}: {detail}"), format!("、{label}: {detail}")));
        }
    }
    Some(text)
}

/// Everything in one line: how it stands, what must hold, of which resource, and why.
pub(super) fn sentence(finding: &Finding, title: &str, lang: Lang) -> String {
    let (label, subject, reason) = (Standing::of(finding).label(lang), subject(finding, lang), reason(finding, lang));
    let reason = if reason.is_empty() { reason } else { format!(": {reason}") };
    format!("[{label}] {title} — {subject}{reason}")
}

#[cfg(test)]
mod tests {
    use super::super::sample::Sample;
    use super::*;

    fn lines(line: u32, column: u32, end_line: u32, end_column: u32) -> Lines {
        let mut finding = Sample::template().finding("Logs").clone();
        finding.evidence.observed = Vec::new();
        let mut origin = finding.origin.as_deref().cloned().unwrap();
        origin.place = Some(Place { line, column, end_line, end_column });
        finding.origin = Some(origin.into());
        Lines::of(&finding)
    }

    #[test]
    fn a_block_that_ends_at_the_start_of_a_line_ends_with_the_line_before() {
        assert_eq!(lines(3, 5, 9, 1), Lines { first: 3, last: 8, columns: Some((5, None)) });
        assert_eq!(lines(3, 5, 9, 4), Lines { first: 3, last: 9, columns: Some((5, Some(4))) });
        assert_eq!(lines(3, 5, 3, 9), Lines { first: 3, last: 3, columns: Some((5, Some(9))) });
        assert_eq!(lines(0, 0, 0, 0), Lines { first: 1, last: 1, columns: Some((1, None)) });
    }

    #[test]
    fn a_name_cannot_lengthen_the_path_of_a_live_resource() {
        let mut finding = Sample::fleet().finding("town-logs").clone();
        finding.resource.name = "../../a/b\n".into();
        assert_eq!(path(&finding), "aws/111111111111/ap-northeast-1/AWS-S3-Bucket/..-..-a-b ");
    }

    #[test]
    fn an_exception_that_does_not_count_is_said_to_be_so() {
        let finding = Sample::template().finding("Old").clone();
        assert_eq!(Standing::of(&finding), Standing::Failing);
        assert!(reason(&finding, Lang::En).contains("expired"), "{}", reason(&finding, Lang::En));
    }
}
