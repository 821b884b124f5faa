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
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::findings::finding;
use super::judge::Judgement;
use crate::model::{
    Account, Extent, Finding, GLOBAL, Inventory, POLICY_PATH, Question as Request, ResourceId, Unknown, Verdict,
};
use crate::policy::{Catalogue, Hierarchy, InvalidQuestion, Policy, Proof, Prover, Question, full_access_policy};
use crate::rule::{About, Params, Preventive};

use compose::compose;
use known::Known;
use policies::Interned;
use words::ANY_ACCOUNT;

/// The preventive guardrails of a run.
#[derive(Debug)]
pub(super) struct Preventives {
    guardrails: Vec<Arc<Preventive>>,
    params: Params,
    /// Made when it is needed first: most templates declare no policy, and the catalogue of actions is large.
    asked: OnceLock<Vec<Asked>>,
    /// The one of all proofs over files, which share what is the same object.
    full_access: Arc<Policy>,
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
    catalogue: &'static Catalogue,
    prover: Mutex<Prover>,
    /// The requests to ask of [`ANY_ACCOUNT`].
    samples: OnceLock<Arc<[Request]>>,
}

impl Asking {
    /// The requests that stand for the question in an account.
    fn samples(&self, account: &str) -> Arc<[Request]> {
        let samples = self.samples.get_or_init(|| self.question.samples(self.catalogue, ANY_ACCOUNT).into());
        if samples.iter().all(|request| request.resource == "*") {
            return Arc::clone(samples);
        }
        let of_account =
            |request: &Request| Request { resource: request.resource.replace(ANY_ACCOUNT, account), ..request.clone() };
        samples.iter().map(of_account).collect()
    }

    fn prove(&self, hierarchy: &Hierarchy) -> Arc<Proof> {
        self.prover.lock().unwrap_or_else(PoisonError::into_inner).prove(hierarchy)
    }
}

impl Preventives {
    pub(super) fn new(guardrails: Vec<Arc<Preventive>>, params: &Params) -> Self {
        let (asked, interned) = (OnceLock::new(), Mutex::default());
        Self { guardrails, params: params.clone(), asked, full_access: full_access_policy(), interned }
    }

    pub(super) fn abouts(&self) -> impl Iterator<Item = About<'_>> {
        self.guardrails.iter().map(|guardrail| guardrail.about())
    }

    fn asked(&self) -> &[Asked] {
        let ask =
            |guardrail: &Arc<Preventive>| Asked { question: self.asking(guardrail), guardrail: Arc::clone(guardrail) };
        self.asked.get_or_init(|| self.guardrails.iter().map(ask).collect())
    }

    fn asking(&self, guardrail: &Preventive) -> Result<Asking, InvalidQuestion> {
        let catalogue = Catalogue::load().map_err(|error| InvalidQuestion::Catalogue(error.to_string()))?;
        let question = guardrail.question(catalogue, &self.params, &BTreeMap::new())?;
        let prover = Mutex::new(Prover::new(question.clone(), catalogue));
        Ok(Asking { question, catalogue, prover, samples: OnceLock::new() })
    }

    /// As [`Engine::questions`](super::Engine::questions).
    pub(super) fn questions(&self, account: &Account, probed: &[Request]) -> Vec<Request> {
        let bound = |asked: &&Asked| asked.guardrail.about().classes.bind(account) != Some(false);
        let mut asked: Vec<&Asked> = self.asked().iter().filter(bound).collect();
        asked.sort_by_key(|asked| std::cmp::Reverse(asked.guardrail.rule.severity));
        let asking: Vec<&Asking> = asked.iter().filter_map(|asked| asked.question.as_ref().ok()).collect();
        let of =
            |asking: &&Asking| probed.iter().filter(|request| asking.question.asks_request(request)).cloned().collect();
        let first = by_turns(&asking.iter().map(of).collect::<Vec<Arc<[Request]>>>());
        let others: Vec<_> = asking.iter().map(|asking| asking.samples(account.id.as_str())).collect();
        let others = by_turns(&others);
        let mut seen = BTreeSet::new();
        first.into_iter().chain(others).filter(|request| seen.insert(request.clone())).collect()
    }

    /// One finding for each guardrail and account; in files, for each policy that they declare.
    pub(super) fn evaluate(&self, inventory: &Inventory) -> Vec<Finding> {
        if inventory.extent == Extent::Declared {
            return declared::findings(self, inventory);
        }
        let mut interned = self.interned.lock().unwrap_or_else(PoisonError::into_inner);
        let known = Known::of(inventory, &mut interned);
        drop(interned);
        let found = |asked: &Asked| {
            let about = asked.guardrail.about();
            let judgement = match about.classes.bind(&inventory.account) {
                Some(false) => Judgement::of(Verdict::NotApplicable),
                _ => judge(asked, &known),
            };
            finding(about, inventory, account_itself(inventory), None, judgement)
        };
        self.asked().iter().map(found).collect()
    }
}

