//! The organization that the account is a member of, as the account itself may ask.

use aws_sdk_organizations::Client;
use aws_sdk_organizations::types::Organization;
use futures::FutureExt;

use super::call::{Batch, Failure, Unit};
use super::organizations::REGION;
use super::{Collector, Scope};
use crate::model::{Resource, Value};

const ORGANIZATION: &str = "AWS::Organizations::Organization";

const ACTION: &str = "organizations:DescribeOrganization";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "organization",
    scope: Scope::Global,
    types: &[ORGANIZATION],
    actions: &[ACTION],
    run: |unit| organization(unit).boxed(),
}];

async fn organization(unit: &Unit) -> Batch {
    let there = unit.at(REGION);
    let call = Client::new(&there.config()).describe_organization().send();
    match there.ask(ACTION, call, |answer| answer.organization).await {
        Ok(found) => Batch::one(described(unit, found)),
        Err(failure) => unanswered(failure),
    }
}

/// That an account is in no organization is an answer:
/// <https://docs.aws.amazon.com/organizations/latest/APIReference/API_DescribeOrganization.html>
fn unanswered(failure: Failure) -> Batch {
    if failure.is(&["AWSOrganizationsNotInUseException"]) {
        return Batch::default();
    }
    Batch::failed(ORGANIZATION, failure)
}

fn described(unit: &Unit, found: Organization) -> Resource {
    let management = found.master_account_id.map_or_else(|| Failure::unsaid(ACTION).into_value(), Value::from);
    let properties = Value::map([("Id", found.id.clone().into()), ("ManagementAccountId", management)]);
    unit.global(ORGANIZATION, found.id.as_deref().unwrap_or(unit.account()), found.arn, properties)
}
