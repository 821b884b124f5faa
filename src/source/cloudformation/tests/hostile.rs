//! Templates that are made to exhaust, to hang, or to escape; and any template at all.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

fn bucket(properties: &str) -> String {
    format!("Resources:\n  It:\n    Type: AWS::S3::Bucket\n    Properties:\n      P: {properties}\n")
}

#[test]
fn names_that_double_at_every_step_end() {
    let mut text = String::from("Resources:\n  N0: {Type: 'AWS::S3::Bucket', Properties: {BucketName: abcdefgh}}\n");
    for step in 1..64 {
        let before = step - 1;
        let _ = writeln!(
            text,
            "  N{step}: {{Type: 'AWS::S3::Bucket', Properties: {{BucketName: !Sub '${{N{before}}}${{N{before}}}'}}}}"
        );
    }
    let resources = resources(&text);
    assert_eq!(resources.len(), 64);
}

#[test]
fn loops_within_loops_are_bounded() {
    let items: Vec<String> = (0..100).map(|item| item.to_string()).collect();
    let items = items.join(",");
    let mut body = String::from("{'T${A}x${B}x${C}x${D}': {Type: 'AWS::SNS::Topic'}}");
    for identifier in ["A", "B", "C", "D"] {
        body = format!("{{'Fn::ForEach::{identifier}': [{identifier}, [{items}], {body}]}}");
    }
    let fault = try_read(&format!("Transform: AWS::LanguageExtensions\nResources: {body}\n"), &[]).unwrap_err();
    assert!(fault.contains("its loops come to more than 1000000 values"), "{fault}");
}

#[test]
fn lists_that_are_repeated_without_end_are_bounded() {
    let list = vec!["x"; 60_000].join(",");
    let references = vec!["!Ref L"; 200].join(", ");
    let text = format!(
        "Parameters: {{L: {{Type: CommaDelimitedList, Default: '{list}'}}}}\n{}",
        bucket(&format!("[{references}]"))
    );
    let fault = try_read(&text, &[]).unwrap_err();
    assert_eq!(fault, "app.yaml: it evaluates to more than 4000000 values");
}

#[test]
fn a_circle_of_ten_thousand_resources_ends() {
    let mut text = String::from("Resources:\n");
    for number in 0..10_000 {
        let next = (number + 1) % 10_000;
        let _ = writeln!(text, "  N{number}: {{Type: 'AWS::SNS::Topic', Properties: {{DisplayName: !Ref N{next}}}}}");
    }
    let fault = try_read(&text, &[]).map(|_| ()).unwrap_err();
    assert!(fault.contains("refers to itself in a circle"), "{fault}");
}

