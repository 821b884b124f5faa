//! What the configuration of a plan says: the expressions of each resource, and which resource a reference means.
//!
//! A plan does not write expressions, only what they refer to. `bucket = aws_s3_bucket.b.id` and
//! `name = "${aws_s3_bucket.b.id}-logs"` look alike. So a reference is followed only for an argument that names another
//! resource (`bucket`, `vpc_id`, `role`, `kms_key_id`, …), and only where exactly one resource is referred to, directly,
//! through the variables and outputs of modules, or by `each.key` and `count.index` to the instance with the same key.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::address::{Step, steps};
use super::plan::{Instance, path};

/// A chain of variables and outputs that is longer is not followed.
const MAX_HOPS: usize = 32;

/// An expression with more references is not followed.
const MAX_REFERENCES: usize = 256;

/// The configuration by module path (names joined by dots) and name.
#[derive(Debug, Default)]
pub(super) struct Configuration<'a> {
    resources: HashMap<(String, String), &'a Json>,
    calls: HashMap<String, &'a Json>,
    root: Option<&'a Json>,
}

/// Where an expression stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope<'a> {
    /// The module calls around it; a key that is not known is left out.
    pub(super) modules: Vec<Step<'a>>,
    /// The key of the instance.
    pub(super) key: Option<&'a str>,
}

/// An attribute of an instance of the plan; without a name, the whole instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    pub(super) instance: usize,
    pub(super) attribute: Option<&'a str>,
}

impl<'a> Scope<'a> {
    pub(super) fn of(instance: &'a Instance) -> Self {
        Self { modules: instance.modules(), key: instance.key.as_deref() }
    }

    fn path(&self) -> String {
        path(&self.modules)
    }
}

impl<'a> Configuration<'a> {
    pub(super) fn of(configuration: &'a Json) -> Self {
        let mut found = Self { root: Some(configuration), ..Self::default() };
        if let Some(module) = configuration.get("root_module") {
            found.add(String::new(), module);
        }
        found
    }

    /// JSON is nested no deeper than its parser allows.
    fn add(&mut self, path: String, module: &'a Json) {
        for resource in module.get("resources").and_then(Json::as_array).into_iter().flatten() {
            let text = |key: &str| resource.get(key).and_then(Json::as_str).unwrap_or_default();
            let prefix = if text("mode") == "data" { "data." } else { "" };
            let name = format!("{prefix}{}.{}", text("type"), text("name"));
            self.resources.insert((path.clone(), name), resource);
        }
        for (name, call) in module.get("module_calls").and_then(Json::as_object).into_iter().flatten() {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            self.calls.insert(path.clone(), call);
            if let Some(module) = call.get("module") {
                self.add(path, module);
            }
        }
    }

    pub(super) fn resource(&self, instance: &Instance) -> Option<&'a Json> {
        self.resources.get(&(path(&instance.modules()), instance.local_name())).copied()
    }

    /// A resource by the path and name that it has in the index.
    pub(super) fn named(&self, path: &str, name: &str) -> Option<&'a Json> {
        self.resources.get(&(path.to_owned(), name.to_owned())).copied()
    }

    /// Whether a variable of the module at a path is declared sensitive.
    pub(super) fn is_sensitive(&self, path: &str, variable: &str) -> bool {
        let module = match path {
            "" => self.root.and_then(|root| root.get("root_module")),
            path => self.calls.get(path).and_then(|call| call.get("module")),
        };
        let declared = module.and_then(|module| module.get("variables")?.get(variable)?.get("sensitive"));
        declared == Some(&Json::Bool(true))
    }

    pub(super) fn expressions(&self, instance: &Instance) -> Option<&'a Json> {
        self.resource(instance)?.get("expressions")
    }

    /// The configuration of a provider: `aws`, `aws.osaka`, `module.a:aws`.
    pub(super) fn provider(&self, key: &str) -> Option<&'a Json> {
        self.root?.get("provider_config")?.get(key)
    }

    /// What a variable of a module is given, with where that stands.
    pub(super) fn given(&self, variable: &str, scope: &Scope<'a>) -> Option<(&'a Json, Scope<'a>)> {
        let call = self.calls.get(&scope.path())?;
        let (last, around) = scope.modules.split_last()?;
        let expression = call.get("expressions")?.get(variable)?;
        Some((expression, Scope { modules: around.to_vec(), key: last.key }))
    }
}

/// What follows references through a plan.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    pub(super) configuration: &'a Configuration<'a>,
    pub(super) instances: &'a [Instance],
    /// From [`super::plan::index`].
    pub(super) index: &'a HashMap<(String, String), Vec<usize>>,
}

