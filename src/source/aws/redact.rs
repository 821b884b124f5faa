//! Keeps out of the evidence what may be a secret in properties that are taken over whole.

use std::sync::Arc;

use crate::model::{Map, Unknown, Value};

/// Properties whose values are texts of the user's own, often with secrets among them.
const FREE_TEXTS: [&str; 6] =
    ["Environment", "EnvironmentVariables", "RuntimeEnvironmentVariables", "StageVariables", "UserData", "Variables"];

/// Words in the name of a property that holds a secret, when it holds a text.
const SECRET_WORDS: [&str; 6] = ["password", "secretstring", "privatekey", "authtoken", "accesstoken", "clientsecret"];

/// The properties with every text that may be a secret withheld. Names stay: which variables there are is no secret.
pub(super) fn withhold_secrets(properties: &Value) -> Value {
    map_entries(properties, &withhold_secrets, &|key, value| {
        let name = key.to_ascii_lowercase();
        if FREE_TEXTS.contains(&key) {
            Some(withhold_texts(value))
        } else if SECRET_WORDS.iter().any(|word| name.contains(word)) && value.as_str().is_some() {
            Some(withheld())
        } else {
            None
        }
    })
}

/// Every text withheld, but for the `Name` in a list of names and values.
fn withhold_texts(value: &Value) -> Value {
    match value {
        Value::String(_) => withheld(),
        _ => map_entries(value, &withhold_texts, &|key, value| (key == "Name").then(|| value.clone())),
    }
}

fn withheld() -> Value {
    Value::unknown(Unknown::Withheld)
}

/// The value with the entries of its maps settled by `own`, and everything else by `below`.
fn map_entries(value: &Value, below: &dyn Fn(&Value) -> Value, own: &dyn Fn(&str, &Value) -> Option<Value>) -> Value {
    match value {
        Value::List(items) => Value::list(items.iter().map(below)),
        Value::Map(map) => {
            let entry =
                |(key, value): (&Arc<str>, &Value)| (Arc::clone(key), own(key, value).unwrap_or_else(|| below(value)));
            Value::Map(Arc::new(map.iter().map(entry).collect::<Map>()))
        }
        scalar => scalar.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_may_be_a_secret_is_withheld_and_its_name_stays() {
        let hole = json!({"$unknown": "withheld"});
        let given = json!({
            "ContainerDefinitions": [{"Name": "app", "Environment": [{"Name": "DB_PASSWORD", "Value": "hunter2"}]}],
            "Environment": {"Variables": {"TOKEN": "abc"}},
            "MasterUserPassword": "x",
            "PasswordPolicy": {"MinimumLength": 8},
            "StreamName": "orders",
            "UserData": "aGk=",
        });
        let expected = json!({
            "ContainerDefinitions": [{"Name": "app", "Environment": [{"Name": "DB_PASSWORD", "Value": hole}]}],
            "Environment": {"Variables": {"TOKEN": hole}},
            "MasterUserPassword": hole,
            "PasswordPolicy": {"MinimumLength": 8},
            "StreamName": "orders",
            "UserData": hole,
        });
        assert_eq!(serde_json::to_value(withhold_secrets(&Value::from(given))).unwrap(), expected);
    }
}
