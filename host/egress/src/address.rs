//! Which addresses are public: reachable by everyone, so that reaching them from here gives nothing away.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of IPv4 that are not public: the IANA special-purpose registry, without the few parts of it
/// that are globally reachable, and what cloud providers answer from inside.
const V4_NOT_PUBLIC: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),        // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // carrier-grade NAT; a provider's metadata service
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // a provider's platform service
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local; metadata services
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments; a provider's metadata service
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays, withdrawn
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved, broadcast
];

/// What of IPv6 is public at all; the rest (loopback, unique local, link-local, multicast …) is not.
const V6_GLOBAL: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Networks inside [`V6_GLOBAL`] that are not public.
const V6_NOT_PUBLIC: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments, Teredo among them
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: leads to the IPv4 address inside
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// Where an IPv6 address only stands for the IPv4 address in its last 32 bits.
const V6_CARRIES_V4: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96),    // mapped
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96), // NAT64: how hosts without IPv4 reach everything
];

/// Whether everyone can reach the address.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !V4_NOT_PUBLIC.iter().any(|&network| in_v4(address, network))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if V6_CARRIES_V4.iter().any(|&network| in_v6(address, network)) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    in_v6(address, V6_GLOBAL) && !V6_NOT_PUBLIC.iter().any(|&network| in_v6(address, network))
}

fn in_v4(address: Ipv4Addr, (network, prefix): (Ipv4Addr, u32)) -> bool {
    let differs = address.to_bits() ^ network.to_bits();
    differs.leading_zeros() >= prefix
}

fn in_v6(address: Ipv6Addr, (network, prefix): (Ipv6Addr, u32)) -> bool {
    let differs = address.to_bits() ^ network.to_bits();
    differs.leading_zeros() >= prefix
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn check(addresses: &[&str], public: bool) {
        for text in addresses {
            assert_eq!(is_public(text.parse().unwrap()), public, "{text}");
        }
    }

    #[test]
    fn public_addresses() {
        check(
            &[
                "1.1.1.1",
                "8.8.8.8",
                "93.184.216.34",
                "2001:200::1",
                "2606:4700::1111",
                "2a00:1450::1",
                "3ffe::1",
                "::ffff:8.8.8.8",
                "64:ff9b::8.8.8.8",
            ],
            true,
        );
    }

    #[test]
    fn both_ends_of_every_ipv4_network_and_its_neighbours() {
        let networks = [
            ("0.0.0.0", "0.255.255.255", "1.0.0.0"),
            ("10.0.0.0", "10.255.255.255", "11.0.0.0"),
            ("100.64.0.0", "100.127.255.255", "100.128.0.0"),
            ("127.0.0.0", "127.255.255.255", "128.0.0.0"),
            ("168.63.129.16", "168.63.129.16", "168.63.129.17"),
            ("169.254.0.0", "169.254.255.255", "169.255.0.0"),
            ("172.16.0.0", "172.31.255.255", "172.32.0.0"),
            ("192.0.0.0", "192.0.0.255", "192.0.1.0"),
            ("192.0.2.0", "192.0.2.255", "192.0.3.0"),
            ("192.88.99.0", "192.88.99.255", "192.88.100.0"),
            ("192.168.0.0", "192.168.255.255", "192.169.0.0"),
            ("198.18.0.0", "198.19.255.255", "198.20.0.0"),
            ("198.51.100.0", "198.51.100.255", "198.51.101.0"),
            ("203.0.113.0", "203.0.113.255", "203.0.114.0"),
        ];
        for (first, last, behind) in networks {
            check(&[first, last], false);
            let before = Ipv4Addr::from_bits(first.parse::<Ipv4Addr>().unwrap().to_bits().wrapping_sub(1));
            check(&[behind], true);
            assert!(is_public_v4(before) || first == "0.0.0.0", "{before}");
        }
        check(&["223.255.255.255"], true);
        check(&["224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255"], false);
    }

    #[test]
    fn metadata_services() {
        check(&["169.254.169.254", "100.100.100.200", "192.0.0.192", "168.63.129.16", "fd00:ec2::254"], false);
    }

    #[test]
    fn ipv6_that_is_not_global() {
        check(
            &["::", "::1", "100::1", "64:ff9b:1::1", "5f00::1", "fc00::1", "fdff::1", "fe80::1", "fec0::1", "ff02::1"],
            false,
        );
        check(&["1fff:ffff::1", "4000::1", "2001:db8::1", "3fff::1", "3fff:fff:ffff::1"], false);
        check(&["3fff:1000::1", "2001:db9::1"], true);
    }

    #[test]
    fn ipv4_inside_ipv6() {
        check(&["::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"], false); // mapped
        check(&["::127.0.0.1", "::8.8.8.8"], false); // compatible, withdrawn
        check(&["64:ff9b::7f00:1", "64:ff9b::10.1.2.3"], false); // NAT64
        check(&["2002:7f00:1::", "2002:a00:1::1", "2002:808:808::1"], false); // 6to4
        check(&["2001::1", "2001:0:4136:e378:8000:63bf:80ff:fffe"], false); // Teredo
    }
}
