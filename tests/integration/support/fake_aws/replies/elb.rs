//! Elastic Load Balancing: in each home region an internal Application Load Balancer and an internal Network Load
//! Balancer (on two pages), and an internal Classic Load Balancer, all with access logs.

use super::super::protocol::{Call, REQUEST_ID};
use super::super::world::{DAY, World, bucket_name, resource_id, time_ago};
use super::{Outcome, element};

const TAGS: &str = "<Tags><member><Key>system</Key><Value>resident-records</Value></member></Tags>";

/// The two load balancers of the second API: type in the ARN, type, name.
const BALANCERS: [(&str, &str, &str); 2] = [("app", "application", "portal"), ("net", "network", "gateway")];

const CLASSIC: &str = "legacy";

pub(super) fn v2(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    let named = |name: &str| call.parameter(name).unwrap_or_default();
    let first = call.parameter("Marker").is_none();
    let result = match call.key.operation.as_str() {
        "DescribeLoadBalancers" if there && first => {
            return page(call, &list("LoadBalancers", &balancer(call, 0)), "balancers-2");
        }
        "DescribeLoadBalancers" => list("LoadBalancers", &some(there, || balancer(call, 1))),
        "DescribeLoadBalancerAttributes" => match position(call, named("LoadBalancerArn")) {
            Some(_) => list("Attributes", &attributes(call)),
            None => return gone(named("LoadBalancerArn")),
        },
        "DescribeTags" => list("TagDescriptions", &tags(call, "ResourceArns", "ResourceArn")),
        "DescribeListeners" => match position(call, named("LoadBalancerArn")) {
            Some(0) if first => {
                let redirect = "<Type>redirect</Type><Order>1</Order><RedirectConfig><Protocol>HTTPS</Protocol><Port>443</Port><Host>#{host}</Host><Path>/#{path}</Path><Query>#{query}</Query><StatusCode>HTTP_301</StatusCode></RedirectConfig>";
                return page(call, &list("Listeners", &listener(call, 0, "HTTP", 80, redirect)), "listeners-2");
            }
            Some(0) => list("Listeners", &listener(call, 0, "HTTPS", 443, &forward(call))),
            Some(number) => list("Listeners", &listener(call, number, "TLS", 443, &forward(call))),
            None => return gone(named("LoadBalancerArn")),
        },
        _ => return Outcome::Unknown,
    };
    Outcome::Found(wrapped(call, &result))
}

pub(super) fn classic(call: &Call, world: &World) -> Outcome {
    let there = world.has_resources(&call.key.region);
    let result = match call.key.operation.as_str() {
        "DescribeLoadBalancers" => list("LoadBalancerDescriptions", &some(there, || classic_balancer(call))),
        "DescribeLoadBalancerAttributes" if call.parameter("LoadBalancerName") == Some(CLASSIC) => format!(
            "<LoadBalancerAttributes><AccessLog><Enabled>true</Enabled><S3BucketName>{}</S3BucketName><S3BucketPrefix>classic</S3BucketPrefix><EmitInterval>60</EmitInterval></AccessLog><CrossZoneLoadBalancing><Enabled>true</Enabled></CrossZoneLoadBalancing></LoadBalancerAttributes>",
            bucket_name(&call.key.account, &call.key.region)
        ),
        "DescribeLoadBalancerAttributes" => return gone(call.parameter("LoadBalancerName").unwrap_or_default()),
        "DescribeTags" => list("TagDescriptions", &tags(call, "LoadBalancerNames", "LoadBalancerName")),
        _ => return Outcome::Unknown,
    };
    Outcome::Found(wrapped(call, &result))
}

fn wrapped(call: &Call, result: &str) -> String {
    let operation = &call.key.operation;
    format!(
        "<{operation}Response xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/\"><{operation}Result>{result}</{operation}Result><ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{operation}Response>"
    )
}

fn page(call: &Call, result: &str, token: &str) -> Outcome {
    Outcome::Page(wrapped(call, result), token.to_owned())
}

fn list(name: &str, members: &str) -> String {
    format!("<{name}>{members}</{name}>")
}

fn some(there: bool, members: impl FnOnce() -> String) -> String {
    if there { members() } else { String::new() }
}

fn gone(name: &str) -> Outcome {
    Outcome::Refused(400, "LoadBalancerNotFound", format!("Load balancer '{name}' not found"))
}

