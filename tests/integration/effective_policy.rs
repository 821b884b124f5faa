//! Central settings of EC2: the effective declarative policy, and who manages the settings of each region.

use serde_json::{Value, json};

use crate::support::Run;
use crate::support::fake_aws::{FakeAws, On, Reply, Rule};
use crate::support::scan::{Fleet, causes, items};

const ACCOUNT: &str = "111111111111";
const OSAKA: &str = "ap-northeast-3";
const ACTION: &str = "organizations:DescribeEffectivePolicy";

fn scan(script: Vec<Rule>) -> Run {
    let aws = FakeAws::start(script);
    let run = Fleet::new().scan(&aws).args(["--account", ACCOUNT, "--rule", "GC-PRV-010"]).run();
    assert_eq!(aws.complaints(), Vec::<String>::new());
    let asked = On::operation("DescribeEffectivePolicy").account(ACCOUNT).region("us-east-1");
    assert!(aws.count(&asked) > 0, "it is asked with the account's own role");
    run
}

/// The one finding of a scan that ends with this code.
#[track_caller]
fn finding(script: Vec<Rule>, code: i32) -> Value {
    let report = scan(script).code(code).json();
    let [finding] = items(&report, "/findings") else { panic!("{:#}", report["findings"]) };
    assert_eq!(finding["resource"]["type"], "AWS::::EC2DeclarativePolicy");
    finding.clone()
}

fn effective(reply: Reply) -> Vec<Rule> {
    vec![On::operation("DescribeEffectivePolicy").reply(reply)]
}

fn of_account(operation: &str) -> Vec<Rule> {
    vec![On::operation(operation).region(OSAKA).reply(Reply::replaced("declarative-policy", "account"))]
}

#[test]
fn settings_that_the_organization_manages_pass() {
    let finding = finding(Vec::new(), 0);
    assert_eq!((&finding["verdict"], &finding["region"]), (&json!("pass"), &json!("global")));
    let observed = finding["evidence"]["observed"].to_string();
    assert!(observed.contains("block_all_sharing"), "what the policy sets is shown: {observed}");
}

#[test]
fn a_setting_that_the_account_manages_itself_fails_and_is_named() {
    let snapshots = json!({"ManagedBy": "account", "Region": OSAKA, "State": "block-all-sharing"});
    let images = json!({"ManagedBy": "account", "Region": OSAKA, "State": "block-new-sharing"});
    let vpc = json!({
        "ExclusionsAllowed": "allowed", "InternetGatewayBlockMode": "block-bidirectional", "ManagedBy": "account",
        "Region": OSAKA,
    });
    for (operation, found) in [
        ("GetSnapshotBlockPublicAccessState", json!({"Snapshots": snapshots})),
        ("GetImageBlockPublicAccessState", json!({"Images": images})),
        ("DescribeVpcBlockPublicAccessOptions", json!({"Vpc": vpc})),
    ] {
        let finding = finding(of_account(operation), 1);
        assert_eq!((&finding["verdict"], &finding["evidence"]["found"]), (&json!("fail"), &json!([found])));
    }
}

#[test]
fn a_policy_that_leaves_public_sharing_open_fails() {
    let open = On::operation("GetImageBlockPublicAccessState").region(OSAKA);
    let finding = finding(vec![open.reply(Reply::replaced("block-new-sharing", "unblocked"))], 1);
    let found = json!([{"Images": {"ManagedBy": "declarative-policy", "Region": OSAKA, "State": "unblocked"}}]);
    assert_eq!(finding["evidence"]["found"], found);
}

#[test]
fn no_policy_and_no_organization_fail() {
    for (code, in_organization) in
        [("EffectivePolicyNotFoundException", true), ("AWSOrganizationsNotInUseException", false)]
    {
        let finding = finding(effective(Reply::error(400, code, "there is none")), 1);
        assert_eq!(finding["verdict"], "fail");
        let observed = items(&finding, "/evidence/observed");
        let said = observed.iter().find(|one| one["property"] == "InOrganization").map(|one| &one["value"]);
        assert_eq!(said, Some(&json!(in_organization)), "{code}");
    }
}

#[test]
fn a_policy_that_cannot_be_read_is_unknown() {
    let failed = |code| format!("call_failed {ACTION} {code}");
    for (reply, cause) in [
        (Reply::Denied, format!("access_denied {ACTION}")),
        (Reply::DeniedByScp, format!("access_denied_by_scp {ACTION}")),
        (Reply::error(400, "UnsupportedAPIEndpointException", ""), failed("UnsupportedAPIEndpointException")),
        (Reply::replaced("{\\\"ec2_attributes\\\":", "ec2"), failed("MalformedPolicy")),
        (Reply::replaced("PolicyContent", "Other"), failed("NoAnswer")),
    ] {
        let run = scan(effective(reply.clone()));
        let report = run.code(3).json();
        assert_eq!(items(&report, "/findings")[0]["verdict"], "unknown", "{reply:?}");
        assert_eq!(causes(&report, ACCOUNT), [cause].into());
    }
}

#[test]
fn a_region_that_does_not_say_who_manages_a_setting_is_unknown() {
    for operation in
        ["GetSnapshotBlockPublicAccessState", "GetImageBlockPublicAccessState", "DescribeVpcBlockPublicAccessOptions"]
    {
        for reply in [Reply::replaced("managedBy", "other"), Reply::Denied] {
            let finding = finding(vec![On::operation(operation).region(OSAKA).reply(reply)], 3);
            assert_eq!(finding["verdict"], "unknown", "{operation}");
        }
    }
}
