//! `mtls:` and `mesh:` of Saker's own configuration.

use crate::mtls::MtlsMode;
use saker_kube_metadata::LinkerdAccess;
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
    /// Linkerd's default for the cluster (`proxy.defaultInboundPolicy`).
    #[serde(deserialize_with = "access")]
    pub linkerd_default_inbound_policy: LinkerdAccess,
}

impl Default for MeshSettings {
    fn default() -> Self {
        Self {
            istio_root_namespace: "istio-system".to_owned(),
            cluster_domain: "cluster.local".to_owned(),
            linkerd_default_inbound_policy: LinkerdAccess::AllUnauthenticated,
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
