//! Which part of the way through the proxies of a mesh a connection is.

use crate::annotations::{
    AMBIENT_PAST_INBOUND, ISTIO_EXCLUDED_INBOUND, ISTIO_EXCLUDED_OUTBOUND, ISTIO_EXCLUDED_RANGES,
    ISTIO_INCLUDED_INBOUND, ISTIO_INCLUDED_RANGES, LINKERD_SKIP_INBOUND, LINKERD_SKIP_OUTBOUND,
    inherited, lists_address, lists_port,
};
use crate::membership::{ISTIO_PROXY, LINKERD_PROXY, Membership, Mesh, WithoutProxy, membership};
use saker_kube_metadata::{ContainerRole, Namespace, Pod};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// File names of the proxies' executables.
const PROXY_EXECUTABLES: [&str; 5] = [
    "envoy",
    "pilot-agent",
    "ztunnel",
    "linkerd2-proxy",
    "linkerd2-proxy-identity",
];

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

/// Which part of the way a connection is (`flow.leg`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LegKind {
    /// No proxy is involved.
    Direct,
    /// It stays in the pod or on the host, and neither end is a proxy.
    Local,
    /// From an application to the proxy of its pod.
    AppToProxy,
    /// From the proxy of a pod to its application.
    ProxyToApp,
    /// From proxy to proxy.
    ProxyToProxy,
    /// From a proxy to somebody without one.
    ProxyToOutside,
    /// From somebody without a proxy to a proxy.
    OutsideToProxy,
    /// The kubelet or a monitor asks whether the pod is well.
    Probe,
    /// Past the proxy that the pod has or should have.
    Bypass,
}

impl LegKind {
    /// The value of `flow.leg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Local => "local",
            Self::AppToProxy => "app_to_proxy",
            Self::ProxyToApp => "proxy_to_app",
            Self::ProxyToProxy => "proxy_to_proxy",
            Self::ProxyToOutside => "proxy_to_outside",
            Self::OutsideToProxy => "outside_to_proxy",
            Self::Probe => "probe",
            Self::Bypass => "bypass",
        }
    }
}

/// Why a leg may be plaintext although mutual TLS is demanded of the workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Excuse {
    /// It does not leave the network namespace.
    Loopback,
    /// The kubelet or a monitor asks whether the pod is well: it has no part in the mesh.
    Probe,
}

impl Excuse {
    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loopback => "loopback",
            Self::Probe => "probe",
        }
    }
}

/// How a connection goes past the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Bypass {
    /// An annotation excludes the port or the address.
    Excluded,
    /// A container that runs before the proxy does.
    InitContainer,
    /// The user that the proxy runs as, but not the proxy.
    ProxyUser,
    /// The proxy is not ready.
    ProxyNotReady,
    /// The pod is in the network of its node.
    HostNetwork,
    /// The pod should have a proxy and has none.
    NoProxy,
    /// Nothing that is known explains it.
    NotExplained,
}

impl Bypass {
    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Excluded => "excluded",
            Self::InitContainer => "init_container",
            Self::ProxyUser => "proxy_user",
            Self::ProxyNotReady => "proxy_not_ready",
            Self::HostNetwork => "host_network",
            Self::NoProxy => "no_proxy",
            Self::NotExplained => "not_explained",
        }
    }
}

/// What is known of a connection, as one of its ends sees it.
#[derive(Clone, Copy, Debug)]
pub struct LegFacts<'a> {
    /// Which end this is.
    pub end: LegEnd,
    /// Whether its packets take the loopback interface: by the interface's index, not by addresses.
    pub is_loopback: bool,
    /// Whether it carries datagrams, which meshes let pass.
    pub is_datagram: bool,
    /// Whether its bytes show mutual TLS of a mesh.
    pub is_mesh_mtls: bool,
    /// The process that owns this end.
    pub process: LegProcess<'a>,
    /// This end.
    pub own: LegParty<'a>,
    /// The other end.
    pub peer: LegParty<'a>,
    /// The address of this end, as its socket has it.
    pub local: SocketAddr,
    /// The address of the other end, as its socket has it.
    pub remote: SocketAddr,
}

/// Which end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LegEnd {
    /// It opened the connection.
    Client,
    /// It accepted the connection.
    Server,
}

/// A process, as far as it tells a proxy from others.
#[derive(Clone, Copy, Debug, Default)]
pub struct LegProcess<'a> {
    /// File name of its executable (the last part of `proc.exepath`).
    pub executable: &'a str,
    /// User that it runs as (effective).
    pub user_id: u32,
    /// Name of its container in the pod; `None` where it is not known or there is none.
    pub container: Option<&'a str>,
}

