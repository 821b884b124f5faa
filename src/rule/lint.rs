//! What is wrong with a rule beyond its form: names that lead nowhere, cases that are missing.

use std::collections::BTreeSet;

use super::guardrail::{ClassName, Expect, Guardrail};
use super::pack::RulePack;
use super::{Expression, PropertyRef};
use crate::model::Text;
use crate::model::schema::{CfnSchema, PropertyCheck, SchemaError, Segment};

/// One remark of `govcheck rules lint`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// The guardrail's id, or `params.yaml`.
    pub subject: String,
    pub message: String,
}

/// Every remark on the guardrails of a pack, sorted.
///
/// # Errors
/// When the table of CloudFormation properties cannot be read.
pub fn lint(pack: &RulePack) -> Result<Vec<Remark>, SchemaError> {
    let schema = CfnSchema::load()?;
    let mut remarks = Vec::new();
    for guardrail in &pack.guardrails {
        let messages = types(guardrail, schema)
            .chain(properties(guardrail, schema))
            .chain(texts([&guardrail.rule.title, &guardrail.rule.rationale, &guardrail.rule.remediation]))
            .chain(missing_cases(guardrail.rule.cases.iter().map(|case| case.expect).collect()))
            .chain(reach(guardrail));
        remarks.extend(messages.map(|message| Remark { subject: guardrail.id().to_owned(), message }));
    }
    for guardrail in &pack.preventive {
        let rule = &guardrail.rule;
        let cases = rule.cases.iter().map(|case| case.expect).collect();
        let messages = texts([&rule.title, &rule.rationale, &rule.remediation]).chain(missing_cases(cases));
        remarks.extend(messages.map(|message| Remark { subject: guardrail.id().to_owned(), message }));
    }
    remarks.extend(unused_params(pack));
    remarks.sort();
    remarks.dedup();
    Ok(remarks)
}

fn types(guardrail: &Guardrail, schema: CfnSchema) -> impl Iterator<Item = String> {
    guardrail
        .needed_types()
        .into_iter()
        .filter(move |kind| !schema.knows_type(kind))
        .map(|kind| format!("there is no resource type `{kind}`"))
}

/// The properties that none of the guardrail's types has. With several types, one of them must have it.
fn properties(guardrail: &Guardrail, schema: CfnSchema) -> impl Iterator<Item = String> {
    let expressions = guardrail.when.iter().chain([&guardrail.assert]).chain(&guardrail.found);
    let read: BTreeSet<&PropertyRef> = expressions.flat_map(Expression::properties).collect();
    read.into_iter().filter_map(move |property| {
        let types: Vec<&str> = match &property.other_type {
            Some(other) => vec![other],
            None => guardrail.types().iter().map(String::as_str).collect(),
        };
        // `resources("TYPE")` is a list: its first step goes to an item.
        let path: &[Segment] = match (&property.other_type, property.path.as_slice()) {
            (Some(_), [Segment::Item, rest @ ..]) => rest,
            (_, path) => path,
        };
        unknown_in_all(&types, path, schema).map(|nearest| {
            let hint = nearest.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            format!("{} has no property `{property}`{hint}", types.join(", "))
        })
    })
}

/// Nothing when one of the types knows the path (or none is known at all), else what was probably meant.
fn unknown_in_all(types: &[&str], path: &[Segment], schema: CfnSchema) -> Option<Option<String>> {
    let mut hint = None;
    for kind in types {
        match schema.check(kind, path) {
            PropertyCheck::Known | PropertyCheck::UnknownType => return None,
            PropertyCheck::Unknown { nearest, .. } => hint = hint.or(nearest),
        }
    }
    (!path.is_empty()).then_some(hint)
}

fn texts(of_rule: [&Text; 3]) -> impl Iterator<Item = String> {
    ["title", "rationale", "remediation"]
        .into_iter()
        .zip(of_rule)
        .flat_map(|(field, text)| [(field, "en", &text.en), (field, "ja", &text.ja)])
        .filter(|(_, _, text)| text.trim().is_empty())
        .map(|(field, lang, _)| format!("`{field}.{lang}` is empty"))
}

fn missing_cases(expected: Vec<Expect>) -> impl Iterator<Item = String> {
    [(Expect::Pass, "pass"), (Expect::Fail, "fail"), (Expect::Unknown, "unknown")]
        .into_iter()
        .filter(move |(expect, _)| !expected.contains(expect))
        .map(|(_, name)| format!("there is no case that expects {name}"))
}

/// Parts that can never matter.
fn reach(guardrail: &Guardrail) -> impl Iterator<Item = String> {
    let applies_to = &guardrail.rule.applies_to;
    let never = guardrail.when.as_ref().is_some_and(Expression::is_false);
    let narrowed = applies_to.classes.contains(&ClassName::All) && applies_to.classes.len() > 1;
    [
        (never, "`when` is always false: the guardrail never applies"),
        (narrowed, "`classes` has `all` beside others, which then mean nothing"),
    ]
    .into_iter()
    .filter(|(applies, _)| *applies)
    .map(|(_, message)| message.to_owned())
}

fn unused_params(pack: &RulePack) -> impl Iterator<Item = Remark> {
    let own = pack.guardrails.iter().flat_map(|guardrail| guardrail.params()).map(str::to_owned);
    let used: BTreeSet<String> = own.chain(pack.preventive.iter().flat_map(|guardrail| guardrail.params())).collect();
    pack.params.own().filter(move |name| !used.contains(*name)).map(|name| Remark {
        subject: "params.yaml".to_owned(),
        message: format!("no guardrail reads the parameter `{name}`"),
    })
}
