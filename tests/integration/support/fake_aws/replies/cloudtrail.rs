//! CloudTrail: one logging trail over all regions, seen from each of them.

use serde_json::json;

use super::super::protocol::Call;
use super::super::world::{DAY, World, bucket_name, seconds_ago};
use super::{Outcome, kms};

const NAME: &str = "baseline-trail";

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let (account, home) = (&call.key.account, world.home());
    let arn = format!("arn:aws:cloudtrail:{home}:{account}:trail/{NAME}");
    match call.key.operation.as_str() {
        "DescribeTrails" => json!({ "trailList": [{
            "Name": NAME,
            "TrailARN": arn,
            "HomeRegion": home,
            "S3BucketName": bucket_name(account, home),
            "IsMultiRegionTrail": true,
            "IncludeGlobalServiceEvents": true,
            "LogFileValidationEnabled": true,
            "IsOrganizationTrail": false,
            "HasCustomEventSelectors": true,
            "HasInsightSelectors": false,
            "KmsKeyId": kms::data_key(account, home),
            "CloudWatchLogsLogGroupArn": format!("arn:aws:logs:{home}:{account}:log-group:{NAME}:*"),
            "CloudWatchLogsRoleArn": format!("arn:aws:iam::{account}:role/{NAME}"),
        }] })
        .into(),
        "GetTrailStatus" => json!({
            "IsLogging": true,
            "LatestDeliveryTime": seconds_ago(300),
            "LatestCloudWatchLogsDeliveryTime": seconds_ago(120),
            "LatestDigestDeliveryTime": seconds_ago(1_800),
            "StartLoggingTime": seconds_ago(300 * DAY),
        })
        .into(),
        "GetEventSelectors" => json!({
            "TrailARN": arn,
            "EventSelectors": [{
                "ReadWriteType": "All",
                "IncludeManagementEvents": true,
                "DataResources": [{ "Type": "AWS::S3::Object", "Values": ["arn:aws:s3"] }],
                "ExcludeManagementEventSources": [],
            }],
        })
        .into(),
        "ListTags" => {
            json!({ "ResourceTagList": [{ "ResourceId": arn, "TagsList": [{ "Key": "owner", "Value": "platform" }] }] })
                .into()
        }
        _ => Outcome::Unknown,
    }
}
