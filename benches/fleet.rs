//! What a scan of 500 accounts costs beside one of 50: the fake AWS answers each call after 40 ms and throttles 2 % of
//! them, and the binary scans both fleets in two regions with every guardrail.
//!
//! `cargo bench --bench fleet -- [ACCOUNTS...] [OPTIONS OF SCAN...]`, with `cargo test` instead of `cargo bench` for the
//! development profile. Needs GNU time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark stops where it cannot run"
)]

#[allow(dead_code, unused_imports, reason = "the support of the tests, of which this uses a part")]
#[path = "../tests/integration/support/mod.rs"]
mod support;

use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use support::fake_aws::{FakeAws, On, Reply, World};
use support::scan::{Fleet, total};

const LATENCY_MS: u64 = 40;

fn main() {
    // `cargo bench` adds an option of its own.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let sizes: Vec<usize> = args.iter().map_while(|arg| arg.parse().ok()).collect();
    let options = &args[sizes.len()..];
    let sizes = if sizes.is_empty() { vec![50, 500] } else { sizes };
    let peaks: Vec<f64> = sizes.into_iter().map(|size| measure(size, options)).collect();
    if let [first, .., last] = peaks.as_slice() {
        println!("peak memory, last to first: {:.2}", last / first);
    }
}

/// Scans a fleet; its peak memory in MiB.
fn measure(accounts: usize, options: &[String]) -> f64 {
    let world = World::with_members(accounts);
    let fleet = Fleet::of(&world);
    let throttled = On::any().share(2, 100).reply(Reply::Throttled.after_ms(LATENCY_MS));
    let aws = FakeAws::start_in(world, vec![throttled, On::any().reply(Reply::Ok.after_ms(LATENCY_MS))]);
    let scan = ["scan", "--accounts", "accounts.yaml", "--format", "json", "--bundle", "bundle"];
    let mut scan = fleet.run(&aws, &scan).args(options).under("/usr/bin/time", &["-f", "%U %S %M", "-o", "time"]);
    let before = Instant::now();
    let code = scan.command.stdout(Stdio::null()).status().expect("GNU time starts").code();
    let wall = before.elapsed().as_secs_f64();
    assert_eq!((code, aws.complaints()), (Some(0), Vec::new()));

    let report = std::fs::read_to_string(fleet.path("bundle/report.json")).expect("the report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    let counted = ["calls", "retries", "throttles"].map(|count| total(&report, count));
    let seen = report["summary"]["coverage"]["accounts_seen"].as_u64().unwrap_or_default() as usize;
    println!("{accounts} accounts: {} lost", accounts - seen.min(fleet.kept().len()));
    println!("  counted by govcheck: {} calls, {} retries, {} throttles", counted[0], counted[1], counted[2]);
    let calls = aws.total();
    println!(
        "  counted by the server: {} calls, {} retries, {} throttles",
        calls - aws.retries(),
        aws.retries(),
        aws.throttles()
    );
    let parallel = aws.peak_in_flight();
    let bound = calls as f64 * LATENCY_MS as f64 / 1_000.0 / parallel as f64;
    println!(
        "  wall {wall:.1} s; at least {calls} x {LATENCY_MS} ms / {parallel} in flight = {bound:.1} s ({:.2} times)",
        wall / bound
    );
    let spent = std::fs::read_to_string(fleet.path("time")).expect("the times");
    let spent: Vec<f64> = spent.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let [user, system, kibibytes] = spent[..] else { panic!("{spent:?}") };
    let peak = kibibytes / 1024.0;
    let connections = aws.connections();
    println!("  govcheck: {:.1} s of CPU, peak memory {peak:.1} MiB, {connections} connections", user + system);
    peak
}
