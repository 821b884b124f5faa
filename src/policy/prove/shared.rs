//! One proof for all accounts that the same policies bind.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::catalogue::Catalogue;
use super::super::document::Policy;
use super::super::evaluate::Hierarchy;
use super::super::must_deny::Question;
use super::{Proof, SOME_ACCOUNT, prove};

/// More proofs are not kept: accounts that share policies are seen together.
const MOST_PROOFS: usize = 256;

/// Proves one question for many accounts.
#[derive(Debug)]
pub struct Prover {
    question: Question,
    catalogue: &'static Catalogue,
    proofs: HashMap<Key, Shared>,
}

/// Policies are the same when they are the same object; [`Shared`] keeps them alive.
type Key = (bool, bool, Option<String>, Vec<Vec<usize>>);

#[derive(Debug)]
struct Shared {
    proof: Arc<Proof>,
    _policies: Vec<Arc<Policy>>,
}

impl Prover {
    pub fn new(question: Question, catalogue: &'static Catalogue) -> Self {
        Self { question, catalogue, proofs: HashMap::new() }
    }

    /// As [`prove`]. Where neither policies nor question depend on the account's id, the requests of the proof are those
    /// of the account 000000000000, and the proof is shared.
    pub fn prove(&mut self, hierarchy: &Hierarchy) -> Arc<Proof> {
        let account = hierarchy.account.clone().filter(|account| self.depends_on(hierarchy, account));
        let levels = hierarchy.levels.iter();
        let ids = levels.map(|level| level.policies.iter().map(|policy| Arc::as_ptr(policy).addr()).collect());
        let key = (hierarchy.enabled, hierarchy.management, account.clone(), ids.collect());
        if let Some(shared) = self.proofs.get(&key) {
            return Arc::clone(&shared.proof);
        }
        if self.proofs.len() >= MOST_PROOFS {
            self.proofs.clear();
        }
        let proof = Arc::new(prove(&Hierarchy { account, ..hierarchy.clone() }, &self.question, self.catalogue));
        let policies = hierarchy.levels.iter().flat_map(|level| level.policies.iter().cloned()).collect();
        self.proofs.insert(key, Shared { proof: Arc::clone(&proof), _policies: policies });
        proof
    }

    /// How many proofs were made.
    pub fn made(&self) -> usize {
        self.proofs.len()
    }

    fn depends_on(&self, hierarchy: &Hierarchy, account: &str) -> bool {
        let names = |text: &str| may_name(text, account) || text.contains(SOME_ACCOUNT);
        let stated = hierarchy.statements().any(|statement| {
            let resources = statement.resource.patterns.iter().any(|pattern| names(&pattern.text));
            let listed = statement.tests().flat_map(|test| &test.values).filter_map(|value| value.template());
            resources || listed.into_iter().any(|template| names(&template.written))
        });
        stated || self.question.texts().any(|text| names(&text))
    }
}

/// Whether a pattern could tell an account from others: it has the id, or digits beside a wildcard or variable.
fn may_name(text: &str, account: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    let open = |c: &char| matches!(c, '*' | '?' | '}' | '$');
    text.contains(account)
        || characters.windows(2).any(|pair| match pair {
            [left, right] => (open(left) && right.is_ascii_digit()) || (left.is_ascii_digit() && open(right)),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_patterns_with_digits_can_name_an_account() {
        let account = "111111111111";
        for text in
            ["arn:aws:iam::111111111111:root", "arn:aws:iam::1111*:root", "*2", "arn:aws:iam::??????111111:role/x"]
        {
            assert!(may_name(text, account), "{text}");
        }
        for text in ["arn:aws:iam::*:role/x", "arn:aws:iam::222222222222:root", "ap-northeast-1", "*", "t3.micro"] {
            assert!(!may_name(text, account), "{text}");
        }
    }
}
