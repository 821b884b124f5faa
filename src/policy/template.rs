//! Texts of a policy with wildcards and policy variables.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>

use std::sync::Arc;

use super::glob::{Glob, Token};
use super::request::{Context, KeyValue};
use super::truth::Reason;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Token(Token),
    Variable {
        key: String,
        default: Option<String>,
    },
    /// A `${` that is not closed, or names nothing.
    Malformed,
}

/// A text as written, with its variables found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub written: Arc<str>,
    parts: Vec<Part>,
}

/// What wildcards mean where the text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// They are ordinary characters.
    Exact,
    /// Ordinary characters, and the case of letters does not count.
    ExactIgnoreCase,
    Like,
    /// Six parts, compared one by one; wildcards stay inside the first five.
    Arn,
}

/// A text whose variables are replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    Glob(Glob),
    /// A variable has no value, so that nothing matches.
    Nothing,
    Open(Arc<Reason>),
}

impl Template {
    /// Reads a text; only the language of 2012-10-17 has variables.
    pub(super) fn parse(text: &str, variables: bool) -> Self {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(start) = rest.find("${").filter(|_| variables) {
            parts.extend(super::glob::tokens(&rest[..start]).map(Part::Token));
            let inside = &rest[start + 2..];
            let Some(end) = inside.find('}') else {
                parts.push(Part::Malformed);
                rest = "";
                break;
            };
            parts.push(variable(&inside[..end]));
            rest = &inside[end + 1..];
        }
        parts.extend(super::glob::tokens(rest).map(Part::Token));
        Self { written: text.into(), parts }
    }

    pub(super) fn has_variable(&self) -> bool {
        self.parts.iter().any(|part| !matches!(part, Part::Token(_)))
    }

    /// The keys of its variables, in lower case.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable { key, .. } => Some(key.as_str()),
            _ => None,
        })
    }

    /// Whether a variable stands before the fifth colon, where a resource may have none. A placeholder that is no key
    /// stands for nothing anywhere.
    pub(super) fn has_early_variable(&self) -> bool {
        let early = self.parts.iter().scan(0, |colons, part| {
            *colons += usize::from(*part == Part::Token(Token::Char(':')));
            (*colons < 5).then_some(part)
        });
        early.into_iter().any(|part| match part {
            Part::Token(_) => false,
            Part::Variable { key, .. } => key.contains(':'),
            Part::Malformed => true,
        })
    }

    /// Replaces the variables by the values of the request. What is put in is never read as a wildcard.
    pub(super) fn resolve(&self, style: Style, context: &Context) -> Resolved {
        let mut tokens = Vec::new();
        let mut colons = 0;
        for part in &self.parts {
            match part {
                Part::Token(token) => {
                    if matches!(token, Token::Char(':')) {
                        colons += 1;
                    }
                    tokens.push(step(*token, style, colons));
                }
                Part::Malformed => return self.open(),
                Part::Variable { key, default } => {
                    let text = match context.variable(key) {
                        KeyValue::Open(reason) => return Resolved::Open(reason),
                        KeyValue::Absent => match default {
                            None => return Resolved::Nothing,
                            Some(text) if text.contains(['*', '?']) => return self.open(),
                            Some(text) => text.clone(),
                        },
                        KeyValue::Values(mut values) => match (values.pop(), values.is_empty()) {
                            (Some(text), true) => text,
                            _ => return Resolved::Open(Arc::new(Reason::SeveralValues(key.clone()))),
                        },
                    };
                    if style == Style::Arn && colons < 5 && text.contains(':') {
                        return self.open();
                    }
                    tokens.extend(text.chars().map(Token::Char));
                }
            }
        }
        match style {
            Style::Arn if colons < 5 => Resolved::Open(Arc::new(Reason::ShortArn(self.written.to_string()))),
            Style::ExactIgnoreCase => Resolved::Glob(Glob::folded(tokens)),
            _ => Resolved::Glob(Glob::new(tokens)),
        }
    }

    fn open(&self) -> Resolved {
        Resolved::Open(Arc::new(Reason::Variable(self.written.to_string())))
    }
}

fn step(token: Token, style: Style, colons: usize) -> Token {
    match (style, token) {
        (Style::Exact | Style::ExactIgnoreCase, Token::Many) => Token::Char('*'),
        (Style::Exact | Style::ExactIgnoreCase, Token::One) => Token::Char('?'),
        (Style::Arn, Token::Many) if colons < 5 => Token::ManyInPart,
        (Style::Arn, Token::One) if colons < 5 => Token::OneInPart,
        (_, token) => token,
    }
}

/// What stands between `${` and `}`: a key, maybe with a default in quotes, or a character that is not a wildcard.
fn variable(text: &str) -> Part {
    if let "*" | "?" | "$" = text {
        return text.chars().next().map_or(Part::Malformed, |c| Part::Token(Token::Char(c)));
    }
    let (key, default) = match text.split_once(',') {
        None => (text, None),
        Some((key, default)) => {
            let quoted = default.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            let Some(default) = quoted else { return Part::Malformed };
            (key, Some(default.to_owned()))
        }
    };
    match key.trim() {
        "" => Part::Malformed,
        key => Part::Variable { key: key.to_ascii_lowercase(), default },
    }
}
