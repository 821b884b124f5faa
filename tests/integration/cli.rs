//! What the command line does with what people give it: exit codes, messages, languages, and no panic whatever comes.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use clap::{Command, CommandFactory};
use govcheck::cli::Cli;
use serde_json::json;
use tempfile::TempDir;

use crate::support::bundle::{TOKYO, TOWN_RULES, add, empty, town, write_bundle};
use crate::support::{Govcheck, Run, govcheck};

/// A run that neither panics nor writes escape sequences to what is no terminal.
#[track_caller]
fn clean(command: Govcheck) -> Run {
    let run = command.run();
    for text in [&run.stdout, &run.stderr] {
        assert!(!text.contains("panicked"), "{text}");
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
    run
}

/// A run that is refused, with everything that it must say.
#[track_caller]
fn refused(command: Govcheck, says: &[&str]) -> Run {
    let run = clean(command).code(2);
    assert_eq!(run.stdout, "");
    for part in says {
        assert!(run.stderr.contains(part), "no {part:?} in\n{}", run.stderr);
    }
    run
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

/// A scan of the accounts in one file; a name without contents is not written.
fn scan(dir: &Path, accounts: &str) -> Govcheck {
    govcheck().dir(dir).args(["scan", "--accounts", accounts])
}

#[track_caller]
fn refused_accounts(name: &str, contents: &[u8], says: &[&str]) -> Run {
    let dir = folder(&[(name, contents)]);
    refused(scan(dir.path(), name), says)
}

fn town_bundle() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_bundle(&dir.path().join("b"), town());
    dir
}

fn scan_town(dir: &TempDir) -> Govcheck {
    govcheck().dir(dir.path()).args(["scan", "--from", "b", "--rule", TOWN_RULES])
}

#[test]
fn usage_errors_are_2() {
    refused(govcheck().args(["scan", "--frobnicate"]), &["--frobnicate"]);
    refused(govcheck().args(["frobnicate"]), &["frobnicate"]);
    refused(govcheck(), &["Usage"]);
    refused(govcheck().args(["scan", "--format", "nosuch"]), &["table, json, ndjson"]);
    refused(govcheck().args(["scan", "--account", "1234"]), &["12 digits"]);
    refused(govcheck().args(["scan", "--region", "tokyo"]), &["`tokyo` is not a region"]);
    refused(govcheck().args(["scan", "--role-arn", "govcheck"]), &["`govcheck` is not the ARN of a role"]);
    refused(govcheck().args(["scan", "--max-parallel", "0"]), &["--max-parallel"]);
    refused(govcheck().args(["scan", "--from", "a", "--accounts", "b"]), &["cannot be used with"]);
}

#[test]
fn every_fault_of_an_accounts_file_is_reported_at_its_line() {
    let text = "accounts:\n  - id: 1234\n    clas: general\n  - id: '111111111111'\n    class: number-used\n    regions: tokyo\n  - name: nobody\n";
    let run = refused_accounts(
        "accounts.yaml",
        text.as_bytes(),
        &[
            "accounts.yaml:2: `1234` is not an account id",
            "accounts.yaml:3: there is no key `clas`",
            "did you mean `class`?",
            "accounts.yaml:5: there is no class `number-used`",
            "did you mean `number-use`?",
            "accounts.yaml:6: `regions` is not a list",
            "accounts.yaml:7: the account has no id",
        ],
    );
    insta::assert_snapshot!("faults-of-accounts", run.stderr);
}

#[test]
fn faults_of_a_csv_file_are_reported_at_their_line() {
    let faults = "id,klass\n111111111111,general\n22,general\n";
    refused_accounts(
        "accounts.csv",
        faults.as_bytes(),
        &["accounts.csv:2: there is no key `klass`", "accounts.csv:3: `22` is not an account id"],
    );
    refused_accounts(
        "accounts.csv",
        b"id,name\n111111111111,a,b,c\n",
        &["accounts.csv:2: it is not valid CSV", "help:"],
    );
    refused_accounts("accounts.csv", b"", &["there is no account"]);
    refused_accounts("accounts.CSV", b"id\n\"11\n", &["is not an account id"]);
}

#[test]
fn files_that_are_not_there_or_no_files_are_refused() {
    let dir = folder(&[]);
    refused(scan(dir.path(), "no-such.yaml"), &["no-such.yaml", "failed to read it", "help:"]);
    refused(scan(dir.path(), "."), &["failed to read it", "help:"]);
    refused(govcheck().dir(dir.path()).args(["scan", "--from", "no-such"]), &["no-such is not a govcheck bundle"]);
    refused(govcheck().dir(dir.path()).args(["scan", "--from", "."]), &["is not a govcheck bundle", "help:"]);
    refused(govcheck().dir(dir.path()).args(["rules", "list", "--rules", "no-such"]), &["no-such", "help:"]);
}

#[test]
fn files_that_are_out_of_bounds_are_refused() {
    let large = vec![b'#'; 20 * 1024 * 1024];
    refused_accounts("accounts.yaml", &large, &["larger than 16 MiB"]);
    refused_accounts("accounts.csv", &large, &["larger than 16 MiB"]);
    for deep in ["[", "- ", "{a: ", "? ", "[{a: "] {
        refused_accounts("accounts.yaml", deep.repeat(100_000).as_bytes(), &["accounts.yaml"]);
    }
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        bomb += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "));
    }
    refused_accounts("accounts.yaml", bomb.as_bytes(), &["values, aliases expanded"]);
    refused_accounts("accounts.yaml", b"accounts: &a [*a]\n", &["accounts.yaml:1"]);
}

