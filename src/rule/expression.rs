//! CEL expressions of rule files: compiled once, with the properties they read known before they run.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

use ::cel::Env;
use ::cel::common::ast::{CallExpr, EntryExpr, Expr, IdedExpr, LiteralValue, SelectExpr, operators};
use ::cel::parser::Macro;

use super::functions::FUNCTIONS;
use super::{lookup, matches};
use crate::model::schema::Segment;

/// What the names of the variables behind `resources("TYPE")` begin with.
pub(super) const OTHERS: &str = "@resources ";

/// What the names of the variables behind `account_resources("TYPE")` begin with.
pub(super) const ACCOUNT_OTHERS: &str = "@account_resources ";

/// The variable behind a call with a type; no rule can name it itself.
pub(super) fn others_variable(prefix: &str, kind: &str) -> String {
    format!("{prefix}{kind}")
}

/// The variables that a rule may use.
const VARIABLES: [&str; 7] = ["resource", "meta", "account", "accounts", "params", FLEET, "now"];

/// The resources of all accounts.
const FLEET: &str = "fleet";

/// The CEL standard library and [`FUNCTIONS`], without optional syntax, which would swallow unknowns.
pub(super) fn environment() -> &'static Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut env = Env::stdlib();
        // Names and signatures are checked by a test: no declaration can conflict at run time.
        for (name, prefix) in [("resources", OTHERS), ("account_resources", ACCOUNT_OTHERS)] {
            let _ = env.add_macro(others_macro(name, prefix));
        }
        for function in FUNCTIONS {
            let _ = env.add_overload(function.name, function.name, (function.arguments)(), function.call);
        }
        matches::declare(&mut env);
        let _ = env.add_overload(lookup::LOOKUP, lookup::LOOKUP, lookup::arguments(), lookup::call);
        Arc::new(env)
    })
}

/// `resources("TYPE")` reads a variable of its own for each type.
fn others_macro(name: &'static str, prefix: &'static str) -> Macro {
    Macro::global(name, 1, move |helper, _target, args| match args.first() {
        Some(IdedExpr { expr: Expr::Literal(LiteralValue::String(kind)), .. }) => {
            let variable = others_variable(prefix, kind.inner());
            Ok(Some(helper.next_expr(Expr::Ident(variable))))
        }
        other => {
            let id = other.map_or(0, |arg| arg.id);
            Err(helper.new_error(id, format!("{name}() takes the type as a text literal")))
        }
    })
}

/// A property that an expression reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PropertyRef {
    /// The resource type for `resources("TYPE")`, nothing for `resource` itself.
    pub other_type: Option<String>,
    /// Whether it is `account_resources("TYPE")`: those of all regions.
    pub everywhere: bool,
    pub path: Vec<Segment>,
}

impl fmt::Display for PropertyRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.path.iter().enumerate() {
            match segment {
                Segment::Key(key) if position == 0 => f.write_str(key)?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Item => f.write_str("[]")?,
            }
        }
        Ok(())
    }
}

/// A compiled expression and what it refers to.
#[derive(Debug)]
pub struct Expression {
    expression: IdedExpr,
    properties: BTreeSet<PropertyRef>,
    params: BTreeSet<String>,
    reads_fleet: bool,
    reads_meta: bool,
    /// Whether it reads the resource in another way than by the names of its properties.
    reads_whole: bool,
}

impl Expression {
    /// Compiles CEL text.
    ///
    /// # Errors
    /// A message for the author of the rule, when the text is not CEL, or uses what rules may not use.
    pub fn compile(source: &str) -> Result<Self, String> {
        let mut compiled = Self::without_lookups(source)?;
        lookup::rewrite(&mut compiled.expression);
        Ok(compiled)
    }

    /// The expression as it is written.
    pub(super) fn without_lookups(source: &str) -> Result<Self, String> {
        let program = environment().compile(source).map_err(|errors| {
            let messages = errors.errors.iter().map(|error| format!("{}:{}: {}", error.pos.0, error.pos.1, error.msg));
            messages.collect::<Vec<_>>().join("; ")
        })?;
        let mut references = References::default();
        references.walk(program.expression());
        if let Some(problem) = references.problem {
            return Err(problem);
        }
        let declared = program.references();
        let bound = &references.loop_variables;
        if let Some(name) =
            declared.variables().into_iter().find(|name| !known_variable(name) && !bound.contains(*name))
        {
            return Err(format!("there is no variable `{name}`"));
        }
        if let Some(name) = references.functions.iter().find(|name| !known_function(name)) {
            return Err(format!("there is no function `{name}`"));
        }
        let reads_fleet = declared.variables().contains(&FLEET);
        let reads_meta = declared.variables().contains(&"meta");
        let References { properties, params, whole: reads_whole, .. } = references;
        let expression = program.expression().clone();
        Ok(Self { expression, properties, params, reads_fleet, reads_meta, reads_whole })
    }

