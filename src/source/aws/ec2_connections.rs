//! What connects Amazon VPC networks with each other: peering connections, transit gateways and their attachments.

use aws_sdk_ec2::types::{
    TransitGateway, TransitGatewayAttachment, TransitGatewayAttachmentResourceType, TransitGatewayAttachmentState,
    TransitGatewayOptions, TransitGatewayState, VpcPeeringConnection, VpcPeeringConnectionStateReasonCode,
};
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::ec2::{arn, client, tags};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const PEERING: &str = "AWS::EC2::VPCPeeringConnection";
const TRANSIT_GATEWAY: &str = "AWS::EC2::TransitGateway";
const ATTACHMENT: &str = "AWS::EC2::TransitGatewayAttachment";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "ec2-vpc-peering-connections",
        scope: Scope::Regional,
        types: &[PEERING],
        actions: &["ec2:DescribeVpcPeeringConnections"],
        run: |unit| peerings(unit).boxed(),
    },
    Collector {
        name: "ec2-transit-gateways",
        scope: Scope::Regional,
        types: &[TRANSIT_GATEWAY],
        actions: &["ec2:DescribeTransitGateways"],
        run: |unit| transit_gateways(unit).boxed(),
    },
    Collector {
        name: "ec2-transit-gateway-attachments",
        scope: Scope::Regional,
        types: &[ATTACHMENT],
        actions: &["ec2:DescribeTransitGatewayAttachments"],
        run: |unit| attachments(unit).boxed(),
    },
];

async fn peerings(unit: &Unit) -> Batch {
    let pages = client(unit).describe_vpc_peering_connections().into_paginator().page_size(1000).send();
    let (peerings, failure) = unit
        .list("ec2:DescribeVpcPeeringConnections", pages, |page| (page.vpc_peering_connections, page.next_token))
        .await;
    Batch::of(PEERING, (peerings.iter().filter_map(|item| peering(unit, item)).collect(), failure))
}

/// The states of a connection that is gone or never came about; EC2 shows it for a while.
const NO_PEERING: [VpcPeeringConnectionStateReasonCode; 4] = [
    VpcPeeringConnectionStateReasonCode::Deleted,
    VpcPeeringConnectionStateReasonCode::Expired,
    VpcPeeringConnectionStateReasonCode::Failed,
    VpcPeeringConnectionStateReasonCode::Rejected,
];

fn peering(unit: &Unit, peering: &VpcPeeringConnection) -> Option<Resource> {
    let id = peering.vpc_peering_connection_id()?;
    let status = peering.status().and_then(|status| status.code());
    if status.is_some_and(|status| NO_PEERING.contains(status)) {
        return None;
    }
    let (requester, accepter) = (peering.requester_vpc_info(), peering.accepter_vpc_info());
    let properties = Value::map([
        ("Id", id.into()),
        ("VpcId", convert::text(requester.and_then(|side| side.vpc_id()))),
        ("RequesterOwnerId", convert::text(requester.and_then(|side| side.owner_id()))),
        ("RequesterRegion", convert::text(requester.and_then(|side| side.region()))),
        ("PeerVpcId", convert::text(accepter.and_then(|side| side.vpc_id()))),
        ("PeerOwnerId", convert::text(accepter.and_then(|side| side.owner_id()))),
        ("PeerRegion", convert::text(accepter.and_then(|side| side.region()))),
        ("Status", status.map(|status| status.as_str()).into()),
        ("Tags", tags(peering.tags())),
    ]);
    let owner = requester.and_then(|side| side.owner_id());
    Some(unit.resource(PEERING, id, arn(unit, owner, &format!("vpc-peering-connection/{id}")), properties))
}

