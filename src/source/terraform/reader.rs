//! Reads arguments as properties: follows references to the resources they mean, and documents into what they say.

use std::collections::BTreeMap;

use hcl_edit::expr::Expression;
use serde_json::Value as Json;

use super::argument::{Argument, State};
use super::configuration::{Resolver, Scope, Target};
use super::evaluate::{Evaluator, is_template};
use super::mapping::{Field, How, put};
use super::policy;
use crate::model::{Map, Unknown, Value};

/// The identities of each instance of a plan, by the provider's attributes.
pub(super) type Identities = Vec<BTreeMap<&'static str, Value>>;

/// What reads the arguments of one resource.
pub(super) struct Reader<'a> {
    /// Without it, references are not followed.
    pub(super) references: Option<References<'a>>,
}

/// What references mean to one resource.
pub(super) struct References<'a> {
    pub(super) resolver: &'a Resolver<'a>,
    pub(super) identities: &'a Identities,
    pub(super) scope: Scope<'a>,
    pub(super) evaluator: Evaluator<'a>,
}

fn later() -> Value {
    Value::unknown(Unknown::KnownAfterApply)
}

impl<'a> References<'a> {
    /// The identity that an argument means by a target; without an attribute, the ARN or the id.
    fn identity(&self, target: Target<'_>, wants_arn: bool) -> Option<Value> {
        let identities = self.identities.get(target.instance)?;
        let attribute = target.attribute.unwrap_or(if wants_arn { "arn" } else { "id" });
        identities.get(attribute).cloned()
    }

    fn one(&self, expression: &'a Json, wants_arn: bool) -> Option<Value> {
        self.identity(self.resolver.one(expression, &self.scope)?, wants_arn)
    }

    fn all(&self, expression: &'a Json, wants_arn: bool) -> Option<Vec<Value>> {
        let targets = self.resolver.all(expression, &self.scope)?;
        targets.into_iter().map(|target| self.identity(target, wants_arn)).collect()
    }

    /// The policy document that an expression takes from a data source.
    fn document(&self, expression: &'a Json) -> Option<Value> {
        let target = self.resolver.one(expression, &self.scope)?;
        let data = self.resolver.instances.get(target.instance)?;
        let wanted = data.is_data && data.kind == "aws_iam_policy_document" && target.attribute == Some("json");
        wanted.then(|| {
            let arguments = data.arguments(self.resolver.configuration.expressions(data));
            let references = References { scope: Scope::of(data), ..*self };
            policy::document(arguments, &Reader { references: Some(references) })
        })
    }
}

impl Reader<'_> {
    /// A reader that follows nothing.
    pub(super) const PLAIN: Reader<'static> = Reader { references: None };
}

impl<'a> Reader<'a> {
    /// What the sources say of an argument that the plan does not know.
    fn evaluated(&self, argument: Argument<'_>) -> Option<Value> {
        let references = self.references.as_ref()?;
        references.evaluator.value(argument.source()?, &references.scope)
    }

    /// The argument, and where the plan does not know it what the sources say.
    fn plain(&self, argument: Argument<'_>) -> Value {
        let value = argument.value();
        match (argument.state(), &value) {
            (State::Unknown, _) => self.evaluated(argument).unwrap_or(value),
            (State::Known(_), Value::List(items)) if value.first_unknown().is_some() => {
                match self.evaluated(argument) {
                    Some(Value::List(found)) if found.len() == items.len() => Value::List(found),
                    _ => value,
                }
            }
            _ => value,
        }
    }

    /// The argument as it is. The provider writes an empty text or list for what is not set.
    pub(super) fn value(&self, argument: Argument<'_>) -> Value {
        match self.plain(argument) {
            Value::String(text) if text.is_empty() => Value::Null,
            Value::List(items) if items.is_empty() => Value::Null,
            value => value,
        }
    }

    /// The name of another resource.
    pub(super) fn refer(&self, argument: Argument<'a>, wants_arn: bool) -> Value {
        let followed = || self.references.as_ref()?.one(argument.expression()?, wants_arn);
        match argument.state() {
            State::Unknown => {
                let is_part = argument.source().is_some_and(is_template);
                let evaluated = self.evaluated(argument);
                evaluated.or_else(|| if is_part { None } else { followed() }).unwrap_or_else(later)
            }
            _ => self.value(argument),
        }
    }

