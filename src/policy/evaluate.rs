//! What service control policies decide about one request, and why.
//!
//! <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html>: on the way from
//! the root to the account, every level must allow the request, and no level may deny it.

use std::borrow::Cow;
use std::sync::Arc;

use super::document::{Condition, Effect, Names, Policy, ResourcePattern, Statement};
use super::glob::Glob;
use super::request::{Context, PrincipalKind, Request};
use super::template::{Resolved, Style};
use super::truth::{Reason, Truth};

/// The policies that bind an account, from the root of the organization down to the account.
#[derive(Clone, Debug, PartialEq)]
pub struct Hierarchy {
    /// The account's id, where it is known.
    pub account: Option<String>,
    /// Whether the organization has switched this type of policy on; if not, none applies.
    pub enabled: bool,
    /// Whether it is the organization's management account, which no policy restricts.
    pub management: bool,
    pub levels: Vec<Level>,
}

/// The root, a unit or the account, with what is attached to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Level {
    pub name: Arc<str>,
    pub policies: Vec<Arc<Policy>>,
}

impl Hierarchy {
    pub fn new(levels: Vec<Level>) -> Self {
        Self { account: None, enabled: true, management: false, levels }
    }

    pub(super) fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.levels.iter().flat_map(|level| &level.policies).flat_map(|policy| &policy.statements)
    }
}

/// What the service control policies say. Allowed means that they leave it to the other policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Allowed,
    ExplicitlyDenied,
    /// Some level allows it by no statement.
    ImplicitlyDenied,
    Undecided,
}

impl Decision {
    pub fn is_denied(self) -> bool {
        matches!(self, Self::ExplicitlyDenied | Self::ImplicitlyDenied)
    }
}

/// Why service control policies do not apply to a request at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exemption {
    PoliciesNotEnabled,
    ManagementAccount,
    ServiceLinkedRole,
    /// The policies of the principal's own account decide.
    OtherAccount,
}

/// A decision with its grounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    pub decision: Decision,
    pub exemption: Option<Exemption>,
    /// Why it is undecided.
    pub reason: Option<Arc<Reason>>,
    /// Every statement, level by level, with what it had to say.
    pub trace: Vec<Step>,
}

/// What one statement had to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub level: Arc<str>,
    pub policy: Arc<str>,
    pub statement: String,
    pub line: Option<usize>,
    pub effect: Effect,
    pub action: Truth,
    pub resource: Truth,
    /// Operator, key, and whether the test holds; only looked at where action and resource may match.
    pub conditions: Vec<(String, String, Truth)>,
    pub applies: Truth,
}

/// The action of a request in its two parts, in lower case.
pub(super) struct ActionParts {
    pub(super) service: String,
    pub(super) name: String,
}

impl ActionParts {
    pub(super) fn new(action: &str) -> Self {
        let lower = action.to_ascii_lowercase();
        let (service, name) = lower.split_once(':').unwrap_or((&lower, ""));
        Self { service: service.to_owned(), name: name.to_owned() }
    }
}

/// Decides a request, with the trace of every statement.
pub fn evaluate(hierarchy: &Hierarchy, request: &Request) -> Verdict {
    let request = complete(request);
    let action = ActionParts::new(&request.action);
    let exemption = exemption(hierarchy, &request);
    let mut trace = Vec::new();
    for level in &hierarchy.levels {
        for policy in &level.policies {
            trace.extend(policy.statements.iter().map(|statement| step(level, policy, statement, &action, &request)));
        }
    }
    if exemption.is_some() {
        return Verdict { decision: Decision::Allowed, exemption, reason: None, trace };
    }
    let mut steps = trace.iter();
    let (decision, reason) = decide(hierarchy, |_| steps.next().map_or(Truth::No, |step| step.applies.clone()));
    Verdict { decision, exemption, reason, trace }
}

/// The request with the context keys that its principal decides.
pub(super) fn complete(request: &Request) -> Request {
    let mut request = request.clone();
    if let Some(principal) = &request.principal {
        principal.describe_in(&mut request.context);
    }
    request
}

/// Sums up what the statements say, in the order of the hierarchy.
pub(super) fn decide(
    hierarchy: &Hierarchy,
    mut applies: impl FnMut(&Statement) -> Truth,
) -> (Decision, Option<Arc<Reason>>) {
    let mut denied = Truth::No;
    let mut allowed = Truth::Yes;
    for level in &hierarchy.levels {
        let mut allowed_here = Truth::No;
        for policy in &level.policies {
            let missing = policy.missing.iter().map(|cause| Truth::open(Reason::NotKnown(Arc::clone(cause))));
            for open in missing {
                denied = Truth::any([denied, open.clone()]);
                allowed_here = Truth::any([allowed_here, open]);
            }
            for statement in &policy.statements {
                let into = if statement.effect == Effect::Deny { &mut denied } else { &mut allowed_here };
                let sofar = std::mem::replace(into, Truth::No);
                *into = Truth::any([sofar, applies(statement)]);
            }
        }
        allowed = Truth::all([allowed, allowed_here]);
    }
    match (denied, allowed) {
        (Truth::Yes, _) => (Decision::ExplicitlyDenied, None),
        (_, Truth::No) => (Decision::ImplicitlyDenied, None),
        (Truth::Open(reason), _) | (_, Truth::Open(reason)) => (Decision::Undecided, Some(reason)),
        (Truth::No, Truth::Yes) => (Decision::Allowed, None),
    }
}

