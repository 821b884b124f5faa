//! The sources of a configuration: blocks of `.tf` files, with their expressions and the places of their arguments.
//!
//! Only files in the folder beside the plan are read, and in the folders of local modules inside of it. A plan stands
//! without them; what cannot be read or parsed costs its places, and leaves unknown what the plan leaves
//! unknown.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hcl_edit::Span;
use hcl_edit::expr::Expression;
use hcl_edit::structure::{Attribute, Block, Body};

use super::argument::Source;
use super::plan::{Instance, path};
use crate::model::Place;
use crate::syntax::SourceFile;

/// Files beyond these numbers are not read.
const MAX_FILES: usize = 2_000;
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Modules that lie deeper are not read.
const MAX_DEPTH: usize = 16;

/// The blocks of a configuration.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// By module path and `type.name`.
    resources: HashMap<(String, String), Declaration>,
    /// By module path and the name that references have: `local.x`, `var.x` (its default), `output.x`.
    values: HashMap<(String, String), Expression>,
    /// The arguments of calls, by the path of the module.
    calls: HashMap<String, BTreeMap<String, Expression>>,
    files: usize,
}

/// The block of a resource.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) file: Arc<str>,
    pub(super) text: Arc<str>,
    pub(super) body: Arc<Written>,
}

/// A block with what it holds.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) place: Option<Place>,
    attributes: BTreeMap<String, Place>,
    expressions: BTreeMap<String, Expression>,
    blocks: BTreeMap<String, Vec<Written>>,
    /// The names of blocks that are written as `dynamic`.
    dynamic: Vec<String>,
}

impl Sources {
    /// Reads the configuration in a folder.
    pub(super) fn read(folder: &Path) -> Self {
        let mut sources = Self::default();
        if let Ok(root) = fs::canonicalize(folder) {
            sources.module(folder, &root, "", 0);
        }
        sources
    }

    pub(super) fn of(&self, instance: &Instance) -> Option<&Declaration> {
        self.resources.get(&(path(&instance.modules()), instance.local_name()))
    }

    /// The value of a local, the default of a variable or the value of an output: `local.x`, `var.x`, `output.x`.
    pub(super) fn value(&self, path: &str, name: &str) -> Option<&Expression> {
        self.values.get(&(path.to_owned(), name.to_owned()))
    }

    /// What the module at a path is given for a variable; nothing where it is given nothing.
    ///
    /// `None` where the sources do not show the call.
    pub(super) fn given(&self, path: &str, variable: &str) -> Option<Option<&Expression>> {
        Some(self.calls.get(path)?.get(variable))
    }

    fn keep(&mut self, path: &str, name: String, attribute: Option<&Attribute>) {
        if let Some(attribute) = attribute {
            self.values.insert((path.to_owned(), name), attribute.value.clone());
        }
    }

    fn module(&mut self, folder: &Path, root: &Path, path: &str, depth: usize) {
        if depth > MAX_DEPTH || !fs::canonicalize(folder).is_ok_and(|real| real.starts_with(root)) {
            return;
        }
        let mut calls = Vec::new();
        for file in files(folder) {
            self.files += 1;
            if self.files > MAX_FILES {
                return;
            }
            let Some(source) = text(&file, root) else { continue };
            let Ok(body) = hcl_edit::parser::parse_body(&source.text) else { continue };
            let lines = Lines::of(&source.text);
            for block in body.blocks() {
                match (block.ident.as_str(), labels(block).as_slice()) {
                    (mode @ ("resource" | "data"), [kind, name]) => {
                        let prefix = if mode == "data" { "data." } else { "" };
                        let body = Written::of(block, &lines).into();
                        let declaration = Declaration { file: source.name.clone(), text: source.text.clone(), body };
                        self.resources.insert((path.to_owned(), format!("{prefix}{kind}.{name}")), declaration);
                    }
                    ("module", [name]) => {
                        calls.extend(local(&block.body).map(|at| ((*name).to_owned(), at.to_owned())));
                        self.calls.insert(below(path, name), expressions(&block.body));
                    }
                    ("locals", []) => {
                        for local in block.body.attributes() {
                            self.keep(path, format!("local.{}", local.key.as_str()), Some(local));
                        }
                    }
                    ("variable", [name]) => {
                        self.keep(path, format!("var.{name}"), block.body.get_attribute("default"));
                    }
                    ("output", [name]) => {
                        self.keep(path, format!("output.{name}"), block.body.get_attribute("value"));
                    }
                    _ => {}
                }
            }
        }
        for (name, at) in calls {
            self.module(&folder.join(at.trim_start_matches("./")), root, &below(path, &name), depth + 1);
        }
    }
}

fn below(path: &str, module: &str) -> String {
    if path.is_empty() { module.to_owned() } else { format!("{path}.{module}") }
}

fn expressions(body: &Body) -> BTreeMap<String, Expression> {
    body.attributes().map(|attribute| (attribute.key.as_str().to_owned(), attribute.value.clone())).collect()
}

/// The configuration files of a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(MAX_FILES);
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "tf"))
        .collect();
    files.sort();
    files
}

/// A file that lies below the root also when links are followed.
fn text(file: &Path, root: &Path) -> Option<SourceFile> {
    let inside = fs::canonicalize(file).is_ok_and(|real| real.starts_with(root));
    let small = fs::metadata(file).is_ok_and(|data| data.is_file() && data.len() <= MAX_BYTES);
    if !inside || !small {
        return None;
    }
    let read = SourceFile::read(file).ok()?;
    Some(SourceFile { name: read.name.replace('\\', "/").into(), ..read })
}

