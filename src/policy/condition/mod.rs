//! Conditions: operators, set qualifiers, `IfExists`, and what an absent key means to each.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html>

mod binary;
mod boolean;
mod date;
mod ip;
mod numeric;
mod operator;
mod text;

use std::ops::Range;
use std::sync::Arc;

use super::glob::Glob;
use super::request::{Context, KeyValue};
use super::template::{Resolved, Style, Template};
use super::truth::{Reason, Truth};
use crate::model::Unknown;
pub use operator::{Base, Operator, Order, Quantifier};

pub(super) use date::moment;
pub(super) use ip::block;
pub(super) use numeric::number;

/// A value that a condition lists.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    Text { template: Template, glob: Option<Made> },
    Open(Arc<Unknown>),
}

/// What a text without variables compares with, made once.
#[derive(Clone, Debug, PartialEq)]
pub struct Made(Resolved);

impl Operand {
    pub(super) fn new(template: Template, operator: Option<&Operator>) -> Self {
        let style = operator.and_then(|operator| operator.base.style());
        let glob = style.filter(|_| !template.has_variable()).map(|style| template.resolve(style, &Context::closed()));
        Self::Text { template, glob: glob.map(Made) }
    }

    pub(super) fn template(&self) -> Option<&Template> {
        match self {
            Self::Text { template, .. } => Some(template),
            Self::Open(_) => None,
        }
    }
}

/// One operator on one key, with the values that are listed for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// As written.
    pub operator_name: String,
    /// Nothing for an operator that is not documented.
    pub operator: Option<Operator>,
    /// As written.
    pub key_name: String,
    /// In lower case: key names do not care about case.
    pub key: String,
    pub values: Vec<Operand>,
    pub span: Option<Range<usize>>,
}

impl Test {
    /// Whether the request satisfies the test.
    pub fn holds(&self, context: &Context) -> Truth {
        let Some(operator) = &self.operator else {
            return Truth::open(Reason::Operator(self.operator_name.clone()));
        };
        let given = match context.get(&self.key) {
            KeyValue::Open(reason) => return Truth::Open(reason),
            KeyValue::Absent => Vec::new(),
            KeyValue::Values(values) => values,
        };
        if operator.base == Base::Null {
            return self.is_null(operator, given.is_empty());
        }
        if given.is_empty() {
            return self.without_key(operator);
        }
        let answer = |value: &String| self.matches_listed(operator, value, context);
        match operator.quantifier {
            None if given.len() > 1 => Truth::open(Reason::SeveralValues(self.key_name.clone())),
            None => Truth::all(given.iter().map(answer)),
            Some(Quantifier::All) => self.unless_empty(&given, Truth::all(given.iter().map(answer)), Truth::Yes),
            Some(Quantifier::Any) => self.unless_empty(&given, Truth::any(given.iter().map(answer)), Truth::No),
        }
    }

    /// The documentation counts an empty text as no value under a set operator; where that makes a difference, it is
    /// left open, for the text would also be compared.
    fn unless_empty(&self, given: &[String], compared: Truth, as_none: Truth) -> Truth {
        let none = given.iter().all(String::is_empty);
        if none && compared != as_none { Truth::open(Reason::EmptyText(self.key_name.clone())) } else { compared }
    }

    fn without_key(&self, operator: &Operator) -> Truth {
        match (operator.quantifier, operator.if_exists) {
            (Some(Quantifier::All), _) | (None, true) => Truth::Yes,
            (Some(Quantifier::Any), true) => Truth::open(Reason::AnyValueIfExists(self.key_name.clone())),
            (Some(Quantifier::Any), false) => Truth::No,
            (None, false) => operator.negated.into(),
        }
    }

    fn is_null(&self, operator: &Operator, absent: bool) -> Truth {
        if operator.quantifier.is_some() || operator.if_exists || operator.negated {
            return Truth::open(Reason::Operator(self.operator_name.clone()));
        }
        Truth::any(self.values.iter().map(|value| match value {
            Operand::Open(cause) => Truth::open(Reason::NotKnown(cause.clone())),
            Operand::Text { template, .. } => match boolean::truth(&template.written) {
                Some(expected) => (expected == absent).into(),
                None => self.unreadable(&template.written),
            },
        }))
    }

    /// Whether one value of the request matches any listed value, or none of them under a negated operator.
    fn matches_listed(&self, operator: &Operator, given: &str, context: &Context) -> Truth {
        let matched = Truth::any(self.values.iter().map(|listed| match listed {
            Operand::Open(cause) => Truth::open(Reason::NotKnown(cause.clone())),
            Operand::Text { template, glob } => self.matches(operator, template, glob.as_ref(), given, context),
        }));
        if operator.negated { matched.negate() } else { matched }
    }

    fn matches(
        &self,
        operator: &Operator,
        template: &Template,
        glob: Option<&Made>,
        given: &str,
        context: &Context,
    ) -> Truth {
        if let Some(style) = operator.base.style() {
            return match glob {
                Some(Made(made)) => text::matches(made, style, given),
                None => text::matches(&template.resolve(style, context), style, given),
            };
        }
        if template.has_variable() {
            return Truth::open(Reason::Variable(template.written.to_string()));
        }
        let listed = &template.written;
        let answer = match operator.base {
            Base::Numeric(order) => numeric::compare(given, listed).map(|found| order.accepts(found).into()),
            Base::Date(order) => date::compare(given, listed).map(|found| order.accepts(found).into()),
            Base::Bool => boolean::equal(given, listed).map(Truth::from),
            Base::Binary => binary::equal(given, listed).map(Truth::from),
            Base::Ip => ip::contains(listed, given),
            _ => None,
        };
        answer.unwrap_or_else(|| self.unreadable(listed))
    }

    fn unreadable(&self, value: &str) -> Truth {
        Truth::open(Reason::Value { operator: self.operator_name.clone(), value: value.to_owned() })
    }

    /// The patterns that it lists, where it compares texts, with the variables that the context fixes.
    pub(super) fn globs(&self, context: &Context) -> Vec<Glob> {
        let Some(style) = self.operator.and_then(|operator| operator.base.style()) else { return Vec::new() };
        let resolved = self.values.iter().filter_map(Operand::template).map(|text| text.resolve(style, context));
        resolved
            .filter_map(|resolved| match resolved {
                Resolved::Glob(glob) => Some(glob),
                Resolved::Nothing | Resolved::Open(_) => None,
            })
            .collect()
    }
}

impl Base {
    /// How wildcards are read, for operators that compare texts.
    pub(super) fn style(self) -> Option<Style> {
        match self {
            Self::StringEquals => Some(Style::Exact),
            Self::StringEqualsIgnoreCase => Some(Style::ExactIgnoreCase),
            Self::StringLike => Some(Style::Like),
            Self::Arn => Some(Style::Arn),
            _ => None,
        }
    }

    /// Whether a listed value is one that the operator can compare with.
    pub(super) fn reads(self, value: &str) -> bool {
        match self {
            Self::Numeric(_) => number(value).is_some(),
            Self::Date(_) => moment(value).is_some(),
            Self::Bool | Self::Null => boolean::truth(value).is_some(),
            Self::Binary => binary::equal(value, value).is_some(),
            Self::Ip => block(value).is_some(),
            Self::StringEquals | Self::StringEqualsIgnoreCase | Self::StringLike | Self::Arn => true,
        }
    }
}
