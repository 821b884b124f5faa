//! `govcheck check`: templates, assemblies and plans through the binary.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Run, govcheck};

const GATEWAY: &str = "Resources:\n  Gateway:\n    Type: AWS::EC2::InternetGateway\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn check(folder: &Path, args: &[&str]) -> Run {
    govcheck().dir(folder).arg("check").args(args).run()
}

/// The verdicts of one guardrail, by logical id.
fn verdicts(run: &Run, guardrail: &str) -> Vec<(String, String)> {
    let report = run.json();
    let findings = report["findings"].as_array().unwrap().iter();
    let own = findings.filter(|finding| finding["guardrail"] == guardrail);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    own.map(|finding| (text(&finding["origin"]["logical_id"]), text(&finding["verdict"]))).collect()
}

fn volume(encrypted: &str) -> String {
    format!(
        "Parameters:\n  Env: {{Type: String}}\n  Choice: {{Type: String, AllowedValues: ['true', 'false']}}\n\
         Conditions:\n  IsProd: !Equals [!Ref Env, prod]\n\
         Resources:\n  Data:\n    Type: AWS::EC2::Volume\n    Properties:\n      AvailabilityZone: ap-northeast-1a\n      Size: 1\n      Encrypted: {encrypted}\n"
    )
}

const VOLUMES: [&str; 4] = ["--rule", "ebs-volumes-are-encrypted", "--format", "json"];

#[test]
fn the_class_decides_whether_a_gateway_is_forbidden() {
    let folder = folder(&[("network.yaml", GATEWAY)]);
    let rule = ["--rule", "no-internet-gateway-in-number-use-accounts"];
    let run = |class: &[&str]| check(folder.path(), &[&["network.yaml"], rule.as_slice(), class].concat());
    let failing = run(&["--class", "number-use"]).code(1);
    assert!(failing.stdout.contains("network.yaml:2:3"), "{}", failing.stdout);
    assert!(failing.stdout.contains("Gateway"), "{}", failing.stdout);
    run(&["--class", "general"]).code(3);
    let undeclared = run(&[]).code(3);
    assert!(undeclared.stdout.contains("class is not declared"), "{}", undeclared.stdout);
}

#[test]
fn govcheck_yaml_says_what_the_command_line_does_not() {
    let config = "class: general\npaths:\n  - {match: 'number/**', class: number-use}\n";
    let folder = folder(&[("govcheck.yaml", config), ("number/a.yaml", GATEWAY), ("web/b.yaml", GATEWAY)]);
    let args = [".", "--rule", "no-internet-gateway-in-number-use-accounts", "--format", "json"];
    let run = check(folder.path(), &args).code(1);
    let report = run.json();
    let failing: Vec<&str> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["verdict"] == "fail")
        .map(|finding| finding["origin"]["file"].as_str().unwrap())
        .collect();
    assert_eq!(failing, ["number/a.yaml"]);
    let broken = check(folder.path(), &[".", "--config", "nowhere.yaml"]).code(2);
    assert!(broken.stderr.contains("nowhere.yaml"), "{}", broken.stderr);
}

#[test]
fn a_condition_that_is_not_known_is_judged_both_ways() {
    let either = folder(&[("v.yaml", &volume("!If [IsProd, true, true]"))]);
    let one = |run: Run| verdicts(&run, "ebs-volumes-are-encrypted")[0].1.clone();
    let run = |folder: &TempDir, more: &[&str]| check(folder.path(), &[&["v.yaml"], VOLUMES.as_slice(), more].concat());
    assert_eq!(one(run(&either, &[]).code(0)), "pass");
    let depends = folder_of("!If [IsProd, true, false]");
    assert_eq!(one(run(&depends, &[]).code(3)), "unknown");
    assert_eq!(one(run(&depends, &["--parameters", "Env=prod"]).code(0)), "pass");
    assert_eq!(one(run(&depends, &["--parameters", "Env=dev"]).code(1)), "fail");
    let choice = folder_of("!Ref Choice");
    assert_eq!(one(run(&choice, &[]).code(3)), "unknown");
    assert_eq!(one(run(&choice, &["--parameters", "Choice=true"]).code(0)), "pass");
}

fn folder_of(encrypted: &str) -> TempDir {
    folder(&[("v.yaml", &volume(encrypted))])
}

