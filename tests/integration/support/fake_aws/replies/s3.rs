//! S3 and S3 Control: one closed bucket in each home region, which is copied to the other one.
//!
//! As on AWS, a bucket is only answered for in its own region; elsewhere it is a redirect
//! (`GetBucketLocation` excepted) that names the region in `x-amz-bucket-region`.

use serde_json::json;

use super::super::protocol::{Answer, Call};
use super::super::world::{DAY, World, bucket_name, bucket_region, other_home, time_ago};
use super::{Outcome, kms};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

pub(super) fn reply(call: &Call, world: &World) -> Outcome {
    if call.key.operation == "ListBuckets" {
        return list_buckets(call, world);
    }
    let Some(bucket) = call.bucket.as_deref() else {
        return Outcome::Unknown;
    };
    let region = bucket_region(bucket)
        .filter(|region| bucket == bucket_name(&call.key.account, region) && world.has_resources(region));
    let Some(region) = region else {
        return Outcome::Refused(404, "NoSuchBucket", "The specified bucket does not exist".to_owned());
    };
    if region != call.key.region && call.key.operation != "GetBucketLocation" {
        let text = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.";
        let mut answer = call.protocol.error(301, "PermanentRedirect", text);
        answer.headers.push(("x-amz-bucket-region".to_owned(), region.to_owned()));
        return Outcome::Raw(answer);
    }
    let xml = match call.key.operation.as_str() {
        "HeadBucket" => {
            let mut answer = Answer::new(call.protocol, 200, String::new());
            answer.headers.push(("x-amz-bucket-region".to_owned(), region.to_owned()));
            return Outcome::Raw(answer);
        }
        // us-east-1 is the one region that has no name here.
        "GetBucketLocation" if region == "us-east-1" => {
            format!("<LocationConstraint xmlns=\"{NAMESPACE}\"/>")
        }
        "GetBucketLocation" => {
            format!("<LocationConstraint xmlns=\"{NAMESPACE}\">{region}</LocationConstraint>")
        }
        "GetPublicAccessBlock" => public_access_block(NAMESPACE),
        "GetBucketEncryption" => format!(
            "<ServerSideEncryptionConfiguration xmlns=\"{NAMESPACE}\"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
            kms::data_key(&call.key.account, region)
        ),
        "GetBucketPolicy" => {
            let mut answer = Answer::new(call.protocol, 200, policy(bucket));
            answer.content_type = "application/json";
            return Outcome::Raw(answer);
        }
        "GetBucketPolicyStatus" => {
            format!("<PolicyStatus xmlns=\"{NAMESPACE}\"><IsPublic>false</IsPublic></PolicyStatus>")
        }
        "GetBucketAcl" => acl(),
        "GetBucketOwnershipControls" => format!(
            "<OwnershipControls xmlns=\"{NAMESPACE}\"><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>"
        ),
        "GetBucketTagging" => format!(
            "<Tagging xmlns=\"{NAMESPACE}\"><TagSet><Tag><Key>system</Key><Value>resident-records</Value></Tag></TagSet></Tagging>"
        ),
        "GetBucketVersioning" => {
            format!("<VersioningConfiguration xmlns=\"{NAMESPACE}\"><Status>Enabled</Status></VersioningConfiguration>")
        }
        "GetBucketLogging" => format!(
            "<BucketLoggingStatus xmlns=\"{NAMESPACE}\"><LoggingEnabled><TargetBucket>{bucket}</TargetBucket><TargetPrefix>accesses/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>"
        ),
        "GetObjectLockConfiguration" => format!(
            "<ObjectLockConfiguration xmlns=\"{NAMESPACE}\"><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><Years>1</Years></DefaultRetention></Rule></ObjectLockConfiguration>"
        ),
        "GetBucketLifecycleConfiguration" => lifecycle(),
        "GetBucketReplication" => match other_home(world, region) {
            Some(other) => replication(&call.key.account, other),
            None => {
                let text = "The replication configuration was not found".to_owned();
                return Outcome::Refused(404, "ReplicationConfigurationNotFoundError", text);
            }
        },
        _ => return Outcome::Unknown,
    };
    Outcome::Found(format!("{HEAD}{xml}"))
}

