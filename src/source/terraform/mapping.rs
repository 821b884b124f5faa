//! How the provider's resource types become CloudFormation's: the vocabulary of the tables in [`super::map`].

use super::argument::Argument;
use super::reader::Reader;
use crate::model::{Map, Value};

/// One resource type of the provider.
#[derive(Debug)]
pub(super) struct Mapping {
    /// The provider's name, as in `aws_s3_bucket`.
    pub(super) kind: &'static str,
    pub(super) target: Target,
    pub(super) fields: &'static [Field],
}

/// What a resource of the provider comes to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    /// A resource.
    Resource(Identity),
    /// Properties of the resource of the type `of` that the argument `parent` names.
    Part { parent: &'static str, of: &'static str, how: Merge },
}

/// What identifies a resource.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity {
    /// CloudFormation's type.
    pub(super) kind: &'static str,
    /// Whether it belongs to no region.
    pub(super) is_global: bool,
    /// The provider's attributes that identify it, each with CloudFormation's property or attribute; `Ref` for what
    /// `Ref` gives.
    pub(super) own: &'static [(&'static str, &'static str)],
}

/// How the properties of a part come to its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Merge {
    /// They are the parent's.
    Set,
    /// They are items of the parent's lists.
    Add,
}

/// One argument, and the property that it becomes. Both are paths; an empty one is the whole.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) how: How,
}

/// What reads an argument that no table can describe.
pub(super) type Read = for<'a> fn(Argument<'a>, &Reader<'a>) -> Value;

/// What the provider sends for a setting that is not set.
#[derive(Clone, Copy, Debug)]
pub(super) enum Default {
    Flag(bool),
    Text(&'static str),
    /// A list without items.
    Nothing,
}

impl Default {
    pub(super) fn value(self) -> Value {
        match self {
            Self::Flag(flag) => flag.into(),
            Self::Text(text) => text.into(),
            Self::Nothing => Value::list([]),
        }
    }
}

#[derive(Debug)]
pub(super) enum How {
    /// As it is.
    Is,
    /// It names another resource.
    Refer,
    /// Its items name other resources.
    Refers,
    /// A JSON document as text.
    Document,
    /// Other words for the same; `true` and `false` stand for the flags.
    Words(&'static [(&'static str, &'static str)]),
    /// A nested block, which is there even when nothing is set in it.
    Block(&'static [Field]),
    /// Nested blocks as a list.
    Blocks(&'static [Field]),
    /// What is so for every resource of the type.
    Always(Default),
    /// As it is; where it is not set, the provider itself sends this.
    Or(Default),
    /// What no table can say.
    Custom(Read),
}

impl Mapping {
    pub(super) const fn resource(
        kind: &'static str,
        of: &'static str,
        own: &'static [(&'static str, &'static str)],
        fields: &'static [Field],
    ) -> Self {
        Self { kind, target: Target::Resource(Identity { kind: of, is_global: false, own }), fields }
    }

    pub(super) const fn global(
        kind: &'static str,
        of: &'static str,
        own: &'static [(&'static str, &'static str)],
        fields: &'static [Field],
    ) -> Self {
        Self { kind, target: Target::Resource(Identity { kind: of, is_global: true, own }), fields }
    }

    /// A resource whose properties are the parent's.
    pub(super) const fn part(
        kind: &'static str,
        of: &'static str,
        parent: &'static str,
        fields: &'static [Field],
    ) -> Self {
        Self { kind, target: Target::Part { parent, of, how: Merge::Set }, fields }
    }

    /// A resource that is an item of the parent's lists.
    pub(super) const fn item(
        kind: &'static str,
        of: &'static str,
        parent: &'static str,
        fields: &'static [Field],
    ) -> Self {
        Self { kind, target: Target::Part { parent, of, how: Merge::Add }, fields }
    }
}

const fn field(from: &'static str, to: &'static str, how: How) -> Field {
    Field { from, to, how }
}

pub(super) const fn is(from: &'static str, to: &'static str) -> Field {
    field(from, to, How::Is)
}

pub(super) const fn refer(from: &'static str, to: &'static str) -> Field {
    field(from, to, How::Refer)
}

pub(super) const fn refers(from: &'static str, to: &'static str) -> Field {
    field(from, to, How::Refers)
}

pub(super) const fn document(from: &'static str, to: &'static str) -> Field {
    field(from, to, How::Document)
}

pub(super) const fn words(
    from: &'static str,
    to: &'static str,
    words: &'static [(&'static str, &'static str)],
) -> Field {
    field(from, to, How::Words(words))
}

/// What is so for every resource of the type.
pub(super) const fn always(to: &'static str, value: Default) -> Field {
    field("", to, How::Always(value))
}

pub(super) const fn block(from: &'static str, to: &'static str, fields: &'static [Field]) -> Field {
    field(from, to, How::Block(fields))
}

pub(super) const fn blocks(from: &'static str, to: &'static str, fields: &'static [Field]) -> Field {
    field(from, to, How::Blocks(fields))
}

/// A setting for which the provider itself sends a value where the configuration gives none.
pub(super) const fn or(from: &'static str, to: &'static str, default: Default) -> Field {
    field(from, to, How::Or(default))
}

pub(super) const fn custom(from: &'static str, to: &'static str, read: Read) -> Field {
    field(from, to, How::Custom(read))
}

/// The tags of a resource with those that the provider adds to all.
pub(super) const TAGS: Field = field("", "Tags", How::Custom(tags));

fn tags<'a>(resource: Argument<'a>, reader: &Reader<'a>) -> Value {
    let all = resource.at("tags_all");
    let tags = match reader.value(all) {
        // Computed, and so never written: what is not known of it comes from `tags` or the provider's default tags.
        Value::Null => reader.value(resource.at("tags")),
        known => known,
    };
    match tags {
        Value::Map(tags) => Value::list(
            tags.iter().map(|(key, value)| Value::map([("Key", key.as_ref().into()), ("Value", value.clone())])),
        ),
        other => other,
    }
}

/// Puts a value at a path of names, unless it is null. What is unknown as a whole stays so.
pub(super) fn put(map: &mut Map, path: &str, value: Value) {
    if matches!(value, Value::Null) {
        return;
    }
    let Some((head, rest)) = path.split_once('.') else {
        map.insert(path.into(), value);
        return;
    };
    let inner = map.entry(head.into()).or_insert_with(|| Value::Map(std::sync::Arc::default()));
    if let Value::Map(inner) = inner {
        put(std::sync::Arc::make_mut(inner), rest, value);
    }
}
