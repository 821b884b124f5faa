//! Why something is not known. Not knowing is data: it travels to the verdict and into the report.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Lang, Text};

/// The reason why a property, or a whole listing, could not be seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unknown {
    /// The role lacks this IAM action, as in `s3:GetBucketPolicy`.
    AccessDenied(String),
    /// A service control policy refuses this IAM action.
    AccessDeniedByScp(String),
    /// The call that needs this IAM action failed with this error code.
    CallFailed { action: String, code: String },
    /// The account has not enabled the region.
    RegionDisabled,
    /// The service does not exist in the region.
    NotOffered,
    /// The role of the account could not be assumed; the code is that of AWS STS.
    RoleNotAssumed(String),
    /// The scan was stopped before this was read.
    Interrupted,
    /// Nothing asked for it in this scan.
    NotCollected,
    /// It was read, and left out of the inventory because it may be a secret.
    Withheld,
    /// A template's expression that cannot be resolved, as in `Ref BucketName`.
    Unresolved(String),
    /// A part of a template or plan that is not read, as in `the transform Foo`.
    NotRead(String),
    /// Terraform knows it after the apply only.
    KnownAfterApply,
    /// A fact about the account that nobody declared, as in `class`.
    NotDeclared(String),
    /// The rule's expression cannot judge what it found.
    RuleError(String),
    /// What several sources say of the same request excludes each other.
    Contradiction(String),
    /// The policies that were read leave open what they decide.
    Undecided(Text),
    /// The account could not be asked, or its answer proves nothing, as with a simulator that is wrong about what is known.
    Untested(String),
}

impl Unknown {
    /// The IAM action that would have to be allowed to know more.
    pub fn action(&self) -> Option<&str> {
        match self {
            Self::AccessDenied(action) | Self::AccessDeniedByScp(action) | Self::CallFailed { action, .. } => {
                Some(action)
            }
            _ => None,
        }
    }

    /// The reason in a sentence fragment for people.
    pub fn describe(&self, lang: Lang) -> String {
        match self {
            Self::AccessDenied(action) => {
                lang.pick(format!("the role lacks {action}"), format!("ロールに {action} の権限がない"))
            }
            Self::AccessDeniedByScp(action) => lang.pick(
                format!("a service control policy denies {action}"),
                format!("サービスコントロールポリシー (SCP) が {action} を拒否している"),
            ),
            Self::CallFailed { action, code } => {
                lang.pick(format!("{action} failed ({code})"), format!("{action} の呼び出しに失敗 ({code})"))
            }
            Self::RegionDisabled => lang.pick("the region is not enabled", "リージョンが有効化されていない").to_owned(),
            Self::NotOffered => lang
                .pick("the service is not offered in the region", "サービスがこのリージョンで提供されていない")
                .to_owned(),
            Self::RoleNotAssumed(code) => lang
                .pick(format!("the role could not be assumed ({code})"), format!("ロールを引き受けられない ({code})")),
            Self::Interrupted => lang.pick("the scan was interrupted", "スキャンが中断された").to_owned(),
            Self::NotCollected => lang.pick("it was not collected", "収集されていない").to_owned(),
            Self::Withheld => {
                lang.pick("it may be a secret and was withheld", "秘密情報の可能性があるため保持していない").to_owned()
            }
            Self::Unresolved(what) => lang.pick(format!("{what} cannot be resolved"), format!("{what} を解決できない")),
            Self::NotRead(what) => lang.pick(format!("{what} is not read"), format!("{what} は読み取り対象外")),
            Self::KnownAfterApply => lang.pick("known after apply only", "apply 後に確定する値").to_owned(),
            Self::NotDeclared(what) => {
                lang.pick(format!("{what} is not declared"), format!("{what} が宣言されていない"))
            }
            Self::RuleError(message) => {
                lang.pick(format!("the rule cannot judge it: {message}"), format!("ルールで判定できない: {message}"))
            }
            Self::Contradiction(what) => lang
                .pick(format!("sources contradict each other: {what}"), format!("情報源が互いに矛盾している: {what}")),
            Self::Undecided(why) => lang.pick(
                format!("the policies leave it undecided: {}", why.en),
                format!("ポリシーだけでは判断できない: {}", why.ja),
            ),
            Self::Untested(why) => {
                let why = untested(why, lang).unwrap_or(why);
                lang.pick(format!("it could not be tested: {why}"), format!("検証できなかった: {why}"))
            }
        }
    }
}

/// The reason behind a word that docs/preventive.md lists.
fn untested(why: &str, lang: Lang) -> Option<&'static str> {
    Some(match why {
        "only_policies_tell" => {
            lang.pick("only the policies can tell, and none was read", "ポリシーからしか分からないが、ポリシーを読んでいない")
        }
        "performed_action_denied" => lang.pick(
            "IAM's simulator denies what was just done",
            "IAM のシミュレーターが、実行したばかりの操作を拒否と答えた",
        ),
        "home_denied" => lang.pick(
            "IAM's simulator denies everything, at home too",
            "IAM のシミュレーターが、国内のリクエストも拒否と答えた",
        ),
        "nothing_denied" => lang.pick(
            "IAM's simulator denies nothing abroad: there is no lock of regions, or it does not see the policies",
            "IAM のシミュレーターが国外のリクエストを許可と答えた。リージョン制限がないか、シミュレーターがポリシーを見ていない",
        ),
        "exclusion_without_effect" => lang.pick(
            "what IAM's simulator denies stays denied without the policies",
            "IAM のシミュレーターの拒否が、ポリシーを除いても変わらない",
        ),
        "unanswered" => lang.pick(
            "IAM's simulator leaves out what the organization's policies say",
            "IAM のシミュレーターが、組織のポリシーについて答えない",
        ),
        "denied_otherwise" => lang.pick(
            "IAM's simulator denies it without the policies, too",
            "IAM のシミュレーターが、ポリシーを除いても拒否と答えた",
        ),
        _ => return None,
    })
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(Lang::En))
    }
}
