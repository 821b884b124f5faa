//! Amazon ECR: where the registry of a region copies its images to.

use aws_sdk_ecr::Client;
use aws_sdk_ecr::types::{ReplicationConfiguration, ReplicationRule};
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
    let mut batch = Batch::default();
    let client = Client::new(&unit.session.config(&unit.region));
    match unit.call("ecr:DescribeRegistry", client.describe_registry().send()).await {
        Err(failure) => batch.fail(REPLICATION, failure),
        Ok(answer) => {
            let registry = answer.registry_id().unwrap_or(unit.account());
            let rules = answer.replication_configuration().map(ReplicationConfiguration::rules).unwrap_or_default();
            let rules = Value::map([("Rules", Value::list(rules.iter().map(rule)))]);
            let properties = Value::map([("RegistryId", registry.into()), ("ReplicationConfiguration", rules)]);
            batch.push(unit.resource(REPLICATION, registry, None, properties));
        }
    }
    batch
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
