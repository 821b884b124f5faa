//! What guardrails of every sort say of themselves, and those that a run selects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::guardrail::{Classes, Guardrail};
use super::preventive::Preventive;
use crate::model::{ORGANIZATION_POLICY, Severity, Text};

/// The head of a guardrail, whatever judges it.
#[derive(Clone, Copy)]
pub struct About<'a> {
    pub id: &'a str,
    pub alias: Option<&'a str>,
    pub title: &'a Text,
    pub rationale: &'a Text,
    pub remediation: &'a Text,
    pub severity: Severity,
    pub controls: &'a BTreeMap<String, Vec<String>>,
    pub classes: Classes<'a>,
}

impl<'a> About<'a> {
    /// The id, the alias, and the alias without its `GC-`: what a guardrail may be selected by.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let short = self.alias.and_then(|alias| alias.strip_prefix("GC-"));
        [Some(self.id), self.alias, short].into_iter().flatten()
    }
}

/// The guardrails of a run, sorted by id within each sort.
#[derive(Clone, Debug, Default)]
pub struct Selected {
    pub guardrails: Vec<Arc<Guardrail>>,
    pub preventive: Vec<Arc<Preventive>>,
}

impl Selected {
    /// The heads of all, sorted by id.
    pub fn abouts(&self) -> Vec<About<'_>> {
        let preventive = self.preventive.iter().map(|guardrail| guardrail.about());
        let mut abouts: Vec<_> = self.guardrails.iter().map(|guardrail| guardrail.about()).chain(preventive).collect();
        abouts.sort_by_key(|about| about.id);
        abouts
    }

    pub fn is_empty(&self) -> bool {
        self.guardrails.is_empty() && self.preventive.is_empty()
    }

    /// Every resource type that must be collected of an account to judge them.
    pub fn needed_types(&self) -> BTreeSet<String> {
        self.types_with(Preventive::NEEDED_TYPES)
    }

    /// Every resource type that files are read for to judge them.
    pub fn declared_types(&self) -> BTreeSet<String> {
        self.types_with(&[ORGANIZATION_POLICY])
    }

    fn types_with(&self, of_preventive: &[&str]) -> BTreeSet<String> {
        let preventive = if self.preventive.is_empty() { &[] } else { of_preventive };
        let assertions = self.guardrails.iter().flat_map(|guardrail| guardrail.needed_types());
        assertions.chain(preventive.iter().map(|kind| (*kind).to_owned())).collect()
    }
}
