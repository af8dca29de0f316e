//! A second opinion: an evaluator that follows the sentences of the API's documentation one by one, looks at
//! everything, and shares no code with the first.

use super::world::{Peer, Policy, Port, Rule, Sel, Somebody, TestPod};

/// What one end says: `not_isolated`, `allowed` or `denied`; `None` where the end is no pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opinion {
    pub(crate) egress: Option<&'static str>,
    pub(crate) ingress: Option<&'static str>,
}

impl Opinion {
    /// Of both ends together.
    pub(crate) fn whole(self) -> &'static str {
        let ends = [self.egress, self.ingress];
        for verdict in ["denied", "allowed"] {
            if ends.contains(&Some(verdict)) {
                return verdict;
            }
        }
        "not_isolated"
    }
}

pub(crate) fn opinion(
    policies: &[Policy],
    source: Somebody,
    destination: Somebody,
    protocol: &str,
    port: u16,
) -> Opinion {
    let named = match destination {
        // "Named ports are those of the pod that the traffic goes to."
        Somebody::Pod(pod) if !pod.is_host_network => pod.ports,
        _ => &[],
    };
    let end = |own: Somebody, other: Somebody, is_ingress: bool| {
        let Somebody::Pod(pod) = own else { return None };
        // "NetworkPolicy behaviour for hostNetwork pods is undefined"; mostly they are left alone.
        if pod.is_host_network {
            return Some("not_isolated");
        }
        // "A Pod cannot block access to itself."
        if let Somebody::Pod(other) = other
            && std::ptr::eq(other, pod)
        {
            return Some("allowed");
        }
        let mut is_isolated = false;
        let mut is_allowed = false;
        for policy in policies {
            let rules = if is_ingress {
                &policy.ingress
            } else {
                &policy.egress
            };
            let Some(rules) = rules else { continue };
            if policy.namespace != pod.namespace || !selected(policy.pods, pod.labels) {
                continue;
            }
            is_isolated = true;
            for rule in rules {
                is_allowed |= rule_allows(rule, policy.namespace, other, named, protocol, port);
            }
        }
        // "Traffic to and from the node where a Pod is running is always allowed."
        is_allowed |= node_of(other) == Some(pod.node);
        Some(match (is_isolated, is_allowed) {
            (false, _) => "not_isolated",
            (true, true) => "allowed",
            (true, false) => "denied",
        })
    };
    Opinion {
        egress: end(source, destination, false),
        ingress: end(destination, source, true),
    }
}

fn node_of(somebody: Somebody) -> Option<&'static str> {
    match somebody {
        Somebody::Node(name, _) => Some(name),
        Somebody::Pod(pod) if pod.is_host_network => Some(pod.node),
        _ => None,
    }
}

fn rule_allows(
    rule: &Rule,
    namespace: &str,
    other: Somebody,
    named: &[(&str, u16, &str)],
    protocol: &str,
    port: u16,
) -> bool {
    let mut is_peer = rule.peers.is_empty();
    for peer in &rule.peers {
        is_peer |= match peer {
            Peer::Selected(namespaces, pods) => match other {
                Somebody::Pod(pod) if !pod.is_host_network => {
                    is_selected(*namespaces, *pods, namespace, pod)
                }
                _ => false,
            },
            Peer::Block(block, except) => {
                let ip = match other {
                    Somebody::Pod(pod) => pod.ip,
                    Somebody::Node(_, ip) | Somebody::External(ip) => ip,
                };
                in_block(block, ip) && !except.iter().any(|block| in_block(block, ip))
            }
        };
    }
    let mut is_port = rule.ports.is_empty();
    for allowed in &rule.ports {
        is_port |= match *allowed {
            Port::All(of) => of == protocol,
            Port::One(of, number) => of == protocol && number == port,
            Port::Range(of, first, last) => of == protocol && first <= port && port <= last,
            Port::Named(of, name) => of == protocol && named.contains(&(name, port, protocol)),
        };
    }
    is_peer && is_port
}

fn is_selected(namespaces: Option<Sel>, pods: Option<Sel>, namespace: &str, pod: &TestPod) -> bool {
    match (namespaces, pods) {
        (None, None) => false,
        (None, Some(pods)) => pod.namespace == namespace && selected(pods, pod.labels),
        (Some(all), None) => selected(all, pod.namespace_labels),
        (Some(all), Some(pods)) => {
            selected(all, pod.namespace_labels) && selected(pods, pod.labels)
        }
    }
}

fn selected(selector: Sel, labels: &[(&str, &str)]) -> bool {
    for (key, operator, values) in selector {
        let mut value = None;
        for (known, one) in labels {
            if known == key {
                value = Some(*one);
            }
        }
        let is_met = match *operator {
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            "In" => matches!(value, Some(value) if values.contains(&value)),
            _ => !matches!(value, Some(value) if values.contains(&value)),
        };
        if !is_met {
            return false;
        }
    }
    true
}

/// The first bits of both, as digits.
fn in_block(block: &str, ip: &str) -> bool {
    let digits = |ip: &str| -> String {
        let parts = ip
            .split('.')
            .map(|part| format!("{:08b}", part.parse::<u8>().unwrap()));
        parts.collect()
    };
    let (address, bits) = block.split_once('/').unwrap();
    let bits: usize = bits.parse().unwrap();
    digits(address)[..bits] == digits(ip)[..bits]
}
