//! The cluster, shared by the watches that fill it in and the fields that read it.

mod backends;
mod filling;
mod listing;

pub use listing::Listing;

pub use backends::BACKENDS_MAX;

use crate::addresses::Holder;
use crate::answer::Answer;
use crate::asked::Asked;
use crate::kind::Kind;
use crate::members::Past;
use crate::mesh_objects::MeshObject;
use crate::network_policy::NetworkPolicy;
use crate::objects::{
    Namespace, Node, ObjectName, OwnerReference, Pod, PodPhase, Service, Workload, WorkloadKind,
};
use crate::pod_events::{Audience, PodEvent};
use crate::scope::Scope;
use crate::state::State;
use crate::stats::Stats;
use crate::table::Watch;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Acquire, Ordering::Relaxed};
use std::sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

/// Longest chain of owners that is followed. The longest of Kubernetes' own has two.
const OWNERS_MAX: usize = 4;

/// Bounds of what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most objects of each kind. When there are more, those that are gone are forgotten; when that
    /// does not help, the new one is refused.
    pub objects_max: usize,
    /// How long an object, and the address of a pod, stay known after they are gone.
    pub kept: Duration,
    /// How long an object is awaited after somebody first asked for it.
    pub wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // The largest clusters that Kubernetes supports have 150,000 pods.
            objects_max: 200_000,
            kept: Duration::from_secs(600),
            wait: Duration::from_millis(500),
        }
    }
}

/// What an address belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A pod.
    Pod(Arc<Pod>),
    /// A service.
    Service(Arc<Service>),
    /// A node, or a pod that shares its network: the name of the node.
    Node(Arc<str>),
    /// Nothing that the cluster knows.
    External,
}

/// A handle to what is known of the cluster; its copies share it.
#[derive(Clone)]
pub struct Cluster {
    shared: Arc<Shared>,
}

struct Shared {
    limits: Limits,
    own_node: OnceLock<Box<str>>,
    state: RwLock<State>,
    /// Uids that were asked for, of pods and of owners.
    asked_uids: Asked,
    asked_namespaces: Asked,
    generation: AtomicU64,
    mesh_generation: AtomicU64,
    /// Whether somebody takes what happens to pods.
    reports_pods: AtomicBool,
    network_policy_generation: AtomicU64,
    /// Whether anybody was told to wait since the last wake-up.
    is_awaited: AtomicBool,
    on_change: Box<dyn Fn() + Send + Sync>,
}

impl Default for Cluster {
    fn default() -> Self {
        Self::unknown()
    }
}

impl Cluster {
    /// Nothing is known, and nothing is awaited.
    #[must_use]
    pub fn unknown() -> Self {
        Self::new(Limits::default(), Box::new(|| {}))
    }

