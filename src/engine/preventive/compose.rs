//! One verdict from what the ways to know say about a guardrail.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Asking;
use super::known::{Known, Path};
use super::told::{Answer, Told};
use super::words::{MOST, SHOWN, in_words, level_words, open_patterns, openings, told_words, trace};
use crate::engine::judge::Judgement;
use crate::model::{Evidence, Observed, Question as Request, SESSION_KEYS, Text, Unknown, Value, Verdict};
use crate::policy::{Context, Decision, Hierarchy, KeyValue, Principal, Proof, ProofVerdict, Question, evaluate};
use crate::rule::verdict_of;

pub(super) fn compose(asking: &Asking, known: &Known) -> Judgement {
    let ways = Ways::of(asking, known);
    let contradictions = ways.contradictions();
    let (verdict, cause) = ways.verdict(&contradictions);
    let observed = ways.observed(verdict, &contradictions);
    let found = (verdict == Verdict::Fail).then(|| Value::list(ways.found().into_iter().map(Value::from)));
    Judgement { verdict, evidence: Evidence { observed, found, cause } }
}

/// What each way says.
struct Ways<'a> {
    account: &'a str,
    policies: Option<Result<(&'a Path, Arc<Proof>), &'a Unknown>>,
    /// Probe, simulation and scan, the strongest first.
    asked: Vec<Asked<'a>>,
    /// The requests that must all be known to be denied where no policies can be read.
    required: Arc<[Request]>,
}

/// What one way to ask says about a guardrail.
struct Asked<'a> {
    name: &'static str,
    told: &'a Told,
    denied: Vec<&'a Request>,
    allowed: Vec<&'a Request>,
    /// Why something is not known.
    open: Option<Unknown>,
}

impl<'a> Asked<'a> {
    fn of(name: &'static str, told: &'a Told, question: &Question) -> Self {
        let mut asked = Self { name, told, denied: Vec::new(), allowed: Vec::new(), open: told.problem.clone() };
        let exempt = match &told.principal {
            Some(principal) => question.exempts(principal),
            None => question.has_exemptions(),
        };
        if exempt {
            let principal = told.principal.as_deref().unwrap_or_default();
            asked.open = Some(Unknown::Untested(format!("scp_exempt_principals {principal}")));
            return asked;
        }
        for (request, answer) in told.answers.iter().filter(|(request, _)| question.asks_request(request)) {
            match answer {
                Answer::Denied => asked.denied.push(request),
                Answer::Allowed => asked.allowed.push(request),
                Answer::Open(cause) => {
                    asked.open.get_or_insert_with(|| cause.clone());
                }
            }
        }
        asked
    }

    fn is_taken(&self) -> bool {
        self.open.is_some() || !self.denied.is_empty() || !self.allowed.is_empty()
    }
}

impl<'a> Ways<'a> {
    fn of(asking: &Asking, known: &'a Known) -> Self {
        let question = &asking.question;
        let prove = |path: &'a Path| (path, asking.prove(&path.hierarchy));
        let told = [("Probe", &known.probe), ("Simulation", &known.simulation), ("Scan", &known.scan)];
        let asked = told.into_iter().filter_map(|(name, told)| Some(Asked::of(name, told.as_ref()?, question)));
        Self {
            account: &known.account,
            policies: known.policies.as_ref().map(|path| path.as_ref().map(prove)),
            asked: asked.filter(Asked::is_taken).collect(),
            required: asking.samples(&known.account),
        }
    }

    fn proof(&self) -> Option<&(&'a Path, Arc<Proof>)> {
        self.policies.as_ref()?.as_ref().ok()
    }

    fn proved(&self) -> Option<Verdict> {
        self.proof().map(|(_, proof)| verdict_of(proof))
    }

    /// Requests that one way says are denied and another that they are not.
    fn contradictions(&self) -> Vec<String> {
        let mut said: BTreeMap<&Request, Vec<(&str, bool)>> = BTreeMap::new();
        for asked in &self.asked {
            let answers = asked.denied.iter().map(|request| (*request, true));
            for (request, denied) in answers.chain(asked.allowed.iter().map(|request| (*request, false))) {
                let by_policies = self.proof().and_then(|(path, _)| decided(&path.hierarchy, request, asked));
                let said = said.entry(request).or_default();
                said.push((asked.name, denied));
                said.extend(by_policies.map(|denied| ("Policies", denied)));
            }
        }
        let differ = |said: &&Vec<(&str, bool)>| {
            said.iter().any(|(_, denied)| *denied) && said.iter().any(|(_, denied)| !denied)
        };
        let words = |(request, said): (&Request, &Vec<(&str, bool)>)| {
            let said: BTreeSet<String> = said
                .iter()
                .map(|(way, denied)| format!("{way} {}", if *denied { "denied" } else { "allowed" }))
                .collect();
            format!("{}: {}", told_words(request), said.into_iter().collect::<Vec<_>>().join(", "))
        };
        let mut found: Vec<String> =
            said.iter().filter(|(_, said)| differ(said)).map(|(request, said)| words((request, said))).collect();
        let let_through = self.asked.iter().find_map(|asked| Some((asked, asked.allowed.first()?)));
        if let (true, Some(Verdict::Pass), Some((asked, request))) = (found.is_empty(), self.proved(), let_through) {
            found.push(format!("{}: Policies proved, {} allowed", told_words(request), asked.name));
        }
        found
    }

