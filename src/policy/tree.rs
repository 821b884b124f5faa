//! One shape for policy documents from files, whose values have a place, and from resources, whose values may be unknown.

use std::ops::Range;
use std::sync::Arc;

use crate::model::{Unknown, Value};
use crate::syntax::{Kind, Node};

/// Deeper than any policy goes.
const MAX_DEPTH: usize = 16;

/// A value of a document.
pub(super) struct Tree {
    pub(super) span: Option<Range<usize>>,
    pub(super) shape: Shape,
}

pub(super) enum Shape {
    Text(String),
    /// A number or a Boolean, as the text that AWS takes it for.
    Scalar(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
    Null,
    Open(Arc<Unknown>),
    TooDeep,
}

impl Tree {
    pub(super) fn of_node(node: &Node) -> Self {
        Self::node(node, 0)
    }

    pub(super) fn of_value(value: &Value) -> Self {
        Self::value(value, 0)
    }

    fn node(node: &Node, depth: usize) -> Self {
        let shape = match &node.kind {
            _ if depth > MAX_DEPTH => Shape::TooDeep,
            // `!Ref X` and the like stand for a value that this document does not have.
            _ if node.tag.is_some() => {
                Shape::Open(Arc::new(Unknown::Unresolved(format!("!{}", node.tag.as_deref().unwrap_or_default()))))
            }
            Kind::Null => Shape::Null,
            Kind::String(text) => Shape::Text(text.clone()),
            Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) => Shape::Scalar(node.scalar_text().unwrap_or_default()),
            Kind::List(items) => Shape::List(items.iter().map(|item| Self::node(item, depth + 1)).collect()),
            Kind::Map(entries) => Shape::Map(
                entries
                    .iter()
                    .map(|(key, value)| (key.scalar_text().unwrap_or_default(), Self::node(value, depth + 1)))
                    .collect(),
            ),
        };
        Self { span: Some(node.span.clone()), shape }
    }

    fn value(value: &Value, depth: usize) -> Self {
        let shape = match value {
            _ if depth > MAX_DEPTH => Shape::TooDeep,
            Value::Null => Shape::Null,
            Value::Bool(value) => Shape::Scalar(value.to_string()),
            Value::Number(number) => Shape::Scalar(number.to_string()),
            Value::String(text) => Shape::Text(text.to_string()),
            Value::List(items) => Shape::List(items.iter().map(|item| Self::value(item, depth + 1)).collect()),
            Value::Map(map) => {
                Shape::Map(map.iter().map(|(key, value)| (key.to_string(), Self::value(value, depth + 1))).collect())
            }
            Value::Unknown(cause) => Shape::Open(Arc::clone(cause)),
        };
        Self { span: None, shape }
    }

    /// The items of a list, or the value as the only item.
    pub(super) fn one_or_many(&self) -> &[Tree] {
        match &self.shape {
            Shape::List(items) => items,
            _ => std::slice::from_ref(self),
        }
    }
}
