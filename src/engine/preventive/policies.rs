//! The policies on an account's path, as an inventory holds them, read.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{AccountId, Text, Unknown, Value};
use crate::policy::{Hierarchy, Level, Policy, PolicyType, read_policy_value};

/// More policies are not kept.
const MOST_POLICIES: usize = 1024;

/// Policies that were read already, by name and text: accounts that share them share their proofs.
#[derive(Debug, Default)]
pub(super) struct Interned(HashMap<String, Arc<Policy>>);

impl Interned {
    /// Reads the properties of a [`POLICY_PATH`](crate::model::POLICY_PATH).
    ///
    /// # Errors
    /// Why it cannot be said which policies bind the account.
    pub(super) fn hierarchy(&mut self, path: &Value, account: &AccountId) -> Result<Hierarchy, Unknown> {
        let known = |value: &Value| value.as_str().map(str::to_owned);
        let management = path.get("ManagementAccountId");
        let enabled = match path.get("Enabled") {
            Some(Value::Bool(enabled)) => *enabled,
            other => return Err(unseen(other)),
        };
        let levels = match path.get("Levels") {
            Some(Value::List(levels)) if !levels.is_empty() => levels,
            other => return Err(unseen(other)),
        };
        let levels = levels.iter().map(|level| self.level(level)).collect::<Result<Vec<Level>, _>>()?;
        // AWS keeps at least one policy attached everywhere. Where none is told, some were left out, and everything would
        // seem denied: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DetachPolicy.html>
        if enabled && levels.iter().any(|level| level.policies.is_empty()) {
            return Err(unseen(None));
        }
        let management = management.and_then(known).is_some_and(|id| id == account.as_str());
        Ok(Hierarchy { account: Some(account.to_string()), enabled, management, levels })
    }

    fn level(&mut self, level: &Value) -> Result<Level, Unknown> {
        let policies = match level.get("Policies") {
            Some(Value::List(policies)) => {
                policies.iter().map(|policy| self.policy(policy)).collect::<Result<_, _>>()?
            }
            other => return Err(unseen(other)),
        };
        Ok(Level { name: name_of(level).into(), policies })
    }

    fn policy(&mut self, value: &Value) -> Result<Arc<Policy>, Unknown> {
        let key = serde_json::to_string(value).unwrap_or_default();
        if let Some(policy) = self.0.get(&key) {
            return Ok(Arc::clone(policy));
        }
        let name = name_of(value);
        let document = value.get("Document").ok_or_else(|| unseen(None))?;
        let policy = read(&name, document)?;
        if self.0.len() >= MOST_POLICIES {
            self.0.clear();
        }
        self.0.insert(key, Arc::clone(&policy));
        Ok(policy)
    }
}

/// Reads one service control policy.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(name: &str, document: &Value) -> Result<Arc<Policy>, Unknown> {
    read_policy_value(name, document, PolicyType::Scp).map(Arc::new).map_err(|flaws| {
        let flaws: Vec<String> = flaws.into_iter().map(|flaw| flaw.message).collect();
        Unknown::Undecided(Text::of(|_| format!("{name}: {}", flaws.join("; "))))
    })
}

/// The name that people gave it, else its id.
fn name_of(value: &Value) -> String {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    text("Name").or_else(|| text("Id")).unwrap_or_default().to_owned()
}

fn unseen(value: Option<&Value>) -> Unknown {
    match value {
        Some(Value::Unknown(cause)) => cause.as_ref().clone(),
        _ => Unknown::Undecided(Text::of(|lang| {
            let incomplete = "the policies on the path of the account are not complete";
            lang.pick(incomplete, "アカウントまでの経路のポリシーがそろっていない").to_owned()
        })),
    }
}
