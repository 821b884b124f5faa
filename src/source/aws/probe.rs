//! Requests that must be denied, made: only with `--probe`, only dry runs and reads, and few enough to alarm nobody.
//!
//! A probe proves something only where the service says that it came to authorization. Everything else is untested:
//! an answer that came before authorization, credentials that are not taken, a region that is off.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::probe_table::{Allowed, Row, row};
use super::session::AccountSession;
use super::simulation::question_value;
use super::{Collector, Scope, ec2};
use crate::model::{PROBE, Question, Unknown, Value};

/// The dry runs need no permission: a policy of the organization denies them with or without one.
pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "probe",
    scope: Scope::Global,
    types: &[PROBE],
    actions: &[
        "ec2:DescribeRegions",
        "ec2:DescribeInstances",
        "dynamodb:ListTables",
        "ecs:ListClusters",
        "lambda:ListFunctions",
        "logs:DescribeLogGroups",
        "rds:DescribeDBInstances",
        "sqs:ListQueues",
    ],
    run: |unit| probes(unit).boxed(),
}];

/// Accounts commonly raise an alarm at five denials within five minutes; after this many, nothing more is probed.
const MOST_DENIALS: usize = 4;

/// Nothing unless the caller opened a session for it.
async fn probes(unit: &Unit) -> Batch {
    let Some(prober) = &unit.inquiry.prober else { return Batch::default() };
    let questions = &unit.inquiry.questions;
    let outcomes = match prober {
        Ok(session) => outcomes(unit, session).await,
        Err(failure) => vec![Outcome::failed("no_session", failure); questions.len()],
    };
    let answers = questions.iter().zip(&outcomes).map(|(question, outcome)| outcome.answer(question));
    let principal = prober.as_ref().map_or(Value::Null, |session| session.principal.as_str().into());
    let properties = Value::map([("Principal", principal), ("Answers", Value::list(answers))]);
    Batch::one(unit.global(PROBE, unit.account(), None, properties))
}

/// One after the other, so that none is made once the denials are used up.
async fn outcomes(unit: &Unit, session: &Arc<AccountSession>) -> Vec<Outcome> {
    let questions = &unit.inquiry.questions;
    let regions = match regions(&unit.with(session, &unit.region)).await {
        Ok(regions) => regions,
        Err(failure) => return vec![Outcome::failed("control_failed", &failure); questions.len()],
    };
    let mut outcomes: Vec<Outcome> = Vec::new();
    for question in questions.iter() {
        let denials = outcomes.iter().filter(|outcome| outcome.is_denial()).count();
        outcomes.push(match probe_of(question, session, &regions) {
            Err(reason) => Outcome::untested(reason),
            Ok(_) if denials >= MOST_DENIALS => Outcome::untested("limit"),
            Ok(row) => outcome(row, (row.ask)(&unit.with(session, &question.region)).await),
        });
    }
    outcomes
}

/// The control that must succeed before a denial means anything, and what it says: whether each region is enabled.
async fn regions(unit: &Unit) -> Result<BTreeMap<String, bool>, Failure> {
    let listing = ec2::client(unit).describe_regions().all_regions(true).send();
    let regions = unit.ask("ec2:DescribeRegions", listing, |answer| answer.regions).await?;
    let enabled = |status: Option<&str>| matches!(status, Some("opt-in-not-required" | "opted-in"));
    Ok(regions
        .into_iter()
        .filter_map(|region| Some((region.region_name?, enabled(region.opt_in_status.as_deref()))))
        .collect())
}

