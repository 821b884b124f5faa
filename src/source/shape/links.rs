//! Facts about a resource that another declared one knows, and that a live account shows with the first.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fold::edit;
use super::identity::unnamed_resource;
use crate::model::{Resource, Value};

/// Fills them in where they are certain.
pub(super) fn link(resources: &mut [Resource]) {
    networks(resources);
    gateways(resources);
    destinations(resources);
}

fn of_type<'a>(resources: &'a [Resource], kind: &'a str) -> impl Iterator<Item = &'a Resource> {
    resources.iter().filter(move |resource| resource.id.resource_type == kind)
}

/// A stage that says of its API only which resource it is belongs to that.
pub(super) fn stages(resources: &mut [Resource]) {
    let apis: BTreeMap<String, Value> = of_type(resources, "AWS::ApiGateway::RestApi")
        .filter_map(|api| Some((api.id.name.clone(), api.properties.get("RestApiId")?.clone())))
        .collect();
    for stage in resources.iter_mut().filter(|one| one.id.resource_type == "AWS::ApiGateway::Stage") {
        let Some(Value::Unknown(cause)) = stage.properties.get("RestApiId") else { continue };
        if let Some(api) = unnamed_resource(cause).and_then(|id| apis.get(id)).cloned() {
            edit(&mut stage.properties, &["RestApiId"], |place| *place = api);
        }
    }
}

/// A network interface is in the VPC of its subnet.
fn networks(resources: &mut [Resource]) {
    let vpcs: BTreeMap<Arc<str>, Value> = of_type(resources, "AWS::EC2::Subnet")
        .filter_map(|subnet| match subnet.properties.get("SubnetId")? {
            Value::String(id) => Some((Arc::clone(id), subnet.properties.get("VpcId")?.clone())),
            _ => None,
        })
        .collect();
    for interface in resources.iter_mut().filter(|one| one.id.resource_type == "AWS::EC2::NetworkInterface") {
        let subnet = interface.properties.get("SubnetId").and_then(Value::as_str);
        if let Some(vpc) = subnet.and_then(|subnet| vpcs.get(subnet)).cloned() {
            edit(&mut interface.properties, &["VpcId"], |place| *place = vpc);
        }
    }
}

/// An attachment of a declared transit gateway knows whose that is.
fn gateways(resources: &mut [Resource]) {
    let owners: BTreeMap<String, Value> = of_type(resources, "AWS::EC2::TransitGateway")
        .filter_map(|one| {
            Some((one.properties.get("Id")?.as_str()?.to_owned(), one.properties.get("OwnerId")?.clone()))
        })
        .collect();
    for attachment in resources.iter_mut().filter(|one| one.id.resource_type == "AWS::EC2::TransitGatewayAttachment") {
        let gateway = attachment.properties.get("TransitGatewayId").and_then(Value::as_str);
        if let Some(owner) = gateway.and_then(|gateway| owners.get(gateway)).cloned() {
            edit(&mut attachment.properties, &["TransitGatewayOwnerId"], |place| *place = owner);
        }
    }
}

/// The copies of a bucket are in the region of the bucket that they go to.
fn destinations(resources: &mut [Resource]) {
    let regions: BTreeMap<String, String> = of_type(resources, "AWS::S3::Bucket")
        .filter_map(|bucket| {
            Some((bucket.properties.get("BucketName")?.as_str()?.to_owned(), bucket.id.region.clone()))
        })
        .collect();
    for bucket in resources.iter_mut().filter(|one| one.id.resource_type == "AWS::S3::Bucket") {
        let Some(Value::List(rules)) =
            bucket.properties.get("ReplicationConfiguration").and_then(|copies| copies.get("Rules"))
        else {
            continue;
        };
        let located = Value::list(rules.iter().map(|rule| located(rule, &regions)));
        edit(&mut bucket.properties, &["ReplicationConfiguration", "Rules"], |place| *place = located);
    }
}

fn located(rule: &Value, regions: &BTreeMap<String, String>) -> Value {
    let mut rule = rule.clone();
    let bucket = rule.get("Destination").and_then(|destination| destination.get("Bucket")).and_then(Value::as_str);
    let name = bucket.and_then(|arn| arn.rsplit(':').next());
    if let Some(region) = name.and_then(|name| regions.get(name)).cloned() {
        edit(&mut rule, &["Destination", "BucketRegion"], |place| *place = region.into());
    }
    rule
}
