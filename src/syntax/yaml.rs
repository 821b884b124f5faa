//! YAML text to a tree of located values.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, Tag};

use super::{Fault, SourceFile};

/// How deep a document may nest.
const MAX_DEPTH: usize = 64;
/// How many values a document may hold, aliases expanded.
const MAX_NODES: usize = 1_000_000;

/// A value and the byte range it was written in.
#[derive(Clone, Debug)]
pub struct Node {
    pub span: Range<usize>,
    /// A local tag without its `!`, as in `Ref`.
    pub tag: Option<String>,
    pub kind: Kind,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(String),
    List(Vec<Node>),
    /// In the order of the file; keys are unique.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text of a scalar as it would be written plainly.
    pub fn scalar_text(&self) -> Option<String> {
        match &self.kind {
            Kind::String(text) => Some(text.clone()),
            Kind::Int(number) => Some(number.to_string()),
            Kind::Float(number) => Some(number.to_string()),
            Kind::Bool(value) => Some(value.to_string()),
            Kind::Null | Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The value of a key of a map.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries
                .iter()
                .find(|(name, _)| matches!(&name.kind, Kind::String(text) if text == key))
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

/// Reads the only document of a file.
///
/// # Errors
/// Text that is not YAML, a second document, a duplicate key, or more nesting or values than the limits allow.
pub fn parse(file: &SourceFile) -> Result<Node, Fault> {
    let mut builder = Builder::new(file);
    for item in Parser::new_from_str(&file.text) {
        let (event, span) = item.map_err(|error| builder.scan_fault(&error))?;
        builder.take(event, span)?;
    }
    let empty = Node { span: 0..0, tag: None, kind: Kind::Null };
    Ok(builder.document.unwrap_or(empty))
}

/// A list or map whose end has not been seen yet.
struct Open {
    start: Range<usize>,
    anchor: usize,
    tag: Option<String>,
    kind: Kind,
    key: Option<Node>,
    keys: HashSet<String>,
}

struct Builder<'a> {
    file: &'a SourceFile,
    /// The byte offset of each character, unless they are the same.
    offsets: Option<Vec<usize>>,
    stack: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    document: Option<Node>,
}

impl<'a> Builder<'a> {
    fn new(file: &'a SourceFile) -> Self {
        let offsets = (!file.text.is_ascii()).then(|| file.text.char_indices().map(|(offset, _)| offset).collect());
        Self { file, offsets, stack: Vec::new(), anchors: HashMap::new(), nodes: 0, document: None }
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let range = self.byte(&span.start)..self.byte(&span.end);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = local_tag(tag.as_deref());
                let kind = if tag.is_none() && style == ScalarStyle::Plain {
                    plain_scalar(&text)
                } else {
                    Kind::String(text.into_owned())
                };
                self.count(1, &range)?;
                self.add(Node { span: range, tag, kind }, anchor)
            }
            Event::SequenceStart(anchor, tag) => self.open(range, anchor, tag.as_deref(), Kind::List(Vec::new())),
            Event::MappingStart(anchor, tag) => self.open(range, anchor, tag.as_deref(), Kind::Map(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end),
            Event::Alias(anchor) => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(Fault::at(self.file, range, "an alias to an anchor that is not finished"));
                };
                self.count(size, &range)?;
                self.add(Node { span: range, ..node }, 0)
            }
            Event::DocumentStart(_) if self.document.is_some() => {
                Err(Fault::at(self.file, range, "a second document").help("keep one document in a file"))
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn open(&mut self, start: Range<usize>, anchor: usize, tag: Option<&Tag>, kind: Kind) -> Result<(), Fault> {
        self.count(1, &start)?;
        if self.stack.len() >= MAX_DEPTH {
            return Err(Fault::at(self.file, start, format!("it nests deeper than {MAX_DEPTH} levels")));
        }
        self.stack.push(Open { start, anchor, tag: local_tag(tag), kind, key: None, keys: HashSet::new() });
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), Fault> {
        let Some(open) = self.stack.pop() else { return Ok(()) };
        let span = open.start.start..end.max(open.start.end);
        self.add(Node { span, tag: open.tag, kind: open.kind }, open.anchor)
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Fault> {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), size_of_tree(&node)));
        }
        let file = self.file;
        match self.stack.last_mut() {
            None => self.document = Some(node),
            Some(Open { kind: Kind::List(items), .. }) => items.push(node),
            Some(Open { kind: Kind::Map(entries), key, keys, .. }) => match key.take() {
                None => *key = Some(map_key(file, node)?),
                Some(name) => {
                    let text = name.scalar_text().unwrap_or_default();
                    let message = format!("the key `{text}` stands twice");
                    if !keys.insert(text) {
                        return Err(Fault::at(file, name.span, message).help("remove one of them"));
                    }
                    entries.push((name, node));
                }
            },
            Some(_) => {}
        }
        Ok(())
    }

    fn count(&mut self, nodes: usize, at: &Range<usize>) -> Result<(), Fault> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            let message = format!("it holds more than {MAX_NODES} values, aliases expanded");
            return Err(Fault::at(self.file, at.clone(), message));
        }
        Ok(())
    }

    fn scan_fault(&self, error: &ScanError) -> Fault {
        let at = self.byte(error.marker());
        Fault::at(self.file, at..at + 1, format!("it is not valid YAML: {}", error.info()))
    }

    fn byte(&self, marker: &Marker) -> usize {
        let end = self.file.text.len();
        match &self.offsets {
            None => marker.index().min(end),
            Some(offsets) => offsets.get(marker.index()).copied().unwrap_or(end),
        }
    }
}

