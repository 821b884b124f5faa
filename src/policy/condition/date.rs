//! Date operators: ISO 8601 as the W3C profiles it, or seconds since 1970.
//!
//! <https://www.w3.org/TR/NOTE-datetime>

use std::cmp::Ordering;

use chrono::DateTime;

pub(super) fn compare(given: &str, listed: &str) -> Option<Ordering> {
    Some(moment(given)?.cmp(&moment(listed)?))
}

/// Nanoseconds since 1970. Four digits alone may be a year or seconds, and are not read.
pub(in crate::policy) fn moment(text: &str) -> Option<i128> {
    const SECOND: i128 = 1_000_000_000;
    let all_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    if all_digits && text.len() != 4 {
        // Longer ones might be milliseconds.
        return (1..=11).contains(&text.len()).then(|| text.parse::<i128>().ok()).flatten().map(|s| s * SECOND);
    }
    let whole = match text.len() {
        7 => format!("{text}-01T00:00:00Z"),
        10 => format!("{text}T00:00:00Z"),
        _ => with_seconds(text),
    };
    let time = DateTime::parse_from_rfc3339(&whole).ok()?;
    Some(i128::from(time.timestamp()) * SECOND + i128::from(time.timestamp_subsec_nanos()))
}

/// `…T10:20Z` is a time to the minute.
fn with_seconds(text: &str) -> String {
    let zone = text.find('T').and_then(|t| text[t..].find(['Z', '+', '-']).map(|zone| t + zone));
    match zone {
        Some(zone) if text[..zone].matches(':').count() == 1 => format!("{}:00{}", &text[..zone], &text[zone..]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_notations_are_the_same_moment() {
        assert_eq!(compare("1970-01-02", "86400"), Some(Ordering::Equal));
        assert_eq!(compare("2020-01-01T09:00+09:00", "2020-01-01T00:00:00Z"), Some(Ordering::Equal));
        assert_eq!(compare("2020-01-01T00:00:00.5Z", "2020-01-01T00:00:00Z"), Some(Ordering::Greater));
        assert_eq!(compare("2020-02", "2020-01-31T23:59:59Z"), Some(Ordering::Greater));
        for odd in ["", "2020", "2020-13-01", "yesterday", "2020-01-01T00:00:00", "あ-01-01", "1577836800000"] {
            assert_eq!(compare(odd, "0"), None, "{odd}");
        }
    }
}
