//! CEL over [`Value`]: reading an unknown leaf is an execution error that CEL's own logic absorbs where another operand
//! decides. `Value` shares its contents, so binding copies nothing.
//!
//! Two facts are noted beside CEL's result while an expression runs, for CEL has no place for them:
//! an unknown was *read* (then an error means unknown, whichever error surfaced), and a result was *tainted* because an
//! operation that cannot fail in CEL (`==`, `size`, binding a loop variable) met an unknown (then no result is certain).

use std::any::Any;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ::cel::common::traits::{Container, Indexer, Iterable, Iterator as CelIterator, Sizer};
use ::cel::common::types::{
    CelBool, CelDouble, CelInt, CelList, CelMap, CelNull, CelString, CelTimestamp, LIST_TYPE, MAP_TYPE, Type,
    UNKNOWN_TYPE,
};
use ::cel::common::value::{CowVal, StaticVal, Val};
use ::cel::{Context, ExecutionError, Value as CelValue};
use chrono::{DateTime, Utc};

use super::expression::{ACCOUNT_OTHERS, Expression, OTHERS, environment, others_variable};
use super::lookup::Index;
use crate::model::{Map, Unknown, Value};

/// What an expression came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A certain value.
    Known(Value),
    /// It hangs on something that is not known.
    Unknown(Unknown),
    /// A property that the expression needs is not there.
    Missing(String),
}

#[derive(Default)]
struct Trace {
    read: Option<Unknown>,
    tainted: bool,
}

thread_local! {
    /// The notes of the expression that runs on this thread; expressions do not nest.
    static TRACE: RefCell<Trace> = RefCell::default();
}

fn note_read(cause: &Unknown) {
    TRACE.with_borrow_mut(|trace| {
        trace.read.get_or_insert_with(|| cause.clone());
    });
}

fn note_taint(cause: &Unknown) {
    note_read(cause);
    TRACE.with_borrow_mut(|trace| trace.tainted = true);
}

/// The error of reading an unknown leaf.
pub(super) fn unknown_error(cause: &Unknown) -> ExecutionError {
    note_read(cause);
    ExecutionError::function_error("unknown", cause)
}

/// What the expressions of a guardrail see whatever the resource.
pub struct Variables<'a> {
    pub account: &'a Value,
    /// The scanned accounts by id.
    pub accounts: &'a Value,
    pub params: &'a Value,
    /// Types, each with the list of its resources' properties; an unknown item stands for those that were not seen.
    pub others: &'a [(&'a str, Value)],
    /// The same, of all regions of the account.
    pub account_others: &'a [(&'a str, Value)],
    pub now: DateTime<Utc>,
}

/// The same, bound for any number of evaluations.
pub struct Shared(Context<'static, 'static>);

impl Shared {
    pub fn new(variables: &Variables<'_>) -> Self {
        let mut context = Context::with_env(Arc::clone(environment()));
        for (name, value) in [
            ("account", variables.account),
            ("accounts", variables.accounts),
            ("params", variables.params),
            ("fleet", &Value::list([])),
        ] {
            context.add_variable_as_val(name, from_value(value));
        }
        for (prefix, lists) in [(OTHERS, variables.others), (ACCOUNT_OTHERS, variables.account_others)] {
            for (kind, list) in lists {
                context.add_variable_as_val(others_variable(prefix, kind), from_value(list));
            }
        }
        context.add_variable_as_val("now", Box::new(CelTimestamp::from(variables.now.fixed_offset())));
        Self(context)
    }

    /// With the resource that is judged.
    pub fn scope(&self, resource: &Value) -> Scope<'_> {
        Scope(self.0.new_inner_scope()).with("resource", resource)
    }
}

/// The variables of the expressions on one resource.
pub struct Scope<'a>(Context<'a, 'static>);

impl Scope<'_> {
    pub fn with_meta(self, meta: &Value) -> Self {
        self.with("meta", meta)
    }

    /// With the resources of the same types in all accounts, but for the resource itself.
    pub fn with_fleet(self, fleet: &Value) -> Self {
        self.with("fleet", fleet)
    }

    fn with(mut self, name: &str, value: &Value) -> Self {
        self.0.add_variable_as_val(name, from_value(value));
        self
    }
}

impl Expression {
    /// Evaluates the expression in three values.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Outcome {
        TRACE.set(Trace::default());
        let result = CelValue::resolve_val(self.expression(), &scope.0).and_then(|value| to_value(value.as_ref()));
        let trace = TRACE.take();
        match (result, trace) {
            (Ok(value), Trace { tainted: false, .. }) => match value.first_unknown() {
                Some(cause) => Outcome::Unknown(cause.as_ref().clone()),
                None => Outcome::Known(value),
            },
            (_, Trace { read: Some(cause), .. }) => Outcome::Unknown(cause),
            (Err(ExecutionError::NoSuchKey(key)), _) => Outcome::Missing(key.to_string()),
            (Err(error), _) => Outcome::Unknown(Unknown::RuleError(error.to_string())),
            (Ok(_), _) => Outcome::Unknown(Unknown::RuleError("a result without a certain value".into())),
        }
    }

    /// As [`evaluate`](Self::evaluate), for an expression that must be true or false.
    pub fn evaluate_bool(&self, scope: &Scope<'_>) -> Result<bool, Outcome> {
        match self.evaluate(scope) {
            Outcome::Known(Value::Bool(value)) => Ok(value),
            Outcome::Known(_) => {
                Err(Outcome::Unknown(Unknown::RuleError("the expression is neither true nor false".into())))
            }
            other => Err(other),
        }
    }
}

