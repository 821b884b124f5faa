//! Amazon EFS file systems.

use aws_sdk_efs::Client;
use aws_sdk_efs::types::FileSystemDescription;
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const FILE_SYSTEM: &str = "AWS::EFS::FileSystem";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "efs-file-systems",
    scope: Scope::Regional,
    types: &[FILE_SYSTEM],
    actions: &["elasticfilesystem:DescribeFileSystems"],
    run: |unit| file_systems(unit).boxed(),
}];

async fn file_systems(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let pages = client.describe_file_systems().into_paginator().page_size(100).send();
    let (systems, failure) =
        unit.list("elasticfilesystem:DescribeFileSystems", pages, |page| (page.file_systems, page.next_marker)).await;
    Batch::of(FILE_SYSTEM, (systems.iter().map(|one| file_system(unit, one)).collect(), failure))
}

fn file_system(unit: &Unit, system: &FileSystemDescription) -> Resource {
    let id = system.file_system_id();
    let properties = Value::map([
        ("FileSystemId", id.into()),
        ("Encrypted", system.encrypted().into()),
        ("KmsKeyId", convert::text(system.kms_key_id())),
        ("AvailabilityZoneName", convert::text(system.availability_zone_name())),
        ("LifeCycleState", system.life_cycle_state().as_str().into()),
        ("FileSystemTags", convert::tags(system.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value()))))),
    ]);
    let arn = system
        .file_system_arn()
        .map_or_else(|| unit.arn("elasticfilesystem", &format!("file-system/{id}")), str::to_owned);
    unit.resource(FILE_SYSTEM, id, Some(arn), properties)
}
