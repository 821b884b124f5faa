//! From the paths of the command line to templates, assemblies and plans, told by their content.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

use globset::GlobBuilder;

use crate::source::{cloudformation, terraform};
use crate::syntax::{Fault, Faults, Node, SourceFile, parse};

/// How deep folders are looked through.
const MAX_DEPTH: usize = 32;
/// How many files of a folder are looked at.
const MAX_FILES: usize = 100_000;
/// How much of a file decides whether it can be anything, where its name does not suggest it, in bytes.
const HEAD: usize = 4096;
/// The largest Terraform plan that is read, in bytes.
const MAX_PLAN: u64 = 256 * 1024 * 1024;
/// The endings under which templates and plans are usually kept.
const USUAL: [&str; 4] = ["json", "template", "yaml", "yml"];

/// Something to judge.
pub(super) enum Input {
    /// `named`: by the command line, and not come across in a folder.
    Template {
        file: SourceFile,
        document: Node,
        root: PathBuf,
        named: bool,
    },
    Assembly {
        folder: PathBuf,
    },
    Plan {
        file: SourceFile,
        folder: Option<PathBuf>,
    },
}

/// What the paths lead to.
#[derive(Default)]
pub(super) struct Found {
    pub(super) inputs: Vec<Input>,
    /// Files of folders that are nothing of this kind.
    pub(super) passed_over: Vec<String>,
    faults: Vec<Fault>,
    seen: BTreeSet<PathBuf>,
    looked_at: usize,
}

/// Looks at every path: a file, a folder, a glob, or `-` for standard input.
///
/// # Errors
/// Every path that leads nowhere, and every file that should be one of the kinds and is not.
pub(super) fn find(paths: &[PathBuf]) -> Result<Found, Faults> {
    let mut found = Found::default();
    for path in paths {
        if let Err(fault) = found.path(path) {
            found.faults.push(fault);
        }
    }
    Faults::check(std::mem::take(&mut found.faults))?;
    Ok(found)
}

impl Found {
    fn path(&mut self, path: &Path) -> Result<(), Fault> {
        if path == Path::new("-") {
            return self.standard_input();
        }
        if path.is_dir() {
            return self.folder(path, path, 0, &|_| true);
        }
        let pattern = path.to_string_lossy();
        if !path.exists() && pattern.contains(['*', '?', '[', '{']) {
            return self.glob(&pattern);
        }
        let file = read(path)?;
        let root = root_of(path);
        match detect(&file)? {
            Some(content) => self.add(path, file, content, &root, true),
            None => return Err(nothing(&file.name)),
        }
        Ok(())
    }

    fn standard_input(&mut self) -> Result<(), Fault> {
        let mut bytes = Vec::new();
        let unreadable =
            |error| Fault::of_file("stdin", format!("failed to read it: {error}")).help("pipe a file into it");
        stdin().lock().take(MAX_PLAN + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > MAX_PLAN {
            return Err(too_large("stdin", MAX_PLAN));
        }
        let text = String::from_utf8(bytes)
            .map_err(|_| Fault::of_file("stdin", "it is not UTF-8 text").help("pipe a text file into it"))?;
        let file = SourceFile::new("stdin", text);
        let content = detect(&file)?.ok_or_else(|| nothing("stdin"))?;
        self.add(Path::new("stdin"), file, content, Path::new("."), true);
        Ok(())
    }

    fn glob(&mut self, pattern: &str) -> Result<(), Fault> {
        let refuse = |message: String| Fault::of_file(pattern, message).help("check the path; quote patterns");
        let glob = GlobBuilder::new(pattern.trim_start_matches("./")).literal_separator(true).build();
        let matcher = glob.map_err(|error| refuse(format!("it is not a pattern: {error}")))?.compile_matcher();
        let fixed: PathBuf = Path::new(pattern)
            .components()
            .take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']))
            .collect();
        let base = if fixed.as_os_str().is_empty() { Path::new(".") } else { &fixed };
        let (before, passed) = (self.inputs.len(), self.passed_over.len());
        let matches = |path: &Path| matcher.is_match(path.strip_prefix(".").unwrap_or(path));
        if base.is_dir() {
            self.folder(base, base, 0, &matches)?;
        }
        if self.inputs.len() == before && self.passed_over.len() == passed && self.faults.is_empty() {
            return Err(refuse("no file matches it".to_owned()));
        }
        Ok(())
    }

    /// The files below a folder, in the order of names; links are not followed.
    fn folder(
        &mut self,
        root: &Path,
        folder: &Path,
        depth: usize,
        wanted: &dyn Fn(&Path) -> bool,
    ) -> Result<(), Fault> {
        let name = name_of(folder);
        let unreadable = |error: std::io::Error| {
            Fault::of_file(&name, format!("failed to read the folder: {error}"))
                .help("check the path and its permissions")
        };
        let manifest = folder.join("manifest.json");
        let is_assembly = || {
            let content = read(&manifest).ok().and_then(|file| detect(&file).ok().flatten());
            matches!(content, Some(Content::Manifest))
        };
        if (wanted(folder) || wanted(&manifest)) && is_assembly() {
            if self.first(folder) {
                self.inputs.push(Input::Assembly { folder: folder.to_owned() });
            }
            return Ok(());
        }
        if depth > MAX_DEPTH {
            return Err(Fault::of_file(&name, format!("folders nest deeper than {MAX_DEPTH} levels"))
                .help("give a folder further in"));
        }
        let mut entries =
            std::fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(unreadable)?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let (path, kind) = (entry.path(), entry.file_type().map_err(unreadable)?);
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if kind.is_dir() && !hidden && entry.file_name() != "node_modules" {
                self.folder(root, &path, depth + 1, wanted)?;
            } else if kind.is_file() && wanted(&path) {
                self.looked_at += 1;
                if self.looked_at > MAX_FILES {
                    return Err(
                        Fault::of_file(&name, format!("more than {MAX_FILES} files")).help("give folders further in")
                    );
                }
                self.file_in(root, &path);
            }
        }
        Ok(())
    }