#[test]
fn files_that_are_no_text_are_refused() {
    refused_accounts("accounts.yaml", b"accounts:\n  - id: '1111\xff\xfe'\n", &["it is not UTF-8 text", "help:"]);
    refused_accounts("accounts.csv", b"id\n\x93\xfa\x96\x7b\n", &["it is not UTF-8 text"]);
    refused_accounts("accounts.yaml", b"accounts:\n  - id: '1111\0'\n", &["accounts.yaml:2"]);
    refused_accounts("accounts.csv", b"id,name\n1111\0,a\n", &["accounts.csv:2"]);
    refused_accounts("accounts.yaml", &[0; 1000], &["accounts.yaml"]);
    refused_accounts("accounts.yaml", b"", &["there is no `accounts` list"]);
    refused_accounts("accounts.yaml", b"%YAML 9.9\n--- !!binary\n...\n---\n", &["accounts.yaml"]);
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    let hostile = "accounts:\n  - id: \"\u{1b}[31m111111111111\"\n    \"cl\u{1b}]0;x\u{7}ass\": \"\u{202e}lareneg\"\n    regions: [\"a\u{9b}31m\"]\n";
    for text in [hostile.to_owned(), hostile.replace('"', ""), hostile.replace("\u{1b}", "\\e")] {
        let run = refused_accounts("accounts.yaml", text.as_bytes(), &["accounts.yaml:"]);
        assert!(!run.stderr.contains(['\u{7}', '\u{9b}', '\u{202e}']), "{:?}", run.stderr);
    }
    let csv = "id,cl\u{1b}[31mass\n\u{1b}[2J,\u{202e}x\n";
    let run = refused_accounts("accounts.csv", csv.as_bytes(), &["accounts.csv:2"]);
    assert!(!run.stderr.contains('\u{202e}'), "{:?}", run.stderr);

    let name = "a\u{1b}[31m\u{202e}";
    for args in [
        ["scan", "--accounts", name],
        ["scan", "--from", name],
        ["scan", "--rule", name],
        ["scan", "--params", name],
        ["scan", "--region", name],
        ["scan", "--role-arn", name],
        ["scan", "-o", name],
        ["rules", "show", name],
        ["rules", "test", name],
        ["rules", "lint", name],
    ] {
        let run = refused(govcheck().args(args), &[]);
        assert!(!run.stderr.contains('\u{202e}'), "{args:?}: {:?}", run.stderr);
    }
    clean(govcheck().args(["scan", name])).code(2);
}

