//! Amazon EBS: volumes, own snapshots with the accounts they are shared with, and encryption by default.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{CreateVolumePermission, Snapshot, SnapshotAttributeName, Volume};
use futures::FutureExt;

use super::call::{Batch, Failure, Unit, each};
use super::ec2::{arn, client, tags};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const VOLUME: &str = "AWS::EC2::Volume";
const SNAPSHOT: &str = "AWS::EC2::Snapshot";
const ENCRYPTION_BY_DEFAULT: &str = "AWS::EC2::EbsEncryptionByDefault";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "ec2-volumes",
        scope: Scope::Regional,
        types: &[VOLUME],
        actions: &["ec2:DescribeVolumes"],
        run: |unit| volumes(unit).boxed(),
    },
    Collector {
        name: "ec2-snapshots",
        scope: Scope::Regional,
        types: &[SNAPSHOT],
        actions: &["ec2:DescribeSnapshots", "ec2:DescribeSnapshotAttribute"],
        run: |unit| snapshots(unit).boxed(),
    },
    Collector {
        name: "ec2-ebs-encryption-by-default",
        scope: Scope::Regional,
        types: &[ENCRYPTION_BY_DEFAULT],
        actions: &["ec2:GetEbsEncryptionByDefault", "ec2:GetEbsDefaultKmsKeyId"],
        run: |unit| encryption_by_default(unit).boxed(),
    },
];

async fn volumes(unit: &Unit) -> Batch {
    let pages = client(unit).describe_volumes().into_paginator().page_size(500).send();
    let (volumes, failure) = unit.list("ec2:DescribeVolumes", pages, |page| (page.volumes, page.next_token)).await;
    Batch::of(VOLUME, (volumes.iter().filter_map(|disk| volume(unit, disk)).collect(), failure))
}

fn volume(unit: &Unit, volume: &Volume) -> Option<Resource> {
    let id = volume.volume_id()?;
    let properties = Value::map([
        ("VolumeId", id.into()),
        ("Encrypted", volume.encrypted().into()),
        ("KmsKeyId", convert::text(volume.kms_key_id())),
        ("Size", volume.size().into()),
        ("VolumeType", volume.volume_type().map(|kind| kind.as_str()).into()),
        ("AvailabilityZone", volume.availability_zone().into()),
        ("State", volume.state().map(|state| state.as_str()).into()),
        ("Attachments", attachments(volume)),
        ("Tags", tags(volume.tags())),
    ]);
    Some(unit.resource(VOLUME, id, arn(unit, None, &format!("volume/{id}")), properties))
}

fn attachments(volume: &Volume) -> Value {
    let attachments = volume.attachments().iter();
    convert::sorted(attachments.map(|attachment| Value::map([("InstanceId", attachment.instance_id().into())])))
}

async fn snapshots(unit: &Unit) -> Batch {
    let client = client(unit);
    let pages = client.describe_snapshots().owner_ids("self").into_paginator().page_size(1000).send();
    let (snapshots, failure) =
        unit.list("ec2:DescribeSnapshots", pages, |page| (page.snapshots, page.next_token)).await;
    Batch::of(SNAPSHOT, (each(snapshots, |copy| snapshot(unit, &client, copy)).await, failure))
}

/// Nothing when the snapshot was deleted in the meantime.
async fn snapshot(unit: &Unit, client: &Client, snapshot: Snapshot) -> Option<Resource> {
    let id = snapshot.snapshot_id()?;
    let attribute = SnapshotAttributeName::CreateVolumePermission;
    let call = client.describe_snapshot_attribute().snapshot_id(id).attribute(attribute).send();
    let permissions = match unit.call("ec2:DescribeSnapshotAttribute", call).await {
        Ok(answer) => permissions(answer.create_volume_permissions()),
        Err(failure) if failure.is(&["InvalidSnapshot.NotFound"]) => return None,
        Err(failure) => failure.into_value(),
    };
    let properties = Value::map([
        ("SnapshotId", id.into()),
        ("VolumeId", snapshot.volume_id().into()),
        ("OwnerId", snapshot.owner_id().into()),
        ("Encrypted", snapshot.encrypted().into()),
        ("KmsKeyId", convert::text(snapshot.kms_key_id())),
        ("State", snapshot.state().map(|state| state.as_str()).into()),
        ("CreateVolumePermissions", permissions),
        ("Tags", tags(snapshot.tags())),
    ]);
    // The ARN of a snapshot names no account.
    // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
    Some(unit.resource(SNAPSHOT, id, arn(unit, Some(""), &format!("snapshot/{id}")), properties))
}

fn permissions(permissions: &[CreateVolumePermission]) -> Value {
    convert::sorted(permissions.iter().map(|permission| {
        Value::map([
            ("Group", permission.group().map(|group| group.as_str()).into()),
            ("UserId", permission.user_id().into()),
        ])
    }))
}

async fn encryption_by_default(unit: &Unit) -> Batch {
    let client = client(unit);
    let call = client.get_ebs_encryption_by_default().send();
    let enabled = unit.ask("ec2:GetEbsEncryptionByDefault", call, |answer| answer.ebs_encryption_by_default).await;
    let key = unit.call("ec2:GetEbsDefaultKmsKeyId", client.get_ebs_default_kms_key_id().send()).await;
    let properties = Value::map([
        ("Enabled", enabled.map_or_else(Failure::into_value, Value::from)),
        ("KmsKeyId", key.map_or_else(Failure::into_value, |answer| convert::text(answer.kms_key_id()))),
    ]);
    Batch::one(unit.resource(ENCRYPTION_BY_DEFAULT, unit.account(), None, properties))
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::PermissionGroup;
    use serde_json::json;

    use super::*;

    #[test]
    fn permissions_are_in_a_fixed_order() {
        let user = |id: &str| CreateVolumePermission::builder().user_id(id).build();
        let everyone = CreateVolumePermission::builder().group(PermissionGroup::All).build();
        let expected = json!([{"Group": "all"}, {"UserId": "111111111111"}, {"UserId": "222222222222"}]);
        let value = permissions(&[user("222222222222"), everyone, user("111111111111")]);
        assert_eq!(serde_json::to_value(value).unwrap(), expected);
    }
}
