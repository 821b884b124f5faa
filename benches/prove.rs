//! How long each preventive guardrail takes to prove over the whole catalogue, and what 1,000 accounts that share a path
//! cost beside one.
//!
//! `cargo bench --bench prove -- [FOLDER OF POLICIES]`; by default `fixtures/scp`.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and stops where it cannot run")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use govcheck::policy::{Catalogue, Exported, Hierarchy, Prover, prove};
use govcheck::rule::RulePack;

const ACCOUNTS: u64 = 1_000;

fn main() {
    // `cargo bench` adds an option of its own.
    let folder = std::env::args().skip(1).find(|arg| arg != "--bench");
    let folder = folder.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/scp").to_owned());
    let start = Instant::now();
    let catalogue = Catalogue::load().unwrap();
    println!("the catalogue of {}: {:.1} ms", catalogue.date, ms(start));
    let exported = Exported::read(Path::new(&folder)).unwrap();
    let account = exported.accounts().first().map_or("000000000000", |account| *account).to_owned();
    let hierarchy = exported.hierarchy(&account).unwrap();
    let pack = RulePack::embedded().unwrap();
    for guardrail in &pack.preventive {
        let Ok(question) = guardrail.question(catalogue, &pack.params, &BTreeMap::new()) else { continue };
        let start = Instant::now();
        let proof = prove(&hierarchy, &question, catalogue);
        let one = ms(start);
        let start = Instant::now();
        let mut prover = Prover::new(question, catalogue);
        for number in 0..ACCOUNTS {
            let account = Some((100_000_000_000 + number).to_string());
            prover.prove(&Hierarchy { account, ..hierarchy.clone() });
        }
        let (id, made) = (guardrail.id(), prover.made());
        println!("{id}: {} actions {one:.1} ms; {ACCOUNTS} accounts {:.1} ms, {made} proofs", proof.asked, ms(start));
    }
}

fn ms(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1000.0
}
