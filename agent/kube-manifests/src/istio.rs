//! Objects of Istio.

use crate::labels::labels_of;
use crate::seen::{Part, Seen, Unchecked};
use saker_kube_metadata::{
    ClientTlsMode, DestinationRule, Export, Labels, MeshContent, MeshObject, Object, ObjectName,
    PeerAuthentication, PeerMode, Subset, TrafficTls,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most ports, subsets or namespaces of one object that are kept.
const PARTS_MAX: usize = 256;

/// A `PeerAuthentication` as the server sends it.
pub(crate) type SeenPeerAuthentication = Seen<Unchecked<PeerAuthenticationSpec>>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PeerAuthenticationSpec {
    selector: Option<WorkloadSelector>,
    mtls: Option<MutualTls>,
    port_level_mtls: Option<BTreeMap<String, MutualTls>>,
}

impl Part for PeerAuthenticationSpec {
    const IS_METADATA_ENOUGH: bool = false;
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WorkloadSelector {
    match_labels: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct MutualTls {
    mode: Option<String>,
}

impl MutualTls {
    fn mode(&self) -> PeerMode {
        match self.mode.as_deref() {
            None | Some("" | "UNSET") => PeerMode::Unset,
            Some("DISABLE") => PeerMode::Disable,
            Some("PERMISSIVE") => PeerMode::Permissive,
            Some("STRICT") => PeerMode::Strict,
            Some(_) => PeerMode::NotUnderstood,
        }
    }
}

/// The policy, if it has a name. An object without a specification is one that says nothing.
pub(crate) fn peer_authentication(seen: SeenPeerAuthentication) -> Option<Object> {
    let spec = match seen.spec {
        Some(spec) => spec.understood()?,
        None => PeerAuthenticationSpec::default(),
    };
    let ports = spec.port_level_mtls.iter().flatten();
    let ports = ports.filter_map(|(port, mtls)| Some((port.parse().ok()?, mtls.mode())));
    let content = PeerAuthentication {
        workloads: match_labels(spec.selector),
        mode: spec.mtls.as_ref().map(MutualTls::mode).unwrap_or_default(),
        ports: ports.take(PARTS_MAX).collect(),
    };
    Some(Object::Mesh(MeshObject {
        name: ObjectName::new(&seen.metadata.namespace?, &seen.metadata.name?),
        created_s: seen
            .metadata
            .creation_timestamp
            .map_or(0, |t| t.0.as_second()),
        content: MeshContent::PeerAuthentication(content),
    }))
}

fn match_labels(selector: Option<WorkloadSelector>) -> Arc<Labels> {
    labels_of(selector.and_then(|selector| selector.match_labels))
}

/// A `DestinationRule` as the server sends it.
pub(crate) type SeenDestinationRule = Seen<Unchecked<DestinationRuleSpec>>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct DestinationRuleSpec {
    host: String,
    traffic_policy: Option<TrafficPolicy>,
    subsets: Option<Vec<SubsetSpec>>,
    export_to: Option<Vec<String>>,
    workload_selector: Option<WorkloadSelector>,
}

impl Part for DestinationRuleSpec {
    const IS_METADATA_ENOUGH: bool = false;
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TrafficPolicy {
    tls: Option<ClientTls>,
    port_level_settings: Option<Vec<PortSettings>>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct PortSettings {
    port: Option<PortSelector>,
    tls: Option<ClientTls>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct PortSelector {
    number: u32,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct ClientTls {
    mode: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SubsetSpec {
    name: String,
    labels: Option<BTreeMap<String, String>>,
    traffic_policy: Option<TrafficPolicy>,
}

/// The rule, if it has a name.
pub(crate) fn destination_rule(seen: SeenDestinationRule) -> Option<Object> {
    let spec = match seen.spec {
        Some(spec) => spec.understood()?,
        None => DestinationRuleSpec::default(),
    };
    let export = match spec.export_to.unwrap_or_default() {
        all if all.is_empty() || all.iter().any(|name| name == "*") => Export::All,
        some => Export::Namespaces(some.into_iter().take(PARTS_MAX).map(Arc::from).collect()),
    };
    let subsets = spec.subsets.into_iter().flatten().take(PARTS_MAX);
    let subsets = subsets.map(|subset| Subset {
        name: subset.name.into(),
        workloads: labels_of(subset.labels),
        tls: traffic_tls(subset.traffic_policy),
    });
    let content = DestinationRule {
        host: spec.host.into(),
        clients: match_labels(spec.workload_selector),
        export,
        tls: traffic_tls(spec.traffic_policy),
        subsets: subsets.collect(),
    };
    Some(Object::Mesh(MeshObject {
        name: ObjectName::new(&seen.metadata.namespace?, &seen.metadata.name?),
        created_s: seen
            .metadata
            .creation_timestamp
            .map_or(0, |t| t.0.as_second()),
        content: MeshContent::DestinationRule(content),
    }))
}

fn traffic_tls(policy: Option<TrafficPolicy>) -> TrafficTls {
    let policy = policy.unwrap_or_default();
    let ports = policy.port_level_settings.into_iter().flatten();
    let ports = ports.filter_map(|settings| {
        let number = u16::try_from(settings.port?.number).ok()?;
        Some((number, settings.tls.as_ref().map(ClientTls::mode)))
    });
    TrafficTls {
        mode: policy.tls.as_ref().map(ClientTls::mode),
        ports: ports.take(PARTS_MAX).collect(),
    }
}

impl ClientTls {
    fn mode(&self) -> ClientTlsMode {
        match self.mode.as_deref() {
            None | Some("" | "DISABLE") => ClientTlsMode::Disable,
            Some("SIMPLE") => ClientTlsMode::Simple,
            Some("MUTUAL") => ClientTlsMode::Mutual,
            Some("ISTIO_MUTUAL") => ClientTlsMode::IstioMutual,
            Some(_) => ClientTlsMode::NotUnderstood,
        }
    }
}
