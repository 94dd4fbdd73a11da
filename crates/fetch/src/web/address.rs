//! Which addresses may be connected to. Whoever names the addresses of pages could otherwise make
//! the machine talk to its own services, its neighbours or its cloud (server-side request forgery):
//! the check is made on the addresses that are connected to, after names were looked up, at every hop.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is on the public internet (IANA special-purpose registries, as of RFC 6890 and
/// its successors). Addresses that carry an IPv4 address inside are judged by that one as well.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = matches!(
        (a, b, c),
        // This network; private use; shared with carriers; loopback; link-local.
        (0 | 10 | 127, _, _) | (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _)
        // Protocol assignments, documentation, 6to4 relays, AS112, AMT, benchmarks.
        | (192, 0, 0 | 2) | (192, 88, 99) | (192, 31, 196) | (192, 52, 193) | (192, 175, 48)
        | (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113)
        // Multicast, reserved, broadcast.
        | (224..=255, _, _)
    );
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = embedded_v4(address) {
        return is_public_v4(inner);
    }
    let segments = address.segments();
    // Only 2000::/3 was given out; everything else is local, multicast, special or reserved.
    let given_out = segments[0] & 0xe000 == 0x2000;
    let special = match segments {
        // Protocol assignments (Teredo, ORCHID, benchmarks) and documentation.
        [0x2001, second, ..] => second < 0x0200 || second == 0x0db8,
        // Documentation, 3fff::/20.
        [0x3fff, second, ..] => second < 0x1000,
        // Segment routing.
        [0x5f00, ..] => true,
        _ => false,
    };
    given_out && !special
}

/// The IPv4 address that an IPv6 address leads to: mapped, compatible, translated (NAT64), 6to4.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match segments {
        // Unspecified and loopback are no IPv4 addresses.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // ::/96, ::ffff:0:0/96, ::ffff:0:0:0/96.
        [0, 0, 0, 0, 0, 0, high, low]
        | [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low] => Some(v4(high, low)),
        // 64:ff9b::/96; 64:ff9b:1::/48 is local use, and not public by itself.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(v4(high, low)),
        [0x2002, high, low, ..] => Some(v4(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_public_are_known_in_every_form() {
        let private = [
            "http://0.0.0.0/",
            "http://0/",
            "http://0.1.2.3/",
            "http://10.0.0.1/",
            "http://10.255.255.255/",
            "http://100.64.0.1/",
            "http://100.127.255.254/",
            "http://127.0.0.1/",
            "http://127.1/",
            "http://127.255.255.254/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.1/",
            "http://017700000001/",
            "http://0177.0.0.1/",
            "http://127.0.1/",
            "http://0x7F.0x0.0x0.0x1/",
            "http://127.0.0.1./",
            "http://%31%32%37.0.0.1/",
            "http://①②⑦.⓪.⓪.①/",
            "http://１２７.0.0.1/",
            "http://169.254.169.254/",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://169.254.0.1/",
            "http://172.16.0.1/",
            "http://172.31.255.255/",
            "http://192.0.0.1/",
            "http://192.0.0.170/",
            "http://192.0.2.1/",
            "http://192.31.196.1/",
            "http://192.52.193.1/",
            "http://192.88.99.1/",
            "http://192.168.0.1/",
            "http://192.168.255.255/",
            "http://3232235521/",
            "http://192.175.48.1/",
            "http://198.18.0.1/",
            "http://198.19.255.255/",
            "http://198.51.100.1/",
            "http://203.0.113.1/",
            "http://224.0.0.1/",
            "http://239.255.255.255/",
            "http://240.0.0.1/",
            "http://255.255.255.255/",
            "http://[::]/",
            "http://[::1]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[::127.0.0.1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[::ffff:169.254.169.254]/",
            "http://[::ffff:0:127.0.0.1]/",
            "http://[64:ff9b::127.0.0.1]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[64:ff9b:1::1]/",
            "http://[100::1]/",
            "http://[2001::1]/",
            "http://[2001:2::1]/",
            "http://[2001:10::1]/",
            "http://[2001:20::1]/",
            "http://[2001:db8::1]/",
            "http://[2002:7f00:1::]/",
            "http://[2002:a00:1::1]/",
            "http://[2002:a9fe:a9fe::]/",
            "http://[3fff::1]/",
            "http://[5f00::1]/",
            "http://[fc00::1]/",
            "http://[fd00:ec2::254]/",
            "http://[fe80::1]/",
            "http://[febf::1]/",
            "http://[fec0::1]/",
            "http://[ff02::1]/",
            "http://[ff0e::1]/",
            "http://[4000::1]/",
            "http://[e000::1]/",
        ];
        assert!(private.len() >= 60);
        for address in private {
            let url = url::Url::parse(address).unwrap();
            let host = match url.host().unwrap() {
                url::Host::Ipv4(address) => IpAddr::V4(address),
                url::Host::Ipv6(address) => IpAddr::V6(address),
                // Then a name would be looked up, and what comes of that is checked.
                url::Host::Domain(name) => panic!("{address} is a name: {name}"),
            };
            assert!(!is_public(host), "{address}");
        }
    }

    #[test]
    fn addresses_beside_the_special_ones_are_public() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
            "64:ff9b::1.1.1.1",
            "2002:101:101::1",
            "2001:200::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
