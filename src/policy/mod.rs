//! Service control policies: what they decide about a request, and whether they stop all that a guardrail says they must.
//!
//! Pure: no AWS, no clock, no async. [`parse`] reads documents, [`condition`] and [`glob`] are the language,
//! [`evaluate`] decides single requests. What AWS leaves open is undecided, never guessed.

mod catalogue;
pub mod condition;
mod document;
mod evaluate;
mod exported;
mod glob;
mod keys;
mod lint;
mod meant;
mod must_deny;
mod parse;
mod prove;
mod request;
mod sample;
mod template;
mod tree;
mod truth;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod naive;
#[cfg(test)]
mod properties;

pub use catalogue::{Action, Catalogue, CatalogueError, GlobalActions, Service};
pub use document::{
    ActionPattern, Condition, Effect, Element, Names, Policy, PolicyType, ResourcePattern, Statement, Written,
};
pub use evaluate::{Decision, Exemption, Hierarchy, Level, Step, Verdict, evaluate};
pub use exported::{Exported, FULL_ACCESS, Member, Root, TREE_FILE, Tree, Unit, UnknownAccount, full_access_policy};
pub use keys::REGIONS;
pub use lint::{LintCode, Remark, lint};
pub use must_deny::{Given, InvalidQuestion, MustDeny, PrincipalName, Principals, Question, Regions};
pub use parse::{Flaw, read_policy, read_policy_node, read_policy_value};
pub use prove::{Exempt, Hole, Proof, ProofVerdict, Prover, Undecided, familiarity, prove};
pub use request::{Context, InvalidPrincipal, KeyValue, Principal, PrincipalKind, Request};
pub use template::Template;
pub use truth::{Reason, Truth};
