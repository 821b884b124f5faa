//! The settings of one Amazon S3 bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{Grant, ServerSideEncryptionRule};

use super::call::{Failure, Unit};
use super::convert;
use crate::model::Value;

/// The switches of a public access block.
pub(super) const BLOCKS: [&str; 4] =
    ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

pub(super) fn blocks(flags: [Option<bool>; 4]) -> impl Iterator<Item = (&'static str, Value)> {
    BLOCKS.into_iter().zip(flags.map(Value::from))
}

/// What is read of each bucket.
pub(super) const PROPERTIES: [&str; 7] = [
    "PublicAccessBlockConfiguration",
    "BucketEncryption",
    "OwnershipControls",
    "BucketPolicy",
    "PolicyStatus",
    "AclGrants",
    "Tags",
];

/// Reads one bucket. Every read gives nothing when the bucket is gone, null when the property is not configured.
pub(super) struct Reader<'a> {
    pub(super) unit: &'a Unit,
    pub(super) client: &'a Client,
    pub(super) bucket: &'a str,
}

impl Reader<'_> {
    pub(super) async fn properties(&self) -> Option<[(&'static str, Value); 7]> {
        let [block, encryption, ownership, policy, status, acl, tags] = PROPERTIES;
        let document = self.policy().await?;
        let public = match document {
            Value::Null => Value::Null,
            _ => self.policy_status().await?,
        };
        Some([
            (block, self.public_access_block().await?),
            (encryption, self.encryption().await?),
            (ownership, self.ownership_controls().await?),
            (policy, document),
            (status, public),
            (acl, self.acl().await?),
            (tags, self.tags().await?),
        ])
    }

    async fn public_access_block(&self) -> Option<Value> {
        let call = self.client.get_public_access_block().bucket(self.bucket).send();
        let answer = self.unit.call("s3:GetBucketPublicAccessBlock", call).await.map(|answer| {
            let block = answer.public_access_block_configuration?;
            Some(Value::map(blocks([
                block.block_public_acls(),
                block.block_public_policy(),
                block.ignore_public_acls(),
                block.restrict_public_buckets(),
            ])))
        });
        settle(answer, &["NoSuchPublicAccessBlockConfiguration"])
    }

    async fn encryption(&self) -> Option<Value> {
        let call = self.client.get_bucket_encryption().bucket(self.bucket).send();
        let answer = self.unit.call("s3:GetEncryptionConfiguration", call).await.map(|answer| {
            let rules = answer.server_side_encryption_configuration?.rules;
            Some(Value::map([("ServerSideEncryptionConfiguration", Value::list(rules.iter().map(encryption_rule)))]))
        });
        settle(answer, &["ServerSideEncryptionConfigurationNotFoundError"])
    }

    async fn ownership_controls(&self) -> Option<Value> {
        let call = self.client.get_bucket_ownership_controls().bucket(self.bucket).send();
        let answer = self.unit.call("s3:GetBucketOwnershipControls", call).await.map(|answer| {
            let rules = answer.ownership_controls?.rules;
            let rules =
                rules.iter().map(|rule| Value::map([("ObjectOwnership", rule.object_ownership().as_str().into())]));
            Some(Value::map([("Rules", Value::list(rules))]))
        });
        settle(answer, &["OwnershipControlsNotFoundError"])
    }

    async fn policy(&self) -> Option<Value> {
        let call = self.client.get_bucket_policy().bucket(self.bucket).send();
        let answer = self.unit.call("s3:GetBucketPolicy", call).await.map(|answer| {
            let policy = answer.policy.filter(|policy| !policy.is_empty())?;
            Some(Value::map([("PolicyDocument", document(policy))]))
        });
        settle(answer, &["NoSuchBucketPolicy"])
    }

    async fn policy_status(&self) -> Option<Value> {
        let call = self.client.get_bucket_policy_status().bucket(self.bucket).send();
        let answer = self
            .unit
            .call("s3:GetBucketPolicyStatus", call)
            .await
            .map(|answer| Some(Value::map([("IsPublic", answer.policy_status?.is_public().into())])));
        settle(answer, &["NoSuchBucketPolicy"])
    }

    async fn acl(&self) -> Option<Value> {
        let call = self.client.get_bucket_acl().bucket(self.bucket).send();
        let answer = self.unit.call("s3:GetBucketAcl", call).await;
        settle(answer.map(|answer| Some(convert::sorted(answer.grants().iter().map(grant)))), &[])
    }

    async fn tags(&self) -> Option<Value> {
        let call = self.client.get_bucket_tagging().bucket(self.bucket).send();
        let answer =
            self.unit.call("s3:GetBucketTagging", call).await.map(|answer| {
                Some(convert::tags(answer.tag_set().iter().map(|tag| (Some(tag.key()), Some(tag.value())))))
            });
        settle(answer, &["NoSuchTagSet"])
    }
}

