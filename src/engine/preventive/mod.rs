//! Preventive guardrails on what is known of one account: a verdict composed of several ways to know.
//!
//! - **policies**: a proof over the service control policies on the account's path, where somebody could read them;
//! - **simulation** and **probe**: what the account answered to requests that must be denied;
//! - **scan**: what the collectors met, calls that a policy denied or that went through abroad.
//!
//! Ways are never averaged. What a request says in one way and another denies is a contradiction, and nobody knows.

mod compose;
mod declared;
mod known;
mod policies;
mod told;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::findings::finding;
use super::judge::Judgement;
use crate::model::{
    Extent, Finding, GLOBAL, Inventory, POLICY_PATH, Question as Request, ResourceId, Unknown, Verdict,
};
use crate::policy::{Catalogue, Hierarchy, InvalidQuestion, Proof, Prover, Question};
use crate::rule::{About, Params, Preventive};

use compose::compose;
use known::Known;
use policies::Interned;

/// The preventive guardrails of a run.
#[derive(Debug)]
pub(super) struct Preventives {
    asked: Vec<Asked>,
    catalogue: &'static Catalogue,
    interned: Mutex<Interned>,
}

/// A guardrail with its question in this run.
#[derive(Debug)]
struct Asked {
    guardrail: Arc<Preventive>,
    question: Result<Asking, InvalidQuestion>,
}

#[derive(Debug)]
struct Asking {
    question: Question,
    prover: Mutex<Prover>,
}

impl Asking {
    fn prove(&self, hierarchy: &Hierarchy) -> Arc<Proof> {
        self.prover.lock().unwrap_or_else(PoisonError::into_inner).prove(hierarchy)
    }
}

impl Preventives {
    pub(super) fn new(guardrails: &[Arc<Preventive>], params: &Params, catalogue: &'static Catalogue) -> Self {
        let asking =
            |question: Question| Asking { prover: Mutex::new(Prover::new(question.clone(), catalogue)), question };
        let asked = guardrails.iter().map(|guardrail| Asked {
            question: guardrail.question(catalogue, params, &BTreeMap::new()).map(asking),
            guardrail: Arc::clone(guardrail),
        });
        Self { asked: asked.collect(), catalogue, interned: Mutex::default() }
    }

    pub(super) fn abouts(&self) -> impl Iterator<Item = About<'_>> {
        self.asked.iter().map(|asked| asked.guardrail.about())
    }

    /// As [`Engine::questions`](super::Engine::questions).
    pub(super) fn questions(&self, account: &str, probed: &[Request]) -> Vec<Request> {
        let mut asked: Vec<&Asked> = self.asked.iter().collect();
        asked.sort_by_key(|asked| std::cmp::Reverse(asked.guardrail.rule.severity));
        let asking: Vec<&Question> =
            asked.iter().filter_map(|asked| Some(&asked.question.as_ref().ok()?.question)).collect();
        let of =
            |question: &&Question| probed.iter().filter(|request| question.asks_request(request)).cloned().collect();
        let first = by_turns(asking.iter().map(of).collect());
        let others = by_turns(asking.iter().map(|question| question.samples(self.catalogue, account)).collect());
        let mut seen = BTreeSet::new();
        first.into_iter().chain(others).filter(|request| seen.insert(request.clone())).collect()
    }

    /// One finding for each guardrail and account; in files, for each policy that they declare.
    pub(super) fn evaluate(&self, inventory: &Inventory) -> Vec<Finding> {
        if self.asked.is_empty() {
            return Vec::new();
        }
        if inventory.extent == Extent::Declared {
            return declared::findings(self, inventory);
        }
        let mut interned = self.interned.lock().unwrap_or_else(PoisonError::into_inner);
        let known = Known::of(inventory, &mut interned);
        drop(interned);
        let judge = |asked: &Asked| {
            let about = asked.guardrail.about();
            let judgement = match about.classes.bind(&inventory.account) {
                Some(false) => Judgement::of(Verdict::NotApplicable),
                _ => self.judge(asked, &known),
            };
            finding(about, inventory, account_itself(inventory), None, judgement)
        };
        self.asked.iter().map(judge).collect()
    }

    fn judge(&self, asked: &Asked, known: &Known) -> Judgement {
        match &asked.question {
            Ok(asking) => compose(asking, known, self.catalogue),
            Err(error) => Judgement::unknown(Unknown::RuleError(error.to_string())),
        }
    }
}

/// The first of each list, then the second of each, and so on.
fn by_turns(lists: Vec<Vec<Request>>) -> Vec<Request> {
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|turn| lists.iter().filter_map(move |list| list.get(turn).cloned())).collect()
}

/// The account as what is judged.
fn account_itself(inventory: &Inventory) -> ResourceId {
    ResourceId {
        resource_type: POLICY_PATH.to_owned(),
        region: GLOBAL.to_owned(),
        name: inventory.account.id.to_string(),
        arn: None,
    }
}
