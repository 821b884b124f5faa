//! `govcheck policy`: remarks on service control policies, the explanation of single requests, and proofs.

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

#[test]
fn lint_reads_resource_control_policies() {
    let file = "fixtures/rcp/only-the-organization.json";
    let clean = policy().args(["lint", "--type", "rcp", file]).run().code(0);
    assert_eq!(clean.stdout, "1 policies, 0 remarks\n");
    let as_scp = policy().args(["lint", file]).run().code(2);
    assert!(as_scp.stderr.contains("a service control policy has no Principal"), "{}", as_scp.stderr);
    let scp = policy().args(["lint", "--type", "rcp", "fixtures/scp/region-lock.json"]).run().code(2);
    assert!(scp.stderr.contains("the Principal of a resource control policy must be `*`"), "{}", scp.stderr);
    let dir = tempfile::tempdir().unwrap();
    let old = dir.path().join("macie.json");
    let text = std::fs::read_to_string(root().join(file)).unwrap();
    std::fs::write(&old, text.replace("sqs:*", "macie:*")).unwrap();
    let remarks = policy().args(["lint", "--type", "rcp", old.to_str().unwrap()]).run().code(1).stdout;
    assert!(remarks.contains("no action matches `macie:*`"), "{remarks}");
}

fn prove(args: &[&str]) -> Govcheck {
    policy().arg("prove").args(args)
}

/// A folder with some of the fixtures, which bind every account.
fn only(names: &[&str]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in names {
        std::fs::copy(root().join("fixtures/scp").join(name), dir.path().join(name)).unwrap();
    }
    dir
}

#[test]
fn a_region_lock_is_proved() {
    let dir = only(&["region-lock.json"]);
    let scp = dir.path().to_str().unwrap();
    let run = prove(&["GC-PRV-001", "--scp", scp, "--format", "json"]).run().code(0);
    let results = json(&run);
    let result = &results["results"][0];
    assert_eq!((&result["verdict"], &result["proof"]), (&"pass".into(), &"proved".into()), "{result}");
    assert!(result["asked"].as_u64().unwrap() > 20_000, "{result}");
}

#[test]
fn what_gets_through_is_shown_as_a_request_of_the_account() {
    let run =
        prove(&["PRV-003", "--scp", "fixtures/scp", "--account", "111111111111", "--format", "json"]).run().code(1);
    let results = json(&run);
    let result = &results["results"][0];
    assert_eq!(result["proof"], "counterexample");
    assert_eq!(result["accounts"], serde_json::json!(["111111111111"]));
    assert!(result["open"].as_array().unwrap().contains(&"ec2:CreateDefaultVpc".into()), "{result}");
    let hole = &result["holes"][0];
    assert_eq!(hole["decision"], "allowed");
    let request = &hole["request"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (action, principal) = (text(&request["action"]), text(&request["principal"]));
    assert!(principal.starts_with("arn:aws:iam::111111111111:"), "{principal}");
    // The explanation of the same request agrees.
    let region = text(&request["context"]["aws:requestedregion"][0]);
    let args = ["--action", &action, "--resource", "*", "--principal", &principal, "--region", &region];
    decides("allowed", 0, &args);
}

/// The results of GC-PRV-003 over the fixture, with an accounts file.
fn by_class(classes: &str, code: i32, args: &[&str]) -> Vec<Value> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("accounts.yaml");
    std::fs::write(&file, classes).unwrap();
    let run = prove(&["PRV-003", "--accounts", file.to_str().unwrap(), "--format", "json"]).args(args).run().code(code);
    json(&run)["results"].as_array().unwrap().clone()
}

