//! What of a cluster has to be known.

/// Kinds of objects, as a set: what the loaded rules ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope(u16);

impl Scope {
    /// Nothing.
    pub const NOTHING: Self = Self(0);
    /// The pods of this node.
    pub const NODE_PODS: Self = Self(1);
    /// The pods of all nodes.
    pub const CLUSTER_PODS: Self = Self(1 << 1);
    /// Namespaces.
    pub const NAMESPACES: Self = Self(1 << 2);
    /// Services and the endpoints behind them.
    pub const SERVICES: Self = Self(1 << 3);
    /// What owns pods: replica sets, deployments, jobs, ….
    pub const OWNERS: Self = Self(1 << 4);
    /// Nodes.
    pub const NODES: Self = Self(1 << 5);
    /// Network policies.
    pub const NETWORK_POLICIES: Self = Self(1 << 6);
    /// What meshes are told about the protection of connections.
    pub const MESH: Self = Self(1 << 7);
    /// What Istio is told about who may talk to whom; Linkerd is told both at once.
    pub const MESH_AUTHORIZATION: Self = Self(1 << 8);

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether everything of `other` is in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}