    fn verdict(&self, contradictions: &[String]) -> (Verdict, Option<Unknown>) {
        if let Some(first) = contradictions.first() {
            return (Verdict::Unknown, Some(Unknown::Contradiction(first.clone())));
        }
        let let_through = self.asked.iter().any(|asked| !asked.allowed.is_empty());
        let undecided = || self.proof().map(|(_, proof)| Unknown::Undecided(undecided(proof)));
        match self.proved() {
            Some(Verdict::Fail) => (Verdict::Fail, None),
            _ if let_through => (Verdict::Fail, None),
            Some(Verdict::Pass) => (Verdict::Pass, None),
            Some(_) => (Verdict::Unknown, undecided()),
            None if self.all_denied() => (Verdict::Pass, None),
            None => (Verdict::Unknown, Some(self.missing())),
        }
    }

    /// Whether every request of the sample is known to be denied by a policy.
    fn all_denied(&self) -> bool {
        self.are_required(self.asked.iter().flat_map(|asked| &asked.denied))
    }

    /// Whether one way alone knows that.
    fn is_whole(&self, asked: &Asked<'_>) -> bool {
        self.are_required(&asked.denied)
    }

    fn are_required<'r>(&self, denied: impl IntoIterator<Item = &'r &'r Request>) -> bool {
        let denied: BTreeSet<&Request> = denied.into_iter().copied().collect();
        !self.required.is_empty() && self.required.iter().all(|request| denied.contains(request))
    }

    /// Why nothing is known.
    fn missing(&self) -> Unknown {
        let unread = self.policies.as_ref().and_then(|read| read.as_ref().err().copied().cloned());
        let unasked = || self.asked.iter().find_map(|asked| asked.open.clone());
        let no_role = || self.required.is_empty().then(|| Unknown::Untested("only_policies_tell".to_owned()));
        no_role().filter(|_| unread.is_none()).or(unread).or_else(unasked).unwrap_or(Unknown::NotCollected)
    }

    fn observed(&self, verdict: Verdict, contradictions: &[String]) -> Vec<Observed> {
        let observed =
            |property: &str, value: Value| Observed { property: property.to_owned(), value: Some(value), place: None };
        let mut all = Vec::new();
        all.extend(self.strongest(verdict).map(|name| observed("Strongest", name.into())));
        match &self.policies {
            Some(Ok((path, proof))) => {
                all.push(observed("Policies", proof_value(&path.source, &path.hierarchy, proof, self.account)))
            }
            Some(Err(cause)) => all.push(observed("Policies", Value::unknown((*cause).clone()))),
            None => {}
        }
        all.extend(self.asked.iter().map(|asked| observed(asked.name, self.asked_value(asked))));
        if !contradictions.is_empty() {
            let shown = contradictions.iter().take(SHOWN).map(|text| text.as_str().into());
            all.push(observed("Contradictions", Value::list(shown)));
        }
        all
    }

    /// The way on which the verdict rests.
    fn strongest(&self, verdict: Verdict) -> Option<&'static str> {
        match (verdict, self.proved()) {
            (Verdict::Pass | Verdict::Fail, Some(proved)) if proved == verdict => Some("Policies"),
            (Verdict::Fail, _) => self.asked.iter().find(|asked| !asked.allowed.is_empty()).map(|asked| asked.name),
            (Verdict::Pass, _) => {
                let whole = self.asked.iter().find(|asked| self.is_whole(asked));
                whole.or(self.asked.first()).map(|asked| asked.name)
            }
            _ => None,
        }
    }

    fn asked_value(&self, asked: &Asked<'_>) -> Value {
        let whole = self.is_whole(asked);
        let verdict = match () {
            () if !asked.allowed.is_empty() => "allowed",
            () if asked.denied.is_empty() => "untested",
            () if whole => "denied",
            () => "partly_denied",
        };
        let reason = asked.open.clone().filter(|_| !whole).map_or(Value::Null, Value::unknown);
        let policies = asked.told.policies.iter().take(SHOWN).map(|arn| arn.as_str().into());
        Value::map([
            ("Verdict", verdict.into()),
            ("Denied", count(asked.denied.len())),
            ("Allowed", count(asked.allowed.len())),
            ("Principal", asked.told.principal.clone().into()),
            ("PolicyArns", if asked.told.policies.is_empty() { Value::Null } else { Value::list(policies) }),
            ("Reason", reason),
        ])
    }

    /// What gets through, in the words of every way.
    fn found(&self) -> Vec<String> {
        let proof = self.proof().filter(|_| self.proved() == Some(Verdict::Fail));
        let mut found = proof.map(|(_, proof)| openings(proof, self.account)).unwrap_or_default();
        for asked in &self.asked {
            found.extend(asked.allowed.iter().map(|request| format!("{}: {}", asked.name, told_words(request))));
        }
        found.truncate(SHOWN);
        found
    }
}

