//! The tagged resources of the scanned regions, of whatever type.

use aws_sdk_resourcegroupstagging::types::ResourceTagMapping;
use futures::FutureExt;

use super::arn_type::type_and_id;
use super::call::{Batch, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const TAGGED: &str = "AWS::::TaggedResource";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "tagged-resources",
    scope: Scope::Regional,
    types: &[TAGGED],
    actions: &["tag:GetResources"],
    run: |unit| tagged(unit).boxed(),
}];

/// Resources that never had a tag are not among them.
/// <https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html>
pub(super) async fn list(unit: &Unit) -> (Vec<ResourceTagMapping>, Option<Failure>) {
    let client = aws_sdk_resourcegroupstagging::Client::new(&unit.config());
    let pages = client.get_resources().into_paginator().page_size(100).send();
    unit.list("tag:GetResources", pages, |page| (page.resource_tag_mapping_list, page.pagination_token)).await
}

async fn tagged(unit: &Unit) -> Batch {
    let (mappings, failure) = list(unit).await;
    Batch::of(TAGGED, (mappings.iter().filter_map(|mapping| resource(unit, mapping)).collect(), failure))
}

fn resource(unit: &Unit, mapping: &ResourceTagMapping) -> Option<Resource> {
    let arn = mapping.resource_arn()?;
    let properties = Value::map([
        ("ResourceArn", arn.into()),
        ("ResourceType", type_and_id(arn).0.into()),
        ("Tags", convert::tags(mapping.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value()))))),
    ]);
    Some(unit.resource(TAGGED, arn, Some(arn.to_owned()), properties))
}