#[test]
fn hostile_names_of_resources_do_not_reach_the_terminal() {
    let hostile = "x\u{1b}[31m\n\u{202e}y\u{9b}";
    let mut inventory = empty("111111111111", hostile, govcheck::model::AccountClass::General);
    let properties = json!({"Encrypted": hostile, "Name\u{1b}[0m": [hostile]});
    add(&mut inventory, "AWS::EC2::Volume", TOKYO, hostile, properties);
    let rules = json!([{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0", "Description": hostile}]);
    add(&mut inventory, "AWS::EC2::SecurityGroup", TOKYO, hostile, json!({"SecurityGroupIngress": rules}));
    let cause = json!({"$unknown": {"call_failed": {"action": hostile, "code": hostile}}});
    add(&mut inventory, "AWS::S3::Bucket", TOKYO, hostile, json!({"PublicAccessBlockConfiguration": cause}));
    let dir = tempfile::tempdir().unwrap();
    write_bundle(&dir.path().join("b"), vec![inventory]);
    for format in ["table", "json", "ndjson"] {
        let run = clean(scan_town(&dir).args(["--format", format])).code(1);
        if format == "table" {
            assert!(!run.stdout.contains(['\u{202e}', '\u{9b}']), "{:?}", run.stdout);
            assert!(!run.stdout.contains("\ny"), "a name cannot begin a line of its own\n{}", run.stdout);
        }
    }
}

#[test]
fn a_damaged_bundle_is_refused() {
    let dir = town_bundle();
    let account = dir.path().join("b/accounts/111111111111/inventory.ndjson.zst");
    for bytes in [&b""[..], b"\x28\xb5\x2f\xfd junk", b"{}"] {
        fs::write(&account, bytes).unwrap();
        let run = clean(scan_town(&dir)).code(2);
        assert!(run.stderr.contains("111111111111"), "{}", run.stderr);
    }
    for manifest in ["", "{}", "[", "{\"format\": 99}", "\u{1b}[31m"] {
        fs::write(dir.path().join("b/manifest.json"), manifest).unwrap();
        refused(scan_town(&dir), &["manifest.json", "damaged", "help:"]);
    }
}

#[test]
fn a_pattern_that_matches_nothing_names_the_nearest_guardrail() {
    let list = |pattern: &str| govcheck().args(["rules", "list", "--rule", pattern]);
    refused(
        list("s3-bucket-public-acess-blocked"),
        &["no guardrail matches `s3-bucket-public-acess-blocked`", "did you mean `s3-bucket-public-access-blocked`?"],
    );
    refused(list("GC-S3-02"), &["did you mean `GC-S3-0"]);
    refused(list("[a"), &["`[a` is not a pattern"]);
    refused(
        govcheck().args(["rules", "show", "ebs-volume-are-encrypted"]),
        &["did you mean `ebs-volumes-are-encrypted`?"],
    );
    refused(
        govcheck().args(["rules", "list", "--rule", "ebs-*", "--exclude", "ebs-*"]),
        &["no guardrail is selected", "help:"],
    );
    clean(list("S3-002")).code(0);
}

#[test]
fn bad_parameters_are_reported_at_their_line() {
    let text = b"allowed_region: [x]\naccess_key_max_age_days: [30]\npassword_min_length: many\n";
    let dir = folder(&[("p.yaml", text), ("list.yaml", b"- 1\n")]);
    refused(
        govcheck().dir(dir.path()).args(["rules", "list", "--params", "p.yaml"]),
        &[
            "p.yaml:1: there is no parameter `allowed_region`",
            "did you mean `allowed_regions`?",
            "p.yaml:2: `access_key_max_age_days` must be a number",
            "p.yaml:3: `password_min_length` must be a number",
        ],
    );
    refused(govcheck().dir(dir.path()).args(["rules", "list", "--params", "list.yaml"]), &["list.yaml:1"]);
}

#[test]
fn an_output_of_no_known_format_is_refused_before_the_scan() {
    for output in ["nosuch=x", "report.docx", "report"] {
        refused(govcheck().args(["scan", "-o", output]), &[output, "is not clear", "table, json, ndjson"]);
    }
}

#[test]
fn an_output_that_cannot_be_written_keeps_the_result() {
    let dir = town_bundle();
    let command = scan_town(&dir).args(["-o", "json=no-such-folder/a.json", "-o", "good.json", "-o", "json=b"]);
    let run = clean(command).code(2);
    assert!(run.stdout.contains("NOT COMPLIANT"), "{}", run.stdout);
    for part in ["failed to write the report to no-such-folder/a.json", "help:"] {
        assert!(run.stderr.contains(part), "{}", run.stderr);
    }
    let good: serde_json::Value = serde_json::from_slice(&fs::read(dir.path().join("good.json")).unwrap()).unwrap();
    assert_eq!(good["summary"]["verdicts"]["fail"], 3);
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "nothing unfinished is left: {left:?}");
}

#[test]
fn fail_on_decides_which_failures_count() {
    let dir = town_bundle();
    for (least, code) in [("critical", 1), ("low", 1), ("never", 3)] {
        clean(scan_town(&dir).args(["--fail-on", least])).code(code);
    }
}

#[test]
fn the_language_comes_from_the_flag_the_variable_or_the_locale() {
    let list = || govcheck().args(["rules", "list", "--rule", "ebs-volumes-are-encrypted"]);
    let heading = |run: Run| if run.code(0).stdout.contains("重大度") { "ja" } else { "en" };
    assert_eq!(heading(clean(list())), "en");
    assert_eq!(heading(clean(list().args(["--lang", "ja"]))), "ja");
    assert_eq!(heading(clean(list().env("GOVCHECK_LANG", "ja"))), "ja");
    for (variables, lang) in [
        (&[("LANG", "ja_JP.UTF-8")][..], "ja"),
        (&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "C")], "en"),
        (&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "ja_JP.UTF-8")], "ja"),
        (&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "")], "ja"),
        (&[], "en"),
    ] {
        let mut command = list();
        command.command.env_remove("GOVCHECK_LANG");
        let command = variables.iter().fold(command, |command, (name, value)| command.env(name, value));
        assert_eq!(heading(clean(command)), lang, "{variables:?}");
    }
    refused(list().args(["--lang", "fr"]), &["fr"]);
}

