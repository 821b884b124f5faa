//! A preventive guardrail: requests that service control policies must deny, and the cases that show it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::guardrail::{ClassName, Classes, Expect, RuleFile};
use super::params::Params;
use crate::model::{Severity, Text, Value, Verdict};
use crate::policy::{
    Catalogue, Hierarchy, InvalidQuestion, Level, MustDeny, PolicyType, Proof, ProofVerdict, Question,
    full_access_policy, prove, read_policy_value,
};
use crate::syntax::{Fault, SourceFile, parse};

const CASE_ACCOUNT: &str = "111111111111";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PreventiveKind {
    /// 予防的統制: makes what is wrong impossible.
    Preventive,
}

/// Which accounts a preventive guardrail is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreventiveScope {
    /// The account classes that it binds.
    pub classes: Vec<ClassName>,
}

/// Policies with the verdict that they must come to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreventiveCase {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub expect: Expect,
    /// Policy documents that bind the account beside `FullAWSAccess`; `{$unknown: CAUSE}` stands for a part that is not
    /// known.
    pub policies: Vec<serde_json::Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, serde_json::Value>,
}

/// The file of a preventive guardrail as it is written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreventiveFile {
    /// In kebab-case, saying what must hold; also the name of the file.
    #[schemars(regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))]
    pub id: String,
    /// Another name to select it by, as in a catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    pub title: Text,
    pub rationale: Text,
    pub remediation: Text,
    pub kind: PreventiveKind,
    pub severity: Severity,
    pub applies_to: PreventiveScope,
    /// Control ids by framework.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub controls: BTreeMap<String, Vec<String>>,
    pub must_deny: MustDeny,
    pub cases: Vec<PreventiveCase>,
}

/// A rule file of either sort: the schema of all rule files.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub enum AnyRuleFile {
    Assertion(Box<RuleFile>),
    Preventive(Box<PreventiveFile>),
}

/// A preventive guardrail, read.
#[derive(Debug)]
pub struct Preventive {
    pub rule: PreventiveFile,
    pub source: SourceFile,
}

impl Preventive {
    /// Whether a rule file is one of a preventive guardrail, be it right or not.
    pub(super) fn is_meant(source: &SourceFile) -> bool {
        if !source.text.contains("must_deny") && !source.text.contains("preventive") {
            return false;
        }
        let Ok(document) = parse(source) else { return false };
        let kind = document.get("kind").and_then(crate::syntax::Node::scalar_text);
        document.get("must_deny").is_some() || kind.as_deref() == Some("preventive")
    }

    /// Reads a rule file.
    ///
    /// # Errors
    /// What is wrong with the file, at its place.
    pub fn load(source: SourceFile) -> Result<Self, Fault> {
        let document = parse(&source)?;
        if let Some(node) = document.get("assert") {
            let message = "a guardrail has either `assert` or `must_deny`, and a preventive one has `must_deny`";
            return Err(Fault::at(&source, node.span.clone(), message).help("docs/preventive.md describes `must_deny`"));
        }
        let rule: PreventiveFile =
            document.read(&source).map_err(|fault| fault.help("docs/preventive.md gives an example"))?;
        if rule.applies_to.classes.is_empty() {
            let span = document.get("applies_to").map_or(0..0, |node| node.span.clone());
            return Err(Fault::at(&source, span, "no account class is given").help("as in [all]"));
        }
        Ok(Self { rule, source })
    }

    pub fn id(&self) -> &str {
        &self.rule.id
    }

