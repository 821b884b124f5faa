//! The planned arguments of a resource: each with whether it is known, whether it is a secret, and whether the
//! configuration sets it.
//!
//! A plan writes a resource in four trees of one shape: its values (`after`), what of them is known after the apply
//! only (`after_unknown`), what is sensitive (`after_sensitive`), and the expressions of its configuration. This module
//! walks them together. An argument that is not known *and* not set by the configuration is filled in by AWS, like a
//! property that a template does not write: it is absent. One that is set and not known is
//! [`Unknown::KnownAfterApply`].
//!
//! The configuration of a plan leaves out `dynamic` blocks, and one whose number of blocks is not known looks like blocks
//! that nobody wrote and AWS fills in. Only the sources tell them apart: where they do not show the resource, blocks that
//! are not known are not taken for unset.
//!
//! The shapes: <https://developer.hashicorp.com/terraform/internals/json-format>.

use std::slice;

use hcl_edit::expr::Expression;
use serde_json::Value as Json;

use super::hcl::Written as Block;
use crate::model::{Map, Unknown, Value};

static NULL: Json = Json::Null;

/// One argument, block or list item of a resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Argument<'a> {
    value: &'a Json,
    unknown: &'a Json,
    sensitive: &'a Json,
    written: Written<'a>,
    source: Source<'a>,
}

