//! CloudWatch Logs: a log group that is kept for 400 days and one that is kept for ever, in each home region.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, World, seconds_ago};
use super::{Outcome, customer_key};

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    match call.key.operation.as_str() {
        "DescribeLogGroups" if !there => json!({ "logGroups": [] }).into(),
        // Two pages, one group on each.
        "DescribeLogGroups" if call.json_text("nextToken").is_none() => {
            let mut group = group(call, "/aws/lambda/intake", "STANDARD");
            group["retentionInDays"] = 400.into();
            Outcome::Page(json!({ "logGroups": [group] }).to_string(), "groups-2".to_owned())
        }
        "DescribeLogGroups" => json!({ "logGroups": [group(call, "audit", "INFREQUENT_ACCESS")] }).into(),
        _ => Outcome::Unknown,
    }
}

fn group(call: &Call, name: &str, class: &str) -> Value {
    let arn = format!("arn:aws:logs:{}:{}:log-group:{name}", call.key.region, call.key.account);
    json!({
        "logGroupName": name,
        "creationTime": seconds_ago(200 * DAY) * 1_000,
        "metricFilterCount": 0,
        "arn": format!("{arn}:*"),
        "logGroupArn": arn,
        "storedBytes": 1_024,
        "kmsKeyId": customer_key(call),
        "logGroupClass": class,
        "deletionProtectionEnabled": false,
    })
}
