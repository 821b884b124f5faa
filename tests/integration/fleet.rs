//! A fleet whose every verdict is known, on a real multi-account AWS API: moto over HTTP, through the SDK.
//!
//! Where moto differs from AWS is said in `tests/moto/`, beside what is seeded.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::support::govcheck;
use crate::support::moto::{Fleet, Known, Moto};

/// What identifies a verdict: catalogue id, account, region, type, name.
type Cell = [String; 5];

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn truth(rows: Vec<Known>) -> BTreeMap<Cell, String> {
    let row = |row: Known| ([row.alias, row.account, row.region, row.resource_type, row.resource_name], row.verdict);
    rows.into_iter().map(row).collect()
}

fn found(report: &Value) -> BTreeMap<Cell, String> {
    let findings = report["findings"].as_array().expect("a list");
    let cell = |finding: &Value| {
        let resource = &finding["resource"];
        let cell = [&finding["alias"], &finding["account"], &finding["region"], &resource["type"], &resource["name"]];
        (cell.map(text), text(&finding["verdict"]))
    };
    findings.iter().map(cell).collect()
}

fn scan(moto: &Moto, fleet: &Fleet, params: &Path, dir: &Path, extra: &[&str]) -> Value {
    let mut run = govcheck().dir(dir).args(["scan", "--format", "json"]).args(extra);
    for (name, value) in moto.env() {
        run = run.env(name, value);
    }
    let run = run.arg("--accounts").arg(fleet.accounts()).arg("--params").arg(params).run();
    run.code(1).json()
}

#[track_caller]
fn compare(truth: &BTreeMap<Cell, String>, found: &BTreeMap<Cell, String>) {
    let mut wrong = Vec::new();
    for (cell, expected) in truth {
        match found.get(cell) {
            Some(verdict) if verdict == expected => {}
            other => wrong.push(format!("{cell:?}: expected {expected}, found {other:?}")),
        }
    }
    for (cell, verdict) in found {
        if !truth.contains_key(cell) && verdict != "not_applicable" {
            wrong.push(format!("{cell:?}: {verdict}, of which the truth says nothing"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), truth.len(), wrong.join("\n"));
}

/// A fleet of `tests/moto`, scanned for the guardrails of which it knows the verdicts.
fn check(family: &str) -> (Moto, Fleet) {
    let moto = Moto::start();
    let fleet = moto.seed(family);
    let dir = tempfile::tempdir().expect("a folder");
    let truth = truth(fleet.truth());
    let aliases: BTreeSet<&str> = truth.keys().map(|cell| cell[0].as_str()).collect();
    let rules = aliases.into_iter().collect::<Vec<_>>().join(",");
    let report = scan(&moto, &fleet, &fleet.params(), dir.path(), &["--bundle", "one", "--rule", &rules]);
    compare(&truth, &found(&report));
    (moto, fleet)
}

#[test]
fn every_verdict_of_the_first_fleet_equals_the_truth() {
    let (moto, fleet) = check("fleet");
    assert!(fleet.truth().len() > 1000);

    let dir = tempfile::tempdir().expect("a folder");
    let zero_age =
        scan(&moto, &fleet, &fleet.params_zero_age(), dir.path(), &["--bundle", "two", "--rule", "GC-IAM-007"]);
    compare(&truth(fleet.truth_zero_age()), &found(&zero_age));
}

#[test]
fn every_verdict_of_the_connections_fleet_equals_the_truth() {
    check("connections");
}

#[test]
fn every_verdict_of_the_databases_fleet_equals_the_truth() {
    check("databases");
}

#[test]
fn every_verdict_of_the_edge_fleet_equals_the_truth() {
    check("edge");
}

#[test]
fn every_verdict_of_the_identity_fleet_equals_the_truth() {
    check("identity");
}

#[test]
fn every_verdict_of_the_network_fleet_equals_the_truth() {
    check("network");
}

#[test]
fn every_verdict_of_the_services_fleet_equals_the_truth() {
    check("services");
}

#[test]
fn every_verdict_of_the_storage_fleet_equals_the_truth() {
    check("storage");
}
