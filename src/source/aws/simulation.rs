//! Requests that must be denied, asked of IAM's simulator from inside the account: no event of a denial is left behind.
//!
//! The simulator evaluates the organization's service control policies with their conditions for the role that asks. It
//! does not say which keys they use, and takes a key that was not supplied as absent; it knows no resource control
//! policies. <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html>

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::Client;
use aws_sdk_iam::operation::simulate_principal_policy::SimulatePrincipalPolicyOutput;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use futures::{FutureExt, StreamExt, stream};

use super::calibration::Calibration;
use super::call::{Batch, CALLS_AT_ONCE, Failure, Unit, pages};
use super::iam::client;
use super::simulate::{ACTIONS_AT_ONCE, SIMULATE};
use super::{Collector, Scope};
use crate::model::{Question, SESSION_KEYS, SIMULATION, Unknown, Value};

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "simulation",
    scope: Scope::Global,
    types: &[SIMULATION],
    actions: &[SIMULATE],
    run: |unit| simulation(unit).boxed(),
}];

/// Lets everything through that nothing else denies, whatever the role itself may do.
const ALLOW_ALL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

async fn simulation(unit: &Unit) -> Batch {
    let simulator = Simulator { unit, client: client(unit) };
    let calibration = Calibration::of(unit);
    let controls = simulator.ask(calibration.questions()).await;
    if let Some(failure) = controls.values().find_map(|said| said.as_ref().err()) {
        return Batch::failed(SIMULATION, failure.clone());
    }
    let problem = calibration.problem(|question| controls.get(question)?.as_ref().ok());
    // What a simulator says that is wrong about what is known counts for nothing.
    let questions = if problem.is_none() { unit.inquiry.questions.as_ref() } else { &[] };
    let said = simulator.ask(questions).await;
    let answers = questions.iter().filter_map(|question| Some(answer(question, said.get(question)?)));
    let properties = Value::map([
        ("Calibrated", problem.is_none().into()),
        ("Problem", problem.into()),
        ("Principal", unit.session.principal.as_str().into()),
        ("Answers", Value::list(answers)),
    ]);
    Batch::one(unit.global(SIMULATION, unit.account(), None, properties))
}

fn answer(question: &Question, said: &Result<Said, Failure>) -> Value {
    let (with, without) = match said {
        Ok(said) => (said.with.value(), said.without.value()),
        Err(failure) => (failure.clone().into_value(), failure.clone().into_value()),
    };
    Value::map([("Question", question_value(question)), ("WithPolicies", with), ("WithoutPolicies", without)])
}

/// A question as its own serialized form, from which it can be read back.
pub(super) fn question_value(question: &Question) -> Value {
    serde_json::to_value(question).unwrap_or_default().into()
}

/// What the simulator says of one request, under the service control policies and with them left out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Said {
    pub(super) with: Answer,
    pub(super) without: Answer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Allowed,
    Denied,
    /// The decision leaves out what the organization's policies have to do with it.
    Unsaid,
    /// The decision and its details exclude each other, or the action is decided twice.
    Contradiction,
}

impl Answer {
    fn value(self) -> Value {
        let failed = |code: &str| Value::unknown(Unknown::CallFailed { action: SIMULATE.into(), code: code.into() });
        match self {
            Self::Allowed => "allowed".into(),
            Self::Denied => "denied".into(),
            Self::Unsaid => failed("NoOrganizationsDecision"),
            Self::Contradiction => failed("Contradiction"),
        }
    }

    /// Whether the service control policies let the request through, whoever else denies it.
    fn with(result: &EvaluationResult) -> Self {
        let allowed = *result.eval_decision() == PolicyEvaluationDecisionType::Allowed;
        match result.organizations_decision_detail().map(|detail| detail.allowed_by_organizations()) {
            Some(true) => Self::Allowed,
            Some(false) if allowed => Self::Contradiction,
            Some(false) => Self::Denied,
            None => Self::Unsaid,
        }
    }

