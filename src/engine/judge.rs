//! One guardrail on resources of one account, one after the other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Engine;
use super::evidence::{Shown, cut};
use super::view::View;
use crate::model::{Evidence, Map, Resource, Unknown, Value, Verdict};
use crate::rule::{Guardrail, Outcome, Scope, Shared, Variables};

/// A verdict and what it rests on.
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    pub(super) evidence: Evidence,
}

impl Judgement {
    pub(super) fn of(verdict: Verdict) -> Self {
        Self { verdict, evidence: Evidence::default() }
    }

    pub(super) fn unknown(cause: Unknown) -> Self {
        Self { verdict: Verdict::Unknown, evidence: Evidence { cause: Some(cause), ..Evidence::default() } }
    }
}

/// What judges the resources.
pub(super) struct Judge<'a> {
    engine: &'a Engine,
    guardrail: &'a Guardrail,
    view: &'a View<'a>,
    shown: Shown,
    /// What expressions see beside the resource, by its region.
    shared: BTreeMap<&'a str, Shared>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(engine: &'a Engine, guardrail: &'a Guardrail, view: &'a View<'a>) -> Self {
        Self { engine, guardrail, view, shown: Shown::of(&guardrail.assert), shared: BTreeMap::new() }
    }

    /// Whether the guardrail applies to the resource, as far as is known.
    pub(super) fn applies(&mut self, resource: &'a Resource) -> Option<Result<bool, Outcome>> {
        let when = self.guardrail.when.as_ref()?;
        Some(when.evaluate_bool(&self.scope(resource)))
    }

    pub(super) fn judge(&mut self, resource: &'a Resource) -> Judgement {
        let guardrail = self.guardrail;
        let scope = self.scope(resource);
        match guardrail.when.as_ref().map(|when| when.evaluate_bool(&scope)) {
            None | Some(Ok(true)) => {}
            Some(Ok(false)) => return Judgement::of(Verdict::NotApplicable),
            Some(Err(Outcome::Unknown(cause))) => return Judgement::unknown(cause),
            Some(Err(_)) => {
                return Judgement::unknown(Unknown::RuleError("`when` needs a property that is absent".into()));
            }
        }
        let (verdict, cause) = match guardrail.assert.evaluate_bool(&scope) {
            Ok(true) => (Verdict::Pass, None),
            Ok(false) | Err(Outcome::Missing(_) | Outcome::Known(_)) => (Verdict::Fail, None),
            Err(Outcome::Unknown(cause)) => (Verdict::Unknown, Some(cause)),
        };
        let found = match (&guardrail.found, verdict) {
            (Some(found), Verdict::Fail) => match found.evaluate(&scope) {
                Outcome::Known(value) => Some(cut(&value)).filter(|value| !value.one_or_many().is_empty()),
                _ => None,
            },
            _ => None,
        };
        Judgement { verdict, evidence: Evidence { observed: self.shown.observe(resource), found, cause } }
    }

    fn scope(&mut self, resource: &'a Resource) -> Scope<'_> {
        let (engine, guardrail, view) = (self.engine, self.guardrail, self.view);
        let shared = self.shared.entry(&resource.id.region).or_insert_with(|| {
            Shared::new(&Variables {
                account: &view.account,
                accounts: &engine.accounts,
                params: &engine.params,
                others: &view.others(guardrail.other_types(), Some(&resource.id.region)),
                account_others: &view.others(guardrail.account_types(), None),
                now: engine.now,
            })
        });
        let scope = shared.scope(&resource.properties);
        let scope = if guardrail.reads_meta() { scope.with_meta(&meta(resource)) } else { scope };
        match view.fleet {
            Some(fleet) => scope.with_fleet(&fleet.without(&view.inventory.account.id, &resource.id)),
            None => scope,
        }
    }
}

/// The variable `meta`.
fn meta(resource: &Resource) -> Value {
    let id = &resource.id;
    Value::map([
        ("type", id.resource_type.as_str().into()),
        ("name", id.name.as_str().into()),
        ("arn", id.arn.clone().into()),
        ("region", id.region.as_str().into()),
        ("tags", resource.properties.get("Tags").map_or_else(|| Value::Map(Arc::default()), tags)),
    ])
}

/// Tags as a map. A tag whose key is not known may be any.
fn tags(tags: &Value) -> Value {
    let unseen = |value: &Value| matches!(value, Value::Unknown(_)).then(|| value.clone());
    let items = tags.one_or_many();
    let unknown = items.iter().find_map(|tag| unseen(tag).or_else(|| unseen(tag.get("Key")?)));
    unknown.unwrap_or_else(|| {
        let pairs = items.iter().filter_map(|tag| {
            Some((Arc::from(tag.get("Key")?.as_str()?), tag.get("Value").cloned().unwrap_or_default()))
        });
        Value::Map(Arc::new(pairs.collect::<Map>()))
    })
}
