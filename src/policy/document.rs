//! A policy document, read.

use std::ops::Range;
use std::sync::Arc;

use super::condition::Test;
use super::glob::Glob;
use super::template::Template;
use super::truth::{Reason, Truth};
use crate::model::Unknown;

/// Which policies a document is checked as.
///
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html>,
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html>
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum PolicyType {
    /// A service control policy: no `Principal`
    Scp,
    /// A resource control policy: only Deny, `Principal` must be `*`, and there is no `NotAction`
    Rcp,
}

/// A policy with a name to call it by.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub name: Arc<str>,
    /// Whether it is written in the language of 2012-10-17, the only one that has policy variables.
    pub variables: bool,
    pub statements: Vec<Statement>,
    /// A part of the document that is not known, and may hold any statement.
    pub missing: Option<Arc<Unknown>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    Allow,
    Deny,
}

/// A statement; it applies when action, resource and every condition match.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub sid: Option<String>,
    /// Its place in the list, from one.
    pub number: usize,
    /// Its line, where the document came from a file.
    pub line: Option<usize>,
    pub span: Option<Range<usize>>,
    pub effect: Effect,
    pub action: Element<ActionPattern>,
    pub resource: Element<ResourcePattern>,
    pub conditions: Vec<Condition>,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Clone, Debug, PartialEq)]
pub struct Element<P> {
    /// Whether it is the `Not…` form, which matches everything else.
    pub inverted: bool,
    pub patterns: Vec<Written<P>>,
}

impl<P> Element<P> {
    pub(super) fn matches(&self, answer: impl Fn(&P) -> Truth) -> Truth {
        let any = Truth::any(self.patterns.iter().map(|written| answer(&written.pattern)));
        if self.inverted { any.negate() } else { any }
    }
}

/// A pattern with its text and place.
#[derive(Clone, Debug, PartialEq)]
pub struct Written<P> {
    pub text: Arc<str>,
    pub span: Option<Range<usize>>,
    pub pattern: P,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ActionPattern {
    /// `*`
    Any,
    /// A service, in lower case, and a pattern for the name.
    Of {
        service: String,
        name: Names,
    },
    Open(Arc<Reason>),
}

/// The actions of a service that a pattern covers.
#[derive(Clone, Debug, PartialEq)]
pub struct Names(pub(super) Glob);

#[derive(Clone, Debug, PartialEq)]
pub enum ResourcePattern {
    /// `*`
    Any,
    /// Without variables.
    Glob(Names),
    Template(Template),
    Open(Arc<Reason>),
}

/// A condition, or a condition that is not known.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    Test(Test),
    Open(Arc<Unknown>),
}

impl ActionPattern {
    pub(super) fn parse(text: &str) -> Self {
        if text == "*" {
            return Self::Any;
        }
        match text.split_once(':') {
            Some((service, name)) if is_service(service) && !name.is_empty() && !name.contains(':') => {
                Self::Of { service: service.to_ascii_lowercase(), name: Names(Glob::folded(super::glob::tokens(name))) }
            }
            _ => Self::Open(Arc::new(Reason::ActionPattern(text.to_owned()))),
        }
    }

    /// Whether it covers an action, given as its two parts in lower case.
    pub(super) fn covers(&self, service: &str, name: &str) -> Truth {
        match self {
            Self::Any => Truth::Yes,
            Self::Of { service: own, name: pattern } => (own == service && pattern.0.matches(name)).into(),
            Self::Open(reason) => Truth::Open(Arc::clone(reason)),
        }
    }
}

fn is_service(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

impl Statement {
    /// The name to call it by: its Sid, or its number.
    pub fn label(&self) -> String {
        self.sid.clone().unwrap_or_else(|| format!("#{}", self.number))
    }

    pub(super) fn tests(&self) -> impl Iterator<Item = &Test> {
        self.conditions.iter().filter_map(|condition| match condition {
            Condition::Test(test) => Some(test),
            Condition::Open(_) => None,
        })
    }
}
