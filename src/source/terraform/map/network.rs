//! Amazon VPC: networks, routes, security groups, network ACLs, gateways and endpoints.

use crate::model::{Unknown, Value};
use crate::source::terraform::argument::{Argument, State};
use crate::source::terraform::mapping::{
    Default, Field, Mapping, TAGS, blocks, custom, document, is, or, refer, refers,
};
use crate::source::terraform::reader::Reader;

const GROUP: &str = "AWS::EC2::SecurityGroup";
const ROUTES: &str = "AWS::EC2::RouteTable";
const ACL: &str = "AWS::EC2::NetworkAcl";
const PREFIXES: &str = "AWS::EC2::PrefixList";

pub(super) static NETWORK: &[Mapping] = &[
    Mapping::resource(
        "aws_vpc",
        "AWS::EC2::VPC",
        &[
            ("id", "VpcId"),
            ("default_security_group_id", "DefaultSecurityGroup"),
            ("default_network_acl_id", "DefaultNetworkAcl"),
        ],
        &[is("cidr_block", "CidrBlock"), custom("cidr_block", "CidrBlocks", one), TAGS],
    ),
    Mapping::item(
        "aws_vpc_ipv4_cidr_block_association",
        "AWS::EC2::VPC",
        "vpc_id",
        &[custom("cidr_block", "CidrBlocks", one)],
    ),
    Mapping::resource(
        "aws_subnet",
        "AWS::EC2::Subnet",
        &[("id", "SubnetId")],
        &[
            refer("vpc_id", "VpcId"),
            is("cidr_block", "CidrBlock"),
            is("availability_zone", "AvailabilityZone"),
            is("map_public_ip_on_launch", "MapPublicIpOnLaunch"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_security_group",
        GROUP,
        &[("id", "GroupId"), ("name", "GroupName")],
        &[
            is("name", "GroupName"),
            is("description", "GroupDescription"),
            refer("vpc_id", "VpcId"),
            custom("ingress", "SecurityGroupIngress", ingress),
            custom("egress", "SecurityGroupEgress", egress),
            TAGS,
        ],
    ),
    // Adopting a default group takes away the rules that it was created with.
    Mapping::resource(
        "aws_default_security_group",
        GROUP,
        &[("id", "GroupId")],
        &[
            or("name", "GroupName", Default::Text("default")),
            refer("vpc_id", "VpcId"),
            custom("ingress", "SecurityGroupIngress", ingress),
            custom("egress", "SecurityGroupEgress", egress),
            TAGS,
        ],
    ),
    Mapping::item("aws_security_group_rule", GROUP, "security_group_id", &[custom("", "", standalone_rule)]),
    Mapping::item(
        "aws_vpc_security_group_ingress_rule",
        GROUP,
        "security_group_id",
        &[blocks(
            "",
            "SecurityGroupIngress",
            &[
                is("ip_protocol", "IpProtocol"),
                is("from_port", "FromPort"),
                is("to_port", "ToPort"),
                is("cidr_ipv4", "CidrIp"),
                is("cidr_ipv6", "CidrIpv6"),
                refer("prefix_list_id", "SourcePrefixListId"),
                refer("referenced_security_group_id", "SourceSecurityGroupId"),
            ],
        )],
    ),
    Mapping::item(
        "aws_vpc_security_group_egress_rule",
        GROUP,
        "security_group_id",
        &[blocks(
            "",
            "SecurityGroupEgress",
            &[
                is("ip_protocol", "IpProtocol"),
                is("from_port", "FromPort"),
                is("to_port", "ToPort"),
                is("cidr_ipv4", "CidrIp"),
                is("cidr_ipv6", "CidrIpv6"),
                refer("prefix_list_id", "DestinationPrefixListId"),
                refer("referenced_security_group_id", "DestinationSecurityGroupId"),
            ],
        )],
    ),
    Mapping::resource(
        "aws_route_table",
        ROUTES,
        &[("id", "RouteTableId")],
        &[refer("vpc_id", "VpcId"), blocks("route", "Routes", ROUTE), TAGS],
    ),
    Mapping::resource(
        "aws_default_route_table",
        ROUTES,
        &[("id", "RouteTableId")],
        &[blocks("route", "Routes", ROUTE), TAGS],
    ),
    Mapping::item(
        "aws_route",
        ROUTES,
        "route_table_id",
        &[blocks(
            "",
            "Routes",
            &[
                is("destination_cidr_block", "DestinationCidrBlock"),
                is("destination_ipv6_cidr_block", "DestinationIpv6CidrBlock"),
                refer("destination_prefix_list_id", "DestinationPrefixListId"),
                refer("gateway_id", "GatewayId"),
                refer("nat_gateway_id", "NatGatewayId"),
                refer("egress_only_gateway_id", "EgressOnlyInternetGatewayId"),
                refer("carrier_gateway_id", "CarrierGatewayId"),
                refer("transit_gateway_id", "TransitGatewayId"),
                refer("vpc_peering_connection_id", "VpcPeeringConnectionId"),
                refer("network_interface_id", "NetworkInterfaceId"),
            ],
        )],
    ),
    Mapping::resource("aws_network_acl", ACL, &[("id", "NetworkAclId")], ACL_FIELDS),
    // Adopting a default ACL takes away the entries that it was created with.
    Mapping::resource("aws_default_network_acl", ACL, &[("id", "NetworkAclId")], ACL_FIELDS),
    Mapping::item(
        "aws_network_acl_rule",
        ACL,
        "network_acl_id",
        &[blocks(
            "",
            "Entries",
            &[
                is("rule_number", "RuleNumber"),
                is("rule_action", "RuleAction"),
                or("egress", "Egress", Default::Flag(false)),
                is("protocol", "Protocol"),
                is("cidr_block", "CidrBlock"),
                is("ipv6_cidr_block", "Ipv6CidrBlock"),
                is("from_port", "PortRange.From"),
                is("to_port", "PortRange.To"),
            ],
        )],
    ),
    Mapping::item("aws_network_acl_association", ACL, "network_acl_id", &[refer("subnet_id", "SubnetIds")]),
    Mapping::resource(
        "aws_internet_gateway",
        "AWS::EC2::InternetGateway",
        &[("id", "InternetGatewayId")],
        &[custom("", "Attachments", attachments), TAGS],
    ),
    Mapping::item(
        "aws_internet_gateway_attachment",
        "AWS::EC2::InternetGateway",
        "internet_gateway_id",
        &[custom("", "Attachments", attachments)],
    ),
    Mapping::resource(
        "aws_egress_only_internet_gateway",
        "AWS::EC2::EgressOnlyInternetGateway",
        &[("id", "Id")],
        &[refer("vpc_id", "VpcId"), TAGS],
    ),
    Mapping::resource(
        "aws_ec2_carrier_gateway",
        "AWS::EC2::CarrierGateway",
        &[("id", "CarrierGatewayId")],
        &[refer("vpc_id", "VpcId"), TAGS],
    ),
    Mapping::resource("aws_vpn_gateway", "AWS::EC2::VPNGateway", &[("id", "VPNGatewayId")], &[TAGS]),
    Mapping::resource(
        "aws_nat_gateway",
        "AWS::EC2::NatGateway",
        &[("id", "NatGatewayId")],
        &[
            is("connectivity_type", "ConnectivityType"),
            refer("subnet_id", "SubnetId"),
            refer("allocation_id", "AllocationId"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_eip",
        "AWS::EC2::EIP",
        &[("id", "AllocationId"), ("allocation_id", "AllocationId")],
        &[is("domain", "Domain"), refer("instance", "InstanceId"), TAGS],
    ),
    Mapping::resource(
        "aws_flow_log",
        "AWS::EC2::FlowLog",
        &[("id", "Id")],
        &[
            // One of them is set.
            refer("vpc_id", "ResourceId"),
            refer("subnet_id", "ResourceId"),
            refer("eni_id", "ResourceId"),
            refer("transit_gateway_id", "ResourceId"),
            is("traffic_type", "TrafficType"),
            is("log_destination_type", "LogDestinationType"),
            refer("log_destination", "LogDestination"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_vpc_endpoint",
        "AWS::EC2::VPCEndpoint",
        &[("id", "Id")],
        &[
            refer("vpc_id", "VpcId"),
            is("service_name", "ServiceName"),
            is("vpc_endpoint_type", "VpcEndpointType"),
            is("private_dns_enabled", "PrivateDnsEnabled"),
            refers("subnet_ids", "SubnetIds"),
            refers("security_group_ids", "SecurityGroupIds"),
            refers("route_table_ids", "RouteTableIds"),
            document("policy", "PolicyDocument"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_vpc_endpoint_service",
        "AWS::EC2::VPCEndpointService",
        &[("id", "ServiceId")],
        &[is("acceptance_required", "AcceptanceRequired"), is("allowed_principals", "AllowedPrincipals"), TAGS],
    ),
    Mapping::item(
        "aws_vpc_endpoint_service_allowed_principal",
        "AWS::EC2::VPCEndpointService",
        "vpc_endpoint_service_id",
        &[refer("principal_arn", "AllowedPrincipals")],
    ),
    Mapping::resource(
        "aws_vpc_peering_connection",
        "AWS::EC2::VPCPeeringConnection",
        &[("id", "Id")],
        &[
            refer("vpc_id", "VpcId"),
            refer("peer_vpc_id", "PeerVpcId"),
            is("peer_owner_id", "PeerOwnerId"),
            is("peer_region", "PeerRegion"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_ec2_transit_gateway",
        "AWS::EC2::TransitGateway",
        &[("id", "Id")],
        &[is("auto_accept_shared_attachments", "AutoAcceptSharedAttachments"), TAGS],
    ),
    Mapping::resource(
        "aws_ec2_transit_gateway_vpc_attachment",
        "AWS::EC2::TransitGatewayAttachment",
        &[("id", "Id")],
        &[
            refer("transit_gateway_id", "TransitGatewayId"),
            refer("vpc_id", "VpcId"),
            refers("subnet_ids", "SubnetIds"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_ec2_transit_gateway_peering_attachment",
        "AWS::EC2::TransitGatewayAttachment",
        &[("id", "Id")],
        &[refer("transit_gateway_id", "TransitGatewayId"), is("peer_account_id", "ResourceOwnerId"), TAGS],
    ),
    Mapping::resource(
        "aws_vpc_block_public_access_options",
        "AWS::EC2::VPCBlockPublicAccessOptions",
        &[],
        &[is("internet_gateway_block_mode", "InternetGatewayBlockMode")],
    ),
    Mapping::resource(
        "aws_vpc_block_public_access_exclusion",
        "AWS::EC2::VPCBlockPublicAccessExclusion",
        &[],
        &[
            is("internet_gateway_exclusion_mode", "InternetGatewayExclusionMode"),
            refer("vpc_id", "VpcId"),
            refer("subnet_id", "SubnetId"),
            TAGS,
        ],
    ),
    Mapping::resource(
        "aws_ec2_managed_prefix_list",
        PREFIXES,
        &[("id", "PrefixListId")],
        &[
            is("name", "PrefixListName"),
            is("address_family", "AddressFamily"),
            is("max_entries", "MaxEntries"),
            blocks("entry", "Entries", &[is("cidr", "Cidr"), is("description", "Description")]),
            TAGS,
        ],
    ),
    Mapping::item(
        "aws_ec2_managed_prefix_list_entry",
        PREFIXES,
        "prefix_list_id",
        &[blocks("", "Entries", &[is("cidr", "Cidr"), is("description", "Description")])],
    ),
];

static ROUTE: &[Field] = &[
    is("cidr_block", "DestinationCidrBlock"),
    is("ipv6_cidr_block", "DestinationIpv6CidrBlock"),
    refer("destination_prefix_list_id", "DestinationPrefixListId"),
    refer("gateway_id", "GatewayId"),
    refer("nat_gateway_id", "NatGatewayId"),
    refer("egress_only_gateway_id", "EgressOnlyInternetGatewayId"),
    refer("carrier_gateway_id", "CarrierGatewayId"),
    refer("transit_gateway_id", "TransitGatewayId"),
    refer("vpc_peering_connection_id", "VpcPeeringConnectionId"),
    refer("network_interface_id", "NetworkInterfaceId"),
];

static ACL_FIELDS: &[Field] =
    &[refer("vpc_id", "VpcId"), refers("subnet_ids", "SubnetIds"), custom("", "Entries", entries), TAGS];

/// A list of what is there.
fn one<'a>(argument: Argument<'a>, reader: &Reader<'a>) -> Value {
    match reader.value(argument) {
        Value::Null => Value::Null,
        known => Value::list([known]),
    }
}

fn attachments<'a>(gateway: Argument<'a>, reader: &Reader<'a>) -> Value {
    match reader.refer(gateway.at("vpc_id"), false) {
        Value::Null => Value::Null,
        network => Value::list([Value::map([("VpcId", network)])]),
    }
}

fn ingress<'a>(blocks: Argument<'a>, reader: &Reader<'a>) -> Value {
    rules(blocks, reader, "Source")
}

/// The provider takes away the rule that lets everything out, with which AWS creates a group.
fn egress<'a>(blocks: Argument<'a>, reader: &Reader<'a>) -> Value {
    rules(blocks, reader, "Destination")
}

/// Blocks of rules; a group without any has none.
fn rules<'a>(blocks: Argument<'a>, reader: &Reader<'a>, peer: &str) -> Value {
    let blocks = blocks.blocks();
    match blocks.state() {
        State::Absent => Value::list([]),
        State::Known(_) => {
            Value::list(blocks.items().into_iter().flat_map(|block| rule(block, reader, peer, "security_groups")))
        }
        _ => blocks.value(),
    }
}

/// One rule for each address block, prefix list and group, as CloudFormation has them.
fn rule<'a>(block: Argument<'a>, reader: &Reader<'a>, peer: &str, groups: &str) -> Vec<Value> {
    if !matches!(block.state(), State::Known(_)) {
        return vec![block.value()];
    }
    let prefix_list = format!("{peer}PrefixListId");
    let group = format!("{peer}SecurityGroupId");
    let protocol = reader.value(block.at("protocol"));
    // All protocols have no ports; the provider writes 0.
    let port = |name: &str| if protocol == "-1".into() { Value::Null } else { reader.value(block.at(name)) };
    let (from, to) = (port("from_port"), port("to_port"));
    let one = |key: &str, value: Value| {
        Value::map([("IpProtocol", protocol.clone()), ("FromPort", from.clone()), ("ToPort", to.clone()), (key, value)])
    };
    let each = |key: &str, values: Value| -> Vec<Value> {
        values.one_or_many().iter().map(|value| one(key, value.clone())).collect()
    };
    let mut found = each("CidrIp", reader.value(block.at("cidr_blocks")));
    found.extend(each("CidrIpv6", reader.value(block.at("ipv6_cidr_blocks"))));
    found.extend(each(&prefix_list, reader.refers(block.at("prefix_list_ids"), false)));
    found.extend(each(&group, reader.refers(block.at(groups), false)));
    match block.at("self").value() {
        Value::Bool(true) => found.push(one(&group, "self".into())),
        unknown @ Value::Unknown(_) => found.push(unknown),
        _ => {}
    }
    found
}

/// `aws_security_group_rule`, whose direction is an argument.
fn standalone_rule<'a>(resource: Argument<'a>, reader: &Reader<'a>) -> Value {
    let unknown = || Value::list([Value::unknown(Unknown::KnownAfterApply)]);
    let rules = |peer| Value::list(rule(resource, reader, peer, "source_security_group_id"));
    match resource.at("type").text() {
        Some("ingress") => Value::map([("SecurityGroupIngress", rules("Source"))]),
        Some("egress") => Value::map([("SecurityGroupEgress", rules("Destination"))]),
        _ => Value::map([("SecurityGroupIngress", unknown()), ("SecurityGroupEgress", unknown())]),
    }
}

/// The blocks of both directions.
fn entries<'a>(acl: Argument<'a>, reader: &Reader<'a>) -> Value {
    let mut found = Vec::new();
    for (name, outbound) in [("ingress", false), ("egress", true)] {
        let blocks = acl.at(name).blocks();
        match blocks.state() {
            State::Absent => {}
            State::Known(_) => found.extend(blocks.items().into_iter().map(|block| entry(block, reader, outbound))),
            _ => found.push(blocks.value()),
        }
    }
    Value::list(found)
}

fn entry<'a>(block: Argument<'a>, reader: &Reader<'a>, outbound: bool) -> Value {
    if !matches!(block.state(), State::Known(_)) {
        return block.value();
    }
    let ports = Value::map([("From", block.at("from_port").value()), ("To", block.at("to_port").value())]);
    Value::map([
        ("RuleNumber", block.at("rule_no").value()),
        ("RuleAction", block.at("action").value()),
        ("Egress", outbound.into()),
        ("Protocol", block.at("protocol").value()),
        ("CidrBlock", reader.value(block.at("cidr_block"))),
        ("Ipv6CidrBlock", reader.value(block.at("ipv6_cidr_block"))),
        ("PortRange", ports),
    ])
}
