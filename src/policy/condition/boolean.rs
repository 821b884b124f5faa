//! `Bool`, and the values of `Null`.

/// Reads `true` or `false`.
pub(super) fn truth(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Nothing when one of them is neither `true` nor `false`.
pub(super) fn equal(given: &str, listed: &str) -> Option<bool> {
    Some(truth(given)? == truth(listed)?)
}
