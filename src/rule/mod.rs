//! Guardrails: rule files read and checked, their CEL assertions compiled and bound to [`Value`](crate::model::Value),
//! their own cases run.

mod about;
mod bucket_policy;
mod case;
mod cel;
mod expression;
mod functions;
mod guardrail;
mod identity_policy;
pub mod lint;
mod lookup;
mod matches;
mod network;
mod network_acl;
mod pack;
mod params;
mod policy_document;
mod preventive;

pub use crate::model::schema::{CfnSchema, PropertyCheck, SchemaError, Segment};
pub use about::{About, Selected};
pub use cel::{Outcome, Scope, Shared, Variables};
pub use expression::{Expression, PropertyRef};
pub use functions::FUNCTIONS;
pub use guardrail::{Absent, AppliesTo, Case, ClassName, Classes, Expect, Guardrail, Kind, Per, Require, RuleFile};
pub use pack::{RulePack, Selection};
pub use params::{Param, Params};
pub use preventive::{
    AnyRuleFile, Preventive, PreventiveCase, PreventiveFile, PreventiveKind, PreventiveScope, verdict_of,
};