async fn transit_gateways(unit: &Unit) -> Batch {
    let pages = client(unit).describe_transit_gateways().into_paginator().page_size(1000).send();
    let (gateways, failure) =
        unit.list("ec2:DescribeTransitGateways", pages, |page| (page.transit_gateways, page.next_token)).await;
    Batch::of(TRANSIT_GATEWAY, (gateways.iter().filter_map(|item| transit_gateway(unit, item)).collect(), failure))
}

fn transit_gateway(unit: &Unit, gateway: &TransitGateway) -> Option<Resource> {
    let id = gateway.transit_gateway_id()?;
    if gateway.state() == Some(&TransitGatewayState::Deleted) {
        return None;
    }
    let own = [
        ("Id", id.into()),
        ("Description", convert::text(gateway.description())),
        ("OwnerId", gateway.owner_id().into()),
        ("State", gateway.state().map(|state| state.as_str()).into()),
        ("Tags", tags(gateway.tags())),
    ];
    let options = gateway.options().map(options).into_iter().flatten();
    let arn = gateway.transit_gateway_arn().map(str::to_owned);
    Some(unit.resource(TRANSIT_GATEWAY, id, arn, Value::map(own.into_iter().chain(options))))
}

fn options(options: &TransitGatewayOptions) -> [(&'static str, Value); 6] {
    [
        ("AutoAcceptSharedAttachments", options.auto_accept_shared_attachments().map(|it| it.as_str()).into()),
        ("DefaultRouteTableAssociation", options.default_route_table_association().map(|it| it.as_str()).into()),
        ("DefaultRouteTablePropagation", options.default_route_table_propagation().map(|it| it.as_str()).into()),
        ("DnsSupport", options.dns_support().map(|it| it.as_str()).into()),
        ("MulticastSupport", options.multicast_support().map(|it| it.as_str()).into()),
        ("VpnEcmpSupport", options.vpn_ecmp_support().map(|it| it.as_str()).into()),
    ]
}

async fn attachments(unit: &Unit) -> Batch {
    let pages = client(unit).describe_transit_gateway_attachments().into_paginator().page_size(1000).send();
    let (attachments, failure) = unit
        .list("ec2:DescribeTransitGatewayAttachments", pages, |page| {
            (page.transit_gateway_attachments, page.next_token)
        })
        .await;
    Batch::of(ATTACHMENT, (attachments.iter().filter_map(|item| attachment(unit, item)).collect(), failure))
}

/// The states of an attachment that is gone or never came about; EC2 shows it for a while.
const NO_ATTACHMENT: [TransitGatewayAttachmentState; 3] = [
    TransitGatewayAttachmentState::Deleted,
    TransitGatewayAttachmentState::Failed,
    TransitGatewayAttachmentState::Rejected,
];

/// Of a VPC, a VPN, a Direct Connect gateway, another transit gateway (`peering`) and whatever else can be attached.
fn attachment(unit: &Unit, attachment: &TransitGatewayAttachment) -> Option<Resource> {
    let id = attachment.transit_gateway_attachment_id()?;
    if attachment.state().is_some_and(|state| NO_ATTACHMENT.contains(state)) {
        return None;
    }
    let is_vpc = attachment.resource_type() == Some(&TransitGatewayAttachmentResourceType::Vpc);
    let properties = Value::map([
        ("Id", id.into()),
        ("TransitGatewayId", attachment.transit_gateway_id().into()),
        ("TransitGatewayOwnerId", convert::text(attachment.transit_gateway_owner_id())),
        ("VpcId", attachment.resource_id().filter(|_| is_vpc).into()),
        ("ResourceType", attachment.resource_type().map(|kind| kind.as_str()).into()),
        ("ResourceId", convert::text(attachment.resource_id())),
        ("ResourceOwnerId", convert::text(attachment.resource_owner_id())),
        ("State", attachment.state().map(|state| state.as_str()).into()),
        ("Tags", tags(attachment.tags())),
    ]);
    Some(unit.resource(ATTACHMENT, id, arn(unit, None, &format!("transit-gateway-attachment/{id}")), properties))
}
