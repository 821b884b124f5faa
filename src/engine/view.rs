//! The inventory of one account as guardrails ask for it.

use std::collections::{BTreeMap, BTreeSet};

use super::Fleet;
use super::outside::may_be_named;
use crate::model::{Account, Extent, GLOBAL, Gap, Inventory, Resource, ResourceId, Scope as TypeScope, Unknown, Value};
use crate::rule::{Guardrail, Per};

/// Resources that are judged together.
pub(super) struct Group<'a> {
    pub(super) region: String,
    pub(super) resources: Vec<&'a Resource>,
    pub(super) gaps: Vec<Gap>,
    /// Whether having no resource here says anything: the region was looked at.
    pub(super) counts_absence: bool,
}

/// The inventory as guardrails ask for it.
pub(super) struct View<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) account: Value,
    by_type: BTreeMap<&'a str, Vec<&'a Resource>>,
    pub(super) fleet: Option<&'a Fleet>,
}

impl<'a> View<'a> {
    pub(super) fn new(inventory: &'a Inventory, fleet: Option<&'a Fleet>) -> Self {
        let mut by_type: BTreeMap<&str, Vec<&Resource>> = BTreeMap::new();
        for resource in &inventory.resources {
            by_type.entry(&resource.id.resource_type).or_default().push(resource);
        }
        Self { inventory, account: described(&inventory.account), by_type, fleet }
    }

    pub(super) fn of_type(&self, kind: &str) -> impl Iterator<Item = &'a Resource> {
        self.by_type.get(kind).into_iter().flatten().copied()
    }

    /// The gaps of a type; one that nobody collected is a single gap.
    pub(super) fn gaps(&self, kind: &str) -> Vec<Gap> {
        if !self.inventory.types.contains_key(kind) {
            return vec![Gap { region: GLOBAL.into(), resource_type: kind.to_owned(), cause: Unknown::NotCollected }];
        }
        self.inventory.gaps.iter().filter(|gap| gap.resource_type == kind).cloned().collect()
    }

    /// Whether there is anything of the guardrail's own types: of what some files do not declare, nothing is said.
    pub(super) fn declares(&self, guardrail: &Guardrail) -> bool {
        guardrail.types().iter().any(|kind| self.by_type.contains_key(kind.as_str()) || !self.gaps(kind).is_empty())
    }

    /// Who stands for a group where no resource does: the account, or the region.
    pub(super) fn subject(&self, guardrail: &Guardrail, region: &str) -> ResourceId {
        let name = if region == GLOBAL { self.inventory.account.id.as_str() } else { region };
        ResourceId {
            resource_type: guardrail.types().first().cloned().unwrap_or_default(),
            region: region.to_owned(),
            name: name.to_owned(),
            arn: None,
        }
    }

    pub(super) fn groups(&self, guardrail: &Guardrail) -> Vec<Group<'a>> {
        let types = guardrail.types();
        let resources: Vec<&Resource> = types.iter().flat_map(|kind| self.of_type(kind)).collect();
        let gaps: Vec<Gap> = types.iter().flat_map(|kind| self.gaps(kind)).collect();
        let regional = |kind: &String| self.inventory.types.get(kind) == Some(&TypeScope::Regional);
        let per = guardrail.rule.applies_to.per.unwrap_or(if types.iter().any(regional) {
            Per::Region
        } else {
            Per::Account
        });
        let whole = self.inventory.extent == Extent::Account;
        if per == Per::Account {
            return vec![Group { region: GLOBAL.into(), resources, gaps, counts_absence: whole }];
        }
        let elsewhere = resources.iter().map(|resource| &resource.id.region).chain(gaps.iter().map(|gap| &gap.region));
        let regions: BTreeSet<&String> = self.inventory.regions.iter().chain(elsewhere).collect();
        // A listing that failed for the account as a whole leaves no region without doubt.
        let everywhere = gaps.iter().any(|gap| gap.region == GLOBAL);
        regions
            .into_iter()
            .map(|region| Group {
                region: region.clone(),
                resources: resources.iter().copied().filter(|resource| resource.id.region == *region).collect(),
                gaps: gaps.iter().filter(|gap| gap.region == *region).cloned().collect(),
                counts_absence: whole && !everywhere && self.inventory.regions.contains(region),
            })
            .filter(|group| whole || !group.resources.is_empty() || !group.gaps.is_empty())
            .collect()
    }

    /// What `resources("TYPE")` gives for a resource of a region: those of the region, and those of none; for one of no
    /// region, those of every region. Without a region: what `account_resources("TYPE")` gives.
    pub(super) fn others<'t>(&self, types: BTreeSet<&'t str>, region: Option<&str>) -> Vec<(&'t str, Value)> {
        let visible = |place: &str| region.is_none_or(|region| place == region || place == GLOBAL || region == GLOBAL);
        // What is in a region that is not enabled does not act on the others.
        let counts = |gap: &Gap| visible(&gap.region) && (region.is_some() || gap.cause != Unknown::RegionDisabled);
        // A bucket or a trail may be where nobody looked for what belongs to a region.
        let scanned = |region: &str| region == GLOBAL || self.inventory.regions.iter().any(|scanned| scanned == region);
        let unscanned = region.is_some_and(|region| !scanned(region));
        let unlooked = |kind: &str| unscanned && self.inventory.types.get(kind) == Some(&TypeScope::Regional);
        let listed = |kind| {
            let seen = self.of_type(kind).filter(|resource| visible(&resource.id.region));
            let unseen = self.gaps(kind).into_iter().filter(counts);
            let items =
                seen.map(|resource| resource.properties.clone()).chain(unseen.map(|gap| Value::unknown(gap.cause)));
            let outside = self.inventory.extent == Extent::Declared && may_be_named(self.inventory, kind);
            let elsewhere = (outside || unlooked(kind)).then(|| Value::unknown(Unknown::NotCollected));
            (kind, Value::list(items.chain(elsewhere)))
        };
        types.into_iter().map(listed).collect()
    }
}

/// An account as rules see it, in which a class that nobody declared is unknown.
pub(super) fn described(account: &Account) -> Value {
    let class = account
        .class
        .map_or_else(|| Value::unknown(Unknown::NotDeclared("class".into())), |class| class.as_str().into());
    match account.to_value() {
        Value::Map(map) => {
            let others = map.iter().filter(|(key, _)| key.as_ref() != "class");
            Value::map(others.map(|(key, value)| (key.as_ref(), value.clone())).chain([("class", class)]))
        }
        other => other,
    }
}
