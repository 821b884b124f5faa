//! `BinaryEquals`: bytes, written in base 64 on both sides.

/// Whether two encoded values are the same bytes; nothing when one is not encoded in the one standard way.
pub(super) fn equal(given: &str, listed: &str) -> Option<bool> {
    (is_canonical(given) && is_canonical(listed)).then_some(given == listed)
}

/// Whether a text is the only encoding of its bytes: then equal texts and equal bytes are the same.
fn is_canonical(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    // The bits that the padding leaves over must be zero.
    let spare = match text.len() - body.len() {
        0 => 0,
        1 => 0b11,
        2 => 0b1111,
        _ => return false,
    };
    text.len().is_multiple_of(4)
        && body.bytes().all(|byte| value(byte).is_some())
        && body.bytes().next_back().and_then(value).is_none_or(|last| last & spare == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_encoding_is_compared() {
        assert_eq!(equal("QmluYXJ5", "QmluYXJ5"), Some(true));
        assert_eq!(equal("QQ==", "Qg=="), Some(false));
        for odd in ["QQ", "QR==", "Q===", "====", "Q Q=", "QUJ="] {
            assert_eq!(equal(odd, "QQ=="), None, "{odd}");
        }
    }
}