fn judge(asked: &Asked, known: &Known) -> Judgement {
    match &asked.question {
        Ok(asking) => compose(asking, known),
        Err(InvalidQuestion::Unset(name)) => Judgement::unknown(Unknown::NotDeclared(name.clone())),
        Err(error) => Judgement::unknown(Unknown::RuleError(error.to_string())),
    }
}

/// The first of each list, then the second of each, and so on.
fn by_turns(lists: &[Arc<[Request]>]) -> Vec<Request> {
    let longest = lists.iter().map(|list| list.len()).max().unwrap_or(0);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountClass, PROBE, Resource, SIMULATION, Scope, Value};
    use crate::rule::RulePack;
    use serde_json::json;
    use std::sync::LazyLock;

    static PACK: LazyLock<RulePack> = LazyLock::new(|| RulePack::embedded().unwrap());

    fn preventives(aliases: &[&str]) -> Preventives {
        let guardrails = aliases.iter().map(|alias| Arc::clone(PACK.find_preventive(alias).unwrap())).collect();
        Preventives::new(guardrails, &PACK.params)
    }

    fn inventory(account: &str, found: &[(&str, serde_json::Value)]) -> Inventory {
        let types = Preventive::NEEDED_TYPES.iter().map(|kind| ((*kind).to_owned(), Scope::Global)).collect();
        let mut inventory = Inventory::new(Account::new(account.parse().unwrap()), Vec::new(), types);
        inventory.resources.extend(found.iter().map(|(kind, properties)| Resource {
            id: ResourceId {
                resource_type: (*kind).to_owned(),
                region: GLOBAL.into(),
                name: account.to_owned(),
                arn: None,
            },
            properties: Value::from_notation(properties.clone()).unwrap(),
            origin: None,
        }));
        inventory
    }

    fn path(denied: &str) -> serde_json::Value {
        let document = |effect: &str, action: &str| json!({"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": action, "Resource": "*"}});
        let policies = json!([
            {"Name": "full", "Document": document("Allow", "*")}, {"Name": "p", "Document": document("Deny", denied)}
        ]);
        json!({"Source": "files", "Enabled": true, "Levels": [{"Name": "root", "Policies": policies}]})
    }

    fn asked(action: &str, region: &str) -> serde_json::Value {
        json!({"action": action, "resource": "*", "region": region, "principal": null, "context": {}})
    }

    fn verdict(found: &[(&str, serde_json::Value)]) -> (Verdict, Option<Unknown>) {
        let finding = preventives(&["GC-PRV-008"]).evaluate(&inventory("111111111111", found)).remove(0);
        (finding.verdict, finding.evidence.cause)
    }

    #[test]
    fn accounts_that_share_a_path_share_a_proof() {
        let preventives = preventives(&["GC-PRV-001", "GC-PRV-008"]);
        for number in 0..1000_u64 {
            let account = (100_000_000_000 + number).to_string();
            let findings = preventives.evaluate(&inventory(&account, &[(POLICY_PATH, path("organizations:*"))]));
            let verdicts: Vec<Verdict> = findings.iter().map(|finding| finding.verdict).collect();
            assert_eq!(verdicts, [Verdict::Fail, Verdict::Pass]);
        }
        for asked in preventives.asked() {
            assert_eq!(asked.question.as_ref().unwrap().prover.lock().unwrap().made(), 1);
        }
    }

    #[test]
    fn nothing_known_is_unknown() {
        assert_eq!(verdict(&[]), (Verdict::Unknown, Some(Unknown::NotCollected)));
        let unread = json!({"$unknown": {"access_denied": "organizations:DescribePolicy"}});
        let cause = Unknown::AccessDenied("organizations:DescribePolicy".into());
        assert_eq!(verdict(&[(POLICY_PATH, unread.clone())]), (Verdict::Unknown, Some(cause)));
        let mut hidden = path("organizations:*");
        hidden["Levels"][0]["Policies"][1]["Document"] = unread.clone();
        assert_eq!(verdict(&[(POLICY_PATH, hidden)]).0, Verdict::Unknown);
        let mut cut = path("organizations:*");
        cut["Levels"] = unread;
        assert_eq!(verdict(&[(POLICY_PATH, cut)]).0, Verdict::Unknown);
        let mut bare = path("s3:*");
        bare["Levels"].as_array_mut().unwrap().push(json!({"Name": "unit", "Policies": []}));
        assert_eq!(verdict(&[(POLICY_PATH, bare)]).0, Verdict::Unknown);
    }

    #[test]
    fn policies_that_are_off_or_do_not_bind_deny_nothing() {
        let mut off = path("organizations:*");
        off["Enabled"] = json!(false);
        assert_eq!(verdict(&[(POLICY_PATH, off)]).0, Verdict::Fail);
        let mut management = path("organizations:*");
        management["ManagementAccountId"] = json!("111111111111");
        assert_eq!(verdict(&[(POLICY_PATH, management)]).0, Verdict::Fail);
    }

    #[test]
    fn a_denial_that_the_policies_do_not_explain_is_a_contradiction() {
        let answers = json!([{
            "Question": asked("organizations:LeaveOrganization", "us-east-1"),
            "WithPolicies": "denied", "WithoutPolicies": "allowed"
        }]);
        let principal = "arn:aws:iam::111111111111:role/govcheck";
        let simulation = json!({"Calibrated": true, "Principal": principal, "Answers": answers});
        assert_eq!(verdict(&[(SIMULATION, simulation.clone())]).0, Verdict::Pass);
        assert_eq!(
            verdict(&[(SIMULATION, simulation.clone()), (POLICY_PATH, path("organizations:*"))]).0,
            Verdict::Pass
        );
        let (verdict, cause) = verdict(&[(SIMULATION, simulation), (POLICY_PATH, path("s3:*"))]);
        assert!(matches!((verdict, &cause), (Verdict::Unknown, Some(Unknown::Contradiction(_)))), "{cause:?}");
    }

    #[test]
    fn policies_that_mfa_lifts_agree_with_a_simulator_that_was_told_of_it() {
        let answers = json!([{
            "Question": asked("organizations:LeaveOrganization", "us-east-1"),
            "WithPolicies": "allowed", "WithoutPolicies": "allowed"
        }]);
        let principal = "arn:aws:iam::111111111111:role/govcheck";
        let simulation = json!({"Calibrated": true, "Principal": principal, "Answers": answers});
        let mut lifted = path("organizations:*");
        lifted["Levels"][0]["Policies"][1]["Document"]["Statement"]["Condition"] =
            json!({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}});
        assert_eq!(verdict(&[(SIMULATION, simulation), (POLICY_PATH, lifted)]), (Verdict::Fail, None));
    }

    #[test]
    fn an_answer_to_another_question_proves_nothing() {
        let answer = |action: &str| {
            json!({"Calibrated": true, "Principal": "arn:aws:iam::111111111111:role/x", "Answers": [{
                "Question": asked(action, "us-east-1"), "WithPolicies": "denied", "WithoutPolicies": "allowed"
            }]})
        };
        assert_eq!(verdict(&[(SIMULATION, answer("organizations:CloseAccount"))]).0, Verdict::Unknown);
        let probe = json!({"Principal": "arn:aws:iam::111111111111:role/x", "Answers": [{
            "Question": asked("organizations:LeaveOrganization", "us-east-1"), "Outcome": "denied"
        }]});
        assert_eq!(verdict(&[(PROBE, probe)]).0, Verdict::Unknown);
    }

    #[test]
    fn probes_come_first_and_guardrails_take_turns() {
        let preventives = preventives(&["GC-PRV-003", "GC-PRV-008"]);
        let probed: Request = serde_json::from_value(asked("ec2:CreateInternetGateway", "ap-northeast-1")).unwrap();
        let other: Request = serde_json::from_value(asked("sqs:ListQueues", "us-east-1")).unwrap();
        let account = Account::new("111111111111".parse().unwrap());
        let questions = preventives.questions(&account, &[other.clone(), probed.clone()]);
        assert_eq!(questions.first(), Some(&probed));
        assert!(!questions.contains(&other));
        assert_eq!(questions.iter().collect::<BTreeSet<_>>().len(), questions.len());
        let leaving = questions.iter().position(|question| question.action == "organizations:LeaveOrganization");
        assert_eq!(leaving, Some(2));
        let general = Account { class: Some(AccountClass::General), ..account };
        let questions = preventives.questions(&general, &[probed]);
        assert!(questions.iter().all(|question| question.action == "organizations:LeaveOrganization"), "{questions:?}");
    }

    /// What the simulator says of a request; nothing where it is silent.
    fn said(state: u8, request: &Request) -> Option<serde_json::Value> {
        let failed =
            json!({"$unknown": {"call_failed": {"action": "iam:SimulatePrincipalPolicy", "code": "Throttling"}}});
        let (with, without) = match state {
            0 => (json!("denied"), json!("allowed")),
            1 => (json!("allowed"), json!("allowed")),
            2 => (failed.clone(), failed),
            3 => (json!("denied"), json!("denied")),
            _ => return None,
        };
        Some(json!({"Question": request, "WithPolicies": with, "WithoutPolicies": without}))
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

        #[test]
        fn only_what_is_denied_everywhere_passes(states in proptest::collection::vec(0_u8..5, 18), calm in 0_u8..3) {
            let preventives = preventives(&["GC-PRV-003"]);
            let account = Account::new("111111111111".parse().unwrap());
            let requests = preventives.questions(&account, &[]);
            proptest::prop_assert_eq!(requests.len(), states.len());
            // Most answers are missing, or wrong, in most runs; in some all but a few are denials.
            let states: Vec<u8> = states.into_iter().map(|state| if calm > 0 && state > calm { 0 } else { state }).collect();
            let answers: Vec<_> = states.iter().zip(&requests).filter_map(|(state, request)| said(*state, request)).collect();
            let principal = "arn:aws:iam::111111111111:role/govcheck";
            let simulation = json!({"Calibrated": true, "Principal": principal, "Answers": answers});
            let finding = preventives.evaluate(&inventory("111111111111", &[(SIMULATION, simulation)])).remove(0);
            // The account's class is not declared, so that nothing fails for certain.
            let expected = if states.iter().all(|state| *state == 0) { Verdict::Pass } else { Verdict::Unknown };
            proptest::prop_assert_eq!(finding.verdict, expected);
            proptest::prop_assert_eq!(finding.evidence.found.is_some(), states.contains(&1));
        }
    }
}
