//! Addresses and references: `module.a["k"].aws_s3_bucket.b[0].arn` as steps.

/// A name with the key that selects an instance of it, if any: `b[0]`, `a["k"]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Step<'a> {
    pub(super) name: &'a str,
    /// As Terraform writes it: `0`, `"k"`.
    pub(super) key: Option<&'a str>,
}

/// Splits at dots outside brackets and quotes.
pub(super) fn steps(text: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let (mut start, mut depth, mut quoted, mut escaped) = (0, 0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            b'.' if depth == 0 => {
                steps.push(step(&text[start..at]));
                start = at + 1;
            }
            _ => {}
        }
    }
    steps.push(step(&text[start..]));
    steps
}

fn step(text: &str) -> Step<'_> {
    match text.split_once('[') {
        Some((name, key)) => Step { name, key: Some(key.strip_suffix(']').unwrap_or(key)) },
        None => Step { name: text, key: None },
    }
}

/// The module calls at the head of an address, and the rest: `module.a["k"].module.b.aws_vpc.x`.
pub(super) fn modules(text: &str) -> (Vec<Step<'_>>, Vec<Step<'_>>) {
    let mut rest = steps(text);
    let mut calls = Vec::new();
    while let [Step { name: "module", key: None }, call, ..] = rest.as_slice() {
        calls.push(call.clone());
        rest.drain(..2);
    }
    (calls, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_may_hold_dots_quotes_and_brackets() {
        let (calls, rest) = modules(r#"module.a["x.y"].module.b.aws_s3_bucket.c["d[\"0\"].e"].arn"#);
        assert_eq!(calls, [Step { name: "a", key: Some(r#""x.y""#) }, Step { name: "b", key: None }]);
        assert_eq!(rest[1], Step { name: "c", key: Some(r#""d[\"0\"].e""#) });
        assert_eq!(rest[2], Step { name: "arn", key: None });
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}", shaped in r#"[module.\[\]"\\ab0é]{0,60}"#) {
            modules(&text);
            modules(&shaped);
        }
    }
}
