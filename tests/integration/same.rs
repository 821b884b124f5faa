//! One guardrail, one definition, every place: the same resources live, in a template, in a CDK assembly and in a Terraform
//! plan have the same verdicts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::moto::Moto;
use crate::support::{govcheck, root};

/// Verdicts by logical id and guardrail.
type Verdicts = BTreeMap<(String, String), String>;

/// Guardrails that have one verdict for all resources of a type, by the one logical id that they are about here.
const OF_A_GROUP: [(&str, &str); 3] = [
    ("cloudtrail-records-all-regions", "Trail"),
    ("guardduty-is-on", "Detector"),
    ("s3-data-events-are-recorded", "Trail"),
];

const ACCOUNT: &str = "111111111111";

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The verdicts of a live scan; what moto does not have (a call fails) is left out.
fn live() -> Verdicts {
    let moto = Moto::start();
    let fleet = moto.seed("same");
    let dir = tempfile::tempdir().unwrap();
    let mut run = govcheck().dir(dir.path()).args(["scan", "--format", "json", "--bundle", "bundle"]);
    for (name, value) in moto.env() {
        run = run.env(name, value);
    }
    let report = run.arg("--accounts").arg(fleet.accounts()).run().code(1).json();
    let names: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(fleet.file("names.json")).unwrap()).unwrap();
    let named: BTreeMap<(String, String), String> =
        names.iter().map(|row| ((text(&row["type"]), text(&row["name"])), text(&row["logical_id"]))).collect();
    let mut verdicts = Verdicts::new();
    for finding in report["findings"].as_array().unwrap() {
        let (guardrail, verdict) = (text(&finding["guardrail"]), text(&finding["verdict"]));
        let resource = (text(&finding["resource"]["type"]), text(&finding["resource"]["name"]));
        let group = OF_A_GROUP.iter().find(|(name, _)| *name == guardrail).map(|(_, id)| (*id).to_owned());
        let Some(id) = named.get(&resource).cloned().or(group) else { continue };
        if finding["evidence"]["cause"]["kind"] != "call_failed" {
            verdicts.insert((id, guardrail), verdict);
        }
    }
    verdicts
}

/// The verdicts of files; an address such as `aws_s3_bucket.good_bucket` stands for `GoodBucket`.
fn declared(path: &str, known: &BTreeSet<String>) -> Verdicts {
    let args = ["--class", "number-use", "--account", ACCOUNT, "--region", "ap-northeast-1", "--format", "json"];
    let report = govcheck().dir(&root()).args(["check", path]).args(args).run().code(1).json();
    let plain = |text: &str| text.rsplit(['.', '/']).next().unwrap_or_default().replace('_', "").to_lowercase();
    let ids: BTreeMap<String, &String> = known.iter().map(|id| (plain(id), id)).collect();
    let mut verdicts = Verdicts::new();
    for finding in report["findings"].as_array().unwrap() {
        let Some(id) = ids.get(&plain(&text(&finding["origin"]["logical_id"]))) else { continue };
        verdicts.insert(((*id).clone(), text(&finding["guardrail"])), text(&finding["verdict"]));
    }
    verdicts
}

#[test]
fn a_resource_has_the_same_verdicts_wherever_it_is_written() {
    let live = live();
    let known: BTreeSet<String> = live.keys().map(|(id, _)| id.clone()).collect();
    assert!(known.len() > 35 && live.len() > 140, "{} resources, {} verdicts", known.len(), live.len());
    let mut wrong = Vec::new();
    for path in ["fixtures/same/template.yaml", "fixtures/same/cdk.out", "fixtures/same/plan.json"] {
        let declared = declared(path, &known);
        for (cell, verdict) in &live {
            // What does not apply to a resource need not be said of it.
            let other = declared.get(cell).map_or("not_applicable", String::as_str);
            if verdict != other {
                wrong.push(format!("{path}: {cell:?}: {other}, live {verdict}"));
            }
        }
        let judged = declared.values().filter(|verdict| *verdict == "pass" || *verdict == "fail").count();
        assert!(judged > 120, "{path}: {judged} verdicts");
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
