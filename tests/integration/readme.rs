//! The documents are right: their commands run, what they show is what is printed, their links lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Run, govcheck, root};

/// The documents at the root; those in `docs/` are found.
const AT_ROOT: [&str; 4] = ["README.md", "README.ja.md", "CONTRIBUTING.md", "CHANGELOG.md"];

/// What a command line in a document begins with.
const PROGRAMS: [&str; 2] = ["govcheck ", "cargo run --release -- "];

/// A line that stands for any number of lines.
const ELLIPSIS: &str = "…";

/// A command in a document, and the output that is shown below it.
struct Example {
    words: Vec<String>,
    shown: Vec<String>,
}

fn documents() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).expect("the folder of documents");
    let docs = docs.map(|entry| entry.expect("an entry").path());
    let docs = docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    AT_ROOT.iter().map(|name| root().join(name)).chain(docs).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The contents of the fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<Vec<String>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```") else { continue };
        let block: Vec<String> = lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect();
        if fence == language {
            blocks.push(block);
        }
    }
    blocks
}

/// The examples of `console` blocks (`$ command`, then its output) and of `sh` blocks (commands only).
fn examples(text: &str) -> Vec<Example> {
    let mut examples = Vec::new();
    for block in blocks(text, "console") {
        let mut ours = false;
        for line in block {
            if let Some(command) = line.strip_prefix("$ ") {
                let words = program_arguments(command);
                ours = words.is_some();
                examples.extend(words.map(|words| Example { words, shown: Vec::new() }));
            } else if ours && let Some(example) = examples.last_mut() {
                example.shown.push(line);
            }
        }
    }
    let scripts = blocks(text, "sh").into_iter().flatten();
    examples
        .extend(scripts.filter_map(|line| program_arguments(&line)).map(|words| Example { words, shown: Vec::new() }));
    examples
}

/// The arguments of a command line that runs govcheck.
fn program_arguments(line: &str) -> Option<Vec<String>> {
    PROGRAMS.iter().find_map(|program| line.strip_prefix(program)).map(words)
}

/// The words of the first command of a shell line: quotes are taken off; a pipe, a redirection or a comment ends it.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote) = (None::<String>, None);
    for c in line.chars() {
        match quote {
            Some(mark) if c == mark => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None if matches!(c, '|' | '>' | ';' | '&') || (c == '#' && word.is_none()) => break,
            None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Whether a command needs neither AWS nor a file that only the reader has.
fn is_runnable(words: &[String]) -> bool {
    match words.first().map(String::as_str) {
        Some("scan") => {
            let from = words.iter().position(|word| word == "--from").and_then(|at| words.get(at + 1));
            from.is_some_and(|from| is_ours(from))
        }
        Some("check") => is_check_of_fixtures(words),
        Some("policy") => words.iter().any(|word| is_ours(word)),
        Some("rules" | "schema" | "completions" | "man" | "permissions") => true,
        _ => false,
    }
}

/// Whether a path is one of the project's.
fn is_ours(path: &str) -> bool {
    path.starts_with("fixtures/") || path.starts_with("examples/")
}

/// Whether a command checks files of the project only, and writes none: it runs in the folder of the project.
fn is_check_of_fixtures(words: &[String]) -> bool {
    const ALONE: [&str; 3] = ["--strict", "--no-color", "--quiet"];
    let mut rest = words.iter().skip(1);
    let mut paths = Vec::new();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-o" | "--output" | "--baseline" | "--config" => return false,
            word if ALONE.contains(&word) => {}
            word if word.starts_with("--") => {
                rest.next();
            }
            path => paths.push(path),
        }
    }
    words.first().is_some_and(|word| word == "check") && !paths.is_empty() && paths.into_iter().all(is_ours)
}

/// Runs a command: a check in the folder of the project, since it prints the paths as they are given; any other in an empty
/// folder, with the paths of the project in their place.
fn run(words: &[String]) -> Run {
    if is_check_of_fixtures(words) {
        return govcheck().args(words).dir(&root()).run();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let argument = |word: &String| {
        if is_ours(word) { root().join(word).into_os_string() } else { word.into() }
    };
    let program = govcheck().args(words.iter().map(argument)).dir(folder.path());
    if is_runnable(words) { program.run() } else { program.arg("--help").run() }
}

fn expected_code(words: &[String]) -> i32 {
    // The demo fleet, the templates and the proofs that documents show have failures.
    let proves = words.get(1).is_some_and(|word| word == "prove");
    let fails = is_runnable(words) && (proves || words.first().is_some_and(|word| word == "scan" || word == "check"));
    i32::from(fails)
}

/// The shown lines are printed one after the other; an ellipsis skips any number of lines.
fn assert_shown(printed: &str, shown: &[String], place: &str) {
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    let (mut next, mut skipping) = (0, false);
    for line in shown {
        if line == ELLIPSIS {
            skipping = true;
            continue;
        }
        let rest = printed.get(next..).unwrap_or_default();
        let found = rest.iter().position(|other| other == line);
        let found = found.filter(|at| skipping || *at == 0);
        let Some(at) = found else {
            panic!("{place}: this line is not printed there:\n{line}\nprinted from there:\n{}", rest.join("\n"));
        };
        next += at + 1;
        skipping = false;
    }
}

#[test]
fn the_commands_run_and_print_what_is_shown() {
    for document in documents() {
        for example in examples(&read(&document)) {
            let place = format!("{}: {}", document.display(), example.words.join(" "));
            let run = run(&example.words);
            assert_eq!(run.code, expected_code(&example.words), "{place}\n{}\n{}", run.stdout, run.stderr);
            assert_shown(&run.stdout, &example.shown, &place);
        }
    }
}

#[test]
fn both_readmes_show_the_demo_and_the_same_commands() {
    let [english, japanese] = ["README.md", "README.ja.md"].map(|name| examples(&read(&root().join(name))));
    for examples in [&english, &japanese] {
        let first = examples.first().expect("an example");
        assert!(is_runnable(&first.words) && first.shown.len() > 10, "the demo and its output come first");
    }
    let commands = |examples: &[Example]| -> Vec<String> {
        examples.iter().map(|example| example.words.join(" ").replace(" --lang ja", "")).collect()
    };
    assert_eq!(commands(&english), commands(&japanese));
}

#[test]
fn the_accounts_files_are_right_and_say_the_same() {
    for name in ["README.md", "README.ja.md"] {
        let text = read(&root().join(name));
        let folder = tempfile::tempdir().expect("a folder");
        let fleet = |language: &str, start: &str| {
            let blocks = blocks(&text, language);
            let block = blocks.iter().find(|block| block[0].starts_with(start)).expect("an accounts file");
            let path = folder.path().join(format!("accounts.{language}"));
            fs::write(&path, block.join("\n") + "\n").expect("a file");
            govcheck::config::read_accounts(&path).unwrap_or_else(|faults| panic!("{name}, {language}: {faults}"))
        };
        assert_eq!(fleet("yaml", "defaults:"), fleet("csv", "id,"), "{name}");
    }
}

#[test]
fn links_inside_the_project_lead_somewhere() {
    for document in documents() {
        let text = read(&document);
        let folder = document.parent().expect("a folder");
        let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for target in targets.filter(|target| !target.contains("://")) {
            let path = target.split('#').next().unwrap_or_default();
            assert!(folder.join(path).exists(), "{}: {target}", document.display());
        }
    }
}

#[test]
fn the_document_on_guardrails_has_every_function_and_quotes_its_example() {
    let text = read(&root().join("docs/guardrail-files.md"));
    for function in govcheck::rule::FUNCTIONS {
        let line = format!("| `{}` | {} |", function.signature, function.doc);
        assert!(text.contains(&line), "{line}");
    }
    for name in ["ebs-volumes-have-an-owner.yaml", "params.yaml"] {
        let example = read(&root().join("examples/rules").join(name));
        assert!(text.contains(example.trim_end()), "docs/guardrail-files.md does not quote {name} as it is");
    }
}
