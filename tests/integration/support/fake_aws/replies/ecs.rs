//! ECS: a cluster with two services without public addresses in each home region.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, World, resource_id, seconds_ago};
use super::Outcome;

const CLUSTER: &str = "town";
const SERVICES: [&str; 2] = ["intake", "tax"];

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    let cluster = arn(call, &format!("cluster/{CLUSTER}"));
    match call.key.operation.as_str() {
        "ListClusters" if there => json!({ "clusterArns": [cluster] }).into(),
        "ListClusters" => json!({ "clusterArns": [] }).into(),
        _ if !there || call.json_text("cluster") != Some(cluster) => {
            Outcome::Refused(400, "ClusterNotFoundException", "Cluster not found.".to_owned())
        }
        // Two pages, one service on each.
        "ListServices" if call.json_text("nextToken").is_none() => Outcome::Page(
            json!({ "serviceArns": [service_arn(call, SERVICES[0])] }).to_string(),
            "services-2".to_owned(),
        ),
        "ListServices" => json!({ "serviceArns": [service_arn(call, SERVICES[1])] }).into(),
        "DescribeServices" => {
            let asked = SERVICES.into_iter().filter(|name| call.contains(&service_arn(call, name)));
            let services: Vec<_> = asked.map(|name| service(call, name)).collect();
            json!({ "services": services, "failures": [] }).into()
        }
        _ => Outcome::Unknown,
    }
}

fn arn(call: &Call, rest: &str) -> String {
    format!("arn:aws:ecs:{}:{}:{rest}", call.key.region, call.key.account)
}

fn service_arn(call: &Call, name: &str) -> String {
    arn(call, &format!("service/{CLUSTER}/{name}"))
}

fn service(call: &Call, name: &str) -> Value {
    let (account, region) = (&call.key.account, call.key.region.as_str());
    let network = json!({ "awsvpcConfiguration": {
        "subnets": [resource_id("subnet", account, region, 1)],
        "securityGroups": [resource_id("sg", account, region, 1)],
        "assignPublicIp": "DISABLED",
    } });
    let mut service = json!({
        "serviceArn": service_arn(call, name),
        "serviceName": name,
        "clusterArn": arn(call, &format!("cluster/{CLUSTER}")),
        "status": "ACTIVE",
        "desiredCount": 1,
        "runningCount": 1,
        "pendingCount": 0,
        "launchType": "FARGATE",
        "taskDefinition": arn(call, &format!("task-definition/{name}:1")),
        "createdAt": seconds_ago(200 * DAY),
        "networkConfiguration": network,
        "enableECSManagedTags": false,
        "enableExecuteCommand": false,
    });
    if name == SERVICES[0] {
        let set = json!({ "id": "ecs-svc/1234567890123456789", "status": "PRIMARY", "networkConfiguration": network });
        service["taskSets"] = json!([set]);
    }
    service
}