/// One end of a connection, as far as it is known who that is.
#[derive(Clone, Copy, Debug, Default)]
pub struct LegParty<'a> {
    /// The pod.
    pub pod: Option<&'a Pod>,
    /// The pod's namespace.
    pub namespace: Option<&'a Namespace>,
    /// Name of the node, where it is one: a process outside of pods, or an address of a node.
    pub node: Option<&'a str>,
}

/// Which part of the way a connection is, and whether it may be plaintext.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MeshLeg {
    /// Which part.
    pub kind: LegKind,
    /// Why it may be plaintext although mutual TLS is demanded; `None` where it may not.
    pub excuse: Option<Excuse>,
    /// How it goes past the proxy, where it does.
    pub bypass: Option<Bypass>,
}

impl MeshLeg {
    /// Whether it may be plaintext although mutual TLS is demanded (`flow.excused`).
    #[must_use]
    pub const fn is_excused(&self) -> bool {
        self.excuse.is_some()
    }
}

/// Which part of the way through the proxies a connection is.
#[must_use]
pub fn leg(facts: &LegFacts<'_>) -> MeshLeg {
    if facts.is_loopback {
        return MeshLeg {
            kind: on_loopback(facts),
            excuse: Some(Excuse::Loopback),
            bypass: None,
        };
    }
    if is_probe(facts) {
        return MeshLeg {
            kind: LegKind::Probe,
            excuse: Some(Excuse::Probe),
            bypass: None,
        };
    }
    let (kind, bypass) = match is_proxy(&facts.process) {
        true => (of_proxy(facts), None),
        false => of_others(facts),
    };
    MeshLeg {
        kind,
        excuse: None,
        bypass,
    }
}

/// On the loopback interface: what was redirected to a proxy keeps the address of the peer that it was meant
/// for.
fn on_loopback(facts: &LegFacts<'_>) -> LegKind {
    match (is_proxy(&facts.process), facts.end) {
        (true, LegEnd::Client) => LegKind::ProxyToApp,
        (true, LegEnd::Server) => LegKind::AppToProxy,
        (false, _) if !matches!(facts.own.membership(), Membership::Member(_)) => LegKind::Local,
        // The proxy takes the client's address or its own for it; that both ends are of one pod shows too.
        (false, LegEnd::Server) => LegKind::ProxyToApp,
        (false, LegEnd::Client) => {
            let remote = facts.remote.ip().to_canonical();
            let is_own = remote.is_loopback() || remote == facts.local.ip().to_canonical();
            if is_own {
                LegKind::Local
            } else {
                LegKind::AppToProxy
            }
        }
    }
}

/// From or to the proxy, over the network.
fn of_proxy(facts: &LegFacts<'_>) -> LegKind {
    let is_peer_member = matches!(facts.peer.membership(), Membership::Member(_));
    match facts.end {
        _ if facts.is_mesh_mtls || is_peer_member => LegKind::ProxyToProxy,
        LegEnd::Client => LegKind::ProxyToOutside,
        LegEnd::Server => LegKind::OutsideToProxy,
    }
}

/// Not from and not to the proxy, over the network.
fn of_others(facts: &LegFacts<'_>) -> (LegKind, Option<Bypass>) {
    let is_peer_member = matches!(facts.peer.membership(), Membership::Member(_));
    let bypass = |bypass| (LegKind::Bypass, Some(bypass));
    match facts.own.membership() {
        // Meshes let datagrams pass, but for those of DNS, which they redirect.
        Membership::Member(_) | Membership::Missing(..) if facts.is_datagram => {
            (LegKind::Direct, None)
        }
        Membership::Member(mesh) => bypass(how(facts, mesh)),
        Membership::Missing(_, WithoutProxy::HostNetwork) => bypass(Bypass::HostNetwork),
        Membership::Missing(_, WithoutProxy::NotInjected) => bypass(Bypass::NoProxy),
        Membership::Outside if is_peer_member && !facts.is_datagram => match facts.end {
            LegEnd::Client => (LegKind::OutsideToProxy, None),
            LegEnd::Server => (LegKind::ProxyToOutside, None),
        },
        Membership::Outside => (LegKind::Direct, None),
    }
}