    /// What remains when there are no service control policies.
    fn without(result: &EvaluationResult) -> Self {
        match result.eval_decision() {
            PolicyEvaluationDecisionType::Allowed => Self::Allowed,
            PolicyEvaluationDecisionType::ExplicitDeny | PolicyEvaluationDecisionType::ImplicitDeny => Self::Denied,
            _ => Self::Unsaid,
        }
    }
}

/// All of a question but its action: requests of the same circumstances are asked about together.
type Circumstances<'a> = (&'a str, &'a str, Option<&'a str>, &'a BTreeMap<String, Vec<String>>);

fn circumstances(question: &Question) -> Circumstances<'_> {
    (&question.resource, &question.region, question.principal.as_deref(), &question.context)
}

struct Simulator<'a> {
    unit: &'a Unit,
    client: Client,
}

impl Simulator<'_> {
    async fn ask<'q>(&self, questions: &'q [Question]) -> BTreeMap<&'q Question, Result<Said, Failure>> {
        let mut groups: BTreeMap<Circumstances<'_>, BTreeSet<&Question>> = BTreeMap::new();
        for question in questions {
            groups.entry(circumstances(question)).or_default().insert(question);
        }
        let groups = groups.into_values().map(|group| group.into_iter().collect::<Vec<&Question>>());
        let chunks = groups.flat_map(|group| group.chunks(ACTIONS_AT_ONCE).map(<[_]>::to_vec).collect::<Vec<_>>());
        let asked = chunks.map(|chunk| async { (self.said(&chunk).await, chunk) }).collect::<Vec<_>>();
        let mut answers = BTreeMap::new();
        let mut asked = stream::iter(asked).buffered(CALLS_AT_ONCE);
        while let Some((said, chunk)) = asked.next().await {
            answers.extend(chunk.into_iter().map(|question| (question, of_action(&said, &question.action))));
        }
        answers
    }

    /// What is said of the actions of questions in the same circumstances.
    async fn said(&self, chunk: &[&Question]) -> Result<BTreeMap<String, Said>, Failure> {
        let with = self.decided(chunk, false, Answer::with).await?;
        let without = self.decided(chunk, true, Answer::without).await?;
        let said = |(action, with): (String, Answer)| {
            let without = without.get(&action).copied()?;
            Some((action, Said { with, without }))
        };
        Ok(with.into_iter().filter_map(said).collect())
    }

    async fn decided(
        &self,
        chunk: &[&Question],
        without_policies: bool,
        read: fn(&EvaluationResult) -> Answer,
    ) -> Result<BTreeMap<String, Answer>, Failure> {
        let Some(first) = chunk.first() else { return Ok(BTreeMap::new()) };
        let principal = &self.unit.session.principal;
        let request = self
            .client
            .simulate_principal_policy()
            .policy_source_arn(principal)
            .policy_input_list(ALLOW_ALL)
            .set_action_names(Some(chunk.iter().map(|question| question.action.clone()).collect()))
            .resource_arns(&first.resource)
            .set_context_entries(Some(context(first, principal)));
        let ask = move |marker| {
            let exclude = move |request: &mut HttpRequest| {
                if without_policies {
                    exclude_policies(request)
                }
            };
            request.clone().set_marker(marker).customize().mutate_request(exclude).send()
        };
        let pages = pages(ask, SimulatePrincipalPolicyOutput::marker);
        let split = |page: SimulatePrincipalPolicyOutput| (page.evaluation_results, page.marker);
        let (results, failure) = self.unit.list(SIMULATE, pages, split).await;
        match failure {
            Some(failure) => Err(failure),
            None => Ok(by_action(&results, read)),
        }
    }
}

/// Adds the one parameter that the SDK writes without its name (`PolicyExclusionList.member.1.member`), as of
/// aws-sdk-iam 1.133.
fn exclude_policies(request: &mut HttpRequest) {
    let Some(body) = request.body().bytes() else { return };
    let form = [body, b"&PolicyExclusionList.member.1.PolicyType=scp"].concat();
    request.headers_mut().insert("content-length", form.len().to_string());
    *request.body_mut() = SdkBody::from(form);
}

