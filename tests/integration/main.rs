//! Tests of the whole program, from outside.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where its world is not as it must be")]

mod accounts;
mod across;
mod check;
mod cli;
mod cloud_control;
mod collector_shapes;
mod databases;
mod denial;
mod edge;
mod effective_policy;
mod endpoints;
mod faults;
mod fleet;
mod formats;
mod healthy;
mod hostile;
mod identity;
mod layers;
mod network;
mod organization;
mod permissions;
mod policy;
mod policy_path;
mod preventive;
mod probe;
mod readme;
mod resolution;
#[cfg(unix)]
mod resume;
mod rules;
mod same;
mod schemas;
mod services;
mod simulation;
mod storage;
mod support;
mod table;
mod terraform;
mod three_values;
mod throttling;