/// What the policies say of a request, where they decide it.
fn decided(hierarchy: &Hierarchy, request: &Request, asked: &Asked<'_>) -> Option<bool> {
    let arn = request.principal.as_deref().or(asked.told.principal.as_deref())?;
    let principal = Principal::parse(arn).ok()?;
    let lower = |(key, values): (&String, &Vec<String>)| (key.to_ascii_lowercase(), values.clone());
    let mut given: BTreeMap<String, Vec<String>> = request.context.iter().map(lower).collect();
    given.insert("aws:requestedregion".to_owned(), vec![request.region.clone()]);
    // The simulator sees the keys that it was given; a real request has more.
    let context = match asked.name {
        "Simulation" => {
            for (key, value) in SESSION_KEYS {
                given.entry(key.to_ascii_lowercase()).or_insert_with(|| vec![value.to_owned()]);
            }
            Context::of_request(given, Some(&principal))
        }
        _ => {
            let mut context = Context::open();
            given.into_iter().for_each(|(key, values)| context.set(&key, KeyValue::Values(values)));
            context
        }
    };
    let request = crate::policy::Request {
        action: request.action.clone(),
        // Which resource stands for `*` where policies tell them apart, nobody says.
        resource: Some(request.resource.clone()).filter(|resource| resource != "*"),
        principal: Some(principal),
        context,
    };
    match evaluate(hierarchy, &request).decision {
        Decision::Undecided => None,
        decision => Some(decision.is_denied()),
    }
}

/// The judgement that a proof alone comes to.
pub(super) fn of_proof(proof: &Proof, hierarchy: &Hierarchy, account: &str) -> Judgement {
    let verdict = verdict_of(proof);
    let value = proof_value("files", hierarchy, proof, account);
    let observed = vec![Observed { property: "Policies".to_owned(), value: Some(value), place: None }];
    let found = (verdict == Verdict::Fail).then(|| Value::list(openings(proof, account).into_iter().map(Value::from)));
    let cause = (verdict == Verdict::Unknown).then(|| Unknown::Undecided(undecided(proof)));
    Judgement { verdict, evidence: Evidence { observed, found, cause } }
}

fn proof_value(source: &str, hierarchy: &Hierarchy, proof: &Proof, account: &str) -> Value {
    let texts = |texts: Vec<String>| match texts.is_empty() {
        true => Value::Null,
        false => Value::list(texts.into_iter().take(MOST).map(Value::from)),
    };
    let exempt = proof.exempt.iter().map(|exempt| in_words(&exempt.principal, account)).collect();
    let steps = proof.holes.first().map(|hole| trace(hierarchy, &hole.request)).unwrap_or_default();
    Value::map([
        ("Verdict", proof_word(proof.verdict).into()),
        ("Source", source.into()),
        ("Levels", texts(hierarchy.levels.iter().map(level_words).collect())),
        ("Actions", count(proof.asked)),
        ("Open", texts(open_patterns(proof))),
        ("Exempt", texts(exempt)),
        ("Trace", texts(steps)),
    ])
}

/// Why a proof is no proof.
fn undecided(proof: &Proof) -> Text {
    let exempt = proof.exempt.iter().find(|exempt| !exempt.undecided.is_empty());
    Text::of(|lang| match (proof.undecided.first(), exempt) {
        (Some(open), _) => {
            let action = open.actions.first().map(|action| format!("{action}: ")).unwrap_or_default();
            format!("{action}{}", open.reason.describe(lang))
        }
        (None, Some(exempt)) => format!("{}: {}", exempt.principal, exempt.undecided.join(", ")),
        (None, None) => lang.pick("no such request exists", "対象となるリクエストが存在しない").to_owned(),
    })
}

fn proof_word(verdict: ProofVerdict) -> &'static str {
    match verdict {
        ProofVerdict::Proved => "proved",
        ProofVerdict::ProvedExcept => "proved_except",
        ProofVerdict::Counterexample => "counterexample",
        ProofVerdict::Undecided => "undecided",
    }
}

fn count(number: usize) -> Value {
    Value::Number(number.into())
}