/// A list or a map of ours inside CEL.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    items: OnceLock<Vec<Box<dyn Val>>>,
    indexes: OnceLock<Box<Mutex<BTreeMap<String, Arc<Index>>>>>,
}

impl Node {
    pub(super) fn new(value: Value) -> Self {
        Self { value, items: OnceLock::new(), indexes: OnceLock::new() }
    }

    /// The index of a list for a question, made when it is first asked.
    pub(super) fn index(&self, looked_at: &str) -> Arc<Index> {
        let mut indexes = self.indexes.get_or_init(Box::default).lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = indexes.get(looked_at) {
            return Arc::clone(index);
        }
        let items = if let Value::List(items) = &self.value { items.as_slice() } else { &[] };
        let index = Arc::new(Index::of(items, looked_at));
        indexes.insert(looked_at.to_owned(), Arc::clone(&index));
        index
    }

    /// What iterating goes through: the items of a list, the unknown ones last so that the known ones may decide, or
    /// the keys of a map, where a key whose value is unknown may turn out to be absent.
    fn items(&self) -> &[Box<dyn Val>] {
        self.items.get_or_init(|| match &self.value {
            Value::List(items) => {
                let (unknown, known): (Vec<_>, Vec<_>) =
                    items.iter().partition(|item| matches!(item, Value::Unknown(_)));
                known.into_iter().chain(unknown).map(from_value).collect()
            }
            Value::Map(map) => {
                let (unknown, known): (Vec<_>, Vec<_>) =
                    map.iter().partition(|(_, value)| matches!(value, Value::Unknown(_)));
                let known = known.into_iter().map(|(key, _)| text(key));
                known.chain(unknown.into_iter().map(|(_, value)| from_value(value))).collect()
            }
            _ => Vec::new(),
        })
    }

    /// An unknown item, or a property that is not known to be there: the size is not certain then.
    fn unknown_item(&self) -> Option<&Unknown> {
        let unknown = |item: &'_ Value| matches!(item, Value::Unknown(_));
        let item = match &self.value {
            Value::List(items) => items.iter().find(|item| unknown(item)),
            Value::Map(map) => map.values().find(|item| unknown(item)),
            _ => None,
        };
        item.and_then(Value::first_unknown).map(AsRef::as_ref)
    }
}

/// An item of a list that is not known: naming it in a loop taints the result, reading from it is an error.
#[derive(Debug)]
struct UnknownItem(Arc<Unknown>);

fn text(text: &str) -> Box<dyn Val> {
    Box::new(CelString::from(text.to_owned()))
}

/// A value of ours inside CEL.
pub(super) fn from_value(value: &Value) -> Box<dyn Val> {
    match value {
        Value::Null => Box::new(CelNull),
        Value::Bool(value) => Box::new(CelBool::from(*value)),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Box::new(CelInt::from(integer)),
            None => Box::new(CelDouble::from(number.as_f64().unwrap_or(f64::NAN))),
        },
        Value::String(content) => text(content),
        Value::List(_) | Value::Map(_) => Box::new(Node::new(value.clone())),
        Value::Unknown(cause) => Box::new(UnknownItem(cause.clone())),
    }
}

fn read<'b, 'v>(value: &Value) -> Result<CowVal<'b, 'v>, ExecutionError> {
    match value {
        Value::Unknown(cause) => Err(unknown_error(cause)),
        known => Ok(CowVal::Owned(from_value(known))),
    }
}

impl Val for Node {
    fn get_type(&self) -> &Type {
        match self.value {
            Value::List(_) => &LIST_TYPE,
            _ => &MAP_TYPE,
        }
    }

    fn cel_type() -> &'static Type {
        &::cel::common::types::DYN_TYPE
    }

    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }

    fn equals(&self, other: &dyn Val) -> bool {
        let Ok(other) = to_value(other) else { return false };
        self.value.equals(&other).unwrap_or_else(|| {
            if let Some(cause) = self.value.first_unknown().or(other.first_unknown()) {
                note_taint(cause);
            }
            false
        })
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        Box::new(Self::new(self.value.clone()))
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Node {}

impl Indexer for Node {
    fn get<'b, 'v>(&'b self, index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        if let (Value::Map(map), Some(key)) = (&self.value, index.downcast_ref::<CelString>()) {
            return map.get(key.inner()).map_or_else(|| Err(ExecutionError::no_such_key(key)), read);
        }
        match (&self.value, to_value(index)?) {
            (Value::List(items), Value::Number(number)) => {
                let position = number.as_u64().and_then(|position| usize::try_from(position).ok());
                let before = items.iter().take(position.map_or(0, |position| position.saturating_add(1)));
                // An unknown item may stand for any number of items: only those before it have their places.
                if let Some(Value::Unknown(cause)) = before.into_iter().find(|item| matches!(item, Value::Unknown(_))) {
                    return Err(unknown_error(cause));
                }
                match position.and_then(|position| items.get(position)) {
                    Some(item) => read(item),
                    None => Err(ExecutionError::no_such_key(&number.to_string())),
                }
            }
            (_, key) => Err(ExecutionError::no_such_key(&format!("{key:?}"))),
        }
    }

    fn steal<'v>(self: Box<Self>, index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(index).map(CowVal::into_owned)
    }
}

