//! What filters and records the traffic of Amazon VPC networks: network ACLs and flow logs.

use aws_sdk_ec2::types::{FlowLog, NetworkAcl, NetworkAclEntry};
use futures::FutureExt;

use super::call::{Batch, Unit};
use super::ec2::{arn, client, tags};
use super::{Collector, Scope, convert};
use crate::model::{Resource, Value};

const NETWORK_ACL: &str = "AWS::EC2::NetworkAcl";
const FLOW_LOG: &str = "AWS::EC2::FlowLog";

pub(super) static COLLECTORS: &[Collector] = &[
    Collector {
        name: "ec2-network-acls",
        scope: Scope::Regional,
        types: &[NETWORK_ACL],
        actions: &["ec2:DescribeNetworkAcls"],
        run: |unit| network_acls(unit).boxed(),
    },
    Collector {
        name: "ec2-flow-logs",
        scope: Scope::Regional,
        types: &[FLOW_LOG],
        actions: &["ec2:DescribeFlowLogs"],
        run: |unit| flow_logs(unit).boxed(),
    },
];

async fn network_acls(unit: &Unit) -> Batch {
    let pages = client(unit).describe_network_acls().into_paginator().page_size(1000).send();
    let (acls, failure) =
        unit.list("ec2:DescribeNetworkAcls", pages, |page| (page.network_acls, page.next_token)).await;
    Batch::of(NETWORK_ACL, (acls.iter().filter_map(|acl| network_acl(unit, acl)).collect(), failure))
}

fn network_acl(unit: &Unit, acl: &NetworkAcl) -> Option<Resource> {
    let id = acl.network_acl_id()?;
    let subnets = acl.associations().iter().filter_map(|association| association.subnet_id());
    let properties = Value::map([
        ("Id", id.into()),
        ("VpcId", acl.vpc_id().into()),
        ("IsDefault", acl.is_default().into()),
        ("Entries", entries(acl.entries())),
        ("SubnetIds", convert::sorted(subnets.map(Value::from))),
        ("OwnerId", acl.owner_id().into()),
        ("Tags", tags(acl.tags())),
    ]);
    Some(unit.resource(NETWORK_ACL, id, arn(unit, acl.owner_id(), &format!("network-acl/{id}")), properties))
}

/// The entries in the order in which they are asked, inbound first.
fn entries(entries: &[NetworkAclEntry]) -> Value {
    let mut ordered: Vec<&NetworkAclEntry> = entries.iter().collect();
    ordered.sort_by_key(|entry| (entry.egress(), entry.rule_number(), entry.ipv6_cidr_block().is_some()));
    Value::list(ordered.into_iter().map(entry))
}

fn entry(entry: &NetworkAclEntry) -> Value {
    let ports = entry.port_range().map(|ports| Value::map([("From", ports.from().into()), ("To", ports.to().into())]));
    let icmp = entry.icmp_type_code();
    let icmp = icmp.map(|icmp| Value::map([("Code", icmp.code().into()), ("Type", icmp.r#type().into())]));
    Value::map([
        ("RuleNumber", entry.rule_number().into()),
        ("Egress", entry.egress().into()),
        ("RuleAction", entry.rule_action().map(|action| action.as_str()).into()),
        ("Protocol", protocol(entry.protocol())),
        ("CidrBlock", convert::text(entry.cidr_block())),
        ("Ipv6CidrBlock", convert::text(entry.ipv6_cidr_block())),
        ("PortRange", ports.into()),
        ("Icmp", icmp.into()),
    ])
}

/// CloudFormation writes the protocol as a number.
fn protocol(protocol: Option<&str>) -> Value {
    match protocol.map(|text| (text, text.parse::<i64>())) {
        Some((_, Ok(number))) => number.into(),
        Some((text, Err(_))) => text.into(),
        None => Value::Null,
    }
}

async fn flow_logs(unit: &Unit) -> Batch {
    let pages = client(unit).describe_flow_logs().into_paginator().page_size(1000).send();
    let (logs, failure) = unit.list("ec2:DescribeFlowLogs", pages, |page| (page.flow_logs, page.next_token)).await;
    Batch::of(FLOW_LOG, (logs.iter().filter_map(|log| flow_log(unit, log)).collect(), failure))
}

fn flow_log(unit: &Unit, log: &FlowLog) -> Option<Resource> {
    let id = log.flow_log_id()?;
    let properties = Value::map([
        ("Id", id.into()),
        ("ResourceId", log.resource_id().into()),
        ("TrafficType", log.traffic_type().map(|kind| kind.as_str()).into()),
        ("FlowLogStatus", convert::text(log.flow_log_status())),
        ("DeliverLogsStatus", convert::text(log.deliver_logs_status())),
        ("DeliverLogsErrorMessage", convert::text(log.deliver_logs_error_message())),
        ("LogDestinationType", log.log_destination_type().map(|kind| kind.as_str()).into()),
        ("LogDestination", convert::text(log.log_destination())),
        ("LogGroupName", convert::text(log.log_group_name())),
        ("MaxAggregationInterval", log.max_aggregation_interval().into()),
        ("Tags", tags(log.tags())),
    ]);
    Some(unit.resource(FLOW_LOG, id, arn(unit, None, &format!("vpc-flow-log/{id}")), properties))
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::{PortRange, RuleAction};
    use serde_json::json;

    use super::*;

    #[test]
    fn entries_are_in_the_order_in_which_they_count() {
        let builder = |number: i32, action| {
            NetworkAclEntry::builder().rule_number(number).egress(false).protocol("-1").rule_action(action)
        };
        let last = builder(32767, RuleAction::Deny).cidr_block("0.0.0.0/0").build();
        let ports = PortRange::builder().from(443).to(443).build();
        let first = builder(100, RuleAction::Allow).protocol("6").port_range(ports).cidr_block("10.0.0.0/8").build();
        let expected = json!([
            {
                "CidrBlock": "10.0.0.0/8", "Egress": false, "PortRange": {"From": 443, "To": 443}, "Protocol": 6,
                "RuleAction": "allow", "RuleNumber": 100,
            },
            {"CidrBlock": "0.0.0.0/0", "Egress": false, "Protocol": -1, "RuleAction": "deny", "RuleNumber": 32767},
        ]);
        assert_eq!(serde_json::to_value(entries(&[last, first])).unwrap(), expected);
    }
}
