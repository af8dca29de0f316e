//! Labels and annotations that say how connections of a pod are protected.

use saker_kube_metadata::{AddressBlock, Namespace, Pod};
use std::net::IpAddr;

/// Saker's own: what is demanded of connections to a pod, or to the pods of a namespace.
pub(crate) const MTLS: &str = "saker.dev/mtls";

pub(crate) const ISTIO_INJECT: &str = "sidecar.istio.io/inject";
pub(crate) const ISTIO_EXCLUDED_INBOUND: &str = "traffic.sidecar.istio.io/excludeInboundPorts";
pub(crate) const ISTIO_INCLUDED_INBOUND: &str = "traffic.sidecar.istio.io/includeInboundPorts";
pub(crate) const ISTIO_EXCLUDED_OUTBOUND: &str = "traffic.sidecar.istio.io/excludeOutboundPorts";
pub(crate) const ISTIO_EXCLUDED_RANGES: &str = "traffic.sidecar.istio.io/excludeOutboundIPRanges";
pub(crate) const ISTIO_INCLUDED_RANGES: &str = "traffic.sidecar.istio.io/includeOutboundIPRanges";
/// Written by Istio's node agent on the pods that it has taken into the ambient mesh.
pub(crate) const AMBIENT_REDIRECTION: &str = "ambient.istio.io/redirection";
pub(crate) const AMBIENT_PAST_INBOUND: &str = "ambient.istio.io/bypass-inbound-capture";
pub(crate) const LINKERD_INJECT: &str = "linkerd.io/inject";
pub(crate) const LINKERD_DEFAULT: &str = "config.linkerd.io/default-inbound-policy";
pub(crate) const LINKERD_SKIP_INBOUND: &str = "config.linkerd.io/skip-inbound-ports";
pub(crate) const LINKERD_SKIP_OUTBOUND: &str = "config.linkerd.io/skip-outbound-ports";

/// A policy of Istio with it is only tried out.
pub const ISTIO_DRY_RUN: &str = "istio.io/dry-run";

/// Every annotation that is read. Others need not be kept.
pub const ANNOTATIONS: [&str; 14] = [
    MTLS,
    ISTIO_INJECT,
    ISTIO_EXCLUDED_INBOUND,
    ISTIO_INCLUDED_INBOUND,
    ISTIO_EXCLUDED_OUTBOUND,
    ISTIO_EXCLUDED_RANGES,
    ISTIO_INCLUDED_RANGES,
    AMBIENT_REDIRECTION,
    AMBIENT_PAST_INBOUND,
    LINKERD_INJECT,
    LINKERD_DEFAULT,
    LINKERD_SKIP_INBOUND,
    LINKERD_SKIP_OUTBOUND,
    ISTIO_DRY_RUN,
];

/// An annotation of a pod, or else of its namespace.
pub(crate) fn inherited<'a>(
    pod: &'a Pod,
    namespace: Option<&'a Namespace>,
    key: &str,
) -> Option<&'a str> {
    let own = pod.settings.annotations.get(key);
    own.or_else(|| namespace.and_then(|namespace| namespace.annotations.get(key)))
}

/// Whether a list such as `25,4000-5000` has a port. What is no port names none.
pub(crate) fn lists_port(list: &str, port: u16) -> bool {
    list.split(',').any(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let bounds = (first.trim().parse::<u16>(), last.trim().parse::<u16>());
        matches!(bounds, (Ok(first), Ok(last)) if (first..=last).contains(&port))
    })
}

/// Whether a list such as `10.0.0.0/8,192.0.2.1/32` has an address; `*` has all.
pub(crate) fn lists_address(list: &str, address: IpAddr) -> bool {
    list.split(',').any(|part| {
        let part = part.trim();
        part == "*" || AddressBlock::parse(part).is_some_and(|block| block.contains(address))
    })
}

#[cfg(test)]
mod tests {
    use super::{ANNOTATIONS, lists_address, lists_port};

    #[test]
    fn lists_of_ports() {
        assert!(lists_port("25", 25));
        assert!(lists_port("25, 4000-5000", 4_500));
        assert!(lists_port("4000-5000", 5_000));
        for wrong in [
            "",
            ",",
            "-",
            "5000-4000",
            "a-b",
            "70000",
            "-25",
            "1-2-3",
            "*",
        ] {
            assert!(!lists_port(wrong, 25), "{wrong}");
        }
    }

    #[test]
    fn lists_of_addresses() {
        let address = "10.1.2.3".parse().unwrap();
        assert!(lists_address("192.0.2.0/24, 10.0.0.0/8", address));
        assert!(lists_address("*", address));
        for wrong in ["", "10.1.2.3", "10.0.0.0/33", "192.0.2.0/24", "fd00::/8"] {
            assert!(!lists_address(wrong, address), "{wrong}");
        }
    }

    #[test]
    fn no_annotation_stands_there_twice() {
        let all: std::collections::BTreeSet<&str> = ANNOTATIONS.into_iter().collect();
        assert_eq!(all.len(), ANNOTATIONS.len());
    }
}
