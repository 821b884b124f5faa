//! How an Amazon S3 bucket keeps its objects: versions, locks, lifecycle, copies, and the log of accesses.

use aws_sdk_s3::operation::get_bucket_replication::GetBucketReplicationOutput;
use aws_sdk_s3::operation::get_object_lock_configuration::GetObjectLockConfigurationOutput;
use aws_sdk_s3::types::{
    Destination, LifecycleRule, LoggingEnabled, NoncurrentVersionTransition, ObjectLockConfiguration, ReplicationRule,
    Transition,
};

use super::convert;
use super::s3_bucket::{Reader, settle};
use crate::model::Value;

impl Reader<'_> {
    pub(super) async fn keeping(&self) -> Option<Vec<(&'static str, Value)>> {
        let lock = self.object_lock().await?;
        Some(vec![
            ("VersioningConfiguration", self.versioning().await?),
            ("LoggingConfiguration", self.logging().await?),
            ("ObjectLockEnabled", lock_is_on(&lock)),
            ("ObjectLockConfiguration", lock),
            ("LifecycleConfiguration", self.lifecycle().await?),
            ("ReplicationConfiguration", self.replication().await?),
        ])
    }

    async fn versioning(&self) -> Option<Value> {
        let call = self.client.get_bucket_versioning().bucket(self.bucket).send();
        let answer = self.unit.call("s3:GetBucketVersioning", call).await;
        let answer =
            answer.map(|answer| answer.status.map(|status| Value::map([("Status", status.as_str().into())])).into());
        settle(answer, &[])
    }

    async fn logging(&self) -> Option<Value> {
        let call = self.client.get_bucket_logging().bucket(self.bucket).send();
        let answer = self.unit.call("s3:GetBucketLogging", call).await;
        let answer = answer.map(|answer| answer.logging_enabled().map(logging).into());
        settle(answer, &[])
    }

    async fn object_lock(&self) -> Option<Value> {
        let call = self.client.get_object_lock_configuration().bucket(self.bucket).send();
        let part = |answer: GetObjectLockConfigurationOutput| answer.object_lock_configuration;
        let answer = self.unit.ask("s3:GetBucketObjectLockConfiguration", call, part).await;
        settle(answer.map(|lock| object_lock(&lock)), &["ObjectLockConfigurationNotFoundError"])
    }

    async fn lifecycle(&self) -> Option<Value> {
        let call = self.client.get_bucket_lifecycle_configuration().bucket(self.bucket).send();
        let answer = self.unit.call("s3:GetLifecycleConfiguration", call).await;
        let answer =
            answer.map(|answer| Value::map([("Rules", Value::list(answer.rules().iter().map(lifecycle_rule)))]));
        settle(answer, &["NoSuchLifecycleConfiguration"])
    }

    async fn replication(&self) -> Option<Value> {
        let call = self.client.get_bucket_replication().bucket(self.bucket).send();
        let part = |answer: GetBucketReplicationOutput| answer.replication_configuration;
        let configuration = match self.unit.ask("s3:GetReplicationConfiguration", call, part).await {
            Ok(configuration) => configuration,
            Err(failure) => return settle(Err(failure), &["ReplicationConfigurationNotFoundError"]),
        };
        let mut rules = Vec::new();
        for rule in configuration.rules() {
            rules.push(self.replication_rule(rule).await);
        }
        Some(Value::map([("Role", convert::text(Some(configuration.role()))), ("Rules", Value::list(rules))]))
    }

    async fn replication_rule(&self, rule: &ReplicationRule) -> Value {
        let destination = match rule.destination() {
            Some(destination) => self.destination(destination).await,
            None => Value::Null,
        };
        Value::map([
            ("Id", convert::text(rule.id())),
            ("Priority", rule.priority().into()),
            ("Status", rule.status().as_str().into()),
            ("Destination", destination),
        ])
    }

    async fn destination(&self, destination: &Destination) -> Value {
        let arn = destination.bucket();
        let name = arn.rsplit(':').next().unwrap_or(arn);
        Value::map([
            ("Bucket", convert::text(Some(arn))),
            ("BucketRegion", self.regions.of(name).await),
            ("Account", convert::text(destination.account())),
        ])
    }
}

