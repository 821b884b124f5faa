//! The reports for CI systems, read by programs that are not ours: a validator for each format, and what CI systems are
//! set up with in the documents.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::venv::Venv;
use crate::support::{govcheck, root};

const FORMATS: [&str; 5] = ["sarif", "junit", "github", "gitlab", "markdown"];

/// What the reader of a format makes of a file; it must not refuse it.
fn read(format: &str, path: &Path) -> Value {
    let mut reader = Command::new(Venv::ready("formats").program("python"));
    let output = reader.arg("-B").arg(root().join("tests/formats/validate.py")).arg(format).arg(path).output();
    let output = output.expect("the reader starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{format} of {}: {text}{errors}", path.display());
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{errors}"))
}

/// Runs govcheck so that it writes every format to the folder, and the JSON report.
fn write(folder: &Path, args: &[&str]) -> Value {
    let outputs = FORMATS.iter().flat_map(|format| ["-o".to_owned(), format!("{format}=report.{format}")]);
    let run = govcheck().dir(folder).args(args).args(outputs).args(["--format", "json"]).run().code(1);
    run.json()
}

/// Every reader reads its format, and finds in it what the JSON report says.
fn assert_read(folder: &Path, report: &Value) {
    let verdicts = &report["summary"]["verdicts"];
    let count = |verdict: &str| verdicts[verdict].as_u64().unwrap();
    let aside = ["waived", "known"].map(|kind| report["summary"]["set_aside"][kind].as_u64().unwrap());
    let aside: u64 = aside.into_iter().sum();
    let (fail, unknown) = (count("fail"), count("unknown"));
    let path = |format: &str| folder.join(format!("report.{format}"));

    let sarif = read("sarif", &path("sarif"));
    assert_eq!((&sarif["results"], &sarif["none"]), (&json!(fail + unknown), &json!(unknown)), "{sarif}");
    let junit = read("junit", &path("junit"));
    let expected = json!({
        "testsuite": report["accounts"].as_array().unwrap().len(),
        "testcase": fail + unknown + count("pass") + count("not_applicable"),
        "failure": fail - aside,
        "error": unknown,
        "skipped": count("not_applicable") + aside,
    });
    assert_eq!(junit, expected);
    assert_eq!(read("gitlab", &path("gitlab")), json!({ "issues": fail + unknown }));
    let github = read("github", &path("github"));
    for kind in ["error", "warning", "notice"] {
        assert!(github[kind].as_u64().unwrap() <= 10, "{github}");
    }
    let markdown = read("markdown", &path("markdown"));
    assert_eq!(markdown["cells"].as_u64().unwrap() % 5, 0, "{markdown}");
}

/// A template with names that mean something in one format or another.
fn template() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let name = "a|b`c`<img src=x>,@team%0A;[d](e) 終.yaml";
    let text = r#"
Parameters:
  Encrypted: {Type: String}
Resources:
  Gateway:
    Type: AWS::EC2::InternetGateway
    Metadata:
      aws:cdk:path: "Net/<b>|@team/IGW"
  Open:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: "x|<img src=x>\n::error::"
  Waived:
    Type: AWS::S3::Bucket
    Metadata:
      govcheck:
        waive:
          - guardrail: s3-bucket-public-access-blocked
            reason: "a public site ]]> | `<b>` @team"
            expires: "2999-12-31"
            approver: CoE
  Data:
    Type: AWS::EC2::Volume
    Properties: {AvailabilityZone: ap-northeast-1a, Size: 1, Encrypted: !Ref Encrypted}
"#;
    fs::write(folder.path().join(name), text).unwrap();
    folder
}

const RULES: &str =
    "s3-bucket-public-access-blocked,ebs-volumes-are-encrypted,no-internet-gateway-in-number-use-accounts";

#[test]
fn of_a_template() {
    for lang in ["en", "ja"] {
        let folder = template();
        let report = write(folder.path(), &["check", ".", "--class", "number-use", "--rule", RULES, "--lang", lang]);
        assert_eq!(report["summary"]["verdicts"], json!({"pass": 0, "fail": 3, "unknown": 1, "not_applicable": 0}));
        assert_eq!(report["summary"]["set_aside"], json!({"waived": 1, "known": 0}));
        assert_read(folder.path(), &report);
    }
}

#[test]
fn of_a_template_with_a_baseline() {
    let folder = template();
    let args = ["check", ".", "--class", "number-use", "--rule", RULES];
    let first = write(folder.path(), &args);
    let kept = tempfile::tempdir().unwrap();
    let baseline = kept.path().join("baseline.json");
    fs::write(&baseline, first.to_string()).unwrap();
    let outputs = FORMATS.iter().flat_map(|format| ["-o".to_owned(), format!("{format}=report.{format}")]);
    let run = govcheck().dir(folder.path()).args(args).args(outputs).args(["--format", "json", "--baseline"]);
    let report = run.arg(&baseline).run().code(3).json();
    assert_read(folder.path(), &report);
    let sarif: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("report.sarif")).unwrap()).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let unchanged = results.iter().filter(|result| result["baselineState"] == "unchanged").count();
    assert_eq!(unchanged, 3);
}

#[test]
fn of_a_fleet() {
    let folder = tempfile::tempdir().unwrap();
    let demo = root().join("fixtures/demo");
    let report = write(folder.path(), &["scan", "--from", demo.to_str().unwrap()]);
    assert_read(folder.path(), &report);
}

/// The fenced blocks of YAML below a heading.
fn block(document: &str, heading: &str) -> String {
    let text = fs::read_to_string(root().join("docs").join(document)).unwrap();
    let section = text.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("{document}: no {heading}"));
    let block = section.split("```yaml\n").nth(1).unwrap_or_else(|| panic!("{document}: no YAML below {heading}"));
    block.split("```").next().unwrap().to_owned()
}

#[test]
fn what_the_documents_show_is_what_ci_systems_take() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shown.yaml");
    for document in ["ci.md", "ci.ja.md"] {
        let readers = [("GitHub Actions", "workflow"), ("GitLab CI", "pipeline"), ("pre-commit", "configuration")];
        for (heading, reader) in readers {
            fs::write(&path, block(document, heading)).unwrap();
            read(reader, &path);
        }
    }
    read("hooks", &root().join(".pre-commit-hooks.yaml"));
}
