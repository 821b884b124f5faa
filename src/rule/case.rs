//! The cases of a guardrail as inventories, and what they should come to.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::guardrail::{Case, CaseAccount, Expect, Guardrail};
use crate::model::{Account, GLOBAL, Gap, Inventory, Resource, ResourceId, Scope, Unknown, Value, Verdict};

/// Where and when a case happens unless it says otherwise.
const CASE_ACCOUNT: &str = "111111111111";
const CASE_REGION: &str = "ap-northeast-1";
const CASE_NOW: &str = "2026-01-01T00:00:00Z";

impl Expect {
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Pass => Verdict::Pass,
            Self::Fail => Verdict::Fail,
            Self::Unknown => Verdict::Unknown,
            Self::NotApplicable => Verdict::NotApplicable,
        }
    }
}

impl Case {
    /// The name to call the case by; `position` counts from one.
    pub fn title(&self, position: usize) -> String {
        self.name.clone().unwrap_or_else(|| format!("case {position}"))
    }

    /// The time of the case.
    ///
    /// # Errors
    /// When `now` is not in RFC 3339.
    pub fn now(&self) -> Result<DateTime<Utc>, String> {
        let text = self.now.as_deref().unwrap_or(CASE_NOW);
        DateTime::parse_from_rfc3339(text)
            .map(|time| time.to_utc())
            .map_err(|error| format!("`now` is not a time such as {CASE_NOW}: {error}"))
    }

    /// The account of the case as an inventory.
    ///
    /// # Errors
    /// When it cannot be read as one.
    pub fn inventory(&self, guardrail: &Guardrail) -> Result<Inventory, String> {
        let mut account = Account::new(
            self.account
                .id
                .as_deref()
                .unwrap_or(CASE_ACCOUNT)
                .parse()
                .map_err(|error| format!("`account.id`: {error}"))?,
        );
        account.name.clone_from(&self.account.name);
        account.class = self.account.class;
        account.environment.clone_from(&self.account.environment);
        let region = self.meta.region.as_deref().unwrap_or(CASE_REGION);
        let types = guardrail.needed_types().into_iter().map(|kind| (kind, Scope::Regional)).collect();
        let regions = if region == GLOBAL { Vec::new() } else { vec![region.to_owned()] };
        let mut inventory = Inventory::new(account, regions, types);
        let own_type =
            self.meta.resource_type.as_deref().or(guardrail.types().first().map(String::as_str)).unwrap_or_default();
        let own = self.resource.iter().chain(self.group.iter().flatten());
        for (position, properties) in own.enumerate() {
            let name = self.meta.name.clone().unwrap_or_else(|| format!("resource-{}", position + 1));
            let mut resource = resource(own_type, region, name, properties)?;
            resource.id.arn.clone_from(&self.meta.arn);
            inventory.resources.push(resource);
        }
        for (kind, others) in &self.resources {
            match Value::from_notation(others.clone()).map_err(|error| format!("`resources`: {error}"))? {
                Value::Unknown(cause) => inventory.gaps.push(gap(kind, region, &cause)),
                Value::List(items) => {
                    for (position, item) in items.iter().enumerate() {
                        match item {
                            Value::Unknown(cause) => inventory.gaps.push(gap(kind, region, cause)),
                            _ => inventory.resources.push(resource_of(
                                kind,
                                region,
                                format!("other-{}", position + 1),
                                item.clone(),
                            )),
                        }
                    }
                }
                _ => return Err(format!("`resources.{kind}` is not a list")),
            }
        }
        inventory.sort();
        Ok(inventory)
    }

    /// The other resources of the fleet.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn fleet(&self) -> Result<Vec<Value>, String> {
        let read =
            |item: &serde_json::Value| Value::from_notation(item.clone()).map_err(|error| format!("`fleet`: {error}"));
        self.fleet.iter().map(read).collect()
    }

    /// The scanned accounts.
    ///
    /// # Errors
    /// When an id is not one.
    pub fn accounts(&self) -> Result<Vec<Account>, String> {
        let account = |(id, given): (&String, &CaseAccount)| {
            let mut account = Account::new(id.parse().map_err(|error| format!("`accounts.{id}`: {error}"))?);
            account.name.clone_from(&given.name);
            account.class = given.class;
            account.environment.clone_from(&given.environment);
            Ok(account)
        };
        self.accounts.iter().map(account).collect()
    }

    /// The verdict of the case out of the verdicts of its findings: the worst of them decides.
    pub fn overall(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
        let rank = |verdict: &Verdict| match verdict {
            Verdict::NotApplicable => 0,
            Verdict::Pass => 1,
            Verdict::Unknown => 2,
            Verdict::Fail => 3,
        };
        verdicts.into_iter().max_by_key(rank).unwrap_or(Verdict::NotApplicable)
    }

    /// The parameters that the case sets.
    pub fn params(&self) -> &BTreeMap<String, serde_json::Value> {
        &self.params
    }
}

fn resource(kind: &str, region: &str, name: String, properties: &serde_json::Value) -> Result<Resource, String> {
    let properties = Value::from_notation(properties.clone()).map_err(|error| format!("`resource`: {error}"))?;
    Ok(resource_of(kind, region, name, properties))
}

fn resource_of(kind: &str, region: &str, name: String, properties: Value) -> Resource {
    let id = ResourceId { resource_type: kind.to_owned(), region: region.to_owned(), name, arn: None };
    Resource { id, properties, origin: None }
}

fn gap(kind: &str, region: &str, cause: &Unknown) -> Gap {
    Gap { region: region.to_owned(), resource_type: kind.to_owned(), cause: cause.clone() }
}
