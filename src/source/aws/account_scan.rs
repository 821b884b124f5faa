//! Everything of one account: the collectors that the selected guardrails need, side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::call::{Unit, home_region};
use super::session::AccountSession;
use super::{Collector, Scope, collectors};
use crate::model::{Account, GLOBAL, Gap, Inventory, Unknown};

/// What to collect of one account.
pub struct AccountScan {
    pub account: Account,
    /// Sorted.
    pub regions: Vec<String>,
    /// The resource types that the selected guardrails read.
    pub types: BTreeMap<String, Scope>,
}

impl AccountScan {
    /// The inventory of an account that cannot be entered: nothing but gaps.
    pub fn unseen(self, cause: &Unknown) -> Inventory {
        let mut inventory = Inventory::new(self.account, self.regions, self.types);
        for collector in needed(&inventory.types) {
            for (region, kind) in cells(collector, &inventory) {
                inventory.gaps.push(Gap { region, resource_type: kind.to_owned(), cause: cause.clone() });
            }
        }
        inventory.sort();
        inventory
    }
}

/// The collectors that yield one of the types.
fn needed(types: &BTreeMap<String, Scope>) -> impl Iterator<Item = &'static Collector> + '_ {
    collectors().filter(|collector| collector.types.iter().any(|kind| types.contains_key(*kind)))
}

/// The places of a collector's types in an account.
fn cells(collector: &'static Collector, inventory: &Inventory) -> Vec<(String, &'static str)> {
    let regions = match collector.scope {
        Scope::Global => vec![GLOBAL.to_owned()],
        Scope::Regional => inventory.regions.clone(),
    };
    let types = || collector.types.iter().copied().filter(|kind| inventory.types.contains_key(*kind));
    regions.into_iter().flat_map(|region| types().map(move |kind| (region.clone(), kind))).collect()
}

/// Collects one account. `slots` bounds how many collectors run at once over all accounts; `stop` ends the scan early,
/// and what was not read then is a gap.
pub async fn collect_account(
    scan: AccountScan,
    session: AccountSession,
    slots: Arc<Semaphore>,
    mut stop: tokio::sync::watch::Receiver<bool>,
) -> Inventory {
    let mut inventory = Inventory::new(scan.account, scan.regions, scan.types);
    let session = Arc::new(session);
    let regions: Arc<[String]> = inventory.regions.clone().into();
    let home = home_region(regions.iter()).cloned().unwrap_or_else(|| "ap-northeast-1".to_owned());
    let mut tasks = JoinSet::new();
    let mut pending: Vec<(tokio::task::Id, &'static Collector, String)> = Vec::new();
    for collector in needed(&inventory.types) {
        let places = match collector.scope {
            Scope::Global => vec![(GLOBAL.to_owned(), home.clone())],
            Scope::Regional => regions.iter().map(|region| (region.clone(), region.clone())).collect(),
        };
        for (place, region) in places {
            let unit = Unit { session: Arc::clone(&session), region, regions: Arc::clone(&regions) };
            let slots = Arc::clone(&slots);
            let task = tasks.spawn(async move {
                let _slot = slots.acquire().await;
                tracing::debug!(account = %unit.session.account, region = %unit.region, collector = collector.name, "collecting");
                (collector.run)(&unit).await
            });
            pending.push((task.id(), collector, place));
        }
    }
    loop {
        let joined = tokio::select! {
            joined = tasks.join_next_with_id() => joined,
            _ = stop.wait_for(|stop| *stop) => {
                tasks.abort_all();
                break;
            }
        };
        let Some(joined) = joined else { break };
        let id = joined.as_ref().map_or_else(tokio::task::JoinError::id, |(id, _)| *id);
        let Some(at) = pending.iter().position(|(task, ..)| *task == id) else { continue };
        let (_, collector, place) = pending.swap_remove(at);
        match joined {
            Ok((_, batch)) => {
                inventory.gaps.extend(batch.gaps(&place));
                inventory.resources.extend(batch.resources);
            }
            Err(error) => {
                tracing::error!(collector = collector.name, %error, "a collector broke");
                lose(
                    &mut inventory,
                    collector,
                    &place,
                    &Unknown::CallFailed { action: collector.name.into(), code: "Internal".into() },
                );
            }
        }
    }
    for (_, collector, place) in pending {
        lose(&mut inventory, collector, &place, &Unknown::Interrupted);
    }
    let wanted = &inventory.types;
    inventory.resources.retain(|resource| wanted.contains_key(&resource.id.resource_type));
    inventory.gaps.retain(|gap| wanted.contains_key(&gap.resource_type));
    inventory.sort();
    inventory
}

/// Everything of a collector at a place was not seen.
fn lose(inventory: &mut Inventory, collector: &Collector, place: &str, cause: &Unknown) {
    for kind in collector.types {
        inventory.gaps.push(Gap { region: place.to_owned(), resource_type: (*kind).to_owned(), cause: cause.clone() });
    }
}