#[test]
fn no_colour_changes_nothing_where_there_is_no_terminal() {
    let dir = town_bundle();
    let plain = clean(scan_town(&dir)).code(1).stdout;
    for command in [
        scan_town(&dir).env("NO_COLOR", "1"),
        scan_town(&dir).arg("--no-color"),
        scan_town(&dir).env("CLICOLOR_FORCE", "1"),
    ] {
        assert_eq!(clean(command).code(1).stdout, plain);
    }
}

#[test]
fn completions_and_the_manual_are_made() {
    for (shell, part) in
        [("bash", "complete -F _govcheck"), ("zsh", "#compdef govcheck"), ("fish", "complete -c govcheck")]
    {
        let script = clean(govcheck().args(["completions", shell])).code(0).stdout;
        assert!(script.contains(part) && script.contains("ndjson") | script.contains("fail-on"), "{script}");
    }
    let manual = clean(govcheck().arg("man")).code(0).stdout;
    for part in [".TH govcheck 1", "scan", "lint", "Exit codes"] {
        assert!(manual.contains(part), "no {part:?} in\n{manual}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let dir = town_bundle();
    for args in [
        &["scan", "--from", "b", "--rule", TOWN_RULES, "--format", "json"][..],
        &["scan", "--from", "b", "--rule", TOWN_RULES],
        &["rules", "list"],
        &["schema", "report"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["scan", "--help"],
    ] {
        let mut command = govcheck().dir(dir.path()).args(args).command;
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let status = child.wait().unwrap();
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
        let expected = if args.contains(&"--from") { 1 } else { 0 };
        assert_eq!(status.code(), Some(expected), "{args:?}: {stderr}");
    }
}

/// Every subcommand, by the words that call it.
fn subcommands(command: &Command, words: &[String], into: &mut Vec<Vec<String>>) {
    into.push(words.to_vec());
    for below in command.get_subcommands() {
        subcommands(below, &[words, &[below.get_name().to_owned()]].concat(), into);
    }
}

#[test]
fn help_stays_as_it_is() {
    let mut all = Vec::new();
    subcommands(&Cli::command(), &[], &mut all);
    assert!(all.len() > 8, "{all:?}");
    for words in all {
        let help = clean(govcheck().args(&words).arg("--help")).code(0).stdout;
        let name = [&["help".to_owned()], words.as_slice()].concat().join("-");
        insta::assert_snapshot!(name, help);
    }
    assert!(clean(govcheck().arg("--version")).code(0).stdout.starts_with("govcheck "));
}
