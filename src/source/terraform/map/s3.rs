//! Amazon S3: buckets, and what the provider keeps beside them.
//!
//! A bucket's settings are resources of their own in the provider; before its version 4 they were blocks of the bucket,
//! which it still reads. <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket>.

use crate::model::Value;
use crate::source::terraform::argument::{Argument, State};
use crate::source::terraform::mapping::{Field, Mapping, TAGS, blocks, custom, document, is, refer, words};
use crate::source::terraform::reader::Reader;

const BUCKET: &str = "AWS::S3::Bucket";

pub(super) static S3: &[Mapping] = &[
    Mapping::resource(
        "aws_s3_bucket",
        BUCKET,
        &[("id", "BucketName"), ("bucket", "BucketName"), ("arn", "Arn")],
        &[
            is("bucket", "BucketName"),
            words("acl", "AccessControl", CANNED_ACLS),
            custom("grant", "AclGrants", grants),
            is("object_lock_enabled", "ObjectLockEnabled"),
            words("object_lock_configuration.object_lock_enabled", "ObjectLockEnabled", ENABLED),
            is(
                "object_lock_configuration.rule.default_retention.days",
                "ObjectLockConfiguration.Rule.DefaultRetention.Days",
            ),
            is(
                "object_lock_configuration.rule.default_retention.mode",
                "ObjectLockConfiguration.Rule.DefaultRetention.Mode",
            ),
            is(
                "object_lock_configuration.rule.default_retention.years",
                "ObjectLockConfiguration.Rule.DefaultRetention.Years",
            ),
            words("versioning.enabled", "VersioningConfiguration.Status", STATUS),
            blocks(
                "server_side_encryption_configuration.rule",
                "BucketEncryption.ServerSideEncryptionConfiguration",
                ENCRYPTION,
            ),
            refer("logging.target_bucket", "LoggingConfiguration.DestinationBucketName"),
            is("logging.target_prefix", "LoggingConfiguration.LogFilePrefix"),
            blocks(
                "lifecycle_rule",
                "LifecycleConfiguration.Rules",
                &[
                    is("id", "Id"),
                    words("enabled", "Status", &[("true", "Enabled"), ("false", "Disabled")]),
                    is("prefix", "Prefix"),
                    is("expiration.days", "ExpirationInDays"),
                ],
            ),
            blocks(
                "replication_configuration.rules",
                "ReplicationConfiguration.Rules",
                &[is("id", "Id"), is("status", "Status"), refer("destination.bucket", "Destination.Bucket")],
            ),
            refer("replication_configuration.role", "ReplicationConfiguration.Role"),
            document("policy", "BucketPolicy.PolicyDocument"),
            TAGS,
        ],
    ),
    Mapping::part(
        "aws_s3_bucket_public_access_block",
        BUCKET,
        "bucket",
        &[
            is("block_public_acls", "PublicAccessBlockConfiguration.BlockPublicAcls"),
            is("block_public_policy", "PublicAccessBlockConfiguration.BlockPublicPolicy"),
            is("ignore_public_acls", "PublicAccessBlockConfiguration.IgnorePublicAcls"),
            is("restrict_public_buckets", "PublicAccessBlockConfiguration.RestrictPublicBuckets"),
        ],
    ),
    Mapping::part(
        "aws_s3_bucket_versioning",
        BUCKET,
        "bucket",
        &[is("versioning_configuration.status", "VersioningConfiguration.Status")],
    ),
    Mapping::part(
        "aws_s3_bucket_server_side_encryption_configuration",
        BUCKET,
        "bucket",
        &[blocks("rule", "BucketEncryption.ServerSideEncryptionConfiguration", ENCRYPTION)],
    ),
    Mapping::part("aws_s3_bucket_policy", BUCKET, "bucket", &[document("policy", "BucketPolicy.PolicyDocument")]),
    Mapping::part(
        "aws_s3_bucket_logging",
        BUCKET,
        "bucket",
        &[
            refer("target_bucket", "LoggingConfiguration.DestinationBucketName"),
            is("target_prefix", "LoggingConfiguration.LogFilePrefix"),
        ],
    ),
    Mapping::part(
        "aws_s3_bucket_acl",
        BUCKET,
        "bucket",
        &[
            words("acl", "AccessControl", CANNED_ACLS),
            blocks(
                "access_control_policy.grant",
                "AclGrants",
                &[
                    is("permission", "Permission"),
                    is("grantee.type", "Grantee.Type"),
                    is("grantee.id", "Grantee.ID"),
                    is("grantee.uri", "Grantee.URI"),
                ],
            ),
        ],
    ),
    Mapping::part(
        "aws_s3_bucket_ownership_controls",
        BUCKET,
        "bucket",
        &[blocks("rule", "OwnershipControls.Rules", &[is("object_ownership", "ObjectOwnership")])],
    ),
    Mapping::part(
        "aws_s3_bucket_object_lock_configuration",
        BUCKET,
        "bucket",
        &[
            words("object_lock_enabled", "ObjectLockEnabled", ENABLED),
            is("rule.default_retention.days", "ObjectLockConfiguration.Rule.DefaultRetention.Days"),
            is("rule.default_retention.mode", "ObjectLockConfiguration.Rule.DefaultRetention.Mode"),
            is("rule.default_retention.years", "ObjectLockConfiguration.Rule.DefaultRetention.Years"),
        ],
    ),
    Mapping::part(
        "aws_s3_bucket_lifecycle_configuration",
        BUCKET,
        "bucket",
        &[blocks(
            "rule",
            "LifecycleConfiguration.Rules",
            &[
                is("id", "Id"),
                is("status", "Status"),
                is("prefix", "Prefix"),
                is("expiration.days", "ExpirationInDays"),
            ],
        )],
    ),
    Mapping::part(
        "aws_s3_bucket_replication_configuration",
        BUCKET,
        "bucket",
        &[
            blocks(
                "rule",
                "ReplicationConfiguration.Rules",
                &[is("id", "Id"), is("status", "Status"), refer("destination.bucket", "Destination.Bucket")],
            ),
            refer("role", "ReplicationConfiguration.Role"),
        ],
    ),
    Mapping::global(
        "aws_s3_account_public_access_block",
        "AWS::S3::AccountPublicAccessBlock",
        &[],
        &[
            is("block_public_acls", "BlockPublicAcls"),
            is("block_public_policy", "BlockPublicPolicy"),
            is("ignore_public_acls", "IgnorePublicAcls"),
            is("restrict_public_buckets", "RestrictPublicBuckets"),
        ],
    ),
];

