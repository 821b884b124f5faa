//! SDK values into property values.

use std::collections::HashMap;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::call::Failure;
use crate::model::Value;

/// A time in RFC 3339, in UTC.
pub(super) fn time(time: Option<&DateTime>) -> Value {
    time.and_then(|time| time.fmt(Format::DateTime).ok()).into()
}

/// A text; an absent or empty one is absent.
pub(super) fn text(text: Option<&str>) -> Value {
    text.filter(|text| !text.is_empty()).into()
}

pub(super) fn texts<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Value {
    Value::list(texts.into_iter().map(|text| Value::from(text.as_ref())))
}

/// Tags in CloudFormation's shape, sorted by key.
pub(super) fn tags<'a>(tags: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Value {
    let mut pairs: Vec<(&str, &str)> =
        tags.into_iter().filter_map(|(key, value)| Some((key?, value.unwrap_or_default()))).collect();
    pairs.sort_unstable();
    Value::list(pairs.into_iter().map(|(key, value)| Value::map([("Key", key.into()), ("Value", value.into())])))
}

/// Tags that the service gives as a map.
pub(super) fn tag_map(tags: Option<&HashMap<String, String>>) -> Value {
    self::tags(tags.into_iter().flatten().map(|(key, value)| (Some(key.as_str()), Some(value.as_str()))))
}

/// A list that is absent when empty.
pub(super) fn some(items: impl ExactSizeIterator<Item = Value>) -> Value {
    if items.len() == 0 { Value::Null } else { Value::list(items) }
}

/// A list in one order, whatever the order of arrival.
pub(super) fn sorted(items: impl IntoIterator<Item = Value>) -> Value {
    let mut items: Vec<Value> = items.into_iter().collect();
    items.sort_by_cached_key(|item| serde_json::to_string(item).unwrap_or_default());
    Value::list(items)
}

/// A list that was read up to `failure`: what was read, and an unknown at the end; unknown as a whole when nothing was.
pub(super) fn unfinished(read: Value, failure: Option<Failure>) -> Value {
    let Some(failure) = failure else { return read };
    match read.one_or_many() {
        [] => failure.into_value(),
        items => Value::list(items.iter().cloned().chain([failure.into_value()])),
    }
}

/// The properties that a failed call would have given, each unknown.
pub(super) fn unseen<const N: usize>(names: [&'static str; N], failure: &Failure) -> Vec<(&'static str, Value)> {
    names.into_iter().map(|name| (name, failure.clone().into_value())).collect()
}

/// Texts in a stable order; none are absent.
pub(super) fn sorted_texts<T: AsRef<str>>(texts: &[T]) -> Value {
    let mut sorted: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    sorted.sort_unstable();
    if sorted.is_empty() { Value::Null } else { self::texts(sorted) }
}

/// A policy or another JSON document as a tree, or as its text where it is not JSON.
pub(super) fn document(text: &str) -> Value {
    serde_json::from_str::<serde_json::Value>(text).map_or_else(|_| text.into(), Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_that_is_not_json_stays_a_text() {
        assert_eq!(document("{"), Value::from("{"));
        let parsed = document(r#"{"Version": "2012-10-17", "Statement": []}"#);
        assert_eq!(serde_json::to_value(parsed).unwrap(), json!({"Version": "2012-10-17", "Statement": []}));
    }
}
