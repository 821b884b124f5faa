//! Amazon DynamoDB tables, each with its point-in-time recovery.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    ContinuousBackupsDescription, PointInTimeRecoveryStatus, ReplicaDescription, SseStatus, TableDescription,
};
use futures::FutureExt;

use super::call::{Batch, Unit, each};
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
    let client = Client::new(&unit.config());
    let pages = client.list_tables().into_paginator().page_size(100).send();
    let (names, failure) =
        unit.list("dynamodb:ListTables", pages, |page| (page.table_names, page.last_evaluated_table_name)).await;
    Batch::of(TABLE, (each(names, |name| table(unit, &client, name)).await, failure))
}

/// Nothing when the table was deleted in the meantime.
async fn table(unit: &Unit, client: &Client, name: String) -> Option<Resource> {
    let call = client.describe_table().table_name(&name).send();
    let described = match unit.ask("dynamodb:DescribeTable", call, |answer| answer.table).await {
        Ok(table) => properties(&table),
        Err(failure) if failure.is(&["ResourceNotFoundException"]) => return None,
        Err(failure) => {
            let names = ["DeletionProtectionEnabled", "Replicas", "SSESpecification", "TableStatus"];
            convert::unseen(names, &failure)
        }
    };
    let call = client.describe_continuous_backups().table_name(&name).send();
    let said = unit.ask("dynamodb:DescribeContinuousBackups", call, |answer| answer.continuous_backups_description);
    let recovery = match said.await {
        Ok(description) => recovery(&description),
        Err(failure) if failure.is(&["TableNotFoundException"]) => return None,
        Err(failure) => failure.into_value(),
    };
    let more = [("TableName", name.as_str().into()), ("PointInTimeRecoverySpecification", recovery)];
    let properties = Value::map(described.into_iter().chain(more));
    let arn = unit.arn("dynamodb", &format!("table/{name}"));
    Some(unit.resource(TABLE, name, Some(arn), properties))
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
