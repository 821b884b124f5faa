//! Verdicts on identity that the mock AWS cannot bring about: disuse, AWS managed policies, Access Analyzer, and a
//! credential report that is late.

use serde_json::json;

use crate::support::fake_aws::{FakeAws, On, Reply, Rule};
use crate::support::scan::{Fleet, causes, everything_about};

const ACCOUNT: &str = "111111111111";

/// Resource and verdict of each finding of a guardrail in one account, those that are not applicable left out.
fn judged(script: Vec<Rule>, guardrail: &str, params: &str) -> Vec<(String, String)> {
    let aws = FakeAws::start(script);
    let fleet = Fleet::new();
    std::fs::write(fleet.path("params.yaml"), params).expect("the parameters");
    let run = fleet.scan(&aws).args(["--account", ACCOUNT, "--rule", guardrail, "--params", "params.yaml"]).run();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    let report = run.json();
    let findings = report["findings"].as_array().expect("a list").iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let rows = findings.map(|finding| (text(&finding["resource"]["name"]), text(&finding["verdict"])));
    let mut rows: Vec<_> = rows.filter(|(_, verdict)| verdict != "not_applicable").collect();
    rows.sort();
    rows
}

#[track_caller]
fn expect(script: Vec<Rule>, guardrail: &str, params: &str, expected: &[(&str, &str)]) {
    let found = judged(script, guardrail, params);
    let found: Vec<_> = found.iter().map(|(name, verdict)| (name.as_str(), verdict.as_str())).collect();
    assert_eq!(found, expected);
}

#[test]
fn passwords_and_keys_that_nobody_uses() {
    let key = format!("AKIA{ACCOUNT}KEY1");
    let active = || On::operation("ListAccessKeys").containing("deployer").reply(Reply::replaced("Inactive", "Active"));
    let guardrail = "GC-IAM-008";
    expect(vec![active()], guardrail, "{}", &[(&key, "pass"), ("operator", "pass")]);
    // The password was used a day ago, the key 20 days ago.
    let strict = "credential_max_unused_days: 10";
    expect(vec![active()], guardrail, strict, &[(&key, "fail"), ("operator", "pass")]);
    let never = On::operation("ListUsers").reply(Reply::replaced("PasswordLastUsed", "Other"));
    let last_page = On::operation("ListUsers").containing("users-2").reply(Reply::Ok);
    expect(vec![last_page, never], guardrail, "{}", &[("operator", "fail")]);
    let gone = On::operation("GetAccessKeyLastUsed").reply(Reply::error(404, "NoSuchEntity", "it was deleted"));
    expect(vec![active(), gone], guardrail, strict, &[("operator", "pass")]);
}

#[test]
fn administrator_access_fails_where_it_is_attached() {
    let attached = || Reply::replaced("ReadOnlyAccess", "AdministratorAccess");
    let roles = On::operation("GetAccountAuthorizationDetails").reply(attached());
    let expected = |operation| {
        [
            ("AWSServiceRoleForConfig", "pass"),
            ("batch", "pass"),
            ("deploy", "pass"),
            ("deploy", "pass"),
            ("deployer", "pass"),
            ("operation", operation),
            ("operator", "pass"),
            ("operators", "pass"),
        ]
    };
    let healthy: Vec<_> = expected("pass").into_iter().filter(|(name, _)| *name != "AWSServiceRoleForConfig").collect();
    expect(vec![], "GC-IAM-009", "{}", &healthy);
    let broken: Vec<_> = expected("fail").into_iter().filter(|(name, _)| *name != "AWSServiceRoleForConfig").collect();
    let not_users = On::operation("GetAccountAuthorizationDetails").containing("=User").reply(Reply::Ok);
    expect(vec![not_users, roles], "GC-IAM-009", "{}", &broken);
}

fn finding(region: &str, resource: &str) -> serde_json::Value {
    json!({
        "id": format!("{region}-1"), "resource": resource, "resourceType": "AWS::S3::Bucket", "status": "ACTIVE",
        "resourceOwnerAccount": ACCOUNT, "findingType": "ExternalAccess", "createdAt": "2026-01-01T00:00:00Z",
        "analyzedAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
    })
}

#[test]
fn findings_of_external_access() {
    let listed = |next: Option<&str>| {
        let body = json!({ "findings": [finding("t", "arn:aws:s3:::open-data")], "nextToken": next });
        vec![On::operation("ListFindingsV2").region("ap-northeast-1").reply(Reply::body(body.to_string()))]
    };
    let guardrail = "GC-IAM-017";
    expect(vec![], guardrail, "{}", &[("external", "pass"), ("external", "pass")]);
    expect(listed(None), guardrail, "{}", &[("external", "fail"), ("external", "pass")]);
    let accepted = "accepted_external_access: ['arn:aws:s3:::open-*']";
    expect(listed(None), guardrail, accepted, &[("external", "pass"), ("external", "pass")]);
    // A listing that does not end is read up to its bound; the rest is not known.
    expect(listed(Some("more")), guardrail, "{}", &[("external", "fail"), ("external", "pass")]);
    expect(listed(Some("more")), guardrail, accepted, &[("external", "pass"), ("external", "unknown")]);
}

#[test]
fn regions_without_an_active_analyzer_of_external_access() {
    let other = |from: &str, to: &str| {
        let first = On::operation("ListAnalyzers").region("ap-northeast-1").reply(Reply::replaced(from, to));
        vec![On::operation("ListAnalyzers").containing("analyzers-2").reply(Reply::Ok), first]
    };
    let guardrail = "GC-IAM-016";
    assert_eq!(verdicts(other("ACTIVE", "ACTIVE"), guardrail), ["pass", "pass"]);
    assert_eq!(verdicts(other("ACTIVE", "DISABLED"), guardrail), ["fail", "pass"]);
    assert_eq!(verdicts(other("\"ACCOUNT\"", "\"ACCOUNT_INTERNAL_ACCESS\""), guardrail), ["fail", "pass"]);
    assert_eq!(verdicts(other("\"ACCOUNT\"", "\"ORGANIZATION\""), guardrail), ["pass", "pass"]);
}

fn verdicts(script: Vec<Rule>, guardrail: &str) -> Vec<String> {
    let mut verdicts: Vec<_> = judged(script, guardrail, "{}").into_iter().map(|(_, verdict)| verdict).collect();
    verdicts.sort();
    verdicts
}

#[test]
fn a_credential_report_that_is_late_is_not_known() {
    let late = || On::operation("GetCredentialReport").reply(Reply::error(404, "ReportInProgress", "wait"));
    let once = || On::operation("GetCredentialReport").times(1).reply(Reply::error(404, "ReportInProgress", "wait"));
    let scan = |script| {
        let aws = FakeAws::start(script);
        let fleet = Fleet::new();
        let rules = fleet.guardrails_about_everything();
        let about = everything_about("AWS::IAM::CredentialReport");
        let run = fleet.scan(&aws).args(["--account", ACCOUNT, "--rule", &about]).arg("--rules").arg(rules).run();
        causes(&run.json(), ACCOUNT)
    };
    assert!(scan(vec![once()]).is_empty());
    let known: Vec<_> = scan(vec![late()]).into_iter().collect();
    assert_eq!(known, ["call_failed iam:GetCredentialReport ReportInProgress"]);
}
