//! AWS PrivateLink: VPC endpoints with their policies, and own endpoint services with those who may connect.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{ServiceConfiguration, ServiceState, VpcEndpoint};
use futures::FutureExt;

use super::call::{Batch, Unit, each};
use super::ec2::{arn, client, tags};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const ENDPOINT: &str = "AWS::EC2::VPCEndpoint";
const SERVICE: &str = "AWS::EC2::VPCEndpointService";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "ec2-vpc-endpoints",
        scope: Scope::Regional,
        types: &[ENDPOINT],
        actions: &["ec2:DescribeVpcEndpoints"],
        run: |unit| endpoints(unit).boxed(),
    },
    Collector {
        name: "ec2-vpc-endpoint-services",
        scope: Scope::Regional,
        types: &[SERVICE],
        actions: &["ec2:DescribeVpcEndpointServiceConfigurations", "ec2:DescribeVpcEndpointServicePermissions"],
        run: |unit| services(unit).boxed(),
    },
];

async fn endpoints(unit: &Unit) -> Batch {
    let pages = client(unit).describe_vpc_endpoints().into_paginator().page_size(1000).send();
    let (endpoints, failure) =
        unit.list("ec2:DescribeVpcEndpoints", pages, |page| (page.vpc_endpoints, page.next_token)).await;
    Batch::of(ENDPOINT, (endpoints.iter().filter_map(|item| endpoint(unit, item)).collect(), failure))
}

fn endpoint(unit: &Unit, endpoint: &VpcEndpoint) -> Option<Resource> {
    let id = endpoint.vpc_endpoint_id()?;
    let state = endpoint.state().map(|state| state.as_str());
    // The SDK's model writes the states in capitals, the API in small letters.
    if state.is_some_and(|state| state.eq_ignore_ascii_case("deleted")) {
        return None;
    }
    let policy = endpoint.policy_document().filter(|policy| !policy.is_empty());
    let groups = endpoint.groups().iter().filter_map(|group| group.group_id());
    let properties = Value::map([
        ("Id", id.into()),
        ("ServiceName", endpoint.service_name().into()),
        ("VpcEndpointType", endpoint.vpc_endpoint_type().map(|kind| kind.as_str()).into()),
        ("VpcId", convert::text(endpoint.vpc_id())),
        ("State", state.map(str::to_lowercase).into()),
        ("PrivateDnsEnabled", endpoint.private_dns_enabled().into()),
        ("PolicyDocument", policy.map(convert::document).into()),
        ("RouteTableIds", convert::sorted_texts(endpoint.route_table_ids())),
        ("SubnetIds", convert::sorted_texts(endpoint.subnet_ids())),
        ("SecurityGroupIds", convert::sorted(groups.map(Value::from))),
        ("NetworkInterfaceIds", convert::sorted_texts(endpoint.network_interface_ids())),
        ("OwnerId", endpoint.owner_id().into()),
        ("Tags", tags(endpoint.tags())),
    ]);
    Some(unit.resource(ENDPOINT, id, arn(unit, endpoint.owner_id(), &format!("vpc-endpoint/{id}")), properties))
}

async fn services(unit: &Unit) -> Batch {
    let client = client(unit);
    let pages = client.describe_vpc_endpoint_service_configurations().into_paginator().page_size(1000).send();
    let (services, failure) = unit
        .list("ec2:DescribeVpcEndpointServiceConfigurations", pages, |page| {
            (page.service_configurations, page.next_token)
        })
        .await;
    let services = services.into_iter().filter(|service| service.service_state() != Some(&ServiceState::Deleted));
    Batch::of(SERVICE, (each(services, |item| service(unit, &client, item)).await, failure))
}

/// Nothing when the service was deleted in the meantime.
async fn service(unit: &Unit, client: &Client, service: ServiceConfiguration) -> Option<Resource> {
    let id = service.service_id()?;
    let ask = client.describe_vpc_endpoint_service_permissions().service_id(id);
    let pages = ask.into_paginator().page_size(1000).send();
    let listing = unit
        .list("ec2:DescribeVpcEndpointServicePermissions", pages, |page| (page.allowed_principals, page.next_token));
    let principals = match listing.await {
        (_, Some(failure)) if failure.is(&["InvalidVpcEndpointServiceId.NotFound"]) => return None,
        (principals, failure) => {
            let principals = principals.iter().filter_map(|principal| principal.principal());
            convert::unfinished(convert::sorted(principals.map(Value::from)), failure)
        }
    };
    let properties = Value::map([
        ("ServiceId", id.into()),
        ("ServiceName", service.service_name().into()),
        ("State", service.service_state().map(|state| state.as_str()).into()),
        ("AcceptanceRequired", service.acceptance_required().into()),
        ("NetworkLoadBalancerArns", convert::sorted_texts(service.network_load_balancer_arns())),
        ("GatewayLoadBalancerArns", convert::sorted_texts(service.gateway_load_balancer_arns())),
        ("AllowedPrincipals", principals),
        ("Tags", tags(service.tags())),
    ]);
    Some(unit.resource(SERVICE, id, arn(unit, None, &format!("vpc-endpoint-service/{id}")), properties))
}
