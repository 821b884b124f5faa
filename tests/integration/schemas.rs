//! The JSON Schemas that the binary prints, against the files that it ships and the reports that it writes.

use std::fs;
use std::path::{Path, PathBuf};

use govcheck::config::read_accounts;
use govcheck::model::AccountClass;
use govcheck::syntax::{SourceFile, parse};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::bundle::{TOWN_RULES, town, write_bundle};
use crate::support::{govcheck, root};

fn schema(of: &str) -> Value {
    govcheck().args(["schema", of]).run().code(0).json()
}

fn validator(schema: &Value) -> Validator {
    assert!(jsonschema::meta::is_valid(schema), "{schema}");
    jsonschema::validator_for(schema).unwrap()
}

#[track_caller]
fn assert_valid(validator: &Validator, instance: &Value, about: &str) {
    let errors: Vec<String> =
        validator.iter_errors(instance).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{about}:\n{}", errors.join("\n"));
}

fn yaml(path: &Path) -> Value {
    let file = SourceFile::read(path).unwrap();
    parse(&file).unwrap().read(&file).unwrap()
}

fn rule_files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rule_files(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "yaml") && !path.ends_with("params.yaml") {
            into.push(path);
        }
    }
}

#[test]
fn every_shipped_rule_fits_its_schema() {
    let validator = validator(&schema("rule"));
    let mut files = Vec::new();
    rule_files(&root().join("rules"), &mut files);
    assert!(files.len() > 20, "{files:?}");
    for path in files {
        assert_valid(&validator, &yaml(&path), &path.display().to_string());
    }
}

#[test]
fn the_rule_schema_refuses_what_the_loader_refuses() {
    let validator = validator(&schema("rule"));
    let good = yaml(&root().join("rules/encryption/ebs-volumes-are-encrypted.yaml"));
    for (pointer, value) in [
        ("/id", json!("Not_Kebab")),
        ("/severity", json!("severe")),
        ("/kind", json!("unkind")),
        ("/title", json!({"en": "only one language"})),
        ("/applies_to/classes", json!(["number"])),
        ("/cases/0/expect", json!("success")),
        ("/cases/0", json!({"expect": "pass", "resurce": {}})),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
}

#[test]
fn the_example_accounts_fit_their_schema_and_can_be_read() {
    let example = yaml(&root().join("examples/accounts.yaml"));
    assert_valid(&validator(&schema("accounts")), &example, "accounts.yaml");
    let from_yaml = read_accounts(&root().join("examples/accounts.yaml")).unwrap();
    let from_csv = read_accounts(&root().join("examples/accounts.csv")).unwrap();
    assert_eq!(from_yaml.targets.len(), 7);
    for target in &from_csv.targets {
        let same = from_yaml.targets.iter().find(|other| other.account.id == target.account.id).unwrap();
        let mut same = same.clone();
        same.account.labels.remove("委託先");
        assert_eq!(*target, same);
    }
}

#[test]
fn the_example_parameters_are_those_of_the_pack() {
    let params = root().join("examples/params.yaml");
    let run = govcheck().args(["rules", "list", "--parameters", "--params"]).arg(params).run().code(0);
    assert!(run.stdout.contains("[22,3389,5900,5985,5986]"), "{}", run.stdout);
}

#[test]
fn the_accounts_schema_refuses_what_the_reader_refuses() {
    let validator = validator(&schema("accounts"));
    let file = |account: Value| json!({"accounts": [account]});
    for class in AccountClass::ALL {
        assert!(validator.is_valid(&file(json!({"id": "012345678901", "class": class.as_str()}))), "{class}");
    }
    for bad in [
        json!({"id": "01234567890"}),
        json!({"id": "0123456789012"}),
        json!({"id": "01234567890a"}),
        json!({"id": "１２３４５６７８９０１２"}),
        json!({"id": 123_456_789_012_u64}),
        json!({"id": "012345678901", "class": "number"}),
        json!({"id": "012345678901", "class": "NumberUse"}),
        json!({"id": "012345678901", "clas": "general"}),
        json!({"id": "012345678901", "regions": "ap-northeast-1"}),
        json!({"name": "nobody"}),
    ] {
        assert!(!validator.is_valid(&file(bad.clone())), "{bad}");
    }
    assert!(!validator.is_valid(&json!({})));
    assert!(!validator.is_valid(&json!({"accounts": [], "defaults": {"id": "012345678901"}})));
}

#[test]
fn a_report_and_its_findings_fit_the_report_schema() {
    let schema = schema("report");
    let dir = tempfile::tempdir().unwrap();
    write_bundle(&dir.path().join("b"), town());
    let scan = |format: &str| {
        let args = ["scan", "--from", "b", "--rule", TOWN_RULES, "--format", format];
        govcheck().dir(dir.path()).args(args).run().code(1)
    };
    let report = scan("json").json();
    assert_valid(&validator(&schema), &report, "the report");
    let verdicts: Vec<&str> =
        report["findings"].as_array().unwrap().iter().filter_map(|finding| finding["verdict"].as_str()).collect();
    for verdict in ["pass", "fail", "unknown"] {
        assert!(verdicts.contains(&verdict), "{verdicts:?}");
    }
    assert!(!report["coverage"]["gaps"].as_array().unwrap().is_empty());

    let finding = validator(&json!({"$ref": "#/$defs/JsonFinding", "$defs": schema["$defs"]}));
    let lines: Vec<Value> = scan("ndjson").stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Some(&lines), report["findings"].as_array());
    for line in &lines {
        assert_valid(&finding, line, "a finding");
    }
    assert!(!finding.is_valid(&json!({"guardrail": "x"})));
}
