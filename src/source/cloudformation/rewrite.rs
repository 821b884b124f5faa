//! What rewrites a template before it is evaluated: merge keys, included files, loops, and the globals of SAM.
//!
//! A loop or an include that cannot be followed leaves a mark where values would be, which evaluates to something unknown;
//! where it would add resources, the template is told to have more than is seen.

use crate::model::{Unknown, Value};
use crate::source::files::Refusal;
use crate::syntax::{Fault, Kind, Node, parse};

use super::call::{self, Part};
use super::function;
use super::run::Run;
use super::template::Source;

/// The tag of a value that is not read; its text says what is not.
pub(super) const UNREAD: &str = "govcheck::unread";
/// How many values a template may have after it is rewritten.
const MAX_NODES: usize = 1_000_000;
/// How deep it may nest, its includes opened.
const MAX_DEPTH: usize = 128;
/// How many files a template may include, one through the other.
const MAX_INCLUDES: usize = 64;

/// The sections whose entries a loop or include may add to.
const SECTIONS: [&str; 3] = ["Resources", "Conditions", "Outputs"];

/// Whether anything may have to be rewritten, by the text alone.
pub(super) fn may_apply(text: &str) -> bool {
    ["<<", "Transform", "Fn::ForEach"].iter().any(|mark| text.contains(mark))
}

/// A rewritten document, and what was not read of it.
pub(super) struct Rewritten {
    pub document: Node,
    pub unread: Vec<Unknown>,
    /// Whether it hangs on the values of parameters.
    pub loops: bool,
}

/// Rewrites the document of a template. `collection` evaluates what a loop runs over.
///
/// # Errors
/// A loop that is not written as one, gives a name twice, or gives too many values; an included file that is no template.
pub(super) fn rewrite<'f>(
    run: &'f mut Run<'_>,
    source: &'f Source,
    collection: &'f mut dyn FnMut(&mut Run<'_>, &Node) -> Value,
) -> Result<Rewritten, Fault> {
    let mut rewriter = Rewriter {
        run,
        source,
        collection,
        unread: Vec::new(),
        loops: false,
        nodes: 0,
        includes: 0,
        depth: 0,
        scope: Vec::new(),
    };
    let mut document = rewriter.document(&source.document)?;
    let Rewriter { mut unread, loops, .. } = rewriter;
    for name in super::template::transforms(&document) {
        if !["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"].contains(&name) {
            unread.push(Unknown::NotRead(format!("Transform {name}")));
        }
    }
    apply_globals(&mut document);
    Ok(Rewritten { document, unread, loops })
}

#[derive(Clone, Copy, PartialEq)]
enum Level {
    Document,
    Section,
    Inside,
}

struct Rewriter<'f, 'x> {
    run: &'f mut Run<'x>,
    source: &'f Source,
    collection: &'f mut dyn FnMut(&mut Run<'_>, &Node) -> Value,
    unread: Vec<Unknown>,
    loops: bool,
    nodes: usize,
    includes: usize,
    depth: usize,
    /// The identifiers of the loops around, and their values.
    scope: Vec<(String, String)>,
}

impl Rewriter<'_, '_> {
    fn document(&mut self, document: &Node) -> Result<Node, Fault> {
        let Kind::Map(entries) = &document.kind else { return Ok(document.clone()) };
        let mut rewritten = Vec::new();
        for (key, node) in entries {
            let name = call::text(key).unwrap_or_default();
            if name == "Transform" {
                self.transforms(node, &mut rewritten)?;
                continue;
            }
            let level = if SECTIONS.contains(&name) { Level::Section } else { Level::Inside };
            match name {
                "Metadata" | "Description" | "Parameters" | "Rules" => rewritten.push((key.clone(), node.clone())),
                "Fn::Transform" => self.splice(key, node, Level::Document, &mut rewritten)?,
                _ => rewritten.push((key.clone(), self.node(node, level)?)),
            }
        }
        Ok(Node { kind: Kind::Map(rewritten), ..document.clone_outer() })
    }

