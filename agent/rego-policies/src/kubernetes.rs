//! `data.kubernetes`: the objects of the cluster, as its API writes them, with the parts that Saker keeps.

mod policies;

use regorus::Value;
use saker_kube_metadata::{
    Cluster, Labels, Listing, Namespace, Node, Pod, PodNetwork, PodPhase, Scope, Service,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The names below `data.kubernetes`.
pub const KUBERNETES_PLURALS: [&str; 5] =
    ["namespaces", "networkpolicies", "nodes", "pods", "services"];

/// A kind of objects that policies can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plural {
    /// By name.
    Namespaces,
    /// By namespace and name.
    NetworkPolicies,
    /// By name.
    Nodes,
    /// By namespace and name.
    Pods,
    /// By namespace and name.
    Services,
}

impl Plural {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Namespaces,
        Self::NetworkPolicies,
        Self::Nodes,
        Self::Pods,
        Self::Services,
    ];

    /// As the API's paths have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::NetworkPolicies => "networkpolicies",
            Self::Nodes => "nodes",
            Self::Pods => "pods",
            Self::Services => "services",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plural| plural.name() == name)
    }

    /// What has to be watched for it.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self {
            Self::Namespaces => Scope::NAMESPACES,
            Self::NetworkPolicies => Scope::NETWORK_POLICIES,
            Self::Nodes => Scope::NODES,
            Self::Pods => Scope::CLUSTER_PODS,
            Self::Services => Scope::SERVICES,
        }
    }
}

/// The objects of these kinds that are known now: `{"pods": {namespace: {name: …}}, "nodes": {name: …}}`.
#[must_use]
pub fn documents(cluster: &Cluster, plurals: &BTreeSet<Plural>) -> Value {
    let listing = cluster.listing();
    object(plurals.iter().map(|plural| {
        let objects = of_kind(&listing, *plural);
        (plural.name(), objects)
    }))
}

fn of_kind(listing: &Listing, plural: Plural) -> Value {
    match plural {
        Plural::Namespaces => {
            let all = listing.namespaces.iter();
            object(all.map(|object| (&*object.name, namespace(object))))
        }
        Plural::Nodes => {
            let all = listing.nodes.iter();
            object(all.map(|object| (&*object.name, node(object))))
        }
        Plural::Pods => {
            let all = listing.pods.iter();
            by_namespace(all.map(|object| (&object.name, pod(object))))
        }
        Plural::Services => {
            let all = listing.services.iter();
            by_namespace(all.map(|object| (&object.name, service(object))))
        }
        Plural::NetworkPolicies => {
            let all = listing.network_policies.iter();
            by_namespace(all.map(|object| (&object.name, policies::network_policy(object))))
        }
    }
}

fn by_namespace<'a>(
    objects: impl Iterator<Item = (&'a saker_kube_metadata::ObjectName, Value)>,
) -> Value {
    let mut namespaces = std::collections::BTreeMap::<&str, Vec<(&str, Value)>>::new();
    for (name, value) in objects {
        let inside = namespaces.entry(&name.namespace).or_default();
        inside.push((&name.name, value));
    }
    object(
        namespaces
            .into_iter()
            .map(|(namespace, inside)| (namespace, object(inside))),
    )
}

fn pod(pod: &Pod) -> Value {
    let addresses = pod.addresses.iter().map(|address| {
        let text = Value::from(address.to_string());
        object([("ip", text)])
    });
    let phase = match pod.phase {
        // Whether it is pending or running is not kept.
        PodPhase::Active => Value::Undefined,
        PodPhase::Finished => Value::Bool(true),
    };
    let owner = pod.owner.as_ref().map(|owner| {
        Value::from(vec![object([
            ("kind", text(&owner.kind_name)),
            ("name", text(&owner.name)),
            ("uid", text(&owner.uid)),
        ])])
    });
    object([
        (
            "metadata",
            metadata(
                &pod.name.name,
                Some(&pod.name.namespace),
                &pod.uid,
                &pod.labels,
                [("ownerReferences", owner.unwrap_or(Value::Undefined))],
            ),
        ),
        (
            "spec",
            object([
                ("nodeName", optional(pod.node.as_ref())),
                ("serviceAccountName", optional(pod.service_account.as_ref())),
                ("hostNetwork", Value::Bool(pod.network == PodNetwork::Host)),
            ]),
        ),
        (
            "status",
            object([
                ("podIPs", Value::from(addresses.collect::<Vec<_>>())),
                ("finished", phase),
            ]),
        ),
    ])
}

fn namespace(namespace: &Namespace) -> Value {
    let annotations = labels(&namespace.annotations);
    let metadata = metadata(
        &namespace.name,
        None,
        &namespace.uid,
        &namespace.labels,
        [("annotations", annotations)],
    );
    object([("metadata", metadata)])
}

fn node(node: &Node) -> Value {
    let addresses = node.addresses.iter().map(|address| {
        let text = Value::from(address.to_string());
        object([("address", text)])
    });
    let addresses = Value::from(addresses.collect::<Vec<_>>());
    object([
        (
            "metadata",
            metadata(&node.name, None, &node.uid, &node.labels, []),
        ),
        ("status", object([("addresses", addresses)])),
    ])
}

fn service(service: &Service) -> Value {
    let addresses = service.addresses.iter();
    let addresses = addresses.map(|address| Value::from(address.to_string()));
    let ports = service.ports.iter().map(|port| {
        let number = Value::from(u64::from(port.number));
        object([("port", number)])
    });
    object([
        (
            "metadata",
            metadata(
                &service.name.name,
                Some(&service.name.namespace),
                &service.uid,
                &service.labels,
                [],
            ),
        ),
        (
            "spec",
            object([
                ("clusterIPs", Value::from(addresses.collect::<Vec<_>>())),
                ("selector", labels(&service.selector)),
                ("ports", Value::from(ports.collect::<Vec<_>>())),
            ]),
        ),
    ])
}

fn metadata<const COUNT: usize>(
    name: &Arc<str>,
    namespace: Option<&Arc<str>>,
    uid: &Arc<str>,
    own_labels: &Labels,
    more: [(&str, Value); COUNT],
) -> Value {
    let all = [
        ("name", text(name)),
        ("namespace", optional(namespace)),
        ("uid", text(uid)),
        ("labels", labels(own_labels)),
    ];
    object(all.into_iter().chain(more))
}

fn labels(labels: &Labels) -> Value {
    object(labels.iter().map(|(key, value)| (key, text_of(value))))
}

fn text(text: &Arc<str>) -> Value {
    Value::String(Arc::clone(text))
}

fn text_of(text: &str) -> Value {
    Value::from(text)
}

fn optional(value: Option<&Arc<str>>) -> Value {
    value.map_or(Value::Undefined, text)
}

/// An object; what is undefined is left out.
fn object<'k>(fields: impl IntoIterator<Item = (&'k str, Value)>) -> Value {
    let mut value = Value::new_object();
    if let Ok(object) = value.as_object_mut() {
        for (name, field) in fields {
            if field != Value::Undefined {
                object.insert(Value::from(name), field);
            }
        }
    }
    value
}