    /// A cluster that watches fill in. `on_change` is called by them when something became known while
    /// somebody waits, so that who waits can be woken.
    #[must_use]
    pub fn new(limits: Limits, on_change: Box<dyn Fn() + Send + Sync>) -> Self {
        let shared = Shared {
            limits,
            own_node: OnceLock::new(),
            state: RwLock::new(State::new(&limits)),
            asked_uids: Asked::new(limits.wait),
            asked_namespaces: Asked::new(limits.wait),
            generation: AtomicU64::new(0),
            mesh_generation: AtomicU64::new(0),
            reports_pods: AtomicBool::new(false),
            network_policy_generation: AtomicU64::new(0),
            is_awaited: AtomicBool::new(false),
            on_change,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// The pod with this uid, or whose cgroups have it in their names.
    #[must_use]
    pub fn pod(&self, uid: &str) -> Answer<Arc<Pod>> {
        let state = self.read();
        let by_node_uid = || state.pods.get(state.node_uids.get(uid)?);
        match state.pods.get(uid).or_else(by_node_uid) {
            Some(pod) => Answer::Known(Arc::clone(pod)),
            None => self.missing(&state, Kind::Pods, &self.shared.asked_uids, uid),
        }
    }

    /// The namespace with this name.
    #[must_use]
    pub fn namespace(&self, name: &str) -> Answer<Arc<Namespace>> {
        let state = self.read();
        match state.namespaces.get(name) {
            Some(namespace) => Answer::Known(Arc::clone(namespace)),
            None => {
                let asked = &self.shared.asked_namespaces;
                self.missing(&state, Kind::Namespaces, asked, name)
            }
        }
    }

    /// The services that lead to a pod, in the order of their names; those that led to it until it
    /// ended, if it did.
    #[must_use]
    pub fn services_of(&self, pod: &Pod) -> Answer<Vec<Arc<Service>>> {
        let state = self.read();
        let kinds = [Kind::Services, Kind::EndpointSlices];
        if let Some(answer) = self.not_synced(&state, &kinds) {
            return answer;
        }
        let is_over = pod.phase == PodPhase::Finished || state.pods.is_ended(&*pod.uid);
        let past = if is_over { Past::Counts } else { Past::IsOver };
        let mut services: Vec<Arc<Service>> = state
            .members
            .of(&pod.uid, past)
            .filter_map(|slice| state.services.get(&slice.service_name()))
            .map(Arc::clone)
            .collect();
        services.sort_by(|one, other| one.name.cmp(&other.name));
        services.dedup_by(|one, other| one.name == other.name);
        Answer::Known(services)
    }

    /// The nearest owner of a pod that is of a kind; `None` where the pod has no such owner.
    #[must_use]
    pub fn owner(&self, pod: &Pod, kind: WorkloadKind) -> Answer<Option<Workload>> {
        let state = self.read();
        let mut next = pod.owner.clone();
        for _ in 0..OWNERS_MAX {
            let Some(reference) = next else { break };
            if reference.kind == kind {
                return Answer::Known(Some(self.workload(&state, reference)));
            }
            next = match self.owner_behind(&state, &reference) {
                Answer::Known(owner) => owner,
                Answer::Awaited => return Answer::Awaited,
                Answer::Unknown => return Answer::Unknown,
            };
        }
        Answer::Known(None)
    }

    /// The last owner in the chain of a pod's owners: what somebody wrote down to have the pod; `None`
    /// where the pod itself is that.
    #[must_use]
    pub fn last_owner(&self, pod: &Pod) -> Answer<Option<Arc<OwnerReference>>> {
        let state = self.read();
        let Some(mut last) = pod.owner.clone() else {
            return Answer::Known(None);
        };
        for _ in 0..OWNERS_MAX {
            match self.owner_behind(&state, &last) {
                Answer::Known(Some(owner)) => last = owner,
                Answer::Known(None) => break,
                Answer::Awaited => return Answer::Awaited,
                Answer::Unknown => return Answer::Unknown,
            }
        }
        Answer::Known(Some(last))
    }

    /// The owners of a pod that are known now, nearest first.
    #[must_use]
    pub fn owners(&self, pod: &Pod) -> Vec<Workload> {
        let state = self.read();
        let mut owners = Vec::new();
        let mut next = pod.owner.clone();
        while let Some(reference) = next
            && owners.len() < OWNERS_MAX
        {
            next = self.owner_behind(&state, &reference).known().flatten();
            owners.push(self.workload(&state, reference));
        }
        owners
    }

    /// What an address belongs to. Those that have a meaning on one host only (loopback, none) belong
    /// to nothing that can be said here.
    #[must_use]
    pub fn endpoint(&self, address: IpAddr) -> Answer<Endpoint> {
        let address = address.to_canonical();
        if address.is_loopback() || address.is_unspecified() {
            return Answer::Unknown;
        }
        let state = self.read();
        let found = state.addresses.holder(address).and_then(|held| match held {
            Holder::Pod(uid) => state.pods.get(uid).cloned().map(Endpoint::Pod),
            Holder::Service(name) => state.services.get(name).cloned().map(Endpoint::Service),
            Holder::Node(name) => Some(Endpoint::Node(Arc::clone(name))),
        });
        if let Some(endpoint) = found {
            return Answer::Known(endpoint);
        }
        let whole = Scope::CLUSTER_PODS.with(Scope::SERVICES).with(Scope::NODES);
        let kinds = [Kind::Pods, Kind::Services, Kind::Nodes];
        match self.not_synced(&state, &kinds) {
            Some(answer) => answer,
            None if state.scope.contains(whole) => Answer::Known(Endpoint::External),
            None => Answer::Unknown,
        }
    }

    /// The service with this namespace and name.
    #[must_use]
    pub fn service(&self, (namespace, name): (&str, &str)) -> Option<Arc<Service>> {
        let name = ObjectName::new(namespace, name);
        self.read().services.get(&name).cloned()
    }

    /// Name of the node that this agent runs on, if who watches knows it.
    #[must_use]
    pub fn own_node(&self) -> Option<&str> {
        self.shared.own_node.get().map(|name| &**name)
    }

    /// The node with this name.
    #[must_use]
    pub fn node(&self, name: &str) -> Option<Arc<Node>> {
        self.read().nodes.get(name).cloned()
    }

    /// The pods that are there, those that are gone left out.
    #[must_use]
    pub fn present_pods(&self) -> Vec<Arc<Pod>> {
        let state = self.read();
        let pods = state.pods.present();
        pods.filter(|pod| pod.phase == PodPhase::Active)
            .cloned()
            .collect()
    }

    /// From now on what happens to the pods of this node is kept for
    /// [`take_pod_events`](Self::take_pod_events), beginning with those that are there.
    pub fn report_pods(&self) {
        self.shared.reports_pods.store(true, Relaxed);
        self.write().report_pods(Audience::Somebody);
    }

    /// Nobody takes what happens to pods any more.
    pub fn ignore_pods(&self) {
        self.shared.reports_pods.store(false, Relaxed);
        self.write().report_pods(Audience::Nobody);
    }

    /// What happened to the pods of this node, the oldest first: at most `max`, the others the next time.
    /// It is noticed now, nanoseconds since the epoch. Nothing unless they are
    /// [reported](Self::report_pods); until their namespaces are known they wait.
    #[must_use]
    pub fn take_pod_events(&self, max: usize, now_wall_ns: u64) -> Vec<PodEvent> {
        if !self.shared.reports_pods.load(Relaxed) || !self.read().has_pod_events() {
            return Vec::new();
        }
        self.write().take_pod_events(max, now_wall_ns)
    }

    /// The network policies of a namespace.
    #[must_use]
    pub fn network_policies(&self, namespace: &str) -> Vec<Arc<NetworkPolicy>> {
        let state = self.read();
        let policies = state.policies.present();
        policies
            .filter(|policy| &*policy.name.namespace == namespace)
            .cloned()
            .collect()
    }

    /// The network policies of all namespaces.
    #[must_use]
    pub fn all_network_policies(&self) -> Answer<Vec<Arc<NetworkPolicy>>> {
        let state = self.read();
        if let Some(answer) = self.not_synced(&state, &[Kind::NetworkPolicies]) {
            return answer;
        }
        Answer::Known(state.policies.present().cloned().collect())
    }

    /// Changes with every change of what [`all_network_policies`](Self::all_network_policies) answers.
    #[must_use]
    pub fn network_policy_generation(&self) -> u64 {
        self.shared.network_policy_generation.load(Acquire)
    }

    /// All objects of these kinds, which belong to meshes.
    #[must_use]
    pub fn mesh_objects(&self, kinds: &[Kind]) -> Answer<Vec<Arc<MeshObject>>> {
        let state = self.read();
        if let Some(answer) = self.not_synced(&state, kinds) {
            return answer;
        }
        let tables = kinds.iter().filter_map(|kind| state.mesh.get(kind));
        Answer::Known(tables.flat_map(|table| table.present().cloned()).collect())
    }

    /// Changes with every change of what [`mesh_objects`](Self::mesh_objects) answers.
    #[must_use]
    pub fn mesh_generation(&self) -> u64 {
        self.shared.mesh_generation.load(Acquire)
    }

    /// Whether all objects that are watched were listed once, as far as they can be had.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        let state = self.read();
        let mut watches = Kind::ALL.into_iter().map(|kind| state.watch(kind));
        !watches.any(|watch| watch == Watch::Syncing)
    }

    /// Grows with every change that may answer what was awaited.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.shared.generation.load(Relaxed)
    }

