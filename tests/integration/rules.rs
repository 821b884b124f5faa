//! The shipped guardrails are whole, and what is wrong with one's own is said at its place.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use govcheck::policy::Catalogue;
use govcheck::rule::{Expect, RulePack, lint};
use govcheck::selftest::{run_cases, run_preventive_cases};

use crate::support::{Run, govcheck};

fn pack() -> RulePack {
    RulePack::embedded().unwrap_or_else(|faults| panic!("{:#?}", faults.0))
}

#[test]
fn every_case_of_every_guardrail_comes_out() {
    let pack = pack();
    let mut total = 0;
    for guardrail in &pack.guardrails {
        let (count, failures) = run_cases(guardrail, &pack.params);
        assert_eq!(failures, [], "{}", guardrail.id());
        total += count;
    }
    let catalogue = Catalogue::load().unwrap();
    for guardrail in &pack.preventive {
        let (count, failures) = run_preventive_cases(guardrail, catalogue, &pack.params);
        assert_eq!(failures, [], "{}", guardrail.id());
        total += count;
    }
    assert!(total > 200, "{total}");
}

#[test]
fn lint_has_no_remark() {
    assert_eq!(lint::lint(&pack()).unwrap(), []);
}

#[test]
fn every_guardrail_is_written_in_both_languages() {
    let japanese = |text: &str| text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}'));
    let pack = pack();
    let own = pack
        .guardrails
        .iter()
        .map(|one| &one.rule)
        .map(|rule| (&rule.id, [&rule.title, &rule.rationale, &rule.remediation]));
    let others = pack
        .preventive
        .iter()
        .map(|one| &one.rule)
        .map(|rule| (&rule.id, [&rule.title, &rule.rationale, &rule.remediation]));
    for (id, texts) in own.chain(others) {
        for text in texts {
            assert!(japanese(&text.ja), "{id}: {}", text.ja);
            assert!(!text.en.trim().is_empty() && !japanese(&text.en), "{id}: {}", text.en);
        }
    }
    for (name, param) in &pack.params.declared {
        assert!(japanese(&param.description.ja) && !param.description.en.is_empty(), "{name}");
    }
}

#[test]
fn every_guardrail_shows_a_pass_a_fail_and_an_unknown() {
    for guardrail in &pack().guardrails {
        for expect in [Expect::Pass, Expect::Fail, Expect::Unknown] {
            assert!(guardrail.rule.cases.iter().any(|case| case.expect == expect), "{}: {expect:?}", guardrail.id());
        }
        let names: Vec<_> = guardrail.rule.cases.iter().filter_map(|case| case.name.as_deref()).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{}: a name twice", guardrail.id());
    }
}

#[test]
fn a_file_has_the_name_of_its_guardrail() {
    let pack = pack();
    let preventive = pack.preventive.iter().map(|guardrail| (guardrail.id(), &guardrail.source));
    for (id, source) in pack.guardrails.iter().map(|guardrail| (guardrail.id(), &guardrail.source)).chain(preventive) {
        let stem = Path::new(source.name.as_ref()).file_stem().unwrap().to_string_lossy().into_owned();
        assert_eq!(stem, id);
    }
}

#[test]
fn ids_and_aliases_stay() {
    let pack = pack();
    let preventive = pack.preventive.iter().map(|guardrail| guardrail.about());
    let abouts: Vec<_> = pack.guardrails.iter().map(|guardrail| guardrail.about()).chain(preventive).collect();
    let aliases: Vec<&str> = abouts.iter().filter_map(|about| about.alias).collect();
    assert_eq!(aliases.iter().collect::<BTreeSet<_>>().len(), aliases.len());
    let line =
        |about: &govcheck::rule::About<'_>| format!("{} {} {}\n", about.alias.unwrap_or("-"), about.id, about.severity);
    let mut lines: Vec<String> = abouts.iter().map(line).collect();
    lines.sort();
    insta::assert_snapshot!("guardrails", lines.concat());
}

/// A rule as the README shows one.
const LOG_GROUPS: &str = r#"id: log-groups-are-kept-a-year
title: { en: Log groups are kept for a year, ja: ロググループを1年以上保存している }
rationale: { en: Incidents are often found months later., ja: 事案は数か月後に発覚することが多い。 }
remediation: { en: Set the retention to 365 days or more., ja: 保持期間を365日以上にする。 }
kind: detective
severity: medium
applies_to: { resource: "AWS::Logs::LogGroup", classes: [all] }
assert: >-
  !has(resource.RetentionInDays) || resource.RetentionInDays >= params.log_retention_days
cases:
  - { expect: pass, resource: { LogGroupName: a, RetentionInDays: 400 } }
  - { expect: pass, name: kept for ever, resource: { LogGroupName: a } }
  - { expect: fail, resource: { LogGroupName: a, RetentionInDays: 30 } }
  - { expect: unknown, resource: { RetentionInDays: { $unknown: { unresolved: "Ref Days" } } } }
"#;

const PARAMS: &str = "log_retention_days: { default: 365, description: { en: Days., ja: 日数。 } }\n";

