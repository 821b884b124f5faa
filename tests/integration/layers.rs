//! The layers of the crate: which module may use which, and that no file grows out of hand.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::root;

/// What each module may use beside itself; `app` and `cli` may use everything.
const MAY_USE: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("exit", &[]),
    ("syntax", &["model"]),
    ("rule", &["model", "policy", "syntax"]),
    ("policy", &["model", "syntax"]),
    ("config", &["model", "syntax"]),
    ("engine", &["model", "policy", "rule"]),
    ("source", &["model", "syntax"]),
    ("bundle", &["model"]),
    ("outcome", &["bundle", "engine", "model", "rule", "source", "syntax"]),
    ("output", &["bundle", "model", "outcome", "rule"]),
    ("selftest", &["engine", "model", "policy", "rule"]),
];

const FREE: [&str; 4] = ["app", "cli", "lib", "main"];

/// More than this, and a file has two subjects.
const MAX_LINES: usize = 600;

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

/// Each source file's path below `src`, and its text.
fn files() -> Vec<(String, String)> {
    let src = root().join("src");
    let mut paths = Vec::new();
    sources(&src, &mut paths);
    paths.sort();
    let file = |path: PathBuf| {
        let name = path.strip_prefix(&src).unwrap().to_string_lossy().replace('\\', "/");
        (name, fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(file).collect()
}

/// The modules of the crate that a file names outside its comments, in `use` lines and elsewhere.
fn used(text: &str) -> BTreeSet<&str> {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let names = code.flat_map(|line| line.split("crate::").skip(1));
    names.map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()).collect()
}

#[test]
fn every_module_uses_only_what_is_below_it() {
    let mut wrong = Vec::new();
    for (file, text) in files() {
        let module = file.split('/').next().unwrap().trim_end_matches(".rs");
        if FREE.contains(&module) {
            continue;
        }
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == module) else {
            wrong.push(format!("{file}: say in this test what the module `{module}` may use"));
            continue;
        };
        let forbidden = used(&text).into_iter().filter(|name| *name != module && !allowed.contains(name));
        wrong.extend(forbidden.map(|name| format!("{file} uses crate::{name}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_long() {
    let long: Vec<String> = files()
        .into_iter()
        .map(|(file, text)| (file, text.lines().count()))
        .filter(|(_, lines)| *lines >= MAX_LINES)
        .map(|(file, lines)| format!("{file}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}
