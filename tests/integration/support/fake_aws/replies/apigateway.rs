//! API Gateway: two private REST APIs (on two pages) in each home region, with one stage each.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, World, resource_id, seconds_ago};
use super::Outcome;

/// Ids of REST APIs are ten characters long.
const APIS: [(&str, &str); 2] = [("a1b2c3d4e5", "residents"), ("f6g7h8i9j0", "taxes")];

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    match call.key.operation.as_str() {
        "GetRestApis" if there && call.parameter("position").is_none() => {
            Outcome::Page(json!({ "item": [api(call, APIS[0])] }).to_string(), "apis-2".to_owned())
        }
        "GetRestApis" if there => json!({ "item": [api(call, APIS[1])] }).into(),
        "GetRestApis" => json!({ "item": [] }).into(),
        "GetStages" if there && APIS.iter().any(|(id, _)| call.contains(id)) => json!({ "item": [stage(call)] }).into(),
        "GetStages" => Outcome::Refused(404, "NotFoundException", "Invalid API identifier specified".to_owned()),
        _ => Outcome::Unknown,
    }
}

fn api(call: &Call, (id, name): (&str, &str)) -> Value {
    json!({
        "id": id,
        "name": name,
        "createdDate": seconds_ago(100 * DAY),
        "apiKeySource": "HEADER",
        "endpointConfiguration": {
            "types": ["PRIVATE"],
            "vpcEndpointIds": [resource_id("vpce", &call.key.account, &call.key.region, 1)],
        },
        "disableExecuteApiEndpoint": false,
        "rootResourceId": "xyz1234567",
        "tags": { "system": "resident-records" },
    })
}

fn stage(call: &Call) -> Value {
    let (account, region) = (&call.key.account, &call.key.region);
    json!({
        "stageName": "prod",
        "deploymentId": "d1e2f3",
        "createdDate": seconds_ago(90 * DAY),
        "lastUpdatedDate": seconds_ago(10 * DAY),
        "cacheClusterEnabled": false,
        "tracingEnabled": false,
        "webAclArn": format!("arn:aws:wafv2:{region}:{account}:regional/webacl/web/473e64fd-f30b-4765-81a0-62ad96dd167a"),
        "tags": { "system": "resident-records" },
    })
}
