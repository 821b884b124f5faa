//! The parts of a plan that are read, and the resources that it leaves behind.
//!
//! `resource_changes` holds every managed resource that the plan knows, changed or not, with what is unknown and what
//! is sensitive; `planned_values` says neither, and is asked only for resources that the changes lack. What is deleted,
//! forgotten or deposed is no resource any more.
//!
//! The shapes: <https://developer.hashicorp.com/terraform/internals/json-format>.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value as Json, json};

use super::address::{Step, modules};
use super::argument::{Argument, Source};
use super::hcl::Written as Block;
use crate::syntax::Fault;

/// The largest plan that is read, in bytes.
const MAX_BYTES: usize = 256 * 1024 * 1024;

/// More resources than this are refused.
const MAX_RESOURCES: usize = 500_000;

/// More module calls around a resource than this are refused.
const MAX_MODULES: usize = 64;

/// What is read of a plan; `prior_state` and `resource_drift` are passed over.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Plan {
    #[serde(default)]
    pub(super) variables: Json,
    #[serde(default)]
    planned_values: Json,
    #[serde(default)]
    resource_changes: Json,
    #[serde(default)]
    pub(super) configuration: Json,
}

/// What becomes of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Stays,
    /// It is deleted or forgotten; its values are those of before.
    Goes,
}

/// One instance of a resource or data source.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) address: String,
    pub(super) is_data: bool,
    /// The provider's resource type.
    pub(super) kind: String,
    pub(super) name: String,
    /// The key of the instance as addresses write it: `0`, `"k"`.
    pub(super) key: Option<String>,
    pub(super) fate: Fate,
    /// Its values before the plan, where it exists and stays.
    before: Json,
    values: Json,
    unknown: Json,
    sensitive: Json,
    /// Its block, where its sources are read.
    pub(super) block: Option<Arc<Block>>,
}

/// Whether a text is a plan, as `terraform show -json` writes it, without keeping what it holds.
///
/// # Errors
/// When it is not JSON.
pub fn is_plan(text: &str) -> Result<bool, serde_json::Error> {
    #[derive(Deserialize)]
    struct Head {
        format_version: Option<IgnoredAny>,
        planned_values: Option<IgnoredAny>,
        resource_changes: Option<IgnoredAny>,
    }
    let head: Head = serde_json::from_str(text)?;
    Ok(head.format_version.is_some() && (head.planned_values.is_some() || head.resource_changes.is_some()))
}

impl Plan {
    /// # Errors
    /// When the text is too large, is not JSON or is nested too deeply.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, Fault> {
        let refuse = |message: String| {
            Fault::of_file(name, message).help("write it with `terraform show -json PLAN` and give that file as it is")
        };
        if text.len() > MAX_BYTES {
            return Err(refuse(format!("the plan is larger than {} MiB", MAX_BYTES >> 20)));
        }
        // The error's own words may quote a value, which may be a secret.
        serde_json::from_str(text)
            .map_err(|error| refuse(format!("line {}: it is not the JSON of a plan", error.line())))
    }

    /// Every instance, in the order of addresses. Takes the values out of the plan.
    ///
    /// # Errors
    /// When there are too many, or modules are nested too deeply.
    pub(super) fn instances(&mut self, name: &str) -> Result<Vec<Instance>, Fault> {
        let changes = match self.resource_changes.take() {
            Json::Array(changes) => changes,
            _ => Vec::new(),
        };
        let mut instances: Vec<Instance> = changes.into_iter().filter_map(changed).collect();
        let seen: HashSet<String> = instances.iter().map(|instance| instance.address.clone()).collect();
        let mut unchanged = Vec::new();
        planned(self.planned_values.get_mut("root_module"), &mut unchanged);
        instances.extend(unchanged.into_iter().filter(|instance| !seen.contains(&instance.address)));
        let refuse = |message: String| Fault::of_file(name, message).help("split the configuration into smaller plans");
        if instances.len() > MAX_RESOURCES {
            return Err(refuse(format!("it has more than {MAX_RESOURCES} resources")));
        }
        if instances.iter().any(|instance| instance.modules().len() > MAX_MODULES) {
            return Err(refuse(format!("its modules are nested more than {MAX_MODULES} deep")));
        }
        instances.sort_by(|a, b| a.address.cmp(&b.address));
        instances.dedup_by(|a, b| a.address == b.address && a.fate == b.fate);
        Ok(instances)
    }
}

/// A member of `resource_changes`, unless it is a deposed object or has no address.
fn changed(mut entry: Json) -> Option<Instance> {
    if entry.get("deposed").is_some() {
        return None;
    }
    let mut change = entry.get_mut("change").map(Json::take).unwrap_or_default();
    let actions = change.get("actions").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let goes = !actions.is_empty() && actions.iter().all(|action| action == "delete" || action == "forget");
    let mut take = |key: &str| change.get_mut(key).map(Json::take).unwrap_or_default();
    let (values, unknown, sensitive) = if goes {
        (take("before"), Json::Null, take("before_sensitive"))
    } else {
        (take("after"), take("after_unknown"), take("after_sensitive"))
    };
    let fate = if goes { Fate::Goes } else { Fate::Stays };
    Some(Instance { before: take("before"), values, unknown, sensitive, fate, ..named(&entry)? })
}

