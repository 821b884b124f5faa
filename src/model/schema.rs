//! Which properties a resource type has: CloudFormation's own, plus what live accounts give beyond them.
//!
//! This module is responsible for reading the two embedded tables, `data/cfn-properties.txt.zst`
//! (written by `scripts/cfn_properties.py`, which describes the syntax) and `data/extra-properties.txt`
//! (kept by hand), for telling whether a property path exists, and which name was probably meant, and for the types
//! that values have in CloudFormation.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::sync::OnceLock;

static CFN_TABLE: &[u8] = include_bytes!("../../data/cfn-properties.txt.zst");
static EXTRA_TABLE: &str = include_str!("../../data/extra-properties.txt");

/// Names that are less alike than this are not worth a suggestion.
const LEAST_SIMILARITY: f64 = 0.8;

/// Why an embedded table cannot be read. Only a broken build can cause it.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    #[error("decompress the table of CloudFormation properties")]
    Decompress(#[source] io::Error),
    #[error("read the table of CloudFormation properties as text")]
    Text(#[from] std::string::FromUtf8Error),
    #[error("find a type name and its regions in `{0}`")]
    Line(String),
}

/// A step from a value to a value inside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// A property of an object.
    Key(String),
    /// An element of a list.
    Item,
}

/// What the tables say about a property path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PropertyCheck {
    Known,
    UnknownType,
    /// The path leads nowhere from segment number `at` on; `nearest` is the name that was probably meant there.
    Unknown {
        at: usize,
        nearest: Option<String>,
    },
}

/// The properties of every resource type.
#[derive(Debug, Clone, Copy)]
pub struct CfnSchema {
    /// CloudFormation's table first; each sorted by type name.
    tables: [&'static [Line]; 2],
}

impl CfnSchema {
    /// Decompresses and indexes the tables on the first call; later calls cost nothing.
    pub fn load() -> Result<Self, SchemaError> {
        static SCHEMA: OnceLock<CfnSchema> = OnceLock::new();

        if let Some(schema) = SCHEMA.get() {
            return Ok(*schema);
        }
        let bytes = zstd::decode_all(CFN_TABLE).map_err(SchemaError::Decompress)?;
        // Leaked because it lives as long as the embedded tables do.
        let text = String::from_utf8(bytes)?.leak();
        let tables: [&[Line]; 2] = [lines(text)?.leak(), lines(EXTRA_TABLE)?.leak()];
        Ok(*SCHEMA.get_or_init(|| Self { tables }))
    }

    /// Whether any of the tables has the type.
    pub fn knows_type(&self, type_name: &str) -> bool {
        self.lines_of(type_name).next().is_some()
    }

    /// Whether CloudFormation has the type in Tokyo and in Osaka, in this order; `None` for a type that it lacks.
    pub fn regions(&self, type_name: &str) -> Option<(bool, bool)> {
        let line = self.cloudformation(type_name)?;
        Some((line.regions.contains('T'), line.regions.contains('O')))
    }

    /// The properties that identify a resource of a type of CloudFormation's.
    pub fn identifiers(&self, type_name: &str) -> impl Iterator<Item = &'static str> {
        let line = self.cloudformation(type_name);
        line.into_iter().flat_map(|line| line.identifiers.split(',')).filter(|name| !name.is_empty())
    }

    /// The properties of a type of CloudFormation's, without what live accounts give beyond them; `None` for a type
    /// that it lacks. A type is parsed once.
    pub fn properties(&self, type_name: &str) -> Option<&'static Node> {
        Some(self.cloudformation(type_name)?.node())
    }

    /// Follows `path` from the properties of a type.
    pub fn check(&self, type_name: &str, path: &[Segment]) -> PropertyCheck {
        if !self.knows_type(type_name) {
            return PropertyCheck::UnknownType;
        }
        let mut root = Node::default();
        for line in self.lines_of(type_name) {
            root.merge(line.parse());
        }
        root.follow(path)
    }

    fn cloudformation(&self, type_name: &str) -> Option<&'static Line> {
        let [table, _] = self.tables;
        line_of(table, type_name)
    }

    fn lines_of(&self, type_name: &str) -> impl Iterator<Item = &'static Line> {
        self.tables.into_iter().filter_map(move |table| line_of(table, type_name))
    }
}

