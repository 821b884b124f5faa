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

/// What a loop asks of its items first: that properties be there, then that one of some be a text, or one of several.
struct Question<'e> {
    present: Vec<Path<'e>>,
    compared: Vec<Path<'e>>,
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
        let compared: Vec<String> = self.compared.iter().map(below).collect();
        let looked_at = [self.operator.to_owned(), compared.join(",")];
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

/// The operands of `item.A == b.C`, `b.C in [item.A, item.B]` and `item.A in b.C`, or of the contrary of the first.
fn comparison<'e>(node: &'e IdedExpr, contrary: bool, item: &str) -> Option<(Vec<Path<'e>>, &'static str, Path<'e>)> {
    let Expr::Call(call) = &node.expr else { return None };
    let [left, right] = call.args.as_slice() else { return None };
    let of_item = |node| path(node).filter(|path| path[0] == item && path.len() > 1);
    let of_other = |node| path(node).filter(|path| path[0] != item);
    match (call.func_name.as_str(), contrary) {
        (operators::EQUALS, false) | (operators::NOT_EQUALS, true) => match (of_item(left), of_item(right)) {
            (Some(compared), None) => Some((vec![compared], operators::EQUALS, of_other(right)?)),
            (None, Some(compared)) => Some((vec![compared], operators::EQUALS, of_other(left)?)),
            _ => None,
        },
        (operators::IN, false) => match &right.expr {
            Expr::List(list) => {
                let compared = list.elements.iter().map(of_item).collect::<Option<Vec<_>>>()?;
                Some((compared, operators::EQUALS, of_other(left)?))
            }
            _ => Some((vec![of_item(left)?], operators::IN, of_other(right)?)),
        },
        _ => None,
    }
}

fn path(node: &IdedExpr) -> Option<Path<'_>> {
    match &node.expr {
        Expr::Ident(name) if !name.starts_with('@') => Some(vec![name]),
        Expr::Select(select) if !select.test && !select.field.contains(['.', ',', ' ']) => {
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
                Some(texts) => {
                    texts.into_iter().for_each(|text| index.by_text.entry(text).or_default().push(position));
                }
                None => index.others.push(position),
            }
        }
        index
    }
}

/// The texts for which a loop must visit an item; nothing where it must whatever the text.
fn answer(item: &Value, compared: &str, present: &[&str]) -> Option<Vec<Arc<str>>> {
    for place in present {
        let (holder, key) = place.rsplit_once('.').unwrap_or(("", place));
        let Some(Value::Map(map)) = keys(holder).try_fold(item, Value::get) else { return None };
        match map.get(key) {
            None => return Some(Vec::new()),
            Some(Value::Unknown(_)) => return None,
            Some(_) => {}
        }
    }
    let text = |place| match keys(place).try_fold(item, Value::get) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    compared.split(',').map(text).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    use super::*;
    use crate::model::Unknown;
    use crate::rule::{Expression, Outcome, Shared, Variables};

    /// The conditions of a loop over `x`, each with whether its list is looked up.
    const LOOPS: [(&str, bool); 16] = [
        ("LIST.exists(x, x.A == resource.A)", true),
        ("LIST.exists(x, resource.A == x.A && x.B)", true),
        ("LIST.exists(x, has(x.A) && has(x.A.B) && x.A.B == resource.A && x.B == 1)", true),
        ("LIST.exists(x, has(x.B) && x.A == resource.B.A)", true),
        ("LIST.exists(x, resource.A in [x.A, x.B])", true),
        ("LIST.exists(x, x.A in resource.B && size(x.B) == 1)", true),
        ("LIST.all(x, x.A != resource.A || x.B == \"b\")", true),
        ("LIST.all(x, !has(x.B) || x.A != resource.A || x.B == \"b\")", true),
        ("size(LIST.filter(x, x.A == resource.A)) == 1", true),
        ("LIST.exists_one(x, x.A == resource.A)", true),
        ("LIST.exists(x, resource.B.exists(y, LIST.exists(z, z.A == y && z.B == x.B)))", true),
        ("LIST.exists(x, x.B && x.A == resource.A)", false),
        ("LIST.exists(x, x.A == resource.A || x.B)", false),
        ("LIST.all(x, x.A == resource.A)", false),
        ("LIST.exists(x, x.A == x.B)", false),
        ("size(LIST.map(x, x.A)) == 1", false),
    ];

    fn written(text: &str) -> String {
        text.replace("LIST", "resources(\"T\")")
    }

    fn outcome(expression: &Expression, resource: &Value, items: &Value) -> Outcome {
        let none = Value::map([]);
        let variables = Variables {
            account: &none,
            accounts: &none,
            params: &none,
            others: &[("T", items.clone())],
            account_others: &[],
            now: DateTime::UNIX_EPOCH,
        };
        expression.evaluate(&Shared::new(&variables).scope(resource))
    }

    #[test]
    fn loops_that_begin_by_comparing_a_text_look_it_up() {
        for (text, looked_up) in LOOPS {
            let expression = Expression::compile(&written(text)).unwrap();
            let compiled = format!("{:?}", expression.expression());
            assert_eq!(compiled.contains(LOOKUP), looked_up, "{text}");
        }
    }

    #[test]
    fn only_what_is_asked_for_is_visited() {
        let item = |text: &str| Value::map([("A", text.into())]);
        let items =
            Value::list([item("a"), item("b"), Value::unknown(Unknown::NotCollected), item("a"), Value::map([])]);
        let Value::List(list) = &items else { unreachable!() };
        let index = Index::of(list, "_==_ A");
        assert_eq!((&index.by_text["a"], &index.others), (&vec![0, 3], &vec![2, 4]));
        assert_eq!(Index::of(list, "_==_ A A").others, [2]);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            4 => Just(Value::from("a")),
            2 => Just(Value::from("b")),
            1 => Just(Value::from(1)),
            1 => Just(Value::from(true)),
            1 => Just(Value::unknown(Unknown::NotCollected)),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| prop_oneof![vec(inner.clone(), 0..3).prop_map(Value::list), map(inner)])
    }

    fn map(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
        btree_map(prop_oneof![Just("A"), Just("B")], inner, 0..3).prop_map(Value::map)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

        #[test]
        fn nothing_changes_but_the_time(resource in map(value()), items in vec(prop_oneof![9 => map(value()), 1 => value()], 0..5)) {
            let items = Value::list(items);
            for (text, _) in LOOPS {
                let text = written(text);
                let plain = outcome(&Expression::without_lookups(&text).unwrap(), &resource, &items);
                prop_assert_eq!(outcome(&Expression::compile(&text).unwrap(), &resource, &items), plain, "{}", text);
            }
        }
    }
}
