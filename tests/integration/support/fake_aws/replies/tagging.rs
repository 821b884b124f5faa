//! The resource groups tagging API: what a region holds.

use serde_json::json;

use super::super::protocol::Call;
use super::super::world::{World, resource_id};
use super::Outcome;

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    if call.key.operation != "GetResources" {
        return Outcome::Unknown;
    }
    let (account, region) = (&call.key.account, &call.key.region);
    let resources: Vec<_> = [("vpc", "vpc"), ("volume", "vol")]
        .iter()
        .filter(|_| world.has_resources(region))
        .map(|(kind, prefix)| {
            json!({
                "ResourceARN": format!("arn:aws:ec2:{region}:{account}:{kind}/{}", resource_id(prefix, account, region, 1)),
                "Tags": [{ "Key": "system", "Value": "resident-records" }],
            })
        })
        .collect();
    json!({ "PaginationToken": "", "ResourceTagMappingList": resources }).into()
}
