//! Services and the pods behind them.

use crate::labels::labels_of;
use crate::pod_settings::port_reference;
use crate::seen::{Part, Seen};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use saker_kube_metadata::{
    EndpointSlice, Object, ObjectName, PolicyProtocol, PortReference, Service, ServicePort,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// Most addresses of a service that are kept.
const ADDRESSES_MAX: usize = 64;

/// Most ports of a service that are kept.
const PORTS_MAX: usize = 256;

/// Most pods of a slice; the API server allows as many.
const PODS_MAX: usize = 1_000;

/// The label of a slice that names its service.
const SERVICE_LABEL: &str = "kubernetes.io/service-name";

/// A service as the server sends it.
pub(crate) type SeenService = Seen<ServiceSpec, ServiceStatus>;

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ServiceSpec {
    #[serde(rename = "clusterIP")]
    cluster_ip: Option<String>,
    #[serde(rename = "clusterIPs")]
    cluster_ips: Option<Vec<String>>,
    #[serde(rename = "externalIPs")]
    external_ips: Option<Vec<String>>,
    selector: Option<BTreeMap<String, String>>,
    ports: Option<Vec<Port>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Port {
    port: Option<i32>,
    protocol: Option<String>,
    target_port: Option<IntOrString>,
}

impl Part for ServiceSpec {
    const IS_METADATA_ENOUGH: bool = false;
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceStatus {
    load_balancer: Option<LoadBalancer>,
}

#[derive(Clone, Debug, Deserialize)]
struct LoadBalancer {
    ingress: Option<Vec<Ingress>>,
}

#[derive(Clone, Debug, Deserialize)]
struct Ingress {
    ip: Option<String>,
}

/// The service, if it has a name and a uid.
pub(crate) fn service(seen: SeenService) -> Option<Object> {
    let metadata = seen.metadata;
    let addresses = addresses(seen.spec.as_ref(), seen.status.as_ref());
    Some(Object::Service(Service {
        name: ObjectName::new(&metadata.namespace?, &metadata.name?),
        uid: metadata.uid?.into(),
        labels: labels_of(metadata.labels),
        addresses,
        ports: seen.spec.iter().flat_map(ports).collect(),
        selector: labels_of(seen.spec.and_then(|spec| spec.selector)),
    }))
}

fn ports(spec: &ServiceSpec) -> impl Iterator<Item = ServicePort> {
    let ports = spec.ports.iter().flatten().take(PORTS_MAX);
    ports.filter_map(|port| {
        let number = u16::try_from(port.port?).ok()?;
        // Without a target, or with the target 0, the pods' port is the same.
        let target = port.target_port.clone().and_then(port_reference);
        let same = PortReference::Number(number);
        let target = target.filter(|target| *target != PortReference::Number(0));
        Some(ServicePort {
            number,
            protocol: PolicyProtocol::named(port.protocol.as_deref()),
            target: target.unwrap_or(same),
        })
    })
}

fn addresses(spec: Option<&ServiceSpec>, status: Option<&ServiceStatus>) -> Box<[IpAddr]> {
    let cluster = spec.into_iter().flat_map(|spec| {
        let more = spec.cluster_ips.iter().chain(&spec.external_ips).flatten();
        spec.cluster_ip.iter().chain(more)
    });
    let balancer = status.and_then(|status| status.load_balancer.as_ref());
    let ingress = balancer.and_then(|balancer| balancer.ingress.as_ref());
    let balancers = ingress.into_iter().flatten().filter_map(|i| i.ip.as_ref());
    let mut addresses: Vec<IpAddr> = Vec::new();
    // A service without an address of its own says `None`.
    for address in cluster.chain(balancers) {
        if let Ok(address) = address.parse()
            && addresses.len() < ADDRESSES_MAX
            && !addresses.contains(&address)
        {
            addresses.push(address);
        }
    }
    addresses.into()
}

/// A slice as the server sends it.
pub(crate) type SeenSlice = Seen<Vec<Endpoint>>;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Endpoint {
    target_ref: Option<Target>,
}

#[derive(Clone, Debug, Deserialize)]
struct Target {
    kind: Option<String>,
    uid: Option<String>,
}

impl Part for Vec<Endpoint> {
    const IS_METADATA_ENOUGH: bool = false;
}

/// The slice, if it has a name.
///
/// One that belongs to no service (whoever likes may make such) is a slice of nothing: it is known by
/// its name, so that one whose label goes away leaves its service.
pub(crate) fn slice(seen: SeenSlice) -> Option<Object> {
    let mut metadata = seen.metadata;
    let labels = metadata.labels.as_mut();
    let service = labels.and_then(|labels| labels.remove(SERVICE_LABEL));
    let endpoints = seen.spec.unwrap_or_default();
    let pods = endpoints
        .into_iter()
        .filter_map(|endpoint| endpoint.target_ref)
        .filter(|target| target.kind.as_deref() == Some("Pod"))
        .filter_map(|target| target.uid);
    Some(Object::EndpointSlice(EndpointSlice {
        name: ObjectName::new(&metadata.namespace?, &metadata.name?),
        pods: match service {
            Some(_) => pods.take(PODS_MAX).map(Into::into).collect(),
            None => Box::default(),
        },
        service: service.unwrap_or_default().into(),
    }))
}
