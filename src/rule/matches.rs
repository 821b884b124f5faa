//! CEL's `matches`: the standard library's own compiles its pattern anew for every text.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use ::cel::common::types::{CelBool, CelString, STRING_TYPE};
use ::cel::common::value::CowVal;
use ::cel::{Env, ExecutionError};
use regex::Regex;

/// Rules have a handful of patterns; those that are made of what is judged shall not pile up.
const PATTERNS: usize = 64;

static COMPILED: LazyLock<Mutex<HashMap<String, Regex>>> = LazyLock::new(Mutex::default);

/// Declares `matches(text, pattern)` and `text.matches(pattern)`.
pub(super) fn declare(env: &mut Env) {
    // The names are free: no declaration can conflict at run time.
    let _ = env.add_overload("matches", "matches", vec![STRING_TYPE, STRING_TYPE], call);
    let _ = env.add_member_overload("matches", "matches_string", STRING_TYPE, vec![STRING_TYPE], call);
}

fn call<'b, 'v>(args: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let texts: Vec<&str> = args.iter().filter_map(|arg| Some(arg.downcast_ref::<CelString>()?.inner())).collect();
    let [text, pattern] = texts[..] else {
        return Err(ExecutionError::function_error("matches", "it takes a text and a pattern"));
    };
    Ok(CowVal::owned(CelBool::from(compiled(pattern)?.is_match(text))))
}

fn compiled(pattern: &str) -> Result<Regex, ExecutionError> {
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(regex) = compiled.get(pattern) {
        return Ok(regex.clone());
    }
    let regex = Regex::new(pattern).map_err(|error| {
        ExecutionError::function_error("matches", format!("'{pattern}' not a valid regex:\n{error}"))
    })?;
    if compiled.len() >= PATTERNS {
        compiled.clear();
    }
    compiled.insert(pattern.to_owned(), regex.clone());
    Ok(regex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_do_not_pile_up() {
        for number in 0..200 {
            assert!(compiled(&format!("^{number}$")).unwrap().is_match(&number.to_string()));
        }
        assert!(COMPILED.lock().unwrap().len() <= PATTERNS);
        assert!(compiled("[").unwrap_err().to_string().contains("not a valid regex"));
    }
}
