//! Not knowing never flips a verdict: what is certain with unknowns stays so whatever the unknowns turn out to be.
//!
//! A verdict may become unknown when an unknown turns out to be of a kind that the rule cannot judge (a text where a
//! number must be); it is never replaced by another certain one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use govcheck::engine::{Engine, Fleet};
use govcheck::model::{Account, Finding, Gap, Inventory, Resource, ResourceId, Scope, Unknown, Value, Verdict};
use govcheck::rule::{Guardrail, RulePack};
use govcheck::syntax::SourceFile;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use serde_json::json;

use crate::support::choices::{Choices, blank_inventory, fill_inventory, value};

fn config(cases: u32) -> ProptestConfig {
    let factor: u32 = std::env::var("THREE_VALUES_FACTOR").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    ProptestConfig { cases: cases * factor, failure_persistence: None, ..ProptestConfig::default() }
}

/// The verdicts by what they are about.
fn verdicts(engine: &Engine, inventory: &Inventory, fleet: Option<&Fleet>) -> BTreeMap<(String, String), Finding> {
    let key = |finding: &Finding| (finding.resource.resource_type.clone(), finding.resource.name.clone());
    engine.evaluate_in(inventory, fleet).into_iter().map(|finding| (key(&finding), finding)).collect()
}

/// Fails when a certain verdict with less knowledge is another one with more.
fn check(
    engine: &Engine,
    fleet: Option<&Fleet>,
    less: &Inventory,
    more: &Inventory,
    about: &str,
) -> Result<(), TestCaseError> {
    let after = verdicts(engine, more, fleet);
    for (key, before) in verdicts(engine, less, fleet) {
        if before.verdict == Verdict::Unknown {
            continue;
        }
        let Some(after) = after.get(&key) else {
            return Err(TestCaseError::fail(format!(
                "{about}\n{key:?} has no verdict any more\n{}",
                shown(less, more)
            )));
        };
        let unjudgeable = matches!(&after.evidence.cause, Some(Unknown::RuleError(_)));
        if after.verdict != before.verdict && !unjudgeable {
            let (before, after) = (before.verdict, after.verdict);
            return Err(TestCaseError::fail(format!(
                "{about}\n{key:?}: {before} before, {after} after\n{}",
                shown(less, more)
            )));
        }
    }
    Ok(())
}

fn shown(less: &Inventory, more: &Inventory) -> String {
    let mut text = String::new();
    for (name, inventory) in [("before", less), ("after", more)] {
        let _ = writeln!(text, "{name}:");
        for resource in &inventory.resources {
            let properties = serde_json::to_string(&resource.properties).unwrap();
            let _ = writeln!(text, "  {} {}: {properties}", resource.id.resource_type, resource.id.name);
        }
        for gap in &inventory.gaps {
            let _ = writeln!(text, "  {}: not seen", gap.resource_type);
        }
    }
    text
}

/// A case of a shipped guardrail, and every value that its guardrail's cases speak of.
struct Known {
    title: String,
    engine: Engine,
    fleet: Option<Fleet>,
    inventory: Inventory,
    pool: Arc<Vec<Value>>,
    resources: Arc<BTreeMap<String, Vec<Value>>>,
}

static CASES: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let pack = RulePack::embedded().unwrap();
    let mut cases = Vec::new();
    for guardrail in &pack.guardrails {
        let mut pool = Vec::new();
        let mut resources: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        let inventories: Vec<_> = guardrail.rule.cases.iter().map(|case| case.inventory(guardrail).unwrap()).collect();
        for resource in inventories.iter().flat_map(|inventory| &inventory.resources) {
            parts(&resource.properties, &mut pool);
            if resource.properties.first_unknown().is_none() {
                resources.entry(resource.id.resource_type.clone()).or_default().push(resource.properties.clone());
            }
        }
        let (pool, resources) = (Arc::new(pool), Arc::new(resources));
        for (position, (case, inventory)) in guardrail.rule.cases.iter().zip(inventories).enumerate() {
            let params = pack.params.to_value(case.params());
            cases.push(Known {
                title: format!("{}: {}", guardrail.id(), case.title(position + 1)),
                engine: Engine::with_params(vec![Arc::clone(guardrail)], params, case.now().unwrap())
                    .with_accounts(&case.accounts().unwrap()),
                fleet: guardrail.is_across().then(|| Fleet::of_values(case.fleet().unwrap())),
                inventory,
                pool: Arc::clone(&pool),
                resources: Arc::clone(&resources),
            });
        }
    }
    cases
});

