//! Amazon ECS services.

use std::collections::BTreeMap;

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{AwsVpcConfiguration, Failure as Refusal, NetworkConfiguration, Service, TaskSet};
use futures::{FutureExt, StreamExt, stream};

use super::call::{Batch, CALLS_AT_ONCE, Failure, Unit, each};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const SERVICE: &str = "AWS::ECS::Service";

const DESCRIBE: &str = "ecs:DescribeServices";

/// How many services one call may ask about.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html>
const SERVICES_PER_CALL: usize = 10;

const CLUSTER_IS_GONE: [&str; 1] = ["ClusterNotFoundException"];

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "ecs-services",
    scope: Scope::Regional,
    types: &[SERVICE],
    actions: &["ecs:ListClusters", "ecs:ListServices", DESCRIBE],
    run: |unit| services(unit).boxed(),
}];

async fn services(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let pages = client.list_clusters().into_paginator().page_size(100).send();
    let (clusters, failure) = unit.list("ecs:ListClusters", pages, |page| (page.cluster_arns, page.next_token)).await;
    let mut batch = Batch::of(SERVICE, (Vec::new(), failure));
    let mut parts = Vec::new();
    let mut listings = stream::iter(clusters).map(|cluster| listed(unit, &client, cluster)).buffered(CALLS_AT_ONCE);
    while let Some((cluster, arns, failure)) = listings.next().await {
        parts.extend(arns.chunks(SERVICES_PER_CALL).map(|part| (cluster.clone(), part.to_vec())));
        if let Some(failure) = failure.filter(|failure| !failure.is(&CLUSTER_IS_GONE)) {
            batch.fail(SERVICE, failure);
        }
    }
    let read = each(parts, |(cluster, arns)| described(unit, &client, cluster, arns)).await;
    batch.resources.extend(read.into_iter().flatten());
    batch
}

/// A cluster, and the ARNs of its services.
async fn listed(unit: &Unit, client: &Client, cluster: String) -> (String, Vec<String>, Option<Failure>) {
    let pages = client.list_services().cluster(&cluster).into_paginator().page_size(100).send();
    let (arns, failure) = unit.list("ecs:ListServices", pages, |page| (page.service_arns, page.next_token)).await;
    (cluster, arns, failure)
}

/// Some services of one cluster, without those that were deleted in the meantime; nothing when the cluster was.
async fn described(unit: &Unit, client: &Client, cluster: String, arns: Vec<String>) -> Option<Vec<Resource>> {
    let call = client.describe_services().cluster(&cluster).set_services(Some(arns.clone())).send();
    let answer = match unit.call(DESCRIBE, call).await {
        Ok(answer) => answer,
        Err(failure) if failure.is(&CLUSTER_IS_GONE) => return None,
        Err(failure) => return Some(arns.iter().map(|arn| unseen(unit, &cluster, arn, &failure)).collect()),
    };
    let known: BTreeMap<&str, &Service> =
        answer.services().iter().filter_map(|service| Some((service.service_arn()?, service))).collect();
    let refused: BTreeMap<&str, &Refusal> =
        answer.failures().iter().filter_map(|refusal| Some((refusal.arn()?, refusal))).collect();
    let one = |arn: &String| match (known.get(arn.as_str()), refused.get(arn.as_str())) {
        (Some(found), _) => Some(service(unit, &cluster, arn, found)),
        (None, Some(refusal)) if refusal.reason() == Some("MISSING") => None,
        (None, Some(refusal)) => Some(unseen(unit, &cluster, arn, &refused_for(refusal))),
        (None, None) => Some(unseen(unit, &cluster, arn, &Failure::unsaid(DESCRIBE))),
    };
    Some(arns.iter().filter_map(one).collect())
}

fn refused_for(refusal: &Refusal) -> Failure {
    Failure::new(DESCRIBE, refusal.reason().unwrap_or("NoReason"), refusal.detail().unwrap_or_default())
}

fn service(unit: &Unit, cluster: &str, arn: &str, service: &Service) -> Resource {
    let read = [
        ("LaunchType", service.launch_type().map(|kind| kind.as_str()).into()),
        ("TaskDefinition", convert::text(service.task_definition())),
        ("Status", convert::text(service.status())),
        (
            "NetworkConfiguration",
            service.network_configuration().map(|network| awsvpc("AwsvpcConfiguration", network)).into(),
        ),
        ("TaskSets", Value::list(service.task_sets().iter().map(task_set))),
    ];
    resource(unit, cluster, arn, read)
}

/// A service that is known to exist, and nothing more.
fn unseen(unit: &Unit, cluster: &str, arn: &str, failure: &Failure) -> Resource {
    let names = ["LaunchType", "TaskDefinition", "Status", "NetworkConfiguration", "TaskSets"];
    resource(unit, cluster, arn, convert::unseen(names, failure))
}

/// A service is named after its cluster too, for services of two clusters may have the same name.
fn resource(unit: &Unit, cluster: &str, arn: &str, read: impl IntoIterator<Item = (&'static str, Value)>) -> Resource {
    let last = |text: &str| text.rsplit('/').next().unwrap_or_default().to_owned();
    let (of, name) = (last(cluster), last(arn));
    let names = [("ServiceName", name.as_str().into()), ("ServiceArn", arn.into()), ("Cluster", cluster.into())];
    let properties = Value::map(names.into_iter().chain(read));
    unit.resource(SERVICE, format!("{of}/{name}"), Some(arn.to_owned()), properties)
}

fn task_set(set: &TaskSet) -> Value {
    // CloudFormation writes the V of a task set's large, and that of a service's small.
    let network = set.network_configuration().map(|network| awsvpc("AwsVpcConfiguration", network));
    Value::map([
        ("Id", convert::text(set.id())),
        ("Status", convert::text(set.status())),
        ("NetworkConfiguration", network.into()),
    ])
}

fn awsvpc(name: &'static str, network: &NetworkConfiguration) -> Value {
    Value::map([(name, network.awsvpc_configuration().map(addresses).into())])
}

fn addresses(configuration: &AwsVpcConfiguration) -> Value {
    Value::map([
        ("AssignPublicIp", configuration.assign_public_ip().map(|assign| assign.as_str()).into()),
        ("SecurityGroups", convert::sorted_texts(configuration.security_groups())),
        ("Subnets", convert::sorted_texts(configuration.subnets())),
    ])
}
