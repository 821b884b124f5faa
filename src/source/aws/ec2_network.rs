//! Amazon VPC networks and their routes.

use aws_sdk_ec2::types::{Route, RouteTable, Vpc, VpcCidrBlockState, VpcCidrBlockStateCode};
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::ec2::{arn, client, tags};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const VPC: &str = "AWS::EC2::VPC";
const ROUTE_TABLE: &str = "AWS::EC2::RouteTable";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "ec2-vpcs",
        scope: Scope::Regional,
        types: &[VPC],
        actions: &["ec2:DescribeVpcs"],
        run: |unit| vpcs(unit).boxed(),
    },
    Collector {
        name: "ec2-route-tables",
        scope: Scope::Regional,
        types: &[ROUTE_TABLE],
        actions: &["ec2:DescribeRouteTables"],
        run: |unit| route_tables(unit).boxed(),
    },
];

async fn vpcs(unit: &Unit) -> Batch {
    let pages = client(unit).describe_vpcs().into_paginator().page_size(1000).send();
    let (vpcs, failure) = unit.list("ec2:DescribeVpcs", pages, |page| (page.vpcs, page.next_token)).await;
    Batch::of(VPC, (vpcs.iter().filter_map(|network| vpc(unit, network)).collect(), failure))
}

fn vpc(unit: &Unit, vpc: &Vpc) -> Option<Resource> {
    let id = vpc.vpc_id()?;
    let v4 = vpc.cidr_block_association_set().iter();
    let v4 = v4.filter(|block| in_use(block.cidr_block_state())).filter_map(|block| block.cidr_block());
    let v6 = vpc.ipv6_cidr_block_association_set().iter();
    let v6 = v6.filter(|block| in_use(block.ipv6_cidr_block_state())).filter_map(|block| block.ipv6_cidr_block());
    let properties = Value::map([
        ("VpcId", id.into()),
        ("CidrBlock", vpc.cidr_block().into()),
        ("CidrBlocks", convert::sorted(v4.map(Value::from))),
        ("Ipv6CidrBlocks", convert::sorted(v6.map(Value::from))),
        ("IsDefault", vpc.is_default().into()),
        ("OwnerId", vpc.owner_id().into()),
        ("Tags", tags(vpc.tags())),
    ]);
    Some(unit.resource(VPC, id, arn(unit, vpc.owner_id(), &format!("vpc/{id}")), properties))
}

/// Whether a block of addresses belongs to its network: EC2 shows for a while those that it took away or never gave.
fn in_use(state: Option<&VpcCidrBlockState>) -> bool {
    let gone = [VpcCidrBlockStateCode::Disassociated, VpcCidrBlockStateCode::Failed];
    state.and_then(VpcCidrBlockState::state).is_none_or(|state| !gone.contains(state))
}

async fn route_tables(unit: &Unit) -> Batch {
    let pages = client(unit).describe_route_tables().into_paginator().page_size(100).send();
    let (tables, failure) =
        unit.list("ec2:DescribeRouteTables", pages, |page| (page.route_tables, page.next_token)).await;
    Batch::of(ROUTE_TABLE, (tables.iter().filter_map(|table| route_table(unit, table)).collect(), failure))
}

fn route_table(unit: &Unit, table: &RouteTable) -> Option<Resource> {
    let id = table.route_table_id()?;
    let properties = Value::map([
        ("RouteTableId", id.into()),
        ("VpcId", table.vpc_id().into()),
        ("Routes", convert::sorted(table.routes().iter().map(route))),
        ("Tags", tags(table.tags())),
    ]);
    Some(unit.resource(ROUTE_TABLE, id, arn(unit, table.owner_id(), &format!("route-table/{id}")), properties))
}

fn route(route: &Route) -> Value {
    Value::map([
        ("DestinationCidrBlock", convert::text(route.destination_cidr_block())),
        ("DestinationIpv6CidrBlock", convert::text(route.destination_ipv6_cidr_block())),
        ("DestinationPrefixListId", convert::text(route.destination_prefix_list_id())),
        ("GatewayId", convert::text(route.gateway_id())),
        ("NatGatewayId", convert::text(route.nat_gateway_id())),
        ("EgressOnlyInternetGatewayId", convert::text(route.egress_only_internet_gateway_id())),
        ("TransitGatewayId", convert::text(route.transit_gateway_id())),
        ("CarrierGatewayId", convert::text(route.carrier_gateway_id())),
        ("NetworkInterfaceId", convert::text(route.network_interface_id())),
        ("VpcPeeringConnectionId", convert::text(route.vpc_peering_connection_id())),
        ("State", route.state().map(|state| state.as_str()).into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_blocks_that_were_taken_away_do_not_count() {
        let state = |code| VpcCidrBlockState::builder().state(code).build();
        assert!(in_use(None));
        assert!(in_use(Some(&state(VpcCidrBlockStateCode::Associated))));
        assert!(in_use(Some(&state(VpcCidrBlockStateCode::Disassociating))));
        assert!(!in_use(Some(&state(VpcCidrBlockStateCode::Disassociated))));
        assert!(!in_use(Some(&state(VpcCidrBlockStateCode::Failed))));
    }
}