    /// The section `Transform`: what it includes is put beside it, and the others stay.
    fn transforms(&mut self, node: &Node, into: &mut Vec<(Node, Node)>) -> Result<(), Fault> {
        let items = match &node.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let mut kept = Vec::new();
        for item in items {
            match self.included(item)? {
                Some(included) => {
                    let included = self.document(&included)?;
                    if let Kind::Map(entries) = included.kind {
                        into.extend(entries);
                    }
                }
                None => kept.push(item.clone()),
            }
        }
        let key = Node { kind: Kind::String("Transform".into()), ..node.clone_outer() };
        into.push((key, Node { kind: Kind::List(kept), tag: None, ..node.clone_outer() }));
        Ok(())
    }

    fn node(&mut self, node: &Node, level: Level) -> Result<Node, Fault> {
        if self.depth >= MAX_DEPTH {
            let fault =
                self.source.fault(node, format!("it nests deeper than {MAX_DEPTH} levels, its includes opened"));
            return Err(fault.help("look for a file that includes itself"));
        }
        self.depth += 1;
        let rewritten = self.rewritten(node, level);
        self.depth -= 1;
        rewritten
    }

    fn rewritten(&mut self, node: &Node, level: Level) -> Result<Node, Fault> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            let fault = self.source.fault(node, format!("its loops come to more than {MAX_NODES} values"));
            return Err(fault.help("loop over less"));
        }
        if let Some(value) = self.loop_value(node) {
            return Ok(Node { kind: Kind::String(value), tag: None, span: node.span.clone() });
        }
        let kind = match &node.kind {
            Kind::String(text) => Kind::String(self.fill(text)),
            Kind::List(items) => {
                Kind::List(items.iter().map(|item| self.node(item, Level::Inside)).collect::<Result<_, _>>()?)
            }
            Kind::Map(entries) => return self.map(node, entries, level),
            scalar => scalar.clone(),
        };
        Ok(Node { kind, ..node.clone_outer() })
    }

    fn map(&mut self, node: &Node, entries: &[(Node, Node)], level: Level) -> Result<Node, Fault> {
        if node.tag.as_deref() == Some("Transform")
            && let Some(included) = self.included(node)?
        {
            return self.node(&included, level);
        }
        if let [(key, value)] = entries
            && call::text(key) == Some("Fn::Transform")
            && level == Level::Inside
            && let Some(included) = self.included(value)?
        {
            return self.node(&included, level);
        }
        let mut rewritten = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let name = call::text(key).unwrap_or_default();
            if name.starts_with("Fn::ForEach::") {
                if let Some(unread) = self.repeat(key, value, level, &mut rewritten)? {
                    return Ok(unread);
                }
            } else if name == "<<" {
                self.merge(value, entries, &mut rewritten)?;
            } else if name == "Fn::Transform" {
                self.splice(key, value, level, &mut rewritten)?;
            } else {
                let key = Node { kind: Kind::String(self.fill(name)), ..key.clone() };
                rewritten.push((key, self.node(value, Level::Inside)?));
            }
        }
        if !self.scope.is_empty() || level == Level::Section {
            self.check_unique(&rewritten)?;
        }
        Ok(Node { kind: Kind::Map(rewritten), ..node.clone_outer() })
    }

    fn check_unique(&self, entries: &[(Node, Node)]) -> Result<(), Fault> {
        let mut names = std::collections::HashSet::new();
        match entries.iter().find(|(key, _)| !names.insert(call::text(key))) {
            Some((key, _)) => {
                let name = call::text(key).unwrap_or_default();
                let fault = self.source.fault(key, format!("`{name}` is there twice after its loops and includes"));
                Err(fault.help("let each name hold what differs"))
            }
            None => Ok(()),
        }
    }

    /// The value of a loop that `Ref` names.
    fn loop_value(&self, node: &Node) -> Option<String> {
        if self.scope.is_empty() {
            return None;
        }
        let call = Part::from(node).call().filter(|call| call.name == "Ref")?;
        let name = call.argument.text()?;
        self.scope.iter().rev().find(|(identifier, _)| identifier == name).map(|(_, value)| value.clone())
    }

    /// A text with the values of the loops around it: `${Identifier}` as it is, `&{Identifier}` without what may not
    /// stand in a logical id.
    ///
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html>
    fn fill(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (identifier, value) in self.scope.iter().rev() {
            let plain = format!("{{{identifier}}}");
            if text.contains(&plain) {
                let alphanumeric: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
                text = text.replace(&format!("${plain}"), value).replace(&format!("&{plain}"), &alphanumeric);
            }
        }
        text
    }

    /// `Fn::ForEach`: its entries are added. What it runs over may not be known: then the map as a whole is not, and a
    /// section has more than is seen.
    fn repeat(
        &mut self,
        key: &Node,
        value: &Node,
        level: Level,
        into: &mut Vec<(Node, Node)>,
    ) -> Result<Option<Node>, Fault> {
        self.loops = true;
        let name = call::text(key).unwrap_or_default();
        let malformed = || {
            let fault = self.source.fault(key, format!("`{name}` is not written as a loop"));
            fault.help("give it a list: an identifier, a collection, and a map of what to repeat")
        };
        let Kind::List(parts) = &value.kind else { return Err(malformed()) };
        let [identifier, collection, body] = parts.as_slice() else { return Err(malformed()) };
        let (Some(identifier), Kind::Map(entries)) = (call::text(identifier), &body.kind) else {
            return Err(malformed());
        };
        let identifier = identifier.to_owned();
        let collection = self.node(collection, Level::Inside)?;
        let Some(items) = self.items(&collection) else {
            let cause = Unknown::Unresolved(format!("the collection of {}", self.fill(name)));
            if level == Level::Section {
                self.unread.push(cause);
                return Ok(None);
            }
            return Ok(Some(mark(key, self.fill(name))));
        };
        for item in items {
            self.scope.push((identifier.clone(), item));
            let repeated = self.map(body, entries, Level::Inside);
            self.scope.pop();
            match repeated?.kind {
                Kind::Map(entries) => into.extend(entries),
                _ => return Ok(Some(mark(key, name.to_owned()))),
            }
        }
        Ok(None)
    }

    fn items(&mut self, collection: &Node) -> Option<Vec<String>> {
        match (self.collection)(self.run, collection) {
            Value::List(items) => items.iter().map(function::scalar).collect(),
            _ => None,
        }
    }

    /// YAML's merge key: what is not written in the map itself.
    fn merge(&mut self, value: &Node, own: &[(Node, Node)], into: &mut Vec<(Node, Node)>) -> Result<(), Fault> {
        let maps = match &value.kind {
            Kind::List(items) => items.as_slice(),
            _ => std::slice::from_ref(value),
        };
        for map in maps {
            let map = self.node(map, Level::Inside)?;
            let Kind::Map(entries) = map.kind else { continue };
            for (key, value) in entries {
                let same = |(other, _): &(Node, Node)| call::text(other) == call::text(&key);
                if !own.iter().any(same) && !into.iter().any(same) {
                    into.push((key, value));
                }
            }
        }
        Ok(())
    }

    /// `Fn::Transform` beside other keys: what it includes is put in its place.
    fn splice(&mut self, key: &Node, value: &Node, level: Level, into: &mut Vec<(Node, Node)>) -> Result<(), Fault> {
        match self.included(value)? {
            Some(included) => {
                let included =
                    if level == Level::Document { self.document(&included)? } else { self.node(&included, level)? };
                if let Kind::Map(entries) = included.kind {
                    into.extend(entries);
                }
            }
            None if level == Level::Inside => into.push((key.clone(), value.clone())),
            None => {
                let name = value.get("Name").and_then(call::text).unwrap_or("Transform");
                self.unread.push(Unknown::NotRead(format!("Transform {name}")));
            }
        }
        Ok(())
    }

    /// The content of the file that `AWS::Include` names, when it is a local one; its values stand where they are
    /// included.
    fn included(&mut self, node: &Node) -> Result<Option<Node>, Fault> {
        if node.get("Name").and_then(call::text) != Some("AWS::Include") {
            return Ok(None);
        }
        let Some(path) = node.get("Parameters").and_then(|node| node.get("Location")).and_then(call::text) else {
            return Ok(None);
        };
        self.includes += 1;
        if self.includes > MAX_INCLUDES {
            let fault = self.source.fault(node, format!("it includes more than {MAX_INCLUDES} files"));
            return Err(fault.help("look for a file that includes itself"));
        }
        match self.run.files.read(&self.source.file.name, path) {
            Ok(file) => {
                let mut included = parse(&file)?;
                stand_at(&mut included, node);
                Ok(Some(included))
            }
            Err(Refusal::Elsewhere) => Ok(None),
            Err(Refusal::Unreadable(fault)) => Err(fault),
        }
    }
}