/// S3 Control: everything blocked for the account.
pub(super) fn control(call: &Call) -> Outcome {
    match call.key.operation.as_str() {
        "GetPublicAccessBlock" => Outcome::Found(format!(
            "{HEAD}{}",
            public_access_block("http://awss3control.amazonaws.com/doc/2018-08-20/")
        )),
        _ => Outcome::Unknown,
    }
}

fn public_access_block(namespace: &str) -> String {
    format!(
        "<PublicAccessBlockConfiguration xmlns=\"{namespace}\"><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>"
    )
}

fn list_buckets(call: &Call, world: &World) -> Outcome {
    let wanted = call.parameter("bucket-region");
    let buckets: String = world
        .home_regions
        .iter()
        .filter(|region| wanted.is_none_or(|name| name == region.as_str()))
        .map(|region| {
            let name = bucket_name(&call.key.account, region);
            let created = time_ago(200 * DAY);
            format!("<Bucket><Name>{name}</Name><CreationDate>{created}</CreationDate><BucketRegion>{region}</BucketRegion></Bucket>")
        })
        .collect();
    Outcome::Found(format!(
        "{HEAD}<ListAllMyBucketsResult xmlns=\"{NAMESPACE}\"><Owner><ID>{OWNER}</ID></Owner><Buckets>{buckets}</Buckets></ListAllMyBucketsResult>"
    ))
}

const OWNER: &str = "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a";

fn acl() -> String {
    format!(
        "<AccessControlPolicy xmlns=\"{NAMESPACE}\"><Owner><ID>{OWNER}</ID></Owner><AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>{OWNER}</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList></AccessControlPolicy>"
    )
}

/// Every kind of action that a rule can have.
fn lifecycle() -> String {
    let rule = |name: &str, actions: &str| {
        format!("<Rule><ID>{name}</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>{actions}</Rule>")
    };
    let rules = rule(
        "expire",
        "<Expiration><Days>2555</Days></Expiration><Transition><Days>365</Days><StorageClass>GLACIER</StorageClass></Transition>",
    ) + &rule(
        "old-versions",
        "<NoncurrentVersionExpiration><NoncurrentDays>90</NoncurrentDays><NewerNoncurrentVersions>5</NewerNoncurrentVersions></NoncurrentVersionExpiration><NoncurrentVersionTransition><NoncurrentDays>30</NoncurrentDays><StorageClass>STANDARD_IA</StorageClass></NoncurrentVersionTransition>",
    ) + &rule(
        "leftovers",
        "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration><AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>",
    );
    format!("<LifecycleConfiguration xmlns=\"{NAMESPACE}\">{rules}</LifecycleConfiguration>")
}

fn replication(account: &str, to: &str) -> String {
    let bucket = bucket_name(account, to);
    format!(
        "<ReplicationConfiguration xmlns=\"{NAMESPACE}\"><Role>arn:aws:iam::{account}:role/replication</Role><Rule><ID>standby</ID><Priority>1</Priority><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::{bucket}</Bucket><Account>{account}</Account></Destination></Rule></ReplicationConfiguration>"
    )
}

/// Neither plain HTTP nor, for data, any way but the VPC endpoint.
fn policy(bucket: &str) -> String {
    let resources = [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")];
    let data = ["s3:GetObject*", "s3:PutObject*", "s3:DeleteObject*", "s3:ListBucket*"];
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": resources,
                "Condition": { "Bool": { "aws:SecureTransport": "false" } },
            },
            {
                "Sid": "EndpointOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": data,
                "Resource": resources,
                "Condition": {
                    "StringNotEquals": { "aws:SourceVpce": "vpce-0123456789abcdef0" },
                    "BoolIfExists": { "aws:PrincipalIsAWSService": "false" },
                },
            },
        ],
    })
    .to_string()
}
