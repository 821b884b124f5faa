//! Amazon SQS queues with their policies.

use std::collections::HashMap;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use futures::FutureExt;

use super::call::{Batch, Unit, each};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Unknown, Value};

const QUEUE: &str = "AWS::SQS::Queue";

/// What the service says of a queue that was deleted since it was listed: its code for the JSON protocol, and the one
/// of its older protocols, which it still sends along.
const GONE: [&str; 2] = ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"];

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "sqs-queues",
    scope: Scope::Regional,
    types: &[QUEUE],
    actions: &["sqs:ListQueues", "sqs:GetQueueAttributes"],
    run: |unit| queues(unit).boxed(),
}];

async fn queues(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    // Without a page size the service answers with one page and no token.
    let pages = client.list_queues().into_paginator().page_size(1000).send();
    let (urls, failure) = unit.list("sqs:ListQueues", pages, |page| (page.queue_urls, page.next_token)).await;
    Batch::of(QUEUE, (each(urls, |url| queue(unit, &client, url)).await, failure))
}

/// Nothing when the queue was deleted in the meantime.
async fn queue(unit: &Unit, client: &Client, url: String) -> Option<Resource> {
    let name = url.rsplit('/').next().unwrap_or_default().to_owned();
    let arn = unit.arn("sqs", &name);
    let call = client.get_queue_attributes().queue_url(&url).attribute_names(QueueAttributeName::All).send();
    let read = match unit.ask("sqs:GetQueueAttributes", call, |answer| answer.attributes).await {
        Ok(given) => attributes(&given),
        Err(failure) if failure.is(&GONE) => return None,
        Err(failure) => convert::unseen(
            ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled", "QueuePolicy"],
            &failure,
        ),
    };
    let names = [("QueueName", name.as_str().into()), ("QueueUrl", url.into()), ("Arn", arn.as_str().into())];
    let properties = Value::map(names.into_iter().chain(read));
    Some(unit.resource(QUEUE, name, Some(arn), properties))
}

fn attributes(attributes: &HashMap<QueueAttributeName, String>) -> Vec<(&'static str, Value)> {
    let get = |name| attributes.get(&name).map(String::as_str).filter(|text| !text.is_empty());
    let reuse = get(QueueAttributeName::KmsDataKeyReusePeriodSeconds).and_then(|seconds| seconds.parse::<i64>().ok());
    let policy = get(QueueAttributeName::Policy);
    vec![
        ("KmsMasterKeyId", get(QueueAttributeName::KmsMasterKeyId).into()),
        ("KmsDataKeyReusePeriodSeconds", reuse.into()),
        ("SqsManagedSseEnabled", managed(get(QueueAttributeName::SqsManagedSseEnabled))),
        ("QueuePolicy", policy.map(|text| Value::map([("PolicyDocument", convert::document(text))])).into()),
    ]
}

/// Absence means encrypted in a template, where AWS turns it on for a new queue; it must not mean so for an old one.
fn managed(text: Option<&str>) -> Value {
    text.map_or_else(|| Value::unknown(Unknown::NotCollected), |text| text.eq_ignore_ascii_case("true").into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attributes_have_the_kinds_of_their_properties() {
        let given = HashMap::from([
            (QueueAttributeName::KmsMasterKeyId, "alias/aws/sqs".to_owned()),
            (QueueAttributeName::KmsDataKeyReusePeriodSeconds, "300".to_owned()),
            (QueueAttributeName::SqsManagedSseEnabled, "false".to_owned()),
            (QueueAttributeName::Policy, r#"{"Statement": []}"#.to_owned()),
        ]);
        let expected = json!({
            "KmsMasterKeyId": "alias/aws/sqs",
            "KmsDataKeyReusePeriodSeconds": 300,
            "SqsManagedSseEnabled": false,
            "QueuePolicy": {"PolicyDocument": {"Statement": []}},
        });
        assert_eq!(serde_json::to_value(Value::map(attributes(&given))).unwrap(), expected);
    }

    #[test]
    fn a_queue_that_does_not_say_whether_it_is_encrypted_is_not_known_to_be() {
        let value = Value::map(attributes(&HashMap::new()));
        assert_eq!(value, Value::map([("SqsManagedSseEnabled", Value::unknown(Unknown::NotCollected))]));
    }
}
