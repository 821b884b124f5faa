//! String and ARN operators.
//!
//! Both are case-sensitive but for `…IgnoreCase`. The six parts of an ARN are compared one by one, so that a value
//! with fewer parts matches no pattern.

use std::sync::Arc;

use super::super::template::{Resolved, Style};
use super::super::truth::{Reason, Truth};

/// Whether the value of a request matches what is listed.
pub(super) fn matches(listed: &Resolved, style: Style, given: &str) -> Truth {
    let glob = match listed {
        Resolved::Nothing => return Truth::No,
        Resolved::Open(reason) => return Truth::Open(Arc::clone(reason)),
        Resolved::Glob(glob) => glob,
    };
    if glob.matches(given) {
        return Truth::Yes;
    }
    // How letters beyond ASCII are folded is not documented.
    if style == Style::ExactIgnoreCase && glob.matches_ignoring_all_case(given) {
        let (operator, value) = ("StringEqualsIgnoreCase".to_owned(), given.to_owned());
        return Truth::open(Reason::Value { operator, value });
    }
    Truth::No
}
