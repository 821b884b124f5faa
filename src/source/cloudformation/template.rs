//! A template as it is written: its sections, its resources in an order in which each comes after what it refers to, and
//! the places of its values.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::model::{Place, Unknown};
use crate::syntax::{Fault, Faults, Kind, Node, SourceFile};

use super::call::{self, Part, Reference};
use super::order;
use super::parameter::Parameter;
use super::rewrite::Rewritten;

/// More faults than this of one template are not told.
pub(super) const MAX_FAULTS: usize = 10;

/// A template's file.
#[derive(Debug)]
pub(super) struct Source {
    pub file: SourceFile,
    pub document: Node,
    /// Tells it from any other template that is read.
    pub key: String,
    /// Where all of it stands, when it is a text inside another file.
    within: Option<Place>,
    /// The byte offset at which each line begins.
    lines: Vec<usize>,
    /// How many characters begin before each block of bytes.
    blocks: Vec<usize>,
}

/// A line may be as long as the file, so that columns are not counted from where it begins.
const BLOCK: usize = 1024;

impl Source {
    pub(super) fn new(key: String, file: SourceFile, document: Node) -> Self {
        let breaks = file.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(offset, _)| offset + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        let mut blocks = vec![0];
        for block in file.text.as_bytes().chunks(BLOCK) {
            blocks.push(blocks.last().copied().unwrap_or_default() + characters(block));
        }
        Self { key, within: None, file, document, lines, blocks }
    }

    /// A template that is a text of another file: it stands there as a whole.
    pub(super) fn inside(self, file: Arc<str>, place: Place) -> Self {
        let named = SourceFile { name: file, ..self.file };
        Self { within: Some(place), file: named, ..self }
    }

    /// The text in which the places lie, when it is at hand.
    pub(super) fn shown_text(&self) -> Option<Arc<str>> {
        self.within.is_none().then(|| self.file.text.clone())
    }

    /// The place of a range of bytes, without the blanks at its end.
    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        if let Some(place) = self.within {
            return place;
        }
        let written = self.file.text.as_bytes().get(span.clone()).unwrap_or_default().trim_ascii_end();
        let (line, column) = self.position(span.start);
        let (end_line, end_column) = self.position(span.start + written.len());
        Place { line, column, end_line, end_column }
    }

    fn position(&self, offset: usize) -> (u32, u32) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let column = 1 + self.characters_before(offset).saturating_sub(self.characters_before(start));
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    fn characters_before(&self, offset: usize) -> usize {
        let offset = offset.min(self.file.text.len());
        let block = offset / BLOCK;
        let rest = self.file.text.as_bytes().get(block * BLOCK..offset).unwrap_or_default();
        self.blocks.get(block).copied().unwrap_or_default() + characters(rest)
    }

    pub(super) fn fault(&self, node: &Node, message: impl Into<String>) -> Fault {
        if let Some(place) = self.within {
            let line = place.line;
            return Fault::of_file(
                &self.file.name,
                format!("in the template inside, at line {line}: {}", message.into()),
            );
        }
        Fault::at(&self.file, node.span.clone(), message)
    }
}

/// How many characters begin in some bytes: each has exactly one byte that does not continue another.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xc0) != 0x80).count()
}

/// A resource as it is declared.
#[derive(Debug)]
pub(super) struct Declaration {
    pub id: String,
    pub kind: String,
    /// Where it stands among the entries of `Resources`.
    entry: usize,
}

/// The entries of a section by name.
type Section = HashMap<String, usize>;

/// A template, ready to be evaluated.
#[derive(Debug)]
pub(super) struct Template {
    pub source: Arc<Source>,
    /// The document after everything that rewrites it, where something does.
    rewritten: Option<Node>,
    pub parameters: BTreeMap<String, Parameter>,
    pub resources: Vec<Declaration>,
    by_id: HashMap<String, usize>,
    /// Resources, each after those it refers to.
    pub order: Vec<usize>,
    /// Whether that is not possible, unless a condition breaks the circle.
    pub circular: bool,
    /// The conditions that resources hang on.
    pub deciding: Vec<String>,
    /// Whether it has loops, which may run otherwise another time.
    pub loops: bool,
    sections: [Section; 2],
    /// What may add resources, or change them, unseen.
    pub unread: Vec<Unknown>,
    /// Whether `AWS::Serverless-2016-10-31` makes resources out of others.
    pub serverless: bool,
}