impl Iterable for Node {
    fn iter<'b, 'v>(&'b self) -> Box<dyn CelIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        Box::new(Items(self.items().iter()))
    }
}

struct Items<'b>(std::slice::Iter<'b, Box<dyn Val>>);

impl<'b, 'v> CelIterator<'b, 'v> for Items<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|item| item.as_ref() as &'b (dyn Val + 'v))
    }
}

impl Sizer for Node {
    fn size(&self) -> CelInt {
        if let Some(cause) = self.unknown_item() {
            note_taint(cause);
        }
        CelInt::from(i64::try_from(self.items().len()).unwrap_or(i64::MAX))
    }
}

impl Container for Node {
    fn contains(&self, value: &dyn Val) -> Result<bool, ExecutionError> {
        if let (Value::Map(map), Some(key)) = (&self.value, value.downcast_ref::<CelString>()) {
            return match map.get(key.inner()) {
                Some(Value::Unknown(cause)) => Err(unknown_error(cause)),
                found => Ok(found.is_some()),
            };
        }
        let wanted = to_value(value)?;
        match &self.value {
            Value::List(items) => {
                let mut undecided = None;
                for item in items.iter() {
                    match item.equals(&wanted) {
                        Some(true) => return Ok(true),
                        Some(false) => {}
                        None => undecided = item.first_unknown().or(wanted.first_unknown()).cloned(),
                    }
                }
                undecided.map_or(Ok(false), |cause| Err(unknown_error(&cause)))
            }
            _ => Ok(false),
        }
    }
}

static UNKNOWN: Type = UNKNOWN_TYPE;

impl Val for UnknownItem {
    fn get_type(&self) -> &Type {
        note_read(&self.0);
        &UNKNOWN
    }

    fn cel_type() -> &'static Type {
        &UNKNOWN
    }

    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }

    fn equals(&self, _other: &dyn Val) -> bool {
        note_taint(&self.0);
        false
    }

    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v>
    where
        Self: 'v,
    {
        note_taint(&self.0);
        Box::new(Self(self.0.clone()))
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for UnknownItem {}

impl Indexer for UnknownItem {
    fn get<'b, 'v>(&'b self, _index: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Err(unknown_error(&self.0))
    }

    fn steal<'v>(self: Box<Self>, _index: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        Err(unknown_error(&self.0))
    }
}

/// Any CEL value as one of ours.
pub(super) fn to_value(value: &dyn Val) -> Result<Value, ExecutionError> {
    if let Some(value) = value.downcast_ref::<CelBool>() {
        return Ok(Value::Bool(*value.inner()));
    }
    if let Some(text) = value.downcast_ref::<CelString>() {
        return Ok(text.inner().into());
    }
    if let Some(node) = value.downcast_ref::<Node>() {
        return Ok(node.value.clone());
    }
    if let Some(UnknownItem(cause)) = value.downcast_ref::<UnknownItem>() {
        return Ok(Value::Unknown(cause.clone()));
    }
    if let Some(list) = value.downcast_ref::<CelList>() {
        return Ok(Value::List(Arc::new(
            list.inner().iter().map(|item| to_value(item.as_ref())).collect::<Result<_, _>>()?,
        )));
    }
    if let Some(map) = value.downcast_ref::<CelMap>() {
        return map_to_value(map);
    }
    Ok(match CelValue::try_from(value)? {
        CelValue::Null => Value::Null,
        CelValue::Bool(value) => value.into(),
        CelValue::Int(number) => number.into(),
        CelValue::UInt(number) => Value::Number(number.into()),
        CelValue::Float(number) => serde_json::Number::from_f64(number).map_or(Value::Null, Value::Number),
        CelValue::String(text) => text.as_str().into(),
        CelValue::Timestamp(time) => time.to_rfc3339().into(),
        CelValue::Duration(duration) => format!("{}s", duration.num_seconds()).into(),
        other => return Err(ExecutionError::unsupported_target_type(other)),
    })
}

fn map_to_value(map: &CelMap<'_>) -> Result<Value, ExecutionError> {
    let entries: HashMap<String, Value> = map
        .inner()
        .iter()
        .map(|(key, value)| match to_value(key.inner())? {
            Value::String(key) => Ok((key.to_string(), to_value(value.as_ref())?)),
            other => Err(ExecutionError::unsupported_key_type(CelValue::from(format!("{other:?}")))),
        })
        .collect::<Result<_, _>>()?;
    Ok(Value::Map(Arc::new(entries.into_iter().map(|(key, value)| (Arc::from(key), value)).collect::<Map>())))
}
