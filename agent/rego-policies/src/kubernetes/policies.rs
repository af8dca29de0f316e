//! Network policies, as the API writes them.

use super::{metadata, object, text};
use regorus::Value;
use saker_kube_metadata::{
    AddressBlock, LabelTest, Labels, NetworkPolicy, PolicyPeer, PolicyPort, PolicyPorts,
    PolicyProtocol, PolicyRule, Selector,
};
use std::sync::Arc;

pub(super) fn network_policy(policy: &NetworkPolicy) -> Value {
    let types = [
        policy.ingress.is_some().then(|| Value::from("Ingress")),
        policy.egress.is_some().then(|| Value::from("Egress")),
    ];
    let types: Vec<Value> = types.into_iter().flatten().collect();
    let rules = |rules: &Option<Box<[PolicyRule]>>, peers: &'static str| {
        rules.as_ref().map_or(Value::Undefined, |rules| {
            let all = rules.iter().map(|of_policy| rule(of_policy, peers));
            Value::from(all.collect::<Vec<_>>())
        })
    };
    object([
        (
            "metadata",
            metadata(
                &policy.name.name,
                Some(&policy.name.namespace),
                &policy.uid,
                &Labels::default(),
                [],
            ),
        ),
        (
            "spec",
            object([
                ("podSelector", selector(&policy.pods)),
                ("policyTypes", Value::from(types)),
                ("ingress", rules(&policy.ingress, "from")),
                ("egress", rules(&policy.egress, "to")),
            ]),
        ),
    ])
}

fn rule(rule: &PolicyRule, peers: &'static str) -> Value {
    let of_peers: Vec<Value> = rule.peers.iter().map(peer).collect();
    let of_ports: Vec<Value> = rule.ports.iter().map(port).collect();
    // None means all, so an empty list is not written.
    let unless_empty = |values: Vec<Value>| match values.is_empty() {
        true => Value::Undefined,
        false => Value::from(values),
    };
    object([
        (peers, unless_empty(of_peers)),
        ("ports", unless_empty(of_ports)),
    ])
}

fn peer(peer: &PolicyPeer) -> Value {
    let optional = |selected: &Option<Selector>| {
        let selected = selected.as_ref();
        selected.map_or(Value::Undefined, selector)
    };
    match peer {
        PolicyPeer::Pods { namespaces, pods } => object([
            ("namespaceSelector", optional(namespaces)),
            ("podSelector", optional(pods)),
        ]),
        PolicyPeer::Addresses { block, except } => {
            let except: Vec<Value> = except.iter().map(address_block).collect();
            let block = object([
                ("cidr", address_block(block)),
                ("except", Value::from(except)),
            ]);
            object([("ipBlock", block)])
        }
        PolicyPeer::NotUnderstood => object([]),
    }
}

fn address_block(block: &AddressBlock) -> Value {
    Value::from(format!("{}/{}", block.address, block.prefix_bits))
}

fn port(port: &PolicyPort) -> Value {
    let protocol = match port.protocol {
        PolicyProtocol::Tcp => Value::from("TCP"),
        PolicyProtocol::Udp => Value::from("UDP"),
        PolicyProtocol::Sctp => Value::from("SCTP"),
        PolicyProtocol::Other => Value::Undefined,
    };
    let number = |number: u16| Value::from(u64::from(number));
    let (first, last) = match &port.ports {
        PolicyPorts::All => (Value::Undefined, Value::Undefined),
        PolicyPorts::Named(name) => (text(name), Value::Undefined),
        PolicyPorts::Range { first, last } if first == last => (number(*first), Value::Undefined),
        PolicyPorts::Range { first, last } => (number(*first), number(*last)),
    };
    object([("protocol", protocol), ("port", first), ("endPort", last)])
}

fn selector(selector: &Selector) -> Value {
    let requirements = selector.requirements.iter().map(|requirement| {
        let several = |values: &[Arc<str>]| values.iter().map(text).collect::<Vec<_>>();
        let (operator, values) = match &requirement.test {
            LabelTest::In(values) => ("In", Value::from(several(values))),
            LabelTest::NotIn(values) => ("NotIn", Value::from(several(values))),
            LabelTest::Exists => ("Exists", Value::Undefined),
            LabelTest::DoesNotExist => ("DoesNotExist", Value::Undefined),
            LabelTest::NotUnderstood => ("", Value::Undefined),
        };
        object([
            ("key", text(&requirement.key)),
            ("operator", Value::from(operator)),
            ("values", values),
        ])
    });
    let requirements: Vec<Value> = requirements.collect();
    match requirements.is_empty() {
        true => object([]),
        false => object([("matchExpressions", Value::from(requirements))]),
    }
}
