//! Amazon RDS: clusters and instances, with those of Neptune and DocumentDB, which its API returns too.
//!
//! <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBClusters.html>

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{DbCluster, DbInstance, Tag};
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

pub(super) const DESCRIBE_CLUSTERS: &str = "rds:DescribeDBClusters";
pub(super) const DESCRIBE_INSTANCES: &str = "rds:DescribeDBInstances";

/// The services behind the one API, and the resource types of each.
pub(super) struct Family {
    pub(super) cluster: &'static str,
    pub(super) instance: &'static str,
    pub(super) cluster_parameters: &'static str,
}

const RDS: Family = Family {
    cluster: "AWS::RDS::DBCluster",
    instance: "AWS::RDS::DBInstance",
    cluster_parameters: "AWS::RDS::DBClusterParameterGroup",
};
const NEPTUNE: Family = Family {
    cluster: "AWS::Neptune::DBCluster",
    instance: "AWS::Neptune::DBInstance",
    cluster_parameters: "AWS::Neptune::DBClusterParameterGroup",
};
const DOCDB: Family = Family {
    cluster: "AWS::DocDB::DBCluster",
    instance: "AWS::DocDB::DBInstance",
    cluster_parameters: "AWS::DocDB::DBClusterParameterGroup",
};

pub(super) const FAMILIES: [Family; 3] = [RDS, NEPTUNE, DOCDB];

impl Family {
    pub(super) fn of(engine: Option<&str>) -> &'static Self {
        match engine {
            Some("neptune") => &NEPTUNE,
            Some("docdb") => &DOCDB,
            _ => &RDS,
        }
    }

    fn is(&self, other: &Self) -> bool {
        self.cluster == other.cluster
    }
}

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "rds-clusters",
        scope: Scope::Regional,
        types: &[RDS.cluster, NEPTUNE.cluster, DOCDB.cluster],
        actions: &[DESCRIBE_CLUSTERS],
        run: |unit| clusters(unit).boxed(),
    },
    Collector {
        name: "rds-instances",
        scope: Scope::Regional,
        types: &[RDS.instance, NEPTUNE.instance, DOCDB.instance],
        actions: &[DESCRIBE_INSTANCES],
        run: |unit| instances(unit).boxed(),
    },
];

pub(super) fn client(unit: &Unit) -> Client {
    Client::new(&unit.config())
}

pub(super) async fn list_clusters(unit: &Unit) -> (Vec<DbCluster>, Option<Failure>) {
    let pages = client(unit).describe_db_clusters().into_paginator().page_size(100).send();
    unit.list(DESCRIBE_CLUSTERS, pages, |page| (page.db_clusters, page.marker)).await
}

pub(super) async fn list_instances(unit: &Unit) -> (Vec<DbInstance>, Option<Failure>) {
    let pages = client(unit).describe_db_instances().into_paginator().page_size(100).send();
    unit.list(DESCRIBE_INSTANCES, pages, |page| (page.db_instances, page.marker)).await
}

async fn clusters(unit: &Unit) -> Batch {
    let (clusters, failure) = list_clusters(unit).await;
    let resources = clusters.iter().filter_map(|one| cluster(unit, one)).collect();
    Batch::of_kinds(FAMILIES.map(|family| family.cluster), (resources, failure))
}

async fn instances(unit: &Unit) -> Batch {
    let (instances, failure) = list_instances(unit).await;
    let resources = instances.iter().filter_map(|one| instance(unit, one)).collect();
    Batch::of_kinds(FAMILIES.map(|family| family.instance), (resources, failure))
}

fn cluster(unit: &Unit, cluster: &DbCluster) -> Option<Resource> {
    let id = cluster.db_cluster_identifier()?;
    let family = Family::of(cluster.engine());
    let shared = [
        ("DBClusterIdentifier", id.into()),
        ("EngineVersion", cluster.engine_version().into()),
        ("StorageEncrypted", cluster.storage_encrypted().into()),
        ("StorageEncryptionType", cluster.storage_encryption_type().map(|kind| kind.as_str()).into()),
        ("KmsKeyId", convert::text(cluster.kms_key_id())),
        ("DeletionProtection", cluster.deletion_protection().into()),
        ("BackupRetentionPeriod", cluster.backup_retention_period().into()),
        ("EnableCloudwatchLogsExports", exports(cluster.enabled_cloudwatch_logs_exports())),
        ("DBClusterParameterGroupName", convert::text(cluster.db_cluster_parameter_group())),
        ("CopyTagsToSnapshot", cluster.copy_tags_to_snapshot().into()),
        ("MultiAZ", cluster.multi_az().into()),
        ("DBClusterMembers", members(cluster)),
        ("Status", cluster.status().into()),
        ("Tags", tags(cluster.tag_list())),
    ];
    let own = if family.is(&RDS) { of_rds(cluster) } else { of_others(family, cluster) };
    let properties = Value::map(shared.into_iter().chain(own));
    Some(unit.resource(family.cluster, id, cluster.db_cluster_arn().map(str::to_owned), properties))
}

