//! Amazon EC2's firewall: security groups with their rules, and the prefix lists that the rules name.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{IpPermission, ManagedPrefixList, PrefixListEntry, PrefixListState, SecurityGroup, Tag};
use futures::FutureExt;

use super::call::{Batch, Unit, each};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const SECURITY_GROUP: &str = "AWS::EC2::SecurityGroup";
const PREFIX_LIST: &str = "AWS::EC2::PrefixList";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "ec2-security-groups",
        scope: Scope::Regional,
        types: &[SECURITY_GROUP],
        actions: &["ec2:DescribeSecurityGroups"],
        run: |unit| security_groups(unit).boxed(),
    },
    Collector {
        name: "ec2-prefix-lists",
        scope: Scope::Regional,
        types: &[PREFIX_LIST],
        actions: &["ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries"],
        run: |unit| prefix_lists(unit).boxed(),
    },
];

/// The client of the unit's region.
pub(super) fn client(unit: &Unit) -> Client {
    Client::new(&unit.config())
}

/// The ARN of a resource of EC2. One that is shared with the account has another owner.
pub(super) fn arn(unit: &Unit, owner: Option<&str>, resource: &str) -> Option<String> {
    let owner = owner.unwrap_or_else(|| unit.account());
    Some(format!("arn:{}:ec2:{}:{owner}:{resource}", unit.session.partition(), unit.region))
}

pub(super) fn tags(tags: &[Tag]) -> Value {
    convert::tags(tags.iter().map(|tag| (tag.key(), tag.value())))
}

async fn security_groups(unit: &Unit) -> Batch {
    let pages = client(unit).describe_security_groups().into_paginator().page_size(1000).send();
    let (groups, failure) =
        unit.list("ec2:DescribeSecurityGroups", pages, |page| (page.security_groups, page.next_token)).await;
    Batch::of(SECURITY_GROUP, (groups.iter().filter_map(|group| security_group(unit, group)).collect(), failure))
}

fn security_group(unit: &Unit, group: &SecurityGroup) -> Option<Resource> {
    let id = group.group_id()?;
    let arn = arn(unit, group.owner_id(), &format!("security-group/{id}"));
    let properties = Value::map([
        ("GroupId", id.into()),
        ("GroupName", group.group_name().into()),
        ("GroupDescription", group.description().into()),
        ("VpcId", group.vpc_id().into()),
        ("SecurityGroupIngress", rules(group.ip_permissions(), &INGRESS)),
        ("SecurityGroupEgress", rules(group.ip_permissions_egress(), &EGRESS)),
        ("Tags", tags(group.tags())),
    ]);
    Some(unit.resource(SECURITY_GROUP, id, arn, properties))
}

/// How the rules of one direction name their peer.
struct Direction {
    prefix_list: &'static str,
    group: &'static str,
}

const INGRESS: Direction = Direction { prefix_list: "SourcePrefixListId", group: "SourceSecurityGroupId" };
const EGRESS: Direction = Direction { prefix_list: "DestinationPrefixListId", group: "DestinationSecurityGroupId" };

/// EC2's permissions, which hold many peers each, as CloudFormation's rules, which hold one each.
fn rules(permissions: &[IpPermission], direction: &Direction) -> Value {
    convert::sorted(permissions.iter().flat_map(|permission| {
        let peers = peers(permission, direction);
        peers.into_iter().map(|(key, peer, description)| rule(permission, key, peer, description))
    }))
}

type Peer<'a> = (&'static str, Option<&'a str>, Option<&'a str>);

fn peers<'a>(permission: &'a IpPermission, direction: &Direction) -> Vec<Peer<'a>> {
    let v4 = permission.ip_ranges().iter().map(|range| ("CidrIp", range.cidr_ip(), range.description()));
    let v6 = permission.ipv6_ranges().iter().map(|range| ("CidrIpv6", range.cidr_ipv6(), range.description()));
    let lists = permission.prefix_list_ids().iter();
    let lists = lists.map(|list| (direction.prefix_list, list.prefix_list_id(), list.description()));
    let groups = permission.user_id_group_pairs().iter();
    let groups = groups.map(|pair| (direction.group, pair.group_id(), pair.description()));
    v4.chain(v6).chain(lists).chain(groups).collect()
}

fn rule(permission: &IpPermission, key: &str, peer: Option<&str>, description: Option<&str>) -> Value {
    let protocol = permission.ip_protocol();
    let port = |port: Option<i32>| port.filter(|_| protocol != Some("-1"));
    Value::map([
        ("IpProtocol", protocol.into()),
        ("FromPort", port(permission.from_port()).into()),
        ("ToPort", port(permission.to_port()).into()),
        (key, peer.into()),
        ("Description", convert::text(description)),
    ])
}

