//! A second evaluator, deliberately naive, that the first one is compared with. It shares no code with it below the
//! document as JSON, and knows only what both must answer: texts, numbers, ARNs, sets, absence.

use std::collections::BTreeMap;

use serde_json::Value;

/// The request in plain texts: keys in lower case.
pub(super) struct Asked {
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) keys: BTreeMap<String, Vec<String>>,
}

/// `None` where it does not know.
pub(super) fn decide(levels: &[Value], asked: &Asked) -> Option<&'static str> {
    let statements: Vec<Vec<Value>> = levels.iter().map(many).collect();
    let mut open = false;
    for statement in statements.iter().flatten().filter(|statement| statement["Effect"] == "Deny") {
        match applies(statement, asked) {
            Some(true) => return Some("explicitly_denied"),
            Some(false) => {}
            None => open = true,
        }
    }
    let mut unsure = false;
    for level in &statements {
        let answers: Vec<Option<bool>> =
            level.iter().filter(|statement| statement["Effect"] == "Allow").map(|own| applies(own, asked)).collect();
        if answers.iter().all(|answer| *answer == Some(false)) {
            return Some("implicitly_denied");
        }
        unsure |= !answers.contains(&Some(true));
    }
    if open || unsure { None } else { Some("allowed") }
}

fn many(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

fn texts(value: &Value) -> Vec<String> {
    many(value).iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect()
}

fn applies(statement: &Value, asked: &Asked) -> Option<bool> {
    let element = |name: &str, matches: &dyn Fn(&str) -> bool| {
        let plain = texts(&statement[name]).iter().any(|text| matches(text));
        if statement.get(name).is_some() {
            plain
        } else {
            !texts(&statement[format!("Not{name}")]).iter().any(|text| matches(text))
        }
    };
    let action = |pattern: &str| pattern == "*" || like(&pattern.to_lowercase(), &asked.action.to_lowercase());
    if !element("Action", &action) || !element("Resource", &|pattern| like(pattern, &asked.resource)) {
        return Some(false);
    }
    let mut open = false;
    if let Some(conditions) = statement["Condition"].as_object() {
        for (operator, keys) in conditions {
            for (key, values) in keys.as_object().unwrap() {
                match holds(operator, asked.keys.get(&key.to_lowercase()), &texts(values)) {
                    Some(true) => {}
                    Some(false) => return Some(false),
                    None => open = true,
                }
            }
        }
    }
    if open { None } else { Some(true) }
}

/// One operator, by the sentences of the documentation.
fn holds(operator: &str, given: Option<&Vec<String>>, listed: &[String]) -> Option<bool> {
    if operator == "Null" {
        return Some(listed.iter().any(|text| (text == "true") == given.is_none()));
    }
    let all = operator.starts_with("ForAllValues:");
    let any = operator.starts_with("ForAnyValue:");
    let rest = operator.rsplit(':').next().unwrap();
    let if_exists = rest.ends_with("IfExists");
    let name = rest.trim_end_matches("IfExists");
    let negated = name.contains("Not");
    let base = name.replace("Not", "");
    let Some(given) = given else {
        return match (all, any, if_exists) {
            (true, ..) => Some(true),
            (_, true, true) => None,
            (_, true, false) => Some(false),
            (_, _, true) => Some(true),
            _ => Some(negated),
        };
    };
    let one = |value: &String| negated != listed.iter().any(|pattern| compare(&base, value, pattern));
    if all {
        Some(given.iter().all(one))
    } else if any {
        Some(given.iter().any(one))
    } else if given.len() == 1 {
        Some(one(&given[0]))
    } else {
        None
    }
}

fn compare(base: &str, value: &str, pattern: &str) -> bool {
    match base {
        "StringEquals" => value == pattern,
        "StringEqualsIgnoreCase" => value.to_lowercase() == pattern.to_lowercase(),
        "StringLike" => like(pattern, value),
        "ArnLike" | "ArnEquals" => {
            let (value, pattern): (Vec<&str>, Vec<&str>) =
                (value.splitn(6, ':').collect(), pattern.splitn(6, ':').collect());
            value.len() == 6 && value.iter().zip(&pattern).all(|(value, pattern)| like(pattern, value))
        }
        "NumericEquals" => value.parse::<i64>().unwrap() == pattern.parse::<i64>().unwrap(),
        "NumericLessThan" => value.parse::<i64>().unwrap() < pattern.parse::<i64>().unwrap(),
        "Bool" => value == pattern,
        other => panic!("{other}"),
    }
}

/// Every way of splitting the text, tried one after the other.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    let mut characters = pattern.chars();
    match characters.next() {
        None => text.is_empty(),
        Some('*') => {
            let rest = characters.as_str();
            text.char_indices().map(|(at, _)| at).chain([text.len()]).any(|at| like(rest, &text[at..]))
        }
        Some(first) => {
            let mut others = text.chars();
            others.next().is_some_and(|c| first == '?' || first == c) && like(characters.as_str(), others.as_str())
        }
    }
}