/// Runs `govcheck rules VERB .` in a folder of these files.
fn rules(verb: &str, files: &[(&str, &str)]) -> Run {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(dir.path().join(name), text).unwrap();
    }
    let run = govcheck().dir(dir.path()).args(["rules", verb, "."]).run();
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    run
}

#[track_caller]
fn assert_says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn a_rule_of_ones_own_works() {
    let files = [("log-groups.yaml", LOG_GROUPS), ("params.yaml", PARAMS)];
    assert_says(&rules("test", &files).code(0).stdout, &["1 guardrails, 4 cases, 0 failed"]);
    assert_says(&rules("lint", &files).code(0).stdout, &["1 guardrails, 0 remarks"]);
}

#[test]
fn a_case_that_comes_out_otherwise_is_named() {
    let wrong = LOG_GROUPS.replace("expect: pass, name: kept for ever", "expect: fail, name: kept for ever");
    let run = rules("test", &[("log-groups.yaml", &wrong), ("params.yaml", PARAMS)]).code(1);
    let expected = "log-groups-are-kept-a-year: kept for ever: expected fail, got pass";
    assert_says(&run.stdout, &[expected, "4 cases, 1 failed"]);
}

#[test]
fn lint_names_a_slip_in_a_property_and_what_was_meant() {
    let slip = LOG_GROUPS.replace("resource.RetentionInDays >=", "resource.RetentionInDay >=");
    let run = rules("lint", &[("log-groups.yaml", &slip), ("params.yaml", PARAMS)]).code(1);
    assert_says(
        &run.stdout,
        &["AWS::Logs::LogGroup has no property `RetentionInDay`; did you mean `RetentionInDays`?", "1 remarks"],
    );
}

#[test]
fn lint_names_what_can_never_matter_and_what_is_missing() {
    let rule = LOG_GROUPS
        .replace("assert:", "when: \"false\"\nassert:")
        .replace("AWS::Logs::LogGroup", "AWS::Logs::LogGrup")
        .replace("  - { expect: fail, resource: { LogGroupName: a, RetentionInDays: 30 } }\n", "");
    let params = format!("{PARAMS}idle: {{ default: 1, description: {{ en: a, ja: あ }} }}\n");
    let run = rules("lint", &[("log-groups.yaml", &rule), ("params.yaml", &params)]).code(1);
    assert_says(
        &run.stdout,
        &[
            "`when` is always false",
            "there is no case that expects fail",
            "there is no resource type `AWS::Logs::LogGrup`",
            "params.yaml: no guardrail reads the parameter `idle`",
        ],
    );
    assert!(!run.stdout.contains("allowed_regions"), "the pack's own parameters are not the folder's\n{}", run.stdout);
}

#[test]
fn every_fault_of_every_file_is_reported_at_its_place() {
    let with = |from: &str, to: &str| {
        let text = LOG_GROUPS.replace(from, to);
        assert_ne!(text, LOG_GROUPS, "{from}");
        text
    };
    let id = |name: &str| LOG_GROUPS.replace("log-groups-are-kept-a-year", name);
    let files = [
        ("a-yaml.yaml", "id: [a\ntitle: {\n".to_owned()),
        ("b-key.yaml", with("severity:", "severty:")),
        ("c-cel.yaml", with(" || resource", " | resource")),
        ("d-optional.yaml", with("!has(resource.RetentionInDays)", "resource.?RetentionInDays.orValue(true)")),
        ("e-param.yaml", id("e-param").replace("params.log_retention_days", "params.log_retention_day")),
        ("f-language.yaml", with(", ja: 保持期間を365日以上にする。", "")),
        ("g-when.yaml", with("assert:", "when: false\nassert:")),
        ("h-id.yaml", with("id: log-groups", "id: Log_Groups")),
        ("i-left.yaml", with("!has(resource.RetentionInDays)", "[1] == resource.RetentionInDays")),
        ("j-fold.yaml", with("!has(resource.RetentionInDays)", "resource.Tags.map(t, t.Key) == resource.Names")),
        ("params.yaml", PARAMS.to_owned()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let run = rules("test", &files).code(2);
    assert_says(
        &run.stderr,
        &[
            "a-yaml.yaml:",
            "b-key.yaml:6:",
            "`severty`",
            "c-cel.yaml:9:",
            "d-optional.yaml:9:",
            "optional syntax",
            "e-param.yaml:9:",
            "did you mean `log_retention_days`?",
            "f-language.yaml:4:",
            "missing field `ja`",
            "g-when.yaml:8:",
            "h-id.yaml:1:",
            "kebab-case",
            "i-left.yaml:9:",
            "j-fold.yaml:9:",
            "must stand on the right of == and !=",
            "help:",
        ],
    );
    insta::assert_snapshot!("faults-of-rules", run.stderr);
}

#[test]
fn a_folder_without_rules_is_refused() {
    let run = rules("test", &[]).code(2);
    assert_says(&run.stderr, &["no rule file"]);
    let run = govcheck().args(["rules", "lint", "no-such-folder"]).run().code(2);
    assert_says(&run.stderr, &["no-such-folder", "help:"]);
}