async fn prefix_lists(unit: &Unit) -> Batch {
    let client = client(unit);
    let pages = client.describe_managed_prefix_lists().into_paginator().page_size(100).send();
    let (lists, failure) =
        unit.list("ec2:DescribeManagedPrefixLists", pages, |page| (page.prefix_lists, page.next_token)).await;
    let lists = lists.into_iter().filter(|list| list.state() != Some(&PrefixListState::DeleteComplete));
    Batch::of(PREFIX_LIST, (each(lists, |list| prefix_list(unit, &client, list)).await, failure))
}

/// Nothing when the list was deleted in the meantime.
async fn prefix_list(unit: &Unit, client: &Client, list: ManagedPrefixList) -> Option<Resource> {
    let id = list.prefix_list_id()?;
    let pages = client.get_managed_prefix_list_entries().prefix_list_id(id).into_paginator().page_size(100).send();
    let listing = unit.list("ec2:GetManagedPrefixListEntries", pages, |page| (page.entries, page.next_token));
    let entries = match listing.await {
        (_, Some(failure)) if failure.is(&["InvalidPrefixListID.NotFound", "InvalidPrefixListId.NotFound"]) => {
            return None;
        }
        (entries, failure) => convert::unfinished(convert::sorted(entries.iter().map(prefix_list_entry)), failure),
    };
    let properties = Value::map([
        ("PrefixListId", id.into()),
        ("PrefixListName", list.prefix_list_name().into()),
        ("AddressFamily", list.address_family().into()),
        ("OwnerId", list.owner_id().into()),
        ("Entries", entries),
        ("Tags", tags(list.tags())),
    ]);
    let arn = list.prefix_list_arn().map(str::to_owned);
    Some(unit.resource(PREFIX_LIST, id, arn, properties))
}

fn prefix_list_entry(entry: &PrefixListEntry) -> Value {
    Value::map([("Cidr", entry.cidr().into()), ("Description", convert::text(entry.description()))])
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};
    use serde_json::json;

    use super::*;

    fn json(value: &Value) -> serde_json::Value {
        serde_json::to_value(value).unwrap()
    }

    #[test]
    fn a_permission_becomes_one_rule_per_peer_in_a_fixed_order() {
        let permission = IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(22)
            .to_port(22)
            .ip_ranges(IpRange::builder().cidr_ip("10.0.0.0/8").description("office").build())
            .ip_ranges(IpRange::builder().cidr_ip("0.0.0.0/0").build())
            .ipv6_ranges(Ipv6Range::builder().cidr_ipv6("::/0").build())
            .prefix_list_ids(PrefixListId::builder().prefix_list_id("pl-1").build())
            .user_id_group_pairs(UserIdGroupPair::builder().group_id("sg-1").build())
            .build();
        let expected = json!([
            {"CidrIp": "0.0.0.0/0", "FromPort": 22, "IpProtocol": "tcp", "ToPort": 22},
            {"CidrIp": "10.0.0.0/8", "Description": "office", "FromPort": 22, "IpProtocol": "tcp", "ToPort": 22},
            {"CidrIpv6": "::/0", "FromPort": 22, "IpProtocol": "tcp", "ToPort": 22},
            {"FromPort": 22, "IpProtocol": "tcp", "SourcePrefixListId": "pl-1", "ToPort": 22},
            {"FromPort": 22, "IpProtocol": "tcp", "SourceSecurityGroupId": "sg-1", "ToPort": 22},
        ]);
        assert_eq!(json(&rules(&[permission], &INGRESS)), expected);
    }

    #[test]
    fn all_protocols_have_no_ports_and_icmp_keeps_its_types() {
        let to = |id: &str| PrefixListId::builder().prefix_list_id(id).build();
        let all =
            IpPermission::builder().ip_protocol("-1").from_port(-1).to_port(-1).prefix_list_ids(to("pl-1")).build();
        let icmp =
            IpPermission::builder().ip_protocol("icmp").from_port(8).to_port(-1).prefix_list_ids(to("pl-2")).build();
        let expected = json!([
            {"DestinationPrefixListId": "pl-1", "IpProtocol": "-1"},
            {"DestinationPrefixListId": "pl-2", "FromPort": 8, "IpProtocol": "icmp", "ToPort": -1},
        ]);
        assert_eq!(json(&rules(&[all, icmp], &EGRESS)), expected);
    }
}
