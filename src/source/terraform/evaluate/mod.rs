//! What expressions of the sources give, where a plan leaves an argument unknown.
//!
//! A plan does not know the policy of a bucket that is yet to be created, as it names the bucket. The sources show how it
//! comes about: this evaluates literals, templates, `jsonencode`, and references to planned resources, variables, locals,
//! outputs and what the provider says of the account. Anything else is unknown, and so is every text that it is part of;
//! other functions, conditions and loops are not evaluated.
//!
//! Source of the language: <https://developer.hashicorp.com/terraform/language/expressions>.

use std::cell::Cell;

use hcl_edit::Number;
use hcl_edit::expr::{Expression, FuncCall, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::template::{Element, Strip};
use serde_json::{Map as JsonMap, Value as Json};

use super::address::Step;
use super::argument::State;
use super::configuration::{Resolver, Scope};
use super::hcl::Sources;
use super::plan::path;
use super::reader::Identities;
use crate::model::{Map, Unknown, Value};

/// Stands in a text for a part that is not known. A text of the sources that holds it becomes unknown, no more.
const UNKNOWN: char = '\u{F8FF}';

/// Beyond these, what one argument comes to is unknown.
const MAX_STEPS: usize = 10_000;
const MAX_DEPTH: usize = 64;
const MAX_BYTES: usize = 1 << 20;

/// Beyond this many steps for a whole plan, nothing more is evaluated.
pub(super) const MAX_STEPS_OF_ALL: usize = 20_000_000;

/// What expressions of one resource may refer to.
#[derive(Clone, Copy)]
pub(super) struct Evaluator<'a> {
    pub(super) sources: &'a Sources,
    pub(super) resolver: &'a Resolver<'a>,
    pub(super) identities: &'a Identities,
    /// The values of the root module's variables.
    pub(super) variables: &'a Json,
    pub(super) account: &'a str,
    pub(super) partition: &'a str,
    /// Nothing where it is not known.
    pub(super) region: Option<&'a str>,
    /// The key of the provider's configuration.
    pub(super) provider: Option<&'a str>,
    /// The steps that are left for the plan.
    pub(super) left: &'a Cell<usize>,
}

/// Where an expression stands.
#[derive(Clone, Default)]
struct Place {
    modules: Vec<Name>,
    key: Option<String>,
}

/// A name, perhaps with a key as addresses write it.
#[derive(Clone)]
struct Name {
    name: String,
    key: Option<String>,
}

impl Place {
    fn of(scope: &Scope<'_>) -> Self {
        let name = |step: &Step<'_>| Name { name: step.name.to_owned(), key: step.key.map(str::to_owned) };
        Self { modules: scope.modules.iter().map(name).collect(), key: scope.key.map(str::to_owned) }
    }

    fn scope(&self) -> Scope<'_> {
        let modules = self.modules.iter().map(|name| Step { name: &name.name, key: name.key.as_deref() });
        Scope { modules: modules.collect(), key: self.key.as_deref() }
    }

    fn path(&self) -> String {
        path(&self.scope().modules)
    }
}

/// Whether an expression is a text of which references are but a part.
pub(super) fn is_template(expression: &Expression) -> bool {
    match expression {
        Expression::StringTemplate(template) => {
            !matches!(template.iter().collect::<Vec<_>>().as_slice(), [Element::Interpolation(_)])
        }
        Expression::HeredocTemplate(_) => true,
        _ => false,
    }
}

impl Evaluator<'_> {
    /// What an expression gives, perhaps with unknown parts; nothing where nothing of it is known.
    pub(super) fn value(&self, expression: &Expression, scope: &Scope<'_>) -> Option<Value> {
        match known(self.json(expression, scope)) {
            Value::Unknown(_) => None,
            value => Some(value),
        }
    }

    /// The JSON document that an expression gives as text.
    pub(super) fn document(&self, expression: &Expression, scope: &Scope<'_>) -> Option<Value> {
        let Json::String(text) = self.json(expression, scope) else { return None };
        match known(serde_json::from_str(&text).ok()?) {
            Value::Unknown(_) => None,
            value => Some(value),
        }
    }

    fn json(&self, expression: &Expression, scope: &Scope<'_>) -> Json {
        Run { with: *self, steps: 0, bytes: 0 }.expression(expression, &Place::of(scope), 0)
    }
}

/// A value, with what is not known told from what is. It is nested no deeper than an expression or a document may be.
fn known(json: Json) -> Value {
    let unknown = || Value::unknown(Unknown::KnownAfterApply);
    match json {
        Json::String(text) if text.contains(UNKNOWN) => unknown(),
        Json::Array(items) => Value::list(items.into_iter().map(known)),
        Json::Object(entries) if entries.keys().any(|key| key.contains(UNKNOWN)) => unknown(),
        Json::Object(entries) => {
            let entries = entries.into_iter().map(|(key, value)| (key.as_str().into(), known(value)));
            Value::Map(entries.collect::<Map>().into())
        }
        scalar => scalar.into(),
    }
}