const SECTIONS: [&str; 2] = ["Conditions", "Mappings"];

impl Template {
    /// Reads the sections of a document; `rewritten` is the document after its loops and includes.
    ///
    /// # Errors
    /// Sections and resources that are not maps, a resource without a type, and conditions that refer to each other in a
    /// circle or to one that there is not.
    pub(super) fn new(source: Arc<Source>, rewritten: Option<Rewritten>) -> Result<Self, Faults> {
        let (rewritten, unread, loops) = match rewritten {
            Some(Rewritten { document, unread, loops }) => (Some(document), unread, loops),
            None => (None, Vec::new(), false),
        };
        let document = rewritten.as_ref().unwrap_or(&source.document);
        let mut faults = Vec::new();
        for name in ["Parameters", "Mappings", "Conditions", "Resources", "Outputs"] {
            if let Some(node) = document.get(name).filter(|node| !matches!(node.kind, Kind::Map(_) | Kind::Null)) {
                faults.push(source.fault(node, format!("`{name}` is not a map")));
            }
        }
        let parameters = entries(document.get("Parameters"));
        let parameters = parameters.map(|(name, node)| (name.to_owned(), Parameter::of(node))).collect();
        let resources = declarations(&source, document, &mut faults);
        let sections = SECTIONS.map(|name| section(document, name));
        let transforms = transforms(document);
        let mut template = Self {
            by_id: resources.iter().enumerate().map(|(index, resource)| (resource.id.clone(), index)).collect(),
            serverless: transforms.iter().any(|name| *name == "AWS::Serverless-2016-10-31"),
            order: Vec::new(),
            circular: false,
            deciding: Vec::new(),
            loops,
            source: source.clone(),
            rewritten: None,
            parameters,
            resources,
            sections,
            unread,
        };
        template.rewritten = rewritten;
        template.check_conditions(&mut faults);
        faults.truncate(MAX_FAULTS);
        Faults::check(faults)?;
        template.order_resources();
        Ok(template)
    }

    pub(super) fn document(&self) -> &Node {
        self.rewritten.as_ref().unwrap_or(&self.source.document)
    }

