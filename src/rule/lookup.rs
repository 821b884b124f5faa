//! Loops over `resources("TYPE")` that ask for the items with a certain text look them up, in place of visiting all.
//!
//! In `resources("T").exists(x, has(x.A) && x.A == resource.B && …)` an item whose `A` is a text other than `resource.B`
//! makes the condition false before anything else of it is read. Such an item changes neither the result nor what is noted
//! beside it, so that the loop may go without it; the condition itself stays as it is written. Every other item remains:
//! the one that is not known, or whose `A` is not known, or is no text.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ::cel::ExecutionError;
use ::cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, LiteralValue, operators};
use ::cel::common::types::{CelString, DYN_TYPE, STRING_TYPE, Type};
use ::cel::common::value::{CowVal, Val};

use super::cel::Node;
use super::expression::is_others;
use crate::model::Value;

/// The function that stands around the list of a loop; no rule can name it itself.
pub(super) const LOOKUP: &str = "@lookup";

pub(super) fn arguments() -> Vec<Type> {
    vec![DYN_TYPE, STRING_TYPE, DYN_TYPE, STRING_TYPE]
}

/// Puts [`LOOKUP`] around the list of each loop that can do with it.
pub(super) fn rewrite(node: &mut IdedExpr) {
    match &mut node.expr {
        Expr::Select(select) => rewrite(&mut select.operand),
        Expr::Call(call) => call.target.as_deref_mut().into_iter().chain(&mut call.args).for_each(rewrite),
        Expr::List(list) => list.elements.iter_mut().for_each(rewrite),
        Expr::Map(map) => {
            for entry in &mut map.entries {
                if let EntryExpr::MapEntry(entry) = &mut entry.expr {
                    rewrite(&mut entry.key);
                    rewrite(&mut entry.value);
                }
            }
        }
        Expr::Comprehension(fold) => {
            let question = Question::of(fold).filter(|_| is_of_others(&fold.iter_range));
            if let Some(arguments) = question.map(|question| question.arguments(fold.iter_range.id)) {
                let args = std::iter::once(std::mem::take(&mut fold.iter_range)).chain(arguments).collect();
                fold.iter_range.expr = Expr::Call(CallExpr { func_name: LOOKUP.to_owned(), target: None, args });
            }
            for part in [&mut fold.iter_range, &mut fold.accu_init, &mut fold.loop_step, &mut fold.result] {
                rewrite(part);
            }
        }
        _ => {}
    }
}

/// Whether it is `resources("TYPE")`, or may be.
fn is_of_others(range: &IdedExpr) -> bool {
    match &range.expr {
        Expr::Ident(name) => is_others(name),
        Expr::Call(call) if call.func_name == operators::CONDITIONAL => call.args[1..].iter().any(is_of_others),
        _ => false,
    }
}

/// Names of properties from a variable on: `["resource", "A", "B"]` for `resource.A.B`.
type Path<'e> = Vec<&'e str>;

/// What a loop asks of its items first: that properties be there, then that one be a text, or one of several.
struct Question<'e> {
    present: Vec<Path<'e>>,
    compared: Path<'e>,
    operator: &'static str,
    wanted: Path<'e>,
}

impl<'e> Question<'e> {
    fn of(fold: &'e ComprehensionExpr) -> Option<Self> {
        let is_result = |node: &IdedExpr| matches!(&node.expr, Expr::Ident(name) if *name == fold.accu_var);
        let Expr::Call(step) = &fold.loop_step.expr else { return None };
        // all() goes on where its condition is true, which is where the contrary is false.
        let (condition, contrary) = match (step.func_name.as_str(), step.args.as_slice()) {
            (operators::LOGICAL_OR, [result, condition]) if is_result(result) => (condition, false),
            (operators::LOGICAL_AND, [result, condition]) if is_result(result) => (condition, true),
            (operators::CONDITIONAL, [condition, _, result]) if is_result(result) => (condition, false),
            _ => return None,
        };
        let mut parts = Vec::new();
        flatten(condition, if contrary { operators::LOGICAL_OR } else { operators::LOGICAL_AND }, &mut parts);
        let mut present = Vec::new();
        for part in parts {
            if let Some(path) = presence(part, contrary).filter(|path| path[0] == fold.iter_var) {
                present.push(path);
                continue;
            }
            let (compared, operator, wanted) = comparison(part, contrary, &fold.iter_var)?;
            return Some(Self { present, compared, operator, wanted });
        }
        None
    }

    /// The arguments beside the list: what to look at, the variable that holds the text, and where the text is in it.
    fn arguments(self, id: u64) -> [IdedExpr; 3] {
        let below = |path: &Path<'_>| path[1..].join(".");
        let looked_at = [self.operator.to_owned(), below(&self.compared)];
        let looked_at: Vec<String> = looked_at.into_iter().chain(self.present.iter().map(below)).collect();
        let text = |text: String| IdedExpr { id, expr: Expr::Literal(LiteralValue::String(CelString::from(text))) };
        let holder = IdedExpr { id, expr: Expr::Ident(self.wanted[0].to_owned()) };
        [text(looked_at.join(" ")), holder, text(below(&self.wanted))]
    }
}

/// The operands in the order in which they are evaluated.
fn flatten<'e>(node: &'e IdedExpr, operator: &str, into: &mut Vec<&'e IdedExpr>) {
    match &node.expr {
        Expr::Call(call) if call.func_name == operator => {
            call.args.iter().for_each(|arg| flatten(arg, operator, into));
        }
        _ => into.push(node),
    }
}

