//! Where Amazon VPC networks have addresses: subnets, network interfaces and elastic addresses.

use aws_sdk_ec2::types::{
    Address, NetworkInterface, NetworkInterfaceAssociation, NetworkInterfacePrivateIpAddress, Subnet,
};
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::ec2::{arn, client, tags};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const SUBNET: &str = "AWS::EC2::Subnet";
const NETWORK_INTERFACE: &str = "AWS::EC2::NetworkInterface";
const ADDRESS: &str = "AWS::EC2::EIP";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "ec2-subnets",
        scope: Scope::Regional,
        types: &[SUBNET],
        actions: &["ec2:DescribeSubnets"],
        run: |unit| subnets(unit).boxed(),
    },
    Collector {
        name: "ec2-network-interfaces",
        scope: Scope::Regional,
        types: &[NETWORK_INTERFACE],
        actions: &["ec2:DescribeNetworkInterfaces"],
        run: |unit| network_interfaces(unit).boxed(),
    },
    Collector {
        name: "ec2-addresses",
        scope: Scope::Regional,
        types: &[ADDRESS],
        actions: &["ec2:DescribeAddresses"],
        run: |unit| addresses(unit).boxed(),
    },
];

async fn subnets(unit: &Unit) -> Batch {
    let pages = client(unit).describe_subnets().into_paginator().page_size(1000).send();
    let (subnets, failure) = unit.list("ec2:DescribeSubnets", pages, |page| (page.subnets, page.next_token)).await;
    Batch::of(SUBNET, (subnets.iter().filter_map(|part| subnet(unit, part)).collect(), failure))
}

fn subnet(unit: &Unit, subnet: &Subnet) -> Option<Resource> {
    let id = subnet.subnet_id()?;
    let properties = Value::map([
        ("SubnetId", id.into()),
        ("VpcId", subnet.vpc_id().into()),
        ("CidrBlock", convert::text(subnet.cidr_block())),
        ("AvailabilityZone", subnet.availability_zone().into()),
        ("MapPublicIpOnLaunch", subnet.map_public_ip_on_launch().into()),
        ("AssignIpv6AddressOnCreation", subnet.assign_ipv6_address_on_creation().into()),
        ("OwnerId", subnet.owner_id().into()),
        ("Tags", tags(subnet.tags())),
    ]);
    Some(unit.resource(SUBNET, id, arn(unit, subnet.owner_id(), &format!("subnet/{id}")), properties))
}

async fn network_interfaces(unit: &Unit) -> Batch {
    let pages = client(unit).describe_network_interfaces().into_paginator().page_size(1000).send();
    let (interfaces, failure) =
        unit.list("ec2:DescribeNetworkInterfaces", pages, |page| (page.network_interfaces, page.next_token)).await;
    let interfaces = interfaces.iter().filter_map(|interface| network_interface(unit, interface));
    Batch::of(NETWORK_INTERFACE, (interfaces.collect(), failure))
}

fn network_interface(unit: &Unit, interface: &NetworkInterface) -> Option<Resource> {
    let id = interface.network_interface_id()?;
    let attachment = interface.attachment().map(|attachment| {
        Value::map([
            ("InstanceId", convert::text(attachment.instance_id())),
            ("InstanceOwnerId", convert::text(attachment.instance_owner_id())),
            ("Status", attachment.status().map(|status| status.as_str()).into()),
        ])
    });
    let ipv6 = interface.ipv6_addresses().iter().filter_map(|address| address.ipv6_address());
    let groups = interface.groups().iter().filter_map(|group| group.group_id());
    let properties = Value::map([
        ("Id", id.into()),
        ("Description", convert::text(interface.description())),
        ("InterfaceType", interface.interface_type().map(|kind| kind.as_str()).into()),
        ("VpcId", interface.vpc_id().into()),
        ("SubnetId", interface.subnet_id().into()),
        ("GroupSet", convert::sorted(groups.map(Value::from))),
        ("PrivateIpAddress", convert::text(interface.private_ip_address())),
        ("PrivateIpAddresses", Value::list(interface.private_ip_addresses().iter().map(private_address))),
        ("Ipv6Addresses", convert::sorted(ipv6.map(|address| Value::map([("Ipv6Address", address.into())])))),
        ("Association", interface.association().map(association).into()),
        ("Attachment", attachment.into()),
        ("Status", interface.status().map(|status| status.as_str()).into()),
        ("RequesterManaged", interface.requester_managed().into()),
        ("RequesterId", convert::text(interface.requester_id())),
        ("OwnerId", interface.owner_id().into()),
        ("Tags", tags(interface.tag_set())),
    ]);
    let arn = arn(unit, interface.owner_id(), &format!("network-interface/{id}"));
    Some(unit.resource(NETWORK_INTERFACE, id, arn, properties))
}

fn private_address(address: &NetworkInterfacePrivateIpAddress) -> Value {
    Value::map([
        ("PrivateIpAddress", address.private_ip_address().into()),
        ("Primary", address.primary().into()),
        ("Association", address.association().map(association).into()),
    ])
}

/// The address under which others reach the interface.
fn association(association: &NetworkInterfaceAssociation) -> Value {
    Value::map([
        ("PublicIp", convert::text(association.public_ip())),
        ("CarrierIp", convert::text(association.carrier_ip())),
        ("IpOwnerId", convert::text(association.ip_owner_id())),
        ("AllocationId", convert::text(association.allocation_id())),
    ])
}

/// The API has no pages.
async fn addresses(unit: &Unit) -> Batch {
    match unit.call("ec2:DescribeAddresses", client(unit).describe_addresses().send()).await {
        Ok(answer) => {
            let resources = answer.addresses().iter().filter_map(|item| address(unit, item));
            Batch::of(ADDRESS, (resources.collect(), None))
        }
        Err(failure) => Batch::failed(ADDRESS, failure),
    }
}

fn address(unit: &Unit, address: &Address) -> Option<Resource> {
    let id = address.allocation_id().or(address.public_ip())?;
    let properties = Value::map([
        ("AllocationId", convert::text(address.allocation_id())),
        ("PublicIp", convert::text(address.public_ip())),
        ("Domain", address.domain().map(|domain| domain.as_str()).into()),
        ("InstanceId", convert::text(address.instance_id())),
        ("NetworkInterfaceId", convert::text(address.network_interface_id())),
        ("AssociationId", convert::text(address.association_id())),
        ("PublicIpv4Pool", convert::text(address.public_ipv4_pool())),
        ("NetworkBorderGroup", convert::text(address.network_border_group())),
        ("ServiceManaged", address.service_managed().map(|service| service.as_str()).into()),
        ("Tags", tags(address.tags())),
    ]);
    Some(unit.resource(ADDRESS, id, arn(unit, None, &format!("elastic-ip/{id}")), properties))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_public_address_of_a_secondary_private_address_is_seen() {
        let public = NetworkInterfaceAssociation::builder().public_ip("203.0.113.9").ip_owner_id("amazon").build();
        let secondary = NetworkInterfacePrivateIpAddress::builder()
            .private_ip_address("10.0.0.9")
            .primary(false)
            .association(public)
            .build();
        let expected = json!({
            "Association": {"IpOwnerId": "amazon", "PublicIp": "203.0.113.9"},
            "Primary": false,
            "PrivateIpAddress": "10.0.0.9",
        });
        assert_eq!(serde_json::to_value(private_address(&secondary)).unwrap(), expected);
    }
}
