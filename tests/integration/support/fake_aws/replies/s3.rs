//! S3 and S3 Control: one closed bucket in each home region.
//!
//! As on AWS, a bucket is only answered for in its own region; elsewhere it is a redirect
//! (`GetBucketLocation` excepted) that names the region in `x-amz-bucket-region`.

use serde_json::json;

use super::super::protocol::{Answer, Call};
use super::super::world::{DAY, World, bucket_name, bucket_region, time_ago};
use super::Outcome;

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
            "<ServerSideEncryptionConfiguration xmlns=\"{NAMESPACE}\"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>arn:aws:kms:{region}:{}:key/00000000-0000-4000-8000-000000000001</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
            call.key.account
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
        "GetBucketLogging" => format!("<BucketLoggingStatus xmlns=\"{NAMESPACE}\"/>"),
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

fn policy(bucket: &str) -> String {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [format!("arn:aws:s3:::{bucket}"), format!("arn:aws:s3:::{bucket}/*")],
            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
        }],
    })
    .to_string()
}
