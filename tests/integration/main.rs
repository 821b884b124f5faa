//! Tests of the whole program, from outside.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where its world is not as it must be")]

mod cli;
mod collector_shapes;
mod denial;
mod edge;
mod faults;
mod fleet;
mod healthy;
mod layers;
mod organization;
mod permissions;
mod readme;
#[cfg(unix)]
mod resume;
mod rules;
mod schemas;
mod support;
mod table;
mod three_values;
