//! govcheck checks whether every AWS account of a fleet keeps its guardrails.
//!
//! Data goes one way: an accounts file names targets ([`config`]); each is collected into an inventory
//! ([`source`]), judged by guardrails ([`rule`], [`engine`]), kept as evidence ([`bundle`]), summed up ([`outcome`]) and
//! reported ([`output`]). Everything right of the inventory is pure: no AWS, no clock, no async. [`app`] has one file
//! per verb of the command line ([`cli`]), each of which reads as that flow. [`policy`] is the language of service control
//! policies, and proves what they deny.
//!
//! Not knowing is data: any leaf of a [`model::Value`] may be [`model::Unknown`], and a verdict that hangs on one is
//! unknown, never a pass.

pub mod app;
pub mod bundle;
pub mod cli;
pub mod config;
pub mod engine;
pub mod exit;
pub mod model;
pub mod outcome;
pub mod output;
pub mod policy;
pub mod rule;
pub mod selftest;
pub mod source;
pub mod syntax;
