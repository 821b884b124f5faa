//! DynamoDB: in each home region two tables with a KMS key and point-in-time recovery.

use serde_json::json;

use super::super::protocol::Call;
use super::super::world::{DAY, World, seconds_ago};
use super::Outcome;
use super::rds::key;

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let (account, region) = (&call.key.account, &call.key.region);
    let name = call.json_text("TableName").unwrap_or_default();
    match call.key.operation.as_str() {
        "ListTables" if !world.has_resources(region) => json!({ "TableNames": [] }).into(),
        "ListTables" if call.json_text("ExclusiveStartTableName").is_none() => {
            Outcome::Page(json!({ "TableNames": ["applications"] }).to_string(), "applications".to_owned())
        }
        "ListTables" => json!({ "TableNames": ["receipts"] }).into(),
        "DescribeTable" => json!({ "Table": {
            "TableName": name,
            "TableArn": format!("arn:aws:dynamodb:{region}:{account}:table/{name}"),
            "TableStatus": "ACTIVE",
            "CreationDateTime": seconds_ago(300 * DAY),
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            "DeletionProtectionEnabled": true,
            "SSEDescription": { "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key(call) },
            "Replicas": [{
                "RegionName": "ap-northeast-3",
                "ReplicaStatus": "ACTIVE",
                "KMSMasterKeyId": key(call),
            }],
        }})
        .into(),
        "DescribeContinuousBackups" => json!({ "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {
                "PointInTimeRecoveryStatus": "ENABLED",
                "RecoveryPeriodInDays": 35,
                "EarliestRestorableDateTime": seconds_ago(35 * DAY),
                "LatestRestorableDateTime": seconds_ago(300),
            },
        }})
        .into(),
        _ => Outcome::Unknown,
    }
}
