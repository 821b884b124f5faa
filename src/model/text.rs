//! Texts in both languages of the users, and the severity scale.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The language of everything that is printed for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Lang {
    En,
    Ja,
}

impl Lang {
    /// Japanese for a locale such as `ja`, `ja_JP.UTF-8` or `ja-JP`, English for any other.
    pub fn from_locale(locale: &str) -> Self {
        match locale.split(['_', '-', '.', '@']).next() {
            Some(language) if language.eq_ignore_ascii_case("ja") => Self::Ja,
            _ => Self::En,
        }
    }

    /// The text of this language out of an English and a Japanese one.
    pub fn pick<T>(self, en: T, ja: T) -> T {
        match self {
            Self::En => en,
            Self::Ja => ja,
        }
    }
}

/// A text in English and Japanese. Rule files must give both.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub en: String,
    pub ja: String,
}

impl Text {
    /// The text that a function gives for each language.
    pub fn of(text: impl Fn(Lang) -> String) -> Self {
        Self { en: text(Lang::En), ja: text(Lang::Ja) }
    }

    pub fn get(&self, lang: Lang) -> &str {
        lang.pick(&self.en, &self.ja)
    }
}

/// The text without characters that steer a terminal or reorder what is read: each is replaced by a visible one of the
/// same length in UTF-8, so that byte positions stay. Line feeds and tabs stay.
pub fn visible(text: &str) -> String {
    let replace = |c: char| match c {
        '\n' | '\t' => c,
        c if c.is_control() => {
            if c.len_utf8() == 1 {
                '?'
            } else {
                '¿'
            }
        }
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c => c,
    };
    text.chars().map(replace).collect()
}

/// How bad a broken guardrail is. Ordered: `Low < Medium < High < Critical`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// Most severe first, the order of every listing.
    pub const DESCENDING: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    pub fn label(self, lang: Lang) -> &'static str {
        match (lang, self) {
            (Lang::En, _) => self.as_str(),
            (Lang::Ja, Self::Low) => "低",
            (Lang::Ja, Self::Medium) => "中",
            (Lang::Ja, Self::High) => "高",
            (Lang::Ja, Self::Critical) => "緊急",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_is_chosen_by_the_language_part_of_a_locale() {
        for locale in ["ja", "ja_JP.UTF-8", "ja-JP", "JA_JP"] {
            assert_eq!(Lang::from_locale(locale), Lang::Ja, "{locale}");
        }
        for locale in ["", "C", "en_US.UTF-8", "jab_XX"] {
            assert_eq!(Lang::from_locale(locale), Lang::En, "{locale}");
        }
    }

    #[test]
    fn what_steers_a_terminal_becomes_visible_in_place() {
        let hostile = "a\u{1b}[31m\u{9b}\u{202e}\r\nb";
        let shown = visible(hostile);
        assert_eq!(shown, "a?[31m¿\u{fffd}?\nb");
        assert_eq!(shown.len(), hostile.len());
    }

    #[test]
    fn severities_are_ordered() {
        assert!(Severity::DESCENDING.is_sorted_by(|a, b| a > b));
    }
}
