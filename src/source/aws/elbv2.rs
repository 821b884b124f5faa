//! Elastic Load Balancing: Application, Network and Gateway Load Balancers, and their listeners.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{Action, Listener, LoadBalancer, LoadBalancerTypeEnum};
use futures::{FutureExt, StreamExt, stream};

use super::call::{Batch, CALLS_AT_ONCE, Failure, Unit, each};
use super::elb::{DESCRIBE_TAGS, tags};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const LOAD_BALANCER: &str = "AWS::ElasticLoadBalancingV2::LoadBalancer";
const LISTENER: &str = "AWS::ElasticLoadBalancingV2::Listener";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "elbv2-load-balancers",
        scope: Scope::Regional,
        types: &[LOAD_BALANCER],
        actions: &[
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeLoadBalancerAttributes",
            DESCRIBE_TAGS,
            "wafv2:GetWebACLForResource",
            // AWS WAF looks for these two inside the call before.
            // https://docs.aws.amazon.com/waf/latest/developerguide/security_iam_service-with-iam.html
            "elasticloadbalancing:GetLoadBalancerWebACL",
            "wafv2:GetWebACL",
        ],
        run: |unit| load_balancers(unit).boxed(),
    },
    Collector {
        name: "elbv2-listeners",
        scope: Scope::Regional,
        types: &[LISTENER],
        actions: &["elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeListeners"],
        run: |unit| listeners(unit).boxed(),
    },
];

/// The greatest page of the listings.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeLoadBalancers.html>
const PAGE: i32 = 400;

fn client(unit: &Unit) -> Client {
    Client::new(&unit.config())
}

async fn list(unit: &Unit, client: &Client) -> (Vec<LoadBalancer>, Option<Failure>) {
    let pages = client.describe_load_balancers().page_size(PAGE).into_paginator().send();
    unit.list("elasticloadbalancing:DescribeLoadBalancers", pages, |page| (page.load_balancers, page.next_marker)).await
}

async fn load_balancers(unit: &Unit) -> Batch {
    let client = client(unit);
    let waf = aws_sdk_wafv2::Client::new(&unit.config());
    let (balancers, failure) = list(unit, &client).await;
    let arns = balancers.iter().filter_map(|one| one.load_balancer_arn.clone()).collect();
    let tags = tags(arns, |arns| tags_of(unit, &client, arns)).await;
    let read = |balancer| load_balancer(unit, &client, &waf, &tags, balancer);
    Batch::of(LOAD_BALANCER, (each(balancers, read).await, failure))
}

async fn tags_of(unit: &Unit, client: &Client, arns: Vec<String>) -> Result<BTreeMap<String, Value>, Failure> {
    let call = client.describe_tags().set_resource_arns(Some(arns)).send();
    let answer = unit.call(DESCRIBE_TAGS, call).await?;
    let described = answer.tag_descriptions().iter().filter_map(|one| {
        let tags = one.tags().iter().map(|tag| (tag.key(), tag.value()));
        Some((one.resource_arn()?.to_owned(), convert::tags(tags)))
    });
    Ok(described.collect())
}