/// How a process of a pod with a proxy gets past it.
fn how(facts: &LegFacts<'_>, mesh: Mesh) -> Bypass {
    let Some(pod) = facts.own.pod else {
        return Bypass::NotExplained;
    };
    let container = facts.process.container;
    let role = container.and_then(|name| Some(pod.settings.container(name)?.role));
    if role == Some(ContainerRole::Init) {
        return Bypass::InitContainer;
    }
    if Some(facts.process.user_id) == proxy_user(mesh) {
        return Bypass::ProxyUser;
    }
    if is_excluded(facts, pod, mesh) {
        return Bypass::Excluded;
    }
    let is_unready = |name: &Arc<str>| matches!(&**name, ISTIO_PROXY | LINKERD_PROXY);
    if mesh != Mesh::IstioAmbient && pod.unready.iter().any(is_unready) {
        return Bypass::ProxyNotReady;
    }
    Bypass::NotExplained
}

/// Whether an annotation lets the connection go past the proxy.
fn is_excluded(facts: &LegFacts<'_>, pod: &Pod, mesh: Mesh) -> bool {
    let annotation = |key| inherited(pod, facts.own.namespace, key);
    let own = |key| pod.settings.annotations.get(key);
    let remote = facts.remote;
    let port = facts.local.port();
    match (mesh, facts.end) {
        (Mesh::IstioSidecar, LegEnd::Client) => {
            own(ISTIO_EXCLUDED_OUTBOUND).is_some_and(|list| lists_port(list, remote.port()))
                || own(ISTIO_EXCLUDED_RANGES).is_some_and(|list| lists_address(list, remote.ip()))
                || own(ISTIO_INCLUDED_RANGES).is_some_and(|list| !lists_address(list, remote.ip()))
        }
        (Mesh::IstioSidecar, LegEnd::Server) => {
            let includes = |list: &str| list.trim() == "*" || lists_port(list, port);
            own(ISTIO_EXCLUDED_INBOUND).is_some_and(|list| lists_port(list, port))
                || own(ISTIO_INCLUDED_INBOUND).is_some_and(|list| !includes(list))
        }
        (Mesh::IstioAmbient, LegEnd::Client) => false,
        (Mesh::IstioAmbient, LegEnd::Server) => own(AMBIENT_PAST_INBOUND) == Some("true"),
        (Mesh::Linkerd, LegEnd::Client) => {
            let list = annotation(LINKERD_SKIP_OUTBOUND);
            list.is_some_and(|list| lists_port(list, remote.port()))
        }
        (Mesh::Linkerd, LegEnd::Server) => {
            let list = annotation(LINKERD_SKIP_INBOUND);
            list.is_some_and(|list| lists_port(list, port))
        }
    }
}

/// Whether the process is the proxy of a mesh: by its executable and, where it is known, its container.
///
/// Its user is no sign: whoever starts a container may take the same.
fn is_proxy(process: &LegProcess<'_>) -> bool {
    let in_container = |name| matches!(name, ISTIO_PROXY | LINKERD_PROXY);
    PROXY_EXECUTABLES.contains(&process.executable) && process.container.is_none_or(in_container)
}

/// Whether somebody asks how a pod is, who has no part in the mesh.
fn is_probe(facts: &LegFacts<'_>) -> bool {
    let (server, client) = match facts.end {
        LegEnd::Client => (&facts.peer, &facts.own),
        LegEnd::Server => (&facts.own, &facts.peer),
    };
    let Some(pod) = server.pod else {
        return false;
    };
    let Membership::Member(mesh) = server.membership() else {
        return false;
    };
    let port = match facts.end {
        LegEnd::Client => facts.remote.port(),
        LegEnd::Server => facts.local.port(),
    };
    let is_answered_by_proxy = facts.end == LegEnd::Client || is_proxy(&facts.process);
    if is_answered_by_proxy && status_ports(mesh).contains(&port) {
        return true;
    }
    let is_by_kubelet = match facts.end {
        LegEnd::Client => is_kubelet(facts),
        // A kubelet asks the pods of its own node only.
        LegEnd::Server if mesh == Mesh::IstioAmbient && is_ambient_probe(facts.remote.ip()) => true,
        LegEnd::Server => client.node.is_some() && client.node == pod.node.as_deref(),
    };
    // Linkerd's proxy takes probes on its own port: for which one of the pod's is not seen.
    let is_taken_by_linkerd = mesh == Mesh::Linkerd
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

/// The user that a mesh lets past the proxy, because the proxy runs as it.
const fn proxy_user(mesh: Mesh) -> Option<u32> {
    match mesh {
        Mesh::IstioSidecar => Some(1_337),
        Mesh::IstioAmbient => None,
        Mesh::Linkerd => Some(2_102),
    }
}

impl LegParty<'_> {
    fn membership(&self) -> Membership {
        self.pod
            .map_or(Membership::Outside, |pod| membership(pod, self.namespace))
    }
}

#[cfg(test)]
mod tests;
