//! Security Hub: subscribed, with its standards ready, in each home region.

use serde_json::json;

use super::super::protocol::Call;
use super::super::world::World;
use super::Outcome;

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let (account, region) = (&call.key.account, &call.key.region);
    if !world.has_resources(region) {
        return Outcome::Refused(
            403,
            "InvalidAccessException",
            format!("Account {account} is not subscribed to AWS Security Hub"),
        );
    }
    match call.key.operation.as_str() {
        "DescribeHub" => json!({
            "HubArn": format!("arn:aws:securityhub:{region}:{account}:hub/default"),
            "SubscribedAt": "2026-01-15T00:00:00.000Z",
            "AutoEnableControls": true,
            "ControlFindingGenerator": "SECURITY_CONTROL",
        })
        .into(),
        "GetEnabledStandards" => {
            let standards: Vec<_> = STANDARDS
                .iter()
                .map(|standard| {
                    json!({
                        "StandardsSubscriptionArn": format!("arn:aws:securityhub:{region}:{account}:subscription/{standard}"),
                        "StandardsArn": format!("arn:aws:securityhub:{region}::standards/{standard}"),
                        "StandardsInput": {},
                        "StandardsStatus": "READY",
                        "StandardsControlsUpdatable": "READY_FOR_UPDATES",
                    })
                })
                .collect();
            json!({ "StandardsSubscriptions": standards }).into()
        }
        _ => Outcome::Unknown,
    }
}

const STANDARDS: &[&str] = &[
    "aws-foundational-security-best-practices/v/1.0.0",
    "cis-aws-foundations-benchmark/v/5.0.0",
    "nist-800-53/v/5.0.0",
];
