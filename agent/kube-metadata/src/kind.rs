//! Kinds of objects.

use crate::scope::Scope;

/// A kind of objects, each watched by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Pods.
    Pods,
    /// Namespaces.
    Namespaces,
    /// Services.
    Services,
    /// The pods behind services.
    EndpointSlices,
    /// Replica sets.
    ReplicaSets,
    /// Deployments.
    Deployments,
    /// Stateful sets.
    StatefulSets,
    /// Daemon sets.
    DaemonSets,
    /// Replication controllers.
    ReplicationControllers,
    /// Jobs.
    Jobs,
    /// Cron jobs.
    CronJobs,
    /// Nodes.
    Nodes,
    /// Network policies.
    NetworkPolicies,
    /// `PeerAuthentication` of Istio.
    PeerAuthentications,
    /// `DestinationRule` of Istio.
    DestinationRules,
    /// `Server` of Linkerd.
    Servers,
    /// `AuthorizationPolicy` of Linkerd.
    AuthorizationPolicies,
    /// `MeshTLSAuthentication` of Linkerd.
    MeshTlsAuthentications,
    /// `NetworkAuthentication` of Linkerd.
    NetworkAuthentications,
    /// `ServerAuthorization` of Linkerd.
    ServerAuthorizations,
    /// `AuthorizationPolicy` of Istio.
    IstioAuthorizationPolicies,
    /// `RequestAuthentication` of Istio.
    RequestAuthentications,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 22] = [
        Self::Pods,
        Self::Namespaces,
        Self::Services,
        Self::EndpointSlices,
        Self::ReplicaSets,
        Self::Deployments,
        Self::StatefulSets,
        Self::DaemonSets,
        Self::ReplicationControllers,
        Self::Jobs,
        Self::CronJobs,
        Self::Nodes,
        Self::NetworkPolicies,
        Self::PeerAuthentications,
        Self::DestinationRules,
        Self::Servers,
        Self::AuthorizationPolicies,
        Self::MeshTlsAuthentications,
        Self::NetworkAuthentications,
        Self::ServerAuthorizations,
        Self::IstioAuthorizationPolicies,
        Self::RequestAuthentications,
    ];

    /// As the API server names it in paths. Two groups may have the same.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::IstioAuthorizationPolicies => "authorizationpolicies",
            other => other.name(),
        }
    }

    /// As metrics and messages name it: as the API server does, with the group where another one has the same.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pods => "pods",
            Self::Namespaces => "namespaces",
            Self::Services => "services",
            Self::EndpointSlices => "endpointslices",
            Self::ReplicaSets => "replicasets",
            Self::Deployments => "deployments",
            Self::StatefulSets => "statefulsets",
            Self::DaemonSets => "daemonsets",
            Self::ReplicationControllers => "replicationcontrollers",
            Self::Jobs => "jobs",
            Self::CronJobs => "cronjobs",
            Self::Nodes => "nodes",
            Self::NetworkPolicies => "networkpolicies",
            Self::PeerAuthentications => "peerauthentications",
            Self::DestinationRules => "destinationrules",
            Self::Servers => "servers",
            Self::AuthorizationPolicies => "authorizationpolicies",
            Self::MeshTlsAuthentications => "meshtlsauthentications",
            Self::NetworkAuthentications => "networkauthentications",
            Self::ServerAuthorizations => "serverauthorizations",
            Self::IstioAuthorizationPolicies => "authorizationpolicies.security.istio.io",
            Self::RequestAuthentications => "requestauthentications",
        }
    }

    /// Whether objects of this kind own pods, or what owns them.
    #[must_use]
    pub const fn is_owner(self) -> bool {
        matches!(
            self,
            Self::ReplicaSets
                | Self::Deployments
                | Self::StatefulSets
                | Self::DaemonSets
                | Self::ReplicationControllers
                | Self::Jobs
                | Self::CronJobs
        )
    }

    /// Whether objects of this kind belong to a mesh. A cluster without one does not serve them.
    #[must_use]
    pub const fn is_mesh(self) -> bool {
        matches!(
            self,
            Self::PeerAuthentications
                | Self::DestinationRules
                | Self::Servers
                | Self::AuthorizationPolicies
                | Self::MeshTlsAuthentications
                | Self::NetworkAuthentications
                | Self::ServerAuthorizations
                | Self::IstioAuthorizationPolicies
                | Self::RequestAuthentications
        )
    }

    /// Whether a scope asks for objects of this kind.
    #[must_use]
    pub const fn is_in(self, scope: Scope) -> bool {
        match self {
            Self::Pods => scope.contains(Scope::NODE_PODS) || scope.contains(Scope::CLUSTER_PODS),
            Self::Namespaces => scope.contains(Scope::NAMESPACES),
            Self::Services | Self::EndpointSlices => scope.contains(Scope::SERVICES),
            Self::ReplicaSets
            | Self::Deployments
            | Self::StatefulSets
            | Self::DaemonSets
            | Self::ReplicationControllers
            | Self::Jobs
            | Self::CronJobs => scope.contains(Scope::OWNERS),
            Self::Nodes => scope.contains(Scope::NODES),
            Self::NetworkPolicies => scope.contains(Scope::NETWORK_POLICIES),
            Self::PeerAuthentications
            | Self::DestinationRules
            | Self::Servers
            | Self::AuthorizationPolicies
            | Self::MeshTlsAuthentications
            | Self::NetworkAuthentications
            | Self::ServerAuthorizations => scope.contains(Scope::MESH),
            Self::IstioAuthorizationPolicies | Self::RequestAuthentications => {
                scope.contains(Scope::MESH_AUTHORIZATION)
            }
        }
    }
}
