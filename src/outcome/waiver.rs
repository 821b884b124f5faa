//! Exceptions that are written beside resources: which failures they cover, and whether they count.

use chrono::NaiveDate;

use crate::model::{AppliedWaiver, Finding, InlineWaiver, Verdict, WaiverState};

/// Puts the exception that a resource carries for a failure beside it. `today` decides what has expired.
pub(super) fn apply(finding: &mut Finding, today: NaiveDate) {
    if finding.verdict != Verdict::Fail {
        return;
    }
    let names = [Some(finding.guardrail.as_str()), finding.alias.as_deref()];
    let covers =
        |waiver: &&InlineWaiver| names.iter().flatten().any(|name| waiver.guardrail.eq_ignore_ascii_case(name));
    let waivers = finding.origin.iter().flat_map(|origin| &origin.waivers).filter(covers);
    // Of several, one that counts is enough.
    finding.waiver = waivers.map(|waiver| applied(waiver, today)).min_by_key(|waiver| waiver.state);
}

fn applied(waiver: &InlineWaiver, today: NaiveDate) -> AppliedWaiver {
    let reason = waiver.reason.as_deref().is_some_and(|reason| !reason.trim().is_empty());
    let last_day = waiver.expires.as_deref().map(|text| NaiveDate::parse_from_str(text, "%Y-%m-%d"));
    let state = match last_day {
        _ if !reason => WaiverState::Incomplete,
        Some(Err(_)) => WaiverState::Incomplete,
        Some(Ok(last_day)) if last_day < today => WaiverState::Expired,
        Some(Ok(_)) | None => WaiverState::Accepted,
    };
    let InlineWaiver { reason, expires, approver, .. } = waiver.clone();
    AppliedWaiver { state, reason, expires, approver }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_counts_with_a_reason_and_until_its_last_day() {
        let today = NaiveDate::from_ymd_opt(2026, 11, 26).unwrap();
        let state = |reason: Option<&str>, expires: Option<&str>| {
            let text = |text: &str| text.to_owned();
            let waiver =
                InlineWaiver { reason: reason.map(text), expires: expires.map(text), ..InlineWaiver::default() };
            applied(&waiver, today).state
        };
        assert_eq!(state(Some("a public site"), Some("2026-11-26")), WaiverState::Accepted);
        assert_eq!(state(Some("a public site"), None), WaiverState::Accepted);
        assert_eq!(state(Some("a public site"), Some("2026-11-25")), WaiverState::Expired);
        assert_eq!(state(Some(" "), Some("2026-11-26")), WaiverState::Incomplete);
        assert_eq!(state(None, None), WaiverState::Incomplete);
        assert_eq!(state(Some("a public site"), Some("next year")), WaiverState::Incomplete);
    }
}
