//! Tests of the whole program, from outside.

mod fleet;
mod support;
