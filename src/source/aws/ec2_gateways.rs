//! The ways out of Amazon VPC networks: internet, egress-only, carrier and NAT gateways.

use aws_sdk_ec2::types::{
    CarrierGateway, CarrierGatewayState, EgressOnlyInternetGateway, InternetGateway, NatGateway, NatGatewayState,
};
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::ec2::{arn, client, tags};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const INTERNET: &str = "AWS::EC2::InternetGateway";
const EGRESS_ONLY: &str = "AWS::EC2::EgressOnlyInternetGateway";
const CARRIER: &str = "AWS::EC2::CarrierGateway";
const NAT: &str = "AWS::EC2::NatGateway";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "ec2-internet-gateways",
        scope: Scope::Regional,
        types: &[INTERNET],
        actions: &["ec2:DescribeInternetGateways"],
        run: |unit| internet_gateways(unit).boxed(),
    },
    Collector {
        name: "ec2-egress-only-internet-gateways",
        scope: Scope::Regional,
        types: &[EGRESS_ONLY],
        actions: &["ec2:DescribeEgressOnlyInternetGateways"],
        run: |unit| egress_only_gateways(unit).boxed(),
    },
    Collector {
        name: "ec2-carrier-gateways",
        scope: Scope::Regional,
        types: &[CARRIER],
        actions: &["ec2:DescribeCarrierGateways"],
        run: |unit| carrier_gateways(unit).boxed(),
    },
    Collector {
        name: "ec2-nat-gateways",
        scope: Scope::Regional,
        types: &[NAT],
        actions: &["ec2:DescribeNatGateways"],
        run: |unit| nat_gateways(unit).boxed(),
    },
];

async fn internet_gateways(unit: &Unit) -> Batch {
    let pages = client(unit).describe_internet_gateways().into_paginator().page_size(1000).send();
    let (gateways, failure) =
        unit.list("ec2:DescribeInternetGateways", pages, |page| (page.internet_gateways, page.next_token)).await;
    Batch::of(INTERNET, (gateways.iter().filter_map(|gateway| internet_gateway(unit, gateway)).collect(), failure))
}

fn internet_gateway(unit: &Unit, gateway: &InternetGateway) -> Option<Resource> {
    let id = gateway.internet_gateway_id()?;
    let attachments = gateway.attachments().iter().map(|attachment| {
        Value::map([
            ("VpcId", attachment.vpc_id().into()),
            ("State", attachment.state().map(|state| state.as_str()).into()),
        ])
    });
    let properties = Value::map([
        ("InternetGatewayId", id.into()),
        ("Attachments", convert::sorted(attachments)),
        ("Tags", tags(gateway.tags())),
    ]);
    Some(unit.resource(INTERNET, id, arn(unit, gateway.owner_id(), &format!("internet-gateway/{id}")), properties))
}

async fn egress_only_gateways(unit: &Unit) -> Batch {
    let pages = client(unit).describe_egress_only_internet_gateways().into_paginator().page_size(255).send();
    let (gateways, failure) = unit
        .list("ec2:DescribeEgressOnlyInternetGateways", pages, |page| {
            (page.egress_only_internet_gateways, page.next_token)
        })
        .await;
    Batch::of(
        EGRESS_ONLY,
        (gateways.iter().filter_map(|gateway| egress_only_gateway(unit, gateway)).collect(), failure),
    )
}

fn egress_only_gateway(unit: &Unit, gateway: &EgressOnlyInternetGateway) -> Option<Resource> {
    let id = gateway.egress_only_internet_gateway_id()?;
    let properties = Value::map([
        ("Id", id.into()),
        ("VpcId", gateway.attachments().first().and_then(|attachment| attachment.vpc_id()).into()),
        ("Tags", tags(gateway.tags())),
    ]);
    Some(unit.resource(EGRESS_ONLY, id, arn(unit, None, &format!("egress-only-internet-gateway/{id}")), properties))
}

async fn carrier_gateways(unit: &Unit) -> Batch {
    let pages = client(unit).describe_carrier_gateways().into_paginator().page_size(1000).send();
    let (gateways, failure) =
        unit.list("ec2:DescribeCarrierGateways", pages, |page| (page.carrier_gateways, page.next_token)).await;
    Batch::of(CARRIER, (gateways.iter().filter_map(|gateway| carrier_gateway(unit, gateway)).collect(), failure))
}

fn carrier_gateway(unit: &Unit, gateway: &CarrierGateway) -> Option<Resource> {
    let id = gateway.carrier_gateway_id()?;
    if gateway.state() == Some(&CarrierGatewayState::Deleted) {
        return None;
    }
    let properties = Value::map([
        ("CarrierGatewayId", id.into()),
        ("VpcId", gateway.vpc_id().into()),
        ("Tags", tags(gateway.tags())),
    ]);
    Some(unit.resource(CARRIER, id, arn(unit, gateway.owner_id(), &format!("carrier-gateway/{id}")), properties))
}

async fn nat_gateways(unit: &Unit) -> Batch {
    let pages = client(unit).describe_nat_gateways().into_paginator().page_size(1000).send();
    let (gateways, failure) =
        unit.list("ec2:DescribeNatGateways", pages, |page| (page.nat_gateways, page.next_token)).await;
    Batch::of(NAT, (gateways.iter().filter_map(|gateway| nat_gateway(unit, gateway)).collect(), failure))
}

fn nat_gateway(unit: &Unit, gateway: &NatGateway) -> Option<Resource> {
    let id = gateway.nat_gateway_id()?;
    if gateway.state() == Some(&NatGatewayState::Deleted) {
        return None;
    }
    let properties = Value::map([
        ("NatGatewayId", id.into()),
        ("ConnectivityType", gateway.connectivity_type().map(|kind| kind.as_str()).into()),
        ("SubnetId", gateway.subnet_id().into()),
        ("VpcId", gateway.vpc_id().into()),
        ("State", gateway.state().map(|state| state.as_str()).into()),
        ("Tags", tags(gateway.tags())),
    ]);
    Some(unit.resource(NAT, id, arn(unit, None, &format!("natgateway/{id}")), properties))
}
