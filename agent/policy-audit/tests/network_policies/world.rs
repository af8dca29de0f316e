//! A cluster and policies, as tests write them down.

use saker_kube_metadata::{
    AddressBlock, ContainerPort, ContainerRole, LabelTest, Labels, NetworkPolicy, ObjectName, Pod,
    PodContainer, PodNetwork, PodSettings, PolicyPeer, PolicyPort, PolicyPorts, PolicyProtocol,
    PolicyRule, Requirement, Selector,
};
use saker_policy_audit::{NetworkFlow, NetworkFlowVerdict, NetworkParty, NetworkPolicies};
use std::sync::Arc;

pub(crate) type Pairs = &'static [(&'static str, &'static str)];

/// Key, operator and values of a requirement.
pub(crate) type Expression = (&'static str, &'static str, &'static [&'static str]);

/// A selector: `matchLabels` is written as `In` with one value.
pub(crate) type Sel = &'static [Expression];

/// Somebody who may have an end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Somebody {
    Pod(&'static TestPod),
    Node(&'static str, &'static str),
    External(&'static str),
}

#[derive(Debug)]
pub(crate) struct TestPod {
    pub(crate) namespace: &'static str,
    pub(crate) name: &'static str,
    pub(crate) namespace_labels: Pairs,
    pub(crate) labels: Pairs,
    pub(crate) ip: &'static str,
    pub(crate) node: &'static str,
    pub(crate) is_host_network: bool,
    /// Name, number, protocol.
    pub(crate) ports: &'static [(&'static str, u16, &'static str)],
}

#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) namespace: &'static str,
    pub(crate) name: String,
    pub(crate) pods: Sel,
    pub(crate) ingress: Option<Vec<Rule>>,
    pub(crate) egress: Option<Vec<Rule>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) peers: Vec<Peer>,
    pub(crate) ports: Vec<Port>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Peer {
    /// `namespaceSelector` and `podSelector`.
    Selected(Option<Sel>, Option<Sel>),
    /// `ipBlock` with `cidr` and `except`.
    Block(&'static str, &'static [&'static str]),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Port {
    /// Only the protocol.
    All(&'static str),
    /// `port`.
    One(&'static str, u16),
    /// `port` and `endPort`.
    Range(&'static str, u16, u16),
    /// A name.
    Named(&'static str, &'static str),
}

impl TestPod {
    pub(crate) fn typed(&self) -> Pod {
        let ports = self.ports.iter().map(|(name, number, of)| ContainerPort {
            number: *number,
            name: Some((*name).into()),
            protocol: protocol(of),
        });
        let container = PodContainer {
            name: "main".into(),
            role: ContainerRole::Main,
            ports: ports.collect(),
            ..PodContainer::default()
        };
        Pod {
            name: ObjectName::new(self.namespace, self.name),
            uid: format!("{}/{}", self.namespace, self.name).into(),
            labels: Arc::new(self.labels.iter().copied().collect()),
            addresses: [self.ip.parse().unwrap()].into(),
            node: Some(self.node.into()),
            network: match self.is_host_network {
                true => PodNetwork::Host,
                false => PodNetwork::Own,
            },
            settings: Arc::new(PodSettings {
                containers: [container].into(),
                ..PodSettings::default()
            }),
            ..Pod::default()
        }
    }
}

impl Policy {
    pub(crate) fn typed(&self) -> Arc<NetworkPolicy> {
        let rules = |rules: &Option<Vec<Rule>>| {
            let rules = rules.as_ref()?;
            Some(rules.iter().map(Rule::typed).collect())
        };
        Arc::new(NetworkPolicy {
            name: ObjectName::new(self.namespace, &self.name),
            uid: self.name.as_str().into(),
            pods: selector(self.pods),
            ingress: rules(&self.ingress),
            egress: rules(&self.egress),
        })
    }
}

impl Rule {
    fn typed(&self) -> PolicyRule {
        PolicyRule {
            peers: self.peers.iter().map(Peer::typed).collect(),
            ports: self.ports.iter().map(Port::typed).collect(),
        }
    }
}

impl Peer {
    fn typed(&self) -> PolicyPeer {
        match self {
            Self::Selected(namespaces, pods) => PolicyPeer::Pods {
                namespaces: namespaces.map(selector),
                pods: pods.map(selector),
            },
            Self::Block(block, except) => {
                let parsed = |text: &&str| AddressBlock::parse(text).unwrap();
                PolicyPeer::Addresses {
                    block: parsed(block),
                    except: except.iter().map(parsed).collect(),
                }
            }
        }
    }
}

impl Port {
    fn typed(&self) -> PolicyPort {
        let (of, ports) = match self {
            Self::All(of) => (of, PolicyPorts::All),
            Self::One(of, port) => (
                of,
                PolicyPorts::Range {
                    first: *port,
                    last: *port,
                },
            ),
            Self::Range(of, first, last) => (
                of,
                PolicyPorts::Range {
                    first: *first,
                    last: *last,
                },
            ),
            Self::Named(of, name) => (of, PolicyPorts::Named((*name).into())),
        };
        PolicyPort {
            protocol: protocol(of),
            ports,
        }
    }
}

fn selector(expressions: Sel) -> Selector {
    let requirements = expressions.iter().map(|(key, operator, values)| {
        let values = values.iter().map(|value| Arc::from(*value)).collect();
        Requirement {
            key: (*key).into(),
            test: match *operator {
                "In" => LabelTest::In(values),
                "NotIn" => LabelTest::NotIn(values),
                "Exists" => LabelTest::Exists,
                "DoesNotExist" => LabelTest::DoesNotExist,
                other => panic!("no operator: {other}"),
            },
        }
    });
    Selector {
        requirements: requirements.collect(),
    }
}

pub(crate) fn protocol(name: &str) -> PolicyProtocol {
    match name {
        "TCP" => PolicyProtocol::Tcp,
        "UDP" => PolicyProtocol::Udp,
        "SCTP" => PolicyProtocol::Sctp,
        _ => PolicyProtocol::Other,
    }
}

/// What the code under test says.
pub(crate) fn verdict(
    policies: &NetworkPolicies,
    source: Somebody,
    destination: Somebody,
    of: &str,
    port: u16,
) -> NetworkFlowVerdict {
    let [source, destination] = [source, destination].map(Held::of);
    verdict_between(policies, &source, &destination, of, port)
}

/// The same, of those who are typed already.
pub(crate) fn verdict_between(
    policies: &NetworkPolicies,
    source: &Held,
    destination: &Held,
    of: &str,
    port: u16,
) -> NetworkFlowVerdict {
    policies.verdict(&NetworkFlow {
        source: source.party(),
        destination: destination.party(),
        protocol: protocol(of),
        port: Some(port),
    })
}

pub(crate) fn policies<'a>(all: impl IntoIterator<Item = &'a Policy>) -> NetworkPolicies {
    NetworkPolicies::new(all.into_iter().map(Policy::typed))
}

/// Somebody, in types.
pub(crate) struct Held {
    pub(crate) who: Somebody,
    pod: Pod,
    namespace: Labels,
}

impl Held {
    pub(crate) fn of(who: Somebody) -> Self {
        let pod = match who {
            Somebody::Pod(pod) => Some(pod),
            _ => None,
        };
        Self {
            who,
            pod: pod.map(TestPod::typed).unwrap_or_default(),
            namespace: pod
                .map_or(&[][..], |pod| pod.namespace_labels)
                .iter()
                .copied()
                .collect(),
        }
    }

    pub(crate) fn party(&self) -> NetworkParty<'_> {
        match self.who {
            Somebody::Pod(pod) => NetworkParty::Pod {
                pod: &self.pod,
                namespace: Some(&self.namespace),
                address: Some(pod.ip.parse().unwrap()),
            },
            Somebody::Node(name, ip) => NetworkParty::Node {
                name: Some(name),
                address: Some(ip.parse().unwrap()),
            },
            Somebody::External(ip) => NetworkParty::External {
                address: ip.parse().unwrap(),
            },
        }
    }
}

const SHOP: Pairs = &[
    ("kubernetes.io/metadata.name", "shop"),
    ("team", "checkout"),
];
const BANK: Pairs = &[
    ("kubernetes.io/metadata.name", "bank"),
    ("team", "money"),
    ("pci", "yes"),
];

pub(crate) static WEB: TestPod = TestPod {
    namespace: "shop",
    name: "web-0",
    namespace_labels: SHOP,
    labels: &[("app", "web"), ("tier", "front")],
    ip: "10.0.1.1",
    node: "node-a",
    is_host_network: false,
    ports: &[("http", 8080, "TCP"), ("dns", 53, "UDP")],
};

pub(crate) static DB: TestPod = TestPod {
    namespace: "shop",
    name: "db-0",
    namespace_labels: SHOP,
    labels: &[("app", "db")],
    ip: "10.0.2.1",
    node: "node-b",
    is_host_network: false,
    ports: &[("sql", 5432, "TCP"), ("http", 80, "TCP")],
};

pub(crate) static TELLER: TestPod = TestPod {
    namespace: "bank",
    name: "teller-0",
    namespace_labels: BANK,
    labels: &[("app", "web"), ("env", "test")],
    ip: "10.0.2.2",
    node: "node-b",
    is_host_network: false,
    ports: &[],
};

pub(crate) static AGENT: TestPod = TestPod {
    namespace: "shop",
    name: "agent-0",
    namespace_labels: SHOP,
    labels: &[("app", "web")],
    ip: "192.168.0.2",
    node: "node-b",
    is_host_network: true,
    ports: &[("http", 8080, "TCP")],
};

/// Everybody there is.
pub(crate) static EVERYBODY: &[Somebody] = &[
    Somebody::Pod(&WEB),
    Somebody::Pod(&DB),
    Somebody::Pod(&TELLER),
    Somebody::Pod(&AGENT),
    Somebody::Node("node-a", "192.168.0.1"),
    Somebody::Node("node-b", "192.168.0.2"),
    Somebody::External("198.51.100.7"),
    Somebody::External("203.0.113.200"),
];
