//! Amazon EKS clusters.

use aws_sdk_eks::Client;
use aws_sdk_eks::types::{Cluster, EncryptionConfig, VpcConfigResponse};
use futures::FutureExt;

use super::call::{Batch, Unit, each};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const CLUSTER: &str = "AWS::EKS::Cluster";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "eks-clusters",
    scope: Scope::Regional,
    types: &[CLUSTER],
    actions: &["eks:ListClusters", "eks:DescribeCluster"],
    run: |unit| clusters(unit).boxed(),
}];

async fn clusters(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let pages = client.list_clusters().into_paginator().page_size(100).send();
    let (names, failure) = unit.list("eks:ListClusters", pages, |page| (page.clusters, page.next_token)).await;
    Batch::of(CLUSTER, (each(names, |name| cluster(unit, &client, name)).await, failure))
}

/// Nothing when the cluster was deleted in the meantime.
async fn cluster(unit: &Unit, client: &Client, name: String) -> Option<Resource> {
    let arn = unit.arn("eks", &format!("cluster/{name}"));
    let call = client.describe_cluster().name(&name).send();
    let read = match unit.ask("eks:DescribeCluster", call, |answer| answer.cluster).await {
        Ok(cluster) => settings(&cluster),
        Err(failure) if failure.is(&["ResourceNotFoundException"]) => return None,
        Err(failure) => {
            convert::unseen(["Version", "Status", "EncryptionConfig", "ResourcesVpcConfig", "Tags"], &failure)
        }
    };
    let names = [("Name", name.as_str().into()), ("Arn", arn.as_str().into())];
    let properties = Value::map(names.into_iter().chain(read));
    Some(unit.resource(CLUSTER, name, Some(arn), properties))
}

fn settings(cluster: &Cluster) -> Vec<(&'static str, Value)> {
    vec![
        ("Version", convert::text(cluster.version())),
        ("Status", cluster.status().map(|status| status.as_str()).into()),
        ("EncryptionConfig", Value::list(cluster.encryption_config().iter().map(encryption))),
        ("ResourcesVpcConfig", cluster.resources_vpc_config().map(network).into()),
        ("Tags", convert::tag_map(cluster.tags())),
    ]
}

#[expect(deprecated, reason = "a template and an older cluster say it, and CloudFormation has it")]
fn encryption(config: &EncryptionConfig) -> Value {
    let provider = config.provider().map(|provider| Value::map([("KeyArn", convert::text(provider.key_arn()))]));
    Value::map([("Provider", provider.into()), ("Resources", convert::sorted_texts(config.resources()))])
}

fn network(config: &VpcConfigResponse) -> Value {
    Value::map([
        ("EndpointPublicAccess", config.endpoint_public_access().into()),
        ("EndpointPrivateAccess", config.endpoint_private_access().into()),
        ("PublicAccessCidrs", convert::sorted_texts(config.public_access_cidrs())),
        ("SecurityGroupIds", convert::sorted_texts(config.security_group_ids())),
        ("SubnetIds", convert::sorted_texts(config.subnet_ids())),
    ])
}
