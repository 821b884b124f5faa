//! Wildcard patterns: `*` is any text, `?` any one character, as actions, resources and conditions use them.

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Token {
    Char(char),
    /// Any one character.
    One,
    /// Any text.
    Many,
    /// Any one character but a colon.
    OneInPart,
    /// Any text without a colon.
    ManyInPart,
}

impl Token {
    /// Whether the step may consume the character.
    pub(super) fn takes(self, c: char) -> bool {
        match self {
            Self::Char(own) => own == c,
            Self::One | Self::Many => true,
            Self::OneInPart | Self::ManyInPart => c != ':',
        }
    }

    /// Whether the step may consume nothing, and more than one character.
    pub(super) fn repeats(self) -> bool {
        matches!(self, Self::Many | Self::ManyInPart)
    }
}

/// A pattern, ready to be compared. A folded one ignores the case of ASCII letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Glob {
    pub(super) tokens: Vec<Token>,
    pub(super) fold: bool,
}

impl Glob {
    pub(super) fn new(tokens: Vec<Token>) -> Self {
        Self { tokens, fold: false }
    }

    /// A pattern that ignores the case of ASCII letters.
    pub(super) fn folded(tokens: impl IntoIterator<Item = Token>) -> Self {
        let lower = |token| match token {
            Token::Char(c) => Token::Char(c.to_ascii_lowercase()),
            other => other,
        };
        Self { tokens: tokens.into_iter().map(lower).collect(), fold: true }
    }

    /// Reads `*` and `?` as wildcards.
    pub(super) fn wildcards(text: &str) -> Self {
        Self::new(tokens(text).collect())
    }

    /// The same pattern with wildcards that stay inside the parts of an ARN. With `trailing`, one that ends a part may
    /// still go beyond it.
    pub(super) fn within_parts(&self, trailing: bool) -> Self {
        let ends_part = |at: usize| self.tokens.get(at + 1).is_none_or(|next| matches!(next, Token::Char(':')));
        let confine = |(at, token): (usize, &Token)| match token {
            Token::Many if trailing && ends_part(at) => Token::Many,
            Token::Many => Token::ManyInPart,
            Token::One => Token::OneInPart,
            other => *other,
        };
        Self { tokens: self.tokens.iter().enumerate().map(confine).collect(), fold: self.fold }
    }

    /// Whether it is `*`, or several of them.
    pub(super) fn is_everything(&self) -> bool {
        !self.tokens.is_empty() && self.tokens.iter().all(|token| matches!(token, Token::Many))
    }

    /// The pattern as it would be written.
    pub(super) fn text(&self) -> String {
        let character = |token: &Token| match token {
            Token::Char(c) => *c,
            Token::One | Token::OneInPart => '?',
            Token::Many | Token::ManyInPart => '*',
        };
        self.tokens.iter().map(character).collect()
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        if self.tokens.iter().any(|token| matches!(token, Token::ManyInPart)) {
            self.matches_by_states(text)
        } else {
            self.matches_greedily(&text.chars().map(|c| self.folded_char(c)).collect::<Vec<_>>())
        }
    }

    /// Whether a pattern without wildcards is the text when the case of every letter, of any script, is ignored.
    pub(super) fn matches_ignoring_all_case(&self, text: &str) -> bool {
        let own: String = self
            .tokens
            .iter()
            .filter_map(|token| match token {
                Token::Char(c) => Some(*c),
                _ => None,
            })
            .collect();
        !(own.is_ascii() && text.is_ascii()) && own.to_lowercase() == text.to_lowercase()
    }

    pub(super) fn folded_char(&self, c: char) -> char {
        if self.fold { c.to_ascii_lowercase() } else { c }
    }

    /// Going back to the last `*` is enough where every `*` takes any character.
    fn matches_greedily(&self, text: &[char]) -> bool {
        let (mut at, mut here) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while let Some(c) = text.get(here) {
            match self.tokens.get(at) {
                Some(Token::Many) => {
                    star = Some((at, here));
                    at += 1;
                }
                Some(token) if token.takes(*c) => {
                    at += 1;
                    here += 1;
                }
                _ => match star.as_mut() {
                    Some((star_at, star_here)) => {
                        *star_here += 1;
                        (at, here) = (*star_at + 1, *star_here);
                    }
                    None => return false,
                },
            }
        }
        self.tokens.iter().skip(at).all(|token| token.repeats())
    }

    /// All positions at once, for wildcards that do not take every character.
    fn matches_by_states(&self, text: &str) -> bool {
        let mut states = vec![false; self.tokens.len() + 1];
        let mut next = states.clone();
        if let Some(first) = states.first_mut() {
            *first = true;
        }
        self.skip_repeats(&mut states);
        for c in text.chars().map(|c| self.folded_char(c)) {
            next.fill(false);
            for (at, token) in self.tokens.iter().enumerate() {
                if states[at] && token.takes(c) {
                    next[if token.repeats() { at } else { at + 1 }] = true;
                }
            }
            self.skip_repeats(&mut next);
            std::mem::swap(&mut states, &mut next);
        }
        states.last().copied().unwrap_or(false)
    }

    fn skip_repeats(&self, states: &mut [bool]) {
        for (at, token) in self.tokens.iter().enumerate() {
            if states[at] && token.repeats() {
                states[at + 1] = true;
            }
        }
    }
}

/// The steps of a text whose `*` and `?` are wildcards.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Token> + '_ {
    text.chars().map(|c| match c {
        '*' => Token::Many,
        '?' => Token::One,
        c => Token::Char(c),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wildcards_match_any_text_and_any_character() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a?c", "ac", false),
            ("a?c", "あ", false),
            ("?", "あ", true),
            ("*a*b*", "xxaxxb", true),
            ("*a*b*", "xxbxxa", false),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b/c", true),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(Glob::wildcards(pattern).matches(text), expected, "{pattern} {text}");
        }
        assert!(Glob::folded(tokens("Create*")).matches("createX"));
        assert!(!Glob::wildcards("Create*").matches("createX"));
    }

    #[test]
    fn wildcards_in_parts_do_not_cross_a_colon() {
        let glob = Glob::wildcards("arn:aws:s:*:1:f/*").within_parts(false);
        assert!(glob.matches("arn:aws:s:us-east-2:1:f/d"));
        assert!(!glob.matches("arn:aws:s:us-east-2:9:store:1:f/d"));
        assert!(Glob::wildcards("a:x*").within_parts(true).matches("a:xy:z"));
        assert!(!Glob::wildcards("a:x*y").within_parts(true).matches("a:x:y"));
    }

    proptest! {
        #[test]
        fn both_ways_of_matching_agree(pattern in "[ab*?]{0,8}", text in "[ab]{0,10}") {
            let glob = Glob::wildcards(&pattern);
            prop_assert_eq!(glob.matches(&text), glob.matches_by_states(&text));
        }
    }
}
