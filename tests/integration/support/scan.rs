//! A fleet in the fake AWS, scanned by the binary, and its report taken apart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use govcheck::source::aws::collectors;
use serde_json::Value;
use tempfile::TempDir;

use super::fake_aws::{FakeAws, World};
use super::{Govcheck, govcheck};

/// Leaves out the guardrails that cannot be known from inside an account, so that a healthy fleet is compliant.
pub(crate) const FROM_INSIDE: [&str; 2] = ["--exclude", "GC-PRV-006,GC-PRV-007,GC-PRV-009"];

/// A folder with the accounts file of a world's members, in which scans are run.
pub(crate) struct Fleet {
    dir: TempDir,
}

impl Fleet {
    /// The default world.
    pub(crate) fn new() -> Self {
        Self::of(&World::default())
    }

    /// All members of the world, of the strictest class, entered through the role `govcheck`.
    pub(crate) fn of(world: &World) -> Self {
        Self::in_regions(world, &world.home_regions)
    }

    pub(crate) fn in_regions(world: &World, regions: &[String]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let defaults = format!(
            "defaults:\n  role_name: govcheck\n  class: number-use\n  regions: [{}]\naccounts:\n",
            regions.join(", ")
        );
        let accounts: String = world.members.iter().map(|id| format!("  - id: \"{id}\"\n")).collect();
        std::fs::write(dir.path().join("accounts.yaml"), defaults + &accounts).expect("the accounts file");
        Self { dir }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A scan of the fleet into the bundle `bundle`, reported as JSON; add what it shall do besides.
    pub(crate) fn scan(&self, aws: &FakeAws) -> Govcheck {
        let scan = ["scan", "--accounts", "accounts.yaml", "--format", "json", "--bundle", "bundle"];
        self.run(aws, &scan).args(["--max-rate", "1000"])
    }

    /// A folder of guardrails, one for each type that is collected, which read every property there is.
    pub(crate) fn guardrails_about_everything(&self) -> PathBuf {
        let folder = self.path("everything");
        std::fs::create_dir_all(&folder).expect("a folder");
        for kind in collectors().flat_map(|collector| collector.types) {
            let id = everything_about(kind);
            let text = format!("{{ en: {id}, ja: {id} }}");
            let rule = format!(
                "id: {id}\ntitle: {text}\nrationale: {text}\nremediation: {text}\nkind: detective\nseverity: low\n\
                 applies_to: {{ resource: \"{kind}\", classes: [all] }}\n\
                 assert: resource.all(key, resource[key] == resource[key])\n\
                 cases:\n  - {{ expect: pass, resource: {{}} }}\n"
            );
            std::fs::write(folder.join(format!("{id}.yaml")), rule).expect("a rule");
        }
        folder
    }

    /// A command in the fleet's folder.
    pub(crate) fn run(&self, aws: &FakeAws, args: &[&str]) -> Govcheck {
        govcheck().dir(self.dir.path()).env("AWS_ENDPOINT_URL", aws.url()).args(args)
    }

    /// The bundle judged again, without AWS.
    pub(crate) fn rejudge(&self) -> Govcheck {
        govcheck().dir(self.dir.path()).args(["scan", "--from", "bundle", "--format", "json"])
    }

    /// The accounts that the bundle holds.
    pub(crate) fn kept(&self) -> BTreeSet<String> {
        accounts_in(&self.path("bundle"))
    }
}

/// The accounts that a bundle holds.
fn accounts_in(bundle: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(bundle.join("accounts")).into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| !name.ends_with(".unfinished")).collect()
}

/// The id of the guardrail that reads every property of a type.
pub(crate) fn everything_about(kind: &str) -> String {
    format!(
        "everything-about-{}",
        kind.to_lowercase().split("::").filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
    )
}

/// What identifies a finding: guardrail, account, region, type, name.
pub(crate) type Cell = [String; 5];

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(crate) fn items<'a>(report: &'a Value, pointer: &str) -> &'a [Value] {
    report.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("no list {pointer}"))
}

/// The verdict of every finding.
pub(crate) fn verdicts(report: &Value) -> BTreeMap<Cell, String> {
    let cell = |finding: &Value| {
        let resource = &finding["resource"];
        let cell =
            [&finding["guardrail"], &finding["account"], &finding["region"], &resource["type"], &resource["name"]];
        (cell.map(text), text(&finding["verdict"]))
    };
    items(report, "/findings").iter().map(cell).collect()
}

/// The findings and gaps of one account, as they are written.
pub(crate) fn part_of(report: &Value, account: &str) -> String {
    let of = |pointer| items(report, pointer).iter().filter(|item| item["account"] == account).collect::<Vec<_>>();
    serde_json::to_string_pretty(&(of("/findings"), of("/coverage/gaps"))).expect("JSON")
}

/// The causes of an account's gaps, as `kind action code`, the parts that are absent left out.
pub(crate) fn causes(report: &Value, account: &str) -> BTreeSet<String> {
    let cause = |gap: &Value| {
        let parts = ["kind", "action", "code"].iter().filter_map(|name| gap["cause"][name].as_str());
        parts.collect::<Vec<_>>().join(" ")
    };
    items(report, "/coverage/gaps").iter().filter(|gap| gap["account"] == account).map(cause).collect()
}

/// A count of the calls, over all services.
pub(crate) fn total(report: &Value, count: &str) -> u64 {
    let services = report["run"]["calls"].as_object().expect("the services");
    services.values().filter_map(|counts| counts[count].as_u64()).sum()
}

/// The report without what names the moment of the scan.
pub(crate) fn timeless(report: &str) -> String {
    let lines = report.lines().filter(|line| !line.contains("\"started_at\"") && !line.contains("\"finished_at\""));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Fails unless the two texts are the same, showing the first lines in which they differ.
#[track_caller]
pub(crate) fn assert_same(one: &str, other: &str) {
    if one != other {
        let at = one.lines().zip(other.lines()).position(|(a, b)| a != b).unwrap_or_default();
        let around = |text: &str| text.lines().skip(at.saturating_sub(5)).take(12).collect::<Vec<_>>().join("\n");
        panic!("they differ in line {}:\n{}\n---\n{}", at + 1, around(one), around(other));
    }
}
