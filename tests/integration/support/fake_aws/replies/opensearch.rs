//! OpenSearch: two closed, encrypted domains in each home region.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{World, resource_id};
use super::Outcome;
use super::rds::key;

const DOMAINS: [&str; 2] = ["logs", "search"];

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    match call.key.operation.as_str() {
        "ListDomainNames" => {
            let names =
                DOMAINS.iter().filter(|_| there).map(|name| json!({ "DomainName": name, "EngineType": "OpenSearch" }));
            json!({ "DomainNames": names.collect::<Vec<_>>() }).into()
        }
        "DescribeDomains" => {
            let asked = DOMAINS.iter().filter(|name| call.contains(&format!("\"{name}\"")));
            json!({ "DomainStatusList": asked.map(|name| domain(call, name)).collect::<Vec<_>>() }).into()
        }
        _ => Outcome::Unknown,
    }
}

fn domain(call: &Call, name: &str) -> Value {
    let (account, region) = (&call.key.account, &call.key.region);
    let id = |prefix| resource_id(prefix, account, region, 1);
    let policy = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{account}:role/search") },
            "Action": "es:ESHttp*",
            "Resource": format!("arn:aws:es:{region}:{account}:domain/{name}/*"),
        }],
    });
    json!({
        "DomainId": format!("{account}/{name}"),
        "DomainName": name,
        "ARN": format!("arn:aws:es:{region}:{account}:domain/{name}"),
        "Created": true,
        "Deleted": false,
        "EngineVersion": "OpenSearch_2.19",
        "AccessPolicies": policy.to_string(),
        "ClusterConfig": { "InstanceType": "r7g.large.search", "InstanceCount": 2, "ZoneAwarenessEnabled": true },
        "VPCOptions": {
            "VPCId": id("vpc"),
            "SubnetIds": [id("subnet")],
            "AvailabilityZones": [format!("{region}a")],
            "SecurityGroupIds": [id("sg")],
        },
        "EncryptionAtRestOptions": { "Enabled": true, "KmsKeyId": key(call) },
        "NodeToNodeEncryptionOptions": { "Enabled": true },
        "DomainEndpointOptions": { "EnforceHTTPS": true, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10" },
    })
}
