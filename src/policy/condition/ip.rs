//! `IpAddress` and `NotIpAddress`.

use std::net::IpAddr;

use ipnet::IpNet;

use super::super::truth::Truth;

/// Reads a block. An IPv4 address without a prefix is itself alone.
pub(in crate::policy) fn block(text: &str) -> Option<IpNet> {
    match text.parse::<IpNet>() {
        Ok(block) => Some(block.trunc()),
        Err(_) => text.parse::<IpAddr>().ok().map(IpNet::from),
    }
}

/// Whether a block contains an address; nothing when one of them cannot be read or compared.
pub(super) fn contains(listed: &str, given: &str) -> Option<Truth> {
    let address: IpAddr = given.parse().ok()?;
    let block = block(listed)?;
    match (block, address) {
        // An IPv4 address in the clothes of IPv6: whether it is taken for the one or the other is not documented.
        (_, IpAddr::V6(address)) if address.to_ipv4_mapped().is_some() => None,
        (IpNet::V4(_), IpAddr::V6(_)) | (IpNet::V6(_), IpAddr::V4(_)) => Some(Truth::No),
        (IpNet::V6(own), IpAddr::V6(_)) if !listed.contains('/') => {
            // The page says that the default prefix is /32, which it can hardly mean for IPv6.
            let wide = IpNet::from(ipnet::Ipv6Net::new(own.addr(), 32).ok()?.trunc());
            match (block.contains(&address), wide.contains(&address)) {
                (true, _) => Some(Truth::Yes),
                (false, false) => Some(Truth::No),
                (false, true) => None,
            }
        }
        _ => Some(block.contains(&address).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_contain_addresses_of_their_family() {
        for (listed, given, expected) in [
            ("203.0.113.0/24", "203.0.113.255", Some(Truth::Yes)),
            ("203.0.113.0/24", "203.0.114.0", Some(Truth::No)),
            ("203.0.113.5", "203.0.113.5", Some(Truth::Yes)),
            ("203.0.113.5", "203.0.113.6", Some(Truth::No)),
            ("2001:db8::/64", "2001:DB8::1", Some(Truth::Yes)),
            ("2001:db8::/64", "10.0.0.1", Some(Truth::No)),
            ("2001:db8::1", "2001:db8::2", None),
            ("0.0.0.0/0", "::ffff:10.0.0.1", None),
            ("*", "10.0.0.1", None),
            ("10.0.0.0/33", "10.0.0.1", None),
        ] {
            assert_eq!(contains(listed, given), expected, "{listed} {given}");
        }
    }
}
