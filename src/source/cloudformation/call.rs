//! Intrinsic functions as they are written: the short form with a tag, and the long one, a map of one key.

use crate::syntax::{Kind, Node};

/// A function and what it is applied to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    /// Without `Fn::`, as in `GetAtt`; `Ref` and `Condition` as they are.
    pub name: &'a str,
    pub argument: Part<'a>,
}

/// A value of a template. The content of the short form is the same node without its tag.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub node: &'a Node,
    bare: bool,
}

impl<'a> From<&'a Node> for Part<'a> {
    fn from(node: &'a Node) -> Self {
        Self { node, bare: false }
    }
}

impl<'a> Part<'a> {
    /// The function that this is a call of, if it is one.
    pub(super) fn call(self) -> Option<Call<'a>> {
        if let (false, Some(tag)) = (self.bare, &self.node.tag) {
            let name = tag.strip_prefix("Fn::").unwrap_or(tag);
            return Some(Call { name, argument: Part { node: self.node, bare: true } });
        }
        match &self.node.kind {
            Kind::Map(entries) => match entries.as_slice() {
                [(key, value)] => {
                    let key = text(key)?;
                    let name = key.strip_prefix("Fn::").or((key == "Ref").then_some(key))?;
                    Some(Call { name, argument: value.into() })
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The condition that `{Condition: NAME}` names; a call only where conditions are asked for, since policies have a
    /// `Condition` as well.
    pub(super) fn condition(self) -> Option<&'a str> {
        match (self.call(), &self.node.kind) {
            (Some(Call { name: "Condition", argument }), _) => argument.text(),
            (None, Kind::Map(entries)) => match entries.as_slice() {
                [(key, value)] if text(key) == Some("Condition") => text(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// The items of a list that is written out.
    pub(super) fn items(self) -> Option<&'a [Node]> {
        match &self.node.kind {
            Kind::List(items) if self.call().is_none() => Some(items),
            _ => None,
        }
    }

    /// A text that is written out.
    pub(super) fn text(self) -> Option<&'a str> {
        if self.call().is_some() { None } else { text(self.node) }
    }
}

/// The text of a node, its tag aside.
pub(super) fn text(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::String(text) => Some(text),
        _ => None,
    }
}

/// The resource and the attribute of an `Fn::GetAtt`: `A.B.C`, `[A, B.C]`; the attribute may be a call.
pub(super) fn get_att(argument: Part<'_>) -> Option<(Part<'_>, Result<&str, Part<'_>>)> {
    if let Some(items) = argument.items() {
        let [resource, attribute] = items else { return None };
        let attribute = Part::from(attribute);
        return Some((resource.into(), attribute.text().ok_or(attribute)));
    }
    let (_, attribute) = argument.text()?.split_once('.')?;
    Some((argument, Ok(attribute)))
}

/// A piece of the text of an `Fn::Sub`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a str),
    /// `${Name}`.
    Name(&'a str),
}

/// The pieces of the text of an `Fn::Sub`. `${!Literal}` stands for `${Literal}`.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html>
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, from) = rest.split_at(start);
        let Some(end) = from.find('}') else { break };
        let name = &from[2..end];
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        match name.strip_prefix('!') {
            Some(literal) => pieces.extend([Piece::Text("${"), Piece::Text(literal), Piece::Text("}")]),
            None if name.trim().is_empty() => pieces.push(Piece::Text(&from[..=end])),
            None => pieces.push(Piece::Name(name.trim())),
        }
        rest = &from[end + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// What an expression refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reference<'a> {
    /// By `Ref`, `Fn::GetAtt` or `Fn::Sub`.
    Name(&'a str),
    /// By `Fn::If`.
    Condition(&'a str),
}

/// Calls `found` with each thing that the expression refers to.
pub(super) fn references<'a>(part: Part<'a>, found: &mut impl FnMut(Reference<'a>)) {
    let mut name = |text: &'a str| found(Reference::Name(text.split('.').next().unwrap_or(text)));
    let Some(Call { name: function, argument }) = part.call() else { return inside(part, found) };
    match function {
        "Ref" => argument.text().into_iter().for_each(name),
        "GetAtt" => get_att(argument).and_then(|(resource, _)| resource.text()).into_iter().for_each(name),
        "Sub" => {
            let text = argument.text().or_else(|| argument.items()?.first().and_then(text));
            for piece in text.map(pieces).unwrap_or_default() {
                if let Piece::Name(text) = piece {
                    name(text);
                }
            }
        }
        "If" => {
            let condition = argument.items().and_then(|items| items.first()).and_then(text);
            condition.into_iter().for_each(|name| found(Reference::Condition(name)));
        }
        _ => {}
    }
    if argument.text().is_none() {
        references(argument, found);
    }
}

fn inside<'a>(part: Part<'a>, found: &mut impl FnMut(Reference<'a>)) {
    match &part.node.kind {
        Kind::List(items) => items.iter().for_each(|item| references(item.into(), found)),
        Kind::Map(entries) => entries.iter().for_each(|(_, value)| references(value.into(), found)),
        _ => {}
    }
}

/// How a call is named to a person: `Ref Env`, `GetAtt Key.Arn`, `Select(0, Ref List)`.
pub(super) fn describe(part: Part<'_>) -> String {
    let mut text = String::new();
    write(part, &mut text);
    text
}

/// Beyond this, what is left out is marked: the text names an expression, and does not repeat it.
const LONGEST: usize = 120;

/// As [`describe`], for people: cut to a line.
pub(super) fn name(part: Part<'_>) -> String {
    let text = describe(part);
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn write(part: Part<'_>, into: &mut String) {
    match part.call() {
        Some(Call { name, argument }) => {
            into.push_str(name);
            match argument.node.scalar_text() {
                Some(text) if argument.call().is_none() => {
                    into.push(' ');
                    into.push_str(&text);
                }
                _ => {
                    into.push('(');
                    separated(argument, into);
                    into.push(')');
                }
            }
        }
        None => separated(part, into),
    }
}

fn separated(part: Part<'_>, into: &mut String) {
    if part.call().is_some() {
        return write(part, into);
    }
    match &part.node.kind {
        Kind::List(items) => {
            for (index, item) in items.iter().enumerate() {
                into.push_str(if index == 0 { "" } else { ", " });
                write(item.into(), into);
            }
        }
        Kind::Map(entries) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                into.push_str(if index == 0 { "" } else { ", " });
                into.push_str(text(key).unwrap_or_default());
                into.push_str(": ");
                write(value.into(), into);
            }
        }
        _ => into.push_str(&part.node.scalar_text().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{SourceFile, parse};

    fn node(text: &str) -> Node {
        parse(&SourceFile::new("t.yaml", text)).unwrap()
    }

    #[test]
    fn the_short_and_the_long_form_are_one() {
        for text in ["!GetAtt A.B.C", "{\"Fn::GetAtt\": A.B.C}", "Fn::GetAtt: A.B.C"] {
            let node = node(text);
            let call = Part::from(&node).call().unwrap();
            assert_eq!((call.name, call.argument.text()), ("GetAtt", Some("A.B.C")), "{text}");
        }
        assert!(Part::from(&node("{Ref: A, B: c}")).call().is_none());
        assert!(Part::from(&node("Condition: {Bool: {}}")).call().is_none());
    }

    #[test]
    fn sub_is_cut_into_names_and_texts() {
        use Piece::{Name, Text};
        assert_eq!(pieces("a${B}c${D.E}"), [Text("a"), Name("B"), Text("c"), Name("D.E")]);
        assert_eq!(pieces("${!Lit}"), [Text("${"), Text("Lit"), Text("}")]);
        assert_eq!(pieces("$ {x ${open"), [Text("$ {x ${open")]);
        assert_eq!(pieces("${}"), [Text("${}")]);
    }

    #[test]
    fn every_reference_is_found() {
        let text = "{a: !Ref A, b: [!GetAtt B.X, !GetAtt [C, Y]], c: !Sub ['${D} ${E.Z} ${v}', {v: !Ref F}], d: !If [Q, !Ref G, 1]}";
        let node = node(text);
        let mut names = Vec::new();
        references((&node).into(), &mut |reference| {
            names.push(match reference {
                Reference::Name(name) => name,
                Reference::Condition(_) => "?",
            });
        });
        assert_eq!(names, ["A", "B", "C", "D", "E", "v", "F", "?", "G"]);
    }

    #[test]
    fn a_call_has_a_name_for_people() {
        assert_eq!(describe((&node("!Select [0, !Ref L]")).into()), "Select(0, Ref L)");
        assert_eq!(describe((&node("!Base64 {'Fn::Sub': x}")).into()), "Base64(Sub x)");
    }
}
