//! Scans that are cut short and go on; bundles that are not what they should be.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::Run;
use crate::support::fake_aws::{FakeAws, On, Reply, Rule, World};
use crate::support::scan::{Fleet, items, timeless, verdicts};

const MEMBERS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(30);
/// A few guardrails, so that an account takes a few calls only.
const FEW: [&str; 2] = ["--rule", "ebs-*"];
/// One account after the other.
const IN_ORDER: [&str; 2] = ["--max-parallel", "1"];

fn world() -> World {
    World::with_members(MEMBERS)
}

fn serve(script: Vec<Rule>) -> FakeAws {
    FakeAws::start_in(world(), script)
}

fn slow() -> FakeAws {
    serve(vec![On::any().reply(Reply::Ok.after_ms(30))])
}

fn members() -> BTreeSet<String> {
    world().members.into_iter().collect()
}

/// Starts a scan and ends it with a signal once some accounts are done.
fn cut_short(fleet: &Fleet, signal: &str) -> Run {
    let aws = slow();
    let running = fleet.scan(&aws).args(FEW).args(["--max-parallel", "4"]).start();
    let end = Instant::now() + PATIENCE;
    while fleet.kept().len() < 3 {
        assert!(Instant::now() < end, "no account was done in time");
        std::thread::sleep(Duration::from_millis(5));
    }
    running.signal(signal);
    running.wait()
}

/// The accounts whose roles were assumed.
fn entered(aws: &FakeAws) -> BTreeSet<String> {
    aws.assumed_roles().keys().filter_map(|(_, role)| role.split(':').nth(4)).map(str::to_owned).collect()
}

/// The accounts that a report speaks of.
fn reported(report: &Value) -> BTreeSet<String> {
    let of = |account: &Value| account.pointer("/account/id").and_then(Value::as_str).unwrap_or_default().to_owned();
    items(report, "/accounts").iter().map(of).collect()
}

fn manifest(fleet: &Fleet) -> Value {
    serde_json::from_slice(&fs::read(fleet.path("bundle/manifest.json")).expect("the manifest")).expect("JSON")
}

/// Goes on with what was cut short; every account is entered in one of the two runs, and only in one.
fn go_on(fleet: &Fleet, kept: &BTreeSet<String>) -> Value {
    assert!(kept.len() >= 3 && kept.len() < MEMBERS, "{kept:?}");
    let aws = serve(Vec::new());
    let report = fleet.scan(&aws).args(FEW).run().code(0).json();
    let rest = members().difference(kept).cloned().collect();
    assert_eq!(entered(&aws), rest);
    assert_eq!(reported(&report), members());
    assert_eq!(report["run"]["interrupted"], false);
    let fresh = Fleet::of(&world());
    let whole = fresh.scan(&serve(Vec::new())).args(FEW).run().code(0).json();
    assert_eq!(verdicts(&whole), verdicts(&report));
    let files =
        |fleet: &Fleet| manifest(fleet)["files"].as_object().expect("files").keys().cloned().collect::<Vec<_>>();
    assert_eq!(files(&fresh), files(fleet));
    report
}

#[test]
fn a_scan_that_was_stopped_goes_on_where_it_was() {
    for signal in ["TERM", "INT"] {
        let fleet = Fleet::of(&world());
        let stopped = cut_short(&fleet, signal).code(130);
        let kept = fleet.kept();
        let report = stopped.json();
        assert_eq!(report["run"]["interrupted"], true);
        assert_eq!(reported(&report), kept);
        assert_eq!(report["coverage"]["accounts"], MEMBERS);
        assert_eq!(report["coverage"]["accounts_seen"], kept.len());
        assert!(verdicts(&report).values().all(|verdict| verdict == "pass"));
        assert_eq!(timeless(&stopped.stdout), timeless(&fleet.rejudge().args(FEW).run().code(3).stdout));

        let whole = go_on(&fleet, &kept);
        assert_eq!(whole["run"]["started_at"], report["run"]["started_at"]);

        // There is nothing left to do: the report is the same, but for the question who asks.
        let aws = serve(Vec::new());
        let again = fleet.scan(&aws).args(FEW).run().code(0).json();
        assert_eq!(aws.operations(), ["sts:GetCallerIdentity"]);
        assert_eq!(again["findings"], whole["findings"]);
        assert_eq!(again["run"]["finished_at"], whole["run"]["finished_at"]);
    }
}

