//! ECR: in each home region a registry that copies its images to the other one.

use serde_json::json;

use super::super::protocol::Call;
use super::super::world::{World, other_home};
use super::Outcome;

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let (account, region) = (&call.key.account, call.key.region.as_str());
    match call.key.operation.as_str() {
        "DescribeRegistry" => {
            let rule = other_home(world, region).map(|other| {
                json!({
                    "destinations": [{ "region": other, "registryId": account }],
                    "repositoryFilters": [{ "filter": "resident-records/", "filterType": "PREFIX_MATCH" }],
                })
            });
            let rules: Vec<_> = rule.into_iter().collect();
            json!({ "registryId": account, "replicationConfiguration": { "rules": rules } }).into()
        }
        _ => Outcome::Unknown,
    }
}
