//! A resource: whether it is there, its properties, and where it is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{InlineWaiver, Map, Origin, Unknown, Value};
use crate::source::shape;
use crate::syntax::{Fault, Kind, Node};

use super::call::{self, Part};
use super::evaluate::{Evaluated, Evaluator, Piece, State, Trace};
use super::function::unresolved;
use super::intrinsic::{is_custom, is_module};
use super::template::{Source, entries};

/// How many resources may be evaluated one because of another, where conditions that stay open leave them in a circle; elsewhere
/// each is evaluated after those it refers to.
const MAX_NESTING: usize = 4;

impl<'s> Evaluator<'s, '_, '_> {
    /// Evaluates a resource, once; nothing when it refers to itself in a circle.
    pub(super) fn resource(&mut self, resource: usize) -> Option<Arc<Evaluated>> {
        match &self.states[resource] {
            State::Done(evaluated) => return Some(evaluated.clone()),
            State::Open => return None,
            State::New if self.nesting >= MAX_NESTING || self.run.stopped() => return None,
            State::New => {}
        }
        let key = (self.stack.label.clone(), resource);
        if let Some(evaluated) = self.run.memory.resources.get(&key) {
            self.states[resource] = State::Done(evaluated.clone());
            return Some(evaluated.clone());
        }
        self.states[resource] = State::Open;
        self.nesting += 1;
        let around = (std::mem::take(&mut self.varied), self.trace.take());
        let evaluated = Arc::new(self.evaluate(resource));
        (self.varied, self.trace) = around;
        self.nesting -= 1;
        self.states[resource] = State::Done(evaluated.clone());
        if !evaluated.varied && !self.run.stopped() && self.doubts == 0 && !self.stack.template.loops {
            self.run.memory.resources.insert(key, evaluated.clone());
        }
        Some(evaluated)
    }

    fn evaluate(&mut self, resource: usize) -> Evaluated {
        let template = &self.stack.template;
        let declaration = &template.resources[resource];
        let Some(written @ (key, body)) = template.body(resource) else { return self.left_out() };
        let presence = match body.get("Condition").map(|node| (Part::from(node), call::text(node))) {
            Some((part, Some(name))) => self.condition(name, part),
            _ => Some(true),
        };
        if presence == Some(false) || self.run.stopped() {
            return self.left_out();
        }
        let doubtful = presence.is_none();
        self.doubts += usize::from(doubtful);
        self.trace = Some(Trace::default());
        let properties = match (body.get("Properties"), body.get("Fn::Transform")) {
            (_, Some(_)) => Value::unknown(Unknown::NotRead("Fn::Transform".into())),
            (Some(node), None) => self.value(node.into()),
            (None, None) => Value::Null,
        };
        let properties = if properties == Value::Null { Value::Map(Arc::default()) } else { properties };
        let places = self.trace.take().map(|trace| trace.places).unwrap_or_default();
        let origin = self.origin(&declaration.id, key, body, places.into_iter().collect());
        let mut evaluated = Evaluated { origin, ..self.left_out() };
        self.pieces(&declaration.id, &declaration.kind, properties, &mut evaluated);
        if declaration.kind == "AWS::CloudFormation::Stack" {
            self.nested_stack(declaration, written, &mut evaluated);
        } else if declaration.kind == "AWS::CloudFormation::StackSet" {
            self.stack_set(declaration, body, &mut evaluated);
        }
        if self.doubts > 0 {
            let cause = match body.get("Condition").and_then(call::text) {
                Some(name) if doubtful => format!("the condition {name}"),
                _ => "the condition of the stack".to_owned(),
            };
            doubt(&mut evaluated, &cause);
        }
        self.doubts -= usize::from(doubtful);
        evaluated.varied = self.varied;
        evaluated
    }

    fn left_out(&self) -> Evaluated {
        Evaluated {
            pieces: Vec::new(),
            origin: Arc::default(),
            outputs: BTreeMap::new(),
            children: Vec::new(),
            gaps: Vec::new(),
            unseen: Vec::new(),
            varied: self.varied,
        }
    }

