//! The settings of one Amazon S3 bucket.

use aws_sdk_s3::Client;
use aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput;
use aws_sdk_s3::operation::get_bucket_ownership_controls::GetBucketOwnershipControlsOutput;
use aws_sdk_s3::operation::get_public_access_block::GetPublicAccessBlockOutput;
use aws_sdk_s3::types::{Grant, ServerSideEncryptionRule};

use super::call::{Failure, Unit};
use super::convert;
use super::s3::Regions;
use crate::model::Value;

/// The switches of a public access block.
pub(super) const BLOCKS: [&str; 4] =
    ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"];

pub(super) fn blocks(flags: [Option<bool>; 4]) -> impl Iterator<Item = (&'static str, Value)> {
    BLOCKS.into_iter().zip(flags.map(Value::from))
}

/// Reads one bucket. Every read gives nothing when the bucket is gone, null when the property is not configured.
pub(super) struct Reader<'a> {
    pub(super) unit: &'a Unit,
    pub(super) client: &'a Client,
    pub(super) bucket: &'a str,
    /// Where other buckets are.
    pub(super) regions: &'a Regions<'a>,
}

impl Reader<'_> {
    pub(super) async fn properties(&self) -> Option<impl Iterator<Item = (&'static str, Value)>> {
        let (access, keeping) = tokio::join!(self.access(), self.keeping());
        Some(access?.into_iter().chain(keeping?))
    }

    /// Who may do what with the bucket.
    async fn access(&self) -> Option<Vec<(&'static str, Value)>> {
        let policy = self.policy().await?;
        let status = match policy {
            Value::Null => Value::Null,
            _ => self.policy_status().await?,
        };
        Some(vec![
            ("PublicAccessBlockConfiguration", self.public_access_block().await?),
            ("BucketEncryption", self.encryption().await?),
            ("OwnershipControls", self.ownership_controls().await?),
            ("BucketPolicy", policy),
            ("PolicyStatus", status),
            ("AclGrants", self.acl().await?),
            ("Tags", self.tags().await?),
        ])
    }

    async fn public_access_block(&self) -> Option<Value> {
        let call = self.client.get_public_access_block().bucket(self.bucket).send();
        let part = |answer: GetPublicAccessBlockOutput| answer.public_access_block_configuration;
        let answer = self.unit.ask("s3:GetBucketPublicAccessBlock", call, part).await.map(|block| {
            Value::map(blocks([
                block.block_public_acls(),
                block.block_public_policy(),
                block.ignore_public_acls(),
                block.restrict_public_buckets(),
            ]))
        });
        settle(answer, &["NoSuchPublicAccessBlockConfiguration"])
    }

    async fn encryption(&self) -> Option<Value> {
        let call = self.client.get_bucket_encryption().bucket(self.bucket).send();
        let part = |answer: GetBucketEncryptionOutput| answer.server_side_encryption_configuration;
        let answer = self.unit.ask("s3:GetEncryptionConfiguration", call, part).await.map(|configuration| {
            let rules = Value::list(configuration.rules().iter().map(encryption_rule));
            Value::map([("ServerSideEncryptionConfiguration", rules)])
        });
        settle(answer, &["ServerSideEncryptionConfigurationNotFoundError"])
    }

    async fn ownership_controls(&self) -> Option<Value> {
        let call = self.client.get_bucket_ownership_controls().bucket(self.bucket).send();
        let part = |answer: GetBucketOwnershipControlsOutput| answer.ownership_controls;
        let answer = self.unit.ask("s3:GetBucketOwnershipControls", call, part).await.map(|controls| {
            let rules = controls.rules().iter();
            let rules = rules.map(|rule| Value::map([("ObjectOwnership", rule.object_ownership().as_str().into())]));
            Value::map([("Rules", Value::list(rules))])
        });
        settle(answer, &["OwnershipControlsNotFoundError"])
    }

    async fn policy(&self) -> Option<Value> {
        let call = self.client.get_bucket_policy().bucket(self.bucket).send();
        let answer =
            self.unit.ask("s3:GetBucketPolicy", call, |answer| answer.policy.filter(|text| !text.is_empty())).await;
        let answer = answer.map(|policy| Value::map([("PolicyDocument", convert::document(&policy))]));
        settle(answer, &["NoSuchBucketPolicy"])
    }

    async fn policy_status(&self) -> Option<Value> {
        let call = self.client.get_bucket_policy_status().bucket(self.bucket).send();
        let answer = self.unit.ask("s3:GetBucketPolicyStatus", call, |answer| answer.policy_status).await;
        let answer = answer.map(|status| Value::map([("IsPublic", status.is_public().into())]));
        settle(answer, &["NoSuchBucketPolicy"])
    }

    async fn acl(&self) -> Option<Value> {
        let call = self.client.get_bucket_acl().bucket(self.bucket).send();
        let answer = self.unit.call("s3:GetBucketAcl", call).await;
        settle(answer.map(|answer| convert::sorted(answer.grants().iter().map(grant))), &[])
    }

    async fn tags(&self) -> Option<Value> {
        let call = self.client.get_bucket_tagging().bucket(self.bucket).send();
        let answer = self.unit.call("s3:GetBucketTagging", call).await;
        let answer =
            answer.map(|answer| convert::tags(answer.tag_set().iter().map(|tag| (Some(tag.key()), Some(tag.value())))));
        settle(answer, &["NoSuchTagSet"])
    }
}

/// The property that an answer gives: null when S3 says with one of the codes `absent` that it is not configured, an
/// unknown leaf when the call failed. Nothing when the bucket is gone.
pub(super) fn settle(answer: Result<Value, Failure>, absent: &[&str]) -> Option<Value> {
    match answer {
        Ok(value) => Some(value),
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
}
