//! CloudWatch Logs: log groups.

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::LogGroup;
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const LOG_GROUP: &str = "AWS::Logs::LogGroup";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "cloudwatch-log-groups",
    scope: Scope::Regional,
    types: &[LOG_GROUP],
    actions: &["logs:DescribeLogGroups"],
    run: |unit| log_groups(unit).boxed(),
}];

async fn log_groups(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let pages = client.describe_log_groups().into_paginator().page_size(50).send();
    let (groups, failure) = unit.list("logs:DescribeLogGroups", pages, |page| (page.log_groups, page.next_token)).await;
    Batch::of(LOG_GROUP, (groups.iter().filter_map(|group| log_group(unit, group)).collect(), failure))
}

fn log_group(unit: &Unit, group: &LogGroup) -> Option<Resource> {
    let name = group.log_group_name()?;
    let arn = group.log_group_arn().map_or_else(|| unit.arn("logs", &format!("log-group:{name}")), str::to_owned);
    let properties = Value::map([
        ("LogGroupName", name.into()),
        ("Arn", arn.as_str().into()),
        ("RetentionInDays", group.retention_in_days().into()),
        ("KmsKeyId", convert::text(group.kms_key_id())),
        ("LogGroupClass", group.log_group_class().map(|class| class.as_str()).into()),
    ]);
    Some(unit.resource(LOG_GROUP, name, Some(arn), properties))
}
