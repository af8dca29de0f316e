//! What the policies say of a connection.

use super::index::NetworkPolicies;
use super::matching::{Match, match_rule};
use super::parties::{NetworkFlow, NetworkParty};
use super::verdict::{
    Direction, DirectionVerdict, NetworkFlowVerdict, NetworkReason, NetworkVerdict, POLICIES_NAMED,
};
use saker_kube_metadata::{Pod, PolicyProtocol};
use std::sync::Arc;

impl NetworkPolicies {
    /// What the policies of both ends say. Ends that are no pods are not judged.
    #[must_use]
    pub fn verdict(&self, flow: &NetworkFlow<'_>) -> NetworkFlowVerdict {
        let end = |own: &NetworkParty<'_>, other, direction| match own {
            NetworkParty::Pod { pod, .. } => Some(self.judge(pod, own, other, direction, flow)),
            _ => None,
        };
        let (source, destination) = (&flow.source, &flow.destination);
        let is_not_known = |party: &NetworkParty<'_>| matches!(party, NetworkParty::Unknown { .. });
        let otherwise = if is_not_known(source) || is_not_known(destination) {
            (NetworkVerdict::Unknown, NetworkReason::PeerNotKnown)
        } else {
            (NetworkVerdict::NotIsolated, NetworkReason::NoPod)
        };
        NetworkFlowVerdict::of_ends(
            end(source, destination, Direction::Egress),
            end(destination, source, Direction::Ingress),
            otherwise,
        )
    }

    /// The same of a connection to a service: to any of the pods behind it. Where the policies say
    /// different things of them, and it is not known which one it is, nothing is claimed.
    #[must_use]
    pub fn verdict_of_backends<'a>(
        &self,
        flows: impl IntoIterator<Item = NetworkFlow<'a>>,
    ) -> Option<NetworkFlowVerdict> {
        let mut verdicts = flows.into_iter().map(|flow| self.verdict(&flow));
        let first = verdicts.next()?;
        let what = |end: &Option<DirectionVerdict>| end.as_ref().map(|end| end.verdict);
        let same = |other: NetworkFlowVerdict| {
            other.verdict == first.verdict
                && what(&other.egress) == what(&first.egress)
                && what(&other.ingress) == what(&first.ingress)
        };
        if verdicts.all(same) {
            return Some(first);
        }
        Some(NetworkFlowVerdict::without_policy(
            NetworkVerdict::Unknown,
            NetworkReason::BackendsDiffer,
        ))
    }

    fn judge(
        &self,
        pod: &Pod,
        own: &NetworkParty<'_>,
        other: &NetworkParty<'_>,
        direction: Direction,
        flow: &NetworkFlow<'_>,
    ) -> DirectionVerdict {
        use NetworkReason::{HostNetwork, NoPolicy, OwnNode, SamePod};
        let decided = DirectionVerdict::without_policy;
        if own.is_host_network() {
            return decided(NetworkVerdict::NotIsolated, HostNetwork);
        }
        if other.pod().is_some_and(|other| other.name == pod.name) {
            return decided(NetworkVerdict::Allowed, SamePod);
        }
        let mut selecting = self.selecting(pod, direction).peekable();
        if selecting.peek().is_none() {
            return decided(NetworkVerdict::NotIsolated, NoPolicy);
        }
        let is_own_node = match (other.node(), &pod.node) {
            (None, _) => Match::No,
            (Some(Some(node)), Some(own)) => Match::of(*node == **own),
            (Some(_), _) => Match::Maybe(NetworkReason::NodeNotKnown),
        };
        if is_own_node == Match::Yes {
            return decided(NetworkVerdict::Allowed, OwnNode);
        }
        let mut search = Search::new(is_own_node);
        for (indexed, is_selected) in selecting {
            let rules = indexed.rules(direction).unwrap_or_default();
            let namespace = &*indexed.policy.name.namespace;
            search.isolated_by(&indexed.id, is_selected);
            for rule in rules {
                let found = match_rule(rule, namespace, other, flow);
                if search.saw(found.peer, found.port.and(is_selected)) {
                    return search.allowed_by(&indexed.id, flow.protocol);
                }
            }
        }
        search.end(flow.protocol)
    }
}

/// The search for a rule that allows a connection.
struct Search {
    policies: Vec<Arc<str>>,
    /// Whether the pod is isolated.
    isolated: Match,
    /// Whether something allows it.
    allowed: Match,
    has_rules: bool,
    has_peer: bool,
}

impl Search {
    const fn new(allowed: Match) -> Self {
        Self {
            policies: Vec::new(),
            isolated: Match::No,
            allowed,
            has_rules: false,
            has_peer: false,
        }
    }

    fn isolated_by(&mut self, policy: &Arc<str>, is_selected: Match) {
        if self.policies.len() < POLICIES_NAMED {
            self.policies.push(Arc::clone(policy));
        }
        self.isolated = self.isolated.or(is_selected);
    }

    /// Takes note of a rule; says whether it allows the connection for sure.
    fn saw(&mut self, peer: Match, port: Match) -> bool {
        self.has_rules = true;
        self.has_peer |= peer != Match::No;
        let found = peer.and(port);
        self.allowed = self.allowed.or(found);
        found == Match::Yes
    }

    fn allowed_by(mut self, policy: &Arc<str>, protocol: PolicyProtocol) -> DirectionVerdict {
        if protocol == PolicyProtocol::Other {
            return self.end(protocol);
        }
        self.policies = vec![Arc::clone(policy)];
        self.decided(NetworkVerdict::Allowed, NetworkReason::Rule)
    }

    /// No rule allows it for sure.
    fn end(self, protocol: PolicyProtocol) -> DirectionVerdict {
        if protocol == PolicyProtocol::Other {
            return self.decided(NetworkVerdict::Unknown, NetworkReason::ProtocolNotCovered);
        }
        if let Match::Maybe(reason) = self.allowed {
            return self.decided(NetworkVerdict::Unknown, reason);
        }
        if let Match::Maybe(reason) = self.isolated {
            return self.decided(NetworkVerdict::Unknown, reason);
        }
        let reason = if !self.has_rules {
            NetworkReason::NoRules
        } else if self.has_peer {
            NetworkReason::PortNotAllowed
        } else {
            NetworkReason::PeerNotAllowed
        };
        self.decided(NetworkVerdict::Denied, reason)
    }

    fn decided(self, verdict: NetworkVerdict, reason: NetworkReason) -> DirectionVerdict {
        DirectionVerdict {
            verdict,
            reason,
            policies: self.policies,
        }
    }
}
