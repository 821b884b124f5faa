//! EKS: two clusters with a private endpoint and a customer key in each home region.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, World, resource_id, seconds_ago};
use super::{Outcome, customer_key};

const CLUSTERS: [&str; 2] = ["town", "town-batch"];

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    let asked = call.last_path_part();
    match call.key.operation.as_str() {
        "ListClusters" if !there => json!({ "clusters": [] }).into(),
        // Two pages, one cluster on each.
        "ListClusters" if call.parameter("nextToken").is_none() => {
            Outcome::Page(json!({ "clusters": [CLUSTERS[0]] }).to_string(), "clusters-2".to_owned())
        }
        "ListClusters" => json!({ "clusters": [CLUSTERS[1]] }).into(),
        "DescribeCluster" if there && CLUSTERS.contains(&asked) => json!({ "cluster": cluster(call, asked) }).into(),
        "DescribeCluster" => {
            Outcome::Refused(404, "ResourceNotFoundException", format!("No cluster found for name: {asked}."))
        }
        _ => Outcome::Unknown,
    }
}

fn cluster(call: &Call, name: &str) -> Value {
    let (account, region) = (&call.key.account, call.key.region.as_str());
    json!({
        "name": name,
        "arn": format!("arn:aws:eks:{region}:{account}:cluster/{name}"),
        "createdAt": seconds_ago(200 * DAY),
        "version": "1.34",
        "endpoint": format!("https://FAKE.gr7.{region}.eks.amazonaws.com"),
        "roleArn": format!("arn:aws:iam::{account}:role/eks"),
        "resourcesVpcConfig": {
            "subnetIds": [resource_id("subnet", account, region, 1)],
            "securityGroupIds": [resource_id("sg", account, region, 1)],
            "vpcId": resource_id("vpc", account, region, 1),
            "endpointPublicAccess": false,
            "endpointPrivateAccess": true,
            "publicAccessCidrs": ["192.0.2.0/24"],
        },
        "encryptionConfig": [{ "resources": ["secrets"], "provider": { "keyArn": customer_key(call) } }],
        "status": "ACTIVE",
        "tags": { "owner": "platform" },
    })
}