/// The value and everything in it, as far as it is known.
fn parts(value: &Value, into: &mut Vec<Value>) {
    if value.first_unknown().is_none() && !into.contains(value) {
        into.push(value.clone());
    }
    match value {
        Value::List(items) => items.iter().for_each(|item| parts(item, into)),
        Value::Map(map) => map.values().for_each(|value| parts(value, into)),
        _ => {}
    }
}

#[test]
fn no_unknown_flips_a_shipped_guardrail() {
    for known in CASES.iter() {
        let any_value = |choices: &mut Choices<'_>| match choices.below(3) {
            0 => value(choices, 2, false),
            1 if !known.pool.is_empty() => known.pool[choices.below(known.pool.len())].clone(),
            _ => Value::Null,
        };
        let any_resource = |choices: &mut Choices<'_>, kind: &str| match known.resources.get(kind) {
            Some(examples) => examples[choices.below(examples.len())].clone(),
            None => Value::map([("Id", value(choices, 1, false))]),
        };
        let test = |bytes: Vec<u8>| {
            let choices = &mut Choices::new(&bytes);
            let less = blank_inventory(&known.inventory, choices);
            check(&known.engine, known.fleet.as_ref(), &less, &known.inventory, &known.title)?;
            let more = fill_inventory(&less, choices, &any_value, &any_resource);
            check(&known.engine, known.fleet.as_ref(), &less, &more, &known.title)
        };
        if let Err(error) = TestRunner::new(config(12)).run(&vec(any::<u8>(), 0..80), test) {
            panic!("{error}");
        }
    }
}

const THING: &str = "AWS::Test::Thing";
const OTHER: &str = "AWS::Test::Other";

fn guardrail(assert: &str) -> Result<Guardrail, String> {
    let text = format!(
        "id: generated\ntitle: {{en: t, ja: t}}\nrationale: {{en: t, ja: t}}\nremediation: {{en: t, ja: t}}\n\
         kind: detective\nseverity: low\napplies_to: {{resource: \"{THING}\", classes: [all]}}\ncases: []\nassert: {}\n",
        serde_json::to_string(assert).unwrap()
    );
    Guardrail::load(SourceFile::new("generated.yaml", text)).map_err(|fault| fault.to_string())
}

fn engine(assert: &str) -> Result<Engine, String> {
    let now: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
    Ok(Engine::with_params(vec![Arc::new(guardrail(assert)?)], Value::map([]), now))
}

fn place(kind: &str, name: &str, properties: Value) -> Resource {
    let id = ResourceId { resource_type: kind.into(), region: "ap-northeast-1".into(), name: name.into(), arn: None };
    Resource { id, properties, origin: None }
}

fn inventory(thing: Value, others: Option<Vec<Value>>) -> Inventory {
    let account = Account::new("111111111111".parse().unwrap());
    let types = [THING, OTHER].map(|kind| (kind.to_owned(), Scope::Regional)).into();
    let mut inventory = Inventory::new(account, vec!["ap-northeast-1".into()], types);
    inventory.resources.push(place(THING, "thing", thing));
    match others {
        Some(others) => {
            let others = others.into_iter().enumerate();
            inventory.resources.extend(others.map(|(number, other)| place(OTHER, &format!("other-{number}"), other)));
        }
        None => inventory.gaps.push(Gap {
            region: "ap-northeast-1".into(),
            resource_type: OTHER.into(),
            cause: Unknown::AccessDenied("test:List".into()),
        }),
    }
    inventory.sort();
    inventory
}

/// Writes expressions over `resource.P`, `.Q` (anything), `.L`, `.K` (mostly lists), `.M` (mostly a map) and the others.
struct Writer<'a, 'c> {
    choices: &'a mut Choices<'c>,
    loops: usize,
}

