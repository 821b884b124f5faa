//! EFS: two encrypted file systems in each home region.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, World, resource_id, seconds_ago};
use super::Outcome;
use super::rds::key;

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    match call.key.operation.as_str() {
        "DescribeFileSystems" if !world.has_resources(&call.key.region) => json!({ "FileSystems": [] }).into(),
        "DescribeFileSystems" if call.parameter("Marker").is_none() => {
            let first = json!({ "FileSystems": [file_system(call, 1)] });
            Outcome::Page(first.to_string(), "file-systems-2".to_owned())
        }
        "DescribeFileSystems" => json!({ "FileSystems": [file_system(call, 2)] }).into(),
        _ => Outcome::Unknown,
    }
}

fn file_system(call: &Call, number: u32) -> Value {
    let (account, region) = (&call.key.account, &call.key.region);
    let id = resource_id("fs", account, region, number);
    json!({
        "OwnerId": account,
        "CreationToken": format!("shared-{number}"),
        "FileSystemId": id,
        "FileSystemArn": format!("arn:aws:elasticfilesystem:{region}:{account}:file-system/{id}"),
        "CreationTime": seconds_ago(300 * DAY),
        "LifeCycleState": "available",
        "Name": "shared",
        "NumberOfMountTargets": 2,
        "SizeInBytes": { "Value": 6144 },
        "PerformanceMode": "generalPurpose",
        "Encrypted": true,
        "KmsKeyId": key(call),
        "AvailabilityZoneName": format!("{region}a"),
        "Tags": [{ "Key": "Name", "Value": "shared" }],
    })
}