fn by_action(results: &[EvaluationResult], read: fn(&EvaluationResult) -> Answer) -> BTreeMap<String, Answer> {
    let mut answers: BTreeMap<String, Answer> = BTreeMap::new();
    for result in results {
        let answer = read(result);
        let before = answers.entry(result.eval_action_name().to_ascii_lowercase()).or_insert(answer);
        if *before != answer {
            *before = Answer::Contradiction;
        }
    }
    answers
}

fn of_action(said: &Result<BTreeMap<String, Said>, Failure>, action: &str) -> Result<Said, Failure> {
    let said = said.as_ref().map_err(Clone::clone)?;
    said.get(&action.to_ascii_lowercase()).cloned().ok_or_else(|| Failure::unsaid(SIMULATE))
}

/// The keys that the simulator does not fill in by itself: who asks, and where; and those of the question.
fn context(question: &Question, principal: &str) -> Vec<ContextEntry> {
    let principal = question.principal.as_deref().unwrap_or(principal);
    let own = [("aws:PrincipalArn", principal), ("aws:RequestedRegion", question.region.as_str())];
    let given = |key: &str| question.context.keys().any(|given| given.eq_ignore_ascii_case(key));
    let usual = SESSION_KEYS.into_iter().filter(|(key, _)| !given(key));
    let is_own = |key: &str| own.iter().any(|(fixed, _)| fixed.eq_ignore_ascii_case(key));
    let further = question.context.iter().filter(|(key, values)| !is_own(key) && !values.is_empty());
    let further = further.map(|(key, values)| entry(key, values.clone()));
    own.into_iter().chain(usual).map(|(key, value)| entry(key, vec![value.to_owned()])).chain(further).collect()
}

pub(super) fn entry(key: &str, values: Vec<String>) -> ContextEntry {
    let kind = key_type(key, values.len());
    ContextEntry::builder().context_key_name(key).context_key_type(kind).set_context_key_values(Some(values)).build()
}

/// The global keys that are no texts, with the types that the simulator gives them.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>
fn key_type(key: &str, count: usize) -> ContextKeyTypeEnum {
    match key.to_ascii_lowercase().as_str() {
        "aws:multifactorauthpresent" | "aws:principalisawsservice" | "aws:securetransport" | "aws:viaawsservice" => {
            ContextKeyTypeEnum::Boolean
        }
        "aws:multifactorauthage" | "aws:epochtime" => ContextKeyTypeEnum::Numeric,
        "aws:currenttime" | "aws:tokenissuetime" => ContextKeyTypeEnum::Date,
        "aws:sourceip" | "aws:vpcsourceip" => ContextKeyTypeEnum::Ip,
        _ if count == 1 => ContextKeyTypeEnum::String,
        _ => ContextKeyTypeEnum::StringList,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MFA: &str = "aws:MultiFactorAuthPresent";

    /// What the simulator is told of MFA where a question says this.
    fn told(said: Option<&[&str]>) -> Vec<String> {
        let given = said.map(|values| (MFA.to_lowercase(), values.iter().map(|value| (*value).to_owned()).collect()));
        let question = Question {
            action: "iam:CreateUser".into(),
            resource: "*".into(),
            region: "us-east-1".into(),
            principal: None,
            context: given.into_iter().collect(),
        };
        let entries = context(&question, "arn:aws:iam::111111111111:role/govcheck");
        let of_mfa =
            entries.iter().filter(|entry| entry.context_key_name().is_some_and(|name| name.eq_ignore_ascii_case(MFA)));
        of_mfa.flat_map(|entry| entry.context_key_values().to_vec()).collect()
    }

    #[test]
    fn a_session_has_mfa_unless_the_question_says_otherwise() {
        assert_eq!(told(None), ["true"]);
        assert_eq!(told(Some(&["false"])), ["false"]);
        assert_eq!(told(Some(&[])), Vec::<String>::new());
    }
}