impl Writer<'_, '_> {
    fn bool(&mut self, depth: usize) -> String {
        if depth == 0 {
            return self.simple_bool();
        }
        let depth = depth - 1;
        match self.choices.below(18) {
            0 => self.simple_bool(),
            1 | 2 => format!("({} && {})", self.bool(depth), self.bool(depth)),
            3 | 4 => format!("({} || {})", self.bool(depth), self.bool(depth)),
            5 | 6 => format!("!{}", self.bool(depth)),
            7 => format!("({} ? {} : {})", self.bool(depth), self.bool(depth), self.bool(depth)),
            8 => self.fold("exists", depth),
            9 => self.fold("all", depth),
            10 => self.fold("exists_one", depth),
            11 => format!("({} == {})", self.term(depth), self.term(depth)),
            12 => format!("({} {} {})", self.term(depth), self.comparison(), self.term(depth)),
            13 => format!("({} in {})", self.term(depth), self.list(depth)),
            14 => format!("({} == {})", self.path(), self.list(depth)),
            15 => format!("(size({}) {} {})", self.list(depth), self.comparison(), self.choices.below(3)),
            16 => format!("(arn_part({}, \"region\") == \"\")", self.term(depth)),
            _ => format!("covers_world({})", self.list(depth)),
        }
    }

    fn simple_bool(&mut self) -> String {
        match self.choices.below(8) {
            0 => format!("({} == {})", self.path(), self.literal()),
            1 => format!("has({})", self.path()),
            2 => format!("({} != {})", self.path(), self.literal()),
            3 => format!("({} == {})", self.path(), self.path()),
            4 => format!("({} in {})", self.literal(), self.path()),
            5 => format!("(\"k\" in {})", self.path()),
            6 => "true".into(),
            _ => "false".into(),
        }
    }

    fn comparison(&mut self) -> &'static str {
        self.choices.pick(&["<", "<=", ">", ">=", "==", "!="])
    }

    fn fold(&mut self, name: &str, depth: usize) -> String {
        let list = self.list(depth);
        let variable = format!("r{}", self.loops);
        self.loops += 1;
        let body = self.bool(depth);
        self.loops -= 1;
        format!("{list}.{name}({variable}, {body})")
    }

    fn list(&mut self, depth: usize) -> String {
        let depth = depth.saturating_sub(1);
        match self.choices.below(if depth == 0 { 6 } else { 9 }) {
            0 | 1 => "resource.L".into(),
            2 => "resource.K".into(),
            3 => format!("resources(\"{OTHER}\")"),
            4 => "resource.M".into(),
            5 => format!("[{}, {}]", self.path(), self.literal()),
            6 => self.fold("filter", depth),
            _ => {
                let list = self.list(depth);
                let variable = format!("r{}", self.loops);
                self.loops += 1;
                let body = self.term(depth);
                self.loops -= 1;
                format!("{list}.map({variable}, {body})")
            }
        }
    }

    fn term(&mut self, depth: usize) -> String {
        let depth = depth.saturating_sub(1);
        match self.choices.below(if depth == 0 { 3 } else { 7 }) {
            0 => self.path(),
            1 => self.literal().into(),
            2 => format!("size({})", self.path()),
            3 => format!("({} + {})", self.term(depth), self.term(depth)),
            4 => format!("({} ? {} : {})", self.bool(depth), self.term(depth), self.term(depth)),
            5 => format!("{}[{}]", self.list(depth), self.choices.below(3)),
            _ => self.bool(depth),
        }
    }

    fn literal(&mut self) -> &'static str {
        self.choices.pick(&["1", "true", "\"a\"", "2", "0", "false", "\"\"", "\"k\""])
    }

    fn path(&mut self) -> String {
        if self.loops > 0 && self.choices.below(3) > 0 {
            let variable = format!("r{}", self.choices.below(self.loops));
            return match self.choices.below(3) {
                0 => format!("{variable}.k"),
                1 => format!("{variable}.l"),
                // has() takes a property only.
                _ => format!("{variable}.k"),
            };
        }
        self.choices
            .pick(&[
                "resource.P",
                "resource.Q",
                "resource.M.k",
                "resource.L",
                "resource.M",
                "resource.M.l",
                "resource.K",
            ])
            .to_owned()
    }
}

