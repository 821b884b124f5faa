//! Questions about address ranges and security group rules, answered in three values.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::functions::Answer;
use super::policy_document::any;
use crate::model::{Unknown, Value};

/// The size of half of the IPv4 space.
const HALF_IPV4: u128 = 1 << 31;
/// The global unicast space of IPv6, 2000::/3 (RFC 4291 §2.4), and the size of half of it.
const UNICAST: RangeInclusive<u128> = (0x2000 << 112)..=((0x4000 << 112) - 1);
const HALF_UNICAST: u128 = 1 << 124;

/// The transport protocols whose ports the rules are asked about.
const TRANSPORTS: [&str; 2] = ["tcp", "udp"];

pub(super) fn open_to_world(rules: &Value, ports: &Value, prefix_lists: &Value) -> Answer<bool> {
    let mut undecided = None;
    for (transport, port) in questions(ports)? {
        let admitted = Admitted::collect(rules, transport, port, prefix_lists)?;
        if cover_world(admitted.blocks.iter().flat_map(|(_, blocks)| blocks)) {
            return Ok(true);
        }
        undecided = undecided.or(admitted.undecided);
    }
    undecided.map_or(Ok(false), Err)
}

pub(super) fn world_rules(rules: &Value, ports: &Value, prefix_lists: &Value) -> Answer<Value> {
    let mut found: Vec<&Value> = Vec::new();
    for (transport, port) in questions(ports)? {
        let admitted = Admitted::collect(rules, transport, port, prefix_lists)?;
        if !cover_world(admitted.blocks.iter().flat_map(|(_, blocks)| blocks)) {
            continue;
        }
        let alone = |entry: &&(&'_ Value, Vec<IpNet>)| cover_world(&entry.1);
        let any_alone = admitted.blocks.iter().any(|entry| alone(&entry));
        for (rule, _) in admitted.blocks.iter().filter(|entry| !any_alone || alone(entry)) {
            if !found.iter().any(|known| std::ptr::eq(*known, *rule)) {
                found.push(rule);
            }
        }
    }
    Ok(Value::list(found.into_iter().cloned()))
}

pub(super) fn covers_world(cidrs: &Value) -> Answer<bool> {
    let (blocks, undecided) = blocks(cidrs);
    if cover_world(&blocks) { Ok(true) } else { undecided.map_or(Ok(false), Err) }
}

pub(super) fn cidr_contains(outer: &Value, inner: &Value) -> Answer<bool> {
    Ok(block(outer)?.contains(&block(inner)?))
}

pub(super) fn cidr_overlaps(a: &Value, b: &Value) -> Answer<bool> {
    let (a, b) = (block(a)?, block(b)?);
    Ok(a.contains(&b) || b.contains(&a))
}

/// Whether one of the blocks shares an address with one of the networks of the resources: their `CidrBlocks`, or their
/// `CidrBlock` where a template says no more.
pub(super) fn cidrs_taken(cidrs: &Value, resources: &Value) -> Answer<bool> {
    let (own, undecided) = blocks(cidrs);
    let taken = any(resources.one_or_many().iter().map(|resource| shares(&own, resource)))?;
    if taken { Ok(true) } else { undecided.map_or(Ok(false), Err) }
}

/// The resources for which that is so.
pub(super) fn cidr_conflicts(cidrs: &Value, resources: &Value) -> Answer<Value> {
    let (own, _) = blocks(cidrs);
    let conflicts = resources.one_or_many().iter().filter(|resource| shares(&own, resource) == Ok(true));
    Ok(Value::list(conflicts.cloned()))
}

fn shares(own: &[IpNet], resource: &Value) -> Answer<bool> {
    if let Value::Unknown(cause) = resource {
        return Err(cause.clone());
    }
    let (theirs, undecided) = blocks(resource.get("CidrBlocks").or(resource.get("CidrBlock")).unwrap_or(&Value::Null));
    let meets = |a: &IpNet, b: &IpNet| a.contains(b) || b.contains(a);
    if own.iter().any(|own| theirs.iter().any(|other| meets(own, other))) {
        return Ok(true);
    }
    undecided.map_or(Ok(false), Err)
}

/// The blocks that are known, and why others are not.
fn blocks(cidrs: &Value) -> (Vec<IpNet>, Option<Arc<Unknown>>) {
    let mut known = Vec::new();
    let mut undecided = None;
    for cidr in cidrs.one_or_many() {
        match block(cidr) {
            Ok(block) => known.push(block),
            Err(cause) => undecided = Some(cause),
        }
    }
    (known, undecided)
}

/// Each transport with each port; one question without a port when any will do.
pub(super) fn questions(ports: &Value) -> Answer<Vec<(Option<&'static str>, Option<i64>)>> {
    let ports: Vec<i64> = ports
        .one_or_many()
        .iter()
        .map(|port| match port {
            Value::Unknown(cause) => Err(cause.clone()),
            port => port.as_i64().ok_or_else(|| rule_error("a port is not a number")),
        })
        .collect::<Result<_, _>>()?;
    if ports.is_empty() {
        return Ok(vec![(None, None)]);
    }
    Ok(ports.iter().flat_map(|port| TRANSPORTS.map(|transport| (Some(transport), Some(*port)))).collect())
}

/// The address blocks that the rules certainly admit, by rule, and the first reason to doubt that they are all.
struct Admitted<'a> {
    blocks: Vec<(&'a Value, Vec<IpNet>)>,
    undecided: Option<Arc<Unknown>>,
}

impl<'a> Admitted<'a> {
    fn collect(rules: &'a Value, transport: Option<&str>, port: Option<i64>, prefix_lists: &Value) -> Answer<Self> {
        if let Value::Unknown(cause) = rules {
            return Err(cause.clone());
        }
        let mut admitted = Self { blocks: Vec::new(), undecided: None };
        for rule in rules.one_or_many() {
            match admits(rule, transport, port) {
                Ok(false) => continue,
                Ok(true) => {}
                Err(cause) => {
                    admitted.undecided.get_or_insert(cause);
                    continue;
                }
            }
            match sources(rule, prefix_lists) {
                Ok(blocks) => admitted.blocks.push((rule, blocks)),
                Err(cause) => {
                    admitted.undecided.get_or_insert(cause);
                }
            }
        }
        Ok(admitted)
    }
}

/// Whether a rule admits a port of a transport protocol; without a transport, whether it admits anything.
fn admits(rule: &Value, transport: Option<&str>, port: Option<i64>) -> Answer<bool> {
    if let Value::Unknown(cause) = rule {
        return Err(cause.clone());
    }
    let (Some(transport), Some(port)) = (transport, port) else { return Ok(true) };
    let protocol = match rule.get("IpProtocol") {
        Some(Value::Unknown(cause)) => return Err(cause.clone()),
        Some(Value::String(name)) => name.to_ascii_lowercase(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return Ok(true),
    };
    let same = match protocol.as_str() {
        "-1" | "all" => return Ok(true),
        "6" => transport == "tcp",
        "17" => transport == "udp",
        name => name == transport,
    };
    if !same {
        return Ok(false);
    }
    let (from, to) = (bound(rule, "FromPort")?, bound(rule, "ToPort")?);
    Ok(match (from, to) {
        (None, _) | (Some(-1), _) => true,
        (Some(from), to) => from <= port && port <= to.unwrap_or(from),
    })
}

pub(super) fn bound(rule: &Value, name: &str) -> Answer<Option<i64>> {
    match rule.get(name) {
        None => Ok(None),
        Some(Value::Unknown(cause)) => Err(cause.clone()),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|_| rule_error("a port is not a number")),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| rule_error("a port is not a number")),
    }
}

