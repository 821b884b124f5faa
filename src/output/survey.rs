//! What a report comes to before it is written: how many findings stand how, the first of each kind, and what could not
//! be seen. Its size does not depend on that of the fleet.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::RenderError;
use super::issue::Standing;
use crate::model::{Finding, Gap, Lang, Severity, Unknown};
use crate::outcome::Outcomes;

/// How many places are named below a gap.
const PLACES: usize = 3;

/// Findings of a kind, in the order of their weight.
pub(super) type Class = (Standing, Reverse<Severity>);

pub(super) fn class(finding: &Finding) -> Class {
    (Standing::of(finding), Reverse(finding.severity))
}

/// Counts and examples.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) counts: BTreeMap<Class, u64>,
    /// The first findings of each class that somebody has to look at.
    pub(super) first: BTreeMap<Class, Vec<Finding>>,
    /// By cause and resource type.
    pub(super) gaps: BTreeMap<(Unknown, String), Unseen>,
}

/// Where listings of a type could not be seen for one cause.
#[derive(Default)]
pub(super) struct Unseen {
    pub(super) count: usize,
    places: Vec<String>,
}

impl Survey {
    /// Keeps this many findings of each class.
    ///
    /// # Errors
    /// When the bundle cannot be read.
    pub(super) fn of(outcomes: &Outcomes<'_>, keep: usize) -> Result<Self, RenderError> {
        let mut survey = Self::default();
        outcomes.each(|outcome| {
            let summary = outcome.summary;
            // The other gaps of files are causes of findings, which are reported with them.
            let unread = |gap: &Gap| summary.source.is_none() || matches!(gap.cause, Unknown::NotRead(_));
            for gap in outcome.gaps.into_iter().filter(unread) {
                let place = match &summary.source {
                    Some(source) => source.clone(),
                    None => format!("{} {}", summary.account.id, gap.region),
                };
                let unseen = survey.gaps.entry((gap.cause, gap.resource_type)).or_default();
                unseen.count += 1;
                if unseen.places.len() < PLACES {
                    unseen.places.push(place);
                }
            }
            for finding in outcome.findings {
                survey.add(finding, keep);
            }
            Ok::<(), RenderError>(())
        })?;
        Ok(survey)
    }

    fn add(&mut self, finding: Finding, keep: usize) {
        let class = class(&finding);
        *self.counts.entry(class).or_default() += 1;
        if class.0.is_open() {
            let first = self.first.entry(class).or_default();
            if first.len() < keep {
                first.push(finding);
            }
        }
    }

    /// How many findings stand so.
    pub(super) fn count(&self, standing: Standing) -> u64 {
        self.counts.iter().filter(|((of, _), _)| *of == standing).map(|(_, count)| count).sum()
    }

    /// The first findings that stand so, most severe first.
    pub(super) fn first(&self, standing: Standing) -> impl Iterator<Item = &Finding> {
        self.first.iter().filter(move |((of, _), _)| *of == standing).flat_map(|(_, findings)| findings)
    }

    /// Leave for this many findings that somebody has to look at, those of the greatest weight.
    pub(super) fn quota(&self, most: u64) -> Quota {
        let mut left = most;
        let open = self.counts.iter().filter(|((standing, _), _)| standing.is_open());
        let granted = open.map(|(class, count)| {
            let granted = left.min(*count);
            left -= granted;
            (*class, granted)
        });
        Quota(RefCell::new(granted.collect()))
    }
}

impl Unseen {
    /// The places in words, all of them counted.
    pub(super) fn describe(&self, lang: Lang) -> String {
        let named = self.places.join(lang.pick(", ", "、"));
        match self.count - self.places.len() {
            0 => named,
            more => lang.pick(format!("{named} and {more} more"), format!("{named} ほか {more} か所")),
        }
    }
}

/// How many findings of each class may still be written.
pub(super) struct Quota(RefCell<BTreeMap<Class, u64>>);

impl Quota {
    /// Takes the place of one finding, if there is one left.
    pub(super) fn take(&self, finding: &Finding) -> bool {
        let mut left = self.0.borrow_mut();
        let Some(left) = left.get_mut(&class(finding)).filter(|left| **left > 0) else { return false };
        *left -= 1;
        true
    }
}
