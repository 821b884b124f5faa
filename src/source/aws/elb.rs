//! Elastic Load Balancing: Classic Load Balancers.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancing::Client;
use aws_sdk_elasticloadbalancing::types::{ListenerDescription, LoadBalancerDescription};
use futures::FutureExt;

use super::call::{Batch, Failure, Unit, each};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

pub(super) const DESCRIBE_TAGS: &str = "elasticloadbalancing:DescribeTags";

const LOAD_BALANCER: &str = "AWS::ElasticLoadBalancing::LoadBalancer";

pub(super) static COLLECTORS: &[Collector] = &[Collector {
    name: "elb-load-balancers",
    scope: Scope::Regional,
    types: &[LOAD_BALANCER],
    actions: &[
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        DESCRIBE_TAGS,
    ],
    run: |unit| load_balancers(unit).boxed(),
}];

/// One call describes the tags of as many load balancers.
/// <https://docs.aws.amazon.com/elasticloadbalancing/2012-06-01/APIReference/API_DescribeTags.html>
const TAGGED_AT_ONCE: usize = 20;

async fn load_balancers(unit: &Unit) -> Batch {
    let client = Client::new(&unit.config());
    let pages = client.describe_load_balancers().page_size(400).into_paginator().send();
    let (balancers, failure) = unit
        .list("elasticloadbalancing:DescribeLoadBalancers", pages, |page| {
            (page.load_balancer_descriptions, page.next_marker)
        })
        .await;
    let names = balancers.iter().filter_map(|one| one.load_balancer_name.clone()).collect();
    let tags = tags(names, |names| tags_of(unit, &client, names)).await;
    let read = |balancer| load_balancer(unit, &client, &tags, balancer);
    Batch::of(LOAD_BALANCER, (each(balancers, read).await, failure))
}

/// The tags of load balancers by the id, the name or the ARN, that `ask` wants of a few of them.
pub(super) async fn tags<F>(ids: Vec<String>, ask: impl Fn(Vec<String>) -> F) -> BTreeMap<String, Value>
where
    F: Future<Output = Result<BTreeMap<String, Value>, Failure>>,
{
    let mut tags = BTreeMap::new();
    for ids in ids.chunks(TAGGED_AT_ONCE) {
        match ask(ids.to_vec()).await {
            Ok(said) => tags.extend(said),
            Err(failure) => tags.extend(ids.iter().map(|id| (id.clone(), failure.clone().into_value()))),
        }
    }
    for id in ids {
        tags.entry(id).or_insert_with(|| Failure::unsaid(DESCRIBE_TAGS).into_value());
    }
    tags
}

async fn tags_of(unit: &Unit, client: &Client, names: Vec<String>) -> Result<BTreeMap<String, Value>, Failure> {
    let call = client.describe_tags().set_load_balancer_names(Some(names)).send();
    let answer = unit.call(DESCRIBE_TAGS, call).await?;
    let described = answer.tag_descriptions().iter().filter_map(|one| {
        let tags = one.tags().iter().map(|tag| (Some(tag.key()), tag.value()));
        Some((one.load_balancer_name()?.to_owned(), convert::tags(tags)))
    });
    Ok(described.collect())
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
