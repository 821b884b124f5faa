//! The policies on the path of an account, from the root of the organization down, as AWS Organizations has them.
//!
//! They are read with the caller's own credentials, of the management account or of a delegated administrator, and not
//! with the account's role: members may not ask. Whatever several accounts have in common is read once.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::{ParentType, PolicySummary, PolicyType, PolicyTypeStatus, Root};
use futures::FutureExt;
use tokio::sync::{OnceCell, Semaphore};

use super::call::{Batch, Failure, Unit};
use super::organizations::{self, CALLS_AT_ONCE, REGION, list};
use super::session::Sessions;
use super::{Collector, Scope, convert};
use crate::model::{Account, POLICY_PATH, Value};

/// The actions that the caller needs for the policies of the organization.
pub const ORGANIZATION_ACTIONS: [&str; 6] = [
    "organizations:DescribeOrganization",
    "organizations:DescribeOrganizationalUnit",
    "organizations:DescribePolicy",
    "organizations:ListParents",
    "organizations:ListPoliciesForTarget",
    "organizations:ListRoots",
];

/// The account's role needs no action for it.
pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "policy-path",
    scope: Scope::Global,
    types: &[POLICY_PATH],
    actions: &[],
    run: |unit| policy_path(unit).boxed(),
}];

/// A root, five levels of units, and the account.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>
const MOST_LEVELS: usize = 7;

/// Nothing when nobody may read the organization, and no files were given.
async fn policy_path(unit: &Unit) -> Batch {
    let found = match (&unit.inquiry.exported, &unit.inquiry.paths) {
        (Some(exported), _) => exported.clone().map_err(Failure::unasked),
        (None, Some(paths)) => paths.of_account(unit.account()).await,
        (None, None) => return Batch::default(),
    };
    match found {
        Ok(properties) => Batch::one(unit.global(POLICY_PATH, unit.account(), None, properties)),
        Err(failure) => Batch::failed(POLICY_PATH, failure),
    }
}

/// The policies of an organization, read as accounts ask for them.
pub struct PolicyPaths {
    client: Client,
    slots: Semaphore,
    /// The names of the accounts, by id.
    names: BTreeMap<String, String>,
    organization: OnceCell<Result<Organization, Failure>>,
    parents: Memo<(ParentType, String)>,
    units: Memo<String>,
    attached: Memo<Value>,
    documents: Memo<Value>,
}

/// What holds for every account.
#[derive(Clone)]
struct Organization {
    management_account: Value,
    roots: Vec<Root>,
}

