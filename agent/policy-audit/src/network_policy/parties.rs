//! The ends of a connection, as network policies see them.

use saker_kube_metadata::{Labels, Pod, PodNetwork, PolicyProtocol};
use std::net::IpAddr;

/// A connection.
#[derive(Clone, Copy, Debug)]
pub struct NetworkFlow<'a> {
    /// Who opened it.
    pub source: NetworkParty<'a>,
    /// To whom.
    pub destination: NetworkParty<'a>,
    /// Protocol.
    pub protocol: PolicyProtocol,
    /// Port of the destination, where packets go; `None` where it is not known, which decides only where
    /// policies name ports.
    pub port: Option<u16>,
}

/// Who has an end of a connection.
#[derive(Clone, Copy, Debug)]
pub enum NetworkParty<'a> {
    /// A pod. One in the network of its node is treated as the node.
    Pod {
        /// The pod.
        pod: &'a Pod,
        /// The labels of its namespace, where they are known.
        namespace: Option<&'a Labels>,
        /// The address that packets carry, where it is known; else one of the pod's.
        address: Option<IpAddr>,
    },
    /// A node, outside of pods.
    Node {
        /// Its name, where it is known.
        name: Option<&'a str>,
        /// The address that packets carry, where it is known.
        address: Option<IpAddr>,
    },
    /// Somebody outside of the cluster.
    External {
        /// The address that packets carry.
        address: IpAddr,
    },
    /// It is not known who.
    Unknown {
        /// The address that packets carry, where it is known.
        address: Option<IpAddr>,
    },
}

impl<'a> NetworkParty<'a> {
    /// The pod, if it is one that policies can select.
    pub(super) const fn pod(&self) -> Option<&'a Pod> {
        match self {
            Self::Pod { pod, .. } => match pod.network {
                PodNetwork::Own => Some(pod),
                PodNetwork::Host => None,
            },
            Self::Node { .. } | Self::External { .. } | Self::Unknown { .. } => None,
        }
    }

    /// Whether it is a pod, also one in the network of its node.
    pub(super) const fn is_host_network(&self) -> bool {
        matches!(self, Self::Pod { pod, .. } if matches!(pod.network, PodNetwork::Host))
    }

    /// The node, if it is one or a pod in the network of one; the name where it is known.
    pub(super) fn node(&self) -> Option<Option<&'a str>> {
        match self {
            Self::Node { name, .. } => Some(*name),
            Self::Pod { pod, .. } if pod.network == PodNetwork::Host => Some(pod.node.as_deref()),
            Self::Pod { .. } | Self::External { .. } | Self::Unknown { .. } => None,
        }
    }

    /// The address that packets carry, where it is known.
    pub(super) const fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Pod { address, .. } | Self::Node { address, .. } | Self::Unknown { address } => {
                *address
            }
            Self::External { address } => Some(*address),
        }
    }
}