#[test]
fn a_scan_that_was_killed_goes_on_where_it_was() {
    let fleet = Fleet::of(&world());
    cut_short(&fleet, "KILL").code(-9);
    let kept = fleet.kept();
    // What a kill in the middle of a write leaves behind.
    let half = fleet.path("bundle/accounts/100000000020.unfinished");
    fs::create_dir_all(&half).expect("a folder");
    fs::write(half.join("inventory.ndjson.zst"), "half").expect("a file");
    fs::write(fleet.path("bundle/manifest.unfinished"), "{").expect("a file");

    let report = fleet.rejudge().args(FEW).run().code(3).json();
    assert_eq!(report["run"]["interrupted"], true);
    assert_eq!(reported(&report), kept);
    go_on(&fleet, &kept);
}

/// Nothing was written yet but the folder itself.
#[test]
fn a_scan_that_was_killed_at_once_can_be_started_again() {
    let fleet = Fleet::of(&world());
    fs::create_dir_all(fleet.path("bundle/accounts")).expect("a folder");
    fs::write(fleet.path("bundle/.lock"), "").expect("a file");
    fs::write(fleet.path("bundle/manifest.unfinished"), "{").expect("a file");
    fleet.scan(&serve(Vec::new())).args(FEW).run().code(0);
}

/// A role that never comes does not hold up the end.
#[test]
fn a_scan_stops_while_a_role_is_being_assumed() {
    let aws = serve(vec![On::operation("AssumeRole").reply(Reply::Hang)]);
    let fleet = Fleet::of(&world());
    let running = fleet.scan(&aws).args(FEW).start();
    assert!(aws.wait_for(&On::operation("AssumeRole"), 1, PATIENCE));
    let asked = Instant::now();
    running.signal("TERM");
    let report = running.wait().code(130).json();
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert_eq!(fleet.kept(), BTreeSet::new());
    assert_eq!(report["coverage"]["accounts_seen"], 0);
}

#[track_caller]
fn refused(run: Run, words: &[&str]) {
    let run = run.code(2);
    assert_eq!(run.stdout, "");
    let said = run.stderr.replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(!said.contains("panicked"), "{}", run.stderr);
    for word in words {
        assert!(said.contains(word), "`{word}` is missing:\n{}", run.stderr);
    }
}

#[test]
fn a_bundle_is_of_one_scope() {
    let world = World::with_members(2);
    let (fleet, aws) = (Fleet::of(&world), FakeAws::start_in(world, Vec::new()));
    fleet.scan(&aws).args(FEW).run().code(0);
    let kept = fs::read(fleet.path("bundle/manifest.json")).expect("the manifest");
    for (args, words) in [
        (["--rule", "s3-*"].as_slice(), "the guardrails or their parameters differ"),
        (&["--rule", "ebs-*", "--account", "100000000001"], "it is about other accounts"),
        (
            &["--rule", "ebs-*", "--region", "ap-northeast-1"],
            "the regions, roles or descriptions of the accounts differ",
        ),
    ] {
        refused(fleet.scan(&aws).args(args).run(), &["holds the scan of another scope", words, "--fresh", "--bundle"]);
    }
    assert_eq!(fs::read(fleet.path("bundle/manifest.json")).expect("the manifest"), kept);

    let again = FakeAws::start_in(World::with_members(2), Vec::new());
    let report = fleet.scan(&again).args(["--rule", "s3-*", "--fresh"]).run().code(0).json();
    assert_eq!(entered(&again), fleet.kept());
    assert!(verdicts(&report).keys().all(|cell| cell[0].starts_with("s3-")));
    assert!(
        items(&report, "/run/rule_pack/guardrails")
            .iter()
            .all(|id| id.as_str().is_some_and(|id| id.starts_with("s3-")))
    );
}