/// The property that an answer gives: null when S3 says with one of the codes `absent` that it is not configured, an
/// unknown leaf when the call failed. Nothing when the bucket is gone.
fn settle(answer: Result<Option<Value>, Failure>, absent: &[&str]) -> Option<Value> {
    match answer {
        Ok(value) => Some(value.into()),
        Err(failure) if is_gone(&failure) => None,
        Err(failure) if failure.is(absent) => Some(Value::Null),
        Err(failure) => Some(failure.into_value()),
    }
}

fn encryption_rule(rule: &ServerSideEncryptionRule) -> Value {
    let by_default = rule.apply_server_side_encryption_by_default().map(|default| {
        Value::map([
            ("SSEAlgorithm", default.sse_algorithm().as_str().into()),
            ("KMSMasterKeyID", convert::text(default.kms_master_key_id())),
        ])
    });
    Value::map([
        ("ServerSideEncryptionByDefault", by_default.into()),
        ("BucketKeyEnabled", rule.bucket_key_enabled().into()),
    ])
}

/// A policy as a tree, or as its text where it is not JSON.
pub(super) fn document(policy: String) -> Value {
    serde_json::from_str::<serde_json::Value>(&policy).map_or_else(|_| policy.into(), Value::from)
}

fn grant(grant: &Grant) -> Value {
    let grantee = grant.grantee().map(|grantee| {
        Value::map([
            ("Type", grantee.r#type().as_str().into()),
            ("URI", convert::text(grantee.uri())),
            ("ID", convert::text(grantee.id())),
        ])
    });
    let permission = grant.permission().map(|permission| permission.as_str());
    Value::map([("Grantee", grantee.into()), ("Permission", permission.into())])
}

/// Whether the bucket was deleted since it was listed.
pub(super) fn is_gone(failure: &Failure) -> bool {
    failure.is(&["NoSuchBucket"])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::Unknown;

    #[test]
    fn not_configured_is_absent_and_a_failure_is_unknown() {
        let failed = |code: &str| {
            let cause = Unknown::CallFailed { action: "s3:GetBucketTagging".into(), code: code.into() };
            Err(Failure { cause, code: code.into(), message: String::new() })
        };
        assert_eq!(settle(failed("NoSuchTagSet"), &["NoSuchTagSet"]), Some(Value::Null));
        assert_eq!(settle(failed("NoSuchBucket"), &["NoSuchTagSet"]), None);
        let slow = Unknown::CallFailed { action: "s3:GetBucketTagging".into(), code: "SlowDown".into() };
        assert_eq!(settle(failed("SlowDown"), &["NoSuchTagSet"]), Some(Value::unknown(slow)));
    }

    #[test]
    fn a_policy_that_is_not_json_stays_a_text() {
        assert_eq!(document("{".to_owned()), Value::from("{"));
        let parsed = document(r#"{"Version": "2012-10-17", "Statement": []}"#.to_owned());
        assert_eq!(serde_json::to_value(parsed).unwrap(), json!({"Version": "2012-10-17", "Statement": []}));
    }
}
