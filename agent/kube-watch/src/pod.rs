//! Pods.

use crate::owner::owner_of;
use crate::seen::{MIRROR_ANNOTATION, Part, Seen};
use saker_kube_metadata::{Labels, Object, ObjectName, Pod, PodNetwork, PodPhase};
use serde::Deserialize;
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
    host_network: Option<bool>,
}

impl Part for PodSpec {
    const IS_METADATA_ENOUGH: bool = false;
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PodStatus {
    phase: Option<String>,
    #[serde(rename = "podIP")]
    pod_ip: Option<String>,
    #[serde(rename = "podIPs")]
    pod_ips: Option<Vec<PodAddress>>,
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
    Some(Object::Pod(Pod {
        name: ObjectName::new(&metadata.namespace?, &metadata.name?),
        uid: metadata.uid?.into(),
        node_uid: node_uid.map(Arc::from),
        labels: Labels::from_iter(metadata.labels.unwrap_or_default()).into(),
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
        settings: Arc::default(),
        unready: Box::default(),
    }))
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
