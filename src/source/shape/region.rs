//! The region that files deploy to, as the resource by which guardrails judge regions.

use std::sync::Arc;

use crate::model::{Origin, Resource, ResourceId, Scope, Value};

/// The region as an `AWS::::Region`, with the resources that it holds after folding. Those of services that belong to no
/// region ([`Scope::of`]) are not in it, and buckets are not either, since guardrails judge each by itself: a live account
/// shows both by ARNs without a region.
///
/// The region stands where the first of its resources does, so that a finding has a line; exceptions beside that one
/// resource are none for the region.
pub fn region_of(resources: &[Resource], region: &str) -> Resource {
    let mut held: Vec<&Resource> =
        resources.iter().filter(|resource| resource.id.region == region && is_regional(&resource.id)).collect();
    held.sort_by(|a, b| a.id.cmp(&b.id));
    let origins = held.iter().filter_map(|resource| resource.origin.as_deref());
    let first = origins.min_by(|a, b| (&a.file, a.place).cmp(&(&b.file, b.place)));
    let origin = first.map(|origin| {
        Arc::new(Origin {
            file: Arc::clone(&origin.file),
            logical_id: origin.logical_id.clone(),
            construct: origin.construct.clone(),
            place: origin.place,
            ..Origin::default()
        })
    });
    let items = held.iter().map(|resource| {
        Value::map([("Id", resource.id.name.as_str().into()), ("Type", resource.id.resource_type.as_str().into())])
    });
    let properties = Value::map([
        ("RegionName", region.into()),
        ("OptInStatus", "opted-in".into()),
        ("DeniedByScp", false.into()),
        ("Resources", Value::list(items)),
    ]);
    let id = ResourceId {
        resource_type: "AWS::::Region".to_owned(),
        region: region.to_owned(),
        name: region.to_owned(),
        arn: None,
    };
    Resource { id, properties, origin }
}

/// Whether AWS makes something of it in the region: not of what is for the deployment only, or for somebody else's service.
fn is_regional(id: &ResourceId) -> bool {
    let kind = id.resource_type.as_str();
    let apart = ["AWS::::", "AWS::CDK::", "AWS::CloudFormation::", "AWS::S3::Bucket"];
    kind.starts_with("AWS::")
        && !apart.iter().any(|apart| kind.starts_with(apart))
        && Scope::of(kind) == Scope::Regional
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Place;

    #[test]
    fn a_region_holds_what_belongs_to_it() {
        let resource = |kind: &str, name: &str, region: &str, line| {
            let id = ResourceId {
                resource_type: kind.to_owned(),
                region: region.to_owned(),
                name: name.to_owned(),
                arn: None,
            };
            let place = Some(Place { line, column: 1, end_line: line, end_column: 2 });
            let origin = Origin { file: "a.yaml".into(), logical_id: name.to_owned(), place, ..Origin::default() };
            Resource { id, properties: Value::Null, origin: Some(Arc::new(origin)) }
        };
        let all = [
            resource("AWS::Lambda::Function", "F", "us-east-1", 9),
            resource("AWS::CertificateManager::Certificate", "C", "us-east-1", 5),
            resource("AWS::CloudFront::Distribution", "D", "us-east-1", 1),
            resource("AWS::IAM::Role", "R", "global", 1),
            resource("AWS::S3::Bucket", "B", "us-east-1", 1),
            resource("AWS::CDK::Metadata", "M", "us-east-1", 1),
            resource("Custom::Thing", "T", "us-east-1", 1),
            resource("AWS::EC2::VPC", "V", "ap-northeast-1", 1),
        ];
        let region = region_of(&all, "us-east-1");
        let expected = json!({
            "RegionName": "us-east-1", "OptInStatus": "opted-in", "DeniedByScp": false,
            "Resources": [
                {"Id": "C", "Type": "AWS::CertificateManager::Certificate"},
                {"Id": "F", "Type": "AWS::Lambda::Function"},
            ],
        });
        assert_eq!(serde_json::to_value(&region.properties).unwrap(), expected);
        assert_eq!(region.origin.unwrap().logical_id, "C");
    }
}
