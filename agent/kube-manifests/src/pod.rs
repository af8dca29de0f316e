//! Pods.

use crate::labels::labels_of;
use crate::owner::owner_of;
use crate::pod_security::{OsSpec, SecurityContext, VolumeSpec, is_of_security, pod_security};
use crate::pod_settings::{ContainerSpec, ContainerStatus, settings, unready};
use crate::seen::{MIRROR_ANNOTATION, Part, Seen};
use saker_kube_metadata::{Labels, Object, ObjectName, Pod, PodNetwork, PodPhase, PodSettings};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Most addresses of a pod that are kept: one of each family, and some for who has several networks.
const ADDRESSES_MAX: usize = 8;

/// A pod as the server sends it.
pub(crate) type SeenPod = Seen<PodSpec, PodStatus>;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PodSpec {
    node_name: Option<String>,
    service_account_name: Option<String>,
    pub(crate) host_network: Option<bool>,
    #[serde(rename = "hostPID")]
    pub(crate) host_pid: Option<bool>,
    #[serde(rename = "hostIPC")]
    pub(crate) host_ipc: Option<bool>,
    pub(crate) host_users: Option<bool>,
    pub(crate) os: Option<OsSpec>,
    pub(crate) security_context: Option<SecurityContext>,
    pub(crate) volumes: Option<Vec<VolumeSpec>>,
    pub(crate) containers: Option<Vec<ContainerSpec>>,
    pub(crate) init_containers: Option<Vec<ContainerSpec>>,
    pub(crate) ephemeral_containers: Option<Vec<ContainerSpec>>,
}

impl Part for PodSpec {
    const IS_METADATA_ENOUGH: bool = false;
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PodStatus {
    phase: Option<String>,
    #[serde(rename = "podIP")]
    pod_ip: Option<String>,
    #[serde(rename = "podIPs")]
    pod_ips: Option<Vec<PodAddress>>,
    container_statuses: Option<Vec<ContainerStatus>>,
    init_container_statuses: Option<Vec<ContainerStatus>>,
}

#[derive(Clone, Debug, Deserialize)]
struct PodAddress {
    ip: Option<String>,
}

/// The pod, if it has a name and a uid.
pub(crate) fn pod(seen: SeenPod) -> Option<Object> {
    let mut metadata = seen.metadata;
    let annotations = metadata.annotations.as_mut();
    let node_uid = annotations.and_then(|all| all.remove(MIRROR_ANNOTATION));
    let spec = seen.spec?;
    let status = seen.status.as_ref();
    let (of_security, annotations): (BTreeMap<_, _>, BTreeMap<_, _>) = metadata
        .annotations
        .unwrap_or_default()
        .into_iter()
        .partition(|(key, _)| is_of_security(key));
    let security = pod_security(&spec, Labels::from_iter(of_security));
    let annotations = Labels::from_iter(annotations);
    let settings = settings(annotations, spec.init_containers, spec.containers);
    Some(Object::Pod(Pod {
        name: ObjectName::new(&metadata.namespace?, &metadata.name?),
        uid: metadata.uid?.into(),
        node_uid: node_uid.map(Arc::from),
        labels: labels_of(metadata.labels),
        addresses: status.map(addresses).unwrap_or_default(),
        node: text(spec.node_name),
        service_account: text(spec.service_account_name),
        network: match spec.host_network {
            Some(true) => PodNetwork::Host,
            _ => PodNetwork::Own,
        },
        phase: match status.and_then(|status| status.phase.as_deref()) {
            Some("Succeeded" | "Failed") => PodPhase::Finished,
            _ => PodPhase::Active,
        },
        created_s: metadata.creation_timestamp.map_or(0, |t| t.0.as_second()),
        owner: owner_of(metadata.owner_references),
        unready: status
            .map(|status| unready_of(&settings, status))
            .unwrap_or_default(),
        settings: settings.into(),
        security: security.into(),
    }))
}

fn unready_of(settings: &PodSettings, status: &PodStatus) -> Box<[Arc<str>]> {
    let init = status.init_container_statuses.as_deref();
    unready(settings, init, status.container_statuses.as_deref())
}

/// A text that is there and not empty.
fn text(text: Option<String>) -> Option<Arc<str>> {
    text.filter(|text| !text.is_empty()).map(Arc::from)
}

fn addresses(status: &PodStatus) -> Box<[IpAddr]> {
    let listed = status.pod_ips.iter().flatten();
    let listed = listed.filter_map(|address| address.ip.as_deref());
    let mut addresses: Vec<IpAddr> = Vec::new();
    for address in status.pod_ip.as_deref().into_iter().chain(listed) {
        if let Ok(address) = address.parse()
            && addresses.len() < ADDRESSES_MAX
            && !addresses.contains(&address)
        {
            addresses.push(address);
        }
    }
    addresses.into()
}
