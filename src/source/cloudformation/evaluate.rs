//! A template's values in one world: every expression comes to what it stands for, or to why that is not known.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::model::{Origin, Place, Unknown, Value};
use crate::source::shape::Deployment;
use crate::syntax::{Fault, Kind, Node};

use super::call::{self, Part};
use super::function::{self, unresolved};
use super::run::{Run, Stack};
use super::worlds::Need;

/// Expressions that nest deeper are not resolved.
pub(super) const MAX_DEPTH: usize = 100;

/// A resource as evaluated.
#[derive(Debug)]
pub(super) struct Evaluated {
    /// The resource; more than one where it is short for several, and none where a condition leaves it out.
    pub pieces: Vec<Piece>,
    pub origin: Arc<Origin>,
    /// The outputs of a nested stack.
    pub outputs: BTreeMap<String, Value>,
    /// The resources of a nested stack, and of a stack set.
    pub children: Vec<crate::model::Resource>,
    /// What may exist unseen: its type, and why it is not seen.
    pub gaps: Vec<(String, Unknown)>,
    /// The gaps of the stacks inside.
    pub unseen: Vec<crate::model::Gap>,
    /// Whether it hangs on what is assumed.
    pub varied: bool,
}

/// A resource by its logical id, which begins with those of the stacks around it.
#[derive(Debug)]
pub(super) struct Piece {
    pub id: String,
    pub kind: String,
    pub properties: Value,
}

#[derive(Clone, Default)]
pub(super) enum State {
    #[default]
    New,
    Open,
    Done(Arc<Evaluated>),
}

/// Where the values of a resource stand, gathered as they are evaluated.
#[derive(Default)]
pub(super) struct Trace {
    path: String,
    pub places: Vec<(String, Place)>,
}

pub(super) struct Evaluator<'s, 'r, 'x> {
    pub stack: &'s Stack,
    pub run: &'r mut Run<'x>,
    /// What came of each condition, and whether that hangs on what is assumed.
    pub conditions: HashMap<&'s str, (Option<bool>, bool)>,
    pub states: Vec<State>,
    /// Whether what is evaluated right now hangs on what is assumed.
    pub varied: bool,
    /// How many conditions that stay open surround what is evaluated right now.
    pub doubts: usize,
    /// Conditions see the values of secrets, and only they.
    pub deciding: bool,
    /// How many resources are being evaluated, one because of another.
    pub nesting: usize,
    pub trace: Option<Trace>,
    pub depth: usize,
}

impl<'s, 'r, 'x> Evaluator<'s, 'r, 'x> {
    pub(super) fn new(stack: &'s Stack, run: &'r mut Run<'x>) -> Self {
        Self {
            stack,
            run,
            conditions: HashMap::new(),
            states: vec![State::New; stack.template.resources.len()],
            varied: false,
            doubts: usize::from(stack.doubtful),
            deciding: false,
            nesting: 0,
            trace: None,
            depth: 0,
        }
    }

    pub(super) fn deployment(&self) -> Deployment<'s> {
        self.stack.deployment()
    }

    /// The value of an expression. An unwritten value, and one that `AWS::NoValue` takes away, is null.
    pub(super) fn value(&mut self, part: Part<'s>) -> Value {
        if self.depth >= MAX_DEPTH || self.run.stopped() {
            return unresolved(call::name(part));
        }
        self.depth += 1;
        self.run.spend(1, &self.stack.template.source);
        let value = match part.call() {
            Some(call) if call.name == "If" => self.choose(part, call.argument),
            Some(call) => {
                let trace = self.trace.take();
                let value = self.call(part, call);
                self.trace = trace;
                value
            }
            None => self.plain(part.node),
        };
        self.depth -= 1;
        value
    }

    fn plain(&mut self, node: &'s Node) -> Value {
        match &node.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => (*value).into(),
            Kind::Int(number) => (*number).into(),
            Kind::Float(number) => serde_json::Number::from_f64(*number).map_or(Value::Null, Value::Number),
            Kind::String(text) => self.text(text, node),
            Kind::List(items) => self.list(items),
            Kind::Map(entries) => self.map(entries),
        }
    }

    /// CloudFormation reads YAML 1.1, where an unquoted `yes` is a boolean.
    ///
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>
    fn text(&self, text: &str, node: &Node) -> Value {
        let boolean = match text {
            "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
            "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
            _ => None,
        };
        match boolean {
            Some(value)
                if node.tag.is_none()
                    && self.stack.template.source.file.text[..].get(node.span.clone()) == Some(text) =>
            {
                value.into()
            }
            _ => function::text(text.to_owned()),
        }
    }

    fn list(&mut self, items: &'s [Node]) -> Value {
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            let length = self.enter(item, item, format_args!("[{}]", list.len()));
            match self.value(item.into()) {
                Value::Null => {}
                value => list.push(value),
            }
            self.leave(length);
        }
        Value::List(Arc::new(list))
    }

    fn map(&mut self, entries: &'s [(Node, Node)]) -> Value {
        let mut map = crate::model::Map::new();
        for (key, node) in entries {
            let Some(name) = call::text(key) else { continue };
            if name.starts_with("Fn::") {
                // It may add anything to what stands beside it.
                return Value::unknown(Unknown::NotRead(name.to_owned()));
            }
            let length = self.enter(key, node, format_args!("{name}"));
            match self.value(node.into()) {
                Value::Null => {}
                value => {
                    map.insert(name.into(), value);
                }
            }
            self.leave(length);
        }
        Value::Map(Arc::new(map))
    }

    /// Notes the place of a value, and that what follows stands inside; gives what [`Self::leave`] needs.
    fn enter(&mut self, first: &Node, last: &Node, name: std::fmt::Arguments<'_>) -> usize {
        use std::fmt::Write as _;
        let Some(trace) = &mut self.trace else { return 0 };
        let length = trace.path.len();
        if length > 0 && !std::ptr::eq(first, last) {
            trace.path.push('.');
        }
        let _ = trace.path.write_fmt(name);
        let place = self.stack.template.source.place(&(first.span.start..last.span.end));
        trace.places.push((trace.path.clone(), place));
        length
    }

    fn leave(&mut self, length: usize) {
        if let Some(trace) = &mut self.trace {
            trace.path.truncate(length);
        }
    }

    /// The text of an expression, or why there is none.
    pub(super) fn text_of(&mut self, part: Part<'s>) -> Result<String, Value> {
        if let Some(text) = part.text() {
            return Ok(text.to_owned());
        }
        function::expect_text(&self.value(part), &|| call::name(part))
    }

    /// Asks for a choice, unless one is asked for already or it is to stay open.
    pub(super) fn need(&mut self, need: Need) {
        if self.run.need.is_none() && self.run.world.asks(&need.subject) {
            self.run.need = Some(need);
        }
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        self.run.faults.push(fault);
    }
}