impl PolicyPaths {
    /// Reads nothing yet.
    pub fn of<'a>(sessions: &Sessions, accounts: impl IntoIterator<Item = &'a Account>) -> Self {
        let name = |account: &Account| Some((account.id.as_str().to_owned(), account.name.clone()?));
        Self {
            client: organizations::client(sessions),
            slots: Semaphore::new(CALLS_AT_ONCE),
            names: accounts.into_iter().filter_map(name).collect(),
            organization: OnceCell::new(),
            parents: Memo::default(),
            units: Memo::default(),
            attached: Memo::default(),
            documents: Memo::default(),
        }
    }

    /// The properties of the account's [`POLICY_PATH`].
    async fn of_account(&self, id: &str) -> Result<Value, Failure> {
        let organization = self.organization.get_or_init(|| self.organization()).await.clone()?;
        let path = self.path(id).await?;
        let root = organization.roots.iter().find(|root| root.id() == path.first().map(|(id, _)| id.as_str()));
        let root = root.ok_or_else(|| Failure::unsaid("organizations:ListRoots"))?;
        let types = [PolicyType::ServiceControlPolicy, PolicyType::ResourceControlPolicy];
        let [scps, rcps] = types.clone().map(|of| is_enabled(root, &of));
        let [service, resource] = types;
        let mut levels = Vec::new();
        for (id, name) in path {
            let service = if scps { self.attached(&id, &service).await? } else { Value::list([]) };
            let resource = if rcps { self.attached(&id, &resource).await? } else { Value::Null };
            levels.push(Value::map([
                ("Id", id.into()),
                ("Name", name.into()),
                ("Policies", service),
                ("ResourceControlPolicies", resource),
            ]));
        }
        Ok(Value::map([
            ("Source", "organizations".into()),
            ("Enabled", scps.into()),
            ("ResourceControlPoliciesEnabled", rcps.into()),
            ("ManagementAccountId", organization.management_account),
            ("Levels", Value::list(levels)),
        ]))
    }

    async fn organization(&self) -> Result<Organization, Failure> {
        let _slot = self.slots.acquire().await;
        let action = "organizations:DescribeOrganization";
        let answer = self.client.describe_organization().send().await;
        let answer = answer.map_err(|error| Failure::of(action, REGION, &error))?;
        let id = answer.organization.and_then(|organization| organization.master_account_id);
        let id = id.ok_or_else(|| Failure::unsaid(action))?;
        let pages = self.client.list_roots().into_paginator().send();
        let roots = list("organizations:ListRoots", pages, |page| (page.roots, page.next_token)).await?;
        Ok(Organization { management_account: id.into(), roots })
    }

    /// Ids and names from the root down to the account.
    async fn path(&self, account: &str) -> Result<Vec<(String, Option<String>)>, Failure> {
        let mut path = vec![(account.to_owned(), self.names.get(account).cloned())];
        let mut below = account.to_owned();
        while path.len() < MOST_LEVELS {
            let (kind, id) = self.parents.get(&below, || self.parent(&below)).await?;
            let is_root = kind == ParentType::Root;
            let name = if is_root { "Root".to_owned() } else { self.units.get(&id, || self.unit(&id)).await? };
            path.push((id.clone(), Some(name)));
            if is_root {
                path.reverse();
                return Ok(path);
            }
            below = id;
        }
        Err(Failure::new("organizations:ListParents", "TooDeep", "the path of the account does not end at a root"))
    }

    async fn parent(&self, id: &str) -> Result<(ParentType, String), Failure> {
        let _slot = self.slots.acquire().await;
        let action = "organizations:ListParents";
        let pages = self.client.list_parents().child_id(id).into_paginator().send();
        let parents = list(action, pages, |page| (page.parents, page.next_token)).await?;
        let parent = parents.into_iter().find_map(|parent| Some((parent.r#type?, parent.id?)));
        parent.ok_or_else(|| Failure::unsaid(action))
    }

    async fn unit(&self, id: &str) -> Result<String, Failure> {
        let _slot = self.slots.acquire().await;
        let action = "organizations:DescribeOrganizationalUnit";
        let answer = self.client.describe_organizational_unit().organizational_unit_id(id).send().await;
        let answer = answer.map_err(|error| Failure::of(action, REGION, &error))?;
        answer.organizational_unit.and_then(|unit| unit.name).ok_or_else(|| Failure::unsaid(action))
    }

    /// The policies of a type that are attached to a root, unit or account, in the order of their ids.
    async fn attached(&self, target: &str, of: &PolicyType) -> Result<Value, Failure> {
        let key = format!("{}/{target}", of.as_str());
        self.attached.get(&key, || self.read_attached(target, of)).await
    }

    async fn read_attached(&self, target: &str, of: &PolicyType) -> Result<Value, Failure> {
        let mut summaries = self.list_attached(target, of).await?;
        summaries.sort_by(|a, b| a.id.cmp(&b.id));
        let mut policies = Vec::new();
        for summary in summaries {
            let id = summary.id.ok_or_else(|| Failure::unsaid("organizations:ListPoliciesForTarget"))?;
            let document = self.documents.get(&id, || self.document(&id)).await?;
            let name = summary.name.into();
            policies.push(Value::map([("Id", id.into()), ("Name", name), ("Document", document)]));
        }
        Ok(Value::list(policies))
    }

    async fn list_attached(&self, target: &str, of: &PolicyType) -> Result<Vec<PolicySummary>, Failure> {
        let _slot = self.slots.acquire().await;
        let ask = self.client.list_policies_for_target().target_id(target).filter(of.clone());
        let pages = ask.into_paginator().send();
        list("organizations:ListPoliciesForTarget", pages, |page| (page.policies, page.next_token)).await
    }

    async fn document(&self, id: &str) -> Result<Value, Failure> {
        let _slot = self.slots.acquire().await;
        let action = "organizations:DescribePolicy";
        let answer = self.client.describe_policy().policy_id(id).send().await;
        let answer = answer.map_err(|error| Failure::of(action, REGION, &error))?;
        let content = answer.policy.and_then(|policy| policy.content);
        content.map(|text| convert::document(&text)).ok_or_else(|| Failure::unsaid(action))
    }
}

/// Policies of a type have no effect while the root does not have it enabled.
/// <https://docs.aws.amazon.com/organizations/latest/userguide/enable-policy-type.html>
fn is_enabled(root: &Root, of: &PolicyType) -> bool {
    root.policy_types().iter().any(|one| one.r#type() == Some(of) && one.status() == Some(&PolicyTypeStatus::Enabled))
}

/// An answer, or the failure in its place, that all who ask wait for.
type Answer<T> = Arc<OnceCell<Result<T, Failure>>>;

/// What was asked once, with its failure: a call that is denied is not made for every account.
struct Memo<T>(Mutex<HashMap<String, Answer<T>>>);

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Memo<T> {
    async fn get<F>(&self, key: &str, ask: impl FnOnce() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let cell = {
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(key.to_owned()).or_default())
        };
        cell.get_or_init(ask).await.clone()
    }
}
