//! Everything that is known, and how it changes.

use crate::addresses::Addresses;
use crate::cluster::Limits;
use crate::kind::Kind;
use crate::members::Members;
use crate::mesh_objects::MeshObject;
use crate::network_policy::NetworkPolicy;
use crate::objects::{EndpointSlice, Namespace, Node, Object, ObjectName, Owner, Pod, Service};
use crate::pod_events::PodNews;
use crate::pools::Pools;
use crate::scope::Scope;
use crate::table::{AnyTable, Learned, Table, Watch};
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;
use std::time::Instant;

/// Everything that is known.
pub(crate) struct State {
    pub(crate) scope: Scope,
    pub(crate) pods: Table<Arc<str>, Pod>,
    pub(crate) namespaces: Table<Arc<str>, Namespace>,
    pub(crate) services: Table<ObjectName, Service>,
    pub(crate) slices: Table<ObjectName, EndpointSlice>,
    pub(crate) owners: HashMap<Kind, Table<Arc<str>, Owner>>,
    pub(crate) nodes: Table<Arc<str>, Node>,
    pub(crate) policies: Table<ObjectName, NetworkPolicy>,
    pub(crate) mesh: HashMap<Kind, Table<ObjectName, MeshObject>>,
    /// Uid by which a node knows a pod -> its uid, where they differ.
    pub(crate) node_uids: HashMap<Arc<str>, Arc<str>>,
    pub(crate) addresses: Addresses,
    pub(crate) members: Members,
    pub(crate) pools: Pools,
    pub(crate) news: PodNews,
}

/// Whether anything became known that was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Something did.
    Some,
    /// Nothing did.
    None,
}

impl State {
    pub(crate) fn new(limits: &Limits) -> Self {
        let max = limits.objects_max;
        let mesh = Kind::ALL.into_iter().filter(|kind| kind.is_mesh());
        let owners = Kind::ALL.into_iter().filter(|kind| kind.is_owner());
        Self {
            scope: Scope::NOTHING,
            pods: Table::new(max),
            namespaces: Table::new(max),
            services: Table::new(max),
            slices: Table::new(max),
            owners: owners.map(|kind| (kind, Table::new(max))).collect(),
            nodes: Table::new(max),
            policies: Table::new(max),
            mesh: mesh.map(|kind| (kind, Table::new(max))).collect(),
            node_uids: HashMap::new(),
            addresses: Addresses::new(),
            members: Members::new(),
            pools: Pools::new(),
            news: PodNews::new(),
        }
    }

    pub(crate) fn table(&self, kind: Kind) -> Option<&dyn AnyTable> {
        Some(match kind {
            Kind::Pods => &self.pods,
            Kind::Namespaces => &self.namespaces,
            Kind::Services => &self.services,
            Kind::EndpointSlices => &self.slices,
            Kind::Nodes => &self.nodes,
            Kind::NetworkPolicies => &self.policies,
            mesh if mesh.is_mesh() => self.mesh.get(&mesh)?,
            owner => self.owners.get(&owner)?,
        })
    }

    pub(crate) fn table_mut(&mut self, kind: Kind) -> Option<&mut dyn AnyTable> {
        Some(match kind {
            Kind::Pods => &mut self.pods,
            Kind::Namespaces => &mut self.namespaces,
            Kind::Services => &mut self.services,
            Kind::EndpointSlices => &mut self.slices,
            Kind::Nodes => &mut self.nodes,
            Kind::NetworkPolicies => &mut self.policies,
            mesh if mesh.is_mesh() => self.mesh.get_mut(&mesh)?,
            owner => self.owners.get_mut(&owner)?,
        })
    }

    pub(crate) fn watch(&self, kind: Kind) -> Watch {
        self.table(kind).map_or(Watch::Off, AnyTable::watch)
    }

    /// From now on these objects are watched, and no others.
    pub(crate) fn set_scope(&mut self, scope: Scope) {
        let old = std::mem::replace(&mut self.scope, scope);
        let pods_of_more_nodes =
            scope.contains(Scope::CLUSTER_PODS) && !old.contains(Scope::CLUSTER_PODS);
        for kind in Kind::ALL {
            let is_new = !kind.is_in(old) || (kind == Kind::Pods && pods_of_more_nodes);
            if !kind.is_in(scope) {
                self.clear(kind);
            } else if is_new && let Some(table) = self.table_mut(kind) {
                table.set_watch(Watch::Syncing);
            }
        }
    }