/// Nothing when the load balancer was deleted in the meantime.
async fn load_balancer(
    unit: &Unit,
    client: &Client,
    waf: &aws_sdk_wafv2::Client,
    tags: &BTreeMap<String, Value>,
    balancer: LoadBalancer,
) -> Option<Resource> {
    let arn = balancer.load_balancer_arn()?;
    let name = balancer.load_balancer_name().unwrap_or(arn);
    let call = client.describe_load_balancer_attributes().load_balancer_arn(arn).send();
    let attributes = match unit.call("elasticloadbalancing:DescribeLoadBalancerAttributes", call).await {
        Ok(answer) => Value::list(
            answer
                .attributes()
                .iter()
                .map(|attribute| Value::map([("Key", attribute.key().into()), ("Value", attribute.value().into())])),
        ),
        Err(failure) if is_gone(&failure) => return None,
        Err(failure) => failure.into_value(),
    };
    let web_acl = match balancer.r#type() {
        Some(LoadBalancerTypeEnum::Application) => web_acl(unit, waf, arn).await,
        _ => Value::Null,
    };
    let properties = Value::map([
        ("LoadBalancerArn", arn.into()),
        ("Name", name.into()),
        ("Type", balancer.r#type().map(|kind| kind.as_str()).into()),
        ("Scheme", balancer.scheme().map(|scheme| scheme.as_str()).into()),
        ("VpcId", balancer.vpc_id().into()),
        ("State", balancer.state().and_then(|state| state.code()).map(|code| code.as_str()).into()),
        ("SecurityGroups", convert::sorted_texts(balancer.security_groups())),
        ("LoadBalancerAttributes", attributes),
        ("WebAclArn", web_acl),
        ("Tags", tags.get(arn).cloned().into()),
    ]);
    Some(unit.resource(LOAD_BALANCER, name, Some(arn.to_owned()), properties))
}

/// The web ACL that protects a load balancer; absent where none does.
async fn web_acl(unit: &Unit, waf: &aws_sdk_wafv2::Client, arn: &str) -> Value {
    let call = waf.get_web_acl_for_resource().resource_arn(arn).send();
    match unit.call("wafv2:GetWebACLForResource", call).await {
        Ok(answer) => answer.web_acl().map(|acl| acl.arn()).into(),
        Err(failure) => failure.into_value(),
    }
}

async fn listeners(unit: &Unit) -> Batch {
    let client = client(unit);
    let (balancers, failure) = list(unit, &client).await;
    let mut batch = Batch::of(LISTENER, (Vec::new(), failure));
    let arns = balancers.into_iter().filter_map(|balancer| balancer.load_balancer_arn);
    let mut read = stream::iter(arns).map(|arn| listeners_of(unit, &client, arn)).buffered(CALLS_AT_ONCE);
    while let Some((listeners, failure)) = read.next().await {
        batch.resources.extend(listeners.iter().filter_map(|one| listener(unit, one)));
        if let Some(failure) = failure.filter(|failure| !is_gone(failure)) {
            batch.fail(LISTENER, failure);
        }
    }
    batch
}

async fn listeners_of(unit: &Unit, client: &Client, arn: String) -> (Vec<Listener>, Option<Failure>) {
    let pages = client.describe_listeners().load_balancer_arn(arn).page_size(PAGE).into_paginator().send();
    unit.list("elasticloadbalancing:DescribeListeners", pages, |page| (page.listeners, page.next_marker)).await
}

fn listener(unit: &Unit, listener: &Listener) -> Option<Resource> {
    let arn = listener.listener_arn()?;
    let properties = Value::map([
        ("ListenerArn", arn.into()),
        ("LoadBalancerArn", listener.load_balancer_arn().into()),
        ("Protocol", listener.protocol().map(|protocol| protocol.as_str()).into()),
        ("Port", listener.port().into()),
        ("SslPolicy", convert::text(listener.ssl_policy())),
        ("DefaultActions", Value::list(listener.default_actions().iter().map(action))),
    ]);
    Some(unit.resource(LISTENER, arn, Some(arn.to_owned()), properties))
}

/// What the guardrails read; the secrets of an authentication are left out.
fn action(action: &Action) -> Value {
    let redirect = action.redirect_config().map(|redirect| {
        Value::map([
            ("Protocol", redirect.protocol().into()),
            ("Port", redirect.port().into()),
            ("Host", redirect.host().into()),
            ("StatusCode", redirect.status_code().map(|code| code.as_str()).into()),
        ])
    });
    Value::map([
        ("Type", action.r#type().map(|kind| kind.as_str()).into()),
        ("Order", action.order().into()),
        ("TargetGroupArn", action.target_group_arn().into()),
        ("RedirectConfig", redirect.into()),
    ])
}

fn is_gone(failure: &Failure) -> bool {
    failure.is(&["LoadBalancerNotFound"])
}
