//! Preventive guardrails: what is asked about a request that must be denied, and what became of asking.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A request that must be denied, as a question to the account itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Question {
    /// The IAM action, as in `ec2:RunInstances`.
    pub action: String,
    /// An ARN, or `*`.
    pub resource: String,
    /// `aws:RequestedRegion`.
    pub region: String,
    /// `aws:PrincipalArn`; nothing for the role that asks.
    pub principal: Option<String>,
    /// Further context keys. One without a value is absent from the request; of one that is not here nothing is said.
    pub context: BTreeMap<String, Vec<String>>,
}

/// What the simulator is told of a request beside its question: a role makes it itself, over TLS and in a session with MFA.
/// Without the last, what policies deny until MFA is used would seem denied altogether.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
pub const SESSION_KEYS: [(&str, &str); 4] = [
    ("aws:MultiFactorAuthPresent", "true"),
    ("aws:PrincipalIsAWSService", "false"),
    ("aws:SecureTransport", "true"),
    ("aws:ViaAWSService", "false"),
];

/// The type of a policy of the organization as files declare it; CloudFormation's.
pub const ORGANIZATION_POLICY: &str = "AWS::Organizations::Policy";
/// The type under which an inventory holds the policies on the path of an account: `Enabled`, `Source` (`organizations` or
/// `files`), and `Levels` from the root to the account, each with `Id`, `Name` and `Policies` (`Id`, `Name`, `Document`).
///
/// From AWS Organizations also `ManagementAccountId`, the account that no service control policy restricts, and
/// `ResourceControlPoliciesEnabled` with `ResourceControlPolicies` at each level.
pub const POLICY_PATH: &str = "AWS::::PolicyPath";
/// The type of what IAM's simulator said: `Calibrated`, `Problem`, `Principal` (the ARN of the role that asked), and `Answers`, each with `Question` (a [`Question`] as
/// it is serialized), `WithPolicies` and `WithoutPolicies` (`allowed`, `denied`, or unknown). Without calibration there is
/// a problem and no answer.
///
/// `WithPolicies` is what the service control policies say, whoever else denies the request; `WithoutPolicies` is the whole
/// decision when there are none.
pub const SIMULATION: &str = "AWS::::Simulation";
/// The type of what probes met: `Principal` (the ARN of the role that asked) and `Answers`, each with `Question`, `Outcome` (`denied_by_scp`, `denied`, `allowed`,
/// `untested`), and `PolicyArn` where the service named it; with `untested` also `Reason` (`no_probe`, `resource`,
/// `principal`, `context`, `region_not_enabled`, `limit`, `no_session`, `control_failed`, `not_authorized_first`,
/// `not_a_dry_run`) and the service's error `Code`, where there is one.
pub const PROBE: &str = "AWS::::Probe";