    fn clear(&mut self, kind: Kind) {
        match kind {
            Kind::Pods => {
                self.addresses.clear_pods(self.pods.known());
                self.node_uids = HashMap::new();
                self.news.clear();
            }
            Kind::Nodes => {
                for node in self.nodes.known() {
                    self.addresses.forget_node(node);
                }
            }
            Kind::Services => self.addresses.clear_services(),
            Kind::EndpointSlices => self.members.clear(),
            _ => {}
        }
        if let Some(table) = self.table_mut(kind) {
            table.clear();
        }
    }

    pub(crate) fn learn(&mut self, mut object: Object, now: Instant) -> Change {
        self.pools.share(&mut object);
        match object {
            Object::Pod(pod) => self.learn_pod(pod, now),
            Object::Namespace(namespace) => {
                self.namespaces.make_room(&*namespace.name);
                let name = Arc::clone(&namespace.name);
                let learned = self.namespaces.learn(name, namespace);
                if let Some((old, new)) = learned.states() {
                    self.namespace_learned(old.map(|old| &**old), new);
                }
                learned.change()
            }
            Object::Service(service) => self.learn_service(service),
            Object::EndpointSlice(slice) => self.learn_slice(slice, now),
            Object::Owner(owner) => {
                let kind = owner.kind.watched_as();
                let Some(table) = kind.and_then(|kind| self.owners.get_mut(&kind)) else {
                    return Change::None;
                };
                table.make_room(&*owner.uid);
                table.learn(Arc::clone(&owner.uid), owner).change()
            }
            Object::Node(node) => self.learn_node(node),
            Object::NetworkPolicy(policy) => {
                self.policies.make_room(&policy.name);
                self.policies.learn(policy.name.clone(), policy).change()
            }
            Object::Mesh(object) => {
                let Some(table) = self.mesh.get_mut(&object.content.kind()) else {
                    return Change::None;
                };
                table.make_room(&object.name);
                table.learn(object.name.clone(), object).change()
            }
        }
    }

    fn learn_pod(&mut self, pod: Pod, now: Instant) -> Change {
        let forgotten = self.pods.make_room(&*pod.uid);
        self.pods_forgotten(&forgotten);
        let learned = self.pods.learn(Arc::clone(&pod.uid), pod);
        if let Some((old, new)) = learned.states() {
            self.addresses.pod_learned(old.map(|old| &**old), new, now);
            // Whoever may make a pod may write such a uid into it: it takes nobody else's.
            if let Some(node_uid) = &new.node_uid {
                let held = self.node_uids.get(node_uid);
                let is_free =
                    held.is_none_or(|uid| self.pods.get(uid).is_none() || self.pods.is_ended(uid));
                if is_free {
                    let node_uid = Arc::clone(node_uid);
                    self.node_uids.insert(node_uid, Arc::clone(&new.uid));
                }
            }
            self.pod_learned(old.map(|old| &**old), new);
        }
        learned.change()
    }

    fn pods_forgotten(&mut self, pods: &[Arc<Pod>]) {
        for pod in pods {
            self.addresses.forget_pod(pod);
            self.news.forget(&pod.uid);
            if let Some(node_uid) = &pod.node_uid
                && self.node_uids.get(node_uid) == Some(&pod.uid)
            {
                self.node_uids.remove(node_uid);
            }
        }
    }

    fn learn_service(&mut self, service: Service) -> Change {
        for forgotten in self.services.make_room(&service.name) {
            self.addresses.forget_service(&forgotten);
        }
        let learned = self.services.learn(service.name.clone(), service);
        if let Some((old, new)) = learned.states() {
            self.addresses.service_learned(old.map(|old| &**old), new);
        }
        learned.change()
    }

    fn learn_slice(&mut self, slice: EndpointSlice, now: Instant) -> Change {
        for forgotten in self.slices.make_room(&slice.name) {
            self.members.left(&forgotten, now);
        }
        let learned = self.slices.learn(slice.name.clone(), slice);
        if let Some((old, new)) = learned.states() {
            self.members.learned(old, new, now);
        }
        learned.change()
    }