    /// A file that was come across: it need not be anything.
    fn file_in(&mut self, root: &Path, path: &Path) {
        let usual = path.extension().is_some_and(|ending| USUAL.iter().any(|usual| ending.eq_ignore_ascii_case(usual)));
        let looks_right = usual || head(path).is_some_and(|head| sniff(&head));
        let file = if looks_right { read(path) } else { Err(nothing(&name_of(path))) };
        match file {
            Ok(file) if !sniff(&file.text) => self.passed_over.push(file.name.to_string()),
            Ok(file) => match detect(&file) {
                Ok(Some(content)) => self.add(path, file, content, root, false),
                Err(fault) if usual && certain(&file.text) => self.faults.push(fault),
                Ok(None) | Err(_) => self.passed_over.push(file.name.to_string()),
            },
            Err(fault) if usual => self.faults.push(fault),
            Err(_) => self.passed_over.push(name_of(path)),
        }
    }

    fn add(&mut self, path: &Path, file: SourceFile, content: Content, root: &Path, named: bool) {
        if !self.first(path) {
            return;
        }
        let folder = path.parent().map(Path::to_owned).filter(|_| path != Path::new("stdin"));
        self.inputs.push(match content {
            Content::Template(document) => Input::Template { file, document, root: root.to_owned(), named },
            Content::Manifest => Input::Assembly { folder: folder.unwrap_or_else(|| PathBuf::from(".")) },
            Content::Plan => Input::Plan { file, folder },
        });
    }

    /// Whether a path was not met before.
    fn first(&mut self, path: &Path) -> bool {
        self.seen.insert(path.canonicalize().unwrap_or_else(|_| path.to_owned()))
    }
}

/// What a file holds.
enum Content {
    Template(Node),
    Manifest,
    Plan,
}

fn detect(file: &SourceFile) -> Result<Option<Content>, Fault> {
    // A template may speak of plans: only what is one goes this way.
    let is_plan = is_plan_text(&file.text) && {
        terraform::is_plan(&file.text).map_err(|error| {
            Fault::of_file(&file.name, format!("it is not valid JSON: {error}"))
                .help("write it with `terraform show -json PLAN`")
        })?
    };
    if is_plan {
        return Ok(Some(Content::Plan));
    }
    let document = parse(file)?;
    if cloudformation::assembly::is_manifest(&document) {
        return Ok(Some(Content::Manifest));
    }
    Ok(cloudformation::is_template(&document).then_some(Content::Template(document)))
}

/// Whether a text may be anything of ours; cheap, and never the last word.
fn sniff(text: &str) -> bool {
    ["Resources", "AWSTemplateFormatVersion", "artifacts"].iter().any(|word| text.contains(word)) || is_plan_text(text)
}

/// Whether a text that cannot be read was surely meant to be one of ours.
fn certain(text: &str) -> bool {
    text.contains("AWSTemplateFormatVersion")
        || text.contains("Resources") && text.contains("AWS::")
        || is_plan_text(text)
}

fn is_plan_text(text: &str) -> bool {
    let start = text.trim_start();
    start.starts_with('{')
        && text.contains("\"format_version\"")
        && (text.contains("\"planned_values\"") || text.contains("\"resource_changes\""))
}

/// Reads a file; a plan may be larger than a template.
fn read(path: &Path) -> Result<SourceFile, Fault> {
    let file = if head(path).is_some_and(|head| head.contains("\"format_version\"")) {
        SourceFile::read_up_to(path, MAX_PLAN)
    } else {
        SourceFile::read(path)
    };
    file.map(|file| SourceFile { name: name_of(path).into(), ..file })
}

/// The beginning of a file, when it is text.
fn head(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(HEAD as u64).read_to_end(&mut bytes).ok()?;
    (!bytes.contains(&0)).then(|| String::from_utf8_lossy(&bytes).into_owned())
}

fn nothing(name: &str) -> Fault {
    Fault::of_file(name, "it is neither a CloudFormation template, nor a CDK assembly, nor a Terraform plan")
        .help("give a template, a cdk.out folder, or what `terraform show -json PLAN` prints")
}

fn too_large(name: &str, limit: u64) -> Fault {
    Fault::of_file(name, format!("it is larger than {} MiB", limit >> 20)).help("split it, or check the path")
}

/// The path as it was given, in one spelling for all systems.
fn name_of(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    text.strip_prefix("./").map_or(text.clone(), str::to_owned)
}

/// How far a template may reach for other files: the current folder when it lies below, else its own.
fn root_of(path: &Path) -> PathBuf {
    let own = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (here, there) = (Path::new(".").canonicalize(), own.canonicalize());
    match (here, there) {
        (Ok(here), Ok(there)) if there.starts_with(&here) => PathBuf::from("."),
        _ => own.to_owned(),
    }
}
