//! Everything of one account: the collectors that the selected guardrails need, side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::call::{Batch, Unit, home_region};
use super::inquiry::Inquiry;
use super::session::AccountSession;
use super::{Collector, Scope, Way, cloudcontrol, collectors, way_to};
use crate::model::{Account, GLOBAL, Gap, Inventory, POLICY_PATH, Resource, ResourceId, Unknown};

/// What to collect of one account.
pub struct AccountScan {
    pub account: Account,
    /// Sorted.
    pub regions: Vec<String>,
    /// The resource types that the selected guardrails read.
    pub types: BTreeMap<String, Scope>,
    /// How many of its collectors run at once.
    pub at_once: usize,
    pub inquiry: Inquiry,
}

impl AccountScan {
    /// The inventory of an account that cannot be entered: nothing but gaps, and the policies that bind it, where they are
    /// known without asking it.
    pub fn unseen(self, cause: &Unknown) -> Inventory {
        let mut inventory = Inventory::new(self.account, self.regions, self.types);
        for job in jobs(&inventory.types) {
            for place in places(job.scope(), &inventory) {
                job.lose(&mut inventory, &place, cause);
            }
        }
        if let Some(Ok(properties)) = self.inquiry.exported {
            inventory.gaps.retain(|gap| gap.resource_type != POLICY_PATH);
            let name = inventory.account.id.to_string();
            let id = ResourceId { resource_type: POLICY_PATH.into(), region: GLOBAL.into(), name, arn: None };
            inventory.resources.push(Resource { id, properties, origin: None });
        }
        wanted(inventory)
    }
}

/// One listing to make: that of a collector, or that of a type through Cloud Control.
enum Job {
    Direct(&'static Collector),
    CloudControl(String),
}

impl Job {
    fn name(&self) -> &str {
        match self {
            Self::Direct(collector) => collector.name,
            Self::CloudControl(kind) => kind,
        }
    }

    fn scope(&self) -> Scope {
        match self {
            Self::Direct(collector) => collector.scope,
            Self::CloudControl(kind) => Scope::of(kind),
        }
    }

    fn types(&self) -> Vec<&str> {
        match self {
            Self::Direct(collector) => collector.types.to_vec(),
            Self::CloudControl(kind) => vec![kind],
        }
    }

    async fn run(&self, unit: &Unit) -> Batch {
        match self {
            Self::Direct(collector) => (collector.run)(unit).await,
            Self::CloudControl(kind) => cloudcontrol::resources(unit, kind).await,
        }
    }

    /// Nothing of what it lists was seen at a place.
    fn lose(&self, inventory: &mut Inventory, place: &str, cause: &Unknown) {
        for kind in self.types() {
            inventory.gaps.push(Gap { region: place.to_owned(), resource_type: kind.to_owned(), cause: cause.clone() });
        }
    }
}

/// What must be done to see the types.
fn jobs(types: &BTreeMap<String, Scope>) -> Vec<Arc<Job>> {
    let direct = collectors().filter(|collector| collector.types.iter().any(|kind| types.contains_key(*kind)));
    let others = types.keys().filter(|kind| way_to(kind).is_some_and(|(way, _)| way == Way::CloudControl));
    direct.map(Job::Direct).chain(others.cloned().map(Job::CloudControl)).map(Arc::new).collect()
}

/// The places that are looked at for a scope.
fn places(scope: Scope, inventory: &Inventory) -> Vec<String> {
    match scope {
        Scope::Global => vec![GLOBAL.to_owned()],
        Scope::Regional => inventory.regions.clone(),
    }
}

/// Collects one account. `slots` bounds how many collectors run at once over all accounts; `stop` ends the scan early,
/// and what was not read then is a gap.
pub async fn collect_account(
    scan: AccountScan,
    session: AccountSession,
    slots: Arc<Semaphore>,
    mut stop: tokio::sync::watch::Receiver<bool>,
) -> Inventory {
    let inquiry = scan.inquiry;
    let mut inventory = Inventory::new(scan.account, scan.regions, scan.types);
    let session = Arc::new(session);
    let own_slots = Arc::new(Semaphore::new(scan.at_once));
    let regions: Arc<[String]> = inventory.regions.clone().into();
    let home = home_region(regions.iter()).cloned().unwrap_or_else(|| "ap-northeast-1".to_owned());
    let mut tasks = JoinSet::new();
    let mut pending: Vec<(tokio::task::Id, Arc<Job>, String)> = Vec::new();
    for job in jobs(&inventory.types) {
        for place in places(job.scope(), &inventory) {
            let region = if place == GLOBAL { home.clone() } else { place.clone() };
            let (session, regions, inquiry) = (Arc::clone(&session), Arc::clone(&regions), inquiry.clone());
            let unit = Unit { session, region, regions, inquiry };
            let (own_slots, slots, todo) = (Arc::clone(&own_slots), Arc::clone(&slots), Arc::clone(&job));
            let task = tasks.spawn(async move {
                let _slots = (own_slots.acquire().await, slots.acquire().await);
                tracing::debug!(account = %unit.session.account, region = %unit.region, collector = todo.name(), "collecting");
                todo.run(&unit).await
            });
            pending.push((task.id(), Arc::clone(&job), place));
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
        let (_, job, place) = pending.swap_remove(at);
        match joined {
            Ok((_, batch)) => {
                inventory.gaps.extend(batch.gaps(&place));
                inventory.resources.extend(batch.resources);
            }
            Err(error) => {
                tracing::error!(collector = job.name(), %error, "a collector broke");
                let cause = Unknown::CallFailed { action: job.name().to_owned(), code: "Internal".into() };
                job.lose(&mut inventory, &place, &cause);
            }
        }
    }
    for (_, job, place) in pending {
        job.lose(&mut inventory, &place, &Unknown::Interrupted);
    }
    wanted(inventory)
}

/// The inventory in order, without what a collector saw beside the types that were asked for.
fn wanted(mut inventory: Inventory) -> Inventory {
    let types = &inventory.types;
    inventory.resources.retain(|resource| types.contains_key(&resource.id.resource_type));
    inventory.gaps.retain(|gap| types.contains_key(&gap.resource_type));
    inventory.sort();
    inventory
}
