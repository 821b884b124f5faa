//! `govcheck accounts check`: what a scan would meet, without a scan.

use crate::support::fake_aws::{FakeAws, On, Reply};
use crate::support::scan::Fleet;

const CHECK: [&str; 5] = ["accounts", "check", "--accounts", "accounts.yaml", "--quiet"];

#[test]
fn accounts_that_can_be_scanned_are_ready() {
    let (aws, fleet) = (FakeAws::start(Vec::new()), Fleet::new());
    let run = fleet.run(&aws, &CHECK).run().code(0);
    assert_eq!(run.stdout.matches("ready").count(), 3, "{}", run.stdout);
    let asked: Vec<String> = aws.operations();
    assert_eq!(asked, ["iam:SimulatePrincipalPolicy", "sts:AssumeRole", "sts:GetCallerIdentity"]);
    let run = fleet.run(&aws, &CHECK).args(["--lang", "ja"]).run().code(0);
    assert!(run.stdout.contains("スキャン可能"), "{}", run.stdout);
}

#[test]
fn a_closed_role_and_a_missing_action_are_named() {
    let allowed = "<EvalActionName>s3:GetBucketAcl</EvalActionName><EvalResourceName>*</EvalResourceName>\
                   <EvalDecision>allowed</EvalDecision>\
                   <OrganizationsDecisionDetail><AllowedByOrganizations>true</AllowedByOrganizations>";
    let denied = allowed.replace(">allowed<", ">implicitDeny<").replace(">true<", ">false<");
    let aws = FakeAws::start(vec![
        On::operation("AssumeRole").account("111111111111").reply(Reply::Denied),
        On::operation("SimulatePrincipalPolicy")
            .account("222222222222")
            .containing("s3:GetBucketAcl")
            .reply(Reply::replaced(allowed, &denied)),
    ]);
    let run = Fleet::new().run(&aws, &CHECK).args(["--rule", "s3-*"]).env("COLUMNS", "200").run().code(1);
    let line = |account: &str| run.stdout.lines().find(|line| line.contains(account)).unwrap_or_default().to_owned();
    assert!(line("111111111111").contains("cannot be assumed: AccessDenied"), "{}", run.stdout);
    assert!(line("222222222222").contains("1 actions are missing: s3:GetBucketAcl (SCP)"), "{}", run.stdout);
    assert!(line("333333333333").contains("ready"), "{}", run.stdout);
}

#[test]
fn a_role_that_may_not_ask_the_simulator_is_not_ready() {
    let aws = FakeAws::start(vec![On::operation("SimulatePrincipalPolicy").reply(Reply::Denied)]);
    let run = Fleet::new().run(&aws, &CHECK).run().code(3);
    assert!(run.stdout.contains("iam:SimulatePrincipalPolicy"), "{}", run.stdout);
    assert!(!run.stdout.contains("ready"), "{}", run.stdout);
}
