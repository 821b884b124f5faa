//! GuardDuty: an enabled detector in each home region.

use serde_json::json;

use super::super::protocol::Call;
use super::super::world::{DAY, World, resource_id, time_ago};
use super::Outcome;

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let (account, region) = (&call.key.account, &call.key.region);
    let there = world.has_resources(region);
    let id = detector_id(account, region);
    match call.key.operation.as_str() {
        "ListDetectors" if there => json!({ "detectorIds": [id] }).into(),
        "ListDetectors" => json!({ "detectorIds": [] }).into(),
        "GetDetector" if there && call.last_path_part() == id => {
            let created = time_ago(300 * DAY);
            let features: Vec<_> = FEATURES
                .iter()
                .map(|name| json!({ "name": name, "status": "ENABLED", "updatedAt": 1_760_000_000 }))
                .collect();
            json!({
                "createdAt": created,
                "updatedAt": created,
                "status": "ENABLED",
                "findingPublishingFrequency": "FIFTEEN_MINUTES",
                "serviceRole": format!("arn:aws:iam::{account}:role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"),
                "features": features,
                "tags": { "owner": "platform" },
            })
            .into()
        }
        "GetDetector" => Outcome::Refused(
            400,
            "BadRequestException",
            "The request is rejected because the input detectorId is not owned by the current account.".to_owned(),
        ),
        _ => Outcome::Unknown,
    }
}

/// 32 hexadecimal digits.
fn detector_id(account: &str, region: &str) -> String {
    let half = |number| resource_id("d", account, region, number)[3..].to_owned();
    half(1) + &half(2)
}

const FEATURES: &[&str] = &[
    "CLOUD_TRAIL",
    "DNS_LOGS",
    "FLOW_LOGS",
    "S3_DATA_EVENTS",
    "EKS_AUDIT_LOGS",
    "EBS_MALWARE_PROTECTION",
    "RDS_LOGIN_EVENTS",
    "LAMBDA_NETWORK_LOGS",
    "RUNTIME_MONITORING",
];
