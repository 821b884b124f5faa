//! Messaging, logs, secrets, containers and functions: answers of AWS that keep no guardrail, and such as the fleet on
//! moto cannot give.

use std::collections::BTreeMap;

use govcheck::bundle::Bundle;
use serde_json::json;

use crate::support::fake_aws::{FakeAws, On, Reply, Rule};
use crate::support::govcheck;
use crate::support::scan::{causes, verdicts};

const ACCOUNT: &str = "111111111111";

/// The verdicts of a guardrail in Tokyo by name of the resource, and what the coverage says is not known.
fn judged(guardrail: &str, script: Vec<Rule>) -> (BTreeMap<String, String>, Vec<String>) {
    let aws = FakeAws::start(script);
    let dir = tempfile::tempdir().expect("a folder");
    let args = ["scan", "--format", "json", "--class", "number-use", "--region", "ap-northeast-1", "--rule", guardrail];
    let role = format!("arn:aws:iam::{ACCOUNT}:role/govcheck");
    let run =
        govcheck().dir(dir.path()).env("AWS_ENDPOINT_URL", aws.url()).args(args).args(["--role-arn", &role]).run();
    assert_eq!(aws.complaints(), Vec::<String>::new(), "{}", run.stderr);
    let report = run.json();
    let found = verdicts(&report).into_iter().map(|([.., name], verdict)| (name, verdict)).collect();
    (found, causes(&report, ACCOUNT).into_iter().collect())
}

#[track_caller]
fn assert_verdicts(guardrail: &str, script: Vec<Rule>, expected: &[(&str, &str)]) {
    let (found, causes) = judged(guardrail, script);
    let found: Vec<_> = found.iter().map(|(name, verdict)| (name.as_str(), verdict.as_str())).collect();
    assert_eq!(found, expected, "{causes:?}");
}

/// A call about one resource, which the request names.
fn on(operation: &str, resource: &str) -> On {
    On::operation(operation).containing(resource)
}

/// What a call about one resource gets is the answer of the healthy account with a text replaced.
fn changed(operation: &str, resource: &str, from: &str, to: &str) -> Vec<Rule> {
    vec![on(operation, resource).reply(Reply::replaced(from, to))]
}

#[test]
fn functions_are_public_by_their_policy_or_their_url() {
    let intake = |verdict| [("batch", "pass"), ("intake", verdict)];
    assert_verdicts("GC-EXP-005", Vec::new(), &intake("pass"));
    for (operation, from, to) in
        [("ListFunctionUrlConfigs", "AWS_IAM", "NONE"), ("GetPolicy", "AWS:SourceAccount", "aws:RequestTag/owner")]
    {
        assert_verdicts("GC-EXP-005", changed(operation, "/intake/", from, to), &intake("fail"));
    }
    let policy = json!({ "Statement": { "Effect": "Allow", "Principal": { "AWS": "*" }, "Action": "*" } }).to_string();
    let public = vec![on("GetPolicy", "/intake/").reply(Reply::body(json!({ "Policy": policy }).to_string()))];
    assert_verdicts("GC-EXP-005", public, &intake("fail"));
}

#[test]
fn what_was_deleted_since_it_was_listed_is_left_out() {
    for (guardrail, operation, resource, code, left) in [
        ("GC-ENC-008", "GetQueueAttributes", "/notices\"", "QueueDoesNotExist", "notices-dead-letters"),
        ("GC-ENC-009", "GetTopicAttributes", ":alarms", "NotFound", "notices"),
        ("GC-ENC-015", "GetResourcePolicy", "town/mail", "ResourceNotFoundException", "town/database"),
        ("GC-OPS-002", "GetRepositoryPolicy", "town/tax", "RepositoryNotFoundException", "town/base"),
        ("GC-EXP-009", "DescribeCluster", "/town-batch", "ResourceNotFoundException", "town"),
        ("GC-EXP-005", "ListFunctionUrlConfigs", "/intake/", "ResourceNotFoundException", "batch"),
        ("GC-EXP-011", "DescribeDocumentPermission", "collect-logs", "InvalidDocument", "restart-agent"),
    ] {
        let gone = vec![on(operation, resource).reply(Reply::error(400, code, "it is not there"))];
        assert_verdicts(guardrail, gone, &[(left, "pass")]);
    }
}

#[test]
fn a_queue_that_does_not_say_whether_it_is_encrypted_is_unknown() {
    let silent = changed("GetQueueAttributes", "dead-letters", "SqsManagedSseEnabled", "SomethingElse");
    assert_verdicts("GC-ENC-008", silent, &[("notices", "pass"), ("notices-dead-letters", "unknown")]);
    let plain = changed(
        "GetQueueAttributes",
        "dead-letters",
        r#""SqsManagedSseEnabled":"true""#,
        r#""SqsManagedSseEnabled":"false""#,
    );
    assert_verdicts("GC-ENC-008", plain, &[("notices", "pass"), ("notices-dead-letters", "fail")]);
}

#[test]
fn under_enhanced_scanning_a_repository_is_scanned_by_the_rules_of_the_registry_alone() {
    let enhanced = vec![On::operation("GetRegistryScanningConfiguration").reply(Reply::replaced("BASIC", "ENHANCED"))];
    assert_verdicts("GC-OPS-002", enhanced, &[("town/base", "fail"), ("town/tax", "pass")]);
    let manual =
        vec![On::operation("GetRegistryScanningConfiguration").reply(Reply::replaced("SCAN_ON_PUSH", "MANUAL"))];
    assert_verdicts("GC-OPS-002", manual, &[("town/base", "pass"), ("town/tax", "fail")]);
}

