//! What a network ACL admits from the world, answered in three values.
//!
//! The first entry that fits decides, by rule number, and each address by itself: so an address block that is denied
//! is closed to the entries after it, and the other addresses are not.
//! <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>

use std::ops::RangeInclusive;
use std::sync::Arc;

use ipnet::IpNet;

use super::functions::Answer;
use super::network::{block, bound, is_half_of_world, questions, range_v4, range_v6, rule_error, unicast_part};
use crate::model::{Unknown, Value};

/// The inbound entries that admit the world to one of the ports.
pub(super) fn nacl_opens(entries: &Value, ports: &Value) -> Answer<Value> {
    if let Value::Unknown(cause) = entries {
        return Err(cause.clone());
    }
    let mut found: Vec<&Value> = Vec::new();
    let mut undecided = None;
    for (transport, port) in questions(ports)? {
        let mut clauses: Vec<Clause> =
            entries.one_or_many().iter().filter_map(|entry| Clause::of(entry, transport, port)).collect();
        clauses.sort_by_key(|clause| clause.number);
        let certain = Admitted::by(&clauses, Doubt::Closes);
        if certain.is_world() {
            found.extend(certain.openers());
        } else if Admitted::by(&clauses, Doubt::Opens).is_world() {
            undecided = undecided.or_else(|| clauses.iter().find_map(|clause| clause.doubt.clone()));
        }
    }
    match undecided {
        Some(cause) if found.is_empty() => Err(cause),
        _ => Ok(Value::list(unique(found).cloned())),
    }
}

fn unique<'a>(entries: Vec<&'a Value>) -> impl Iterator<Item = &'a Value> {
    let mut seen: Vec<&'a Value> = Vec::new();
    for entry in entries {
        if !seen.iter().any(|known| std::ptr::eq(*known, entry)) {
            seen.push(entry);
        }
    }
    seen.into_iter()
}

/// An entry, as far as it concerns one port of one transport protocol. What is not known is none.
struct Clause<'a> {
    entry: &'a Value,
    /// None comes first.
    number: Option<i64>,
    allows: Option<bool>,
    block: Option<IpNet>,
    /// Why it is not certain what the entry does.
    doubt: Option<Arc<Unknown>>,
}

impl<'a> Clause<'a> {
    /// None when the entry certainly does not concern the port.
    fn of(entry: &'a Value, transport: Option<&str>, port: Option<i64>) -> Option<Self> {
        let mut clause = Self { entry, number: None, allows: None, block: None, doubt: None };
        if let Value::Unknown(cause) = entry {
            clause.doubt = Some(cause.clone());
            return Some(clause);
        }
        let fits = [is_inbound(entry), is_of_protocol(entry, transport), holds_port(entry, port)];
        if fits.contains(&Ok(false)) {
            return None;
        }
        clause.doubt = fits.into_iter().find_map(Result::err);
        clause.number = clause.known(bound(entry, "RuleNumber").and_then(|number| number.ok_or_else(incomplete)));
        clause.allows = clause.known(allows(entry));
        clause.block = clause.known(address_block(entry));
        Some(clause)
    }

    fn known<T>(&mut self, answer: Answer<T>) -> Option<T> {
        answer.map_err(|cause| self.doubt.get_or_insert(cause).clone()).ok()
    }

    /// What the entry is taken to do: allow or deny a block, or everything where the block is not known. None where
    /// it is taken to do nothing.
    fn effect(&self, doubt: Doubt) -> Option<(bool, Option<IpNet>)> {
        match (&self.doubt, self.allows, doubt) {
            (None, Some(allows), _) => Some((allows, self.block)),
            (_, Some(true), Doubt::Closes) | (_, Some(false), Doubt::Opens) => None,
            (_, _, Doubt::Closes) => Some((false, self.block)),
            (_, _, Doubt::Opens) => Some((true, self.block)),
        }
    }
}

/// How an entry that is not known in full is taken: the one way admits the least, the other the most.
#[derive(Clone, Copy)]
enum Doubt {
    Closes,
    Opens,
}

fn is_inbound(entry: &Value) -> Answer<bool> {
    match entry.get("Egress") {
        Some(Value::Unknown(cause)) => Err(cause.clone()),
        Some(Value::Bool(egress)) => Ok(!egress),
        Some(Value::String(text)) => Ok(!text.eq_ignore_ascii_case("true")),
        _ => Ok(true),
    }
}

fn is_of_protocol(entry: &Value, transport: Option<&str>) -> Answer<bool> {
    let protocol = match entry.get("Protocol") {
        Some(Value::Unknown(cause)) => return Err(cause.clone()),
        Some(Value::String(name)) => name.to_ascii_lowercase(),
        Some(Value::Number(number)) => number.to_string(),
        _ => return Err(incomplete()),
    };
    Ok(match (protocol.as_str(), transport) {
        ("-1" | "all", _) | (_, None) => true,
        ("6", Some(transport)) => transport == "tcp",
        ("17", Some(transport)) => transport == "udp",
        (name, Some(transport)) => name == transport,
    })
}

