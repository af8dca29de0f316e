//! Verdicts of network policies.

use std::sync::Arc;

/// Most policies that a verdict names.
pub const POLICIES_NAMED: usize = 8;

/// What network policies say (`netpol.verdict`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetworkVerdict {
    /// A rule allows it, or nobody may forbid it.
    Allowed,
    /// A pod is isolated, and no rule allows it.
    Denied,
    /// No policy is about it.
    NotIsolated,
    /// It depends on what is not known.
    Unknown,
}

impl NetworkVerdict {
    /// The value of `netpol.verdict`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::NotIsolated => "not_isolated",
            Self::Unknown => "unknown",
        }
    }

    /// Of two verdicts the one that holds for both together.
    const fn rank(self) -> u8 {
        match self {
            Self::NotIsolated => 0,
            Self::Allowed => 1,
            Self::Unknown => 2,
            Self::Denied => 3,
        }
    }
}

/// By which rules a connection is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// What may come into the server's pod.
    Ingress,
    /// What may go out of the client's pod.
    Egress,
}

impl Direction {
    /// The value of `netpol.direction`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }
}

/// Why a verdict is what it is (`netpol.reason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetworkReason {
    /// A rule allows it.
    Rule,
    /// It comes from the pod's own node, or goes there: that is always allowed.
    OwnNode,
    /// Both ends are the same pod: it cannot be isolated from itself.
    SamePod,
    /// It does not leave the network namespace.
    Loopback,
    /// No policy selects the pod for the direction.
    NoPolicy,
    /// The pod is in the network of its node: policies do not apply to it.
    HostNetwork,
    /// No end is a pod.
    NoPod,
    /// The policies that select the pod have no rule at all for the direction.
    NoRules,
    /// No rule is about the other end.
    PeerNotAllowed,
    /// Rules are about the other end, and none about the port.
    PortNotAllowed,
    /// The policies cannot be had.
    PoliciesNotKnown,
    /// It is not known who the other end is, or has which address.
    PeerNotKnown,
    /// The labels of the other end's namespace are not known.
    NamespaceNotKnown,
    /// The port is not known.
    PortNotKnown,
    /// The pod's node, or the other end's, is not known.
    NodeNotKnown,
    /// Policies say nothing of the protocol.
    ProtocolNotCovered,
    /// A policy says something that is not understood.
    PolicyNotUnderstood,
    /// Which end opened the connection is not known.
    RoleNotKnown,
    /// Policies say different things of the pods behind the service.
    BackendsDiffer,
}

impl NetworkReason {
    /// Every reason, for documentation.
    pub const ALL: [Self; 19] = [
        Self::Rule,
        Self::OwnNode,
        Self::SamePod,
        Self::Loopback,
        Self::NoPolicy,
        Self::HostNetwork,
        Self::NoPod,
        Self::NoRules,
        Self::PeerNotAllowed,
        Self::PortNotAllowed,
        Self::PoliciesNotKnown,
        Self::PeerNotKnown,
        Self::NamespaceNotKnown,
        Self::PortNotKnown,
        Self::NodeNotKnown,
        Self::ProtocolNotCovered,
        Self::PolicyNotUnderstood,
        Self::RoleNotKnown,
        Self::BackendsDiffer,
    ];

    /// The value of `netpol.reason`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::OwnNode => "own_node",
            Self::SamePod => "same_pod",
            Self::Loopback => "loopback",
            Self::NoPolicy => "no_policy",
            Self::HostNetwork => "host_network",
            Self::NoPod => "no_pod",
            Self::NoRules => "no_rules",
            Self::PeerNotAllowed => "peer_not_allowed",
            Self::PortNotAllowed => "port_not_allowed",
            Self::PoliciesNotKnown => "policies_not_known",
            Self::PeerNotKnown => "peer_not_known",
            Self::NamespaceNotKnown => "namespace_not_known",
            Self::PortNotKnown => "port_not_known",
            Self::NodeNotKnown => "node_not_known",
            Self::ProtocolNotCovered => "protocol_not_covered",
            Self::PolicyNotUnderstood => "policy_not_understood",
            Self::RoleNotKnown => "role_not_known",
            Self::BackendsDiffer => "backends_differ",
        }
    }
}

/// What the policies of one end say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectionVerdict {
    /// What they say.
    pub verdict: NetworkVerdict,
    /// Why.
    pub reason: NetworkReason,
    /// As `namespace/name`: the policy whose rule allows it; else those that isolate the pod, the first
    /// [`POLICIES_NAMED`] of them by name.
    pub policies: Vec<Arc<str>>,
}

impl DirectionVerdict {
    pub(super) const fn without_policy(verdict: NetworkVerdict, reason: NetworkReason) -> Self {
        Self {
            verdict,
            reason,
            policies: Vec::new(),
        }
    }
}

/// What the policies of both ends say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkFlowVerdict {
    /// Of both together: denied if one denies, else unknown if one is, else allowed if one allows.
    pub verdict: NetworkVerdict,
    /// Why.
    pub reason: NetworkReason,
    /// What the client's say; `None` where the client is no pod that is known.
    pub egress: Option<DirectionVerdict>,
    /// What the server's say; `None` where the server is no pod that is known.
    pub ingress: Option<DirectionVerdict>,
}

impl NetworkFlowVerdict {
    /// A verdict that no policy decided.
    #[must_use]
    pub const fn without_policy(verdict: NetworkVerdict, reason: NetworkReason) -> Self {
        Self {
            verdict,
            reason,
            egress: None,
            ingress: None,
        }
    }

    /// Of both ends; `otherwise` where none was judged.
    pub(super) fn of_ends(
        egress: Option<DirectionVerdict>,
        ingress: Option<DirectionVerdict>,
        otherwise: (NetworkVerdict, NetworkReason),
    ) -> Self {
        let ends = [egress.as_ref(), ingress.as_ref()];
        let mut decided: Option<&DirectionVerdict> = None;
        for end in ends.into_iter().flatten() {
            if decided.is_none_or(|known| end.verdict.rank() > known.verdict.rank()) {
                decided = Some(end);
            }
        }
        let (verdict, reason) = decided.map_or(otherwise, |end| (end.verdict, end.reason));
        Self {
            verdict,
            reason,
            egress,
            ingress,
        }
    }

    /// The direction that decided; `None` where both did, or none.
    fn deciding(&self) -> impl Iterator<Item = (Direction, &DirectionVerdict)> {
        let egress = self.egress.iter().map(|end| (Direction::Egress, end));
        let ingress = self.ingress.iter().map(|end| (Direction::Ingress, end));
        let all = egress.chain(ingress);
        all.filter(|(_, end)| end.verdict == self.verdict)
    }

    /// By which rules it is so: `egress`, `ingress`, `both`; `None` where no end was judged.
    #[must_use]
    pub fn direction(&self) -> Option<&'static str> {
        let mut deciding = self.deciding();
        let (first, _) = deciding.next()?;
        match deciding.next() {
            None => Some(first.name()),
            Some(_) => Some("both"),
        }
    }

    /// The policies that decided, as `namespace/name`; those of the client first.
    pub fn policies(&self) -> impl Iterator<Item = &Arc<str>> {
        self.deciding().flat_map(|(_, end)| &end.policies)
    }
}