fn line_of(table: &'static [Line], type_name: &str) -> Option<&'static Line> {
    let found = table.binary_search_by(|line| line.type_name.cmp(type_name));
    table.get(found.ok()?)
}

/// The line of a type; its body is parsed only when somebody asks for the type.
#[derive(Debug)]
struct Line {
    type_name: &'static str,
    regions: &'static str,
    /// The names of the properties that identify a resource, with commas between them.
    identifiers: &'static str,
    body: &'static str,
    node: OnceLock<Node>,
}

impl Line {
    fn parse(&self) -> Node {
        Node::body(&mut { self.body })
    }

    fn node(&self) -> &Node {
        self.node.get_or_init(|| self.parse())
    }
}

/// The lines of a table, without its header.
fn lines(text: &'static str) -> Result<Vec<Line>, SchemaError> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let malformed = || SchemaError::Line(line.to_owned());
            let (type_name, rest) = line.split_once(' ').ok_or_else(malformed)?;
            let (place, body) = rest.split_once(' ').unwrap_or((rest, ""));
            let (regions, identifiers) = place.split_once(':').unwrap_or((place, ""));
            match regions {
                "T" | "O" | "TO" => Ok(Line { type_name, regions, identifiers, body, node: OnceLock::new() }),
                _ => Err(malformed()),
            }
        })
        .collect()
}

/// The type of a scalar.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    #[default]
    Text,
    Boolean,
    Integer,
    Number,
    /// One of several types, or one that the schema does not say; on a list, a scalar in its place.
    Several,
}

impl Scalar {
    fn of_mark(mark: char) -> Option<Self> {
        match mark {
            '?' => Some(Self::Boolean),
            '#' => Some(Self::Integer),
            '%' => Some(Self::Number),
            '^' => Some(Self::Several),
            _ => None,
        }
    }
}

/// What may stand at one place of a resource: several of these where the schema has alternatives.
#[derive(Debug, Default)]
pub struct Node {
    /// What it is when it is neither free-form nor an object nor a list.
    scalar: Scalar,
    /// Free-form: every path below exists.
    any: bool,
    properties: BTreeMap<&'static str, Node>,
    item: Option<Box<Node>>,
}

impl Node {
    /// The type of the value where only a scalar may stand.
    pub fn scalar(&self) -> Option<Scalar> {
        (!self.any && self.properties.is_empty() && self.item.is_none()).then_some(self.scalar)
    }

    /// Whether nothing is known of what is below.
    pub fn is_free(&self) -> bool {
        self.any && self.properties.is_empty() && self.item.is_none()
    }

    pub fn property(&self, name: &str) -> Option<&Node> {
        self.properties.get(name)
    }

    /// The items, where a list may stand.
    pub fn item(&self) -> Option<&Node> {
        self.item.as_deref()
    }

    /// Whether only a list may stand here.
    pub fn is_list(&self) -> bool {
        self.item.is_some() && !self.any && self.properties.is_empty() && self.scalar != Scalar::Several
    }

    /// Reads properties up to a closing bracket or the end.
    // INVARIANT: the tables are well-formed; a test parses every line to its end.
    fn body(rest: &mut &'static str) -> Self {
        let mut node = Self::suffix(rest);
        loop {
            *rest = rest.trim_start_matches(' ');
            let end = rest.find([' ', '*', '(', ')', '[', ']', '?', '#', '%', '^']).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            if name.is_empty() {
                return node;
            }
            *rest = after;
            node.properties.insert(name, Self::suffix(rest));
        }
    }

    /// Reads what follows a property's name: the mark of a scalar, `*`, `(…)`, `[…]`, nothing, or several of them.
    fn suffix(rest: &mut &'static str) -> Self {
        let mut node = Self::default();
        loop {
            let mark = rest.chars().next().and_then(Scalar::of_mark);
            if let (Some(scalar), Some(after)) = (mark, rest.get(1..)) {
                *rest = after;
                node.scalar = scalar;
            } else if let Some(after) = rest.strip_prefix('*') {
                *rest = after;
                node.any = true;
            } else if let Some(after) = rest.strip_prefix('(') {
                *rest = after;
                node.merge(Self::body(rest));
                *rest = rest.strip_prefix(')').unwrap_or(rest);
            } else if let Some(after) = rest.strip_prefix('[') {
                *rest = after;
                node.item = Some(Box::new(Self::body(rest)));
                *rest = rest.strip_prefix(']').unwrap_or(rest);
            } else {
                return node;
            }
        }
    }

    fn merge(&mut self, other: Self) {
        self.any |= other.any;
        if self.scalar != other.scalar {
            self.scalar = Scalar::Several;
        }
        for (name, node) in other.properties {
            match self.properties.entry(name) {
                Entry::Vacant(place) => drop(place.insert(node)),
                Entry::Occupied(mut place) => place.get_mut().merge(node),
            }
        }
        match (&mut self.item, other.item) {
            (Some(item), Some(other)) => item.merge(*other),
            (None, other) => self.item = other,
            (Some(_), None) => {}
        }
    }