#[test]
fn only_what_is_not_in_the_baseline_fails() {
    let folder = folder(&[("v.yaml", &volume("false"))]);
    let args = ["v.yaml", "--rule", "ebs-volumes-are-encrypted"];
    check(folder.path(), &[args.as_slice(), &["-o", "json=before.json"]].concat()).code(1);
    let with = |more: &[&str]| check(folder.path(), &[more, &args[1..], &["--baseline", "before.json"]].concat());
    let known = with(&["v.yaml"]).code(0);
    assert!(known.stdout.contains("1 in the baseline"), "{}", known.stdout);
    // Lines move; the finding is still the same.
    fs::write(folder.path().join("v.yaml"), format!("# moved\n\n{}", volume("false"))).unwrap();
    with(&["v.yaml"]).code(0);
    // A second volume of the same kind is new, and so is the same one in another file.
    let second = volume("false").replace(
        "Resources:\n",
        "Resources:\n  Second:\n    Type: AWS::EC2::Volume\n    Properties: {Encrypted: false}\n",
    );
    fs::write(folder.path().join("v.yaml"), &second).unwrap();
    with(&["v.yaml"]).code(1);
    fs::write(folder.path().join("w.yaml"), volume("false")).unwrap();
    with(&["w.yaml"]).code(1);
    fs::write(folder.path().join("before.json"), "{}").unwrap();
    let broken = with(&["w.yaml"]).code(2);
    assert!(broken.stderr.contains("findings"), "{}", broken.stderr);
}

#[test]
fn an_exception_counts_with_a_reason_and_until_its_day() {
    let with = |waiver: &str| {
        let text = volume("false").replace(
            "    Type: AWS::EC2::Volume\n",
            &format!(
                "    Type: AWS::EC2::Volume\n    Metadata:\n      govcheck:\n        waive:\n          - {waiver}\n"
            ),
        );
        folder(&[("v.yaml", &text)])
    };
    let run = |waiver: &str| check(with(waiver).path(), &["v.yaml", "--rule", "ebs-volumes-are-encrypted"]);
    let waived =
        run("{guardrail: GC-ENC-002, reason: scratch data, expires: '2999-12-31', approver: 情報政策課}").code(0);
    assert!(waived.stdout.contains("scratch data, until 2999-12-31, approved by 情報政策課"), "{}", waived.stdout);
    let expired = run("{guardrail: ebs-volumes-are-encrypted, reason: scratch data, expires: '2020-01-01'}").code(1);
    assert!(expired.stdout.contains("expired on 2020-01-01"), "{}", expired.stdout);
    let without = run("{guardrail: ebs-volumes-are-encrypted, expires: '2999-12-31'}").code(1);
    assert!(without.stdout.contains("does not count"), "{}", without.stdout);
    let other = run("{guardrail: s3-bucket-not-public, reason: another}").code(1);
    assert!(!other.stdout.contains("does not count"), "{}", other.stdout);
}

#[test]
fn what_is_none_of_the_kinds_is_passed_over_in_folders_and_refused_by_name() {
    let yes = volume("true");
    let files = [
        ("a/v.template", yes.as_str()),
        ("notes.yaml", "Resources: none\n"),
        ("k8s.yaml", "kind: Pod\n---\nkind: Pod\n"),
    ];
    let folder = folder(&files);
    check(folder.path(), &[".", "--rule", "ebs-volumes-are-encrypted"]).code(0);
    let strict = check(folder.path(), &[".", "--rule", "ebs-volumes-are-encrypted", "--strict"]).code(2);
    assert!(strict.stderr.contains("k8s.yaml, notes.yaml"), "{}", strict.stderr);
    let named = check(folder.path(), &["notes.yaml"]).code(2);
    assert!(named.stderr.contains("neither a CloudFormation template"), "{}", named.stderr);
    let missing = check(folder.path(), &["missing.yaml"]).code(2);
    assert!(missing.stderr.contains("failed to read it"), "{}", missing.stderr);
    check(folder.path(), &["**/*.template", "--rule", "ebs-volumes-are-encrypted"]).code(0);
    let none = check(folder.path(), &["*.nothing"]).code(2);
    assert!(none.stderr.contains("no file matches"), "{}", none.stderr);
    // A template that cannot be read is not passed over.
    fs::write(folder.path().join("broken.yaml"), "AWSTemplateFormatVersion: '2010-09-09'\nResources:\n  A: [\n")
        .unwrap();
    let broken = check(folder.path(), &["."]).code(2);
    assert!(broken.stderr.contains("broken.yaml"), "{}", broken.stderr);
}