fn of_rds(cluster: &DbCluster) -> Vec<(&'static str, Value)> {
    vec![
        ("AutoMinorVersionUpgrade", cluster.auto_minor_version_upgrade().into()),
        ("DBClusterInstanceClass", convert::text(cluster.db_cluster_instance_class())),
        ("EnableIAMDatabaseAuthentication", cluster.iam_database_authentication_enabled().into()),
        ("Engine", cluster.engine().into()),
        ("EngineMode", convert::text(cluster.engine_mode())),
        ("GlobalClusterIdentifier", convert::text(cluster.global_cluster_identifier())),
        ("PubliclyAccessible", cluster.publicly_accessible().into()),
        ("ReplicationSourceIdentifier", convert::text(cluster.replication_source_identifier())),
    ]
}

fn of_others(family: &Family, cluster: &DbCluster) -> Vec<(&'static str, Value)> {
    let iam = ("IamAuthEnabled", cluster.iam_database_authentication_enabled().into());
    if family.is(&NEPTUNE) { vec![iam] } else { Vec::new() }
}

fn members(cluster: &DbCluster) -> Value {
    convert::sorted(cluster.db_cluster_members().iter().map(|member| {
        Value::map([
            ("DBInstanceIdentifier", member.db_instance_identifier().into()),
            ("IsClusterWriter", member.is_cluster_writer().into()),
        ])
    }))
}

fn instance(unit: &Unit, instance: &DbInstance) -> Option<Resource> {
    let id = instance.db_instance_identifier()?;
    let family = Family::of(instance.engine());
    let shared = [
        ("DBInstanceIdentifier", id.into()),
        ("DBInstanceClass", instance.db_instance_class().into()),
        ("DBInstanceStatus", instance.db_instance_status().into()),
        ("DBClusterIdentifier", convert::text(instance.db_cluster_identifier())),
        ("AutoMinorVersionUpgrade", instance.auto_minor_version_upgrade().into()),
        ("AvailabilityZone", convert::text(instance.availability_zone())),
        ("PubliclyAccessible", instance.publicly_accessible().into()),
        ("Tags", tags(instance.tag_list())),
    ];
    let own = if family.is(&RDS) { only_of_rds(instance) } else { Vec::new() };
    let properties = Value::map(shared.into_iter().chain(own));
    Some(unit.resource(family.instance, id, instance.db_instance_arn().map(str::to_owned), properties))
}

fn only_of_rds(instance: &DbInstance) -> Vec<(&'static str, Value)> {
    let group = instance.db_parameter_groups().first().and_then(|group| group.db_parameter_group_name());
    vec![
        ("BackupRetentionPeriod", instance.backup_retention_period().into()),
        ("CopyTagsToSnapshot", instance.copy_tags_to_snapshot().into()),
        ("DBParameterGroupName", convert::text(group)),
        ("DeletionProtection", instance.deletion_protection().into()),
        ("EnableCloudwatchLogsExports", exports(instance.enabled_cloudwatch_logs_exports())),
        ("EnableIAMDatabaseAuthentication", instance.iam_database_authentication_enabled().into()),
        ("Engine", instance.engine().into()),
        ("EngineVersion", instance.engine_version().into()),
        ("KmsKeyId", convert::text(instance.kms_key_id())),
        ("MultiAZ", instance.multi_az().into()),
        ("SourceDBClusterIdentifier", convert::text(instance.read_replica_source_db_cluster_identifier())),
        ("SourceDBInstanceIdentifier", convert::text(instance.read_replica_source_db_instance_identifier())),
        ("StorageEncrypted", instance.storage_encrypted().into()),
        ("StorageEncryptionType", instance.storage_encryption_type().map(|kind| kind.as_str()).into()),
    ]
}

/// The exported logs; the API leaves them out where there are none.
fn exports(names: &[String]) -> Value {
    convert::sorted(names.iter().map(|name| name.as_str().into()))
}

pub(super) fn tags(tags: &[Tag]) -> Value {
    convert::tags(tags.iter().map(|tag| (tag.key(), tag.value())))
}
