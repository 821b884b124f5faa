//! The report on a terminal, in both languages, as people see it.

use crate::support::bundle::{TOWN_RULES, town, write_bundle};
use crate::support::govcheck;

fn table(lang: &str) -> String {
    let dir = tempfile::tempdir().unwrap();
    write_bundle(&dir.path().join("b"), town());
    let run = govcheck().dir(dir.path()).args(["scan", "--from", "b", "--rule", TOWN_RULES, "--lang", lang]).run();
    run.code(1).stdout
}

/// The columns that a text takes: characters of East Asian scripts take two.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{ffdc}') { 2 } else { 1 }).sum()
}

#[track_caller]
fn assert_aligned(report: &str) {
    let rows: Vec<&str> = report.lines().skip_while(|line| !line.starts_with('─')).collect();
    let end = rows.iter().rposition(|line| line.starts_with(['─', '═'])).unwrap();
    let widths: Vec<usize> = rows[..=end].iter().map(|row| columns(row)).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}\n{report}");
}

#[test]
fn in_english() {
    let report = table("en");
    assert_aligned(&report);
    insta::assert_snapshot!("table-en", report);
}

#[test]
fn in_japanese() {
    let report = table("ja");
    assert_aligned(&report);
    insta::assert_snapshot!("table-ja", report);
}
