//! Network policies.

use crate::seen::{Part, Seen};
use k8s_openapi::api::networking::v1::{NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use saker_kube_metadata::{
    AddressBlock, LabelTest, NetworkPolicy, Object, ObjectName, PolicyPeer, PolicyPort,
    PolicyPorts, PolicyProtocol, PolicyRule, Requirement, Selector,
};
use std::sync::Arc;

/// A policy as the server sends it.
pub(crate) type SeenPolicy = Seen<NetworkPolicySpec>;

impl Part for NetworkPolicySpec {
    const IS_METADATA_ENOUGH: bool = false;
}

/// The policy, if it has a name and a uid.
pub(crate) fn network_policy(seen: SeenPolicy) -> Option<Object> {
    let metadata = seen.metadata;
    let spec = seen.spec?;
    let types = spec.policy_types.unwrap_or_default();
    let names = |direction: &str| types.iter().any(|name| name == direction);
    // A policy that names no directions is about what comes in, and about what goes out if it has a rule
    // about that: so the API server fills the field in.
    let has_egress = spec.egress.as_ref().is_some_and(|rules| !rules.is_empty());
    let is_about_ingress = types.is_empty() || names("Ingress");
    let is_about_egress = names("Egress") || (types.is_empty() && has_egress);
    let ingress = spec.ingress.unwrap_or_default().into_iter();
    let egress = spec.egress.unwrap_or_default().into_iter();
    Some(Object::NetworkPolicy(NetworkPolicy {
        name: ObjectName::new(&metadata.namespace?, &metadata.name?),
        uid: metadata.uid?.into(),
        pods: selector(spec.pod_selector.unwrap_or_default()),
        ingress: is_about_ingress.then(|| ingress.map(|r| rule(r.from, r.ports)).collect()),
        egress: is_about_egress.then(|| egress.map(|r| rule(r.to, r.ports)).collect()),
    }))
}

fn rule(
    peers: Option<Vec<NetworkPolicyPeer>>,
    ports: Option<Vec<NetworkPolicyPort>>,
) -> PolicyRule {
    PolicyRule {
        peers: peers.into_iter().flatten().map(peer).collect(),
        ports: ports.into_iter().flatten().map(port).collect(),
    }
}

fn peer(peer: NetworkPolicyPeer) -> PolicyPeer {
    let Some(addresses) = peer.ip_block else {
        if peer.pod_selector.is_none() && peer.namespace_selector.is_none() {
            return PolicyPeer::NotUnderstood;
        }
        return PolicyPeer::Pods {
            namespaces: peer.namespace_selector.map(selector),
            pods: peer.pod_selector.map(selector),
        };
    };
    let except = addresses.except.iter().flatten();
    let except: Option<Box<[AddressBlock]>> = except.map(|b| AddressBlock::parse(b)).collect();
    match (AddressBlock::parse(&addresses.cidr), except) {
        (Some(block), Some(except)) => PolicyPeer::Addresses { block, except },
        _ => PolicyPeer::NotUnderstood,
    }
}

fn port(port: NetworkPolicyPort) -> PolicyPort {
    let protocol = PolicyProtocol::named(port.protocol.as_deref());
    let ports = match port.port {
        None => PolicyPorts::All,
        Some(IntOrString::String(name)) => PolicyPorts::Named(name.into()),
        Some(IntOrString::Int(first)) => {
            let last = port.end_port.unwrap_or(first);
            // Numbers that are no ports allow none.
            PolicyPorts::Range {
                first: u16::try_from(first).unwrap_or(u16::MAX),
                last: u16::try_from(last).unwrap_or(0),
            }
        }
    };
    PolicyPort { protocol, ports }
}

pub(crate) fn selector(selector: LabelSelector) -> Selector {
    let labels = selector.match_labels.into_iter().flatten();
    let labels = labels.map(|(key, value)| Requirement {
        key: key.into(),
        test: LabelTest::In(Box::new([value.into()])),
    });
    let expressions = selector.match_expressions.into_iter().flatten();
    let expressions = expressions.map(|expression| {
        let values = || -> Box<[Arc<str>]> {
            let values = expression.values.iter().flatten();
            values.map(|value| Arc::from(value.as_str())).collect()
        };
        Requirement {
            test: match expression.operator.as_str() {
                "In" => LabelTest::In(values()),
                "NotIn" => LabelTest::NotIn(values()),
                "Exists" => LabelTest::Exists,
                "DoesNotExist" => LabelTest::DoesNotExist,
                _ => LabelTest::NotUnderstood,
            },
            key: expression.key.into(),
        }
    });
    Selector {
        requirements: labels.chain(expressions).collect(),
    }
}
