//! Amazon ECR: where the registry of a region copies its images to.

use aws_sdk_ecr::Client;
use aws_sdk_ecr::types::ReplicationRule;
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::{Collector, Scope};
use crate::model::Value;

const REPLICATION: &str = "AWS::ECR::ReplicationConfiguration";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "ecr-replication",
    scope: Scope::Regional,
    types: &[REPLICATION],
    actions: &["ecr:DescribeRegistry"],
    run: |unit| replication(unit).boxed(),
}];

async fn replication(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let call = client.describe_registry().send();
    let said = unit.ask("ecr:DescribeRegistry", call, |answer| answer.replication_configuration);
    let rules = match said.await {
        Err(failure) => return Batch::failed(REPLICATION, failure),
        Ok(configuration) => Value::list(configuration.rules().iter().map(rule)),
    };
    // The registry of an account has its id.
    let properties = Value::map([
        ("RegistryId", unit.account().into()),
        ("ReplicationConfiguration", Value::map([("Rules", rules)])),
    ]);
    Batch::one(unit.resource(REPLICATION, unit.account(), None, properties))
}

fn rule(rule: &ReplicationRule) -> Value {
    let destinations = rule.destinations().iter().map(|destination| {
        Value::map([("Region", destination.region().into()), ("RegistryId", destination.registry_id().into())])
    });
    let filters = rule.repository_filters().iter().map(|filter| {
        Value::map([("Filter", filter.filter().into()), ("FilterType", filter.filter_type().as_str().into())])
    });
    Value::map([("Destinations", Value::list(destinations)), ("RepositoryFilters", Value::list(filters))])
}
