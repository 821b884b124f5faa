//! Guardrails on the inventory of one account: pure, synchronous, in one order.

mod evidence;
mod findings;
mod fleet;
mod judge;
mod outside;
mod preventive;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::model::{Account, Finding, Inventory, Question, Resource, Unknown, Value};
use crate::rule::{About, Guardrail, Params, Preventive};

use judge::Judge;
use preventive::Preventives;
use view::{View, described};

pub use fleet::Fleet;

/// What judges: the guardrails, the parameters, and the time.
pub struct Engine {
    guardrails: Vec<Arc<Guardrail>>,
    preventive: Option<Preventives>,
    params: Value,
    accounts: Value,
    now: DateTime<Utc>,
}

impl Engine {
    pub fn new(guardrails: Vec<Arc<Guardrail>>, params: &Params, now: DateTime<Utc>) -> Self {
        Self::with_params(guardrails, params.to_value(&BTreeMap::new()), now)
    }

    /// With the variable `params` as it is.
    pub fn with_params(guardrails: Vec<Arc<Guardrail>>, params: Value, now: DateTime<Utc>) -> Self {
        Self { guardrails, preventive: None, params, accounts: Value::map([]), now }
    }

    /// With preventive guardrails, whose questions have the parameters.
    pub fn with_preventive(mut self, guardrails: Vec<Arc<Preventive>>, params: &Params) -> Self {
        self.preventive = Some(Preventives::new(guardrails, params));
        self
    }

    /// With the accounts of the scan as the variable `accounts`.
    pub fn with_accounts<'a>(mut self, accounts: impl IntoIterator<Item = &'a Account>) -> Self {
        self.accounts = Value::map(accounts.into_iter().map(|account| (account.id.as_str(), described(account))));
        self
    }

    /// The time that guardrails see as `now`.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Those that are assertions.
    pub fn guardrails(&self) -> &[Arc<Guardrail>] {
        &self.guardrails
    }

    /// The heads of all guardrails, in no particular order.
    pub fn abouts(&self) -> impl Iterator<Item = About<'_>> {
        let preventive = self.preventive.iter().flat_map(|preventive| preventive.abouts());
        self.guardrails.iter().map(|guardrail| guardrail.about()).chain(preventive)
    }

    /// The resource types that the assertions read.
    pub fn needed_types(&self) -> BTreeSet<String> {
        self.guardrails.iter().flat_map(|guardrail| guardrail.needed_types()).collect()
    }

    /// The requests to ask of an account, each once: what `probed` can be asked of the services themselves first, as only
    /// a few probes are made; then by turns for each preventive guardrail that binds the account, the most severe first.
    pub fn questions(&self, account: &Account, probed: &[Question]) -> Vec<Question> {
        self.preventive.as_ref().map(|preventive| preventive.questions(account, probed)).unwrap_or_default()
    }

    /// Every finding of the guardrails that look at one account alone, sorted by guardrail and resource.
    pub fn evaluate(&self, inventory: &Inventory) -> Vec<Finding> {
        let mut findings = self.evaluate_in(inventory, None);
        if let Some(preventive) = &self.preventive {
            findings.extend(preventive.evaluate(inventory));
            findings.sort_by(|a, b| (&a.guardrail, &a.resource).cmp(&(&b.guardrail, &b.resource)));
        }
        findings
    }

    /// With a fleet, the findings of the guardrails that look across all accounts instead.
    pub fn evaluate_in(&self, inventory: &Inventory, fleet: Option<&Fleet>) -> Vec<Finding> {
        let view = View::new(inventory, fleet);
        let guardrails = self.guardrails.iter().filter(|guardrail| guardrail.is_across() == fleet.is_some());
        let mut guardrails: Vec<_> = guardrails.collect();
        guardrails.sort_by(|a, b| a.id().cmp(b.id()));
        let each = guardrails.into_iter().map(|guardrail| {
            let mut findings = findings::of(self, guardrail, &view);
            findings.sort_by(|a, b| a.resource.cmp(&b.resource));
            findings
        });
        each.flatten().collect()
    }

    /// The findings of the guardrails across all accounts, from what was extracted of each. `missing` is the number of
    /// accounts that were to be seen and were not.
    pub fn evaluate_across(&self, extracts: &[Inventory], missing: usize) -> Vec<Finding> {
        self.evaluate_across_each(extracts, missing).into_iter().flatten().collect()
    }

    /// The same, by extract.
    pub fn evaluate_across_each(&self, extracts: &[Inventory], missing: usize) -> Vec<Vec<Finding>> {
        let mut findings = vec![Vec::new(); extracts.len()];
        for guardrail in self.guardrails.iter().filter(|guardrail| guardrail.is_across()) {
            let fleet = self.fleet(guardrail, extracts, missing);
            for (extract, findings) in extracts.iter().zip(&mut findings) {
                let view = View::new(extract, Some(&fleet));
                findings.extend(findings::of(self, guardrail, &view));
            }
        }
        findings
    }

    /// The resources of all accounts to which a guardrail applies, as far as is known.
    fn fleet(&self, guardrail: &Guardrail, extracts: &[Inventory], missing: usize) -> Fleet {
        let mut fleet = Fleet::of_values(vec![Value::unknown(Unknown::Interrupted); missing]);
        for extract in extracts {
            let view = View::new(extract, None);
            let mut judge = Judge::new(self, guardrail, &view);
            for resource in guardrail.types().iter().flat_map(|kind| view.of_type(kind)) {
                if judge.applies(resource) != Some(Ok(false)) {
                    fleet.add(&extract.account.id, resource);
                }
            }
            // What is in a region that is not enabled does not act on the others.
            let gaps = guardrail.types().iter().flat_map(|kind| view.gaps(kind));
            let gaps = gaps.filter(|gap| gap.cause != Unknown::RegionDisabled);
            fleet.extend(gaps.map(|gap| Value::unknown(gap.cause)));
        }
        fleet
    }

    /// The little of an account that the guardrails across all accounts read.
    pub fn extract(&self, inventory: &Inventory) -> Inventory {
        let mut kept: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for guardrail in self.guardrails.iter().filter(|guardrail| guardrail.is_across()) {
            for kind in guardrail.types() {
                let properties = guardrail.rule.applies_to.across.iter().map(String::as_str);
                kept.entry(kind).or_default().extend(properties);
            }
        }
        let wanted = |kind: &str| kept.get(kind);
        let types = inventory.types.iter().filter(|(kind, _)| wanted(kind).is_some());
        let types = types.map(|(kind, scope)| (kind.clone(), *scope)).collect();
        let resource = |resource: &Resource| {
            let names = wanted(&resource.id.resource_type)?.iter();
            let properties = match &resource.properties {
                Value::Map(_) => {
                    Value::map(names.map(|name| (*name, resource.properties.get(name).cloned().unwrap_or_default())))
                }
                other => other.clone(),
            };
            Some(Resource { properties, ..resource.clone() })
        };
        Inventory {
            account: inventory.account.clone(),
            regions: inventory.regions.clone(),
            types,
            extent: inventory.extent,
            resources: inventory.resources.iter().filter_map(resource).collect(),
            gaps: inventory.gaps.iter().filter(|gap| wanted(&gap.resource_type).is_some()).cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_may_share_an_engine() {
        fn shared<T: Send + Sync>() {}
        shared::<Engine>();
    }
}