fn unknown() -> Json {
    Json::String(UNKNOWN.into())
}

/// One evaluation, with what it has cost.
struct Run<'a> {
    with: Evaluator<'a>,
    steps: usize,
    bytes: usize,
}

impl Run<'_> {
    fn expression(&mut self, expression: &Expression, place: &Place, depth: usize) -> Json {
        if !self.may_spend(0) || depth > MAX_DEPTH {
            return unknown();
        }
        let depth = depth + 1;
        match expression {
            Expression::Null(_) => Json::Null,
            Expression::Bool(flag) => Json::Bool(*flag.value()),
            Expression::Number(number) => self::number(number.value()),
            Expression::String(text) => self.text(text.value().clone()),
            Expression::Parenthesis(inner) => self.expression(inner.inner(), place, depth),
            Expression::Array(items) => items.iter().map(|item| self.expression(item, place, depth)).collect(),
            Expression::Object(entries) => {
                let entries = entries.iter().map(|(key, value)| {
                    let key = match key {
                        ObjectKey::Ident(name) => name.as_str().to_owned(),
                        ObjectKey::Expression(key) => part(&self.expression(key, place, depth)),
                    };
                    (key, self.expression(value.expr(), place, depth))
                });
                Json::Object(entries.collect::<JsonMap<_, _>>())
            }
            Expression::StringTemplate(template) => self.template(template.iter(), place, depth),
            Expression::HeredocTemplate(template) => self.template(template.template.iter(), place, depth),
            Expression::FuncCall(call) => self.call(call, place, depth),
            Expression::Traversal(traversal) => self.traversal(traversal, place, depth).unwrap_or_else(unknown),
            _ => unknown(),
        }
    }

    fn text(&mut self, text: String) -> Json {
        if self.may_spend(text.len()) { Json::String(text) } else { unknown() }
    }

    /// Takes a step that makes so many bytes; says whether the limits allow it.
    fn may_spend(&mut self, bytes: usize) -> bool {
        self.steps += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let left = self.with.left.get();
        self.with.left.set(left.saturating_sub(1 + bytes / 64));
        left > 0 && self.steps <= MAX_STEPS && self.bytes <= MAX_BYTES
    }

    fn template<'t>(&mut self, elements: impl Iterator<Item = &'t Element>, place: &Place, depth: usize) -> Json {
        let elements: Vec<&Element> = elements.collect();
        if let [Element::Interpolation(only)] = elements.as_slice() {
            return self.expression(&only.expr, place, depth);
        }
        let mut text = String::new();
        for element in elements {
            match element {
                Element::Literal(literal) => text.push_str(literal.value()),
                Element::Interpolation(inner) if inner.strip == Strip::None => {
                    text.push_str(&part(&self.expression(&inner.expr, place, depth)));
                }
                _ => text.push(UNKNOWN),
            }
            if text.len() > MAX_BYTES {
                return unknown();
            }
        }
        self.text(text)
    }

    fn call(&mut self, call: &FuncCall, place: &Place, depth: usize) -> Json {
        let arguments: Vec<&Expression> = call.args.iter().collect();
        match (call.name.name.as_str(), arguments.as_slice()) {
            ("jsonencode", [value]) if !call.name.is_namespaced() && !call.args.expand_final() => {
                let value = self.expression(value, place, depth);
                self.text(value.to_string())
            }
            _ => unknown(),
        }
    }

    fn traversal(&mut self, traversal: &Traversal, place: &Place, depth: usize) -> Option<Json> {
        let Expression::Variable(head) = &traversal.expr else { return None };
        let names = self.names(traversal, place, depth)?;
        match (head.as_str(), names.as_slice()) {
            ("var", [variable, rest @ ..]) => within(self.variable(&variable.name, place, depth)?, variable, rest),
            ("local", [local, rest @ ..]) => {
                let inside = Place { key: None, ..place.clone() };
                let sources = self.with.sources;
                let expression = sources.value(&place.path(), &format!("local.{}", local.name))?;
                within(self.expression(expression, &inside, depth), local, rest)
            }
            ("each", [key]) if key.name == "key" && key.key.is_none() => {
                serde_json::from_str(place.key.as_deref()?).ok().filter(Json::is_string)
            }
            ("count", [index]) if index.name == "index" && index.key.is_none() => {
                serde_json::from_str(place.key.as_deref()?).ok().filter(Json::is_number)
            }
            ("module", [call, output, rest @ ..]) => {
                let mut inside = Place { key: None, ..place.clone() };
                inside.modules.push(call.clone());
                let sources = self.with.sources;
                let expression = sources.value(&inside.path(), &format!("output.{}", output.name))?;
                within(self.expression(expression, &inside, depth), output, rest)
            }
            ("data", [kind, name, attribute]) if attribute.key.is_none() => {
                self.data(&kind.name, &name.name, &attribute.name, place)
            }
            ("each" | "count" | "module" | "data" | "path" | "self" | "terraform", _) => None,
            (kind, [name, attribute]) if attribute.key.is_none() => {
                self.attribute(&format!("{kind}.{}", name.name), name.key.as_deref(), &attribute.name, place)
            }
            _ => None,
        }
    }

    /// The names after the first, each with its key.
    fn names(&mut self, traversal: &Traversal, place: &Place, depth: usize) -> Option<Vec<Name>> {
        let mut names: Vec<Name> = Vec::new();
        for operator in &traversal.operators {
            let key = match operator.value() {
                TraversalOperator::GetAttr(name) => {
                    names.push(Name { name: name.as_str().to_owned(), key: None });
                    continue;
                }
                TraversalOperator::Index(index) => self.expression(index, place, depth),
                TraversalOperator::LegacyIndex(index) => Json::from(*index.value()),
                _ => return None,
            };
            let last = names.last_mut().filter(|last| last.key.is_none())?;
            let is_known = key.is_number() || key.as_str().is_some_and(|text| !text.contains(UNKNOWN));
            last.key = Some(is_known.then(|| key.to_string())?);
        }
        Some(names)
    }

    fn variable(&mut self, name: &str, place: &Place, depth: usize) -> Option<Json> {
        let path = place.path();
        if self.with.resolver.configuration.is_sensitive(&path, name) {
            return None;
        }
        let Some((last, around)) = place.modules.split_last() else {
            let value = self.with.variables.get(name)?.get("value")?;
            let size = if self.bytes > MAX_BYTES { 0 } else { value.to_string().len() };
            return self.may_spend(size).then(|| value.clone());
        };
        let sources = self.with.sources;
        match sources.given(&path, name)? {
            Some(expression) => {
                let around = Place { modules: around.to_vec(), key: last.key.clone() };
                Some(self.expression(expression, &around, depth))
            }
            None => Some(self.expression(sources.value(&path, &format!("var.{name}"))?, place, depth)),
        }
    }

    /// What the provider says of the account.
    fn data(&self, kind: &str, name: &str, attribute: &str, place: &Place) -> Option<Json> {
        let found = match (kind, attribute) {
            ("aws_caller_identity", "account_id" | "id") => self.with.account,
            ("aws_partition", "partition" | "id") => self.with.partition,
            ("aws_region", "name" | "region" | "id") => {
                let data = self.with.resolver.configuration.named(&place.path(), &format!("data.{kind}.{name}"))?;
                let of_another = data.get("expressions").is_some_and(|all| all.get("region").is_some());
                let key = data.get("provider_config_key").and_then(Json::as_str);
                if of_another || key != self.with.provider {
                    return None;
                }
                self.with.region?
            }
            _ => return None,
        };
        Some(found.into())
    }

    /// An attribute of a planned resource: what the plan knows, or what identifies it.
    fn attribute(&mut self, local: &str, key: Option<&str>, attribute: &str, place: &Place) -> Option<Json> {
        let resolver = self.with.resolver;
        let found = resolver.instances_of(local.to_owned(), key, false, &place.scope(), &[])?;
        let [target] = found.as_slice() else { return None };
        let instance = resolver.instances.get(target.instance)?;
        let argument = instance.arguments(resolver.configuration.expressions(instance)).at(attribute);
        match argument.state() {
            State::Known(Json::String(text)) => Some(self.text(text.clone())),
            State::Known(scalar @ (Json::Bool(_) | Json::Number(_))) => Some(scalar.clone()),
            State::Known(_) | State::Withheld => None,
            State::Absent | State::Unknown => {
                let identity = self.with.identities.get(target.instance)?.get(attribute)?.as_str()?;
                Some(self.text(identity.to_owned()))
            }
        }
    }
}

fn number(number: &Number) -> Json {
    let whole = number.as_i64().map(Json::from).or_else(|| number.as_u64().map(Json::from));
    whole.or_else(|| number.as_f64().map(Json::from)).unwrap_or_else(unknown)
}

/// What a template makes of a value.
fn part(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
        _ => UNKNOWN.into(),
    }
}

/// What is inside of a value, by the key of its name and the names after.
fn within(value: Json, name: &Name, rest: &[Name]) -> Option<Json> {
    let mut found = &value;
    if let Some(key) = &name.key {
        found = item(found, key)?;
    }
    for name in rest {
        found = found.get(&name.name)?;
        if let Some(key) = &name.key {
            found = item(found, key)?;
        }
    }
    Some(found.clone())
}

fn item<'v>(value: &'v Json, key: &str) -> Option<&'v Json> {
    match serde_json::from_str::<Json>(key).ok()? {
        Json::String(key) => value.get(key),
        Json::Number(index) => value.get(usize::try_from(index.as_u64()?).ok()?),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
