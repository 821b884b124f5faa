//! The accounts of an organization, with their place in it and what their tags say about them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Once;

use aws_config::Region;
use aws_config::retry::RetryConfig;
use aws_sdk_organizations::Client;
use aws_sdk_organizations::config::Builder;
use aws_sdk_organizations::error::SdkError;
use aws_sdk_organizations::types::{Account as Member, AccountState, AccountStatus, ParentType};
use aws_smithy_async::future::pagination_stream::PaginationStream;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::{StreamExt, stream};

use super::call::{Failure, MAX_PAGES, Page, read_pages};
use super::session::Sessions;
use crate::model::{Account, AccountClass};

/// Where the endpoint of AWS Organizations is.
pub(super) const REGION: &str = "us-east-1";

/// The service allows few calls a second, so fewer run at once than elsewhere and throttled ones are patient.
pub(super) const CALLS_AT_ONCE: usize = 4;
const ATTEMPTS: u32 = 10;

/// The active accounts of the caller's organization, sorted by id. Needs `organizations:ListAccounts`; with
/// `organizations:ListParents` and `organizations:DescribeOrganizationalUnit` the label `ou` says where an account is,
/// with `organizations:ListTagsForResource` its tags are labels, and some are its class, environment, system and owner.
///
/// # Errors
/// When the accounts cannot be listed to the end.
pub async fn discover(sessions: &Sessions) -> Result<Vec<Account>, Failure> {
    let organization = Organization::of(sessions);
    let members = organization.members().await?;
    let parents = organization.parents(members.iter().map(|member| member.id.as_str().to_owned())).await;
    let units = organization.units(&parents).await;
    let tagged: Vec<_> = members.into_iter().map(|member| organization.tagged(member)).collect();
    let mut accounts: Vec<Account> = stream::iter(tagged).buffered(CALLS_AT_ONCE).collect().await;
    for account in &mut accounts {
        if let Some(path) = parents.get(account.id.as_str()).and_then(|parent| path(parent, &units)) {
            account.labels.insert("ou".to_owned(), path);
        }
    }
    accounts.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(accounts)
}

/// What an account or an organizational unit (OU) is directly below.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Parent {
    Root,
    Unit(String),
}

/// An organizational unit: its name, and what it is below.
type Units = BTreeMap<String, (String, Parent)>;

/// The service with the caller's own credentials.
pub(super) fn client(sessions: &Sessions) -> Client {
    let config = Builder::from(sessions.base())
        .region(Region::from_static(REGION))
        .retry_config(RetryConfig::adaptive().with_max_attempts(ATTEMPTS))
        .build();
    Client::from_conf(config)
}

struct Organization {
    client: Client,
    parents_refused: Once,
    tags_refused: Once,
}

impl Organization {
    fn of(sessions: &Sessions) -> Self {
        Self { client: client(sessions), parents_refused: Once::new(), tags_refused: Once::new() }
    }

    async fn members(&self) -> Result<Vec<Account>, Failure> {
        let action = "organizations:ListAccounts";
        let pages = self.client.list_accounts().into_paginator().send();
        let listed = list(action, pages, |page| (page.accounts, page.next_token)).await?;
        listed.iter().filter(|member| is_active(member)).map(|member| account(action, member)).collect()
    }

    /// The parents of accounts or OUs, by the id of these; those that were refused are left out.
    async fn parents(&self, ids: impl Iterator<Item = String>) -> BTreeMap<String, Parent> {
        let asked: Vec<_> = ids.map(|id| async { Some((self.parent(&id).await?, id)) }).collect();
        let answers: Vec<_> = stream::iter(asked).buffered(CALLS_AT_ONCE).collect().await;
        answers.into_iter().flatten().map(|(parent, id)| (id, parent)).collect()
    }

    async fn parent(&self, id: &str) -> Option<Parent> {
        let pages = self.client.list_parents().child_id(id).into_paginator().send();
        let listed = list("organizations:ListParents", pages, |page| (page.parents, page.next_token)).await;
        let parents = warned(&self.parents_refused, "organizational units", listed)?;
        parents.iter().find_map(|parent| match parent.r#type()? {
            ParentType::Root => Some(Parent::Root),
            ParentType::OrganizationalUnit => parent.id().map(|id| Parent::Unit(id.to_owned())),
            _ => None,
        })
    }

    /// The OUs above the accounts, each asked once, level by level up to the root.
    async fn units(&self, parents: &BTreeMap<String, Parent>) -> Units {
        let mut units = Units::new();
        let mut level = unit_ids(parents.values());
        while !level.is_empty() {
            let above = self.parents(level.iter().cloned()).await;
            let named: Vec<_> = above.iter().map(|(id, parent)| self.named(id, parent)).collect();
            let named: Vec<_> = stream::iter(named).buffered(CALLS_AT_ONCE).collect().await;
            units.extend(named.into_iter().flatten());
            let next = unit_ids(above.values());
            level = next.into_iter().filter(|id| !units.contains_key(id) && !level.contains(id)).collect();
        }
        units
    }

    async fn named(&self, id: &str, parent: &Parent) -> Option<(String, (String, Parent))> {
        let described = self.client.describe_organizational_unit().organizational_unit_id(id).send();
        let action = "organizations:DescribeOrganizationalUnit";
        let answer = described.await.map_err(|error| Failure::of(action, REGION, &error));
        let unit = warned(&self.parents_refused, "organizational units", answer)?.organizational_unit?;
        Some((id.to_owned(), (unit.name?, parent.clone())))
    }

    async fn tagged(&self, account: Account) -> Account {
        let id = account.id.as_str();
        let pages = self.client.list_tags_for_resource().resource_id(id).into_paginator().send();
        let tags = list("organizations:ListTagsForResource", pages, |page| (page.tags, page.next_token)).await;
        match warned(&self.tags_refused, "tags", tags) {
            None => account,
            Some(tags) => with_tags(account, tags.into_iter().map(|tag| (tag.key, tag.value)).collect()),
        }
    }
}