#[test]
fn a_guardrail_of_certain_classes_is_not_applicable_to_others() {
    let accounts = "accounts:\n- {id: '111111111111', class: number-use}\n- {id: '222222222222', class: general}\n";
    let results = by_class(accounts, 1, &["--scp", "fixtures/scp"]);
    let found: Vec<_> =
        results.iter().map(|result| (result["accounts"].to_string(), result["verdict"].to_string())).collect();
    let expected = [
        (r#"["111111111111"]"#, r#""fail""#),
        // Nothing allows anything there, so that it needs no class to pass.
        (r#"["333333333333"]"#, r#""pass""#),
        (r#"["222222222222"]"#, r#""not_applicable""#),
    ];
    assert_eq!(found, expected.map(|(accounts, verdict)| (accounts.to_owned(), verdict.to_owned())));
    assert_eq!(results[2]["proof"], Value::Null);
    let alone = by_class(accounts, 0, &["--scp", "fixtures/scp", "--account", "222222222222"]);
    assert_eq!(alone[0]["verdict"], "not_applicable");
}

#[test]
fn a_class_that_nobody_declared_is_no_failure_and_no_pass() {
    let accounts = "accounts:\n- {id: '222222222222'}\n- {id: '444444444444', class: general}\n";
    // The second account is not in the file at all.
    for account in ["222222222222", "111111111111"] {
        let results = by_class(accounts, 3, &["--scp", "fixtures/scp", "--account", account]);
        let result = &results[0];
        assert_eq!((&result["verdict"], &result["proof"]), (&"unknown".into(), &"counterexample".into()));
        assert_eq!(result["cause"], "class is not declared");
    }
    // Without a tree, the accounts are those of the file.
    let dir = only(&["no-internet-gateway.json"]);
    let results = by_class(accounts, 3, &["--scp", dir.path().to_str().unwrap()]);
    assert_eq!(results[0]["accounts"], serde_json::json!(["222222222222"]));
    assert_eq!(results[1]["accounts"], serde_json::json!(["444444444444"]));
}

#[test]
fn for_which_classes_a_guardrail_is_is_said() {
    let run =
        |args: &[&str]| prove(&["PRV-003", "--scp", "fixtures/scp", "--account", "111111111111"]).args(args).run();
    let text = run(&[]).code(1).stdout;
    assert!(text.contains("only for accounts of these classes: number-use"), "{text}");
    let japanese = run(&["--lang", "ja"]).code(1).stdout;
    assert!(japanese.contains("対象となるアカウント区分: 番号利用事務系"), "{japanese}");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("accounts.csv");
    std::fs::write(&file, "id,class\n111111111111,lgwan\n").unwrap();
    let other = run(&["--accounts", file.to_str().unwrap()]).code(0).stdout;
    assert!(other.contains("internet-gateways-cannot-be-created: not applicable"), "{other}");
}

#[test]
fn an_exemption_that_others_can_take_is_no_proof() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write(
        "keys.json",
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:CreateAccessKey", "Resource": "*",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Central"}}}]}"#,
    );
    write("params.yaml", "scp_exempt_principals: ['arn:aws:iam::*:role/Central']\n");
    let params = dir.path().join("params.yaml");
    let args = ["PRV-005", "--scp", dir.path().to_str().unwrap(), "--params", params.to_str().unwrap()];
    let open = prove(&args).run().code(1).stdout;
    assert!(open.contains("role/Central - others can become it by iam:CreateRole"), "{open}");
    write(
        "role.json",
        r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Resource": "arn:aws:iam::*:role/Central",
        "Action": ["iam:*Role", "iam:*RolePolicy", "iam:UpdateAssumeRolePolicy", "sts:AssumeRole*"],
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Central"}}}]}"#,
    );
    let protected = prove(&args).run().code(0).stdout;
    assert!(protected.contains("role/Central - protected"), "{protected}");
}

#[test]
fn a_guardrail_that_has_nothing_to_ask_about_is_unknown() {
    let run = prove(&["GC-PRV-009", "--scp", "fixtures/scp", "--lang", "ja"]).run().code(3);
    assert!(run.stdout.contains("判断できない"), "{}", run.stdout);
}

#[test]
fn other_guardrails_are_not_proved() {
    let unknown = prove(&["GC-NET-001", "--scp", "fixtures/scp"]).run().code(2);
    assert!(unknown.stderr.contains("there is no preventive guardrail"), "{}", unknown.stderr);
    let all = prove(&["GC-PRV-00?", "--scp", "fixtures/scp", "--account", "111111111111"]).run().code(1).stdout;
    assert_eq!(all.matches("GC-PRV-00").count(), 9, "{all}");
    let listed = govcheck().args(["rules", "list", "--rule", "PRV-001"]).run().code(0).stdout;
    assert!(listed.contains("only-allowed-regions-can-be-used"), "{listed}");
    let shown = govcheck().args(["rules", "show", "GC-PRV-001"]).run().code(0).stdout;
    assert!(shown.contains("params.allowed_regions"), "{shown}");
}