/// What the sources show of an argument.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source<'a> {
    /// They do not tell: they do not lie beside the plan, or `dynamic` blocks make it.
    Hidden,
    /// They show that nothing sets it.
    Unset,
    Block(&'a Block),
    /// Blocks of one name, of which a plan does not tell which is which.
    Blocks(&'a [Block]),
    Expression(&'a Expression),
}

impl<'a> Source<'a> {
    fn get(self, key: &str) -> Self {
        match self {
            Self::Block(block) | Self::Blocks([block]) => block.source(key),
            Self::Unset => self,
            _ => Self::Hidden,
        }
    }
}

/// What the configuration says of an argument.
#[derive(Clone, Copy, Debug)]
pub(super) enum Written<'a> {
    /// Nothing sets it.
    No,
    /// An expression sets it.
    Expression(&'a Json),
    /// A block: one of these bodies, of which the plan does not tell which.
    Bodies(&'a [Json]),
    /// The plan does not tell, as inside `dynamic` blocks.
    Unsure,
}

/// What is known of an argument.
#[derive(Clone, Copy, Debug)]
pub(super) enum State<'a> {
    Absent,
    /// Parts of it may still be unknown.
    Known(&'a Json),
    Withheld,
    Unknown,
}

impl<'a> Argument<'a> {
    /// The arguments of a resource; without a configuration nothing is taken for unset.
    pub(super) fn of(
        value: &'a Json,
        unknown: &'a Json,
        sensitive: &'a Json,
        expressions: Option<&'a Json>,
        source: Source<'a>,
    ) -> Self {
        let written = expressions.map_or(Written::Unsure, |body| Written::Bodies(slice::from_ref(body)));
        Self { value, unknown, sensitive, written, source }
    }

    pub(super) fn state(self) -> State<'a> {
        if self.unknown == &Json::Bool(true) {
            return if matches!(self.written, Written::No) { State::Absent } else { State::Unknown };
        }
        match self.value {
            Json::Null => State::Absent,
            _ if self.sensitive == &Json::Bool(true) => State::Withheld,
            known => State::Known(known),
        }
    }

    /// The expression that sets it.
    pub(super) fn expression(self) -> Option<&'a Json> {
        match self.written {
            Written::Expression(expression) => Some(expression),
            _ => None,
        }
    }

    /// The expression that sets it in the sources, unless what it gives is a secret.
    pub(super) fn source(self) -> Option<&'a Expression> {
        match self.source {
            _ if self.sensitive == &Json::Bool(true) => None,
            Source::Expression(expression) => Some(expression),
            _ => None,
        }
    }

    /// It as nested blocks.
    pub(super) fn blocks(self) -> Self {
        if matches!(self.source, Source::Hidden) { self.unsure() } else { self }
    }

    /// Whether the configuration certainly sets it.
    pub(super) fn is_written(self) -> bool {
        matches!(self.written, Written::Expression(_) | Written::Bodies(_))
    }

    /// What is not known here is set by something that the plan does not show.
    pub(super) fn unsure(self) -> Self {
        match self.written {
            Written::No => Self { written: Written::Unsure, ..self },
            _ => self,
        }
    }

    /// The argument at a path of names; blocks on the way are entered, in a list of blocks the first.
    pub(super) fn at(self, path: &str) -> Self {
        match path.split_once('.') {
            Some((head, rest)) => self.get(head).blocks().at(rest),
            None if path.is_empty() => self,
            None => self.get(path),
        }
    }

    fn get(self, key: &str) -> Self {
        let block = if self.value.is_array() { self.item(0) } else { self };
        let source = block.source.get(key);
        let written = match block.written {
            // Something of it is known, so something sets it, and perhaps this too.
            Written::No if block.unknown != &Json::Bool(true) => Written::Unsure,
            Written::Bodies(bodies) => match (written_in(bodies, key), block.source) {
                // The sources show more than the plan.
                (Written::No, Source::Block(_) | Source::Blocks(_)) if !matches!(source, Source::Unset) => {
                    Written::Unsure
                }
                (written, _) => written,
            },
            same => same,
        };
        Argument {
            value: block.value.get(key).unwrap_or(&NULL),
            unknown: inner(block.unknown, |tree| tree.get(key)),
            sensitive: inner(block.sensitive, |tree| tree.get(key)),
            written,
            source,
        }
    }

    fn item(self, index: usize) -> Self {
        let length = self.value.as_array().map_or(0, Vec::len);
        let written = match self.written {
            Written::Expression(_) => self.written,
            Written::Bodies(bodies) if bodies.len() == length => self.written,
            _ if length == 0 => Written::No,
            _ => Written::Unsure,
        };
        let source = match self.source {
            Source::Blocks(blocks) if blocks.len() == 1 && length <= 1 => self.source,
            Source::Block(_) | Source::Unset if length <= 1 => self.source,
            _ => Source::Hidden,
        };
        Argument {
            value: self.value.get(index).unwrap_or(&NULL),
            unknown: inner(self.unknown, |tree| tree.get(index)),
            sensitive: inner(self.sensitive, |tree| tree.get(index)),
            written,
            source,
        }
    }

    /// The items of a known list, and a single block as the only item of one.
    pub(super) fn items(self) -> Vec<Self> {
        match self.value {
            Json::Null => Vec::new(),
            Json::Array(items) => (0..items.len()).map(|index| self.item(index)).collect(),
            _ => vec![self],
        }
    }

    /// The items of a list that keeps the order of its blocks.
    pub(super) fn items_in_order(self) -> Vec<Self> {
        let items = self.items();
        match self.source {
            Source::Blocks(blocks) if blocks.len() == items.len() => {
                let paired = items.into_iter().zip(blocks);
                paired.map(|(item, block)| Self { source: Source::Block(block), ..item }).collect()
            }
            _ => items,
        }
    }

    /// The whole of it as a value.
    pub(super) fn value(self) -> Value {
        match self.state() {
            State::Absent => Value::Null,
            State::Withheld => Value::unknown(Unknown::Withheld),
            State::Unknown => Value::unknown(Unknown::KnownAfterApply),
            State::Known(Json::Array(_)) => Value::list(self.items().into_iter().map(Self::value)),
            State::Known(Json::Object(object)) => {
                let absent_but_unknown = self.unknown.as_object().into_iter().flat_map(serde_json::Map::keys);
                let keys = object.keys().chain(absent_but_unknown.filter(|key| !object.contains_key(*key)));
                let entries = keys.map(|key| (key.as_str().into(), self.get(key).value()));
                Value::Map(entries.filter(|(_, value)| !matches!(value, Value::Null)).collect::<Map>().into())
            }
            State::Known(scalar) => scalar.clone().into(),
        }
    }

    /// The text of it, where it is known.
    pub(super) fn text(self) -> Option<&'a str> {
        match self.state() {
            State::Known(known) => known.as_str(),
            _ => None,
        }
    }
}

/// What a marking tree says of a part: a marked whole marks its parts.
fn inner<'a>(tree: &'a Json, get: impl Fn(&'a Json) -> Option<&'a Json>) -> &'a Json {
    match tree {
        Json::Bool(_) => tree,
        _ => get(tree).unwrap_or(&NULL),
    }
}

