//! AWS at its worst: throttling, failures, silence, broken connections, lost credentials. What could not be read is
//! unknown with its cause, and accounts that are well are none the worse for one that is not.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::fake_aws::{FakeAws, On, Reply, Rule, World};
use crate::support::scan::{FROM_INSIDE, Fleet, assert_same, causes, items, part_of, timeless, total, verdicts};
use crate::support::{Govcheck, Run};

const SICK: &str = "222222222222";
const WELL: [&str; 2] = ["111111111111", "333333333333"];

fn scan(script: Vec<Rule>, args: &[&str]) -> Run {
    let aws = FakeAws::start(script);
    let run = Fleet::new().scan(&aws).args(FROM_INSIDE).args(args).run();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    run
}

/// Scans with one account sick and compares the others with a scan in which all are well. The causes of what is not
/// known of the sick account are those given, and none of its guardrails fails.
#[track_caller]
fn only_unknown(script: Vec<Rule>, args: &[&str], expected: &[&str]) -> Value {
    let report = scan(script, args).code(3).json();
    let healthy = scan(Vec::new(), args).code(0).json();
    for account in WELL {
        assert_same(&part_of(&healthy, account), &part_of(&report, account));
    }
    let sick = verdicts(&report).into_iter().filter(|(cell, _)| cell[1] == SICK);
    let failed: Vec<_> = sick.filter(|(_, verdict)| verdict == "fail").collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let found = causes(&report, SICK);
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    report
}

fn on(operation: &str) -> On {
    On::operation(operation).account(SICK)
}

#[test]
fn throttled_calls_are_made_again_and_counted() {
    let operations = ["DescribeVolumes", "GetBucketPolicy", "GetAccountSummary", "DescribeTrails", "ListDetectors"];
    let throttle = |name: &&str| on(name).times(2).reply(Reply::Throttled);
    let report = scan(operations.iter().map(throttle).collect(), &[]).code(0).json();
    let healthy = scan(Vec::new(), &[]).code(0).json();
    assert_eq!(verdicts(&healthy), verdicts(&report));
    for count in ["retries", "throttles"] {
        assert_eq!((total(&healthy, count), total(&report, count)), (0, 2 * operations.len() as u64), "{count}");
    }
}

#[test]
fn a_service_that_fails_once_is_asked_again() {
    let once = |reply| vec![on("GetBucketAcl").times(1).reply(reply)];
    for reply in [Reply::ServerError, Reply::Cut] {
        let report = scan(once(reply), &["--rule", "s3-*"]).code(0).json();
        assert_eq!((total(&report, "retries"), total(&report, "throttles")), (1, 0));
    }
}

#[test]
fn a_service_that_always_fails_is_unknown() {
    let script = vec![
        on("DescribeTrails").reply(Reply::ServerError),
        on("GetAccountSummary").reply(Reply::ServerError),
        on("GetBucketAcl").reply(Reply::ServerError),
    ];
    let expected = [
        "call_failed cloudtrail:DescribeTrails InternalServerErrorException",
        "call_failed iam:GetAccountSummary InternalFailure",
        "call_failed s3:GetBucketAcl InternalError",
    ];
    only_unknown(script, &["--rule", "cloudtrail-*,root-user-*,s3-*"], &expected);
}

#[test]
fn a_service_that_does_not_answer_is_unknown() {
    let script = vec![on("GetEbsEncryptionByDefault").region("ap-northeast-3").reply(Reply::Hang)];
    let args = ["--rule", "ebs-encryption-*", "--timeout", "1"];
    only_unknown(script, &args, &["call_failed ec2:GetEbsEncryptionByDefault Timeout"]);
}

#[test]
fn a_connection_that_always_breaks_is_unknown() {
    let script = vec![on("DescribeVolumes").region("ap-northeast-3").reply(Reply::Cut)];
    only_unknown(script, &["--rule", "ebs-volumes-*"], &["call_failed ec2:DescribeVolumes Response"]);
}

#[test]
fn a_listing_that_does_not_end_is_unknown() {
    let end = "</DescribeSecurityGroupsResponse>";
    let again = Reply::replaced(end, &format!("<nextToken>again</nextToken>{end}"));
    for (reply, code) in [(again, "RepeatedPageToken"), (Reply::EndlessPages, "TooManyPages")] {
        let started = Instant::now();
        let script = vec![on("DescribeSecurityGroups").region("ap-northeast-3").reply(reply)];
        let expected = format!("call_failed ec2:DescribeSecurityGroups {code}");
        only_unknown(script, &["--rule", "default-security-groups-*"], &[&expected]);
        assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
    }
}

/// Of all guardrails but the one that binds internet-facing accounts only, which the sick account is not.
fn verdicts_of_the_sick(report: &Value) -> BTreeSet<String> {
    let sick = verdicts(report).into_iter().filter(|(cell, _)| cell[1] == SICK);
    let bound = sick.filter(|(cell, _)| cell[0] != "internet-facing-endpoints-are-behind-waf");
    bound.map(|(_, verdict)| verdict).collect()
}

