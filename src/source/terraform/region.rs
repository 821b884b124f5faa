//! Which region a resource of a plan is in.
//!
//! Since version 6 of the provider a resource has a `region` of its own. Otherwise it is that of its provider
//! configuration, which may be a constant or a variable. A configuration without a region takes it from the environment
//! of the run, so that the caller's is taken; so it is where the region of the only unnamed configuration is computed. Of
//! a named one (`alias`) whose region is computed nothing can be said, other than that it is one region.

use serde_json::Value as Json;

use super::argument::State;
use super::configuration::{Configuration, Scope};
use super::plan::Instance;

/// A chain of variables that is longer is not followed.
const MAX_HOPS: usize = 32;

/// A region's code, or a text that stands for one that is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Region {
    Known(String),
    Unknown(String),
}

impl Region {
    pub(super) fn known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Unknown(_) => None,
        }
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Known(text) | Self::Unknown(text) => text,
        }
    }
}

/// What tells the regions of a plan.
pub(super) struct Regions<'a> {
    pub(super) configuration: &'a Configuration<'a>,
    pub(super) variables: &'a Json,
    /// The caller's.
    pub(super) default: &'a str,
}

impl<'a> Regions<'a> {
    pub(super) fn of(&self, instance: &'a Instance) -> Region {
        let own = instance.arguments(self.configuration.expressions(instance)).at("region");
        match own.state() {
            State::Known(Json::String(region)) if !region.is_empty() => return Region::Known(region.clone()),
            State::Unknown => return Region::Unknown(format!("(region of {})", instance.address)),
            _ => {}
        }
        let resource = self.configuration.resource(instance);
        match resource.and_then(|resource| resource.get("provider_config_key")).and_then(Json::as_str) {
            Some(key) => self.of_provider(key),
            None => Region::Known(self.default.to_owned()),
        }
    }

    /// A module without a configuration of its own has that of the module around it.
    fn of_provider(&self, key: &'a str) -> Region {
        let (mut modules, name) = key.rsplit_once(':').unwrap_or(("", key));
        loop {
            let full = if modules.is_empty() { name.to_owned() } else { format!("{modules}:{name}") };
            if let Some(provider) = self.configuration.provider(&full) {
                return self.of_configuration(provider, modules, name);
            }
            if modules.is_empty() {
                return self.computed(name);
            }
            modules = modules.rsplit_once(".module.").map_or("", |(outer, _)| outer);
        }
    }

    fn of_configuration(&self, provider: &'a Json, modules: &'a str, name: &str) -> Region {
        let Some(expression) = provider.get("expressions").and_then(|all| all.get("region")) else {
            return Region::Known(self.default.to_owned());
        };
        let (modules, _) = super::address::modules(modules);
        match self.text(expression, Scope { modules, key: None }) {
            Some(region) => Region::Known(region.to_owned()),
            None => self.computed(name),
        }
    }

    fn computed(&self, name: &str) -> Region {
        if name.contains('.') {
            Region::Unknown(format!("(region of provider {name})"))
        } else {
            Region::Known(self.default.to_owned())
        }
    }

    /// A constant, or what a variable is given.
    fn text(&self, expression: &'a Json, scope: Scope<'a>) -> Option<&'a str> {
        let (mut expression, mut scope) = (expression, scope);
        for _ in 0..MAX_HOPS {
            if let Some(constant) = expression.get("constant_value") {
                return constant.as_str();
            }
            let [reference] = expression.get("references")?.as_array()?.as_slice() else { return None };
            let variable = reference.as_str()?.strip_prefix("var.")?;
            if scope.modules.is_empty() {
                return self.variables.get(variable)?.get("value")?.as_str();
            }
            (expression, scope) = self.configuration.given(variable, &scope)?;
        }
        None
    }
}
