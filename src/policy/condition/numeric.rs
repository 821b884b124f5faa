//! Numeric operators: integers and decimals.

use std::cmp::Ordering;

/// With at most this many digits, decimals and their nearest binary numbers have the same order.
const MAX_DIGITS: usize = 15;

pub(super) fn compare(given: &str, listed: &str) -> Option<Ordering> {
    number(given)?.partial_cmp(&number(listed)?)
}

/// Reads a plain decimal; nothing for exponents, and for more digits than can be told apart.
pub(in crate::policy) fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    (plain(whole) && plain(fraction) && whole.len() + fraction.len() <= MAX_DIGITS).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_compared_as_numbers() {
        assert_eq!(compare("9", "10"), Some(Ordering::Less));
        assert_eq!(compare("-1.50", "-1.5"), Some(Ordering::Equal));
        assert_eq!(compare("+3", "3.0"), Some(Ordering::Equal));
        for odd in ["", "x", "1e3", "1.", ".5", "1234567890123456", "NaN", "--1"] {
            assert_eq!(compare(odd, "1"), None, "{odd}");
        }
    }
}
