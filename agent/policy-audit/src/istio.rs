//! Istio's `PeerAuthentication`: how workloads may be reached.
//!
//! As Istio composes them (`ComposePeerAuthentication` in its control plane): the policy of the mesh, then the
//! namespace's, then the workload's, each where it is set; of several at one level the oldest, and of equally
//! old ones the first by name. Policies of the root namespace that select workloads say nothing, and ports
//! count in policies only that select workloads.

use crate::mtls::{MtlsIntent, MtlsMode, MtlsReason};
use saker_kube_metadata::{Labels, MeshContent, MeshObject, PeerAuthentication, PeerMode};
use std::collections::HashMap;
use std::sync::Arc;

/// All policies about how workloads may be reached.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PeerAuthentications {
    mesh: Option<Policy>,
    namespaces: HashMap<Arc<str>, OfNamespace>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct OfNamespace {
    whole: Option<Policy>,
    /// The oldest first.
    workloads: Vec<Policy>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Policy {
    id: Arc<str>,
    says: PeerAuthentication,
}

/// Which policies count for a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All: the pod is in the mesh.
    Mesh,
    /// All, though nobody answers for the mesh: the pod should be in it, and is not.
    MissingInMesh,
    /// Those of its namespace: nobody said that the pod belongs to the mesh.
    Namespace,
}

impl PeerAuthentications {
    /// The objects come the oldest first.
    pub(crate) fn new<'a>(
        objects: impl Iterator<Item = &'a MeshObject>,
        root_namespace: &str,
    ) -> Self {
        let mut all = Self::default();
        for object in objects {
            let MeshContent::PeerAuthentication(says) = &object.content else {
                continue;
            };
            let policy = Policy {
                id: object.id(),
                says: says.clone(),
            };
            let is_whole = says.workloads.is_empty();
            if *object.name.namespace == *root_namespace {
                if is_whole {
                    all.mesh.get_or_insert(policy);
                }
                continue;
            }
            let namespace = Arc::clone(&object.name.namespace);
            let of_namespace = all.namespaces.entry(namespace).or_default();
            if is_whole {
                of_namespace.whole.get_or_insert(policy);
            } else {
                of_namespace.workloads.push(policy);
            }
        }
        all
    }

    /// What they demand of a port of a workload; `None` where none of them says anything.
    pub(crate) fn intent(
        &self,
        namespace: &str,
        labels: &Labels,
        port: Option<u16>,
        reach: Reach,
    ) -> Option<MtlsIntent> {
        let of_namespace = self.namespaces.get(namespace);
        let workload = of_namespace.and_then(|of| of.of_workload(labels));
        let levels = [
            self.mesh.as_ref().filter(|_| reach != Reach::Namespace),
            of_namespace.and_then(|of| of.whole.as_ref()),
            workload,
        ];
        let set = levels.into_iter().flatten();
        let mut set = set.filter(|policy| policy.says.mode != PeerMode::Unset);
        let base = set
            .next_back()
            .map(|policy| policy.intent(policy.says.mode));
        let Some(workload) = workload else {
            return base;
        };
        let Some(port) = port else {
            return workload.whatever_port(base, reach);
        };
        match workload.mode_of(port) {
            None | Some(PeerMode::Unset) => base,
            Some(mode) => Some(workload.intent(mode)),
        }
    }
}

impl OfNamespace {
    /// The policy of a workload: the oldest that selects it.
    fn of_workload(&self, labels: &Labels) -> Option<&Policy> {
        self.workloads.iter().find(|policy| {
            let mut required = policy.says.workloads.iter();
            required.all(|(key, value)| labels.get(key) == Some(value))
        })
    }
}

impl Policy {
    fn mode_of(&self, port: u16) -> Option<PeerMode> {
        let found = self.says.ports.iter().find(|(number, _)| *number == port);
        found.map(|(_, mode)| *mode)
    }

    fn intent(&self, mode: PeerMode) -> MtlsIntent {
        let (mode, reason) = match mode {
            PeerMode::Strict => (MtlsMode::Strict, MtlsReason::PeerAuthentication),
            PeerMode::Permissive => (MtlsMode::Permissive, MtlsReason::PeerAuthentication),
            PeerMode::Disable => (MtlsMode::Disable, MtlsReason::PeerAuthentication),
            PeerMode::Unset | PeerMode::NotUnderstood => (MtlsMode::Unset, MtlsReason::NotKnown),
        };
        MtlsIntent {
            mode,
            policy: Some(Arc::clone(&self.id)),
            reason,
        }
    }

    /// What is demanded of a port that is not known: what is demanded of all, if that is the same.
    fn whatever_port(&self, base: Option<MtlsIntent>, reach: Reach) -> Option<MtlsIntent> {
        let mode = match (&base, reach) {
            (Some(base), _) => base.mode,
            // Where no policy is set, Istio's proxy accepts both.
            (None, Reach::Mesh) => MtlsMode::Permissive,
            (None, Reach::MissingInMesh | Reach::Namespace) => MtlsMode::Unset,
        };
        let ports = self.says.ports.iter().map(|(_, mode)| *mode);
        let mut ports = ports.filter(|mode| *mode != PeerMode::Unset);
        if ports.all(|of_port| self.intent(of_port).mode == mode) {
            return base;
        }
        Some(MtlsIntent {
            mode: MtlsMode::Unset,
            policy: Some(Arc::clone(&self.id)),
            reason: MtlsReason::PortNotKnown,
        })
    }
}