/// Entries for all protocols have no ports, whatever is written there.
fn holds_port(entry: &Value, port: Option<i64>) -> Answer<bool> {
    let all = matches!(is_of_protocol(entry, Some("")), Ok(true));
    let (Some(port), false) = (port, all) else { return Ok(true) };
    match entry.get("PortRange") {
        None => Ok(true),
        Some(Value::Unknown(cause)) => Err(cause.clone()),
        Some(range) => Ok(match (bound(range, "From")?, bound(range, "To")?) {
            (None, _) | (Some(-1), _) => true,
            (Some(from), to) => from <= port && port <= to.unwrap_or(from),
        }),
    }
}

fn allows(entry: &Value) -> Answer<bool> {
    match entry.get("RuleAction") {
        Some(Value::Unknown(cause)) => Err(cause.clone()),
        Some(Value::String(action)) => Ok(action.eq_ignore_ascii_case("allow")),
        _ => Err(incomplete()),
    }
}

fn address_block(entry: &Value) -> Answer<IpNet> {
    let block_of = |name| entry.get(name).map(block);
    block_of("CidrBlock").or_else(|| block_of("Ipv6CidrBlock")).unwrap_or_else(|| Err(incomplete()))
}

fn incomplete() -> Arc<Unknown> {
    rule_error("an entry of a network ACL is not complete")
}

type Ranges = Vec<RangeInclusive<u128>>;

/// Some addresses of both families.
#[derive(Clone, Default)]
struct Addresses {
    v4: Ranges,
    v6: Ranges,
}

impl Addresses {
    fn of(block: Option<IpNet>) -> Self {
        let (v4, v6) = match block {
            Some(IpNet::V4(block)) => (Some(range_v4(&block)), None),
            Some(IpNet::V6(block)) => (None, unicast_part(range_v6(&block))),
            None => (Some(0..=u128::from(u32::MAX)), unicast_part(0..=u128::MAX)),
        };
        Self { v4: v4.into_iter().collect(), v6: v6.into_iter().collect() }
    }

    fn without(self, taken: &Self) -> Self {
        Self { v4: without(self.v4, &taken.v4), v6: without(self.v6, &taken.v6) }
    }

    fn add(&mut self, more: &Self) {
        self.v4.extend(more.v4.iter().cloned());
        self.v6.extend(more.v6.iter().cloned());
    }

    fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    fn is_world(&self) -> bool {
        is_half_of_world(self.v4.clone(), self.v6.clone())
    }
}

fn without(ranges: Ranges, taken: &Ranges) -> Ranges {
    taken.iter().fold(ranges, |left, hole| left.into_iter().flat_map(|range| cut(&range, hole)).flatten().collect())
}

/// What a hole leaves of a range.
fn cut(range: &RangeInclusive<u128>, hole: &RangeInclusive<u128>) -> [Option<RangeInclusive<u128>>; 2] {
    let (start, end) = (*range.start(), *range.end());
    let before = (*hole.start() > start).then(|| start..=end.min(hole.start() - 1));
    let after = (*hole.end() < end).then(|| start.max(hole.end() + 1)..=end);
    [before, after]
}

/// What the entries admit, by entry.
struct Admitted<'a> {
    by_entry: Vec<(&'a Value, Addresses)>,
}

