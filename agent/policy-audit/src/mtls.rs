//! Whether a connection to a workload has to be mutual TLS.

use saker_kube_metadata::{ClientTlsMode, Namespace, Pod};
use serde::Deserialize;
use std::sync::Arc;

/// What the policies say (`mtls.mode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MtlsMode {
    /// Only mutual TLS is accepted.
    Strict,
    /// Mutual TLS and plaintext are accepted.
    Permissive,
    /// Mutual TLS is not used.
    Disable,
    /// No policy says anything.
    #[default]
    #[serde(skip)]
    Unset,
}

impl MtlsMode {
    /// The value of `mtls.mode`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Permissive => "permissive",
            Self::Disable => "disable",
            Self::Unset => "unset",
        }
    }

    /// The mode that an annotation names.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let modes = [Self::Strict, Self::Permissive, Self::Disable];
        modes.into_iter().find(|mode| mode.name() == text)
    }

    /// How much it demands.
    pub(crate) const fn strictness(self) -> u8 {
        match self {
            Self::Unset => 0,
            Self::Disable => 1,
            Self::Permissive => 2,
            Self::Strict => 3,
        }
    }
}

/// Why the mode is what it is: a word that rules can compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MtlsReason {
    /// An entry of `mtls:` in Saker's configuration.
    Configuration,
    /// An annotation `saker.dev/mtls` of the pod or its namespace.
    Annotation,
    /// A `PeerAuthentication` of Istio.
    PeerAuthentication,
    /// The workload is in Istio's mesh, and no policy says anything: both are accepted.
    MeshDefault,
    /// A `Server` of Linkerd, with the policies about it.
    Server,
    /// Linkerd's default for the pod, its namespace or the cluster.
    DefaultInboundPolicy,
    /// The policies differ between ports, and the port is not known.
    PortNotKnown,
    /// The objects of the meshes are not known.
    NotKnown,
    /// Nobody demands anything.
    #[default]
    NoPolicy,
}

impl MtlsReason {
    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Annotation => "annotation",
            Self::PeerAuthentication => "peer_authentication",
            Self::MeshDefault => "mesh_default",
            Self::Server => "server",
            Self::DefaultInboundPolicy => "default_inbound_policy",
            Self::PortNotKnown => "port_not_known",
            Self::NotKnown => "not_known",
            Self::NoPolicy => "no_policy",
        }
    }
}

/// What is demanded of connections to one port of one workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MtlsIntent {
    /// What the policies say.
    pub mode: MtlsMode,
    /// The object that decides, as `PeerAuthentication/namespace/name` (`mtls.policy`).
    pub policy: Option<Arc<str>>,
    /// Why.
    pub reason: MtlsReason,
}

impl MtlsIntent {
    /// Whether mutual TLS is required (`mtls.required`).
    #[must_use]
    pub const fn is_required(&self) -> bool {
        matches!(self.mode, MtlsMode::Strict)
    }

    /// Whether it is known what is demanded; where it is not, fields have no value.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        !matches!(self.reason, MtlsReason::NotKnown | MtlsReason::PortNotKnown)
    }
}

/// The server's end of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub struct Target<'a> {
    /// The pod; `None` for a process of a host outside of pods.
    pub pod: Option<&'a Pod>,
    /// The pod's namespace, where it is known.
    pub namespace: Option<&'a Namespace>,
    /// The port of the workload: behind a service, not the service's; `None` where it is not known, as of
    /// connections that a proxy accepted on a port of its own.
    pub port: Option<u16>,
}

/// How clients should connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientIntent {
    /// TLS that is used; `None` where the rule does not say, or it depends on the subset.
    pub mode: Option<ClientTlsMode>,
    /// The rule, as `DestinationRule/namespace/name`.
    pub policy: Arc<str>,
}