/// The resources of a module of `planned_values`, and of the modules in it. JSON is nested no deeper than its parser
/// allows.
fn planned(module: Option<&mut Json>, into: &mut Vec<Instance>) {
    let Some(module) = module else { return };
    if let Some(resources) = module.get_mut("resources").and_then(Json::as_array_mut) {
        for resource in resources {
            let values = resource.get_mut("values").map(Json::take).unwrap_or_default();
            let sensitive = resource.get_mut("sensitive_values").map(Json::take).unwrap_or_default();
            into.extend(named(resource).map(|named| Instance { values, sensitive, ..named }));
        }
    }
    for child in module.get_mut("child_modules").and_then(Json::as_array_mut).into_iter().flatten() {
        planned(Some(child), into);
    }
}

fn named(entry: &Json) -> Option<Instance> {
    let text = |key: &str| entry.get(key).and_then(Json::as_str);
    let address = text("address")?.to_owned();
    Some(Instance {
        is_data: text("mode") == Some("data"),
        kind: text("type")?.to_owned(),
        name: text("name")?.to_owned(),
        key: entry.get("index").filter(|index| !index.is_null()).map(Json::to_string),
        address,
        fate: Fate::Stays,
        before: Json::Null,
        values: Json::Null,
        unknown: Json::Null,
        sensitive: Json::Null,
        block: None,
    })
}

impl Instance {
    /// The module calls around it.
    pub(super) fn modules(&self) -> Vec<Step<'_>> {
        modules(&self.address).0
    }

    /// Its name inside its module, without a key: `aws_vpc.v`, `data.aws_vpc.v`.
    pub(super) fn local_name(&self) -> String {
        let prefix = if self.is_data { "data." } else { "" };
        format!("{prefix}{}.{}", self.kind, self.name)
    }

    /// Its arguments, beside the expressions that the configuration has for them.
    pub(super) fn arguments<'a>(&'a self, expressions: Option<&'a Json>) -> Argument<'a> {
        let source = self.block.as_deref().map_or(Source::Hidden, Source::Block);
        Argument::of(&self.values, &self.unknown, &self.sensitive, expressions, source)
    }

    /// The arguments that it has before the plan.
    pub(super) fn arguments_before(&self) -> Argument<'_> {
        let values = if self.fate == Fate::Goes { &self.values } else { &self.before };
        Argument::of(values, &Json::Null, &Json::Null, None, Source::Hidden)
    }

    /// `planned_values` leaves out what is unknown: what the configuration computes and is not there must be that.
    pub(super) fn infer_unknowns(&mut self, expressions: Option<&Json>) {
        if !self.unknown.is_null() || self.fate == Fate::Goes {
            return;
        }
        let computed = expressions.and_then(Json::as_object).into_iter().flatten();
        let computed = computed
            .filter(|(key, expression)| expression.get("references").is_some() && self.values.get(key).is_none());
        let unknown: BTreeMap<&String, Json> = computed.map(|(key, _)| (key, json!(true))).collect();
        self.unknown = json!(unknown);
    }
}

/// The instances of each resource by its module path without keys and its local name.
pub(super) fn index(instances: &[Instance]) -> HashMap<(String, String), Vec<usize>> {
    let mut index: HashMap<(String, String), Vec<usize>> = HashMap::new();
    for (at, instance) in instances.iter().enumerate().filter(|(_, instance)| instance.fate == Fate::Stays) {
        let path = path(&instance.modules());
        index.entry((path, instance.local_name())).or_default().push(at);
    }
    index
}

/// The names of module calls, joined by dots.
pub(super) fn path(modules: &[Step<'_>]) -> String {
    modules.iter().map(|step| step.name).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deleted_forgotten_and_deposed_objects_do_not_stay() {
        let change = |name: &str, actions: Json, more: Json| {
            let mut entry = json!({"address": format!("aws_vpc.{name}"), "mode": "managed", "type": "aws_vpc",
                "name": name, "change": {"actions": actions, "before": {"id": "vpc-1"}, "after": {"id": "vpc-2"}}});
            if let (Json::Object(entry), Json::Object(more)) = (&mut entry, more) {
                entry.extend(more);
            }
            entry
        };
        let text = json!({"format_version": "1.2", "resource_changes": [
            change("gone", json!(["delete"]), json!({})),
            change("forgotten", json!(["forget"]), json!({})),
            change("old", json!(["delete"]), json!({"deposed": "1234"})),
            change("replaced", json!(["delete", "create"]), json!({})),
            change("same", json!(["no-op"]), json!({})),
        ]});
        let mut plan = Plan::parse("p", &text.to_string()).unwrap();
        let instances = plan.instances("p").unwrap();
        let stay: Vec<&str> = instances
            .iter()
            .filter(|instance| instance.fate == Fate::Stays)
            .map(|instance| instance.name.as_str())
            .collect();
        assert_eq!(stay, ["replaced", "same"]);
        assert_eq!(instances.len(), 4);
    }

    #[test]
    fn a_fault_does_not_quote_the_plan() {
        let fault = Plan::parse("plan.json", "{\n\"variables\": hunter2}").unwrap_err();
        assert_eq!(fault.to_string(), "plan.json: line 2: it is not the JSON of a plan");
        let deep = format!("{{\"configuration\":{}", "[".repeat(100_000));
        assert!(Plan::parse("plan.json", &deep).is_err());
    }

    #[test]
    fn a_plan_is_known_by_its_contents() {
        assert!(is_plan(r#"{"format_version": "1.2", "planned_values": {}}"#).unwrap());
        assert!(!is_plan(r#"{"format_version": "1.0", "values": {}}"#).unwrap(), "a state");
        assert!(!is_plan(r#"{"Resources": {}}"#).unwrap());
        assert!(is_plan("{").is_err());
    }
}