/// The switch that CloudFormation has beside the configuration.
fn lock_is_on(lock: &Value) -> Value {
    match lock {
        Value::Unknown(_) => lock.clone(),
        lock => (lock.get("ObjectLockEnabled").and_then(Value::as_str) == Some("Enabled")).into(),
    }
}

fn logging(logging: &LoggingEnabled) -> Value {
    Value::map([
        ("DestinationBucketName", convert::text(Some(logging.target_bucket()))),
        ("LogFilePrefix", convert::text(Some(logging.target_prefix()))),
    ])
}

fn object_lock(lock: &ObjectLockConfiguration) -> Value {
    let retention = lock.rule().and_then(|rule| rule.default_retention()).map(|retention| {
        let retention = Value::map([
            ("Mode", retention.mode().map(|mode| mode.as_str()).into()),
            ("Days", retention.days().into()),
            ("Years", retention.years().into()),
        ]);
        Value::map([("DefaultRetention", retention)])
    });
    Value::map([
        ("ObjectLockEnabled", lock.object_lock_enabled().map(|enabled| enabled.as_str()).into()),
        ("Rule", retention.into()),
    ])
}

/// What a rule does, and whether it is on; which objects it is about is left out.
fn lifecycle_rule(rule: &LifecycleRule) -> Value {
    let expiration = rule.expiration();
    let noncurrent = rule.noncurrent_version_expiration().map(|expiration| {
        Value::map([
            ("NoncurrentDays", expiration.noncurrent_days().into()),
            ("NewerNoncurrentVersions", expiration.newer_noncurrent_versions().into()),
        ])
    });
    let abort = rule
        .abort_incomplete_multipart_upload()
        .map(|abort| Value::map([("DaysAfterInitiation", abort.days_after_initiation().into())]));
    Value::map([
        ("Id", convert::text(rule.id())),
        ("Status", rule.status().as_str().into()),
        ("ExpirationInDays", expiration.and_then(|expiration| expiration.days()).into()),
        ("ExpirationDate", convert::time(expiration.and_then(|expiration| expiration.date()))),
        ("ExpiredObjectDeleteMarker", expiration.and_then(|one| one.expired_object_delete_marker()).into()),
        ("Transitions", convert::some(rule.transitions().iter().map(transition))),
        ("NoncurrentVersionExpiration", noncurrent.into()),
        (
            "NoncurrentVersionTransitions",
            convert::some(rule.noncurrent_version_transitions().iter().map(noncurrent_transition)),
        ),
        ("AbortIncompleteMultipartUpload", abort.into()),
    ])
}

fn transition(transition: &Transition) -> Value {
    Value::map([
        ("StorageClass", transition.storage_class().map(|class| class.as_str()).into()),
        ("TransitionInDays", transition.days().into()),
        ("TransitionDate", convert::time(transition.date())),
    ])
}

fn noncurrent_transition(transition: &NoncurrentVersionTransition) -> Value {
    Value::map([
        ("StorageClass", transition.storage_class().map(|class| class.as_str()).into()),
        ("TransitionInDays", transition.noncurrent_days().into()),
        ("NewerNoncurrentVersions", transition.newer_noncurrent_versions().into()),
    ])
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{DefaultRetention, ObjectLockEnabled, ObjectLockRetentionMode, ObjectLockRule};
    use serde_json::json;

    use super::*;
    use crate::model::Unknown;

    #[test]
    fn the_switch_of_object_lock_follows_its_configuration() {
        let retention = DefaultRetention::builder().mode(ObjectLockRetentionMode::Compliance).years(1).build();
        let lock = ObjectLockConfiguration::builder()
            .object_lock_enabled(ObjectLockEnabled::Enabled)
            .rule(ObjectLockRule::builder().default_retention(retention).build())
            .build();
        let lock = object_lock(&lock);
        let expected = json!({
            "ObjectLockEnabled": "Enabled",
            "Rule": { "DefaultRetention": { "Mode": "COMPLIANCE", "Years": 1 } },
        });
        assert_eq!(serde_json::to_value(&lock).unwrap(), expected);
        assert_eq!(lock_is_on(&lock), true.into());
        assert_eq!(lock_is_on(&Value::Null), false.into());
        let unknown = Value::unknown(Unknown::AccessDenied("s3:GetBucketObjectLockConfiguration".into()));
        assert_eq!(lock_is_on(&unknown), unknown);
    }
}
