//! SQS: a queue under a customer key that a topic may send to, and its dead-letter queue, in each home region.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, World, seconds_ago};
use super::{Outcome, customer_key};

const QUEUE: &str = "notices";
const DEAD_LETTERS: &str = "notices-dead-letters";

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    match call.key.operation.as_str() {
        "ListQueues" if !there => json!({}).into(),
        // Two pages, one queue on each.
        "ListQueues" if call.json_text("NextToken").is_none() => {
            Outcome::Page(json!({ "QueueUrls": [url(call, QUEUE)] }).to_string(), "queues-2".to_owned())
        }
        "ListQueues" => json!({ "QueueUrls": [url(call, DEAD_LETTERS)] }).into(),
        "GetQueueAttributes" if there => {
            let asked = call.json_text("QueueUrl").unwrap_or_default();
            match [QUEUE, DEAD_LETTERS].into_iter().find(|name| asked == url(call, name)) {
                Some(name) => json!({ "Attributes": attributes(call, name) }).into(),
                None => missing(),
            }
        }
        "GetQueueAttributes" => missing(),
        _ => Outcome::Unknown,
    }
}

fn missing() -> Outcome {
    Outcome::Refused(400, "QueueDoesNotExist", "The specified queue does not exist.".to_owned())
}

fn url(call: &Call, name: &str) -> String {
    format!("https://sqs.{}.amazonaws.com/{}/{name}", call.key.region, call.key.account)
}

fn attributes(call: &Call, name: &str) -> Value {
    let (account, region) = (&call.key.account, &call.key.region);
    let arn = format!("arn:aws:sqs:{region}:{account}:{name}");
    let mut attributes = json!({
        "QueueArn": arn,
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "CreatedTimestamp": seconds_ago(200 * DAY).to_string(),
        "LastModifiedTimestamp": seconds_ago(100 * DAY).to_string(),
        "DelaySeconds": "0",
        "MaximumMessageSize": "262144",
        "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "0",
        "VisibilityTimeout": "30",
        "SqsManagedSseEnabled": (name != QUEUE).to_string(),
    });
    if name == QUEUE {
        let policy = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": "topic",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": { "ArnEquals": { "aws:SourceArn": format!("arn:aws:sns:{region}:{account}:notices") } },
            }],
        });
        attributes["KmsMasterKeyId"] = customer_key(call).into();
        attributes["KmsDataKeyReusePeriodSeconds"] = "300".into();
        attributes["Policy"] = policy.to_string().into();
    }
    attributes
}
