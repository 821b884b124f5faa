//! KMS: in each home region a customer key of the account's data, the key that AWS manages for S3, and their aliases.

use serde_json::{Value, json};

use super::super::protocol::Call;
use super::super::world::{DAY, World, seconds_ago};
use super::Outcome;

const DATA_KEY: &str = "00000000-0000-4000-8000-000000000001";
const AWS_KEY: &str = "00000000-0000-4000-8000-000000000002";
const SECOND_PAGE: &str = "keys-page-2";

/// The ARN of the customer key of a region.
pub(super) fn data_key(account: &str, region: &str) -> String {
    arn(account, region, DATA_KEY)
}

fn arn(account: &str, region: &str, id: &str) -> String {
    format!("arn:aws:kms:{region}:{account}:key/{id}")
}

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    let (account, region) = (call.key.account.as_str(), call.key.region.as_str());
    let there = world.has_resources(region);
    let asked = call.json_text("KeyId").unwrap_or_default();
    match call.key.operation.as_str() {
        "ListKeys" => list_keys(call, there),
        "ListAliases" => list_aliases(account, region, there),
        _ if ![DATA_KEY, AWS_KEY].contains(&asked.as_str()) || !there => {
            Outcome::Refused(400, "NotFoundException", format!("Key '{}' does not exist", arn(account, region, &asked)))
        }
        "DescribeKey" => json!({ "KeyMetadata": metadata(account, region, &asked) }).into(),
        "GetKeyPolicy" => json!({ "Policy": policy(account), "PolicyName": "default" }).into(),
        "GetKeyRotationStatus" => json!({
            "KeyId": arn(account, region, &asked),
            "KeyRotationEnabled": true,
            "RotationPeriodInDays": 365,
            "NextRotationDate": seconds_ago(0) + 100 * DAY,
        })
        .into(),
        _ => Outcome::Unknown,
    }
}

/// One key a page.
fn list_keys(call: &Call, there: bool) -> Outcome {
    let (account, region) = (call.key.account.as_str(), call.key.region.as_str());
    let page = |id: &str| json!({ "Keys": [{ "KeyId": id, "KeyArn": arn(account, region, id) }], "Truncated": false });
    if !there {
        json!({ "Keys": [], "Truncated": false }).into()
    } else if call.json_text("Marker").as_deref() == Some(SECOND_PAGE) {
        page(AWS_KEY).into()
    } else {
        Outcome::Page(page(DATA_KEY).to_string(), SECOND_PAGE.to_owned())
    }
}

fn list_aliases(account: &str, region: &str, there: bool) -> Outcome {
    let alias = |name: &str| json!({ "AliasName": name, "AliasArn": format!("arn:aws:kms:{region}:{account}:{name}") });
    let mut aliases = vec![alias("alias/aws/sqs")];
    if there {
        for (name, target) in [("alias/data", DATA_KEY), ("alias/aws/s3", AWS_KEY)] {
            let mut one = alias(name);
            one["TargetKeyId"] = target.into();
            aliases.push(one);
        }
    }
    json!({ "Aliases": aliases, "Truncated": false }).into()
}

fn metadata(account: &str, region: &str, id: &str) -> Value {
    let (manager, description) = match id {
        DATA_KEY => ("CUSTOMER", "data of the account"),
        _ => ("AWS", "Default key that protects my S3 objects when no other key is defined"),
    };
    json!({
        "AWSAccountId": account,
        "KeyId": id,
        "Arn": arn(account, region, id),
        "CreationDate": seconds_ago(300 * DAY),
        "Enabled": true,
        "Description": description,
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": manager,
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": false,
    })
}

/// The policy that a key gets by default.
fn policy(account: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
            "Action": "kms:*",
            "Resource": "*",
        }],
    })
    .to_string()
}
