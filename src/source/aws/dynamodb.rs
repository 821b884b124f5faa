//! Amazon DynamoDB tables, each with its point-in-time recovery.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    ContinuousBackupsDescription, PointInTimeRecoveryStatus, ReplicaDescription, SseStatus, TableDescription,
};
use futures::{FutureExt, StreamExt, stream};

use super::call::{Batch, CALLS_AT_ONCE, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const TABLE: &str = "AWS::DynamoDB::Table";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "dynamodb-tables",
    scope: Scope::Regional,
    types: &[TABLE],
    actions: &["dynamodb:ListTables", "dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups"],
    run: |unit| tables(unit).boxed(),
}];

async fn tables(unit: &Unit) -> Batch {
    let client = Client::new(&unit.session.config(&unit.region));
    let pages = client.list_tables().into_paginator().page_size(100).send();
    let (names, failure) =
        unit.list("dynamodb:ListTables", pages, |page| (page.table_names, page.last_evaluated_table_name)).await;
    let resources: Vec<Option<Resource>> =
        stream::iter(names).map(|name| table(unit, &client, name)).buffered(CALLS_AT_ONCE).collect().await;
    Batch::of(TABLE, (resources.into_iter().flatten().collect(), failure))
}

/// Nothing when the table was deleted in the meantime.
async fn table(unit: &Unit, client: &Client, name: String) -> Option<Resource> {
    let described = match described(unit, client, &name).await {
        Ok(properties) => properties?,
        Err(failure) => {
            let names = ["DeletionProtectionEnabled", "Replicas", "SSESpecification", "TableStatus"];
            convert::unseen(names, &failure)
        }
    };
    let call = client.describe_continuous_backups().table_name(&name).send();
    let recovery = match unit.call("dynamodb:DescribeContinuousBackups", call).await {
        Ok(answer) => answer.continuous_backups_description().map(recovery).into(),
        Err(failure) if failure.is(&["TableNotFoundException"]) => return None,
        Err(failure) => failure.into_value(),
    };
    let more = [("TableName", name.as_str().into()), ("PointInTimeRecoverySpecification", recovery)];
    let properties = Value::map(described.into_iter().chain(more));
    let arn = unit.arn("dynamodb", &format!("table/{name}"));
    Some(unit.resource(TABLE, name, Some(arn), properties))
}

async fn described(unit: &Unit, client: &Client, name: &str) -> Result<Option<Vec<(&'static str, Value)>>, Failure> {
    match unit.call("dynamodb:DescribeTable", client.describe_table().table_name(name).send()).await {
        Ok(answer) => Ok(answer.table().map(properties)),
        Err(failure) if failure.is(&["ResourceNotFoundException"]) => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn properties(table: &TableDescription) -> Vec<(&'static str, Value)> {
    vec![
        // The API leaves it out where it was never set, and then it is off.
        // https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
        ("DeletionProtectionEnabled", table.deletion_protection_enabled().unwrap_or(false).into()),
        ("Replicas", convert::sorted(table.replicas().iter().map(replica))),
        ("SSESpecification", encryption(table)),
        ("TableStatus", table.table_status().map(|status| status.as_str()).into()),
    ]
}

/// Without a description the table is encrypted with the key that AWS owns, which CloudFormation writes as not enabled.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_SSESpecification.html>
fn encryption(table: &TableDescription) -> Value {
    let Some(description) = table.sse_description() else { return Value::map([("SSEEnabled", false.into())]) };
    let enabled = [SseStatus::Enabled, SseStatus::Enabling, SseStatus::Updating];
    Value::map([
        ("SSEEnabled", description.status().map(|status| enabled.contains(status)).into()),
        ("SSEType", description.sse_type().map(|kind| kind.as_str()).into()),
        ("KMSMasterKeyId", convert::text(description.kms_master_key_arn())),
    ])
}

fn replica(replica: &ReplicaDescription) -> Value {
    Value::map([
        ("RegionName", replica.region_name().into()),
        ("KMSMasterKeyId", convert::text(replica.kms_master_key_id())),
    ])
}

fn recovery(description: &ContinuousBackupsDescription) -> Value {
    let recovery = description.point_in_time_recovery_description();
    let status = recovery.and_then(|recovery| recovery.point_in_time_recovery_status());
    Value::map([
        ("PointInTimeRecoveryEnabled", status.map(|status| *status == PointInTimeRecoveryStatus::Enabled).into()),
        ("RecoveryPeriodInDays", recovery.and_then(|recovery| recovery.recovery_period_in_days()).into()),
    ])
}