    pub(super) fn resource(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// What is written of a resource.
    pub(super) fn body(&self, resource: usize) -> Option<&(Node, Node)> {
        match &self.document().get("Resources")?.kind {
            Kind::Map(entries) => entries.get(self.resources.get(resource)?.entry),
            _ => None,
        }
    }

    pub(super) fn condition(&self, name: &str) -> Option<&Node> {
        self.entry(0, name)
    }

    pub(super) fn mapping(&self, name: &str) -> Option<&Node> {
        self.entry(1, name)
    }

    pub(super) fn outputs(&self) -> impl Iterator<Item = (&str, &Node)> {
        entries(self.document().get("Outputs"))
    }

    fn entry(&self, section: usize, name: &str) -> Option<&Node> {
        match &self.document().get(SECTIONS[section])?.kind {
            Kind::Map(entries) => entries.get(*self.sections[section].get(name)?).map(|(_, node)| node),
            _ => None,
        }
    }

    /// Every condition that a condition refers to must be there, and no circle among them.
    fn check_conditions(&self, faults: &mut Vec<Fault>) {
        let nodes: Vec<(&str, &Node)> = entries(self.document().get("Conditions")).collect();
        let index: HashMap<&str, usize> = nodes.iter().enumerate().map(|(at, (name, _))| (*name, at)).collect();
        let mut edges = Vec::new();
        for (_, node) in &nodes {
            let mut named = Vec::new();
            conditions_within((*node).into(), &mut |name, at| match index.get(name) {
                Some(condition) => named.push(*condition),
                None if self.unread.is_empty() && faults.len() < MAX_FAULTS => {
                    faults.push(self.source.fault(at, format!("there is no condition `{name}`")));
                }
                None => {}
            });
            edges.push(named);
        }
        if let Some((name, node)) = order::postorder(&edges).1.and_then(|at| nodes.get(at)) {
            faults.push(self.source.fault(node, format!("the condition `{name}` refers to itself in a circle")));
        }
    }

    fn order_resources(&mut self) {
        let mut deciding = BTreeSet::new();
        let mut edges = Vec::with_capacity(self.resources.len());
        for resource in 0..self.resources.len() {
            let mut named = Vec::new();
            let body = self.body(resource).map(|(_, body)| body);
            deciding.extend(body.and_then(|body| body.get("Condition")).and_then(call::text));
            let properties = body.and_then(|body| body.get("Properties")).map(Part::from);
            let mut found = |reference| match reference {
                Reference::Name(name) => named.extend(self.resource(name)),
                Reference::Condition(name) => {
                    deciding.insert(name);
                }
            };
            properties.into_iter().for_each(|part| call::references(part, &mut found));
            edges.push(named);
        }
        let there = |name: &&str| self.condition(name).is_some();
        let deciding = deciding.into_iter().filter(there).map(str::to_owned).collect();
        let (order, circle) = order::postorder(&edges);
        (self.order, self.circular, self.deciding) = (order, circle.is_some(), deciding);
    }
}

/// The entries of a section that is a map.
pub(super) fn entries(section: Option<&Node>) -> impl Iterator<Item = (&str, &Node)> {
    let entries = match section.map(|node| &node.kind) {
        Some(Kind::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().filter_map(|(key, node)| Some((call::text(key)?, node)))
}

fn section(document: &Node, name: &str) -> Section {
    entries(document.get(name)).enumerate().map(|(at, (name, _))| (name.to_owned(), at)).collect()
}

fn declarations(source: &Source, document: &Node, faults: &mut Vec<Fault>) -> Vec<Declaration> {
    let mut declarations = Vec::new();
    for (entry, (id, node)) in entries(document.get("Resources")).enumerate() {
        if id.starts_with("Fn::") {
            continue;
        }
        match node.get("Type").and_then(call::text) {
            Some(kind) => declarations.push(Declaration { id: id.to_owned(), kind: kind.to_owned(), entry }),
            None if faults.len() < MAX_FAULTS => faults.push(
                source.fault(node, format!("the resource `{id}` has no type")).help("give it a `Type`, as a text"),
            ),
            None => {}
        }
    }
    declarations
}

/// The names of the transforms of a document; one that is written in another way is `Transform`.
pub(super) fn transforms(document: &Node) -> Vec<&str> {
    fn one(node: &Node) -> &str {
        let name = Part::from(node).text().or_else(|| node.get("Name").and_then(call::text));
        name.unwrap_or("Transform")
    }
    match document.get("Transform") {
        None => Vec::new(),
        Some(Node { kind: Kind::List(items), .. }) => items.iter().map(one).collect(),
        Some(node) => vec![one(node)],
    }
}

/// Calls `found` with each condition that is named, and the value that names it.
fn conditions_within<'a>(part: Part<'a>, found: &mut impl FnMut(&'a str, &'a Node)) {
    if let Some(name) = part.condition() {
        return found(name, part.node);
    }
    let inside = part.call().map_or(part, |call| call.argument);
    match &inside.node.kind {
        Kind::List(items) => items.iter().for_each(|item| conditions_within(item.into(), found)),
        Kind::Map(entries) => entries.iter().for_each(|(_, value)| conditions_within(value.into(), found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let source = Source::new(
            "t".into(),
            SourceFile::new("t", "あ: いう\nb: c\n"),
            crate::syntax::parse(&SourceFile::new("t", "")).unwrap(),
        );
        let place = source.place(&(5..11));
        assert_eq!((place.line, place.column, place.end_line, place.end_column), (1, 4, 1, 6));
        let place = source.place(&(12..16));
        assert_eq!((place.line, place.column, place.end_line, place.end_column), (2, 1, 2, 5));
    }
}
