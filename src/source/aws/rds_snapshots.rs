//! Amazon RDS: the account's own snapshots, and the accounts that may restore them.
//!
//! The cluster snapshots of Neptune and DocumentDB are among them; `Engine` tells them apart.

use aws_sdk_rds::Client;
use aws_sdk_rds::types::{DbClusterSnapshot, DbSnapshot};
use futures::FutureExt;

use super::call::{Batch, Unit, each};
use super::rds::{client, tags};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const SNAPSHOT: &str = "AWS::RDS::DBSnapshot";
const CLUSTER_SNAPSHOT: &str = "AWS::RDS::DBClusterSnapshot";

/// The attribute that lists who may copy and restore a snapshot: account ids, or `all`.
const RESTORE: &str = "restore";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "rds-snapshots",
        scope: Scope::Regional,
        types: &[SNAPSHOT],
        actions: &["rds:DescribeDBSnapshots", "rds:DescribeDBSnapshotAttributes"],
        run: |unit| snapshots(unit).boxed(),
    },
    Collector {
        name: "rds-cluster-snapshots",
        scope: Scope::Regional,
        types: &[CLUSTER_SNAPSHOT],
        actions: &["rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusterSnapshotAttributes"],
        run: |unit| cluster_snapshots(unit).boxed(),
    },
];

async fn snapshots(unit: &Unit) -> Batch {
    let client = client(unit);
    let pages = client.describe_db_snapshots().into_paginator().page_size(100).send();
    let (snapshots, failure) =
        unit.list("rds:DescribeDBSnapshots", pages, |page| (page.db_snapshots, page.marker)).await;
    Batch::of(SNAPSHOT, (each(snapshots, |one| snapshot(unit, &client, one)).await, failure))
}

async fn cluster_snapshots(unit: &Unit) -> Batch {
    let client = client(unit);
    let pages = client.describe_db_cluster_snapshots().into_paginator().page_size(100).send();
    let (snapshots, failure) =
        unit.list("rds:DescribeDBClusterSnapshots", pages, |page| (page.db_cluster_snapshots, page.marker)).await;
    Batch::of(CLUSTER_SNAPSHOT, (each(snapshots, |one| cluster_snapshot(unit, &client, one)).await, failure))
}

/// Whether a snapshot can be shared at all: an automated one cannot.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ShareSnapshot.html>
fn can_be_shared(kind: Option<&str>) -> bool {
    kind != Some("automated")
}

/// Nothing when the snapshot was deleted in the meantime.
async fn snapshot(unit: &Unit, client: &Client, snapshot: DbSnapshot) -> Option<Resource> {
    let id = snapshot.db_snapshot_identifier()?;
    let accounts = if can_be_shared(snapshot.snapshot_type()) {
        let call = client.describe_db_snapshot_attributes().db_snapshot_identifier(id).send();
        match unit.ask("rds:DescribeDBSnapshotAttributes", call, |answer| answer.db_snapshot_attributes_result).await {
            Ok(result) => {
                let attributes = result.db_snapshot_attributes().iter();
                accounts(attributes.map(|attribute| (attribute.attribute_name(), attribute.attribute_values())))
            }
            Err(failure) if failure.is(&["DBSnapshotNotFound"]) => return None,
            Err(failure) => failure.into_value(),
        }
    } else {
        Value::Null
    };
    let properties = Value::map([
        ("DBSnapshotIdentifier", id.into()),
        ("DBInstanceIdentifier", snapshot.db_instance_identifier().into()),
        ("Encrypted", snapshot.encrypted().into()),
        ("StorageEncryptionType", snapshot.storage_encryption_type().map(|kind| kind.as_str()).into()),
        ("Engine", snapshot.engine().into()),
        ("KmsKeyId", convert::text(snapshot.kms_key_id())),
        ("SnapshotCreateTime", convert::time(snapshot.snapshot_create_time())),
        ("SnapshotType", snapshot.snapshot_type().into()),
        ("Status", snapshot.status().into()),
        ("RestoreAccounts", accounts),
        ("Tags", tags(snapshot.tag_list())),
    ]);
    Some(unit.resource(SNAPSHOT, id, snapshot.db_snapshot_arn().map(str::to_owned), properties))
}

/// Nothing when the snapshot was deleted in the meantime.
async fn cluster_snapshot(unit: &Unit, client: &Client, snapshot: DbClusterSnapshot) -> Option<Resource> {
    let id = snapshot.db_cluster_snapshot_identifier()?;
    let accounts = if can_be_shared(snapshot.snapshot_type()) {
        let call = client.describe_db_cluster_snapshot_attributes().db_cluster_snapshot_identifier(id).send();
        match unit
            .ask("rds:DescribeDBClusterSnapshotAttributes", call, |answer| answer.db_cluster_snapshot_attributes_result)
            .await
        {
            Ok(result) => {
                let attributes = result.db_cluster_snapshot_attributes().iter();
                accounts(attributes.map(|attribute| (attribute.attribute_name(), attribute.attribute_values())))
            }
            Err(failure) if failure.is(&["DBClusterSnapshotNotFoundFault"]) => return None,
            Err(failure) => failure.into_value(),
        }
    } else {
        Value::Null
    };
    let properties = Value::map([
        ("DBClusterSnapshotIdentifier", id.into()),
        ("DBClusterIdentifier", snapshot.db_cluster_identifier().into()),
        ("StorageEncrypted", snapshot.storage_encrypted().into()),
        ("StorageEncryptionType", snapshot.storage_encryption_type().map(|kind| kind.as_str()).into()),
        ("Engine", snapshot.engine().into()),
        ("KmsKeyId", convert::text(snapshot.kms_key_id())),
        ("SnapshotCreateTime", convert::time(snapshot.snapshot_create_time())),
        ("SnapshotType", snapshot.snapshot_type().into()),
        ("Status", snapshot.status().into()),
        ("RestoreAccounts", accounts),
        ("Tags", tags(snapshot.tag_list())),
    ]);
    Some(unit.resource(CLUSTER_SNAPSHOT, id, snapshot.db_cluster_snapshot_arn().map(str::to_owned), properties))
}

fn accounts<'a>(attributes: impl Iterator<Item = (Option<&'a str>, &'a [String])>) -> Value {
    let restore = attributes.filter(|(name, _)| *name == Some(RESTORE)).flat_map(|(_, values)| values);
    convert::sorted(restore.map(|account| account.as_str().into()))
}