impl<'a> Resolver<'a> {
    /// The one attribute that an expression refers to.
    pub(super) fn one(&self, expression: &'a Json, scope: &Scope<'a>) -> Option<Target<'a>> {
        match self.follow(expression, scope, 0)?.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// Every attribute that the expression of a list refers to, when it refers to nothing else.
    pub(super) fn all(&self, expression: &'a Json, scope: &Scope<'a>) -> Option<Vec<Target<'a>>> {
        self.follow(expression, scope, 0)
    }

    fn follow(&self, expression: &'a Json, scope: &Scope<'a>, hops: usize) -> Option<Vec<Target<'a>>> {
        if hops > MAX_HOPS {
            return None;
        }
        let references = references(expression)?;
        let by_key = references.iter().any(|name| matches!(*name, "each.key" | "count.index"));
        let mut found = Vec::new();
        for reference in references.iter().filter(|name| !matches!(**name, "each.key" | "count.index")) {
            let targets = self.reference(steps(reference), by_key, scope, hops)?;
            found.extend(targets);
            if found.len() > MAX_REFERENCES {
                return None;
            }
        }
        (!found.is_empty()).then_some(found)
    }

    fn reference(&self, steps: Vec<Step<'a>>, by_key: bool, scope: &Scope<'a>, hops: usize) -> Option<Vec<Target<'a>>> {
        match steps.as_slice() {
            [Step { name: "var", .. }, variable] if variable.key.is_none() => {
                let (expression, scope) = self.configuration.given(variable.name, scope)?;
                self.follow(expression, &scope, hops + 1)
            }
            [Step { name: "module", .. }, call, output] if output.key.is_none() => {
                let mut inside = Scope { modules: scope.modules.clone(), key: None };
                let key = call.key.or(if by_key { scope.key } else { None });
                inside.modules.push(Step { name: call.name, key });
                let call = self.configuration.calls.get(&inside.path())?;
                let expression = call.get("module")?.get("outputs")?.get(output.name)?.get("expression")?;
                self.follow(expression, &inside, hops + 1)
            }
            [Step { name: "each" | "local" | "path" | "self" | "terraform" | "count" | "var" | "module", .. }, ..] => {
                None
            }
            [Step { name: "data", .. }, kind, name, rest @ ..] => {
                let local = format!("data.{}.{}", kind.name, name.name);
                self.instances_of(local, name.key, by_key, scope, rest)
            }
            [kind, name, rest @ ..] => {
                self.instances_of(format!("{}.{}", kind.name, name.name), name.key, by_key, scope, rest)
            }
            _ => None,
        }
    }

    /// The instances of a resource that may be meant, with the attribute that is asked of them.
    pub(super) fn instances_of<'r>(
        &self,
        local: String,
        key: Option<&str>,
        by_key: bool,
        scope: &Scope<'_>,
        rest: &[Step<'r>],
    ) -> Option<Vec<Target<'r>>> {
        let attribute = match rest {
            [] => None,
            [only] if only.key.is_none() => Some(only.name),
            _ => return None,
        };
        let key = key.or(if by_key { scope.key } else { None });
        let around = |instance: &Instance| {
            let modules = instance.modules();
            modules.len() == scope.modules.len()
                && modules.iter().zip(&scope.modules).all(|(own, asked)| asked.key.is_none() || own.key == asked.key)
        };
        let found = self.index.get(&(scope.path(), local))?.iter().copied().filter(|at| {
            self.instances
                .get(*at)
                .is_some_and(|instance| around(instance) && key.is_none_or(|key| instance.key.as_deref() == Some(key)))
        });
        Some(found.take(MAX_REFERENCES + 1).map(|instance| Target { instance, attribute }).collect())
    }
}

