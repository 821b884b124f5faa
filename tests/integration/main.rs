//! Tests of the whole program, from outside.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops where its world is not as it must be")]

mod fleet;
mod support;