fn stand_at(node: &mut Node, place: &Node) {
    node.span = place.span.clone();
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| stand_at(item, place)),
        Kind::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            key.span = place.span.clone();
            stand_at(value, place);
        }),
        _ => {}
    }
}

fn mark(at: &Node, what: String) -> Node {
    Node { span: at.span.clone(), tag: Some(UNREAD.to_owned()), kind: Kind::String(what) }
}

/// The `Globals` of SAM are defaults of its resources: maps are merged, lists are joined.
///
/// <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html>
fn apply_globals(document: &mut Node) {
    let Some(globals) = document.get("Globals").cloned() else { return };
    let Kind::Map(sections) = &mut document.kind else { return };
    let resources = sections.iter_mut().find(|(key, _)| call::text(key) == Some("Resources"));
    let Some((_, Node { kind: Kind::Map(resources), .. })) = resources else { return };
    for (_, resource) in resources {
        let kind = resource.get("Type").and_then(call::text).and_then(|kind| kind.strip_prefix("AWS::Serverless::"));
        let Some(defaults) = kind.and_then(|kind| globals.get(kind)) else { continue };
        let Kind::Map(entries) = &mut resource.kind else { continue };
        match entries.iter_mut().find(|(key, _)| call::text(key) == Some("Properties")) {
            Some((_, properties)) => *properties = with_defaults(defaults, properties),
            None => {
                let key = Node { kind: Kind::String("Properties".into()), ..defaults.clone_outer() };
                entries.push((key, defaults.clone()));
            }
        }
    }
}

