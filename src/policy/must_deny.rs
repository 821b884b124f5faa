//! What a preventive guardrail says must be denied, as it stands in a rule file.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::catalogue::Catalogue;
use super::document::ActionPattern;
use super::glob::Glob;
use super::keys;
use super::request::PrincipalKind;
use super::truth::Truth;

/// Requests that service control policies must deny. Every list may name a parameter, as in `params.allowed_regions`,
/// for the items of its list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MustDeny {
    /// Action patterns, as in a policy; `*` is every action.
    pub actions: Vec<String>,
    /// Actions that need not be denied; `global_services` stands for the services without regional endpoints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except_actions: Vec<String>,
    /// In which regions; every region by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<Regions>,
    /// Resource patterns; every resource by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    #[serde(default, skip_serializing_if = "Principals::is_default")]
    pub principals: Principals,
    /// The states of context keys in which the request must be denied; a key that is not named may be anything. Only
    /// requests of the service are asked about with a key of a service, such as `kms:ReplicaRegion`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub context: BTreeMap<String, Vec<Given>>,
}

/// A set of regions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Regions {
    /// All regions but these, also those that do not exist yet.
    Outside(Vec<String>),
    Only(Vec<String>),
}

/// Who must be denied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Principals {
    /// All kinds by default.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<PrincipalName>,
    /// Declared exemptions: patterns of ARNs that need not be denied.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

impl Principals {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A kind of principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalName {
    Root,
    User,
    Role,
    FederatedUser,
}

/// The state of a context key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    Absent,
    /// Exactly this value.
    Value(String),
    /// Present, with a value that none of these patterns matches; of several values at least one.
    Outside(Vec<String>),
}

/// Why a `must_deny` block cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidQuestion {
    #[error("the parameter `{0}` is not a list of texts")]
    Parameter(String),
    #[error("`{0}` is not an action pattern")]
    Action(String),
    #[error("`{0}` is not a pattern of an ARN")]
    Principal(String),
    #[error("`{0}` is said with `regions` and `principals`")]
    Key(String),
    #[error("it names no {0}")]
    Empty(&'static str),
    #[error("the parameter `{0}` is empty")]
    Unset(String),
    #[error("failed to {0}")]
    Catalogue(String),
}

/// A `must_deny` block whose parameters are replaced.
#[derive(Clone, Debug)]
pub struct Question {
    pub(super) actions: Vec<ActionPattern>,
    pub(super) except_actions: Vec<ActionPattern>,
    pub(super) regions: Option<Regions>,
    pub(super) resources: Vec<Glob>,
    pub(super) kinds: Vec<PrincipalKind>,
    pub(super) except_principals: Vec<Glob>,
    pub(super) context: BTreeMap<String, Vec<Given>>,
    /// The services that keys of `context` belong to.
    pub(super) services: BTreeSet<String>,
}

impl MustDeny {
    /// Replaces the parameters.
    ///
    /// # Errors
    /// When a parameter is not a list of texts, or something is not what it should be.
    pub fn resolve(
        &self,
        catalogue: &Catalogue,
        param: impl Fn(&str) -> Option<serde_json::Value>,
    ) -> Result<Question, InvalidQuestion> {
        let list = |items: &[String]| expand(items, &param);
        let actions = list(&self.actions)?;
        if actions.is_empty() {
            return Err(InvalidQuestion::Empty("actions"));
        }
        let mut except = list(&self.except_actions)?;
        if let Some(at) = except.iter().position(|name| name == "global_services") {
            except.remove(at);
            except.extend(catalogue.global_patterns().map(str::to_owned));
        }
        let regions = match &self.regions {
            None => None,
            Some(Regions::Outside(names)) => Some(Regions::Outside(list(names)?)),
            Some(Regions::Only(names)) => Some(Regions::Only(list(names)?)),
        };
        if let Some(Regions::Outside(names) | Regions::Only(names)) = &regions
            && names.is_empty()
        {
            return Err(InvalidQuestion::Empty("regions"));
        }
        let resources = list(&self.resources)?;
        if resources.is_empty() && !self.resources.is_empty() {
            let names: Vec<&str> = self.resources.iter().filter_map(|item| item.strip_prefix("params.")).collect();
            return Err(InvalidQuestion::Unset(names.join("`, `")));
        }
        let (mut context, mut services) = (BTreeMap::new(), BTreeSet::new());
        for (key, states) in &self.context {
            let key = key.to_ascii_lowercase();
            if ["aws:requestedregion", "aws:principalarn", "aws:principaltype"].contains(&key.as_str()) {
                return Err(InvalidQuestion::Key(key));
            }
            if states.is_empty() {
                return Err(InvalidQuestion::Empty("state of a context key"));
            }
            let state = |given: &Given| match given {
                Given::Outside(items) => match list(items)? {
                    items if items.is_empty() => Err(InvalidQuestion::Empty("value of a context key")),
                    items => Ok(Given::Outside(items)),
                },
                given => Ok(given.clone()),
            };
            let prefix = keys::prefix(&key);
            if catalogue.service(prefix).is_some() {
                services.insert(prefix.to_owned());
            }
            context.insert(key, states.iter().map(state).collect::<Result<_, _>>()?);
        }
        Ok(Question {
            actions: patterns(&actions)?,
            except_actions: patterns(&except)?,
            regions,
            resources: resources.iter().map(|text| Glob::wildcards(text)).collect(),
            kinds: self.principals.kinds(),
            except_principals: list(&self.principals.except)?
                .iter()
                .map(|text| arn_pattern(text).ok_or_else(|| InvalidQuestion::Principal(text.clone())))
                .collect::<Result<_, _>>()?,
            context,
            services,
        })
    }
}