    pub fn classes(&self) -> Classes<'_> {
        Classes(&self.rule.applies_to.classes)
    }

    /// The parameters that its question names.
    pub fn params(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        collect_params(&serde_json::to_value(&self.rule.must_deny).unwrap_or_default(), &mut names);
        names
    }

    /// What must be denied, with the parameters in this run.
    ///
    /// # Errors
    /// When the parameters do not make it a question, as where one that names what to protect is empty.
    pub fn question(
        &self,
        catalogue: &Catalogue,
        params: &Params,
        local: &BTreeMap<String, serde_json::Value>,
    ) -> Result<Question, InvalidQuestion> {
        self.rule.must_deny.resolve(catalogue, |name| local.get(name).or_else(|| params.value(name)).cloned())
    }

    /// Proves a case.
    ///
    /// # Errors
    /// When the case has something that is no policy, or did not come to what it expects.
    pub fn run_case(&self, case: &PreventiveCase, catalogue: &Catalogue, params: &Params) -> Result<(), String> {
        let mut policies = vec![full_access_policy()];
        for (position, document) in case.policies.iter().enumerate() {
            let value = Value::from_notation(document.clone()).map_err(|error| format!("`policies`: {error}"))?;
            let policy = read_policy_value(&format!("policy-{}", position + 1), &value, PolicyType::Scp);
            policies.push(Arc::new(
                policy.map_err(|flaws| flaws.into_iter().map(|flaw| flaw.message).collect::<Vec<_>>().join("; "))?,
            ));
        }
        let verdict = match self.question(catalogue, params, &case.params) {
            Err(_) => Verdict::Unknown,
            Ok(question) => {
                let level = Level { name: "root".into(), policies };
                let hierarchy = Hierarchy { account: Some(CASE_ACCOUNT.into()), ..Hierarchy::new(vec![level]) };
                verdict_of(&prove(&hierarchy, &question, catalogue))
            }
        };
        let expected = case.expect.verdict();
        if verdict == expected { Ok(()) } else { Err(format!("expected {expected}, got {verdict}")) }
    }
}

/// What a proof means for the guardrail. An exemption that others can make or take over is a way around it.
pub fn verdict_of(proof: &Proof) -> Verdict {
    match proof.verdict {
        ProofVerdict::Counterexample => Verdict::Fail,
        ProofVerdict::Undecided => Verdict::Unknown,
        ProofVerdict::Proved | ProofVerdict::ProvedExcept => {
            if proof.exempt.iter().any(|exempt| !exempt.ways.is_empty()) {
                Verdict::Fail
            } else if proof.exempt.iter().any(|exempt| !exempt.undecided.is_empty()) {
                Verdict::Unknown
            } else {
                Verdict::Pass
            }
        }
    }
}

fn collect_params(value: &serde_json::Value, into: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::String(text) => into.extend(text.strip_prefix("params.").map(str::to_owned)),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_params(item, into)),
        serde_json::Value::Object(map) => map.values().for_each(|item| collect_params(item, into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "id: x\ntitle: {en: a, ja: あ}\nrationale: {en: a, ja: あ}\nremediation: {en: a, ja: あ}\n\
                        kind: preventive\nseverity: low\napplies_to: {classes: [all]}\ncases: []\n";

    fn load(text: &str) -> Result<Preventive, Fault> {
        let source = SourceFile::new("x.yaml", format!("{RULE}{text}"));
        assert!(Preventive::is_meant(&source));
        Preventive::load(source)
    }

    #[test]
    fn a_preventive_guardrail_says_what_must_be_denied_and_asserts_nothing() {
        let rule = load("must_deny: {actions: [params.a, 's3:*'], regions: {outside: [params.b]}}\n").unwrap();
        assert_eq!(rule.params(), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
        let both = load("must_deny: {actions: ['*']}\nassert: 'true'\n").unwrap_err();
        assert!(both.to_string().starts_with("x.yaml:10: a guardrail has either"), "{both}");
        assert!(load("").unwrap_err().to_string().contains("must_deny"));
    }

    #[test]
    fn a_case_that_comes_out_otherwise_is_said() {
        let rule = load("must_deny: {actions: ['organizations:LeaveOrganization']}\n").unwrap();
        let catalogue = Catalogue::load().unwrap();
        let run = |expect, policies| {
            let case = PreventiveCase { name: None, expect, policies, params: BTreeMap::new() };
            rule.run_case(&case, catalogue, &Params::default())
        };
        let deny = serde_json::json!({"Version": "2012-10-17", "Statement":
            {"Effect": "Deny", "Action": "organizations:Leave*", "Resource": "*"}});
        assert_eq!(run(Expect::Pass, vec![deny.clone()]), Ok(()));
        assert_eq!(run(Expect::Fail, vec![]), Ok(()));
        assert_eq!(run(Expect::Fail, vec![deny]), Err("expected fail, got pass".to_owned()));
        assert!(run(Expect::Fail, vec![serde_json::json!(5)]).is_err());
    }
}
