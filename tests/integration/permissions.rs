//! `govcheck permissions`: neither less nor more than the selected guardrails need, and the shipped template of it.

use std::collections::BTreeSet;

use govcheck::syntax::{Kind, SourceFile, parse};

use crate::support::actions::READS_BY_ANOTHER_NAME;
use crate::support::{govcheck, root};

fn actions(args: &[&str]) -> BTreeSet<String> {
    let policy = govcheck().arg("permissions").args(args).run().code(0).json();
    let actions = policy["Statement"][0]["Action"].as_array().expect("a list");
    actions.iter().map(|action| action.as_str().expect("a text").to_owned()).collect()
}

#[test]
fn a_guardrail_needs_only_what_its_types_need() {
    let all = actions(&[]);
    let s3 = actions(&["--rule", "s3-account-public-access-blocked"]);
    assert_eq!(s3, BTreeSet::from(["s3:GetAccountPublicAccessBlock".to_owned()]));
    assert!(s3.is_subset(&all));
    let prefix_lists = actions(&["--rule", "GC-NET-006"]);
    assert!(prefix_lists.contains("ec2:GetManagedPrefixListEntries"), "{prefix_lists:?}");
}

#[test]
fn every_action_only_reads() {
    for action in actions(&[]) {
        let verb = action.split_once(':').expect("service and action").1;
        let reads = ["Get", "List", "Describe", "GET"].iter().any(|read| verb.starts_with(read));
        assert!(reads || READS_BY_ANOTHER_NAME.contains(&action.as_str()), "{action}");
    }
}

#[test]
fn the_generated_documents_are_what_the_commands_print() {
    for (file, args) in [
        ("docs/guardrails.md", ["docs", "--lang", "en"]),
        ("docs/guardrails.ja.md", ["docs", "--lang", "ja"]),
        ("docs/coverage.md", ["coverage", "--lang", "en"]),
    ] {
        let printed = govcheck().arg("rules").args(args).run().code(0).stdout;
        let shipped = std::fs::read_to_string(root().join(file)).expect("the document");
        assert!(printed == shipped, "{file} is old: run `govcheck rules {} > {file}`", args.join(" "));
    }
}

#[test]
fn the_shipped_template_is_what_the_command_prints() {
    let printed = govcheck().args(["permissions", "--cloudformation"]).run().code(0).stdout;
    let shipped = std::fs::read_to_string(root().join("docs/role.yaml")).expect("the template");
    assert_eq!(printed, shipped, "run `govcheck permissions --cloudformation > docs/role.yaml`");
    let document = parse(&SourceFile::new("role.yaml", printed)).expect("YAML");
    let resources = document.get("Resources").expect("resources");
    assert!(matches!(&resources.kind, Kind::Map(entries) if entries.len() == 2));
}