fn expand(items: &[String], param: impl Fn(&str) -> Option<serde_json::Value>) -> Result<Vec<String>, InvalidQuestion> {
    let mut expanded = Vec::new();
    for item in items {
        let Some(name) = item.strip_prefix("params.") else {
            expanded.push(item.clone());
            continue;
        };
        let invalid = || InvalidQuestion::Parameter(name.to_owned());
        let Some(serde_json::Value::Array(values)) = param(name) else { return Err(invalid()) };
        for value in values {
            expanded.push(value.as_str().ok_or_else(invalid)?.to_owned());
        }
    }
    Ok(expanded)
}

fn patterns(texts: &[String]) -> Result<Vec<ActionPattern>, InvalidQuestion> {
    let read = |text: &String| match ActionPattern::parse(text) {
        ActionPattern::Open(_) => Err(InvalidQuestion::Action(text.clone())),
        pattern => Ok(pattern),
    };
    texts.iter().map(read).collect()
}

/// An ARN pattern as `ArnLike` reads it.
fn arn_pattern(text: &str) -> Option<Glob> {
    let mut at = text.match_indices(':');
    let (fifth, _) = at.nth(4)?;
    let mut glob = Glob::wildcards(&text[..fifth]).within_parts(false);
    glob.tokens.extend(Glob::wildcards(&text[fifth..]).tokens);
    Some(glob)
}

impl Principals {
    fn kinds(&self) -> Vec<PrincipalKind> {
        let kind = |name: &PrincipalName| match name {
            PrincipalName::Root => PrincipalKind::Root,
            PrincipalName::User => PrincipalKind::User,
            PrincipalName::Role => PrincipalKind::Role,
            PrincipalName::FederatedUser => PrincipalKind::FederatedUser,
        };
        if self.kinds.is_empty() {
            let all = [PrincipalName::Role, PrincipalName::User, PrincipalName::Root, PrincipalName::FederatedUser];
            return all.iter().map(kind).collect();
        }
        self.kinds.iter().map(kind).collect()
    }
}

impl Question {
    /// Whether the action, given in two parts in lower case, is asked about.
    pub(super) fn asks(&self, service: &str, name: &str) -> bool {
        let covers = |patterns: &[ActionPattern]| patterns.iter().any(|own| own.covers(service, name) == Truth::Yes);
        covers(&self.actions) && !covers(&self.except_actions)
    }

    /// The keys that it gives in requests of a service, in lower case: a key of another service is in none of them.
    pub(super) fn given(&self, service: &str) -> Vec<&str> {
        let foreign = |key: &str| self.services.contains(keys::prefix(key)) && !keys::may_have(service, key);
        self.context.keys().map(String::as_str).filter(|key| !foreign(key)).collect()
    }

    /// Whether a region is asked about.
    pub(super) fn asks_region(&self, region: &str) -> bool {
        match &self.regions {
            None => true,
            Some(Regions::Outside(names)) => !names.iter().any(|name| name == region),
            Some(Regions::Only(names)) => names.iter().any(|name| name == region),
        }
    }

    /// Whether the principal is declared exempt.
    pub fn exempts(&self, principal: &str) -> bool {
        self.except_principals.iter().any(|glob| glob.matches(principal))
    }

    pub fn has_exemptions(&self) -> bool {
        !self.except_principals.is_empty()
    }

    /// What it says about principals, resources and keys, as texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = String> {
        let globs = self.except_principals.iter().chain(&self.resources).map(Glob::text);
        let given = self.context.values().flatten().flat_map(|given| match given {
            Given::Value(text) => vec![text.clone()],
            Given::Outside(texts) => texts.clone(),
            Given::Absent => Vec::new(),
        });
        globs.chain(given)
    }

    pub(super) fn asks_resource(&self, resource: &str) -> bool {
        self.resources.is_empty() || self.resources.iter().any(|glob| glob.matches(resource))
    }
}
