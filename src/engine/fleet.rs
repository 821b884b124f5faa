//! The resources of all accounts, for the guardrails that look across them.

use crate::model::{AccountId, Resource, ResourceId, Value};

/// The resources of all accounts, as guardrails across them see them.
#[derive(Clone, Debug, Default)]
pub struct Fleet {
    items: Vec<FleetItem>,
}

#[derive(Clone, Debug)]
struct FleetItem {
    /// What it stands for; nothing for what was not seen, or of a case.
    of: Option<(AccountId, ResourceId)>,
    value: Value,
}

impl Fleet {
    pub fn of_values(values: impl IntoIterator<Item = Value>) -> Self {
        Self { items: values.into_iter().map(|value| FleetItem { of: None, value }).collect() }
    }

    /// What was not seen.
    pub(super) fn extend(&mut self, values: impl IntoIterator<Item = Value>) {
        self.items.extend(values.into_iter().map(|value| FleetItem { of: None, value }));
    }

    pub(super) fn add(&mut self, account: &AccountId, resource: &Resource) {
        let id = &resource.id;
        let value = match &resource.properties {
            Value::Map(map) => {
                let own = [
                    ("account", account.as_str().into()),
                    ("region", id.region.as_str().into()),
                    ("name", id.name.as_str().into()),
                ];
                Value::map(own.into_iter().chain(map.iter().map(|(key, value)| (key.as_ref(), value.clone()))))
            }
            unknown => unknown.clone(),
        };
        self.items.push(FleetItem { of: Some((account.clone(), id.clone())), value });
    }

    /// Without the resource itself, which a second account may see under the same ARN.
    pub(super) fn without(&self, account: &AccountId, resource: &ResourceId) -> Value {
        let itself = |(of, id): &(AccountId, ResourceId)| match (&id.arn, &resource.arn) {
            (Some(arn), Some(own)) => arn == own,
            _ => id == resource && of == account,
        };
        let others = self.items.iter().filter(|item| !item.of.as_ref().is_some_and(itself));
        Value::list(others.map(|item| item.value.clone()))
    }
}
