//! `govcheck policy`: remarks on service control policies, and the explanation of single requests.

use serde_json::Value;

use crate::support::{Govcheck, Run, govcheck, root};

const ROLE: &str = "arn:aws:iam::111111111111:role/admin";

fn policy() -> Govcheck {
    govcheck().dir(&root()).arg("policy")
}

fn eval(args: &[&str]) -> Govcheck {
    policy().args(["eval", "--scp", "fixtures/scp"]).args(args)
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap()
}

#[track_caller]
fn decides(decision: &str, code: i32, args: &[&str]) -> Value {
    let run = eval(args).args(["--format", "json"]).run().code(code);
    let verdict = json(&run);
    assert_eq!(verdict["decision"], decision, "{args:?}");
    verdict
}

#[test]
fn a_request_is_decided_by_the_policies_on_the_way_to_its_account() {
    let create =
        |account: &'static str| ["--action", "ec2:CreateInternetGateway", "--resource", "*", "--account", account];
    let at =
        |account, region, principal| [&create(account)[..], &["--region", region, "--principal", principal]].concat();
    let tokyo = decides("explicitly_denied", 0, &at("111111111111", "ap-northeast-1", ROLE));
    let deny =
        tokyo["trace"].as_array().unwrap().iter().find(|step| step["effect"] == "Deny" && step["applies"] == "yes");
    assert_eq!(deny.unwrap()["policy"], "no-internet-gateway");
    assert_eq!(deny.unwrap()["level"], "number-use");
    let other = "arn:aws:iam::222222222222:role/admin";
    decides("explicitly_denied", 0, &at("222222222222", "us-east-1", other));
    // No policy allows anything in the account that has none of its own.
    let none = "arn:aws:iam::333333333333:role/admin";
    decides("implicitly_denied", 0, &at("333333333333", "ap-northeast-1", none));
    let management = decides("allowed", 0, &at("999999999999", "us-east-1", "arn:aws:iam::999999999999:root"));
    assert_eq!(management["exemption"], "management_account");
}

#[test]
fn what_is_not_said_about_a_request_is_not_guessed() {
    let run = ["--action", "ec2:RunInstances", "--resource", "*", "--principal", ROLE];
    let undecided = decides("undecided", 3, &run);
    assert!(undecided["reason"].as_str().unwrap().contains("aws:requestedregion"), "{undecided}");
    let tokyo = [&run[..], &["--context", "aws:RequestedRegion=ap-northeast-1"]].concat();
    decides("allowed", 0, &tokyo);
    decides("explicitly_denied", 0, &[&run[..], &["--region", "us-east-1"]].concat());
}

#[test]
fn the_explanation_is_in_both_languages() {
    let args = ["--action", "ec2:RunInstances", "--resource", "*", "--principal", ROLE, "--region", "us-east-1"];
    let english = eval(&args).run().code(0);
    assert!(english.stdout.starts_with("explicitly_denied\n"), "{}", english.stdout);
    assert!(english.stdout.contains("Deny applies\n"), "{}", english.stdout);
    let japanese = eval(&args).args(["--lang", "ja"]).run().code(0);
    assert!(japanese.stdout.contains("Deny 適用される\n"), "{}", japanese.stdout);
}

#[test]
fn requests_that_are_none_are_refused() {
    let refused = |args: &[&str], says: &str| {
        let run = eval(args).run().code(2);
        assert!(run.stderr.contains(says), "{}", run.stderr);
        assert_eq!(run.stdout, "");
    };
    refused(&["--action", "ec2:*", "--principal", ROLE], "`ec2:*` is not an action");
    refused(&["--action", "ec2:RunInstances"], "neither an account nor a principal");
    let session = "arn:aws:sts::111111111111:assumed-role/admin/me";
    refused(&["--action", "ec2:RunInstances", "--principal", session], "the ARN of a session");
    refused(&["--action", "ec2:RunInstances", "--principal", ROLE, "--context", "x"], "`x` is not KEY=VALUE");
    refused(
        &["--action", "ec2:RunInstances", "--account", "444444444444"],
        "do not say where the account 444444444444",
    );
    let nowhere = policy().args(["eval", "--scp", "no-such", "--action", "a:b", "--account", "111111111111"]).run();
    assert!(nowhere.code(2).stderr.contains("failed to read the folder"));
}

#[test]
fn lint_remarks_on_statements_that_do_not_do_what_they_seem_to() {
    let clean = policy().args(["lint", "fixtures/scp/region-lock.json"]).run().code(0);
    assert_eq!(clean.stdout, "1 policies, 0 remarks\n");
    let files = ["fixtures/scp/macie-by-its-old-name.json", "fixtures/scp/protect-cloudtrail.json"];
    let run = policy().arg("lint").args(files).args(["--format", "json"]).run().code(1);
    let remarks = json(&run);
    let has = |file: &str, code: &str| {
        remarks.as_array().unwrap().iter().any(|remark| remark["file"] == file && remark["code"] == code)
    };
    assert!(has(files[0], "dead-action"), "{remarks}");
    assert!(has(files[1], "placeholder"), "{remarks}");
    let text = policy().arg("lint").args(files).args(["--lang", "ja"]).run().code(1).stdout;
    assert!(text.contains("fixtures/scp/macie-by-its-old-name.json:") && text.contains("指摘"), "{text}");
}

#[test]
fn lint_refuses_what_is_no_policy() {
    let run = policy().args(["lint", "fixtures/scp/tree.yaml", "no-such.json"]).run().code(2);
    assert!(run.stderr.contains("tree.yaml") && run.stderr.contains("no-such.json"), "{}", run.stderr);
}
