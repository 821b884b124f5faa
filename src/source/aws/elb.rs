//! Elastic Load Balancing: Classic Load Balancers.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancing::Client;
use aws_sdk_elasticloadbalancing::types::{ListenerDescription, LoadBalancerDescription};
use futures::{FutureExt, StreamExt, stream};

use super::call::{Batch, CALLS_AT_ONCE, Unit};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const LOAD_BALANCER: &str = "AWS::ElasticLoadBalancing::LoadBalancer";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "elb-load-balancers",
    scope: Scope::Regional,
    types: &[LOAD_BALANCER],
    actions: &[
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeTags",
    ],
    run: |unit| load_balancers(unit).boxed(),
}];

/// One call describes the tags of as many load balancers.
/// <https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeTags.html>
const TAGGED_AT_ONCE: usize = 20;

async fn load_balancers(unit: &Unit) -> Batch {
    let client = Client::new(&unit.session.config(&unit.region));
    let pages = client.describe_load_balancers().page_size(400).into_paginator().send();
    let (balancers, failure) = unit
        .list("elasticloadbalancing:DescribeLoadBalancers", pages, |page| {
            (page.load_balancer_descriptions, page.next_marker)
        })
        .await;
    let tags = tags(unit, &client, &balancers).await;
    let read = |balancer| load_balancer(unit, &client, &tags, balancer);
    let resources: Vec<Option<Resource>> = stream::iter(balancers).map(read).buffered(CALLS_AT_ONCE).collect().await;
    Batch::of(LOAD_BALANCER, (resources.into_iter().flatten().collect(), failure))
}

/// The tags by name.
async fn tags(unit: &Unit, client: &Client, balancers: &[LoadBalancerDescription]) -> BTreeMap<String, Value> {
    let names: Vec<String> = balancers.iter().filter_map(|one| one.load_balancer_name.clone()).collect();
    let chunks = names.chunks(TAGGED_AT_ONCE).map(<[String]>::to_vec);
    let read = stream::iter(chunks).map(|names| tags_of(unit, client, names)).buffered(CALLS_AT_ONCE);
    read.collect::<Vec<_>>().await.into_iter().flatten().collect()
}

async fn tags_of(unit: &Unit, client: &Client, names: Vec<String>) -> Vec<(String, Value)> {
    let call = client.describe_tags().set_load_balancer_names(Some(names.clone())).send();
    match unit.call("elasticloadbalancing:DescribeTags", call).await {
        Ok(answer) => answer
            .tag_descriptions
            .unwrap_or_default()
            .into_iter()
            .filter_map(|described| {
                let tags = described.tags().iter().map(|tag| (Some(tag.key()), tag.value()));
                Some((described.load_balancer_name.clone()?, convert::tags(tags)))
            })
            .collect(),
        Err(failure) => names.into_iter().map(|name| (name, failure.clone().into_value())).collect(),
    }
}

/// Nothing when the load balancer was deleted in the meantime.
async fn load_balancer(
    unit: &Unit,
    client: &Client,
    tags: &BTreeMap<String, Value>,
    balancer: LoadBalancerDescription,
) -> Option<Resource> {
    let name = balancer.load_balancer_name()?;
    let call = client.describe_load_balancer_attributes().load_balancer_name(name).send();
    let access_log = match unit.call("elasticloadbalancing:DescribeLoadBalancerAttributes", call).await {
        Ok(answer) => {
            let log = answer.load_balancer_attributes().and_then(|attributes| attributes.access_log());
            log.map(|log| {
                Value::map([
                    ("Enabled", log.enabled().into()),
                    ("EmitInterval", log.emit_interval().into()),
                    ("S3BucketName", convert::text(log.s3_bucket_name())),
                    ("S3BucketPrefix", convert::text(log.s3_bucket_prefix())),
                ])
            })
            .into()
        }
        Err(failure) if failure.is(&["LoadBalancerNotFound"]) => return None,
        Err(failure) => failure.into_value(),
    };
    let properties = Value::map([
        ("LoadBalancerName", name.into()),
        ("Scheme", convert::text(balancer.scheme())),
        ("SecurityGroups", convert::sorted_texts(balancer.security_groups())),
        ("Listeners", Value::list(balancer.listener_descriptions().iter().filter_map(listener))),
        ("AccessLoggingPolicy", access_log),
        ("Tags", tags.get(name).cloned().into()),
    ]);
    let arn = unit.arn("elasticloadbalancing", &format!("loadbalancer/{name}"));
    Some(unit.resource(LOAD_BALANCER, name, Some(arn), properties))
}

/// Ports are texts, as in CloudFormation.
fn listener(described: &ListenerDescription) -> Option<Value> {
    let listener = described.listener()?;
    Some(Value::map([
        ("Protocol", listener.protocol().into()),
        ("LoadBalancerPort", listener.load_balancer_port().to_string().into()),
        ("InstanceProtocol", listener.instance_protocol().into()),
        ("InstancePort", listener.instance_port().to_string().into()),
        ("SSLCertificateId", convert::text(listener.ssl_certificate_id())),
        ("PolicyNames", convert::sorted_texts(described.policy_names())),
    ]))
}
