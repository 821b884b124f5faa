//! Types that a live account shows as another type.

use std::sync::Arc;

use crate::model::{Map, Resource, Unknown, Value};

/// The resources that AWS makes of a declared one.
pub(super) fn as_live(resource: Resource) -> Vec<Resource> {
    match resource.id.resource_type.as_str() {
        "AWS::DynamoDB::GlobalTable" => tables(&resource),
        "AWS::EC2::TransitGatewayPeeringAttachment" => {
            let peering = peering(&resource.properties);
            vec![renamed(resource, "AWS::EC2::TransitGatewayAttachment", peering)]
        }
        "AWS::EC2::TransitGatewayVpcAttachment" => {
            let properties = resource.properties.clone();
            vec![renamed(resource, "AWS::EC2::TransitGatewayAttachment", properties)]
        }
        "AWS::KMS::ReplicaKey" => {
            let key = replica_key(&resource.properties);
            vec![renamed(resource, "AWS::KMS::Key", key)]
        }
        _ => vec![resource],
    }
}

fn renamed(mut resource: Resource, kind: &str, properties: Value) -> Resource {
    resource.id.resource_type = kind.to_owned();
    resource.properties = properties;
    resource
}

fn with<'a>(properties: &Value, more: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let mut map = match properties {
        Value::Map(map) => Map::clone(map),
        other => return other.clone(),
    };
    let more = more.into_iter().filter(|(_, value)| !matches!(value, Value::Null));
    map.extend(more.map(|(name, value)| (Arc::from(name), value)));
    Value::Map(Arc::new(map))
}

fn get(properties: &Value, name: &str) -> Value {
    properties.get(name).cloned().into()
}

/// The attachment names the gateway of the other side.
fn peering(properties: &Value) -> Value {
    with(
        properties,
        [
            ("ResourceType", "peering".into()),
            ("ResourceId", get(properties, "PeerTransitGatewayId")),
            ("ResourceOwnerId", get(properties, "PeerAccountId")),
        ],
    )
}

/// A replica is rotated with its primary key, which is elsewhere.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html>
fn replica_key(properties: &Value) -> Value {
    let rotation = Value::unknown(Unknown::NotRead("the primary key".to_owned()));
    with(properties, [("EnableKeyRotation", rotation), ("MultiRegion", true.into())])
}

/// A global table is a table in each region of its replicas. One whose region is not known is taken to be here.
fn tables(resource: &Resource) -> Vec<Resource> {
    let properties = &resource.properties;
    let Some(replicas) = properties.get("Replicas").map(Value::one_or_many).filter(|list| !list.is_empty()) else {
        return vec![renamed(resource.clone(), "AWS::DynamoDB::Table", properties.clone())];
    };
    replicas
        .iter()
        .map(|replica| {
            let mut table = renamed(resource.clone(), "AWS::DynamoDB::Table", table(properties, replica));
            if let Some(region) = replica.get("Region").and_then(Value::as_str) {
                region.clone_into(&mut table.id.region);
            }
            table
        })
        .collect()
}

/// What the replica says, and what the global table says for all of them.
fn table(properties: &Value, replica: &Value) -> Value {
    let of_replica = |name: &'static str| match replica {
        Value::Unknown(_) => (name, replica.clone()),
        _ => (name, get(replica, name)),
    };
    let encryption = get(properties, "SSESpecification");
    let encryption = match (&encryption, of_replica("SSESpecification").1) {
        (Value::Map(_), Value::Map(key)) => with(&encryption, key.iter().map(|(name, key)| (&**name, key.clone()))),
        (Value::Map(_), key @ Value::Unknown(_)) => with(&encryption, [("KMSMasterKeyId", key)]),
        _ => encryption,
    };
    let own = ["DeletionProtectionEnabled", "PointInTimeRecoverySpecification", "Tags"].map(of_replica);
    with(properties, own.into_iter().chain([("SSESpecification", encryption)]))
}