    pub(super) fn expression(&self) -> &IdedExpr {
        &self.expression
    }

    /// The properties that the expression reads, as far as its text tells.
    pub fn properties(&self) -> &BTreeSet<PropertyRef> {
        &self.properties
    }

    /// The types named in `resources("TYPE")` and `account_resources("TYPE")`.
    pub fn other_types(&self) -> impl Iterator<Item = &str> {
        self.properties.iter().filter_map(|property| property.other_type.as_deref())
    }

    /// The types named in `account_resources("TYPE")`.
    pub fn account_types(&self) -> impl Iterator<Item = &str> {
        self.properties.iter().filter(|property| property.everywhere).filter_map(|one| one.other_type.as_deref())
    }

    /// The parameters that the expression reads.
    pub fn params(&self) -> impl Iterator<Item = &str> {
        self.params.iter().map(String::as_str)
    }

    /// Whether it may read a property of the resource.
    pub fn reads(&self, property: &str) -> bool {
        let named = |one: &PropertyRef| match one.path.first() {
            Some(Segment::Key(key)) => one.other_type.is_none() && key == property,
            _ => false,
        };
        // `meta.tags` is made of the tags.
        let through_meta = self.reads_meta && property == "Tags";
        self.reads_whole || through_meta || self.properties.iter().any(named)
    }

    /// Whether it reads the variable `meta`.
    pub fn reads_meta(&self) -> bool {
        self.reads_meta
    }

    /// Whether it reads the resources of other accounts.
    pub fn reads_fleet(&self) -> bool {
        self.reads_fleet
    }

    /// Whether the expression is the literal `false`.
    pub fn is_false(&self) -> bool {
        matches!(&self.expression.expr, Expr::Literal(LiteralValue::Boolean(value)) if !*value.inner())
    }
}

/// Whether the value is a list or map of CEL's own, which does not know how to compare itself to one of ours.
fn is_made_here(expr: &Expr) -> bool {
    match expr {
        Expr::List(_) | Expr::Map(_) => true,
        Expr::Comprehension(fold) => matches!(fold.accu_init.expr, Expr::List(_)),
        _ => false,
    }
}

/// Whether it is a variable behind `resources("TYPE")` or `account_resources("TYPE")`.
pub(super) fn is_others(name: &str) -> bool {
    [OTHERS, ACCOUNT_OTHERS].iter().any(|prefix| name.starts_with(prefix))
}

fn known_variable(name: &str) -> bool {
    VARIABLES.contains(&name) || is_others(name)
}

/// CEL's own functions, by the name under which a call of them is parsed.
const STANDARD_FUNCTIONS: [&str; 27] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "timestamp",
    "duration",
    "string",
    "int",
    "uint",
    "double",
    "bool",
    "type",
    "dyn",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
    "max",
    "min",
    "@not_strictly_false",
];

fn known_function(name: &str) -> bool {
    let operator = name.contains('_') && !name.starts_with(|c: char| c.is_ascii_alphabetic());
    operator
        || name.starts_with(['!', '-', '@'])
        || STANDARD_FUNCTIONS.contains(&name)
        || FUNCTIONS.iter().any(|function| function.name == name)
}

/// A property path that a loop variable stands for.
type Bound = (String, PropertyRef);

#[derive(Default)]
struct References {
    properties: BTreeSet<PropertyRef>,
    params: BTreeSet<String>,
    functions: BTreeSet<String>,
    bound: Vec<Bound>,
    loop_variables: BTreeSet<String>,
    whole: bool,
    problem: Option<String>,
}

impl References {
    fn walk(&mut self, node: &IdedExpr) {
        if let Some(property) = self.property(node) {
            if property.path.is_empty() && property.other_type.is_none() {
                self.whole = true;
            } else {
                self.properties.insert(property);
            }
            return;
        }
        match &node.expr {
            Expr::Select(select) => self.select(select),
            Expr::Call(call) => self.call(call),
            Expr::List(list) => list.elements.iter().for_each(|element| self.walk(element)),
            Expr::Map(map) => map.entries.iter().for_each(|entry| {
                if let EntryExpr::MapEntry(entry) = &entry.expr {
                    self.walk(&entry.key);
                    self.walk(&entry.value);
                }
            }),
            Expr::Comprehension(fold) => {
                self.walk(&fold.iter_range);
                self.loop_variables.extend([fold.iter_var.clone(), fold.accu_var.clone()]);
                let item = self.property(&fold.iter_range).map(|mut property| {
                    property.path.push(Segment::Item);
                    (fold.iter_var.clone(), property)
                });
                let depth = self.bound.len();
                self.bound.extend(item);
                for part in [&fold.accu_init, &fold.loop_cond, &fold.loop_step, &fold.result] {
                    self.walk(part);
                }
                self.bound.truncate(depth);
            }
            _ => {}
        }
    }

