//! Amazon ElastiCache: replication groups, and cache clusters that belong to none.

use aws_sdk_elasticache::Client;
use aws_sdk_elasticache::types::{AutomaticFailoverStatus, CacheCluster, MultiAzStatus, ReplicationGroup};
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const GROUP: &str = "AWS::ElastiCache::ReplicationGroup";
const CLUSTER: &str = "AWS::ElastiCache::CacheCluster";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "elasticache-replication-groups",
        scope: Scope::Regional,
        types: &[GROUP],
        actions: &["elasticache:DescribeReplicationGroups"],
        run: |unit| groups(unit).boxed(),
    },
    Collector {
        name: "elasticache-cache-clusters",
        scope: Scope::Regional,
        types: &[CLUSTER],
        actions: &["elasticache:DescribeCacheClusters"],
        run: |unit| clusters(unit).boxed(),
    },
];

fn client(unit: &Unit) -> Client {
    Client::new(&unit.config())
}

async fn groups(unit: &Unit) -> Batch {
    let pages = client(unit).describe_replication_groups().into_paginator().page_size(100).send();
    let (groups, failure) =
        unit.list("elasticache:DescribeReplicationGroups", pages, |page| (page.replication_groups, page.marker)).await;
    Batch::of(GROUP, (groups.iter().filter_map(|one| group(unit, one)).collect(), failure))
}

fn group(unit: &Unit, group: &ReplicationGroup) -> Option<Resource> {
    let id = group.replication_group_id()?;
    let failover = group
        .automatic_failover()
        .map(|status| matches!(status, AutomaticFailoverStatus::Enabled | AutomaticFailoverStatus::Enabling));
    let properties = Value::map([
        ("ReplicationGroupId", id.into()),
        ("Engine", group.engine().into()),
        ("CacheNodeType", group.cache_node_type().into()),
        ("AtRestEncryptionEnabled", group.at_rest_encryption_enabled().into()),
        ("StorageEncryptionType", group.storage_encryption_type().map(|kind| kind.as_str()).into()),
        ("KmsKeyId", convert::text(group.kms_key_id())),
        ("TransitEncryptionEnabled", group.transit_encryption_enabled().into()),
        ("TransitEncryptionMode", group.transit_encryption_mode().map(|mode| mode.as_str()).into()),
        ("AutoMinorVersionUpgrade", group.auto_minor_version_upgrade().into()),
        ("AutomaticFailoverEnabled", failover.into()),
        ("MultiAZEnabled", group.multi_az().map(|status| *status == MultiAzStatus::Enabled).into()),
        ("SnapshotRetentionLimit", group.snapshot_retention_limit().into()),
        ("Status", group.status().into()),
    ]);
    Some(unit.resource(GROUP, id, group.arn().map(str::to_owned), properties))
}

async fn clusters(unit: &Unit) -> Batch {
    let pages = client(unit).describe_cache_clusters().into_paginator().page_size(100).send();
    let (clusters, failure) =
        unit.list("elasticache:DescribeCacheClusters", pages, |page| (page.cache_clusters, page.marker)).await;
    let alone = clusters.iter().filter(|one| one.replication_group_id().is_none_or(str::is_empty));
    Batch::of(CLUSTER, (alone.filter_map(|one| cluster(unit, one)).collect(), failure))
}

fn cluster(unit: &Unit, cluster: &CacheCluster) -> Option<Resource> {
    let id = cluster.cache_cluster_id()?;
    let properties = Value::map([
        ("ClusterName", id.into()),
        ("Engine", cluster.engine().into()),
        ("EngineVersion", cluster.engine_version().into()),
        ("CacheNodeType", cluster.cache_node_type().into()),
        ("NumCacheNodes", cluster.num_cache_nodes().into()),
        ("AtRestEncryptionEnabled", cluster.at_rest_encryption_enabled().into()),
        ("TransitEncryptionEnabled", cluster.transit_encryption_enabled().into()),
        ("AutoMinorVersionUpgrade", cluster.auto_minor_version_upgrade().into()),
        ("SnapshotRetentionLimit", cluster.snapshot_retention_limit().into()),
        ("Status", cluster.cache_cluster_status().into()),
    ]);
    Some(unit.resource(CLUSTER, id, cluster.arn().map(str::to_owned), properties))
}