fn with_defaults(defaults: &Node, own: &Node) -> Node {
    let computed = |node: &Node| Part::from(node).call().is_some();
    if computed(defaults) || computed(own) {
        return own.clone();
    }
    let kind = match (&defaults.kind, &own.kind) {
        (Kind::Map(defaults), Kind::Map(entries)) => {
            let mut merged: Vec<(Node, Node)> = Vec::new();
            for (key, value) in entries {
                let default = defaults.iter().find(|(name, _)| call::text(name) == call::text(key));
                merged.push((
                    key.clone(),
                    default.map_or_else(|| value.clone(), |(_, default)| with_defaults(default, value)),
                ));
            }
            let unwritten =
                defaults.iter().filter(|(key, _)| !entries.iter().any(|(own, _)| call::text(own) == call::text(key)));
            merged.extend(unwritten.cloned());
            Kind::Map(merged)
        }
        (Kind::List(defaults), Kind::List(items)) => Kind::List(defaults.iter().chain(items).cloned().collect()),
        _ => return own.clone(),
    };
    Node { kind, ..own.clone_outer() }
}

/// A node without its content, to be given another one.
trait CloneOuter {
    fn clone_outer(&self) -> Node;
}

impl CloneOuter for Node {
    fn clone_outer(&self) -> Node {
        Node { span: self.span.clone(), tag: self.tag.clone(), kind: Kind::Null }
    }
}

/// A template's document without what a loop may run through, for the evaluation of what it runs over.
pub(super) fn head(source: &Source) -> Rewritten {
    let kept = match &source.document.kind {
        Kind::Map(entries) => {
            let head = |name: &str| name == "Parameters" || name == "Mappings";
            entries.iter().filter(|(key, _)| call::text(key).is_some_and(head)).cloned().collect()
        }
        _ => Vec::new(),
    };
    let document = Node { span: 0..0, tag: None, kind: Kind::Map(kept) };
    Rewritten { document, unread: Vec::new(), loops: true }
}