#[test]
fn a_bundle_has_one_writer() {
    let aws = serve(vec![On::operation("DescribeVolumes").reply(Reply::Hang)]);
    let fleet = Fleet::of(&world());
    let running = fleet.scan(&aws).args(FEW).start();
    assert!(aws.wait_for(&On::operation("DescribeVolumes"), 1, PATIENCE));
    refused(fleet.scan(&aws).args(FEW).run(), &["another govcheck is writing", "--bundle"]);
    refused(fleet.scan(&aws).args(FEW).arg("--fresh").run(), &["another govcheck is writing", "--bundle"]);
    running.signal("TERM");
    running.wait().code(130);
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let aws = serve(Vec::new());
    let fleet = Fleet::of(&world());
    let there = fleet.path("bundle");
    fs::create_dir_all(there.join("rules")).expect("a folder");
    fs::write(there.join("rules/notes.txt"), "ours").expect("a file");
    let both = || [vec![], vec!["--fresh"]].into_iter();
    for args in both() {
        refused(
            fleet.scan(&aws).args(FEW).args(args).run(),
            &["is not a govcheck bundle", "one that does not exist yet"],
        );
    }
    refused(fleet.rejudge().run(), &["is not a govcheck bundle"]);

    // Others have manifests too.
    fs::write(there.join("manifest.json"), r#"{"name": "a web page", "icons": []}"#).expect("a file");
    for args in both() {
        refused(fleet.scan(&aws).args(FEW).args(args).run(), &["is not a govcheck bundle"]);
    }
    refused(fleet.rejudge().run(), &["manifest.json"]);
    let mut names: Vec<_> =
        fs::read_dir(&there).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    assert_eq!(names, ["manifest.json", "rules"]);
    assert_eq!(fs::read_to_string(there.join("rules/notes.txt")).expect("a file"), "ours");
}

/// Every way to damage a file.
fn damages(whole: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = vec![("emptied".to_owned(), Vec::new())];
    for at in [1, whole.len() / 2, whole.len() - 1] {
        all.push((format!("cut at {at}"), whole[..at].to_vec()));
    }
    for at in (0..whole.len()).step_by(whole.len() / 8 + 1) {
        let mut flipped = whole.to_vec();
        flipped[at] ^= 1;
        all.push((format!("flipped at {at}"), flipped));
    }
    all
}

#[test]
fn damage_is_noticed() {
    let world = World::with_members(1);
    let (fleet, aws) = (Fleet::of(&world), FakeAws::start_in(world, Vec::new()));
    fleet.scan(&aws).args(FEW).run().code(0);
    let account = fleet.path("bundle/accounts/100000000001");
    for name in ["inventory.ndjson.zst", "findings.ndjson"] {
        let path = account.join(name);
        let whole = fs::read(&path).expect("the file");
        for (how, damaged) in damages(&whole) {
            fs::write(&path, damaged).expect("written");
            println!("{name} {how}");
            refused(fleet.rejudge().args(FEW).run(), &["is damaged", name, "--fresh"]);
        }
        fs::remove_file(&path).expect("removed");
        refused(fleet.rejudge().args(FEW).run(), &[name]);
        fs::write(&path, whole).expect("written");
    }
    fleet.rejudge().args(FEW).run().code(0);
    fs::write(fleet.path("bundle/manifest.json"), r#"{"format": 1"#).expect("written");
    refused(fleet.rejudge().args(FEW).run(), &["manifest.json is damaged"]);
    refused(fleet.scan(&aws).args(FEW).run(), &["manifest.json is damaged", "--fresh"]);
    fleet.scan(&aws).args(FEW).arg("--fresh").run().code(0);
}

/// The manifest has the hash of every file, also after a second run.
#[test]
fn a_manifest_vouches_for_every_file() {
    use sha2::{Digest, Sha256};
    let world = World::with_members(2);
    let (fleet, aws) = (Fleet::of(&world), FakeAws::start_in(world, Vec::new()));
    for _ in 0..2 {
        fleet.scan(&aws).args(FEW).run().code(0);
        let mut files = Vec::new();
        files_below(&fleet.path("bundle"), &mut files);
        files.retain(|path| !path.ends_with(".lock") && !path.ends_with("manifest.json"));
        let hashed = |path: &PathBuf| {
            let name = path.strip_prefix(fleet.path("bundle")).expect("below the bundle").to_str().expect("UTF-8");
            let digest = Sha256::digest(fs::read(path).expect("the file"));
            (name.to_owned(), digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into())
        };
        let found: serde_json::Map<String, Value> = files.iter().map(hashed).collect();
        assert_eq!(manifest(&fleet)["files"].as_object(), Some(&found));
    }
}

fn files_below(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files_below(&path, into) } else { into.push(path) }
    }
}

/// One account's evidence does not fit on the disk, for which a limit on the size of files stands in.
#[test]
fn a_full_disk_keeps_what_was_finished() {
    let world = World::with_members(5);
    let volume = |number| format!("<item><volumeId>vol-{number}</volumeId><encrypted>true</encrypted></item>");
    let volumes: String = (0..4000).map(volume).collect();
    let body = format!("<DescribeVolumesResponse><volumeSet>{volumes}</volumeSet></DescribeVolumesResponse>");
    let large = On::operation("DescribeVolumes").account("100000000003").reply(Reply::body(body));
    let (fleet, aws) = (Fleet::of(&world), FakeAws::start_in(world, vec![large]));
    let scan = || fleet.scan(&aws).args(FEW).args(IN_ORDER);
    let words = ["failed to write", "100000000003", "the free space", "accounts that were finished are kept"];
    refused(scan().with_small_files().run(), &words);
    let kept: BTreeSet<String> = ["100000000001", "100000000002"].map(str::to_owned).into();
    assert_eq!(fleet.kept(), kept);
    assert_eq!(fs::read_dir(fleet.path("bundle/accounts")).expect("a folder").count(), 2);

    let report = scan().run().code(0).json();
    assert_eq!(reported(&report).len(), 5);
}
