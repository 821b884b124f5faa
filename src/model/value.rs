//! The property tree of a resource, in which any leaf may be unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::Error as _;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Unknown;

/// The properties of one object, sorted by name.
pub type Map = BTreeMap<Arc<str>, Value>;

/// A JSON value with unknown leaves. Cloning shares the contents.
///
/// In JSON an unknown leaf is the object `{"$unknown": CAUSE}`; a property whose name begins with `$` is written with
/// one more `$`, so that nothing from outside can pose as an unknown.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(serde_json::Number),
    String(Arc<str>),
    List(Arc<Vec<Value>>),
    Map(Arc<Map>),
    Unknown(Arc<Unknown>),
}

const UNKNOWN_KEY: &str = "$unknown";

impl Value {
    /// A map of the entries whose value is not null: an absent property and a null one are the same.
    pub fn map<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        let present = entries.into_iter().filter(|(_, value)| !matches!(value, Self::Null));
        Self::Map(Arc::new(present.map(|(key, value)| (Arc::from(key), value)).collect()))
    }

    pub fn list(items: impl IntoIterator<Item = Value>) -> Self {
        Self::List(Arc::new(items.into_iter().collect()))
    }

    pub fn unknown(cause: Unknown) -> Self {
        Self::Unknown(Arc::new(cause))
    }

    /// The property `key` of a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Map(map) => map.get(key),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    /// The items of a list, a single non-list value as the only item of one, and nothing for null: how AWS policies
    /// write "one or many".
    pub fn one_or_many(&self) -> &[Value] {
        match self {
            Self::Null => &[],
            Self::List(items) => items,
            single => std::slice::from_ref(single),
        }
    }

    /// The first unknown leaf anywhere below, depth first.
    pub fn first_unknown(&self) -> Option<&Arc<Unknown>> {
        match self {
            Self::Unknown(cause) => Some(cause),
            Self::List(items) => items.iter().find_map(Self::first_unknown),
            Self::Map(map) => map.values().find_map(Self::first_unknown),
            _ => None,
        }
    }

    /// Equality in three values: `None` when it hangs on an unknown leaf.
    pub fn equals(&self, other: &Value) -> Option<bool> {
        match (self, other) {
            (Self::Unknown(_), _) | (_, Self::Unknown(_)) => None,
            (Self::List(a), Self::List(b)) => lists_equal(a, b),
            (Self::Map(a), Self::Map(b)) => maps_equal(a, b),
            (Self::Number(a), Self::Number(b)) => Some(a.as_f64() == b.as_f64()),
            _ => Some(self == other),
        }
    }
}

/// Conjunction in three values: one certain difference decides.
fn all(mut answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    answers
        .try_fold(Some(true), |sofar, equal| match equal {
            Some(false) => Err(()),
            None => Ok(None),
            Some(true) => Ok(sofar),
        })
        .unwrap_or(Some(false))
}

/// An unknown item may stand for any number of items, so that only what comes before it has its certain place.
fn lists_equal(a: &[Value], b: &[Value]) -> Option<bool> {
    let open = |items: &[Value]| items.iter().position(|item| matches!(item, Value::Unknown(_)));
    let pairs = a.iter().zip(b).map(|(a, b)| a.equals(b));
    match [open(a), open(b)].into_iter().flatten().min() {
        None if a.len() != b.len() => Some(false),
        None => all(pairs),
        Some(first) => all(pairs.take(first).chain([None])),
    }
}

