//! How the cluster is filled in, by who watches.

use super::Cluster;
use crate::kind::Kind;
use crate::objects::Object;
use crate::scope::Scope;
use crate::state::Change;
use crate::table::Watch;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::time::Instant;

impl Cluster {
    /// This agent runs on the node with this name. The first name stays.
    pub fn set_own_node(&self, name: &str) {
        let name = self.shared.own_node.get_or_init(|| name.into());
        self.write().set_own_node(name);
    }

    /// From now on these objects are watched, and no others.
    pub fn set_scope(&self, scope: Scope) {
        self.write().set_scope(scope);
        self.mesh_changed();
        self.network_policies_changed();
        self.changed();
    }

    /// A list of all objects of a kind begins: what it does not bring is gone at its end.
    pub fn begin_list(&self, kind: Kind) {
        if let Some(table) = self.write().table_mut(kind) {
            table.begin_list();
        }
    }

    /// An object is there, in this state.
    pub fn learn(&self, object: Object) {
        let kind = object.kind();
        let change = self.write().learn(object, Instant::now());
        if change == Change::Some {
            self.policies_changed(kind);
            self.changed();
        }
    }

    /// An object is gone.
    pub fn end(&self, object: &Object) {
        self.write().end(object, Instant::now());
        self.policies_changed(object.kind());
    }

    /// All objects of a kind were listed.
    pub fn end_list(&self, kind: Kind) {
        self.write().end_list(kind, Instant::now());
        self.policies_changed(kind);
        self.changed();
    }

    /// The cluster does not have objects of this kind at all.
    pub fn lacks(&self, kind: Kind) {
        self.begin_list(kind);
        self.end_list(kind);
    }

    /// The objects of a kind cannot be had now. Those that were had stay known.
    pub fn fail(&self, kind: Kind) {
        let mut state = self.write();
        if state.watch(kind) != Watch::Syncing {
            return;
        }
        if let Some(table) = state.table_mut(kind) {
            table.set_watch(Watch::Failing);
        }
        if kind == Kind::Namespaces {
            state.namespaces_settled();
        }
        drop(state);
        self.policies_changed(kind);
        self.changed();
    }

    /// Forgets what is gone since long.
    pub fn forget_ended(&self) {
        let kept = self.shared.limits.kept;
        let is_over = |since: Instant| since.elapsed() >= kept;
        self.write().forget(is_over);
        self.shared.asked_uids.forget(is_over);
        self.shared.asked_namespaces.forget(is_over);
    }

    /// To be called after an object of this kind changed.
    fn policies_changed(&self, kind: Kind) {
        if kind.is_mesh() {
            self.mesh_changed();
        }
        if kind == Kind::NetworkPolicies {
            self.network_policies_changed();
        }
    }

    fn network_policies_changed(&self) {
        self.shared.network_policy_generation.fetch_add(1, Release);
    }

    /// To be called after the change, so that who sees the number sees the change.
    fn mesh_changed(&self) {
        self.shared.mesh_generation.fetch_add(1, Release);
    }

    fn changed(&self) {
        self.shared.generation.fetch_add(1, Relaxed);
        if self.shared.is_awaited.swap(false, Relaxed) {
            (self.shared.on_change)();
        }
    }
}
