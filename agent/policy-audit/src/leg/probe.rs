//! Who only asks how a pod is.

use super::{LegEnd, LegFacts, is_proxy};
use crate::membership::{Membership, Mesh};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// File names of executables that are, or have inside, a kubelet.
const KUBELET_EXECUTABLES: [&str; 4] = ["kubelet", "k3s", "k0s", "kubelite"];

/// The port on which Linkerd's proxy takes what comes to the pod.
const LINKERD_INBOUND: u16 = 4_143;

/// What a pod of the ambient mesh sees instead of the kubelet's address.
const AMBIENT_PROBE_ADDRESSES: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 7, 127)),
    IpAddr::V6(Ipv6Addr::new(
        0xfd16, 0x9254, 0x7127, 0x1337, 0xffff, 0xffff, 0xffff, 0xffff,
    )),
];

/// Whether somebody asks how a pod is, who cannot be asked for a certificate.
pub(super) fn is_probe(facts: &LegFacts<'_>) -> bool {
    let (server, client) = match facts.end {
        LegEnd::Client => (&facts.peer, &facts.own),
        LegEnd::Server => (&facts.own, &facts.peer),
    };
    let Some(pod) = server.pod else {
        return false;
    };
    // Who has no proxy is asked all the same.
    let mesh = match server.membership() {
        Membership::Member(mesh) => Some(mesh),
        Membership::Missing(..) | Membership::Outside => None,
    };
    let port = match facts.end {
        LegEnd::Client => facts.remote.port(),
        LegEnd::Server => facts.local.port(),
    };
    let is_answered_by_proxy = facts.end == LegEnd::Client || is_proxy(&facts.process);
    if is_answered_by_proxy && mesh.is_some_and(|mesh| status_ports(mesh).contains(&port)) {
        return true;
    }
    let is_by_kubelet = match facts.end {
        LegEnd::Client => is_kubelet(facts),
        // A kubelet asks the pods of its own node only.
        LegEnd::Server
            if mesh == Some(Mesh::IstioAmbient) && is_ambient_probe(facts.remote.ip()) =>
        {
            true
        }
        LegEnd::Server => client.node.is_some() && client.node == pod.node.as_deref(),
    };
    // Linkerd's proxy takes probes on its own port: for which one of the pod's is not seen.
    let is_taken_by_linkerd = mesh == Some(Mesh::Linkerd)
        && facts.end == LegEnd::Server
        && is_proxy(&facts.process)
        && port == LINKERD_INBOUND
        && pod
            .settings
            .containers
            .iter()
            .any(|it| !it.probed.is_empty());
    is_by_kubelet && (pod.settings.is_probed(port) || is_taken_by_linkerd)
}

fn is_kubelet(facts: &LegFacts<'_>) -> bool {
    let process = &facts.process;
    let is_of_node = facts.own.pod.is_none() && process.container.is_none();
    is_of_node && process.user_id == 0 && KUBELET_EXECUTABLES.contains(&process.executable)
}

/// Whether Istio's node agent put this address in the place of a kubelet's, so that ztunnel lets it pass.
/// Both are of the link, and come from nowhere else.
fn is_ambient_probe(address: IpAddr) -> bool {
    AMBIENT_PROBE_ADDRESSES.contains(&address.to_canonical())
}

/// Ports of the proxy itself: health, metrics. Plaintext by design, and no way to the application.
const fn status_ports(mesh: Mesh) -> &'static [u16] {
    match mesh {
        Mesh::IstioSidecar => &[15_020, 15_021, 15_090],
        Mesh::IstioAmbient => &[],
        Mesh::Linkerd => &[4_191],
    }
}