static ENCRYPTION: &[Field] = &[
    is("apply_server_side_encryption_by_default.sse_algorithm", "ServerSideEncryptionByDefault.SSEAlgorithm"),
    refer("apply_server_side_encryption_by_default.kms_master_key_id", "ServerSideEncryptionByDefault.KMSMasterKeyID"),
    is("bucket_key_enabled", "BucketKeyEnabled"),
];

const ENABLED: &[(&str, &str)] = &[("Enabled", "true")];

const STATUS: &[(&str, &str)] = &[("true", "Enabled"), ("false", "Suspended")];

const CANNED_ACLS: &[(&str, &str)] = &[
    ("authenticated-read", "AuthenticatedRead"),
    ("aws-exec-read", "AwsExecRead"),
    ("bucket-owner-full-control", "BucketOwnerFullControl"),
    ("bucket-owner-read", "BucketOwnerRead"),
    ("log-delivery-write", "LogDeliveryWrite"),
    ("private", "Private"),
    ("public-read", "PublicRead"),
    ("public-read-write", "PublicReadWrite"),
];

/// Blocks of one grantee and its permissions as one grant for each permission.
fn grants<'a>(blocks: Argument<'a>, reader: &Reader<'a>) -> Value {
    let blocks = blocks.blocks();
    if !matches!(blocks.state(), State::Known(_)) {
        return blocks.value();
    }
    let grants = blocks.items().into_iter().flat_map(|block| {
        let grantee = Value::map([
            ("Type", block.at("type").value()),
            ("ID", reader.value(block.at("id"))),
            ("URI", reader.value(block.at("uri"))),
        ]);
        let permissions = block.at("permissions").value();
        let grant = |permission: &Value| Value::map([("Grantee", grantee.clone()), ("Permission", permission.clone())]);
        permissions.one_or_many().iter().map(grant).collect::<Vec<_>>()
    });
    Value::list(grants)
}