/// Without the guardrail that looks across all accounts: it does not know more than of the sick one.
const ALONE: [&str; 2] = ["--exclude", "vpc-cidrs-do-not-overlap"];

/// Every service says in its own words that it does not take the credentials.
#[test]
fn credentials_that_are_no_longer_taken_make_everything_unknown() {
    for reply in [Reply::ExpiredToken, Reply::ClockSkew] {
        let script = vec![on("AssumeRole").reply(Reply::Ok), On::any().account(SICK).reply(reply)];
        let report = scan(script, &ALONE).code(3).json();
        let healthy = scan(Vec::new(), &ALONE).code(0).json();
        for account in WELL {
            assert_same(&part_of(&healthy, account), &part_of(&report, account));
        }
        assert_eq!(verdicts_of_the_sick(&report), ["unknown".to_owned()].into());
        assert!(causes(&report, SICK).iter().all(|cause| cause.starts_with("call_failed ")));
    }
}

#[test]
fn an_account_that_cannot_be_entered_is_unknown() {
    let script = vec![on("AssumeRole").reply(Reply::Denied)];
    let report = only_unknown(script, &ALONE, &["role_not_assumed AccessDenied"]);
    assert_eq!(verdicts_of_the_sick(&report), ["unknown".to_owned()].into());
    assert_eq!(report["coverage"]["accounts"], 3);
    assert_eq!(report["coverage"]["accounts_seen"], 2);
}

/// A region that is not enabled is unknown itself, wherever it stands in the list, and nothing else is.
#[test]
fn a_region_that_is_not_enabled_is_unknown() {
    let world = World::default();
    let healthy = verdicts(&scan(Vec::new(), &[]).code(0).json());
    for disabled in ["af-south-1", "me-south-1"] {
        let regions: Vec<String> =
            [disabled, "ap-northeast-1", "ap-northeast-3"].iter().map(|region| (*region).to_owned()).collect();
        let aws = FakeAws::start(Vec::new());
        let report = Fleet::in_regions(&world, &regions).scan(&aws).args(FROM_INSIDE).run().code(3).json();
        let found = verdicts(&report);
        for (cell, verdict) in &healthy {
            assert_eq!(found.get(cell), Some(verdict), "{cell:?}");
        }
        let more: Vec<_> = found.iter().filter(|(cell, _)| !healthy.contains_key(*cell)).collect();
        assert!(!more.is_empty());
        assert!(more.iter().all(|(cell, verdict)| cell[2] == disabled && *verdict == "unknown"), "{more:#?}");
        for account in &world.members {
            assert_eq!(causes(&report, account), ["region_disabled".to_owned()].into());
        }
        assert!(items(&report, "/coverage/gaps").iter().all(|gap| gap["region"] == disabled));
    }
}

#[track_caller]
fn refused(run: Run, words: &[&str]) {
    let run = run.code(2);
    assert_eq!(run.stdout, "");
    for word in words {
        assert!(run.stderr.contains(word), "`{word}` is missing:\n{}", run.stderr);
    }
}

#[test]
fn without_credentials_nothing_runs() {
    let without = |mut govcheck: Govcheck| {
        govcheck.command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        govcheck
    };
    let aws = FakeAws::start(Vec::new());
    let fleet = Fleet::new();
    refused(without(fleet.scan(&aws)).run(), &["no AWS credentials", "aws sso login", "AWS_PROFILE"]);
    assert_eq!(aws.total(), 0);
    assert!(!fleet.path("bundle").exists());

    let invalid = On::operation("GetCallerIdentity").reply(Reply::error(
        403,
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
    ));
    let aws = FakeAws::start(vec![invalid]);
    refused(fleet.scan(&aws).run(), &["InvalidClientTokenId", "aws sso login"]);
    let aws = FakeAws::start(vec![On::operation("GetCallerIdentity").reply(Reply::Denied)]);
    refused(fleet.scan(&aws).run(), &["AccessDenied", "is not authorized to perform"]);
    assert!(!fleet.path("bundle").exists());
}

/// The order in which answers arrive is not to be seen in a report.
#[test]
fn a_report_does_not_depend_on_the_order_of_answers() {
    let jitter = Reply::Jitter(Duration::ZERO, Duration::from_millis(8), Box::new(Reply::Ok));
    let aws = FakeAws::start(vec![On::any().reply(jitter)]);
    let fleet = Fleet::new();
    let reports = ["1", "64"].map(|parallel| {
        let run = fleet.scan(&aws).args(FROM_INSIDE).args(["--fresh", "--max-parallel", parallel]).run().code(0);
        assert_same(&run.stdout, &fleet.rejudge().run().code(0).stdout);
        timeless(&run.stdout)
    });
    assert_same(&reports[0], &reports[1]);
}