#[test]
fn a_folder_without_anything_is_not_compliant() {
    let folder = folder(&[("README.md", "# nothing\n")]);
    check(folder.path(), &["."]).code(3);
}

#[test]
fn the_same_files_give_the_same_bytes_whatever_the_order() {
    let folder = folder(&[("a.yaml", &volume("true")), ("b.yaml", &volume("false")), ("c.yaml", GATEWAY)]);
    let findings = |paths: &[&str]| {
        let run = check(folder.path(), &[paths, &["--format", "json", "--class", "general"]].concat());
        let mut report = run.json();
        report["run"] = Value::Null;
        report.to_string()
    };
    let all = findings(&["."]);
    assert_eq!(all, findings(&["c.yaml", "a.yaml", "b.yaml"]));
    assert_eq!(all, findings(&["b.yaml", "*.yaml"]));
}

#[test]
fn a_template_may_come_from_standard_input() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_govcheck"))
        .args(["check", "-", "--rule", "ebs-volumes-are-encrypted", "--lang", "ja"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(volume("false").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("stdin:") && text.contains("不適合"), "{text}");
}

#[test]
fn a_template_that_is_part_of_another_one_is_judged_there() {
    let parent = "Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: parts/child.yaml\n      Parameters: {Choice: 'true', Env: prod}\n";
    let child = volume("!Ref Choice");
    let folder = folder(&[("main.yaml", parent), ("parts/child.yaml", &child)]);
    let run = |path: &str| check(folder.path(), &[&[path], VOLUMES.as_slice()].concat());
    let whole = run(".").code(0);
    assert_eq!(verdicts(&whole, "ebs-volumes-are-encrypted"), [("Child/Data".to_owned(), "pass".to_owned())]);
    assert_eq!(whole.json()["findings"][0]["origin"]["file"], "parts/child.yaml");
    run("parts/child.yaml").code(3);
}

#[test]
fn a_value_that_no_template_takes_is_refused() {
    let folder = folder_of("true");
    let run = check(folder.path(), &["v.yaml", "--parameters", "Enw=prod"]).code(2);
    assert!(run.stderr.contains("no template has the parameter `Enw`"), "{}", run.stderr);
    assert!(run.stderr.contains("did you mean `Env`?"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn hostile_files_are_refused_with_their_names_and_in_bounds() {
    use crate::support::hostile::{Expected, all};
    for case in all() {
        let folder = tempfile::tempdir().unwrap();
        let path = case.write(folder.path());
        let program = govcheck().dir(folder.path()).arg("check").arg(&path);
        let run = program.under("/bin/sh", &["-c", "ulimit -v 6000000; exec \"$0\" \"$@\""]).run();
        let told = format!("{}: {} {}", case.name, run.code, run.stderr);
        match case.expected {
            Expected::Refused(why) => assert!(run.code == 2 && run.stderr.contains(why), "{told}"),
            Expected::Read => assert!([0, 1, 3].contains(&run.code), "{told}"),
        }
        assert!(!run.stderr.contains("panicked"), "{told}");
    }
}

#[test]
fn conditions_of_one_template_count_for_guardrails_across_templates() {
    let conditional = "Parameters: {Env: {Type: String}}\nConditions: {P: !Equals [!Ref Env, prod]}\nResources:\n  One:\n    Type: AWS::EC2::VPC\n    Properties: {CidrBlock: !If [P, 10.0.0.0/16, 10.1.0.0/16]}\n";
    let fixed = "Resources:\n  Other:\n    Type: AWS::EC2::VPC\n    Properties: {CidrBlock: 10.1.0.0/16}\n";
    let folder = folder(&[("a.yaml", conditional), ("b.yaml", fixed)]);
    let run = |more: &[&str]| {
        check(folder.path(), &[&["a.yaml", "b.yaml", "--rule", "vpc-cidrs-do-not-overlap"], more].concat())
    };
    run(&[]).code(3);
    run(&["--parameters", "Env=dev"]).code(1);
    run(&["--parameters", "Env=prod"]).code(0);
}

#[test]
fn a_template_that_speaks_of_plans_is_a_template() {
    let text = r#"{"Metadata": {"format_version": "1", "planned_values": {}}, "Resources": {"Data": {"Type": "AWS::EC2::Volume", "Properties": {"Encrypted": true}}}}"#;
    let folder = folder(&[("t.json", text)]);
    check(folder.path(), &["t.json", "--rule", "ebs-volumes-are-encrypted"]).code(0);
    check(folder.path(), &[".", "--rule", "ebs-volumes-are-encrypted"]).code(0);
}