/// The address blocks of a rule; none for one that names a security group.
fn sources(rule: &Value, prefix_lists: &Value) -> Answer<Vec<IpNet>> {
    let mut blocks = Vec::new();
    for name in ["CidrIp", "CidrIpv6"] {
        if let Some(cidr) = rule.get(name) {
            blocks.push(block(cidr)?);
        }
    }
    for name in ["SourcePrefixListId", "DestinationPrefixListId"] {
        if let Some(id) = rule.get(name) {
            blocks.extend(prefix_list(id, prefix_lists)?);
        }
    }
    Ok(blocks)
}

fn prefix_list(id: &Value, prefix_lists: &Value) -> Answer<Vec<IpNet>> {
    if let Value::Unknown(cause) = id {
        return Err(cause.clone());
    }
    let lists = prefix_lists.one_or_many();
    let list = lists.iter().find(|list| list.get("PrefixListId").is_some_and(|other| other == id));
    match list.and_then(|list| list.get("Entries")) {
        Some(Value::Unknown(cause)) => Err(cause.clone()),
        Some(entries) => entries
            .one_or_many()
            .iter()
            .map(|entry| match entry {
                Value::Unknown(cause) => Err(cause.clone()),
                entry => block(entry.get("Cidr").unwrap_or(&Value::Null)),
            })
            .collect(),
        None => {
            let gap = lists.iter().find_map(|list| match list {
                Value::Unknown(cause) => Some(cause.clone()),
                _ => None,
            });
            Err(gap.unwrap_or_else(|| Arc::new(Unknown::NotCollected)))
        }
    }
}

/// A CIDR block; a lone address is a block of one.
pub(super) fn block(cidr: &Value) -> Answer<IpNet> {
    match cidr {
        Value::Unknown(cause) => Err(cause.clone()),
        Value::String(text) => text
            .parse::<IpNet>()
            .or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from))
            .map_err(|_| rule_error("an address block is not in CIDR notation")),
        _ => Err(rule_error("an address block is not a text")),
    }
}

