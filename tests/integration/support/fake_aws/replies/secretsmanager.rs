//! Secrets Manager: a secret that the organization may read and one without a policy, in each home region.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, World, seconds_ago};
use super::{Outcome, customer_key};

const SHARED: &str = "town/database";
const PLAIN: &str = "town/mail";

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    match call.key.operation.as_str() {
        "ListSecrets" if !there => json!({ "SecretList": [] }).into(),
        // Two pages, one secret on each.
        "ListSecrets" if call.json_text("NextToken").is_none() => {
            let mut entry = entry(call, SHARED);
            entry["OwningService"] = "rds".into();
            entry["PrimaryRegion"] = world.home().into();
            entry["LastRotatedDate"] = seconds_ago(20 * DAY).into();
            entry["NextRotationDate"] = (seconds_ago(0) + 10 * DAY).into();
            Outcome::Page(json!({ "SecretList": [entry] }).to_string(), "secrets-2".to_owned())
        }
        "ListSecrets" => json!({ "SecretList": [entry(call, PLAIN)] }).into(),
        "GetResourcePolicy" => {
            let asked = call.json_text("SecretId").unwrap_or_default();
            match [SHARED, PLAIN].into_iter().find(|name| there && asked == arn(call, name)) {
                Some(SHARED) => json!({ "ARN": asked, "Name": SHARED, "ResourcePolicy": policy().to_string() }).into(),
                Some(name) => json!({ "ARN": asked, "Name": name }).into(),
                None => {
                    let text = "Secrets Manager can't find the specified secret.".to_owned();
                    Outcome::Refused(400, "ResourceNotFoundException", text)
                }
            }
        }
        _ => Outcome::Unknown,
    }
}

fn arn(call: &Call, name: &str) -> String {
    format!("arn:aws:secretsmanager:{}:{}:secret:{name}-a1b2c3", call.key.region, call.key.account)
}

fn entry(call: &Call, name: &str) -> Value {
    json!({
        "ARN": arn(call, name),
        "Name": name,
        "KmsKeyId": customer_key(call),
        "RotationEnabled": true,
        "RotationRules": { "AutomaticallyAfterDays": 30 },
        "CreatedDate": seconds_ago(200 * DAY),
        "LastChangedDate": seconds_ago(20 * DAY),
        "Tags": [{ "Key": "owner", "Value": "platform" }],
        "SecretVersionsToStages": { "00000000-0000-4000-8000-000000000002": ["AWSCURRENT"] },
    })
}

fn policy() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": "*",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
            "Condition": { "StringEquals": { "aws:PrincipalOrgID": "o-a1b2c3d4e5" } },
        }],
    })
}
