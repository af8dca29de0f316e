//! What is known of containers and pods beside the events.

mod fact;
mod lookups;
mod needs;

pub(crate) use fact::Fact;
pub(crate) use lookups::{FlowLookups, Lookups, Peer};
pub use needs::Needs;

use crate::rego::RegoHandle;
use saker_container_metadata::{Containers, Reason};
use saker_kube_metadata::Cluster;
use saker_policy_audit::{MeshHandle, NetworkPolicyHandle};

/// Who is asked about containers and pods.
#[derive(Clone)]
pub struct Facts {
    /// Containers of this host.
    pub containers: Containers,
    /// The cluster that this host belongs to.
    pub cluster: Cluster,
    /// What the policies of meshes demand.
    pub mesh: MeshHandle,
    /// What policies in Rego say.
    pub rego: RegoHandle,
    /// What network policies say.
    pub network_policies: NetworkPolicyHandle,
}

impl Facts {
    /// Nothing is known, and nothing is awaited.
    #[must_use]
    pub fn none() -> Self {
        Self {
            containers: Containers::without_runtime(),
            cluster: Cluster::unknown(),
            mesh: MeshHandle::none(),
            rego: RegoHandle::none(),
            network_policies: NetworkPolicyHandle::none(),
        }
    }
}

/// Whether fields whose value is being looked up are waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patience {
    /// They are [`Pending`](crate::FieldValue::Pending).
    #[default]
    MayWait,
    /// They are what is known now, or missing.
    Ended,
}

/// How much of what fields were asked for was known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Enrichment {
    /// Everything.
    #[default]
    Complete,
    /// Something is missing.
    Partial(Reason),
}
