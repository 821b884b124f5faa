//! DMS: a private replication instance in each home region.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::World;
use super::Outcome;
use super::rds::key;

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    match call.key.operation.as_str() {
        "DescribeReplicationInstances" if !world.has_resources(&call.key.region) => {
            json!({ "ReplicationInstances": [] }).into()
        }
        "DescribeReplicationInstances" if call.json_text("Marker").is_none() => {
            let first = json!({ "ReplicationInstances": [instance(call, "move")] });
            Outcome::Page(first.to_string(), "instances-2".to_owned())
        }
        "DescribeReplicationInstances" => json!({ "ReplicationInstances": [instance(call, "sync")] }).into(),
        _ => Outcome::Unknown,
    }
}

fn instance(call: &Call, name: &str) -> Value {
    json!({
        "ReplicationInstanceIdentifier": name,
        "ReplicationInstanceArn": format!("arn:aws:dms:{}:{}:rep:{}", call.key.region, call.key.account, name.to_uppercase()),
        "ReplicationInstanceClass": "dms.r6i.large",
        "ReplicationInstanceStatus": "available",
        "AllocatedStorage": 50,
        "ReplicationSubnetGroup": { "ReplicationSubnetGroupIdentifier": "closed" },
        "MultiAZ": true,
        "EngineVersion": "3.6.1",
        "AutoMinorVersionUpgrade": true,
        "KmsKeyId": key(call),
        "PubliclyAccessible": false,
    })
}
