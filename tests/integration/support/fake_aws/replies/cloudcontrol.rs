//! Cloud Control: two encrypted Kinesis streams in each home region, one EKS cluster with a node group, nothing of other
//! types.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::World;
use super::Outcome;

const STREAMS: [&str; 2] = ["moves", "orders"];

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let kind = call.json_text("TypeName").unwrap_or_default();
    let there = world.has_resources(&call.key.region);
    match call.key.operation.as_str() {
        "ListResources" if there => list(call, &kind),
        "ListResources" => listing(&kind, &[]).into(),
        "GetResource" => get(call, &kind),
        _ => Outcome::Unknown,
    }
}

fn list(call: &Call, kind: &str) -> Outcome {
    match kind {
        // Two pages, one stream on each.
        "AWS::Kinesis::Stream" if call.json_text("NextToken").is_none() => {
            Outcome::Page(listing(kind, &STREAMS[..1]).to_string(), "streams-2".to_owned())
        }
        "AWS::Kinesis::Stream" => listing(kind, &STREAMS[1..]).into(),
        "AWS::EKS::Cluster" => listing(kind, &["main"]).into(),
        "AWS::EKS::Nodegroup" => match call.json_text("ResourceModel").as_deref() {
            Some(r#"{"ClusterName":"main"}"#) => listing(kind, &["main/workers"]).into(),
            _ => Outcome::Refused(
                400,
                "InvalidRequestException",
                format!(
                    "Missing or invalid ResourceModel property in {kind} list handler request input.Required property: (#: required key [ClusterName] not found)"
                ),
            ),
        },
        _ => listing(kind, &[]).into(),
    }
}

/// As AWS answers for many types: identifiers, and properties that are not all of them.
fn listing(kind: &str, identifiers: &[&str]) -> Value {
    let items = identifiers.iter().map(|id| json!({ "Identifier": id, "Properties": "{}" }));
    json!({ "TypeName": kind, "ResourceDescriptions": items.collect::<Vec<_>>() })
}

fn get(call: &Call, kind: &str) -> Outcome {
    let identifier = call.json_text("Identifier").unwrap_or_default();
    let (region, account) = (&call.key.region, &call.key.account);
    let properties = match kind {
        "AWS::Kinesis::Stream" if STREAMS.contains(&identifier.as_str()) => json!({
            "Arn": format!("arn:aws:kinesis:{region}:{account}:stream/{identifier}"),
            "Name": identifier,
            "RetentionPeriodHours": 168,
            "ShardCount": 1,
            "StreamEncryption": {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"},
            "StreamModeDetails": {"StreamMode": "PROVISIONED"},
            "Tags": [{"Key": "owner", "Value": "platform"}],
        }),
        "AWS::EKS::Nodegroup" if identifier == "main/workers" => json!({
            "Arn": format!("arn:aws:eks:{region}:{account}:nodegroup/main/workers/1"),
            "ClusterName": "main",
            "Id": identifier,
            "NodegroupName": "workers",
        }),
        _ => {
            let text = format!("Resource of type '{kind}' with identifier '{identifier}' was not found.");
            return Outcome::Refused(400, "ResourceNotFoundException", text);
        }
    };
    let description = json!({ "Identifier": identifier, "Properties": properties.to_string() });
    json!({ "TypeName": kind, "ResourceDescription": description }).into()
}
