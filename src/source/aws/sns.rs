//! Amazon SNS topics with their policies.

use std::collections::HashMap;

use aws_sdk_sns::Client;
use aws_sdk_sns::types::Topic;
use futures::FutureExt;

use super::call::{Batch, Unit, each};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const TOPIC: &str = "AWS::SNS::Topic";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "sns-topics",
    scope: Scope::Regional,
    types: &[TOPIC],
    actions: &["sns:ListTopics", "sns:GetTopicAttributes"],
    run: |unit| topics(unit).boxed(),
}];

async fn topics(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let pages = client.list_topics().into_paginator().send();
    let (listed, failure) = unit.list("sns:ListTopics", pages, |page| (page.topics, page.next_token)).await;
    Batch::of(TOPIC, (each(listed, |one| topic(unit, &client, one)).await, failure))
}

/// Nothing when the topic was deleted in the meantime.
async fn topic(unit: &Unit, client: &Client, topic: Topic) -> Option<Resource> {
    let arn = topic.topic_arn?;
    let name = arn.rsplit(':').next().unwrap_or_default().to_owned();
    let call = client.get_topic_attributes().topic_arn(&arn).send();
    let read = match unit.ask("sns:GetTopicAttributes", call, |answer| answer.attributes).await {
        Ok(given) => attributes(&given),
        Err(failure) if failure.is(&["NotFound"]) => return None,
        Err(failure) => convert::unseen(["KmsMasterKeyId", "TopicPolicy"], &failure),
    };
    let names = [("TopicName", name.as_str().into()), ("TopicArn", arn.as_str().into())];
    let properties = Value::map(names.into_iter().chain(read));
    Some(unit.resource(TOPIC, name, Some(arn), properties))
}

fn attributes(attributes: &HashMap<String, String>) -> Vec<(&'static str, Value)> {
    let get = |name| attributes.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let policy = get("Policy").map(|text| Value::map([("PolicyDocument", convert::document(text))]));
    vec![("KmsMasterKeyId", get("KmsMasterKeyId").into()), ("TopicPolicy", policy.into())]
}
