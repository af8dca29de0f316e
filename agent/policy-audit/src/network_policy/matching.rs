//! Whether a rule is about a connection.

use super::parties::{NetworkFlow, NetworkParty};
use super::verdict::NetworkReason;
use saker_kube_metadata::{
    AddressBlock, LabelTest, Labels, PolicyPeer, PolicyPort, PolicyPorts, PolicyRule, Requirement,
    Selector,
};
use std::net::IpAddr;

/// The label that every namespace has, with its name.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Whether something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// It is not.
    No,
    /// That depends on what is not known.
    Maybe(NetworkReason),
    /// It is.
    Yes,
}

impl Match {
    pub(super) const fn of(is_so: bool) -> Self {
        if is_so { Self::Yes } else { Self::No }
    }

    /// Whether both are so.
    pub(super) const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Maybe(reason), _) | (_, Self::Maybe(reason)) => Self::Maybe(reason),
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }

    /// Whether one is so.
    pub(super) const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::Maybe(reason), _) | (_, Self::Maybe(reason)) => Self::Maybe(reason),
            (Self::No, Self::No) => Self::No,
        }
    }

    /// Whether one of these is so.
    fn any(all: impl Iterator<Item = Self>) -> Self {
        let mut found = Self::No;
        for one in all {
            found = found.or(one);
            if found == Self::Yes {
                break;
            }
        }
        found
    }

    /// Whether all of these are so.
    fn all(all: impl Iterator<Item = Self>) -> Self {
        let mut found = Self::Yes;
        for one in all {
            found = found.and(one);
            if found == Self::No {
                break;
            }
        }
        found
    }
}

/// Whether a selector selects an object with these labels.
pub(super) fn selects(selector: &Selector, labels: &Labels) -> Match {
    let requirements = selector.requirements.iter();
    Match::all(requirements.map(|requirement| requires(requirement, labels.get(&requirement.key))))
}

fn requires(requirement: &Requirement, value: Option<&str>) -> Match {
    let has = |values: &[_]| value.is_some_and(|value| values.iter().any(|v| is_text(v, value)));
    match &requirement.test {
        LabelTest::In(values) => Match::of(has(values)),
        LabelTest::NotIn(values) => Match::of(!has(values)),
        LabelTest::Exists => Match::of(value.is_some()),
        LabelTest::DoesNotExist => Match::of(value.is_none()),
        LabelTest::NotUnderstood => Match::Maybe(NetworkReason::PolicyNotUnderstood),
    }
}

fn is_text(known: &std::sync::Arc<str>, value: &str) -> bool {
    **known == *value
}

/// Whether a selector selects a namespace, of which the labels may not be known.
fn selects_namespace(selector: &Selector, name: &str, labels: Option<&Labels>) -> Match {
    let requirements = selector.requirements.iter();
    Match::all(requirements.map(|requirement| {
        // The control plane sets it on every namespace, and lets nobody change it.
        if *requirement.key == *NAMESPACE_NAME {
            return requires(requirement, Some(name));
        }
        match labels {
            Some(labels) => requires(requirement, labels.get(&requirement.key)),
            None => Match::Maybe(NetworkReason::NamespaceNotKnown),
        }
    }))
}

/// Whether a rule is about the other end, and about the port.
pub(super) struct RuleMatch {
    pub(super) peer: Match,
    pub(super) port: Match,
}

pub(super) fn match_rule(
    rule: &PolicyRule,
    policy_namespace: &str,
    other: &NetworkParty<'_>,
    flow: &NetworkFlow<'_>,
) -> RuleMatch {
    let peer = match &*rule.peers {
        [] => Match::Yes,
        peers => Match::any(
            peers
                .iter()
                .map(|peer| is_peer(peer, policy_namespace, other)),
        ),
    };
    let port = match &*rule.ports {
        [] => Match::Yes,
        // Nothing is asked about ports for somebody else.
        _ if peer == Match::No => Match::No,
        ports => Match::any(ports.iter().map(|port| is_port(port, flow))),
    };
    RuleMatch { peer, port }
}

fn is_peer(peer: &PolicyPeer, policy_namespace: &str, other: &NetworkParty<'_>) -> Match {
    match peer {
        PolicyPeer::Pods { namespaces, pods } => {
            is_selected(namespaces.as_ref(), pods.as_ref(), policy_namespace, other)
        }
        PolicyPeer::Addresses { block, except } => is_in_block(block, except, other),
        PolicyPeer::NotUnderstood => Match::Maybe(NetworkReason::PolicyNotUnderstood),
    }
}

fn is_selected(
    namespaces: Option<&Selector>,
    pods: Option<&Selector>,
    policy_namespace: &str,
    other: &NetworkParty<'_>,
) -> Match {
    let (pod, namespace) = match other {
        NetworkParty::Unknown { .. } => return Match::Maybe(NetworkReason::PeerNotKnown),
        NetworkParty::Pod { namespace, .. } => match other.pod() {
            Some(pod) => (pod, *namespace),
            // Selectors pass over pods in the network of their node.
            None => return Match::No,
        },
        NetworkParty::Node { .. } | NetworkParty::External { .. } => return Match::No,
    };
    let is_pod = pods.map_or(Match::Yes, |pods| selects(pods, &pod.labels));
    let name = &*pod.name.namespace;
    let is_namespace = match namespaces {
        None => Match::of(*name == *policy_namespace),
        Some(selector) => selects_namespace(selector, name, namespace),
    };
    is_pod.and(is_namespace)
}

fn is_in_block(block: &AddressBlock, except: &[AddressBlock], other: &NetworkParty<'_>) -> Match {
    let is_in = |address: IpAddr| {
        block.contains(address) && !except.iter().any(|block| block.contains(address))
    };
    if let Some(address) = other.address() {
        return Match::of(is_in(address));
    }
    let addresses = other.pod().map_or(&[][..], |pod| &pod.addresses);
    let mut found = addresses.iter().map(|address| is_in(*address));
    match found.next() {
        Some(first) if found.all(|other| other == first) => Match::of(first),
        _ => Match::Maybe(NetworkReason::PeerNotKnown),
    }
}

fn is_port(port: &PolicyPort, flow: &NetworkFlow<'_>) -> Match {
    if port.protocol != flow.protocol {
        return Match::No;
    }
    match &port.ports {
        PolicyPorts::All => Match::Yes,
        PolicyPorts::Range { first, last } => match flow.port {
            Some(port) => Match::of((*first..=*last).contains(&port)),
            None if first > last => Match::No,
            None => Match::Maybe(NetworkReason::PortNotKnown),
        },
        PolicyPorts::Named(name) => match (&flow.destination, flow.destination.pod()) {
            (_, Some(pod)) => {
                let mut numbers = pod.settings.ports_named(name, flow.protocol);
                match flow.port {
                    Some(port) => Match::of(numbers.any(|number| number == port)),
                    None if numbers.next().is_none() => Match::No,
                    None => Match::Maybe(NetworkReason::PortNotKnown),
                }
            }
            (NetworkParty::Unknown { .. }, None) => Match::Maybe(NetworkReason::PeerNotKnown),
            // Only pods give names to ports.
            (_, None) => Match::No,
        },
    }
}
