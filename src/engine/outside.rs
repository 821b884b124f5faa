//! What files name and do not declare: resources that exist elsewhere.

use crate::model::{Inventory, Value};

/// A type that rules look up by an id or name which other resources give.
struct Named {
    kind: &'static str,
    /// The property that holds the id or name.
    identity: &'static str,
    /// Where others give it: type and path, through lists. Nothing where rules look in more places than can be listed.
    given_by: &'static [(&'static str, &'static str)],
}

static NAMED: [Named; 9] = [
    Named {
        kind: "AWS::ApiGateway::RestApi",
        identity: "RestApiId",
        given_by: &[("AWS::ApiGateway::Stage", "RestApiId")],
    },
    Named {
        kind: "AWS::DocDB::DBClusterParameterGroup",
        identity: "Name",
        given_by: &[("AWS::DocDB::DBCluster", "DBClusterParameterGroupName")],
    },
    Named {
        kind: "AWS::EC2::NatGateway",
        identity: "NatGatewayId",
        given_by: &[("AWS::EC2::RouteTable", "Routes.NatGatewayId")],
    },
    Named { kind: "AWS::EC2::PrefixList", identity: "PrefixListId", given_by: &[] },
    Named { kind: "AWS::KMS::Alias", identity: "AliasName", given_by: &[] },
    Named { kind: "AWS::KMS::Key", identity: "KeyId", given_by: &[] },
    Named {
        kind: "AWS::Neptune::DBClusterParameterGroup",
        identity: "Name",
        given_by: &[("AWS::Neptune::DBCluster", "DBClusterParameterGroupName")],
    },
    Named {
        kind: "AWS::RDS::DBClusterParameterGroup",
        identity: "DBClusterParameterGroupName",
        given_by: &[("AWS::RDS::DBCluster", "DBClusterParameterGroupName")],
    },
    Named {
        kind: "AWS::RDS::DBParameterGroup",
        identity: "DBParameterGroupName",
        given_by: &[("AWS::RDS::DBInstance", "DBParameterGroupName")],
    },
];

/// Whether what some files declare may name a resource of the type that they do not declare, so that not finding one among
/// theirs says nothing.
pub(super) fn may_be_named(inventory: &Inventory, kind: &str) -> bool {
    let Some(named) = NAMED.iter().find(|named| named.kind == kind) else { return false };
    if named.given_by.is_empty() {
        return true;
    }
    let of = |kind: &'static str| inventory.resources.iter().filter(move |resource| resource.id.resource_type == kind);
    let declared: Vec<&Value> = of(named.kind).filter_map(|resource| resource.properties.get(named.identity)).collect();
    let elsewhere = |value: &Value| !declared.iter().any(|known| known.equals(value) == Some(true));
    named.given_by.iter().any(|(kind, path)| {
        of(kind).any(|resource| {
            let mut given = Vec::new();
            gather(&resource.properties, path, &mut given);
            given.into_iter().any(elsewhere)
        })
    })
}

/// The values at a path, and what stands in its way without being known.
fn gather<'v>(value: &'v Value, path: &str, into: &mut Vec<&'v Value>) {
    match (value, path.split_once('.')) {
        (Value::Unknown(_), _) => into.push(value),
        (Value::List(items), _) => items.iter().for_each(|item| gather(item, path, into)),
        (_, Some((key, rest))) => value.get(key).into_iter().for_each(|value| gather(value, rest, into)),
        (_, None) => into.extend(value.get(path)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Resource, ResourceId};
    use serde_json::json;

    fn inventory(resources: &[(&str, serde_json::Value)]) -> Inventory {
        let account = Account::new("111111111111".parse().unwrap());
        let mut inventory = Inventory::new(account, Vec::new(), [].into());
        for (kind, properties) in resources {
            let id = ResourceId {
                resource_type: (*kind).to_owned(),
                region: "ap-northeast-1".into(),
                name: "a".into(),
                arn: None,
            };
            let properties = Value::from_notation(properties.clone()).unwrap();
            inventory.resources.push(Resource { id, properties, origin: None });
        }
        inventory
    }

    #[test]
    fn what_is_declared_is_not_elsewhere() {
        let nat = "AWS::EC2::NatGateway";
        let own = (nat, json!({"NatGatewayId": "nat-1"}));
        let routes = |id: serde_json::Value| ("AWS::EC2::RouteTable", json!({"Routes": [{"NatGatewayId": id}, {}]}));
        assert!(!may_be_named(&inventory(&[own.clone(), routes(json!("nat-1"))]), nat));
        assert!(may_be_named(&inventory(&[own.clone(), routes(json!("nat-2"))]), nat));
        assert!(may_be_named(&inventory(&[own, routes(json!({"$unknown": "known_after_apply"}))]), nat));
        assert!(!may_be_named(&inventory(&[]), nat));
        assert!(may_be_named(&inventory(&[]), "AWS::KMS::Key"));
        assert!(!may_be_named(&inventory(&[]), "AWS::S3::Bucket"));
    }
}