/// The row of the table that asks exactly this, or why none does.
fn probe_of(
    question: &Question,
    session: &AccountSession,
    regions: &BTreeMap<String, bool>,
) -> Result<&'static Row, &'static str> {
    let row = row(&question.action).ok_or("no_probe")?;
    if question.resource != "*" {
        Err("resource")
    } else if question.principal.as_ref().is_some_and(|principal| *principal != session.principal) {
        Err("principal")
    } else if !question.context.is_empty() {
        Err("context")
    } else if regions.get(&question.region) != Some(&true) {
        Err("region_not_enabled")
    } else {
        Ok(row)
    }
}

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Allowed,
    /// With the ARN of the policy, where the service names it.
    DeniedByScp(Option<String>),
    /// Denied by something else than a service control policy, or nobody knows by what.
    Denied,
    Untested {
        reason: &'static str,
        code: Option<String>,
    },
}

impl Outcome {
    fn untested(reason: &'static str) -> Self {
        Self::Untested { reason, code: None }
    }

    fn failed(reason: &'static str, failure: &Failure) -> Self {
        Self::Untested { reason, code: Some(failure.code.clone()) }
    }

    fn is_denial(&self) -> bool {
        matches!(self, Self::DeniedByScp(_) | Self::Denied)
    }

    fn answer(&self, question: &Question) -> Value {
        let (outcome, policy, reason, code) = match self {
            Self::Allowed => ("allowed", None, None, None),
            Self::DeniedByScp(policy) => ("denied_by_scp", policy.clone(), None, None),
            Self::Denied => ("denied", None, None, None),
            Self::Untested { reason, code } => ("untested", None, Some(*reason), code.clone()),
        };
        Value::map([
            ("Question", question_value(question)),
            ("Outcome", outcome.into()),
            ("PolicyArn", policy.into()),
            ("Reason", reason.into()),
            ("Code", code.into()),
        ])
    }
}

fn outcome(row: &Row, answer: Result<(), Failure>) -> Outcome {
    match (answer, row.allowed) {
        (Ok(()), Allowed::Success) => Outcome::Allowed,
        (Ok(()), Allowed::DryRun) => Outcome::untested("not_a_dry_run"),
        (Err(failure), Allowed::DryRun) if failure.is(&["DryRunOperation"]) => Outcome::Allowed,
        (Err(failure), _) if failure.is(row.protocol.denials()) => match &failure.cause {
            Unknown::AccessDeniedByScp(_) => Outcome::DeniedByScp(policy_arn(&failure.message)),
            _ => Outcome::Denied,
        },
        (Err(failure), _) => Outcome::failed("not_authorized_first", &failure),
    }
}

/// The ARN at the end of "… in a service control policy: ARN".
fn policy_arn(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("service control policy: ")?;
    let arn = rest.split_whitespace().next()?.trim_end_matches('.');
    let is_policy =
        arn.starts_with("arn:") && arn.contains(":organizations:") && arn.contains("/service_control_policy/");
    is_policy.then(|| arn.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::aws::probe_table::probed_actions;

    #[test]
    fn a_policy_is_named_only_by_its_arn() {
        let arn = "arn:aws:organizations::1:policy/o-1/service_control_policy/p-1";
        assert_eq!(policy_arn(&format!("an explicit deny in a service control policy: {arn}")).as_deref(), Some(arn));
        assert_eq!(policy_arn("an explicit deny in a service control policy: arn:aws:iam::1:role/x"), None);
        assert_eq!(
            policy_arn("with an explicit deny in a service control policy. Encoded authorization failure"),
            None
        );
    }

    #[test]
    fn every_read_of_the_table_is_registered() {
        let dry_run = |action: &str| row(action).is_some_and(|row| row.allowed == Allowed::DryRun);
        let reads = probed_actions().filter(|action| !dry_run(action));
        assert!(reads.into_iter().all(|action| COLLECTORS[0].actions.contains(&action)));
    }

    #[test]
    fn only_ec2_has_dry_runs_and_reads_have_the_names_of_reads() {
        for row in probed_actions().filter_map(row) {
            let (service, name) = row.action.split_once(':').unwrap();
            match row.allowed {
                Allowed::DryRun => assert_eq!(service, "ec2"),
                Allowed::Success => assert!(name.starts_with("List") || name.starts_with("Describe"), "{name}"),
            }
        }
    }
}
