//! Truth in three values, and why something stays open.

use std::fmt;
use std::sync::Arc;

use crate::model::{Lang, Unknown};

/// Whether something holds; what the language or the input leaves open is never guessed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    Yes,
    No,
    Open(Arc<Reason>),
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::Yes } else { Self::No }
    }
}

impl Truth {
    pub fn open(reason: Reason) -> Self {
        Self::Open(Arc::new(reason))
    }

    /// Conjunction: one certain no decides.
    pub fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut sofar = Self::Yes;
        for answer in answers {
            match answer {
                Self::No => return Self::No,
                Self::Open(reason) if sofar == Self::Yes => sofar = Self::Open(reason),
                Self::Open(_) | Self::Yes => {}
            }
        }
        sofar
    }

    /// Disjunction: one certain yes decides.
    pub fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        Self::all(answers.into_iter().map(Self::negate)).negate()
    }

    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            open @ Self::Open(_) => open,
        }
    }
}

/// Why a question about a policy has no certain answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A part of the policy is not known, as in a template.
    NotKnown(Arc<Unknown>),
    /// An action pattern that AWS does not define, as in `ec2*`.
    ActionPattern(String),
    /// A condition operator that the documentation does not have.
    Operator(String),
    /// A condition value that its operator cannot read.
    Value { operator: String, value: String },
    /// An ARN pattern with fewer than six parts, which engines read differently.
    ShortArn(String),
    /// A resource pattern that matches only if a wildcard inside a part crosses a colon.
    AcrossColons(String),
    /// `ForAnyValue:…IfExists` without the key: documentation and engines disagree.
    AnyValueIfExists(String),
    /// An operator without a set qualifier met several values.
    SeveralValues(String),
    /// A set operator met nothing but empty texts.
    EmptyText(String),
    /// A policy variable where the documentation contradicts itself or says nothing.
    Variable(String),
    /// The request does not say whether this key is present, or with which value.
    KeyNotGiven(String),
    /// The request names no resource.
    ResourceNotGiven,
    /// The value of this key hangs on the principal in a way that is not followed.
    Coupled(String),
    /// Tests of several kinds look at one key, so that its values cannot be told apart exactly.
    MixedTests(String),
    /// Only a request with a key of another service gets through, which the action may not have.
    ForeignKey { action: String, key: String },
    /// Only a principal with a path such as nobody uses gets through.
    OddPath(String),
    /// The call touches several resources, and only some of them are refused.
    SeveralResources(String),
    /// There are more cases than the prover looks at.
    TooManyCases,
}

impl Reason {
    /// The reason in a sentence fragment for people.
    pub fn describe(&self, lang: Lang) -> String {
        match self {
            Self::NotKnown(cause) => cause.describe(lang),
            Self::ActionPattern(text) => lang.pick(
                format!("AWS does not define the action pattern `{text}`"),
                format!("アクションの書き方 `{text}` は AWS の定義にない"),
            ),
            Self::Operator(name) => lang.pick(
                format!("the condition operator `{name}` is not documented"),
                format!("条件演算子 `{name}` は AWS の文書にない"),
            ),
            Self::Value { operator, value } => lang.pick(
                format!("{operator} cannot read the value `{value}`"),
                format!("{operator} では値 `{value}` を解釈できない"),
            ),
            Self::ShortArn(text) => lang.pick(
                format!("the ARN pattern `{text}` has fewer than six parts"),
                format!("ARN パターン `{text}` の要素が 6 つに足りない"),
            ),
            Self::AcrossColons(text) => lang.pick(
                format!("whether a wildcard of `{text}` crosses a colon is not defined"),
                format!("`{text}` のワイルドカードがコロンをまたぐかどうかは定義されていない"),
            ),
            Self::AnyValueIfExists(key) => lang.pick(
                format!("ForAnyValue with IfExists is not defined when {key} is absent"),
                format!("{key} がないときの ForAnyValue と IfExists の組み合わせは定義されていない"),
            ),
            Self::SeveralValues(key) => lang.pick(
                format!("{key} has several values, and the operator is for one"),
                format!("{key} に複数の値があるが、演算子は単一値用である"),
            ),
            Self::EmptyText(key) => lang.pick(
                format!("{key} has only empty values, which a set operator may read as none"),
                format!("{key} が空文字列だけであり、集合演算子が値なしとみなすことがある"),
            ),
            Self::Variable(text) => lang.pick(
                format!("the policy variable in `{text}` is not defined here"),
                format!("`{text}` のポリシー変数はここでは定義されていない"),
            ),
            Self::KeyNotGiven(key) => lang.pick(
                format!("the request does not say what {key} is"),
                format!("リクエストの {key} の値が与えられていない"),
            ),
            Self::ResourceNotGiven => {
                lang.pick("the request names no resource", "リクエストのリソースが与えられていない").to_owned()
            }
            Self::Coupled(key) => lang.pick(
                format!("{key} hangs on the principal, which is not followed"),
                format!("{key} はプリンシパルに連動するため、追跡していない"),
            ),
            Self::MixedTests(key) => lang.pick(
                format!("{key} is tested in several ways at once"),
                format!("{key} が複数の種類の演算子で同時に判定されている"),
            ),
            Self::ForeignKey { action, key } => lang.pick(
                format!("it is not known whether {action} ever has the key {key}"),
                format!("{action} に条件キー {key} があるかどうか分からない"),
            ),
            Self::OddPath(arn) => lang.pick(
                format!("a principal with an unusual path, such as {arn}, gets through"),
                format!("{arn} のような特殊なパスのプリンシパルは拒否されない"),
            ),
            Self::SeveralResources(action) => lang.pick(
                format!("{action} touches several resources, and only some of them are refused"),
                format!("{action} は複数のリソースに関わり、一部だけが拒否される"),
            ),
            Self::TooManyCases => lang.pick("there are too many cases", "場合の数が多すぎる").to_owned(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(Lang::En))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_certain_answer_decides() {
        let open = || Truth::open(Reason::TooManyCases);
        assert_eq!(Truth::all([open(), Truth::No]), Truth::No);
        assert_eq!(Truth::all([open(), Truth::Yes]), open());
        assert_eq!(Truth::all([]), Truth::Yes);
        assert_eq!(Truth::any([open(), Truth::Yes]), Truth::Yes);
        assert_eq!(Truth::any([Truth::No, open()]), open());
        assert_eq!(Truth::any([]), Truth::No);
    }
}