fn labels(block: &Block) -> Vec<&str> {
    block.labels.iter().map(hcl_edit::structure::BlockLabel::as_str).collect()
}

/// The folder of a module that is called by a relative path.
fn local(call: &Body) -> Option<&str> {
    match &call.get_attribute("source")?.value {
        Expression::String(source) => Some(source.as_str()).filter(|source| source.starts_with("./")),
        _ => None,
    }
}

impl Written {
    fn of(block: &Block, lines: &Lines<'_>) -> Self {
        let mut written = Self { place: block.span().map(|span| lines.place(span)), ..Self::default() };
        written.expressions = expressions(&block.body);
        for attribute in block.body.attributes() {
            if let Some(span) = attribute.span() {
                written.attributes.insert(attribute.key.to_string(), lines.place(span));
            }
        }
        for inner in block.body.blocks() {
            match (inner.ident.as_str(), labels(inner).as_slice()) {
                ("dynamic", [name]) => written.dynamic.push((*name).to_owned()),
                (name, _) => written.blocks.entry(name.to_owned()).or_default().push(Self::of(inner, lines)),
            }
        }
        written
    }

    /// What it shows of an argument.
    pub(super) fn source(&self, key: &str) -> Source<'_> {
        if self.dynamic.iter().any(|name| name == key) {
            return Source::Hidden;
        }
        match (self.expressions.get(key), self.blocks.get(key)) {
            (Some(expression), _) => Source::Expression(expression),
            (None, Some(blocks)) => Source::Blocks(blocks),
            (None, None) => Source::Unset,
        }
    }

    /// The only block of a text.
    #[cfg(test)]
    pub(super) fn parse(text: &str) -> Option<Self> {
        let body = hcl_edit::parser::parse_body(text).ok()?;
        body.blocks().next().map(|block| Self::of(block, &Lines::of(text)))
    }

    /// Where an argument stands; in nested blocks the first.
    pub(super) fn at(&self, path: &str) -> Option<Place> {
        let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
        if let Some(place) = self.attributes.get(head) {
            return Some(*place);
        }
        let inner = self.blocks.get(head)?.first()?;
        rest.and_then(|rest| inner.at(rest)).or(inner.place)
    }

    /// The blocks at a path; nothing where some of them are made by `dynamic`, since their number is not written.
    pub(super) fn blocks(&self, path: &str) -> &[Written] {
        let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
        if self.dynamic.iter().any(|name| name == head) {
            return &[];
        }
        let blocks = self.blocks.get(head).map(Vec::as_slice).unwrap_or_default();
        match (rest, blocks) {
            (None, blocks) => blocks,
            (Some(rest), [first, ..]) => first.blocks(rest),
            (Some(_), []) => &[],
        }
    }
}

/// The starts of the lines of a text.
struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { text, starts: std::iter::once(0).chain(breaks).collect() }
    }

    fn place(&self, span: Range<usize>) -> Place {
        let (line, column) = self.point(span.start);
        let (end_line, end_column) = self.point(span.end);
        Place { line, column, end_line, end_column }
    }

    fn point(&self, offset: usize) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let column = self.text.get(start..offset).map_or(0, |before| before.chars().count()) + 1;
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn blocks_are_found_in_local_modules_and_never_outside_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("root");
        fs::create_dir_all(root.join("modules/a")).unwrap();
        fs::create_dir_all(folder.path().join("outside")).unwrap();
        let main = "module \"a\" {\n  source = \"./modules/a\"\n}\nmodule \"out\" {\n  source = \"./../outside\"\n}\n\
            resource \"aws_vpc\" \"v\" {\n  cidr_block = \"10.0.0.0/16\"\n  dynamic \"x\" {\n  }\n}\n";
        fs::write(root.join("main.tf"), main).unwrap();
        fs::write(root.join("broken.tf"), "resource {{{").unwrap();
        fs::write(root.join("modules/a/a.tf"), "resource \"aws_vpc\" \"m\" {}\n").unwrap();
        fs::write(folder.path().join("outside/b.tf"), "resource \"aws_vpc\" \"o\" {}\n").unwrap();
        let sources = Sources::read(&root);
        let keys: std::collections::BTreeSet<_> = sources.resources.keys().cloned().collect();
        let key = |path: &str, name: &str| (path.to_owned(), name.to_owned());
        assert_eq!(keys, [key("", "aws_vpc.v"), key("a", "aws_vpc.m")].into());
        let block = &sources.resources[&key("", "aws_vpc.v")].body;
        assert_eq!(block.place.map(|place| (place.line, place.end_line)), Some((7, 11)));
        assert_eq!(block.at("cidr_block").map(|place| (place.line, place.column)), Some((8, 3)));
        assert_eq!(block.dynamic, ["x"]);
    }

    #[test]
    fn deep_nesting_is_refused_by_the_parser() {
        for (open, close) in [("[", "]"), ("(", ")"), ("{a=", "}"), ("!", ""), ("f(", ")")] {
            let text = format!("a = {}1{}\n", open.repeat(100_000), close.repeat(100_000));
            assert!(hcl_edit::parser::parse_body(&text).is_err(), "{open}");
        }
        assert!(hcl_edit::parser::parse_body(&"a {\n".repeat(50_000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-z\"{}=$\\[\\]()\n é.<]{0,120}") {
            if let Ok(body) = hcl_edit::parser::parse_body(&text) {
                let lines = Lines::of(&text);
                body.blocks().for_each(|block| { Written::of(block, &lines); });
            }
        }
    }
}