/// A listing that is of use as a whole only.
pub(super) async fn list<P, T, E, R>(
    action: &str,
    pages: PaginationStream<Result<P, SdkError<E, R>>>,
    split: fn(P) -> Page<T>,
) -> Result<Vec<T>, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: fmt::Debug,
{
    match read_pages(action, REGION, pages, MAX_PAGES, split).await {
        (items, None) => Ok(items),
        (_, Some(failure)) => Err(failure),
    }
}

/// The answer, or a warning, of many the first only, that accounts stay without it.
fn warned<T>(once: &Once, what: &str, answer: Result<T, Failure>) -> Option<T> {
    answer
        .inspect_err(|failure| {
            once.call_once(|| {
                tracing::warn!(cause = %failure.cause, "some accounts of the organization are listed without their {what}");
            });
        })
        .ok()
}

/// `State` takes the place of `Status`, which AWS retires in September 2026.
fn is_active(member: &Member) -> bool {
    match member.state() {
        Some(state) => *state == AccountState::Active,
        None => member.status() == Some(&AccountStatus::Active),
    }
}

fn account(action: &str, member: &Member) -> Result<Account, Failure> {
    let id = member.id().unwrap_or_default().parse();
    let id = id.map_err(|_| Failure::new(action, "Response", "the answer has an account without an id"))?;
    let name = member.name().filter(|name| !name.is_empty()).map(str::to_owned);
    Ok(Account { name, ..Account::new(id) })
}

fn unit_ids<'a>(parents: impl Iterator<Item = &'a Parent>) -> BTreeSet<String> {
    parents.filter_map(|parent| if let Parent::Unit(id) = parent { Some(id.clone()) } else { None }).collect()
}

/// The names of the OUs from the root down, as in `/Municipalities/Tokyo`; nothing when one of them is not known.
fn path(parent: &Parent, units: &Units) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    let mut above = parent;
    while let Parent::Unit(id) = above {
        let (name, next) = units.get(id).filter(|_| names.len() < units.len())?;
        names.push(name);
        above = next;
    }
    names.reverse();
    Some(format!("/{}", names.join("/")))
}

/// Tags that say what the accounts file has a field for set that field; the others are labels.
fn with_tags(account: Account, mut tags: BTreeMap<String, String>) -> Account {
    let class = take(&mut tags, "class", |value| value.parse::<AccountClass>().ok());
    let mut text = |field| take(&mut tags, field, |value| Some(value.to_owned()).filter(|value| !value.is_empty()));
    let (environment, system, owner) = (text("environment"), text("system"), text("owner"));
    Account { class, environment, system, owner, labels: tags, ..account }
}

/// The first usable value among the spellings of a field's tag, taken out of the tags.
fn take<T>(tags: &mut BTreeMap<String, String>, field: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
    let (first, rest) = field.split_at_checked(1)?;
    let spellings = [format!("govcheck:{field}"), field.to_owned(), format!("{}{rest}", first.to_ascii_uppercase())];
    spellings.iter().find_map(|key| {
        let value = read(tags.get(key)?)?;
        tags.remove(key);
        Some(value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_whole_or_absent() {
        let below = |name: &str| Parent::Unit(format!("ou-{name}"));
        let all = [("A", Parent::Root), ("B", below("A")), ("C", below("hidden")), ("D", below("D"))];
        let unit = |(name, parent): (&str, Parent)| (format!("ou-{name}"), (name.to_owned(), parent));
        let units: Units = all.into_iter().map(unit).collect();
        assert_eq!(path(&Parent::Root, &units).as_deref(), Some("/"));
        assert_eq!(path(&below("B"), &units).as_deref(), Some("/A/B"));
        assert_eq!(path(&below("C"), &units), None);
        assert_eq!(path(&below("D"), &units), None);
    }

    fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn tags_fill_the_fields_and_the_rest_are_labels() {
        let account = || Account::new("111111111111".parse().unwrap());
        let pairs = [("Class", "lgwan"), ("govcheck:class", "number-use"), ("Owner", "CoE"), ("cost", "1")];
        let tagged = with_tags(account(), tags(&pairs));
        assert_eq!(tagged.class, Some(AccountClass::NumberUse));
        assert_eq!(tagged.owner.as_deref(), Some("CoE"));
        assert_eq!(tagged.labels, tags(&[("Class", "lgwan"), ("cost", "1")]));
        let other = with_tags(account(), tags(&[("class", "first"), ("environment", "")]));
        assert_eq!((other.class, other.environment), (None, None));
        assert_eq!(other.labels, tags(&[("class", "first"), ("environment", "")]));
    }

    #[test]
    fn only_active_accounts_count() {
        let member = Member::builder;
        assert!(is_active(&member().status(AccountStatus::Active).build()));
        assert!(is_active(&member().state(AccountState::Active).build()));
        assert!(!is_active(&member().state(AccountState::Closed).status(AccountStatus::Active).build()));
        assert!(!is_active(&member().status(AccountStatus::Suspended).build()));
    }
}
