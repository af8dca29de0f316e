//! `mtls:` and `mesh:` of Saker's own configuration.

use crate::mtls::MtlsMode;
use saker_kube_metadata::{AddressBlock, LinkerdAccess};
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::collections::BTreeMap;

/// What Saker's own configuration says about mutual TLS.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MtlsSettings {
    /// `mtls:`; the first rule that is about a port of a workload decides.
    pub rules: Vec<MtlsRule>,
    /// `mesh:`
    pub mesh: MeshSettings,
}

/// One entry of `mtls:`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MtlsRule {
    /// Namespace of the workloads; all workloads where there is none, also those outside of clusters.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Labels that the pods must have.
    #[serde(default)]
    pub selector: BTreeMap<String, String>,
    /// Ports of the workloads; all where empty.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// What is demanded.
    pub mode: MtlsMode,
}

/// What the meshes' installations say that no object tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MeshSettings {
    /// Istio's root namespace, whose policies hold for the mesh (`meshConfig.rootNamespace`).
    pub istio_root_namespace: String,
    /// Domain of the cluster's services (`global.proxy.clusterDomain`).
    pub cluster_domain: String,
    /// Trust domain of Istio's identities (`meshConfig.trustDomain`).
    pub trust_domain: String,
    /// Others that stand for it in policies (`meshConfig.trustDomainAliases`).
    pub trust_domain_aliases: Vec<String>,
    /// Linkerd's default for the cluster (`proxy.defaultInboundPolicy`).
    #[serde(deserialize_with = "access")]
    pub linkerd_default_inbound_policy: LinkerdAccess,
    /// Namespace of Linkerd's control plane, which stands in its identities.
    pub linkerd_namespace: String,
    /// Trust domain of Linkerd's identities (`identityTrustDomain`).
    pub linkerd_trust_domain: String,
    /// What counts as the cluster's networks for Linkerd (`clusterNetworks`).
    #[serde(deserialize_with = "blocks")]
    pub linkerd_cluster_networks: Vec<String>,
}

/// What Linkerd's installation has for `clusterNetworks` where nobody says otherwise.
const CLUSTER_NETWORKS: [&str; 5] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "fd00::/8",
];

impl MeshSettings {
    /// The identity of a service account in Linkerd's mesh.
    pub(crate) fn linkerd_identity(&self, namespace: &str, account: &str) -> String {
        let Self {
            linkerd_namespace: control_plane,
            linkerd_trust_domain: domain,
            ..
        } = self;
        format!("{account}.{namespace}.serviceaccount.identity.{control_plane}.{domain}")
    }
}

impl Default for MeshSettings {
    fn default() -> Self {
        Self {
            istio_root_namespace: "istio-system".to_owned(),
            cluster_domain: "cluster.local".to_owned(),
            trust_domain: "cluster.local".to_owned(),
            trust_domain_aliases: Vec::new(),
            linkerd_default_inbound_policy: LinkerdAccess::AllUnauthenticated,
            linkerd_namespace: "linkerd".to_owned(),
            linkerd_trust_domain: "cluster.local".to_owned(),
            linkerd_cluster_networks: CLUSTER_NETWORKS.map(str::to_owned).into(),
        }
    }
}

fn access<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LinkerdAccess, D::Error> {
    let text = String::deserialize(deserializer)?;
    LinkerdAccess::parse(&text).ok_or_else(|| {
        D::Error::custom(format!(
            "`{text}` is no default policy of Linkerd; one of all-unauthenticated, \
             cluster-unauthenticated, all-authenticated, cluster-authenticated, deny, audit"
        ))
    })
}

fn blocks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let wrong = texts
        .iter()
        .find(|text| AddressBlock::parse(text).is_none());
    match wrong {
        Some(text) => Err(D::Error::custom(format!(
            "`{text}` is no block of addresses such as 10.0.0.0/8"
        ))),
        None => Ok(texts),
    }
}
