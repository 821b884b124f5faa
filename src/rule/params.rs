//! Parameters: values that guardrails leave to the organization, with defaults in the pack and overrides by file.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Map, Text, Value};
use crate::syntax::{Fault, Faults, Kind, Node, SourceFile, nearest, parse};

/// A declared parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Param {
    pub default: serde_json::Value,
    pub description: Text,
}

/// The declared parameters, and their values in this run.
#[derive(Clone, Debug, Default)]
pub struct Params {
    pub declared: BTreeMap<String, Param>,
    values: BTreeMap<String, serde_json::Value>,
    lent: BTreeSet<String>,
}

impl Params {
    /// Adds declarations from a pack's `params.yaml`.
    ///
    /// # Errors
    /// When the file does not declare parameters.
    pub fn declare(&mut self, file: &SourceFile) -> Result<(), Fault> {
        let document = parse(file)?;
        if matches!(document.kind, Kind::Null) {
            return Ok(());
        }
        let declared: BTreeMap<String, Param> = document.read(file)?;
        self.lent.retain(|name| !declared.contains_key(name));
        self.declared.extend(declared);
        Ok(())
    }

    /// As [`declare`](Self::declare), for parameters of another pack, which need not be used.
    ///
    /// # Errors
    /// When the file does not declare parameters.
    pub fn lend(&mut self, file: &SourceFile) -> Result<(), Fault> {
        self.declare(file)?;
        self.lent = self.declared.keys().cloned().collect();
        Ok(())
    }

    /// The names of the pack's own parameters.
    pub fn own(&self) -> impl Iterator<Item = &str> {
        self.declared.keys().map(String::as_str).filter(|name| !self.lent.contains(*name))
    }

    /// Overrides values from a file of `name: value`.
    ///
    /// # Errors
    /// Every name that is not declared, and every value that is not of the kind of its default.
    pub fn override_from(&mut self, file: &SourceFile) -> Result<(), Faults> {
        let document = parse(file)?;
        let entries = match &document.kind {
            Kind::Null => return Ok(()),
            Kind::Map(entries) => entries,
            _ => return Err(Fault::at(file, document.span.clone(), "expected `name: value` lines").into()),
        };
        let mut faults = Vec::new();
        for (name, value) in entries {
            match self.override_one(file, name, value) {
                Ok((name, value)) => {
                    self.values.insert(name, value);
                }
                Err(fault) => faults.push(fault),
            }
        }
        Faults::check(faults)
    }

    fn override_one(&self, file: &SourceFile, name: &Node, node: &Node) -> Result<(String, serde_json::Value), Fault> {
        let key = name.scalar_text().unwrap_or_default();
        let Some(param) = self.declared.get(&key) else {
            let fault = Fault::at(file, name.span.clone(), format!("there is no parameter `{key}`"));
            return Err(match nearest(&key, self.declared.keys().map(String::as_str)) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help("`govcheck rules list --parameters` shows the parameters"),
            });
        };
        let value: serde_json::Value = node.read(file)?;
        if kind_of(&value) != kind_of(&param.default) {
            let message = format!("`{key}` must be {}, like its default {}", kind_of(&param.default), param.default);
            return Err(Fault::at(file, node.span.clone(), message));
        }
        Ok((key, value))
    }

    /// Takes the values that a saved run had; names that nobody declares any more are passed over.
    pub fn restore(&mut self, values: &BTreeMap<String, serde_json::Value>) {
        let known = values.iter().filter(|(name, _)| self.declared.contains_key(*name));
        self.values.extend(known.map(|(name, value)| (name.clone(), value.clone())));
    }

    /// The value of a parameter in this run.
    pub fn value(&self, name: &str) -> Option<&serde_json::Value> {
        self.values.get(name).or_else(|| self.declared.get(name).map(|param| &param.default))
    }

    /// All values, with those of `local` before them: the variable `params`.
    pub fn to_value(&self, local: &BTreeMap<String, serde_json::Value>) -> Value {
        let names = self.declared.keys().chain(local.keys());
        let entries = names.filter_map(|name| {
            let value = local.get(name).or_else(|| self.value(name))?;
            Some((Arc::from(name.as_str()), Value::from(value.clone())))
        });
        Value::Map(Arc::new(entries.collect::<Map>()))
    }

    /// The values in this run, by name.
    pub fn effective(&self) -> BTreeMap<String, serde_json::Value> {
        self.declared.keys().filter_map(|name| Some((name.clone(), self.value(name)?.clone()))).collect()
    }
}

fn kind_of(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "empty",
        serde_json::Value::Bool(_) => "true or false",
        serde_json::Value::Number(_) => "a number",
        serde_json::Value::String(_) => "a text",
        serde_json::Value::Array(_) => "a list",
        serde_json::Value::Object(_) => "a map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Params {
        let mut params = Params::default();
        let file = SourceFile::new("params.yaml", "max_age_days: {default: 90, description: {en: a, ja: あ}}\n");
        params.declare(&file).unwrap();
        params
    }

    #[test]
    fn every_bad_override_is_reported() {
        let file = SourceFile::new("p.yaml", "max_age_day: 1\nmax_age_days: [30]\n");
        let faults = declared().override_from(&file).unwrap_err();
        let messages: Vec<String> = faults.0.iter().map(ToString::to_string).collect();
        assert_eq!(messages[0], "p.yaml:1: there is no parameter `max_age_day`");
        assert_eq!(messages[1], "p.yaml:2: `max_age_days` must be a number, like its default 90");
    }

    #[test]
    fn an_override_wins() {
        let mut params = declared();
        params.override_from(&SourceFile::new("p.yaml", "max_age_days: 30")).unwrap();
        assert_eq!(params.value("max_age_days"), Some(&30.into()));
    }
}