fn world(choices: &mut Choices<'_>) -> Inventory {
    let list = |choices: &mut Choices<'_>| match choices.below(8) {
        7 => value(choices, 2, true),
        length => Value::list((0..length % 4).map(|_| value(choices, 2, true))),
    };
    let map = |choices: &mut Choices<'_>| match choices.below(6) {
        5 => value(choices, 2, true),
        _ => Value::map([("k", value(choices, 1, true)), ("l", value(choices, 2, true))]),
    };
    let thing = Value::map([
        ("P", value(choices, 1, true)),
        ("Q", value(choices, 2, true)),
        ("L", list(choices)),
        ("K", list(choices)),
        ("M", map(choices)),
    ]);
    let others = match choices.below(4) {
        3 => None,
        count => Some((0..count).map(|_| map(choices)).collect()),
    };
    inventory(thing, others)
}

/// Expressions that were once taken for certain, with what made them so, and what it may turn out to be.
#[test]
fn what_once_flipped_does_so_no_more() {
    let hole = || json!({"$unknown": "not_collected"});
    let statement = |part: &str, content: serde_json::Value| {
        let mut statement =
            json!({"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]});
        statement[part] = content;
        json!({"M": {"Statement": [statement]}})
    };
    let deny = |condition: serde_json::Value| {
        let mut document = statement("Principal", json!("*"));
        document["M"]["Statement"][0]["Effect"] = json!("Deny");
        document["M"]["Statement"][0]["Condition"] = condition;
        document
    };
    let denies = "policy_denies_plain_http(resource.M, \"b\")";
    let insecure = json!({"aws:SecureTransport": "false"});
    let mut flips = Vec::new();
    for (assert, less, more) in [
        // An unknown item stands for any number of items.
        ("resource.L[1] == 1", json!({"L": [hole(), 1]}), json!({"L": [2, 3, 1]})),
        ("resource.L == [1, 2, 5]", json!({"L": [hole(), 5, hole()]}), json!({"L": [1, 2, 5]})),
        ("resource.L != [5]", json!({"L": [5, 6, hole()]}), json!({"L": [5, 6]})),
        // An unknown property may turn out to be absent.
        ("\"k\" in resource.M", json!({"M": {"k": hole()}}), json!({"M": {}})),
        ("size(resource.M) == 1", json!({"M": {"k": hole()}}), json!({"M": {}})),
        ("resource.M.exists(key, key == \"k\")", json!({"M": {"k": hole()}}), json!({"M": {}})),
        ("resource.M != resource.P", json!({"M": {"k": hole()}, "P": {}}), json!({"M": {}, "P": {}})),
        ("policy_is_public(resource.M)", statement("NotPrincipal", hole()), statement("NotPrincipal", json!(null))),
        (denies, deny(json!({"Bool": insecure, "StringEquals": hole()})), deny(json!({"Bool": insecure}))),
        (
            denies,
            deny(json!({"Bool": {"aws:SecureTransport": "false", "aws:SourceIp": hole()}})),
            deny(json!({"Bool": insecure})),
        ),
        (
            denies,
            deny(json!({"Bool": {"aws:SecureTransport": ["false", hole()]}})),
            deny(json!({"Bool": {"aws:SecureTransport": ["false"]}})),
        ),
    ] {
        let engine = engine(assert).unwrap();
        let world = |json: serde_json::Value| inventory(Value::from_notation(json).unwrap(), Some(Vec::new()));
        flips.extend(check(&engine, None, &world(less), &world(more), assert).err().map(|error| error.to_string()));
    }
    assert!(flips.is_empty(), "{}", flips.join("\n"));
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn no_unknown_flips_an_expression(text in vec(any::<u8>(), 1..60), before in vec(any::<u8>(), 0..60), after in vec(any::<u8>(), 0..40)) {
        let assert = Writer { choices: &mut Choices::new(&text), loops: 0 }.bool(1 + text.len() % 3);
        let Ok(engine) = engine(&assert) else { return Ok(()) };
        let less = world(&mut Choices::new(&before));
        let any_value = |choices: &mut Choices<'_>| match choices.below(3) {
            0 => Value::Null,
            _ => value(choices, 2, false),
        };
        let any_resource = |choices: &mut Choices<'_>, _: &str| Value::map([("k", value(choices, 2, false)), ("l", value(choices, 2, false))]);
        let more = fill_inventory(&less, &mut Choices::new(&after), &any_value, &any_resource);
        check(&engine, None, &less, &more, &assert)?;
    }
}
