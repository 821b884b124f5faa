//! Config: a recorder for everything and a working delivery channel in each home region.
//!
//! Statuses read `SUCCESS`, as the service answers, where its model lists `Success`.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, World, bucket_name, seconds_ago};
use super::Outcome;

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let (account, region) = (&call.key.account, call.key.region.as_str());
    let (list, item) = match call.key.operation.as_str() {
        "DescribeConfigurationRecorders" => {
            ("ConfigurationRecorders", recorder(account, region, region == world.home()))
        }
        "DescribeConfigurationRecorderStatus" => ("ConfigurationRecordersStatus", recorder_status()),
        "DescribeDeliveryChannels" => {
            let channel = json!({
                "name": "default",
                "s3BucketName": bucket_name(account, world.home()),
                "configSnapshotDeliveryProperties": { "deliveryFrequency": "TwentyFour_Hours" },
            });
            ("DeliveryChannels", channel)
        }
        "DescribeDeliveryChannelStatus" => ("DeliveryChannelsStatus", channel_status()),
        "DescribeConfigRules" => ("ConfigRules", rule(account, region)),
        _ => return Outcome::Unknown,
    };
    let items = if world.has_resources(region) { vec![item] } else { Vec::new() };
    json!({ list: items }).into()
}

fn recorder(account: &str, region: &str, home: bool) -> Value {
    json!({
        "arn": format!("arn:aws:config:{region}:{account}:configuration-recorder/default/fakefakefakefake"),
        "name": "default",
        "roleARN": format!("arn:aws:iam::{account}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"),
        "recordingGroup": {
            "allSupported": true,
            "includeGlobalResourceTypes": home,
            "resourceTypes": [],
            "exclusionByResourceTypes": { "resourceTypes": [] },
            "recordingStrategy": { "useOnly": "ALL_SUPPORTED_RESOURCE_TYPES" },
        },
        "recordingMode": { "recordingFrequency": "CONTINUOUS" },
        "recordingScope": "PAID",
    })
}

fn rule(account: &str, region: &str) -> Value {
    json!({
        "ConfigRuleName": "encrypted-volumes",
        "ConfigRuleArn": format!("arn:aws:config:{region}:{account}:config-rule/config-rule-fakefa"),
        "ConfigRuleId": "config-rule-fakefa",
        "Source": { "Owner": "AWS", "SourceIdentifier": "ENCRYPTED_VOLUMES" },
        "ConfigRuleState": "ACTIVE",
        "EvaluationModes": [{ "Mode": "DETECTIVE" }],
    })
}

fn recorder_status() -> Value {
    json!({
        "name": "default",
        "recording": true,
        "lastStatus": "SUCCESS",
        "lastStartTime": seconds_ago(300 * DAY),
        "lastStatusChangeTime": seconds_ago(600),
    })
}

fn channel_status() -> Value {
    let delivered = json!({ "lastStatus": "SUCCESS", "lastAttemptTime": seconds_ago(3_600), "lastSuccessfulTime": seconds_ago(3_600) });
    json!({
        "name": "default",
        "configSnapshotDeliveryInfo": delivered,
        "configHistoryDeliveryInfo": delivered,
        "configStreamDeliveryInfo": { "lastStatus": "SUCCESS", "lastStatusChangeTime": seconds_ago(600) },
    })
}
