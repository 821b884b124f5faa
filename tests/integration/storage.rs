//! Buckets, keys, trails and copies that break their guardrails in ways that moto cannot play.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::fake_aws::{FakeAws, On, Reply, Rule};
use crate::support::scan::{Fleet, items};

const ACCOUNT: &str = "111111111111";
const TOKYO: &str = "ap-northeast-1";

/// The findings of a guardrail on the resources of one type in Tokyo (or of no region), in an account to which AWS
/// answers by the script: name, verdict, cause.
fn found(alias: &str, kind: &str, script: Vec<Rule>) -> BTreeMap<String, (String, Value)> {
    let aws = FakeAws::start(script);
    let run = Fleet::new().scan(&aws).args(["--account", ACCOUNT, "--rule", alias]).run();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    let report = run.json();
    let of = |finding: &&Value| {
        finding["resource"]["type"] == kind
            && [TOKYO, "global"].contains(&finding["region"].as_str().unwrap_or_default())
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |finding: &Value| {
        let cause = finding["evidence"]["cause"].clone();
        (text(&finding["resource"]["name"]), (text(&finding["verdict"]), cause))
    };
    items(&report, "/findings").iter().filter(of).map(row).collect()
}

#[track_caller]
fn assert_verdict(alias: &str, kind: &str, script: Vec<Rule>, expected: &str) -> Value {
    let found = found(alias, kind, script);
    let verdicts: Vec<&str> = found.values().map(|(verdict, _)| verdict.as_str()).collect();
    assert_eq!(verdicts, [expected], "{alias}: {found:?}");
    found.into_values().next().map(|(_, cause)| cause).unwrap_or_default()
}

fn body(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Reply::Body { status, headers, body: body.to_owned() }
}

fn on(operation: &str) -> On {
    On::operation(operation)
}

const BUCKET: &str = "AWS::S3::Bucket";
const TRAIL: &str = "AWS::CloudTrail::Trail";
const VOLUME: &str = "AWS::EC2::Volume";

#[test]
fn a_bucket_is_versioned_only_while_it_is_on() {
    // Object Lock would stand for versioning.
    let unlocked = || {
        let code = "ObjectLockConfigurationNotFoundError";
        on("GetObjectLockConfiguration").reply(Reply::Error {
            status: 404,
            code: code.into(),
            message: "Object Lock configuration does not exist for this bucket".into(),
        })
    };
    assert_verdict("GC-S3-006", BUCKET, vec![unlocked()], "pass");
    let suspended = on("GetBucketVersioning").reply(Reply::replaced("Enabled", "Suspended"));
    assert_verdict("GC-S3-006", BUCKET, vec![unlocked(), suspended], "fail");
    let never = on("GetBucketVersioning").reply(Reply::replaced("<Status>Enabled</Status>", ""));
    assert_verdict("GC-S3-006", BUCKET, vec![unlocked(), never], "fail");
}

#[test]
fn a_trail_must_have_reached_its_log_group_lately() {
    assert_verdict("GC-LOG-005", TRAIL, Vec::new(), "pass");
    let never = on("GetTrailStatus").reply(Reply::replaced("LatestCloudWatchLogsDeliveryTime", "Other"));
    assert_verdict("GC-LOG-005", TRAIL, vec![never], "fail");
    let long_ago = body(200, &[], r#"{"IsLogging": true, "LatestCloudWatchLogsDeliveryTime": 1600000000}"#);
    assert_verdict("GC-LOG-005", TRAIL, vec![on("GetTrailStatus").reply(long_ago)], "fail");
    let no_group = on("DescribeTrails").reply(Reply::replaced("CloudWatchLogsLogGroupArn", "Other"));
    assert_verdict("GC-LOG-005", TRAIL, vec![no_group], "fail");
}

#[test]
fn a_key_that_aws_manages_is_not_the_customers() {
    assert_verdict("GC-KMS-001", BUCKET, Vec::new(), "pass");
    let aws_key = on("GetBucketEncryption").reply(Reply::replaced("000000000001<", "000000000002<"));
    assert_verdict("GC-KMS-001", BUCKET, vec![aws_key], "fail");
    let by_alias = |name: &str| {
        let algorithm = "<SSEAlgorithm>aws:kms</SSEAlgorithm>";
        let rule = format!(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>{algorithm}<KMSMasterKeyID>{name}</KMSMasterKeyID></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
        );
        vec![on("GetBucketEncryption").reply(body(200, &[], &rule))]
    };
    assert_verdict("GC-KMS-001", BUCKET, by_alias("alias/data"), "pass");
    assert_verdict("GC-KMS-001", BUCKET, by_alias("alias/aws/s3"), "fail");
    // An alias that AWS keeps for a key that is not made yet.
    assert_verdict("GC-KMS-001", BUCKET, by_alias("alias/aws/sqs"), "fail");
    let foreign =
        assert_verdict("GC-KMS-001", BUCKET, by_alias("arn:aws:kms:ap-northeast-1:210987654321:key/k"), "unknown");
    assert_eq!(foreign["kind"], "not_declared", "{foreign}");
    let disabled = on("DescribeKey").reply(Reply::replaced("\"Enabled\":true", "\"Enabled\":false"));
    let volumes = found("GC-KMS-001", VOLUME, vec![disabled]);
    assert!(!volumes.is_empty() && volumes.values().all(|(verdict, _)| verdict == "fail"), "{volumes:?}");
}

#[test]
fn a_key_that_was_deleted_meanwhile_is_left_out() {
    let gone = Reply::Error { status: 400, code: "NotFoundException".into(), message: "does not exist".into() };
    let found = found("GC-KMS-004", "AWS::KMS::Key", vec![on("DescribeKey").containing("0002").reply(gone)]);
    let names: Vec<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ["00000000-0000-4000-8000-000000000001"]);
}

#[test]
fn the_region_of_another_accounts_bucket_is_what_s3_says_of_it() {
    let elsewhere =
        || on("GetBucketReplication").region(TOKYO).reply(Reply::replaced("gov-111111111111-ap-northeast-3", "theirs"));
    let asked = || on("GetBucketLocation").containing("theirs");
    let denied = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    for (region, verdict) in [("us-west-2", "fail"), ("ap-northeast-3", "pass")] {
        let named = asked().reply(body(403, &[("x-amz-bucket-region", region)], denied));
        assert_verdict("GC-REG-003", BUCKET, vec![elsewhere(), named], verdict);
    }
    let silent = asked().reply(body(403, &[], denied));
    let cause = assert_verdict("GC-REG-003", BUCKET, vec![elsewhere(), silent], "unknown");
    assert_eq!((&cause["kind"], &cause["action"]), (&"access_denied".into(), &"s3:GetBucketLocation".into()));
    assert_verdict("GC-REG-003", BUCKET, vec![elsewhere()], "unknown");
}

#[test]
fn images_that_are_copied_abroad_are_found() {
    let abroad = on("DescribeRegistry").region(TOKYO).reply(Reply::replaced("ap-northeast-3", "us-east-1"));
    assert_verdict("GC-REG-003", "AWS::ECR::ReplicationConfiguration", vec![abroad], "fail");
}
