//! Who the ends of a flow are.

use super::flow::{EndForm, FlowFileError};
use saker_kube_metadata::{
    Answer, Cluster, Endpoint, Labels, Namespace, Pod, PodNetwork, PolicyProtocol, Service,
};
use saker_policy_audit::NetworkParty;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// An end of a flow.
#[derive(Clone, Debug)]
pub(super) struct End {
    who: Who,
    /// The labels of its namespace.
    namespace: Option<Arc<Namespace>>,
    /// The address that packets carry.
    address: Option<IpAddr>,
}

#[derive(Clone, Debug)]
enum Who {
    Pod(Arc<Pod>),
    Service(Arc<Service>),
    Node(Arc<str>),
    External(IpAddr),
    Unknown,
}

impl End {
    /// Somebody of whom nothing is known.
    pub(super) const UNKNOWN: Self = Self {
        who: Who::Unknown,
        namespace: None,
        address: None,
    };

    fn of_pod(cluster: &Cluster, pod: Arc<Pod>, address: Option<IpAddr>) -> Self {
        Self {
            namespace: cluster.namespace(&pod.name.namespace).known(),
            who: Who::Pod(pod),
            address,
        }
    }

    /// As network policies see it.
    pub(super) fn party(&self) -> NetworkParty<'_> {
        let address = self.address;
        match &self.who {
            Who::Pod(pod) => NetworkParty::Pod {
                pod,
                namespace: self.labels(),
                address,
            },
            Who::Node(name) => NetworkParty::Node {
                name: Some(name),
                address,
            },
            Who::External(address) => NetworkParty::External { address: *address },
            Who::Service(_) | Who::Unknown => NetworkParty::Unknown { address: None },
        }
    }

    fn labels(&self) -> Option<&Labels> {
        Some(&*self.namespace()?.labels)
    }

    /// The pod, if it is one.
    pub(super) fn pod(&self) -> Option<&Pod> {
        match &self.who {
            Who::Pod(pod) => Some(pod),
            _ => None,
        }
    }

    /// The namespace of the pod.
    pub(super) fn namespace(&self) -> Option<&Namespace> {
        self.namespace.as_deref()
    }

    /// The service, if it is one.
    pub(super) fn service(&self) -> Option<&Service> {
        match &self.who {
            Who::Service(service) => Some(service),
            _ => None,
        }
    }

    /// What it is.
    pub(super) const fn kind(&self) -> &'static str {
        match &self.who {
            Who::Pod(_) => "pod",
            Who::Service(_) => "service",
            Who::Node(_) => "node",
            Who::External(_) => "external",
            Who::Unknown => "unknown",
        }
    }

    /// How it is called.
    pub(super) fn name(&self) -> String {
        match &self.who {
            Who::Pod(pod) => format!("{}/{}", pod.name.namespace, pod.name.name),
            Who::Service(service) => format!("{}/{}", service.name.namespace, service.name.name),
            Who::Node(name) => (**name).to_owned(),
            Who::External(address) => address.to_string(),
            Who::Unknown => self
                .address
                .map_or_else(|| "unknown".to_owned(), |ip| ip.to_string()),
        }
    }

    /// Its address.
    pub(super) fn address(&self) -> Option<IpAddr> {
        let first = |addresses: &[IpAddr]| addresses.first().copied();
        self.address.or_else(|| match &self.who {
            Who::Pod(pod) => first(&pod.addresses),
            Who::Service(service) => first(&service.addresses),
            Who::External(address) => Some(*address),
            Who::Node(_) | Who::Unknown => None,
        })
    }
}

/// Whom a cluster has, by name.
pub(super) struct Directory<'a> {
    cluster: &'a Cluster,
    pods: HashMap<String, Arc<Pod>>,
}

impl<'a> Directory<'a> {
    pub(super) fn new(cluster: &'a Cluster) -> Self {
        let pods = cluster.present_pods().into_iter();
        let pods = pods.map(|pod| (format!("{}/{}", pod.name.namespace, pod.name.name), pod));
        Self {
            cluster,
            pods: pods.collect(),
        }
    }

    /// Who an end of the flow with this number is.
    pub(super) fn find(&self, form: &EndForm, number: usize) -> Result<End, FlowFileError> {
        let lacks = |kind, name: &str| FlowFileError::NoSuchEnd {
            number,
            kind,
            name: name.to_owned(),
        };
        if let Some(name) = &form.pod {
            let whole = if name.contains('/') {
                name
            } else {
                &format!("default/{name}")
            };
            let pod = self.pods.get(whole).ok_or_else(|| lacks("pod", name))?;
            return Ok(End::of_pod(self.cluster, Arc::clone(pod), form.ip));
        }
        let of = |who| End {
            who,
            namespace: None,
            address: form.ip,
        };
        if let Some(name) = &form.service {
            let service = self
                .cluster
                .service(name.split_once('/').unwrap_or(("default", name)));
            return Ok(of(Who::Service(
                service.ok_or_else(|| lacks("service", name))?,
            )));
        }
        if let Some(name) = &form.node {
            let node = self.cluster.node(name).ok_or_else(|| lacks("node", name))?;
            let address = form.ip.or_else(|| node.addresses.first().copied());
            let who = Who::Node(Arc::clone(&node.name));
            return Ok(End { address, ..of(who) });
        }
        let Some(address) = form.ip else {
            return Ok(End::UNKNOWN);
        };
        Ok(match self.cluster.endpoint(address) {
            Answer::Known(Endpoint::Pod(pod)) => End::of_pod(self.cluster, pod, Some(address)),
            Answer::Known(Endpoint::Service(service)) => of(Who::Service(service)),
            Answer::Known(Endpoint::Node(name)) => of(Who::Node(name)),
            Answer::Known(Endpoint::External) => of(Who::External(address)),
            Answer::Awaited | Answer::Unknown => of(Who::Unknown),
        })
    }
}

/// The pods behind a service, each with its port.
pub(super) fn backends(
    cluster: &Cluster,
    service: &Service,
    port: Option<u16>,
    protocol: PolicyProtocol,
) -> Vec<(End, Option<u16>)> {
    let pods = cluster.backends(service).known().unwrap_or_default();
    let target = port.and_then(|port| service.target(port, protocol));
    let ends = pods.into_iter().map(|pod| {
        let port = target.and_then(|target| pod.settings.port_number(target));
        let end = match (pod.network, &pod.node) {
            (PodNetwork::Host, Some(node)) => End {
                who: Who::Node(Arc::clone(node)),
                namespace: None,
                address: pod.addresses.first().copied(),
            },
            _ => End::of_pod(cluster, pod, None),
        };
        (end, port)
    });
    ends.collect()
}