/// The references of an expression without those that are but the heads of others: Terraform lists `aws_vpc.a` beside
/// `aws_vpc.a.id`.
fn references(expression: &Json) -> Option<Vec<&str>> {
    let all = expression.get("references")?.as_array()?;
    let all: Vec<&str> = all.iter().filter_map(Json::as_str).collect();
    if all.len() > MAX_REFERENCES {
        return None;
    }
    let heads = |name: &str| {
        all.iter()
            .any(|other| other.strip_prefix(name).is_some_and(|rest| rest.starts_with('.') || rest.starts_with('[')))
    };
    let mut found: Vec<&str> = all.iter().copied().filter(|name| !heads(name)).collect();
    found.dedup();
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::super::plan::{Plan, index};
    use super::*;
    use serde_json::json;

    /// Resolves the expressions `{"x": …}` of `aws_flow_log.f` in a plan with a module `net` for two keys.
    fn resolve(configuration: &Json, expression: &Json) -> Option<Vec<(String, Option<String>)>> {
        let address = |at: &str, kind: &str, name: &str, index: Json| {
            json!({"address": at, "mode": "managed", "type": kind, "name": name, "index": index,
                "change": {"actions": ["create"], "after": {}, "after_unknown": {"id": true}}})
        };
        let text = json!({"format_version": "1.2", "resource_changes": [
            address("aws_flow_log.f[\"a\"]", "aws_flow_log", "f", json!("a")),
            address("aws_vpc.v[\"a\"]", "aws_vpc", "v", json!("a")),
            address("aws_vpc.v[\"b\"]", "aws_vpc", "v", json!("b")),
            address("aws_kms_key.k", "aws_kms_key", "k", Json::Null),
            address("module.net[\"a\"].aws_vpc.m", "aws_vpc", "m", Json::Null),
            address("module.net[\"b\"].aws_vpc.m", "aws_vpc", "m", Json::Null),
        ]});
        let mut plan = Plan::parse("p", &text.to_string()).unwrap();
        let instances = plan.instances("p").unwrap();
        let index = index(&instances);
        let configuration = Configuration::of(configuration);
        let resolver = Resolver { configuration: &configuration, instances: &instances, index: &index };
        let scope = Scope { modules: Vec::new(), key: Some("\"a\"") };
        let found = resolver.all(expression, &scope)?;
        Some(
            found
                .iter()
                .map(|target| (instances[target.instance].address.clone(), target.attribute.map(str::to_owned)))
                .collect(),
        )
    }

    fn configuration() -> Json {
        json!({"root_module": {"module_calls": {"net": {
        "expressions": {"key": {"references": ["aws_kms_key.k.arn", "aws_kms_key.k"]}},
        "module": {
            "outputs": {
                "vpc": {"expression": {"references": ["aws_vpc.m.id", "aws_vpc.m"]}},
                "key": {"expression": {"references": ["var.key"]}},
                "loop": {"expression": {"references": ["module.inner.loop", "module.inner"]}},
            },
            "module_calls": {"inner": {
                "expressions": {"x": {"references": ["module.inner.loop", "module.inner"]}},
                "module": {"outputs": {"loop": {"expression": {"references": ["var.x"]}}}}}},
        }}}}})
    }

    fn found(references: Json) -> Vec<String> {
        let found = resolve(&configuration(), &json!({ "references": references })).unwrap_or_default();
        found.into_iter().map(|(address, attribute)| format!("{address} {}", attribute.unwrap_or_default())).collect()
    }

    #[test]
    fn the_longest_reference_counts() {
        assert_eq!(found(json!(["aws_kms_key.k.arn", "aws_kms_key.k"])), ["aws_kms_key.k arn"]);
        assert_eq!(found(json!(["aws_vpc.v[\"b\"].id", "aws_vpc.v[\"b\"]", "aws_vpc.v"])), ["aws_vpc.v[\"b\"] id"]);
    }

    #[test]
    fn the_own_key_selects_the_instance() {
        assert_eq!(found(json!(["aws_vpc.v", "each.key"])), ["aws_vpc.v[\"a\"] "]);
        assert_eq!(found(json!(["aws_vpc.v"])).len(), 2, "all of them, for a list");
    }

    #[test]
    fn outputs_and_variables_of_modules_are_followed() {
        assert_eq!(
            found(json!(["module.net[\"b\"].vpc", "module.net[\"b\"]", "module.net"])),
            ["module.net[\"b\"].aws_vpc.m id"]
        );
        assert_eq!(found(json!(["module.net", "each.key"])), Vec::<String>::new());
        assert_eq!(found(json!(["module.net[\"a\"].key", "module.net[\"a\"]", "module.net"])), ["aws_kms_key.k arn"]);
    }

    #[test]
    fn what_runs_in_circles_or_cannot_be_known_means_nothing() {
        for reference in
            ["module.net[\"a\"].loop", "local.x", "each.value", "var.x", "aws_vpc.none.id", "data.aws_vpc.d.id"]
        {
            assert_eq!(found(json!([reference])), Vec::<String>::new(), "{reference}");
        }
        assert_eq!(found(json!(["aws_kms_key.k.arn", "local.x"])), Vec::<String>::new());
    }
}