/// Why no policy applies to the request, if so.
pub(super) fn exemption(hierarchy: &Hierarchy, request: &Request) -> Option<Exemption> {
    if !hierarchy.enabled {
        return Some(Exemption::PoliciesNotEnabled);
    }
    if hierarchy.management {
        return Some(Exemption::ManagementAccount);
    }
    let principal = request.principal.as_ref()?;
    if hierarchy.account.as_ref().is_some_and(|account| *account != principal.account) {
        return Some(Exemption::OtherAccount);
    }
    (principal.kind == PrincipalKind::ServiceLinkedRole).then_some(Exemption::ServiceLinkedRole)
}

/// Whether a statement applies to a request, where it is known whether it covers the action.
pub(super) fn applies_beside(covers_action: Truth, statement: &Statement, request: &Request) -> Truth {
    let mut sofar = covers_action;
    if sofar == Truth::No {
        return sofar;
    }
    sofar = Truth::all([sofar, covers_resource(statement, request)]);
    for condition in &statement.conditions {
        if sofar == Truth::No {
            return sofar;
        }
        sofar = Truth::all([sofar, holds(condition, request)]);
    }
    sofar
}

pub(super) fn covers_action(statement: &Statement, action: &ActionParts) -> Truth {
    statement.action.matches(|pattern| pattern.covers(&action.service, &action.name))
}

pub(super) fn covers_resource(statement: &Statement, request: &Request) -> Truth {
    statement.resource.matches(|pattern| pattern.covers(request))
}

fn holds(condition: &Condition, request: &Request) -> Truth {
    match condition {
        Condition::Test(test) => test.holds(&request.context),
        Condition::Open(cause) => Truth::open(Reason::NotKnown(Arc::clone(cause))),
    }
}

fn step(level: &Level, policy: &Policy, statement: &Statement, action: &ActionParts, request: &Request) -> Step {
    let covers_action = covers_action(statement, action);
    let covers_resource = covers_resource(statement, request);
    let mut answers = vec![covers_action.clone(), covers_resource.clone()];
    let mut conditions = Vec::new();
    if Truth::all(answers.clone()) != Truth::No {
        for condition in &statement.conditions {
            let answer = holds(condition, request);
            answers.push(answer.clone());
            conditions.push(match condition {
                Condition::Test(test) => (test.operator_name.clone(), test.key_name.clone(), answer),
                Condition::Open(_) => ("?".to_owned(), "?".to_owned(), answer),
            });
        }
    }
    Step {
        level: Arc::clone(&level.name),
        policy: Arc::clone(&policy.name),
        statement: statement.label(),
        line: statement.line,
        effect: statement.effect,
        action: covers_action,
        resource: covers_resource,
        conditions,
        applies: Truth::all(answers),
    }
}

impl ResourcePattern {
    /// The pattern with its variables replaced, or the answer for every resource.
    pub(super) fn glob(&self, context: &Context) -> Result<Cow<'_, Glob>, Truth> {
        match self {
            Self::Any => Err(Truth::Yes),
            Self::Open(reason) => Err(Truth::Open(Arc::clone(reason))),
            Self::Glob(Names(glob)) => Ok(Cow::Borrowed(glob)),
            Self::Template(template) => match template.resolve(Style::Like, context) {
                Resolved::Nothing => Err(Truth::No),
                Resolved::Open(reason) => Err(Truth::Open(reason)),
                Resolved::Glob(glob) => Ok(Cow::Owned(glob)),
            },
        }
    }

    /// Whether the pattern covers the resource of a request.
    ///
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>: a `*` at the end of a
    /// part may go beyond it; about one that does not end a part the page does not say it.
    fn covers(&self, request: &Request) -> Truth {
        let glob = match self.glob(&request.context) {
            Ok(glob) => glob,
            Err(answer) => return answer,
        };
        if glob.is_everything() {
            return Truth::Yes;
        }
        let Some(resource) = &request.resource else {
            return Truth::open(Reason::ResourceNotGiven);
        };
        match (glob.matches(resource), glob.within_parts(true).matches(resource)) {
            (true, true) => Truth::Yes,
            (false, _) => Truth::No,
            (true, false) => Truth::open(Reason::AcrossColons(resource.clone())),
        }
    }
}
