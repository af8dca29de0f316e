//! Who only asks how a pod is.

use super::{CallerPlace, LegEnd, LegFacts, LegProcess, is_proxy};
use crate::membership::{Membership, Mesh};
use saker_kube_metadata::Pod;
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

/// Whether a connection asks how a pod is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// It does, and cannot be asked for a certificate.
    Yes,
    /// It does not.
    No,
    /// It has the address and the port of one that does, and whose it is is not known.
    Perhaps,
}

pub(super) fn asks(facts: &LegFacts<'_>) -> Asks {
    let server = match facts.end {
        LegEnd::Client => &facts.peer,
        LegEnd::Server => &facts.own,
    };
    let Some(pod) = server.pod else {
        return Asks::No;
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
        return Asks::Yes;
    }
    match (facts.end, &facts.caller) {
        (LegEnd::Client, _) => {
            let is_contained = facts.own.pod.is_some() || facts.process.container.is_some();
            let is_by_kubelet = !is_contained && is_kubelet(&facts.process);
            answer(is_by_kubelet && pod.settings.is_probed(port))
        }
        // The port that the client means: the proxy may have taken the connection on another one.
        (LegEnd::Server, Some(caller)) if !caller.process.executable.is_empty() => {
            if !is_kubelet(&caller.process) || !pod.settings.is_probed(caller.target.port()) {
                return Asks::No;
            }
            match caller.place {
                CallerPlace::Host => Asks::Yes,
                CallerPlace::Pod => Asks::No,
                // The node may be a container itself.
                CallerPlace::Container => Asks::Perhaps,
            }
        }
        // Many have the address of a node: clients of a `NodePort`, pods in its network.
        (LegEnd::Server, caller) => {
            let is_of_node = facts.peer.node.is_some() && facts.peer.node == pod.node.as_deref();
            let is_of_link =
                mesh == Some(Mesh::IstioAmbient) && is_ambient_probe(facts.remote.ip());
            let is_of_host = is_of_node || is_of_link || caller.is_some();
            match is_of_host && may_be_probed(facts, pod, mesh) {
                true => Asks::Perhaps,
                false => Asks::No,
            }
        }
    }
}

const fn answer(is_probe: bool) -> Asks {
    if is_probe { Asks::Yes } else { Asks::No }
}

/// Whether probes come to this port of the pod. Linkerd's proxy takes them on its own: for which one of the
/// pod's does not show there.
fn may_be_probed(facts: &LegFacts<'_>, pod: &Pod, mesh: Option<Mesh>) -> bool {
    let port = facts.local.port();
    let is_at_linkerd =
        mesh == Some(Mesh::Linkerd) && is_proxy(&facts.process) && port == LINKERD_INBOUND;
    let mut containers = pod.settings.containers.iter();
    pod.settings.is_probed(port) || is_at_linkerd && containers.any(|it| !it.probed.is_empty())
}

/// Whether a process outside of containers is a kubelet.
fn is_kubelet(process: &LegProcess<'_>) -> bool {
    process.user_id == 0 && KUBELET_EXECUTABLES.contains(&process.executable)
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