fn arn(call: &Call, number: usize) -> String {
    let (short, _, name) = BALANCERS[number];
    let (account, region) = (&call.key.account, &call.key.region);
    format!("arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{short}/{name}/50dc6c495c0c9188")
}

fn position(call: &Call, wanted: &str) -> Option<usize> {
    (0..BALANCERS.len()).find(|number| arn(call, *number) == wanted)
}

fn id(call: &Call, prefix: &str) -> String {
    resource_id(prefix, &call.key.account, &call.key.region, 1)
}

fn balancer(call: &Call, number: usize) -> String {
    let (_, kind, name) = BALANCERS[number];
    format!(
        "<member><LoadBalancerArn>{}</LoadBalancerArn><DNSName>internal-{name}-1.{}.elb.amazonaws.com</DNSName>{}<LoadBalancerName>{name}</LoadBalancerName><Scheme>internal</Scheme><VpcId>{}</VpcId><State><Code>active</Code></State><Type>{kind}</Type><SecurityGroups><member>{}</member></SecurityGroups><IpAddressType>ipv4</IpAddressType></member>",
        arn(call, number),
        call.key.region,
        element("CreatedTime", &time_ago(100 * DAY)),
        id(call, "vpc"),
        resource_id("sg", &call.key.account, &call.key.region, 2)
    )
}

fn attributes(call: &Call) -> String {
    let attribute =
        |key: &str, value: &str| format!("<member>{}{}</member>", element("Key", key), element("Value", value));
    attribute("access_logs.s3.enabled", "true")
        + &attribute("access_logs.s3.bucket", &bucket_name(&call.key.account, &call.key.region))
        + &attribute("access_logs.s3.prefix", "elb")
        + &attribute("deletion_protection.enabled", "true")
}

/// The same tags for everything that was asked for.
fn tags(call: &Call, asked: &str, answered: &str) -> String {
    let names = (1..=20).map_while(|number| call.parameter(&format!("{asked}.member.{number}")));
    names.map(|name| format!("<member>{}{TAGS}</member>", element(answered, name))).collect()
}

fn listener(call: &Call, number: usize, protocol: &str, port: u16, action: &str) -> String {
    let balancer = arn(call, number);
    let tls = if protocol == "HTTP" {
        String::new()
    } else {
        format!(
            "<SslPolicy>ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09</SslPolicy><Certificates><member><CertificateArn>arn:aws:acm:{}:{}:certificate/00000000-0000-4000-8000-000000000002</CertificateArn></member></Certificates>",
            call.key.region, call.key.account
        )
    };
    format!(
        "<member><ListenerArn>{}/{port:016x}</ListenerArn><LoadBalancerArn>{balancer}</LoadBalancerArn><Port>{port}</Port><Protocol>{protocol}</Protocol>{tls}<DefaultActions><member>{action}</member></DefaultActions></member>",
        balancer.replace(":loadbalancer/", ":listener/")
    )
}

fn forward(call: &Call) -> String {
    format!(
        "<Type>forward</Type><Order>1</Order><TargetGroupArn>arn:aws:elasticloadbalancing:{}:{}:targetgroup/portal/73e2d6bc24d8a067</TargetGroupArn>",
        call.key.region, call.key.account
    )
}

fn classic_balancer(call: &Call) -> String {
    let (account, region) = (&call.key.account, &call.key.region);
    format!(
        "<member><LoadBalancerName>{CLASSIC}</LoadBalancerName><DNSName>internal-{CLASSIC}-1.{region}.elb.amazonaws.com</DNSName><Scheme>internal</Scheme><VPCId>{}</VPCId><SecurityGroups><member>{}</member></SecurityGroups><ListenerDescriptions><member><Listener><Protocol>HTTPS</Protocol><LoadBalancerPort>443</LoadBalancerPort><InstanceProtocol>HTTPS</InstanceProtocol><InstancePort>8443</InstancePort><SSLCertificateId>arn:aws:acm:{region}:{account}:certificate/00000000-0000-4000-8000-000000000002</SSLCertificateId></Listener><PolicyNames><member>ELBSecurityPolicy-TLS-1-2-2017-01</member></PolicyNames></member></ListenerDescriptions></member>",
        id(call, "vpc"),
        resource_id("sg", account, region, 2)
    )
}
