//! The outcome of one guardrail on one resource.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{AccountId, Lang, ResourceId, Severity, Unknown, Value};

/// What became of a guardrail on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Pass,
    Fail,
    /// It could not be established either way; never counted as compliant.
    Unknown,
    NotApplicable,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not_applicable",
        }
    }

    pub fn label(self, lang: Lang) -> &'static str {
        match self {
            Self::Pass => lang.pick("pass", "適合"),
            Self::Fail => lang.pick("fail", "違反"),
            Self::Unknown => lang.pick("unknown", "判定不能"),
            Self::NotApplicable => lang.pick("not applicable", "対象外"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A property that the assertion read, and the value it found. A property that was not there has no value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    pub property: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// What a verdict rests on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub observed: Vec<Observed>,
    /// What exactly is wrong, where the rule can say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Value>,
    /// Why the verdict is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Unknown>,
}

/// One guardrail's verdict on one resource, passes included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    pub guardrail: String,
    pub alias: Option<String>,
    pub severity: Severity,
    pub account: AccountId,
    pub region: String,
    pub resource: ResourceId,
    pub verdict: Verdict,
    pub evidence: Evidence,
    pub fingerprint: String,
}

/// The identity of a finding over time: 128 bits of SHA-256 over guardrail, account, region, type and name, in hex.
pub fn fingerprint(guardrail: &str, account: &AccountId, resource: &ResourceId) -> String {
    let parts = [guardrail, account.as_str(), &resource.region, &resource.resource_type, &resource.name];
    let digest = Sha256::digest(parts.join("\0"));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_depends_on_each_part() {
        let id: AccountId = "111111111111".parse().unwrap();
        let resource = |region: &str, name: &str| ResourceId {
            resource_type: "AWS::S3::Bucket".into(),
            region: region.into(),
            name: name.into(),
            arn: None,
        };
        let one = fingerprint("g", &id, &resource("ap-northeast-1", "a"));
        assert_eq!(one.len(), 32);
        assert_eq!(one, fingerprint("g", &id, &resource("ap-northeast-1", "a")));
        assert_ne!(one, fingerprint("g", &id, &resource("ap-northeast-3", "a")));
        assert_ne!(one, fingerprint("g", &id, &resource("ap-northeast-1", "b")));
        assert_ne!(one, fingerprint("h", &id, &resource("ap-northeast-1", "a")));
    }
}
