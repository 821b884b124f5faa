//! The proof: whether the policies on the way to an account deny everything that a guardrail says they must.
//!
//! Requests that the policies cannot tell apart are one case; each case has a request that stands for it, which the
//! evaluator of single requests decides. So a counterexample is always a request that gets through, and a proof has seen
//! every case. Actions are looked at twice: those of the catalogue, and symbolically those that do not exist yet.

mod cells;
mod classes;
mod exempt;
mod options;
mod search;
mod shared;
mod words;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::catalogue::Catalogue;
use super::evaluate::{Exemption, Hierarchy};
use super::must_deny::Question;
use super::request::Request;
use super::truth::Reason;
pub use classes::familiarity;
pub(super) use classes::rank;
pub use exempt::Exempt;
pub use shared::Prover;

/// Stands for an account whose id is not known, and which no policy names.
const SOME_ACCOUNT: &str = "000000000000";

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProofVerdict {
    Proved,
    /// Proved, but for principals that the guardrail declares exempt.
    ProvedExcept,
    Counterexample,
    Undecided,
}

/// What was proved, or what gets through.
#[derive(Clone, Debug)]
pub struct Proof {
    pub verdict: ProofVerdict,
    /// How many documented actions were asked about, and can be called so.
    pub asked: usize,
    /// What gets through, the most telling first.
    pub holes: Vec<Hole>,
    /// The documented actions that get through for anybody, in patterns: `kms:*` where every action of the service does.
    pub open: Vec<String>,
    /// What would get through if it existed: actions and regions that AWS may add. They are no part of the verdict.
    pub future: Vec<Hole>,
    /// Declared exemptions that the policies make, as examples.
    pub exempt: Vec<Exempt>,
    pub undecided: Vec<Undecided>,
    /// Why no policy applies at all.
    pub exemption: Option<Exemption>,
}

/// Actions that get through in the same way.
#[derive(Clone, Debug)]
pub struct Hole {
    /// The most telling first.
    pub actions: Vec<String>,
    /// A request that no policy denies.
    pub request: Request,
    /// The principals, if only these get through; nothing if any may.
    pub only: Vec<Exempt>,
}

/// Actions of which it is not decided whether they are denied.
#[derive(Clone, Debug)]
pub struct Undecided {
    pub actions: Vec<String>,
    pub reason: Arc<Reason>,
}

impl Proof {
    /// The documented actions that get through, for principals that no exemption is needed for, by service.
    pub fn open_actions(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut open: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for action in self.holes.iter().filter(|hole| hole.only.is_empty()).flat_map(|hole| &hole.actions) {
            let (service, name) = action.split_once(':').unwrap_or((action, ""));
            open.entry(service).or_default().insert(name);
        }
        open
    }

    fn open_patterns(&self, catalogue: &Catalogue) -> Vec<String> {
        let mut patterns = Vec::new();
        for (service, names) in self.open_actions() {
            if catalogue.service(service).is_some_and(|known| known.actions.len() == names.len()) {
                patterns.push(format!("{service}:*"));
            } else {
                patterns.extend(names.iter().map(|name| format!("{service}:{name}")));
            }
        }
        patterns
    }
}

/// Proves that everything that the question asks about is denied, or finds what is not.
pub fn prove(hierarchy: &Hierarchy, question: &Question, catalogue: &Catalogue) -> Proof {
    let search = search::Search::new(hierarchy, question, catalogue);
    let mut proof = Proof {
        verdict: ProofVerdict::Proved,
        asked: 0,
        holes: Vec::new(),
        open: Vec::new(),
        future: Vec::new(),
        exempt: Vec::new(),
        undecided: Vec::new(),
        exemption: search.exemption(),
    };
    let mut declared = BTreeSet::new();
    for class in classes::named(&search) {
        let found = search.class(&class);
        if found.asked || found.undecided.is_some() {
            proof.asked += class.actions.len();
        }
        declared.extend(found.declared);
        if let Some(request) = found.future {
            proof.future.push(Hole { actions: class.actions.clone(), request, only: Vec::new() });
        }
        match (found.hole, found.undecided) {
            (Some(request), _) => {
                let only = found.only.into_iter().map(|arn| exempt::analyse(arn, &search)).collect();
                proof.holes.push(Hole { actions: class.actions, request, only });
            }
            (None, Some(reason)) => proof.undecided.push(Undecided { actions: class.actions, reason }),
            (None, None) => {}
        }
    }
    match classes::unnamed(&search) {
        Some(classes) => {
            for class in classes {
                let found = search.class(&class);
                if let Some(request) = found.hole.or(found.future) {
                    proof.future.push(Hole { actions: class.actions, request, only: Vec::new() });
                }
            }
        }
        None => {
            proof.undecided.push(Undecided { actions: Vec::new(), reason: Arc::new(Reason::TooManyCases) });
        }
    }
    proof.exempt = declared.into_iter().map(|arn| exempt::analyse(arn, &search)).collect();
    // Those that anybody can use come first.
    let rank = |action: &String| catalogue.find(action).map(classes::rank);
    proof.holes.sort_by_cached_key(|hole| (!hole.only.is_empty(), hole.actions.first().and_then(rank)));
    proof.open = proof.open_patterns(catalogue);
    proof.verdict = match &proof {
        Proof { holes, .. } if !holes.is_empty() => ProofVerdict::Counterexample,
        Proof { undecided, .. } if !undecided.is_empty() => ProofVerdict::Undecided,
        // No such request exists, so that nothing was proved.
        Proof { asked: 0, .. } => ProofVerdict::Undecided,
        Proof { exempt, .. } if !exempt.is_empty() => ProofVerdict::ProvedExcept,
        _ => ProofVerdict::Proved,
    };
    proof
}
