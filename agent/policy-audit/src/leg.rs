//! Which part of the way through the proxies of a mesh a connection is.

mod bypass;
mod probe;

use crate::membership::{ISTIO_PROXY, LINKERD_PROXY, Membership, WithoutProxy, membership};
use bypass::how;
use probe::{Asks, asks};
use saker_kube_metadata::{Namespace, Pod};
use std::net::SocketAddr;

/// File names of the proxies' executables.
const PROXY_EXECUTABLES: [&str; 5] = [
    "envoy",
    "pilot-agent",
    "ztunnel",
    "linkerd2-proxy",
    "linkerd2-proxy-identity",
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
    /// At the server's end, who opened the connection, where that is somebody of this host.
    pub caller: Option<LegCaller<'a>>,
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

/// Who opened a connection that was accepted on the same host.
#[derive(Clone, Copy, Debug)]
pub struct LegCaller<'a> {
    /// The process; without an executable where it is not known.
    pub process: LegProcess<'a>,
    /// Where it runs.
    pub place: CallerPlace,
    /// What it connected to, as its socket has it.
    pub target: SocketAddr,
}

/// Where the process runs that opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallerPlace {
    /// Outside of containers.
    Host,
    /// In a container of a pod.
    Pod,
    /// In a container that is not known to be of a pod.
    Container,
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

/// Which part of the way through the proxies a connection is. `None` where that is not known: it may be a
/// probe, and who makes it was not seen.
#[must_use]
pub fn leg(facts: &LegFacts<'_>) -> Option<MeshLeg> {
    let excused = |kind, excuse| MeshLeg {
        kind,
        excuse: Some(excuse),
        bypass: None,
    };
    if facts.is_loopback {
        return Some(excused(on_loopback(facts), Excuse::Loopback));
    }
    match asks(facts) {
        Asks::Yes => return Some(excused(LegKind::Probe, Excuse::Probe)),
        Asks::Perhaps => return None,
        Asks::No => {}
    }
    let (kind, bypass) = match is_proxy(&facts.process) {
        true => (of_proxy(facts), None),
        false => of_others(facts),
    };
    Some(MeshLeg {
        kind,
        excuse: None,
        bypass,
    })
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

/// Whether the process is the proxy of a mesh: by its executable and, where it is known, its container.
///
/// Its user is no sign: whoever starts a container may take the same.
fn is_proxy(process: &LegProcess<'_>) -> bool {
    let in_container = |name| matches!(name, ISTIO_PROXY | LINKERD_PROXY);
    PROXY_EXECUTABLES.contains(&process.executable) && process.container.is_none_or(in_container)
}

impl LegParty<'_> {
    fn membership(&self) -> Membership {
        self.pod
            .map_or(Membership::Outside, |pod| membership(pod, self.namespace))
    }
}