fn size_of_tree(node: &Node) -> usize {
    1 + match &node.kind {
        Kind::List(items) => items.iter().map(size_of_tree).sum(),
        Kind::Map(entries) => entries.iter().map(|(_, value)| 1 + size_of_tree(value)).sum(),
        _ => 0,
    }
}

fn map_key(file: &SourceFile, node: Node) -> Result<Node, Fault> {
    match node.scalar_text() {
        Some(text) => Ok(Node { kind: Kind::String(text), ..node }),
        None => Err(Fault::at(file, node.span, "a key must be a plain text")),
    }
}

fn local_tag(tag: Option<&Tag>) -> Option<String> {
    tag.filter(|tag| tag.handle == "!").map(|tag| tag.suffix.clone())
}

/// The core schema of YAML 1.2: `yes`, `on` and `012` are texts.
fn plain_scalar(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => number(text).unwrap_or_else(|| Kind::String(text.to_owned())),
    }
}

/// A decimal number; one with a leading zero stays a text, for account ids are written like that.
fn number(text: &str) -> Option<Kind> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if leading_zero || !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if let Ok(number) = text.parse() {
        return Some(Kind::Int(number));
    }
    let float = digits.bytes().all(|byte| byte.is_ascii_digit() || b".eE+-".contains(&byte));
    text.parse().ok().filter(|number: &f64| float && number.is_finite()).map(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Node, Fault> {
        parse(&SourceFile::new("test.yaml", text))
    }

    #[test]
    fn values_know_their_place() {
        let text = "名前: あ\nitems:\n  - one\n  - 0123\n";
        let node = read(text).unwrap();
        let Kind::List(items) = &node.get("items").unwrap().kind else { panic!("{node:?}") };
        assert_eq!(&text[items[0].span.clone()], "one");
        assert!(matches!(&items[1].kind, Kind::String(id) if id == "0123"));
    }

    #[test]
    fn a_duplicate_key_is_named_with_its_line() {
        assert_eq!(read("a: 1\nb: 2\na: 3\n").unwrap_err().to_string(), "test.yaml:3: the key `a` stands twice");
    }

    #[test]
    fn aliases_cannot_explode() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..10 {
            let alias = format!("*a{}", level - 1);
            text += &format!("a{level}: &a{level} [{}]\n", vec![alias; 10].join(", "));
        }
        assert!(read(&text).unwrap_err().message().contains("values"));
    }

    #[test]
    fn deep_nesting_is_refused() {
        let text = "[".repeat(100_000);
        assert!(read(&text).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = read(&text);
        }

        #[test]
        fn no_yaml_like_text_makes_it_panic(text in "([a-c]: |- |\\[|\\]|\\{|\\}|&a |\\*a|!t |\n| {1,4}|\"|'|#|\\||あ){0,60}") {
            let _ = read(&text);
        }
    }
}
