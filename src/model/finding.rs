//! The outcome of one guardrail on one resource.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{AccountId, Lang, Origin, Place, ResourceId, Severity, Unknown, Value};

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
    /// Where it stands in the file that declares the resource, or where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
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
    /// Where the resource was declared; nothing for a live one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Arc<Origin>>,
    /// The exception that somebody claims for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<AppliedWaiver>,
    /// It stood in the baseline already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
}

impl Finding {
    /// Whether it counts for the exit code: a failure that is neither waived nor in the baseline.
    pub fn counts(&self) -> bool {
        let waived = self.waiver.as_ref().is_some_and(|waiver| waiver.state == WaiverState::Accepted);
        self.verdict == Verdict::Fail && !waived && !self.known
    }

    /// The property to look at: the first that is written in the file, else the first.
    pub fn shown(&self) -> Option<&Observed> {
        let whole = self.origin.as_ref().and_then(|origin| origin.place);
        let written =
            |observed: &&Observed| observed.value.is_some() && observed.place.is_some_and(|at| Some(at) != whole);
        self.evidence.observed.iter().find(written).or(self.evidence.observed.first())
    }

    /// The line to look at: that of the property to look at, else that of the resource.
    pub fn place(&self) -> Option<Place> {
        let observed = self.shown().and_then(|observed| observed.place);
        observed.or_else(|| self.origin.as_ref().and_then(|origin| origin.place))
    }
}

/// Whether an exception counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WaiverState {
    Accepted,
    /// Its last day is over.
    Expired,
    /// It gives no reason, or a last day that is not a date.
    Incomplete,
}

/// An exception as it applies to a finding. It annotates a failure and never removes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppliedWaiver {
    pub state: WaiverState,
    pub reason: Option<String>,
    pub expires: Option<String>,
    pub approver: Option<String>,
}

/// The identity of a finding over time: 128 bits of SHA-256 over guardrail, account, region, type and name, in hex.
pub fn fingerprint(guardrail: &str, account: &AccountId, resource: &ResourceId) -> String {
    digest(&[guardrail, account.as_str(), &resource.region, &resource.resource_type, &resource.name])
}

/// The same for a declared resource, over guardrail, file and logical id: never a line number, which moves.
pub fn fingerprint_in_file(guardrail: &str, origin: &Origin) -> String {
    digest(&[guardrail, "file", &origin.file, &origin.logical_id])
}

fn digest(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\0"));
    let half = digest.iter().take(16).fold(0, |sofar: u128, byte| sofar << 8 | u128::from(*byte));
    format!("{half:032x}")
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