#[test]
fn a_chain_of_ten_thousand_resources_is_followed() {
    let mut text = String::from("Resources:\n");
    for number in 0..10_000 {
        let _ = writeln!(
            text,
            "  N{number}: {{Type: 'AWS::SNS::Topic', Properties: {{DisplayName: !Ref N{}}}}}",
            number + 1
        );
    }
    text.push_str("  N10000: {Type: 'AWS::SNS::Topic', Properties: {TopicName: end}}\n");
    let started = Instant::now();
    assert_eq!(resources(&text).len(), 10_001);
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_chain_of_conditions_ends() {
    let mut text = String::from("Conditions:\n  C0: !Equals [1, 1]\n");
    for number in 1..5000 {
        let _ = writeln!(text, "  C{number}: !Not [!Condition C{}]", number - 1);
    }
    text += &bucket("!If [C4999, 1, 2]");
    let declared = declared(&text);
    assert!(!declared.worlds.is_empty());
}

#[test]
fn many_open_conditions_end() {
    let (mut parameters, mut conditions, mut ifs) = (String::new(), String::new(), String::new());
    for number in 0..2000 {
        let _ = writeln!(parameters, "  P{number}: {{Type: String}}");
        let _ = writeln!(conditions, "  C{number}: !Equals [!Ref P{number}, x]");
        let _ = writeln!(ifs, "      P{number}: !If [C{number}, 1, 2]");
    }
    let text = format!("Parameters:\n{parameters}Conditions:\n{conditions}{}{ifs}", bucket("1"));
    let started = Instant::now();
    assert_eq!(declared(&text).worlds.len(), worlds::MAX_WORLDS);
    assert!(started.elapsed() < Duration::from_secs(60));
}

#[test]
fn many_faults_are_told_in_part() {
    let mut text = String::from("Resources:\n");
    for number in 0..3000 {
        let _ = writeln!(text, "  N{number}: {{Type: 'AWS::SNS::Topic', Properties: {{DisplayName: !Ref X{number}}}}}");
    }
    assert!(try_read(&text, &[]).unwrap_err().ends_with("(and 9 more)"));
}

#[test]
fn text_that_is_no_template_is_refused_by_the_parser() {
    let deep = format!("Resources: {}", "[".repeat(10_000));
    for text in [deep.as_str(), "a: 1\na: 2\n", "a: \0\n"] {
        assert!(try_read(text, &[]).is_err());
    }
}

/// Any expression, in the flow style, of a few names that are there and some that are not.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "'0'",
        "1",
        "true",
        "~",
        "''",
        "!Ref A",
        "!Ref P",
        "!Ref L",
        "!Ref It",
        "!Ref AWS::NoValue",
        "!Ref AWS::AccountId",
        "!GetAtt A.Arn",
        "!GetAtt [A, B]",
        "!Sub '${P}-${A.B}-${!x}-${'",
        "!Sub '${'",
        "!GetAZs ''",
        "'{{resolve:ssm:x}}'",
        "!Condition C",
        "!If C",
        "!Cidr 1",
        "!Ref",
        "!Sub",
        "'${P}'",
        "P",
        "C",
        "M",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 4, |inner| {
        let names = prop::sample::select(vec![
            "Join",
            "Select",
            "Split",
            "If",
            "FindInMap",
            "Base64",
            "Cidr",
            "Length",
            "ToJsonString",
            "ImportValue",
            "GetAtt",
            "Sub",
            "Equals",
            "And",
            "Or",
            "Not",
            "Condition",
            "Transform",
            "Ref",
            "GetStackOutput",
            "ForEach::X",
            "Other",
        ]);
        let list = prop::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            (names.clone(), list.clone()).prop_map(|(name, items)| format!(
                "!{} [{}]",
                name.replace("::", ""),
                items.join(", ")
            )),
            (names, list.clone()).prop_map(|(name, items)| format!("{{'Fn::{name}': [{}]}}", items.join(", "))),
            list.clone().prop_map(|items| format!("[{}]", items.join(", "))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{A: {a}, 'Fn::If': {b}}}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{{a: {a}, '${{X}}': {b}}}")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_template_makes_it_panic(one in expression(), two in expression(), three in expression(), four in expression()) {
        let text = format!(
            "Transform: AWS::LanguageExtensions\nParameters:\n  P: {{Type: String}}\n  L: {{Type: CommaDelimitedList, AllowedValues: ['a,b', c]}}\n\
             Mappings: {{M: {{a: {{b: {four}}}}}}}\n\
             Conditions:\n  C: {one}\n\
             Resources:\n  A: {{Type: 'AWS::S3::Bucket', Properties: {two}}}\n  \
             It: {{Type: 'AWS::Test::Thing', Condition: C, Properties: {{P: {three}, Q: {two}}}}}\n\
             Outputs: {{O: {{Value: {one}}}}}\n"
        );
        let once = try_read(&text, &[]).map(|declared| format!("{declared:?}"));
        let again = try_read(&text, &[]).map(|declared| format!("{declared:?}"));
        prop_assert_eq!(once, again);
    }

    #[test]
    fn no_shape_makes_it_panic(text in "((Resources|Conditions|Parameters|Mappings|Outputs|Transform|A|Type|Properties|Fn::ForEach::X|Fn::Transform|Ref): |- |\\[|\\]|\\{|\\}|, |!Ref |!If |AWS::S3::Bucket|\n| {1,4}|\"){0,80}") {
        let _ = try_read(&text, &[]);
    }
}
