//! The accounts of a fleet, as their accounts file describes them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lang, Map, Value};

/// A 12-digit AWS account id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[0-9]{12}$"))]
pub struct AccountId(String);

/// The error of parsing an account id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an account id is 12 digits, as in 123456789012")]
pub struct InvalidAccountId;

impl AccountId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = InvalidAccountId;

    fn from_str(text: &str) -> Result<Self, InvalidAccountId> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidAccountId)
        }
    }
}

impl TryFrom<String> for AccountId {
    type Error = InvalidAccountId;

    fn try_from(text: String) -> Result<Self, InvalidAccountId> {
        text.parse()
    }
}

impl From<AccountId> for String {
    fn from(id: AccountId) -> Self {
        id.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an account is used for; guardrails may apply to some classes only.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum AccountClass {
    /// マイナンバー利用事務系: systems that handle My Number.
    NumberUse,
    /// LGWAN接続系: systems connected to the local governments' wide area network.
    Lgwan,
    /// インターネット接続系: systems that face the internet.
    InternetFacing,
    /// CI/CD accounts, handed out beside the system's own.
    Cicd,
    /// Anything else.
    General,
}

impl AccountClass {
    pub const ALL: [Self; 5] = [Self::NumberUse, Self::Lgwan, Self::InternetFacing, Self::Cicd, Self::General];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::NumberUse => "number-use",
            Self::Lgwan => "lgwan",
            Self::InternetFacing => "internet-facing",
            Self::Cicd => "cicd",
            Self::General => "general",
        }
    }

    pub fn label(self, lang: Lang) -> &'static str {
        match (lang, self) {
            (Lang::En, _) => self.as_str(),
            (Lang::Ja, Self::NumberUse) => "番号利用事務系",
            (Lang::Ja, Self::Lgwan) => "LGWAN接続系",
            (Lang::Ja, Self::InternetFacing) => "インターネット接続系",
            (Lang::Ja, Self::Cicd) => "CI/CD",
            (Lang::Ja, Self::General) => "一般",
        }
    }
}

impl FromStr for AccountClass {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|class| class.as_str() == text).ok_or(())
    }
}

impl fmt::Display for AccountClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One account, with what its owners say about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    pub id: AccountId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Absent when nobody said: guardrails of certain classes are then judged, and not believed when they fail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<AccountClass>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

impl Account {
    pub fn new(id: AccountId) -> Self {
        Self { id, name: None, class: None, environment: None, system: None, owner: None, labels: BTreeMap::new() }
    }

    /// The account as rules see it: the variable `account`.
    pub fn to_value(&self) -> Value {
        let optional = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
        let labels: Map = self.labels.iter().map(|(key, value)| (key.as_str().into(), value.as_str().into())).collect();
        Value::map([
            ("id", self.id.as_str().into()),
            ("name", optional(&self.name)),
            ("class", self.class.map_or(Value::Null, |class| class.as_str().into())),
            ("environment", optional(&self.environment)),
            ("system", optional(&self.system)),
            ("owner", optional(&self.owner)),
            ("labels", Value::Map(labels.into())),
        ])
    }
}
