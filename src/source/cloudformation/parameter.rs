//! The parameters of a template: what they may hold, and the value they have where nobody gives one.

use crate::model::Value;
use crate::syntax::{Kind, Node};

/// A declared parameter.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    list: bool,
    /// Its value is the name of a parameter of Systems Manager, which holds what `Ref` gives.
    pub stored: bool,
    pub default: Option<String>,
    pub allowed: Vec<String>,
    /// `NoEcho`: it may be a secret.
    pub secret: bool,
}

impl Parameter {
    pub(super) fn of(node: &Node) -> Self {
        let kind = node.get("Type").and_then(Node::scalar_text).unwrap_or_default();
        let allowed = match node.get("AllowedValues").map(|node| &node.kind) {
            Some(Kind::List(items)) => items.iter().filter_map(Node::scalar_text).collect(),
            _ => Vec::new(),
        };
        Self {
            list: kind == "CommaDelimitedList" || kind.contains("List<"),
            stored: kind.starts_with("AWS::SSM::Parameter::Value<"),
            default: node.get("Default").and_then(default),
            allowed,
            secret: node
                .get("NoEcho")
                .and_then(Node::scalar_text)
                .is_some_and(|text| text.eq_ignore_ascii_case("true")),
        }
    }

    /// What `Ref` gives for a value: lists are given as one text, and numbers stay texts.
    pub(super) fn value(&self, text: &str) -> Value {
        if self.list { Value::list(text.split(',').map(|item| Value::from(item.trim()))) } else { text.into() }
    }
}

fn default(node: &Node) -> Option<String> {
    match &node.kind {
        Kind::List(items) => Some(items.iter().filter_map(Node::scalar_text).collect::<Vec<_>>().join(",")),
        _ => node.scalar_text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{SourceFile, parse};

    fn parameter(text: &str) -> Parameter {
        Parameter::of(&parse(&SourceFile::new("t.yaml", text)).unwrap())
    }

    #[test]
    fn types_decide_whether_a_value_is_a_list() {
        for kind in ["CommaDelimitedList", "List<Number>", "List<AWS::EC2::Subnet::Id>"] {
            let list = parameter(&format!("Type: {kind}"));
            assert_eq!(list.value("a, b"), Value::list(["a".into(), "b".into()]), "{kind}");
            assert!(!list.stored);
        }
        assert_eq!(parameter("Type: Number").value("8080"), "8080".into());
        assert!(parameter("Type: AWS::SSM::Parameter::Value<List<String>>").stored);
    }

    #[test]
    fn scalars_of_any_kind_are_defaults_and_allowed_values() {
        let parameter = parameter("{Type: String, Default: true, AllowedValues: [true, false, 1], NoEcho: 'true'}");
        assert_eq!(parameter.default.as_deref(), Some("true"));
        assert_eq!(parameter.allowed, ["true", "false", "1"]);
        assert!(parameter.secret);
    }
}