    fn follow(&self, path: &[Segment]) -> PropertyCheck {
        let mut node = self;
        for (at, segment) in path.iter().enumerate() {
            if node.any {
                return PropertyCheck::Known;
            }
            let (next, nearest) = match segment {
                Segment::Key(key) => (node.properties.get(key.as_str()), node.nearest(key)),
                Segment::Item => (node.item.as_deref(), None),
            };
            match next {
                Some(next) => node = next,
                None => return PropertyCheck::Unknown { at, nearest },
            }
        }
        PropertyCheck::Known
    }

    /// The property name most like `key`, without regard to case.
    fn nearest(&self, key: &str) -> Option<String> {
        let key = key.to_lowercase();
        self.properties
            .keys()
            .map(|name| (strsim::jaro_winkler(&key, &name.to_lowercase()), *name))
            .filter(|(similarity, _)| *similarity >= LEAST_SIMILARITY)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, name)| name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::PropertyCheck::{Known, UnknownType};
    use super::*;

    /// Checks a path such as `SecurityGroupIngress[].CidrIp`.
    fn check(type_name: &str, path: &str) -> PropertyCheck {
        let mut segments = Vec::new();
        for part in path.split('.') {
            segments.push(Segment::Key(part.trim_end_matches("[]").to_owned()));
            segments.extend(part.matches("[]").map(|_| Segment::Item));
        }
        CfnSchema::load().unwrap().check(type_name, &segments)
    }

    #[test]
    fn types_and_their_regions() {
        let schema = CfnSchema::load().unwrap();
        assert!(schema.knows_type("AWS::S3::Bucket"));
        assert!(schema.knows_type("AWS::::Account"));
        assert_eq!(schema.regions("AWS::S3::Bucket"), Some((true, true)));
        assert_eq!(schema.regions("AWS::DAX::Cluster"), Some((true, false)));
        assert_eq!(schema.regions("AWS::S3::Bucke"), None);
        assert_eq!(check("AWS::S3::Bucke", "Arn"), UnknownType);
    }

    #[test]
    fn properties_that_exist() {
        for (type_name, path) in [
            // Nested lists and objects.
            ("AWS::EC2::SecurityGroup", "SecurityGroupIngress[].CidrIp"),
            ("AWS::S3::Bucket", "OwnershipControls.Rules[].ObjectOwnership"),
            // Beyond CloudFormation, also inside a property that it has.
            ("AWS::IAM::User", "LoginProfile.Password"),
            ("AWS::IAM::User", "LoginProfile.CreateDate"),
            ("AWS::::Account", "SummaryMap.AccountMFAEnabled"),
            // Free-form.
            ("AWS::S3::BucketPolicy", "PolicyDocument.Statement[].Effect"),
        ] {
            assert_eq!(check(type_name, path), Known, "{type_name} {path}");
        }
    }

    #[test]
    fn an_unknown_property_comes_with_the_nearest_name() {
        for (type_name, path, at, nearest) in [
            ("AWS::EC2::Volume", "Encryptd", 0, Some("Encrypted")),
            ("AWS::EC2::Volume", "Encrypted.Below", 1, None),
            ("AWS::EC2::Volume", "Zzz", 0, None),
            ("AWS::IAM::User", "MfaDevices[]", 0, Some("MFADevices")),
            ("AWS::IAM::User", "Tags[].key", 2, Some("Key")),
            ("AWS::IAM::User", "Tags.Key", 1, None),
            ("AWS::IAM::User", "UserName[]", 1, None),
        ] {
            let nearest = nearest.map(str::to_owned);
            let expected = PropertyCheck::Unknown { at, nearest };
            assert_eq!(check(type_name, path), expected, "{type_name} {path}");
        }
    }

    #[test]
    fn both_tables_are_sorted_and_well_formed() {
        for table in CfnSchema::load().unwrap().tables {
            assert!(table.is_sorted_by(|a, b| a.type_name < b.type_name));
            for line in table {
                let mut rest = line.body;
                Node::body(&mut rest);
                assert_eq!(rest, "", "{}", line.type_name);
                for (open, close) in [('(', ')'), ('[', ']')] {
                    let count = |bracket: char| line.body.matches(bracket).count();
                    assert_eq!(count(open), count(close), "{}", line.type_name);
                }
            }
        }
    }
}