/// What the bodies of a block say of an argument. Where they disagree it is not known which of them is meant.
fn written_in<'a>(bodies: &'a [Json], key: &str) -> Written<'a> {
    let mut found = bodies.iter().map(|body| body.get(key));
    let Some(first) = found.next() else { return Written::Unsure };
    match first {
        _ if found.any(|other| other != first) => Written::Unsure,
        None => Written::No,
        Some(Json::Array(inner)) => Written::Bodies(inner),
        Some(object @ Json::Object(entries)) => {
            let expression = ["references", "constant_value"].iter().any(|name| entries.contains_key(*name));
            if expression || entries.is_empty() {
                Written::Expression(object)
            } else {
                Written::Bodies(slice::from_ref(object))
            }
        }
        Some(_) => Written::Unsure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(after: &Json, unknown: &Json, expressions: &Json, path: &str) -> Value {
        Argument::of(after, unknown, &NULL, Some(expressions), Source::Hidden).at(path).value()
    }

    fn later() -> Value {
        Value::unknown(Unknown::KnownAfterApply)
    }

    #[test]
    fn what_is_not_known_is_absent_where_the_configuration_does_not_set_it() {
        let unknown = json!({"kms_key_id": true, "encrypted": true});
        let expressions = json!({"kms_key_id": {"references": ["aws_kms_key.k.arn", "aws_kms_key.k"]}});
        assert_eq!(read(&json!({}), &unknown, &expressions, "kms_key_id"), later());
        assert_eq!(read(&json!({}), &unknown, &expressions, "encrypted"), Value::Null);
    }

    #[test]
    fn dynamic_blocks_that_the_sources_show_are_not_taken_for_unset() {
        let (unknown, body) = (json!({"ingress": true, "rule": [{"port": true}]}), json!({}));
        let after = json!({"rule": [{}]});
        let block = |text: &str| Block::parse(text).unwrap();
        let read = |source: Source<'_>, path: &str| {
            Argument::of(&after, &unknown, &NULL, Some(&body), source).at(path).blocks().value()
        };
        let unset = block("resource a b {\n  rule {\n  }\n}\n");
        assert_eq!(read(Source::Block(&unset), "ingress"), Value::Null);
        let dynamic = block("resource a b {\n  dynamic ingress {\n  }\n  rule {\n    dynamic port {\n    }\n  }\n}\n");
        assert_eq!(read(Source::Block(&dynamic), "ingress"), later());
        assert_eq!(read(Source::Block(&dynamic), "rule.port"), later());
        assert_eq!(read(Source::Hidden, "ingress"), later(), "without the sources it may be either");
    }

    #[test]
    fn the_same_holds_inside_blocks() {
        let after = json!({"metadata_options": [{"http_endpoint": null, "http_tokens": null}]});
        let unknown = json!({"metadata_options": [{"http_endpoint": true, "http_tokens": true}]});
        let expressions = json!({"metadata_options": [{"http_tokens": {"references": ["var.tokens"]}}]});
        assert_eq!(read(&after, &unknown, &expressions, "metadata_options.http_tokens"), later());
        assert_eq!(read(&after, &unknown, &expressions, "metadata_options.http_endpoint"), Value::Null);
    }

    #[test]
    fn blocks_that_the_configuration_does_not_show_are_not_taken_for_unset() {
        let after = json!({"ingress": [{"cidr_blocks": null, "from_port": 22}]});
        let unknown = json!({"ingress": [{"cidr_blocks": true}]});
        assert_eq!(read(&after, &unknown, &json!({}), "ingress.cidr_blocks"), later());
        assert_eq!(read(&after, &unknown, &json!({}), "ingress.from_port"), Value::from(22));
    }

    #[test]
    fn of_several_blocks_that_differ_it_is_not_known_which_is_meant() {
        let after = json!({"rule": [{"a": null, "b": null}, {"a": null, "b": null}]});
        let unknown = json!({"rule": [{"a": true, "b": true}, {"a": true, "b": true}]});
        let expressions = json!({"rule": [{"a": {"references": ["var.x"]}}, {}]});
        assert_eq!(read(&after, &unknown, &expressions, "rule.a"), later());
        assert_eq!(read(&after, &unknown, &expressions, "rule.b"), Value::Null);
    }

    #[test]
    fn secrets_are_withheld_whether_the_whole_or_a_part() {
        let after = json!({"password": "hunter2", "env": {"A": "b", "C": "d"}, "none": null});
        let sensitive = json!({"password": true, "env": {"A": true}, "none": true});
        let root = Argument::of(&after, &NULL, &sensitive, None, Source::Hidden);
        assert_eq!(root.at("password").value(), Value::unknown(Unknown::Withheld));
        assert_eq!(root.at("env").value().get("A"), Some(&Value::unknown(Unknown::Withheld)));
        assert_eq!(root.at("env").value().get("C"), Some(&"d".into()));
        assert_eq!(root.at("none").value(), Value::Null);
    }

    #[test]
    fn without_a_configuration_nothing_is_taken_for_unset() {
        let root = Argument::of(&NULL, &NULL, &NULL, None, Source::Hidden);
        assert_eq!(root.at("a.b").value(), Value::Null);
        let unknown = json!({"a": true});
        assert_eq!(Argument::of(&NULL, &unknown, &NULL, None, Source::Hidden).at("a").value(), later());
    }
}