pub(super) fn rule_error(message: &str) -> Arc<Unknown> {
    Arc::new(Unknown::RuleError(message.to_owned()))
}

/// Whether the blocks cover half of either address space.
fn cover_world<'a>(blocks: impl IntoIterator<Item = &'a IpNet>) -> bool {
    let (mut v4, mut v6) = (Vec::new(), Vec::new());
    for block in blocks {
        match block {
            IpNet::V4(block) => v4.push(range_v4(block)),
            IpNet::V6(block) => v6.extend(unicast_part(range_v6(block))),
        }
    }
    is_half_of_world(v4, v6)
}

/// Whether the ranges cover half of IPv4, or half of the unicast space of IPv6.
pub(super) fn is_half_of_world(v4: Vec<RangeInclusive<u128>>, v6: Vec<RangeInclusive<u128>>) -> bool {
    covered(v4) >= HALF_IPV4 || covered(v6) >= HALF_UNICAST
}

pub(super) fn range_v4(block: &Ipv4Net) -> RangeInclusive<u128> {
    let number = |address: Ipv4Addr| u128::from(u32::from(address));
    number(block.network())..=number(block.broadcast())
}

pub(super) fn range_v6(block: &Ipv6Net) -> RangeInclusive<u128> {
    let number = |address: Ipv6Addr| u128::from(address);
    number(block.network())..=number(block.broadcast())
}

pub(super) fn unicast_part(range: RangeInclusive<u128>) -> Option<RangeInclusive<u128>> {
    let part = *range.start().max(UNICAST.start())..=*range.end().min(UNICAST.end());
    (!part.is_empty()).then_some(part)
}

/// How many addresses the ranges cover together.
fn covered(mut ranges: Vec<RangeInclusive<u128>>) -> u128 {
    ranges.sort_by_key(|range| *range.start());
    let mut total: u128 = 0;
    let mut next_free: u128 = 0;
    for range in ranges {
        let start = (*range.start()).max(next_free);
        if start <= *range.end() {
            total = total.saturating_add(range.end() - start + 1);
            next_free = range.end() + 1;
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn open(rules: serde_json::Value, ports: serde_json::Value) -> Answer<bool> {
        let lists = Value::from(json!([{"PrefixListId": "pl-1", "Entries": [{"Cidr": "0.0.0.0/0"}]}]));
        open_to_world(&Value::from_notation(rules).unwrap(), &Value::from(ports), &lists)
    }

    #[test]
    fn everything_that_means_the_world_counts() {
        for rules in [
            json!([{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}]),
            json!([{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv6": "::/0"}]),
            json!([{"IpProtocol": "6", "FromPort": 22, "ToPort": 22, "CidrIpv6": "2000::/3"}]),
            json!([{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}]),
            json!([{"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "CidrIp": "0.0.0.0/0"}]),
            json!([{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "SourcePrefixListId": "pl-1"}]),
            json!([
                {"IpProtocol": "tcp", "FromPort": 20, "ToPort": 25, "CidrIp": "0.0.0.0/2"},
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "128.0.0.0/2"},
            ]),
        ] {
            assert_eq!(open(rules.clone(), json!([22])), Ok(true), "{rules}");
        }
    }

    #[test]
    fn what_does_not_admit_the_world_does_not_count() {
        for rules in [
            json!([]),
            json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}]),
            json!([{"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "CidrIp": "0.0.0.0/0"}]),
            json!([{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "10.0.0.0/8"}]),
            json!([{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "SourceSecurityGroupId": "sg-1"}]),
            json!([
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/2"},
                {"IpProtocol": "udp", "FromPort": 22, "ToPort": 22, "CidrIp": "128.0.0.0/2"},
            ]),
        ] {
            assert_eq!(open(rules.clone(), json!([22])), Ok(false), "{rules}");
        }
    }

    #[test]
    fn an_unknown_is_decided_by_what_is_known() {
        let hole = json!({"$unknown": "not_collected"});
        let world = json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"});
        assert_eq!(open(json!([hole, world]), json!([22])), Ok(true));
        assert!(open(json!([hole]), json!([22])).is_err());
        assert!(
            open(json!([{"IpProtocol": "tcp", "FromPort": hole, "ToPort": 22, "CidrIp": "0.0.0.0/0"}]), json!([22]))
                .is_err()
        );
        assert!(open(json!([{"IpProtocol": "-1", "SourcePrefixListId": "pl-unseen"}]), json!([22])).is_err());
        let elsewhere = json!([{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": hole}]);
        assert_eq!(open(elsewhere, json!([22])), Ok(false));
    }

    #[test]
    fn the_rules_that_open_are_named() {
        let wide = json!({"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"});
        let rules = Value::from(json!([{"IpProtocol": "-1", "CidrIp": "10.0.0.0/8"}, wide]));
        let found = world_rules(&rules, &Value::from(json!([22])), &Value::Null).unwrap();
        assert_eq!(found, Value::from(json!([wide])));
    }
}