    fn select(&mut self, select: &SelectExpr) {
        if matches!(&select.operand.expr, Expr::Ident(name) if name == "params") {
            self.params.insert(select.field.clone());
        }
        self.walk(&select.operand);
    }

    fn call(&mut self, call: &CallExpr) {
        self.functions.insert(call.func_name.clone());
        let compares = [operators::EQUALS, operators::NOT_EQUALS].contains(&call.func_name.as_str());
        if compares && call.args.first().is_some_and(|left| is_made_here(&left.expr)) {
            self.problem =
                Some("a list or map literal, filter() and map() must stand on the right of == and !=".into());
        }
        if [operators::OPT_INDEX, operators::OPT_SELECT].contains(&call.func_name.as_str()) {
            self.problem = Some("optional syntax (.? and [?]) would take an unknown for an absent property".into());
        }
        if let Some(target) = &call.target {
            self.walk(target);
        }
        // Only the container decides which property is read; the index may read others.
        call.args.iter().for_each(|arg| self.walk(arg));
    }

    /// The property that an expression names, if it is a plain path.
    fn property(&self, node: &IdedExpr) -> Option<PropertyRef> {
        match &node.expr {
            Expr::Ident(name) if name == "resource" => {
                Some(PropertyRef { other_type: None, everywhere: false, path: Vec::new() })
            }
            Expr::Ident(name) if name.starts_with('@') => other_type(name),
            Expr::Ident(name) => {
                self.bound.iter().rev().find(|(variable, _)| variable == name).map(|(_, property)| property.clone())
            }
            Expr::Select(select) => {
                let mut property = self.property(&select.operand)?;
                property.path.push(Segment::Key(select.field.clone()));
                Some(property)
            }
            Expr::Call(call) if call.func_name == operators::INDEX => {
                let [container, index] = call.args.as_slice() else { return None };
                match &index.expr {
                    Expr::Literal(LiteralValue::String(key)) => {
                        let mut property = self.property(container)?;
                        property.path.push(Segment::Key(key.inner().to_owned()));
                        Some(property)
                    }
                    Expr::Literal(LiteralValue::Int(_)) => {
                        let mut property = self.property(container)?;
                        property.path.push(Segment::Item);
                        Some(property)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// What a variable behind `resources("TYPE")` or `account_resources("TYPE")` stands for.
fn other_type(variable: &str) -> Option<PropertyRef> {
    let named = |prefix| variable.strip_prefix(prefix).map(str::to_owned);
    let (everywhere, other_type) = match named(OTHERS) {
        Some(kind) => (false, kind),
        None => (true, named(ACCOUNT_OTHERS)?),
    };
    Some(PropertyRef { other_type: Some(other_type), everywhere, path: Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(source: &str) -> Vec<String> {
        let expression = Expression::compile(source).unwrap();
        expression
            .properties()
            .iter()
            .map(|property| match &property.other_type {
                Some(other) => format!("{other}:{property}"),
                None => property.to_string(),
            })
            .collect()
    }

    #[test]
    fn the_properties_that_are_read_are_known() {
        assert_eq!(properties(r#"["A", "B"].all(k, resource.Block[k] == true)"#), ["Block"]);
        assert_eq!(
            properties("resource.Rules.exists(r, r.From <= 22 && has(r.To))"),
            ["Rules", "Rules[].From", "Rules[].To"]
        );
        assert_eq!(
            properties(r#"resources("AWS::EC2::NatGateway").exists(n, n.Id == resource.NatId)"#),
            ["NatId", "AWS::EC2::NatGateway:", "AWS::EC2::NatGateway:[].Id"]
        );
    }

    #[test]
    fn what_rules_may_not_use_is_refused() {
        for (source, problem) in [
            ("resource.?A.orValue(true)", ""),
            ("[1] == resource.A", "right"),
            ("resource.A.map(a, a.B) == resource.C", "right"),
            ("resources(resource.A)", "literal"),
            ("account_resources(resource.A)", "account_resources() takes the type as a text literal"),
            ("nobody.A == 1", "variable `nobody`"),
            ("frobnicate(resource.A)", "function `frobnicate`"),
            ("resource.A ==", ""),
        ] {
            let error = Expression::compile(source).unwrap_err();
            assert!(error.contains(problem), "{source}: {error}");
        }
    }

    #[test]
    fn every_function_is_declared() {
        for function in FUNCTIONS {
            let arguments = vec!["resource.A"; (function.arguments)().len()].join(", ");
            Expression::compile(&format!("{}({arguments}) == resource.B", function.name)).unwrap();
        }
    }
}
