//! AWS Database Migration Service: replication instances.

use aws_sdk_databasemigration::Client;
use aws_sdk_databasemigration::types::ReplicationInstance;
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const INSTANCE: &str = "AWS::DMS::ReplicationInstance";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "dms-replication-instances",
    scope: Scope::Regional,
    types: &[INSTANCE],
    actions: &["dms:DescribeReplicationInstances"],
    run: |unit| instances(unit).boxed(),
}];

async fn instances(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let pages = client.describe_replication_instances().into_paginator().page_size(100).send();
    let (instances, failure) =
        unit.list("dms:DescribeReplicationInstances", pages, |page| (page.replication_instances, page.marker)).await;
    Batch::of(INSTANCE, (instances.iter().filter_map(|one| instance(unit, one)).collect(), failure))
}

fn instance(unit: &Unit, instance: &ReplicationInstance) -> Option<Resource> {
    let id = instance.replication_instance_identifier()?;
    let subnets = instance.replication_subnet_group().and_then(|group| group.replication_subnet_group_identifier());
    let properties = Value::map([
        ("ReplicationInstanceIdentifier", id.into()),
        ("ReplicationInstanceClass", instance.replication_instance_class().into()),
        ("ReplicationSubnetGroupIdentifier", convert::text(subnets)),
        ("AutoMinorVersionUpgrade", instance.auto_minor_version_upgrade().into()),
        ("EngineVersion", instance.engine_version().into()),
        ("KmsKeyId", convert::text(instance.kms_key_id())),
        ("MultiAZ", instance.multi_az().into()),
        ("PubliclyAccessible", instance.publicly_accessible().into()),
        ("ReplicationInstanceStatus", instance.replication_instance_status().into()),
    ]);
    Some(unit.resource(INSTANCE, id, instance.replication_instance_arn().map(str::to_owned), properties))
}