    fn learn_node(&mut self, node: Node) -> Change {
        for forgotten in self.nodes.make_room(&*node.name) {
            self.addresses.forget_node(&forgotten);
        }
        let learned = self.nodes.learn(Arc::clone(&node.name), node);
        if let Some((old, new)) = learned.states() {
            self.addresses.node_learned(old.map(|old| &**old), new);
        }
        learned.change()
    }

    pub(crate) fn end(&mut self, object: &Object, now: Instant) {
        match object {
            Object::Pod(pod) => {
                if let Some(pod) = self.pods.end(&*pod.uid, now) {
                    self.addresses.release_pod(&pod, now);
                    self.news.forget(&pod.uid);
                }
            }
            Object::Namespace(namespace) => drop(self.namespaces.end(&*namespace.name, now)),
            Object::Service(service) => drop(self.services.end(&service.name, now)),
            Object::EndpointSlice(slice) => {
                if let Some(slice) = self.slices.end(&slice.name, now) {
                    self.members.left(&slice, now);
                }
            }
            Object::Owner(owner) => {
                let kind = owner.kind.watched_as();
                if let Some(table) = kind.and_then(|kind| self.owners.get_mut(&kind)) {
                    table.end(&*owner.uid, now);
                }
            }
            Object::Node(node) => drop(self.nodes.end(&*node.name, now)),
            Object::NetworkPolicy(policy) => drop(self.policies.end(&policy.name, now)),
            Object::Mesh(object) => {
                if let Some(table) = self.mesh.get_mut(&object.content.kind()) {
                    table.end(&object.name, now);
                }
            }
        }
    }

    /// Everything of a kind was listed: what was not is gone.
    pub(crate) fn end_list(&mut self, kind: Kind, now: Instant) {
        match kind {
            Kind::Pods => {
                for pod in self.pods.end_list(now) {
                    self.addresses.release_pod(&pod, now);
                    self.news.forget(&pod.uid);
                }
            }
            Kind::EndpointSlices => {
                for slice in self.slices.end_list(now) {
                    self.members.left(&slice, now);
                }
            }
            Kind::Namespaces => {
                self.namespaces.end_list(now);
                self.namespaces_settled();
            }
            Kind::Services => drop(self.services.end_list(now)),
            Kind::Nodes => drop(self.nodes.end_list(now)),
            Kind::NetworkPolicies => drop(self.policies.end_list(now)),
            mesh if mesh.is_mesh() => {
                if let Some(table) = self.mesh.get_mut(&mesh) {
                    table.end_list(now);
                }
            }
            owner => {
                if let Some(table) = self.owners.get_mut(&owner) {
                    table.end_list(now);
                }
            }
        }
    }

    /// Forgets what is gone since a time that `is_over` accepts.
    pub(crate) fn forget(&mut self, is_over: impl Fn(Instant) -> bool + Copy) {
        let pods = self.pods.forget(is_over);
        self.pods_forgotten(&pods);
        // What only they held is to be swept below.
        drop(pods);
        for service in self.services.forget(is_over) {
            self.addresses.forget_service(&service);
        }
        for node in self.nodes.forget(is_over) {
            self.addresses.forget_node(&node);
        }
        self.namespaces.forget(is_over);
        self.slices.forget(is_over);
        self.policies.forget(is_over);
        for table in self.owners.values_mut() {
            table.forget(is_over);
        }
        for table in self.mesh.values_mut() {
            table.forget(is_over);
        }
        self.addresses.forget_released(is_over);
        self.members.forget_left(is_over);
        self.pools.sweep();
    }
}

impl<V> Learned<V> {
    /// What was known before, and what is known now, if that changed.
    fn states(&self) -> Option<(Option<&Arc<V>>, &Arc<V>)> {
        match self {
            Self::New(new) => Some((None, new)),
            Self::Changed { old, new } => Some((Some(old), new)),
            Self::Same | Self::Refused => None,
        }
    }

    fn change(&self) -> Change {
        match self {
            Self::New(_) | Self::Changed { .. } => Change::Some,
            Self::Same | Self::Refused => Change::None,
        }
    }
}