/// The path in `has(…)`, or in `!has(…)`.
fn presence(node: &IdedExpr, contrary: bool) -> Option<Path<'_>> {
    match &node.expr {
        Expr::Call(call) if contrary && call.func_name == operators::LOGICAL_NOT => presence(call.args.first()?, false),
        Expr::Select(select) if !contrary && select.test => {
            let mut path = path(&select.operand)?;
            path.push(&select.field);
            Some(path)
        }
        _ => None,
    }
}

/// The operands of `item.A == b.C` and `item.A in b.C`, or of the contrary.
fn comparison<'e>(node: &'e IdedExpr, contrary: bool, item: &str) -> Option<(Path<'e>, &'static str, Path<'e>)> {
    let Expr::Call(call) = &node.expr else { return None };
    let [left, right] = call.args.as_slice() else { return None };
    let operator = match call.func_name.as_str() {
        operators::EQUALS if !contrary => operators::EQUALS,
        operators::NOT_EQUALS if contrary => operators::EQUALS,
        operators::IN if !contrary => operators::IN,
        _ => return None,
    };
    let (left, right) = (path(left)?, path(right)?);
    let of_item = |path: &Path<'_>| path[0] == item;
    match (of_item(&left), of_item(&right)) {
        (true, false) if left.len() > 1 => Some((left, operator, right)),
        (false, true) if right.len() > 1 && operator == operators::EQUALS => Some((right, operator, left)),
        _ => None,
    }
}

fn path(node: &IdedExpr) -> Option<Path<'_>> {
    match &node.expr {
        Expr::Ident(name) if !name.starts_with('@') => Some(vec![name]),
        Expr::Select(select) if !select.test && !select.field.contains(['.', ' ']) => {
            let mut path = path(&select.operand)?;
            path.push(&select.field);
            Some(path)
        }
        _ => None,
    }
}

/// The implementation of [`LOOKUP`]: the list without the items that cannot be asked for, or as it is.
pub(super) fn call<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let [list, looked_at, holder, place]: [CowVal<'b, 'v>; 4] =
        args.try_into().map_err(|_| ExecutionError::function_error(LOOKUP, "the arguments are not four"))?;
    Ok(few(list.as_ref(), looked_at.as_ref(), holder.as_ref(), place.as_ref()).map_or(list, CowVal::owned))
}

fn few(list: &dyn Val, looked_at: &dyn Val, holder: &dyn Val, place: &dyn Val) -> Option<Node> {
    let (list, looked_at) = (list.downcast_ref::<Node>()?, looked_at.downcast_ref::<CelString>()?.inner());
    let Value::List(items) = &list.value else { return None };
    let index = list.index(looked_at);
    let single = holder.downcast_ref::<CelString>().map(|text| vec![text.inner()]);
    let wanted = match single {
        Some(single) if looked_at.starts_with(operators::EQUALS) => single,
        _ => texts(&holder.downcast_ref::<Node>()?.value, place.downcast_ref::<CelString>()?.inner(), looked_at)?,
    };
    let found = wanted.iter().filter_map(|text| index.by_text.get(*text)).flatten();
    let positions: BTreeSet<usize> = found.chain(&index.others).copied().collect();
    let items: Vec<Value> = positions.into_iter().filter_map(|position| items.get(position)).cloned().collect();
    Some(Node::new(Value::List(Arc::new(items))))
}

/// The text at a place, or the texts of the list there; nothing where one is not known, or is no text.
fn texts<'v>(holder: &'v Value, place: &str, looked_at: &str) -> Option<Vec<&'v str>> {
    let value = keys(place).try_fold(holder, Value::get)?;
    match value {
        Value::String(text) if looked_at.starts_with(operators::EQUALS) => Some(vec![text]),
        Value::List(items) if looked_at.starts_with(operators::IN) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

fn keys(place: &str) -> impl Iterator<Item = &str> {
    place.split('.').filter(|key| !key.is_empty())
}

/// The items of a list by the text that they have at a place.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_text: HashMap<Arc<str>, Vec<usize>>,
    /// Those that a loop must visit whatever the text.
    others: Vec<usize>,
}

impl Index {
    /// `looked_at` is what [`Question::arguments`] makes of a question.
    pub(super) fn of(items: &[Value], looked_at: &str) -> Self {
        let mut places = looked_at.split(' ').skip(1);
        let compared = places.next().unwrap_or_default();
        let present: Vec<&str> = places.collect();
        let mut index = Self::default();
        for (position, item) in items.iter().enumerate() {
            match answer(item, compared, &present) {
                Answer::Text(text) => index.by_text.entry(text).or_default().push(position),
                Answer::No => {}
                Answer::Open => index.others.push(position),
            }
        }
        index
    }
}

enum Answer {
    Text(Arc<str>),
    /// A property is certainly not there.
    No,
    /// The loop must see for itself.
    Open,
}

fn answer(item: &Value, compared: &str, present: &[&str]) -> Answer {
    for place in present {
        let (holder, key) = place.rsplit_once('.').unwrap_or(("", place));
        match keys(holder).try_fold(item, Value::get) {
            Some(Value::Map(map)) => match map.get(key) {
                None => return Answer::No,
                Some(Value::Unknown(_)) => return Answer::Open,
                Some(_) => {}
            },
            _ => return Answer::Open,
        }
    }
    match keys(compared).try_fold(item, Value::get) {
        Some(Value::String(text)) => Answer::Text(text.clone()),
        _ => Answer::Open,
    }
}