#[test]
fn a_service_that_is_missing_is_left_out_and_one_without_an_answer_is_unknown() {
    let answer = |failures: &str| {
        let body = format!(r#"{{"services": [], "failures": [{failures}]}}"#);
        vec![On::operation("DescribeServices").reply(Reply::body(body))]
    };
    let failure = |name: &str, reason: &str| {
        format!(r#"{{"arn": "arn:aws:ecs:ap-northeast-1:{ACCOUNT}:service/town/{name}", "reason": "{reason}"}}"#)
    };
    let missing = answer(&format!("{}, {}", failure("intake", "MISSING"), failure("tax", "BUSY")));
    assert_verdicts("GC-EXP-013", missing, &[("town/tax", "unknown")]);
    let (found, causes) = judged("GC-EXP-013", answer(&failure("intake", "MISSING")));
    assert_eq!(found, BTreeMap::from([("town/tax".to_owned(), "unknown".to_owned())]));
    assert_eq!(causes, ["call_failed ecs:DescribeServices NoAnswer"]);
}

#[test]
fn a_service_is_judged_by_its_task_sets_too() {
    let public = |from| vec![On::operation("DescribeServices").reply(Reply::replaced(from, "ENABLED"))];
    assert_verdicts("GC-EXP-013", public("DISABLED"), &[("town/intake", "fail"), ("town/tax", "fail")]);
}

#[test]
fn a_cluster_that_is_deleted_while_it_is_read_is_left_out() {
    for operation in ["ListServices", "DescribeServices"] {
        let gone = Reply::error(400, "ClusterNotFoundException", "Cluster not found.");
        let (found, causes) = judged("GC-EXP-013", vec![On::operation(operation).reply(gone)]);
        let verdicts: Vec<_> = found.into_values().collect();
        assert_eq!((verdicts, causes), (vec!["not_applicable".to_owned()], Vec::new()), "{operation}");
    }
}

#[test]
fn the_pages_of_a_documents_shares_are_read_to_the_end() {
    let open = vec![
        On::operation("DescribeDocumentPermission")
            .containing("accounts-2")
            .reply(Reply::replaced("101010101010", "all")),
    ];
    assert_verdicts("GC-EXP-011", open, &[("collect-logs", "pass"), ("restart-agent", "fail")]);
    let endless = vec![on("DescribeDocumentPermission", "collect-logs").reply(Reply::EndlessPages)];
    let (found, causes) = judged("GC-EXP-011", endless);
    assert_eq!(found["collect-logs"], "unknown");
    assert_eq!(causes, ["call_failed ssm:DescribeDocumentPermission TooManyPages"]);
}

#[test]
fn a_public_endpoint_fails_even_with_a_list_of_addresses() {
    let public =
        changed("DescribeCluster", "/town-batch", r#""endpointPublicAccess":false"#, r#""endpointPublicAccess":true"#);
    assert_verdicts("GC-EXP-009", public, &[("town", "pass"), ("town-batch", "fail")]);
}

#[test]
fn a_log_group_without_a_retention_keeps_its_logs_and_one_that_passes_them_on_is_not_judged() {
    let short = vec![On::operation("DescribeLogGroups").times(1).reply(Reply::replaced("400", "364"))];
    assert_verdicts("GC-LOG-008", short, &[("/aws/lambda/intake", "fail"), ("audit", "pass")]);
    let delivery = vec![On::operation("DescribeLogGroups").times(1).reply(Reply::replaced("STANDARD", "DELIVERY"))];
    assert_verdicts("GC-LOG-008", delivery, &[("/aws/lambda/intake", "not_applicable"), ("audit", "pass")]);
}

/// The fake AWS has a function with a password in its environment.
#[test]
fn environment_variables_and_secrets_are_not_written_down() {
    let aws = FakeAws::start(Vec::new());
    let dir = tempfile::tempdir().expect("a folder");
    let args =
        ["scan", "--format", "json", "--class", "number-use", "--rule", "GC-EXP-005,GC-ENC-015", "--bundle", "b"];
    govcheck().dir(dir.path()).env("AWS_ENDPOINT_URL", aws.url()).args(args).run();
    assert!(!aws.operations().contains(&"secretsmanager:GetSecretValue".to_owned()));
    let bundle = Bundle::read(&dir.path().join("b")).expect("a bundle");
    let mut functions = 0;
    for id in bundle.accounts() {
        for resource in bundle.read_account(&id).expect("an account").inventory.resources {
            let properties = serde_json::to_string(&resource.properties).expect("JSON");
            assert!(!properties.contains("value-of-an-environment-variable"), "{properties}");
            functions += usize::from(resource.id.resource_type == "AWS::Lambda::Function");
        }
    }
    assert!(functions > 0);
}

#[test]
fn an_answer_without_what_it_is_asked_for_says_nothing() {
    for (guardrail, operation, resource, part, action) in [
        ("GC-ENC-007", "DescribeTable", "receipts", "\"Table\":", "dynamodb:DescribeTable"),
        ("GC-EXP-009", "DescribeCluster", "", "\"cluster\":", "eks:DescribeCluster"),
    ] {
        let (found, causes) =
            judged(guardrail, changed(operation, resource, part, &part.replace(char::is_alphabetic, "x")));
        assert!(found.values().any(|verdict| verdict == "unknown"), "{guardrail}: {found:?}");
        assert_eq!(causes, [format!("call_failed {action} NoAnswer")]);
    }
}
