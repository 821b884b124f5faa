//! AWS Security Hub: whether a region is subscribed, and to which standards.

use aws_sdk_securityhub::Client;
use aws_sdk_securityhub::types::StandardsSubscription;
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::{Collector, Scope, convert};
use crate::model::Value;

const HUB: &str = "AWS::SecurityHub::Hub";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "securityhub-hub",
    scope: Scope::Regional,
    types: &[HUB],
    actions: &["securityhub:DescribeHub", "securityhub:GetEnabledStandards"],
    run: |unit| hub(unit).boxed(),
}];

async fn hub(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    match unit.call("securityhub:DescribeHub", client.describe_hub().send()).await {
        Err(failure) if is_not_subscribed(&failure) => Batch::default(),
        Err(failure) => Batch::failed(HUB, failure),
        Ok(hub) => {
            let arn = hub.hub_arn().map_or_else(|| unit.arn("securityhub", "hub/default"), str::to_owned);
            let properties = Value::map([
                ("ARN", arn.as_str().into()),
                ("SubscribedAt", convert::text(hub.subscribed_at())),
                ("AutoEnableControls", hub.auto_enable_controls().into()),
                ("Standards", enabled_standards(unit, &client).await),
            ]);
            Batch::one(unit.resource(HUB, "default", Some(arn), properties))
        }
    }
}

/// `InvalidAccessException` says "not subscribed" and "no permission" alike; its text tells them apart.
/// <https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_DescribeHub.html>
fn is_not_subscribed(failure: &Failure) -> bool {
    failure.is(&["ResourceNotFoundException"])
        || failure.is(&["InvalidAccessException"]) && failure.message.contains("not subscribed")
}

async fn enabled_standards(unit: &Unit, client: &Client) -> Value {
    let pages = client.get_enabled_standards().into_paginator().send();
    let (subscriptions, failure) = unit
        .list("securityhub:GetEnabledStandards", pages, |page| (page.standards_subscriptions, page.next_token))
        .await;
    convert::unfinished(standards_list(subscriptions), failure)
}

fn standards_list(mut subscriptions: Vec<StandardsSubscription>) -> Value {
    subscriptions.sort_by(|a, b| a.standards_arn().cmp(&b.standards_arn()));
    Value::list(subscriptions.iter().map(|subscription| {
        Value::map([
            ("StandardsArn", subscription.standards_arn().into()),
            ("StandardsStatus", subscription.standards_status().map(|status| status.as_str()).into()),
        ])
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unknown;

    #[test]
    fn not_subscribed_is_not_refused() {
        let failure = |code: &str, message: &str| Failure {
            cause: Unknown::CallFailed { action: "securityhub:DescribeHub".into(), code: code.into() },
            code: code.into(),
            message: message.into(),
        };
        let text = "Account 111111111111 is not subscribed to AWS Security Hub";
        assert!(is_not_subscribed(&failure("InvalidAccessException", text)));
        assert!(is_not_subscribed(&failure("ResourceNotFoundException", "")));
        assert!(!is_not_subscribed(&failure("InvalidAccessException", "no permission")));
        assert!(!is_not_subscribed(&failure("AccessDeniedException", text)));
    }
}
