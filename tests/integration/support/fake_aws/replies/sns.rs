//! SNS: two topics under a customer key, with the policy that a new topic has, in each home region.

use serde_json::json;

use super::super::protocol::{Call, REQUEST_ID};
use super::super::world::World;
use super::{Outcome, customer_key, element};

const TOPICS: [&str; 2] = ["alarms", "notices"];

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    let [first, second] = TOPICS.map(|name| member(&arn(call, name)));
    match call.key.operation.as_str() {
        "ListTopics" if !there => Outcome::Found(body(call, "<Topics/>")),
        // Two pages, one topic on each.
        "ListTopics" if call.parameter("NextToken").is_none() => {
            Outcome::Page(body(call, &format!("<Topics>{first}</Topics>")), "topics-2".to_owned())
        }
        "ListTopics" => Outcome::Found(body(call, &format!("<Topics>{second}</Topics>"))),
        "GetTopicAttributes" => {
            let asked = call.parameter("TopicArn").unwrap_or_default();
            match TOPICS.into_iter().find(|name| there && asked == arn(call, name)) {
                Some(_) => Outcome::Found(body(call, &attributes(call, asked))),
                None => Outcome::Refused(404, "NotFound", "Topic does not exist".to_owned()),
            }
        }
        _ => Outcome::Unknown,
    }
}

fn arn(call: &Call, name: &str) -> String {
    format!("arn:aws:sns:{}:{}:{name}", call.key.region, call.key.account)
}

fn member(arn: &str) -> String {
    format!("<member>{}</member>", element("TopicArn", arn))
}

fn body(call: &Call, result: &str) -> String {
    let name = &call.key.operation;
    format!(
        "<{name}Response xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><{name}Result>{result}</{name}Result><ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{name}Response>"
    )
}

fn attributes(call: &Call, arn: &str) -> String {
    let policy = json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": ["SNS:GetTopicAttributes", "SNS:Subscribe", "SNS:Publish"],
            "Resource": arn,
            "Condition": { "StringEquals": { "AWS:SourceOwner": call.key.account } },
        }],
    });
    let entries = [
        ("TopicArn", arn.to_owned()),
        ("Owner", call.key.account.clone()),
        ("DisplayName", String::new()),
        ("KmsMasterKeyId", customer_key(call)),
        ("Policy", policy.to_string()),
        ("SubscriptionsConfirmed", "1".to_owned()),
    ];
    let entries: String = entries
        .iter()
        .map(|(key, value)| format!("<entry>{}{}</entry>", element("key", key), element("value", value)))
        .collect();
    format!("<Attributes>{entries}</Attributes>")
}
