//! Expressions, each on its own, beside a small plan and its sources.

use std::collections::BTreeMap;

use super::super::configuration::Configuration;
use super::super::plan::{Plan, index};
use super::*;
use hcl_edit::structure::Body;
use proptest::prelude::*;
use serde_json::json;

const SOURCES: &str = r#"
    locals {
      object = { name = "${var.env}-x", list = [1, true, null], "a:b" = local.arn }
      arn    = "${aws_s3_bucket.b.arn}/*"
      circle = "${local.circle}x"
      wide   = [local.wide, local.wide, local.wide]
    }
    module "m" {
      source = "./m"
      given  = { arn = aws_s3_bucket.b.arn }
    }
"#;

const MODULE: &str = r#"
    variable "given" {}
    variable "spare" { default = "spare" }
    output "arn" { value = "${var.given.arn}:${var.spare}" }
"#;

/// What an expression gives in the root module, in our notation.
fn evaluate(expression: &str, document: bool) -> Json {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("m")).unwrap();
    std::fs::write(folder.path().join("main.tf"), SOURCES).unwrap();
    std::fs::write(folder.path().join("m/main.tf"), MODULE).unwrap();
    let sources = Sources::read(folder.path());
    let mut plan = Plan::parse(
        "p",
        &json!({"format_version": "1.2",
        "variables": {"env": {"value": "prod"}, "secret": {"value": "hunter2"}, "map": {"value": {"k": [1, 2]}}},
        "resource_changes": [
            {"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b",
                "change": {"actions": ["create"], "after": {"force_destroy": false, "tags": {}},
                    "after_unknown": {"arn": true, "website_domain": true}}},
            {"address": "aws_s3_bucket.many[\"k\"]", "mode": "managed", "type": "aws_s3_bucket", "name": "many",
                "index": "k", "change": {"actions": ["create"], "after": {"bucket": "many"}}}],
        "configuration": {"root_module": {"variables": {"secret": {"sensitive": true}},
            "resources": [{"mode": "data", "type": "aws_region", "name": "r", "provider_config_key": "aws"},
                {"mode": "data", "type": "aws_region", "name": "us", "provider_config_key": "aws.us"}]}}})
        .to_string(),
    )
    .unwrap();
    let instances = plan.instances("p").unwrap();
    let index = index(&instances);
    let configuration = Configuration::of(&plan.configuration);
    let evaluator = Evaluator {
        sources: &sources,
        resolver: &Resolver { configuration: &configuration, instances: &instances, index: &index },
        identities: &vec![BTreeMap::from([("arn", "arn:b".into())]), BTreeMap::new()],
        variables: &plan.variables,
        account: "111111111111",
        partition: "aws",
        region: Some("ap-northeast-1"),
        provider: Some("aws"),
        left: &Cell::new(MAX_STEPS_OF_ALL),
    };
    let body: Body = hcl_edit::parser::parse_body(&format!("x = {expression}\n")).unwrap();
    let expression = &body.get_attribute("x").unwrap().value;
    let scope = Scope { modules: Vec::new(), key: Some("\"k\"") };
    let found = if document { evaluator.document(expression, &scope) } else { evaluator.value(expression, &scope) };
    found.map_or_else(later, |value| serde_json::to_value(value).unwrap())
}

fn later() -> Json {
    json!({"$unknown": "known_after_apply"})
}

#[test]
fn references_templates_and_literals_are_evaluated() {
    for (expression, expected) in [
        ("\"${aws_s3_bucket.b.arn}/*\"", json!("arn:b/*")),
        ("aws_s3_bucket.many[each.key].bucket", json!("many")),
        ("\"${aws_s3_bucket.b.force_destroy}\"", json!(false)),
        ("local.object", json!({"name": "prod-x", "list": [1, true, null], "a:b": "arn:b/*"})),
        ("local.object.list[0]", json!(1)),
        ("var.map[\"k\"][1]", later()),
        ("var.map.k[1]", json!(2)),
        ("module.m.arn", json!("arn:b:spare")),
        (
            "\"${data.aws_caller_identity.c.account_id}:${data.aws_region.r.name}\"",
            json!("111111111111:ap-northeast-1"),
        ),
        ("\"$${aws:username}\"", json!("${aws:username}")),
        ("[\"a\", upper(\"b\")]", json!(["a", later()])),
    ] {
        assert_eq!(evaluate(expression, false), expected, "{expression}");
    }
}

#[test]
fn what_is_not_known_stays_so_and_secrets_do_too() {
    for expression in [
        "\"${upper(\"b\")}-x\"",
        "var.secret",
        "\"a${var.secret}\"",
        "var.none",
        "aws_s3_bucket.b.website_domain",
        "aws_s3_bucket.gone.arn",
        "data.aws_region.us.name",
        "true ? 1 : 2",
        "local.circle",
        "\"%{ if true }a%{ endif }\"",
    ] {
        assert_eq!(evaluate(expression, false), later(), "{expression}");
    }
    assert!(evaluate("local.wide", false).is_array(), "it ends");
}

#[test]
fn documents_keep_what_is_known_around_what_is_not() {
    let json = "jsonencode({ a = \"${aws_s3_bucket.b.arn}/*\", b = uuid(), c = \"x${uuid()}\", d = [\"$${v}\"] })";
    let expected = json!({"a": "arn:b/*", "b": later(), "c": later(), "d": ["${v}"]});
    assert_eq!(evaluate(json, true), expected);
    let heredoc = "<<-EOT\n  {\"a\": \"${aws_s3_bucket.b.arn}/*\", \"b\": \"${uuid()}\"}\n  EOT";
    assert_eq!(evaluate(heredoc, true), json!({"a": "arn:b/*", "b": later()}));
    for unreadable in ["jsonencode({ (uuid()) = 1 })", "<<EOT\n{\"a\": ${uuid()}}\nEOT", "\"{\"", "local.object"] {
        assert_eq!(evaluate(unreadable, true), later(), "{unreadable}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_expression_makes_it_panic(text in r#"(var\.|local\.|module\.m|aws_s3_bucket\.|jsonencode\(|[\[\]\(\){}"$.,=a0\- ]){0,12}"#) {
        if hcl_edit::parser::parse_body(&format!("x = {text}\n")).is_ok_and(|body| body.get_attribute("x").is_some()) {
            evaluate(&text, false);
            evaluate(&text, true);
        }
    }
}