    /// The names of other resources. A plan does not tell which item of a list is which reference.
    pub(super) fn refers(&self, argument: Argument<'a>, wants_arn: bool) -> Value {
        let followed = || self.references.as_ref()?.all(argument.expression()?, wants_arn);
        match argument.state() {
            State::Unknown => {
                let evaluated = self.evaluated(argument);
                let whole = evaluated.clone().filter(|value| value.first_unknown().is_none());
                let followed = || followed().map(Value::list);
                whole.or_else(followed).or(evaluated).unwrap_or_else(later)
            }
            State::Known(_) => {
                let items = argument.items();
                let all_unknown = items.iter().all(|item| matches!(item.state(), State::Unknown));
                match followed() {
                    Some(found) if all_unknown && found.len() == items.len() => Value::list(found),
                    _ => self.value(argument),
                }
            }
            _ => argument.value(),
        }
    }

    /// A JSON document.
    pub(super) fn document(&self, argument: Argument<'a>) -> Value {
        let followed = || self.references.as_ref()?.document(argument.expression()?);
        let evaluated = || {
            let references = self.references.as_ref()?;
            references.evaluator.document(argument.source()?, &references.scope)
        };
        match argument.state() {
            State::Unknown => {
                let is_reference = argument.source().is_none_or(|source| matches!(source, Expression::Traversal(_)));
                let followed = || if is_reference { followed() } else { None };
                evaluated().or_else(followed).unwrap_or_else(later)
            }
            State::Known(Json::String(text)) if text.is_empty() => Value::Null,
            State::Known(Json::String(text)) => serde_json::from_str::<Json>(text)
                .map_or_else(|_| Value::unknown(Unknown::NotRead("a document that is not JSON".into())), Value::from),
            _ => argument.value(),
        }
    }

    /// The properties that the fields of a table give.
    pub(super) fn fields(&self, fields: &[Field], arguments: Argument<'a>) -> Map {
        let mut map = Map::new();
        for field in fields {
            let value = self.field(field, arguments.at(field.from));
            match (field.to, value) {
                ("", Value::Map(inner)) => map.extend(inner.iter().map(|(key, value)| (key.clone(), value.clone()))),
                (path, value) => put(&mut map, path, value),
            }
        }
        map
    }

    fn field(&self, field: &Field, argument: Argument<'a>) -> Value {
        let wants_arn = field.from.ends_with("arn");
        match &field.how {
            How::Is => self.value(argument),
            How::Refer => self.refer(argument, wants_arn),
            How::Refers => self.refers(argument, wants_arn),
            How::Document => self.document(argument),
            How::Always(value) => value.value(),
            How::Or(default) => match self.value(argument) {
                Value::Null => default.value(),
                value => value,
            },
            How::Custom(read) => read(argument, self),
            How::Words(words) => translated(words, self.value(argument)),
            How::Block(fields) => match argument.blocks().state() {
                State::Known(Json::Array(items)) if items.is_empty() => Value::Null,
                State::Known(Json::Array(_) | Json::Object(_)) => self.map(fields, argument),
                _ => argument.blocks().value(),
            },
            How::Blocks(fields) => match argument.blocks().state() {
                State::Known(Json::Array(items)) if items.is_empty() => Value::Null,
                State::Known(Json::Array(_) | Json::Object(_)) => {
                    Value::list(argument.items().into_iter().map(|item| self.item(fields, item)))
                }
                _ => argument.blocks().value(),
            },
        }
    }

    fn item(&self, fields: &[Field], item: Argument<'a>) -> Value {
        match item.state() {
            State::Known(_) => self.map(fields, item),
            _ => item.value(),
        }
    }

    fn map(&self, fields: &[Field], arguments: Argument<'a>) -> Value {
        Value::Map(self.fields(fields, arguments).into())
    }
}

/// The word for a word or flag; one that the table lacks stays.
fn translated(words: &[(&str, &str)], value: Value) -> Value {
    let word = match &value {
        Value::String(word) => &**word,
        Value::Bool(true) => "true",
        Value::Bool(false) => "false",
        _ => return value,
    };
    match words.iter().find(|(from, _)| *from == word) {
        Some((_, "true")) => true.into(),
        Some((_, "false")) => false.into(),
        Some((_, to)) => (*to).into(),
        None => value,
    }
}
