//! Located documents: YAML (and so JSON) read into a tree in which every value knows its place in the file.
//!
//! Used for everything that people write: accounts files, rules, parameters. Reading is bounded in size, depth and
//! number of values, so that no input can exhaust memory.

mod de;
mod fault;
mod yaml;

pub use fault::{Fault, Faults, SourceFile, nearest};
pub use yaml::{Kind, Node, parse};
