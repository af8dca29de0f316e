//! One end of a connection.

use std::fmt;
use std::net::IpAddr;

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    /// A workload of the cluster.
    Workload {
        /// Namespace.
        namespace: Box<str>,
        /// `Deployment/cart`, or `Pod/cart-0` where nothing owns it.
        workload: Box<str>,
    },
    /// A service by whose address it was reached.
    Service {
        /// Namespace.
        namespace: Box<str>,
        /// Name.
        name: Box<str>,
    },
    /// A node, or a pod in its network.
    Node(Box<str>),
    /// A container or program of this host, where there is no cluster.
    Local(Box<str>),
    /// An address that nobody knows.
    Address(IpAddr),
}

impl Party {
    /// The workload `workload`, such as `Deployment/cart`, in `namespace`.
    #[must_use]
    pub fn workload(namespace: &str, workload: &str) -> Self {
        Self::Workload {
            namespace: namespace.into(),
            workload: workload.into(),
        }
    }

    /// The service `name` in `namespace`.
    #[must_use]
    pub fn service(namespace: &str, name: &str) -> Self {
        Self::Service {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// The namespace that it is in.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Self::Workload { namespace, .. } | Self::Service { namespace, .. } => Some(namespace),
            Self::Node(_) | Self::Local(_) | Self::Address(_) => None,
        }
    }

    /// What it is, in a word.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Workload { .. } => "workload",
            Self::Service { .. } => "service",
            Self::Node(_) => "node",
            Self::Local(_) => "local",
            Self::Address(_) => "address",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Workload {
                namespace,
                workload,
            } => write!(f, "{namespace}/{workload}"),
            Self::Service { namespace, name } => write!(f, "{namespace}/Service/{name}"),
            Self::Node(name) => write!(f, "Node/{name}"),
            Self::Local(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}
