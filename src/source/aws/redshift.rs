//! Amazon Redshift provisioned clusters.

use aws_sdk_redshift::Client;
use aws_sdk_redshift::types::Cluster;
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const CLUSTER: &str = "AWS::Redshift::Cluster";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "redshift-clusters",
    scope: Scope::Regional,
    types: &[CLUSTER],
    actions: &["redshift:DescribeClusters"],
    run: |unit| clusters(unit).boxed(),
}];

async fn clusters(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let pages = client.describe_clusters().into_paginator().page_size(100).send();
    let (clusters, failure) = unit.list("redshift:DescribeClusters", pages, |page| (page.clusters, page.marker)).await;
    Batch::of(CLUSTER, (clusters.iter().filter_map(|one| cluster(unit, one)).collect(), failure))
}

fn cluster(unit: &Unit, cluster: &Cluster) -> Option<Resource> {
    let id = cluster.cluster_identifier()?;
    let group = cluster.cluster_parameter_groups().first().and_then(|group| group.parameter_group_name());
    let properties = Value::map([
        ("ClusterIdentifier", id.into()),
        ("NodeType", cluster.node_type().into()),
        ("NumberOfNodes", cluster.number_of_nodes().into()),
        ("ClusterParameterGroupName", convert::text(group)),
        ("ClusterSubnetGroupName", convert::text(cluster.cluster_subnet_group_name())),
        ("AllowVersionUpgrade", cluster.allow_version_upgrade().into()),
        ("AutomatedSnapshotRetentionPeriod", cluster.automated_snapshot_retention_period().into()),
        ("Encrypted", cluster.encrypted().into()),
        ("KmsKeyId", convert::text(cluster.kms_key_id())),
        ("EnhancedVpcRouting", cluster.enhanced_vpc_routing().into()),
        ("PubliclyAccessible", cluster.publicly_accessible().into()),
        ("ClusterStatus", cluster.cluster_status().into()),
        ("Tags", convert::tags(cluster.tags().iter().map(|tag| (tag.key(), tag.value())))),
    ]);
    Some(unit.resource(CLUSTER, id, Some(unit.arn("redshift", &format!("cluster:{id}"))), properties))
}
