//! What a pod asks for beside what its namespace demands, and where its processes break it.

use super::policies::name_in_pod;
use super::{EventContext, Place};
use crate::facts::Fact;
use crate::namespaces::opens_to_change;
use crate::paths::{self, PathRole};
use crate::value::FieldValue;
use saker_container_metadata::{ContainerInfo, ContainerKind};
use saker_event_schema::event;
use saker_kube_metadata::HostNamespaces;
use saker_policy_audit::pod_security::{
    Break, CapabilitySet, Level, PodVerdict, RuntimeFacts, Version, breaks, strictest_level,
};
use saker_process_state::Process;
use std::borrow::Cow;

impl EventContext<'_> {
    /// The pod beside what its namespace demands of it.
    pub(crate) fn pod_verdict(&self) -> Fact<&PodVerdict> {
        let cell = &self.lookups().security;
        let verdict = cell.get_or_init(|| {
            self.pod().then(|pod| {
                let namespace = self.pod_namespace();
                let verdict = |labels| Box::new(PodVerdict::new(&pod.security, labels));
                namespace.map(|namespace| verdict(&namespace.labels))
            })
        });
        verdict.as_ref().map(|verdict| &**verdict)
    }

    /// The strictest level that the pod meets: in the version that its namespace demands, or in the newest
    /// where nobody knows what that is.
    pub(crate) fn pod_level(&self) -> Fact<Level> {
        match self.pod_verdict() {
            Fact::Lacking(_) => {
                let pod = self.pod();
                pod.map(|pod| strictest_level(&pod.security, Version::Latest))
            }
            verdict => verdict.map(|verdict| verdict.level),
        }
    }

    /// Name that the container of the process has in its pod.
    pub(crate) fn container_in_pod(&self) -> Fact<&str> {
        self.of_container(name_in_pod)
    }

    /// What the process has or does that its pod's specification rules out.
    pub(crate) fn pod_breaks(&self) -> Fact<&[Break]> {
        let cell = &self.lookups().breaks;
        let breaks = cell.get_or_init(|| self.find_breaks());
        breaks.as_ref().map(Vec::as_slice)
    }

    fn find_breaks(&self) -> Fact<Vec<Break>> {
        let (Some(process), Place::Container(_)) = (self.process(), self.place()) else {
            return Fact::Unasked;
        };
        if self.event().is_none() {
            return Fact::Unasked;
        }
        if self.is_of_runtime(process) {
            return Fact::Absent;
        }
        let info = match self.of_container(Some) {
            Fact::Awaited => return Fact::Awaited,
            info => info.known(),
        };
        if info.is_some_and(|info| info.kind != ContainerKind::Container) {
            return Fact::Absent;
        }
        let required = match self.pod_verdict() {
            Fact::Awaited => return Fact::Awaited,
            verdict => verdict.known().map(|verdict| verdict.required.level),
        };
        let mounts = info.and_then(|info| info.mounts.as_deref());
        let mounts = mounts.into_iter().flatten();
        let mounts: Vec<&str> = mounts.map(|mount| &*mount.destination).collect();
        let written = self.changed_path();
        self.pod().map(|pod| {
            let facts = RuntimeFacts {
                container: info.and_then(name_in_pod),
                required,
                user_id: Some(process.credentials.uid),
                capabilities: capabilities(process),
                written: written.as_deref(),
                mounts: &mounts,
                is_privileged: info.is_some_and(|info| info.privileged == Some(true)),
                host: info.map(shared_namespaces).unwrap_or_default(),
            };
            breaks(&pod.security, &facts)
        })
    }

    /// Whether the process is the runtime's own, on its way to the container's first program: its parent is
    /// outside of the container, and its program is a runtime.
    fn is_of_runtime(&self, process: &Process) -> bool {
        let is_inside = |parent: &Process| {
            let ids = (parent.container(), process.container());
            matches!(ids, (Some(one), Some(other)) if one.id == other.id)
        };
        if self.parent().is_some_and(is_inside) {
            return false;
        }
        let path = process.exe_path().unwrap_or_default();
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        process.comm.as_bytes().starts_with(b"runc:[")
            || path.starts_with(b"/memfd:runc_cloned")
            || RUNTIMES.contains(&name)
    }

    /// The path of the container's own file system that the event changed, as the kernel resolved it where
    /// that is known.
    fn changed_path(&self) -> Option<Cow<'_, [u8]>> {
        let event = self.event()?;
        if paths::result(event)? < 0 {
            return None;
        }
        if opens_to_change(self) {
            let is_file = self.descriptor_kind()?.name() == "file";
            let resolved = self.descriptor().and_then(|it| it.resolved());
            let path = resolved.or_else(|| self.requested_path());
            return path.filter(|_| is_file).map(Cow::Borrowed);
        }
        let role = match event.id() {
            event::MKDIR | event::MKDIRAT | event::RMDIR | event::UNLINK | event::UNLINKAT => {
                PathRole::Name
            }
            // Both names are on the same file system.
            event::RENAME | event::RENAMEAT | event::RENAMEAT2 => PathRole::Target,
            event::LINK | event::LINKAT | event::SYMLINK | event::SYMLINKAT => PathRole::Source,
            _ => return None,
        };
        let slot = paths::slot(event.row(), role)?;
        match paths::absolute(self, slot)? {
            FieldValue::Text(path) => Some(path),
            _ => None,
        }
    }
}

/// Programs that become a container's first one.
const RUNTIMES: [&[u8]; 4] = [b"runc", b"crun", b"youki", b"exe"];

/// Inode number of the initial user namespace (`PROC_USER_INIT_INO`), or where nobody says.
const INITIAL_USER_NAMESPACE: [u32; 2] = [0xEFFF_FFFD, 0];

/// The capabilities that a process has over the node; those in a user namespace of its own are none.
fn capabilities(process: &Process) -> Option<CapabilitySet> {
    let namespace = process.image.user_namespace?;
    let sets = process.capabilities?;
    let is_initial = INITIAL_USER_NAMESPACE.contains(&namespace);
    is_initial.then_some(CapabilitySet(sets.effective | sets.permitted))
}

fn shared_namespaces(info: &ContainerInfo) -> HostNamespaces {
    HostNamespaces {
        network: info.host_network == Some(true),
        pid: info.host_pid == Some(true),
        ipc: info.host_ipc == Some(true),
    }
}