/// An unknown property may turn out to be absent.
fn maps_equal(a: &Map, b: &Map) -> Option<bool> {
    let one_sided = |value: &Value| if matches!(value, Value::Unknown(_)) { None } else { Some(false) };
    let ours = a.iter().map(|(key, value)| b.get(key).map_or_else(|| one_sided(value), |other| value.equals(other)));
    let theirs = b.iter().filter(|(key, _)| !a.contains_key(*key)).map(|(_, value)| one_sided(value));
    all(ours.chain(theirs))
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        i64::from(value).into()
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value.into())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Takes a document from outside as it is: a `$unknown` in it is an ordinary property. Null properties are dropped.
impl From<serde_json::Value> for Value {
    fn from(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => Self::Number(number),
            serde_json::Value::String(text) => text.into(),
            serde_json::Value::Array(items) => Self::list(items.into_iter().map(Self::from)),
            serde_json::Value::Object(object) => {
                let entries = object.into_iter().map(|(key, value)| (Arc::from(key), Self::from(value)));
                Self::Map(Arc::new(entries.filter(|(_, value)| !matches!(value, Self::Null)).collect()))
            }
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => number.serialize(serializer),
            Self::String(text) => serializer.serialize_str(text),
            Self::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Map(map) => {
                let mut object = serializer.serialize_map(Some(map.len()))?;
                for (key, value) in map.iter() {
                    if key.starts_with('$') {
                        object.serialize_entry(&format!("${key}"), value)?;
                    } else {
                        object.serialize_entry(key.as_ref(), value)?;
                    }
                }
                object.end()
            }
            Self::Unknown(cause) => {
                let mut object = serializer.serialize_map(Some(1))?;
                object.serialize_entry(UNKNOWN_KEY, cause.as_ref())?;
                object.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_notation(serde_json::Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl Value {
    /// Reads our own notation, in which `{"$unknown": …}` is an unknown leaf.
    ///
    /// # Errors
    /// When the cause of an unknown leaf is not one of [`Unknown`].
    pub fn from_notation(json: serde_json::Value) -> Result<Self, serde_json::Error> {
        Ok(match json {
            serde_json::Value::Array(items) => {
                Self::List(Arc::new(items.into_iter().map(Self::from_notation).collect::<Result<_, _>>()?))
            }
            serde_json::Value::Object(mut object) => {
                if object.len() == 1
                    && let Some(cause) = object.remove(UNKNOWN_KEY)
                {
                    return Ok(Self::unknown(serde_json::from_value(cause)?));
                }
                let mut map = Map::new();
                for (key, value) in object {
                    let name = key.strip_prefix('$').unwrap_or(&key);
                    match Self::from_notation(value)? {
                        Self::Null => {}
                        value => {
                            map.insert(name.into(), value);
                        }
                    }
                }
                Self::Map(Arc::new(map))
            }
            scalar => scalar.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_unknown_leaf_survives_a_round_trip() {
        let value = Value::map([("A", Value::unknown(Unknown::AccessDenied("s3:GetBucketPolicy".into())))]);
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(text, r#"{"A":{"$unknown":{"access_denied":"s3:GetBucketPolicy"}}}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_document_from_outside_cannot_pose_as_unknown() {
        let value = Value::from(json!({"$unknown": {"access_denied": "x"}, "$$x": 1}));
        assert!(value.first_unknown().is_none());
        let text = serde_json::to_string(&value).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn equality_is_three_valued() {
        let read = |json| Value::from_notation(json).unwrap();
        let hole = json!({"$unknown": "not_collected"});
        assert_eq!(read(json!([1, hole])).equals(&read(json!([1, 2]))), None);
        assert_eq!(read(json!([2, hole])).equals(&read(json!([1, 2]))), Some(false));
        assert_eq!(read(json!([hole])).equals(&read(json!([]))), None);
        assert_eq!(read(json!({"a": 1})).equals(&read(json!({"a": 1.0}))), Some(true));
        assert_eq!(read(json!({"a": 1})).equals(&read(json!({"b": 1}))), Some(false));
    }

    #[test]
    fn an_unknown_may_stand_for_any_number_of_items_and_for_an_absent_property() {
        let read = |json| Value::from_notation(json).unwrap();
        let hole = json!({"$unknown": "not_collected"});
        assert_eq!(read(json!([hole, 5, hole])).equals(&read(json!([1, 2, 5]))), None);
        assert_eq!(read(json!([1, hole])).equals(&read(json!([2, 3, 4]))), Some(false));
        assert_eq!(read(json!({"a": hole})).equals(&read(json!({}))), None);
        assert_eq!(read(json!({"a": 1})).equals(&read(json!({"a": 1, "b": hole}))), None);
        assert_eq!(read(json!({"a": hole})).equals(&read(json!({"b": 1}))), Some(false));
    }
}