    /// The resources that one stands for: itself, or what SAM makes of it.
    fn pieces(&mut self, id: &str, kind: &str, properties: Value, into: &mut Evaluated) {
        let id = self.stack.label(id);
        let at = self.deployment();
        let piece = |id: String, kind: &str, properties: Value| {
            let properties = shape::complete(kind, &id, shape::coerce(kind, properties), &at);
            Piece { id, kind: kind.to_owned(), properties }
        };
        if is_module(kind) {
            into.gaps.push((kind.to_owned(), Unknown::NotRead(kind.to_owned())));
        }
        if is_custom(kind) || is_module(kind) {
            into.pieces.push(Piece { id, kind: kind.to_owned(), properties });
            return;
        }
        match kind.strip_prefix("AWS::Serverless::").map(|_| shape::expand_sam(&id, kind, &properties)) {
            Some(Some(parts)) => {
                into.pieces.extend(parts.into_iter().map(|(id, kind, properties)| piece(id, kind, properties)));
            }
            Some(None) => {
                into.gaps.push((kind.to_owned(), Unknown::NotRead(kind.to_owned())));
                into.pieces.push(Piece { id, kind: kind.to_owned(), properties });
            }
            None => into.pieces.push(piece(id, kind, properties)),
        }
    }

    fn origin(
        &mut self,
        id: &str,
        key: &Node,
        body: &Node,
        places: BTreeMap<String, crate::model::Place>,
    ) -> Arc<Origin> {
        let source = &self.stack.template.source;
        let metadata = body.get("Metadata");
        let waivers = metadata.and_then(|node| node.get("govcheck")).map(|node| waivers(source, node));
        let waivers = waivers.unwrap_or(Ok(Vec::new())).unwrap_or_else(|fault| {
            self.fault(fault);
            Vec::new()
        });
        let construct = metadata.and_then(|node| node.get("aws:cdk:path")).and_then(call::text);
        Arc::new(Origin {
            file: source.file.name.clone(),
            text: source.shown_text(),
            logical_id: format!("{}{id}", self.stack.prefix),
            construct: construct.or_else(|| self.stack.constructs.get(id).map(String::as_str)).map(str::to_owned),
            place: Some(source.place(&(key.span.start..body.span.end))),
            places: Arc::new(places),
            waivers,
        })
    }
}

/// What is known of a resource that may not be there: that it would have these properties, and none of their values.
fn doubt(evaluated: &mut Evaluated, cause: &str) {
    for piece in &mut evaluated.pieces {
        piece.properties = match &piece.properties {
            Value::Map(map) => {
                Value::Map(Arc::new(map.keys().map(|key| (key.clone(), unresolved(cause))).collect::<Map>()))
            }
            _ => unresolved(cause),
        };
        evaluated.gaps.push((piece.kind.clone(), Unknown::Unresolved(cause.to_owned())));
    }
    for output in evaluated.outputs.values_mut() {
        *output = unresolved(cause);
    }
}

/// The exceptions under `Metadata: {govcheck: {waive: […]}}`.
fn waivers(source: &Source, node: &Node) -> Result<Vec<InlineWaiver>, Fault> {
    const HELP: &str = "write `waive: [{guardrail: ID, reason: TEXT, expires: YYYY-MM-DD, approver: NAME}]`";
    let malformed = |node: &Node, message: String| source.fault(node, message).help(HELP);
    if let Some((name, node)) = entries(Some(node)).find(|(name, _)| *name != "waive") {
        return Err(malformed(node, format!("`govcheck` has no `{name}`")));
    }
    let Some(list) = node.get("waive") else { return Err(malformed(node, "`govcheck` has no `waive`".into())) };
    let Kind::List(items) = &list.kind else { return Err(malformed(list, "`waive` is not a list".into())) };
    let waiver = |item: &Node| {
        let mut waiver = InlineWaiver { place: Some(source.place(&item.span)), ..InlineWaiver::default() };
        let Kind::Map(fields) = &item.kind else { return Err(malformed(item, "an exception is not a map".into())) };
        for (key, value) in fields {
            let name = call::text(key).unwrap_or_default();
            let Some(text) = value.scalar_text().filter(|_| value.tag.is_none()) else {
                return Err(malformed(value, format!("`{name}` of an exception is not a text")));
            };
            match name {
                "guardrail" => waiver.guardrail = text,
                "reason" => waiver.reason = Some(text),
                "expires" => waiver.expires = Some(text),
                "approver" => waiver.approver = Some(text),
                _ => return Err(malformed(key, format!("an exception has no `{name}`"))),
            }
        }
        if waiver.guardrail.is_empty() {
            return Err(malformed(item, "an exception names no guardrail".into()));
        }
        Ok(waiver)
    };
    items.iter().map(waiver).collect()
}