impl<'a> Admitted<'a> {
    fn by(clauses: &[Clause<'a>], doubt: Doubt) -> Self {
        let (mut by_entry, mut decided) = (Vec::new(), Addresses::default());
        for clause in clauses {
            let Some((allows, block)) = clause.effect(doubt) else { continue };
            let fresh = Addresses::of(block).without(&decided);
            decided.add(&fresh);
            if allows && !fresh.is_empty() {
                by_entry.push((clause.entry, fresh));
            }
        }
        Self { by_entry }
    }

    fn is_world(&self) -> bool {
        let mut all = Addresses::default();
        self.by_entry.iter().for_each(|(_, addresses)| all.add(addresses));
        all.is_world()
    }

    /// The entries that admit the world each by itself, else all that take part.
    fn openers(&self) -> Vec<&'a Value> {
        let alone: Vec<&Value> =
            self.by_entry.iter().filter(|(_, addresses)| addresses.is_world()).map(|(entry, _)| *entry).collect();
        if alone.is_empty() { self.by_entry.iter().map(|(entry, _)| *entry).collect() } else { alone }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(number: i64, action: &str, protocol: i64, cidr: &str, ports: Option<(i64, i64)>) -> serde_json::Value {
        let family = if cidr.contains(':') { "Ipv6CidrBlock" } else { "CidrBlock" };
        let mut entry =
            json!({"RuleNumber": number, "Egress": false, "RuleAction": action, "Protocol": protocol, family: cidr});
        if let Some((from, to)) = ports {
            entry["PortRange"] = json!({"From": from, "To": to});
        }
        entry
    }

    fn opens(entries: serde_json::Value) -> Answer<usize> {
        let entries = Value::from_notation(entries).unwrap();
        nacl_opens(&entries, &Value::from(json!([22, 3389]))).map(|found| found.one_or_many().len())
    }

    fn ssh(number: i64, action: &str, cidr: &str) -> serde_json::Value {
        entry(number, action, 6, cidr, Some((22, 22)))
    }

    fn all(number: i64, action: &str, cidr: &str) -> serde_json::Value {
        entry(number, action, -1, cidr, None)
    }

    #[test]
    fn everything_that_means_the_world_opens() {
        for (entries, count) in [
            (json!([all(100, "allow", "0.0.0.0/0"), all(32767, "deny", "0.0.0.0/0")]), 1),
            (json!([all(100, "allow", "::/0")]), 1),
            (json!([all(100, "allow", "2000::/3")]), 1),
            (json!([ssh(100, "allow", "0.0.0.0/0")]), 1),
            (json!([ssh(100, "allow", "128.0.0.0/1")]), 1),
            (json!([entry(1, "allow", 6, "0.0.0.0/0", Some((0, 65535)))]), 1),
            (json!([entry(1, "allow", 6, "0.0.0.0/0", None)]), 1),
            (json!([entry(1, "allow", 17, "0.0.0.0/0", Some((3389, 3389)))]), 1),
            (json!([ssh(100, "allow", "0.0.0.0/2"), ssh(110, "allow", "64.0.0.0/2")]), 2),
            // The denial comes too late.
            (json!([ssh(200, "deny", "0.0.0.0/0"), all(100, "allow", "0.0.0.0/0")]), 1),
            // It is of another port, another protocol, another family, or of a part.
            (json!([entry(90, "deny", 6, "0.0.0.0/0", Some((23, 23))), all(100, "allow", "0.0.0.0/0")]), 1),
            (json!([entry(90, "deny", 1, "0.0.0.0/0", None), all(100, "allow", "0.0.0.0/0")]), 1),
            (json!([ssh(90, "deny", "::/0"), all(100, "allow", "0.0.0.0/0")]), 1),
            (json!([ssh(90, "deny", "0.0.0.0/1"), all(100, "allow", "0.0.0.0/0")]), 1),
            // SSH is denied, RDP is not.
            (json!([ssh(90, "deny", "0.0.0.0/0"), all(100, "allow", "0.0.0.0/0")]), 1),
        ] {
            assert_eq!(opens(entries.clone()), Ok(count), "{entries}");
        }
    }

    #[test]
    fn what_is_denied_before_is_closed() {
        let deny = |number, port| entry(number, "deny", -1, "0.0.0.0/0", port);
        for entries in [
            json!([]),
            json!([all(32767, "deny", "0.0.0.0/0")]),
            json!([entry(100, "allow", 6, "0.0.0.0/0", Some((443, 443)))]),
            json!([entry(100, "allow", 1, "0.0.0.0/0", None)]),
            json!([ssh(100, "allow", "10.0.0.0/8")]),
            json!([deny(90, None), all(100, "allow", "0.0.0.0/0")]),
            // An entry for all protocols has no ports.
            json!([deny(90, Some((443, 443))), all(100, "allow", "0.0.0.0/0")]),
            json!([all(90, "deny", "0.0.0.0/1"), all(95, "deny", "128.0.0.0/2"), all(100, "allow", "0.0.0.0/0")]),
            json!([{"RuleNumber": 1, "Egress": true, "RuleAction": "allow", "Protocol": -1, "CidrBlock": "0.0.0.0/0"}]),
        ] {
            assert_eq!(opens(entries.clone()), Ok(0), "{entries}");
        }
    }

    #[test]
    fn an_unknown_is_decided_by_what_is_known() {
        let hole = json!({"$unknown": "not_collected"});
        let world = all(100, "allow", "0.0.0.0/0");
        let with = |mut entry: serde_json::Value, key: &str| {
            entry[key] = hole.clone();
            entry
        };
        // It may deny what is allowed after it, or be the opening itself.
        assert!(opens(json!([hole.clone(), world])).is_err());
        assert!(opens(json!([with(all(90, "deny", "0.0.0.0/0"), "CidrBlock"), world])).is_err());
        assert!(opens(json!([with(ssh(90, "allow", "0.0.0.0/0"), "CidrBlock")])).is_err());
        assert!(opens(json!([with(ssh(90, "allow", "0.0.0.0/0"), "PortRange")])).is_err());
        assert!(opens(json!([with(ssh(90, "allow", "0.0.0.0/0"), "RuleAction")])).is_err());
        assert!(opens(hole.clone()).is_err());
        // Whatever it is, it comes too late, only adds, or only takes a little away.
        assert_eq!(opens(json!([with(all(200, "deny", "0.0.0.0/0"), "RuleAction"), world])), Ok(1));
        assert_eq!(opens(json!([with(all(90, "allow", "0.0.0.0/0"), "CidrBlock"), world])), Ok(1));
        assert_eq!(opens(json!([with(all(90, "allow", "10.0.0.0/8"), "RuleAction"), world])), Ok(1));
        assert_eq!(opens(json!([with(all(90, "deny", "0.0.0.0/0"), "CidrBlock")])), Ok(0));
        assert_eq!(opens(json!([with(ssh(90, "allow", "10.0.0.0/8"), "RuleNumber")])), Ok(0));
    }
}