    /// What was counted.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::of(&self.read())
    }

    fn workload(&self, state: &State, reference: Arc<OwnerReference>) -> Workload {
        let labels = match reference.kind.watched_as() {
            None => Answer::Unknown,
            Some(kind) => {
                let known = state.owners.get(&kind).and_then(|t| t.get(&*reference.uid));
                match known {
                    Some(owner) => Answer::Known(Arc::clone(&owner.labels)),
                    None => self.missing(state, kind, &self.shared.asked_uids, &reference.uid),
                }
            }
        };
        Workload { reference, labels }
    }

    /// What the owner of something is owned by itself. Kinds that nobody watches count as owned by
    /// nothing.
    fn owner_behind(
        &self,
        state: &State,
        reference: &OwnerReference,
    ) -> Answer<Option<Arc<OwnerReference>>> {
        let Some(kind) = reference.kind.watched_as() else {
            return Answer::Known(None);
        };
        let known = state.owners.get(&kind).and_then(|t| t.get(&*reference.uid));
        match known {
            Some(owner) => Answer::Known(owner.owner.clone()),
            None => self.missing(state, kind, &self.shared.asked_uids, &reference.uid),
        }
    }

    /// The answer about an object that is not there.
    fn missing<T>(&self, state: &State, kind: Kind, asked: &Asked, name: &str) -> Answer<T> {
        let is_awaited = match state.watch(kind) {
            Watch::Off | Watch::Failing => false,
            Watch::Syncing => true,
            Watch::Synced => asked.may_come(name),
        };
        if !is_awaited {
            return Answer::Unknown;
        }
        self.shared.is_awaited.store(true, Relaxed);
        Answer::Awaited
    }

    /// The answer that takes all objects of some kinds, if they are not all known.
    fn not_synced<T>(&self, state: &State, kinds: &[Kind]) -> Option<Answer<T>> {
        let watches = || kinds.iter().map(|kind| state.watch(*kind));
        if watches().all(|watch| watch == Watch::Synced) {
            return None;
        }
        if watches().any(|watch| matches!(watch, Watch::Off | Watch::Failing)) {
            return Some(Answer::Unknown);
        }
        self.shared.is_awaited.store(true, Relaxed);
        Some(Answer::Awaited)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        let state = self.shared.state.read();
        state.unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        let state = self.shared.state.write();
        state.unwrap_or_else(PoisonError::into_inner)
    }
}
