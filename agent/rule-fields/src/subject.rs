//! Who an event is about, kept beyond the event.

use crate::context::{EventContext, Payload, Place};
use crate::facts::Fact;
use crate::namespaces::container::runtime_name;
use crate::namespaces::k8s;
use saker_audit_source::AuditEvent;
use saker_capture_state::Thread;
use saker_container_metadata::ContainerInfo;
use saker_kube_metadata::OwnerReference;
use saker_process_state::Process;
use serde_json::Value;
use std::sync::Arc;

/// Most ancestors that a subject has, the nearest.
pub const SUBJECT_ANCESTORS_MAX: usize = 16;

/// Most labels that a subject has of a pod, the first by their keys.
const LABELS_MAX: usize = 128;

/// Most addresses of a request.
const ADDRESSES_MAX: usize = 16;

/// Who an event is about, as it is known when the event is looked at. It shares what it can with the
/// process table, so that taking one is cheap.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// What `evt.type` shows of an event that a process made.
    pub event_type: Option<Box<[u8]>>,
    /// The process that acted.
    pub process: Option<Relative>,
    /// The thread that acted, as the host counts.
    pub tid: Option<u32>,
    /// The parent, its parent, and so on: at most [`SUBJECT_ANCESTORS_MAX`].
    pub ancestors: Vec<Relative>,
    /// The container that the process runs in; `None` on the host and where it is not known.
    pub container: Option<SubjectContainer>,
    /// The pod of the container.
    pub pod: Option<SubjectPod>,
    /// Name of the node in its cluster.
    pub kube_node: Option<Box<str>>,
    /// The request that an event of the audit log is about.
    pub request: Option<SubjectRequest>,
}

/// A process of a subject.
#[derive(Clone, Debug)]
pub struct Relative {
    /// Its record.
    pub process: Arc<Process>,
    /// Its name where the record's is too short for it, as in old captures.
    pub name: Option<Arc<[u8]>>,
    /// Working directory where it is not the record's.
    pub working_directory: Option<Box<[u8]>>,
    /// Effective user and group id; `None` where they are not known.
    pub ids: Option<(u32, u32)>,
    /// Name of the user in the table of the host.
    pub user_name: Option<Box<[u8]>>,
    /// When it began, nanoseconds since the epoch; `None` where that is not known.
    pub start_wall_ns: Option<u64>,
    /// When it began, nanoseconds since boot; `None` in captures of Falco, which know no boot.
    pub start_boot_ns: Option<u64>,
}

/// A container of a subject.
#[derive(Clone, Debug)]
pub struct SubjectContainer {
    /// What `container.id` shows.
    pub id: Box<str>,
    /// The whole id; `None` where only the short one is known.
    pub full_id: Option<Box<str>>,
    /// What `container.type` shows.
    pub runtime: Option<&'static str>,
    /// What the runtime says, as far as it is known.
    pub info: Option<Arc<ContainerInfo>>,
}

/// A pod of a subject. What is not known is `None`.
#[derive(Clone, Debug)]
pub struct SubjectPod {
    /// Name.
    pub name: Option<Box<str>>,
    /// Namespace.
    pub namespace: Option<Box<str>>,
    /// Uid.
    pub uid: Option<Box<str>>,
    /// Labels in the order of their keys.
    pub labels: Box<[(Box<str>, Box<str>)]>,
    /// Service account.
    pub service_account: Option<Box<str>>,
    /// What the pod exists for: the last of its owners.
    pub workload: Option<Arc<OwnerReference>>,
}

/// A request to the API server. What is not known is empty.
#[derive(Clone, Debug, Default)]
pub struct SubjectRequest {
    /// Who made it.
    pub user: Box<str>,
    /// Whom that user impersonated.
    pub impersonated_user: Box<str>,
    /// Addresses that it came from and through: at most sixteen.
    pub source_addresses: Vec<Box<str>>,
    /// What the client calls itself.
    pub user_agent: Box<str>,
    /// What was to be done.
    pub verb: Box<str>,
    /// Kind of the object.
    pub resource: Box<str>,
    /// Part of the object.
    pub subresource: Box<str>,
    /// Namespace of the object.
    pub namespace: Box<str>,
    /// Name of the object.
    pub name: Box<str>,
    /// Status code of the answer.
    pub status: Option<u32>,
}

impl SubjectRequest {
    fn of(event: &AuditEvent) -> Self {
        let json = event.json();
        let text = |pointer| Box::from(json.pointer(pointer).and_then(Value::as_str).unwrap_or(""));
        let addresses = json.pointer("/sourceIPs").and_then(Value::as_array);
        let addresses = addresses.into_iter().flatten().filter_map(Value::as_str);
        let status = json.pointer("/responseStatus/code").and_then(Value::as_u64);
        Self {
            user: text("/user/username"),
            impersonated_user: text("/impersonatedUser/username"),
            source_addresses: addresses.take(ADDRESSES_MAX).map(Box::from).collect(),
            user_agent: text("/userAgent"),
            verb: text("/verb"),
            resource: text("/objectRef/resource"),
            subresource: text("/objectRef/subresource"),
            namespace: text("/objectRef/namespace"),
            name: text("/objectRef/name"),
            status: status.and_then(|code| u32::try_from(code).ok()),
        }
    }
}

impl EventContext<'_> {
    /// Who the event is about. What is being looked up is not waited for, and what is not known changes
    /// nothing about [`Self::enrichment`].
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject {
            event_type: self.subject_type().map(Box::from),
            process: self.actor(),
            tid: self.tid(),
            ancestors: self.line(),
            container: self.subject_container(),
            pod: self.subject_pod(),
            kube_node: self.own_node().map(Box::from),
            request: self.audit_event().map(SubjectRequest::of),
        }
    }

    fn subject_type(&self) -> Option<&[u8]> {
        match self.payload() {
            Payload::Syscall(event) => Some(event.row().name.as_bytes()),
            Payload::Capture(event) => Some(event.name()),
            Payload::Flow(event) => Some(event.kind.name().as_bytes()),
            Payload::Pod(event) => Some(event.kind.name().as_bytes()),
            Payload::K8sAudit(_) => None,
        }
    }

    fn tid(&self) -> Option<u32> {
        match self.payload() {
            Payload::Syscall(event) => Some(event.header().tid),
            Payload::Capture(event) => u32::try_from(event.event.header.tid).ok(),
            Payload::K8sAudit(_) | Payload::Flow(_) | Payload::Pod(_) => None,
        }
    }

    fn actor(&self) -> Option<Relative> {
        if let Some(captured) = self.captured() {
            let mut actor = self.captured_relative(captured.thread()?);
            actor.working_directory = Some(captured.working_directory(captured.thread()?).into());
            return Some(actor);
        }
        let process = self.process()?;
        // The table's own record is shared; one that an event keeps for itself is not the table's.
        let known = self.shared(process);
        let shared = known.map_or_else(|| Arc::new(process.clone()), Arc::clone);
        let mut actor = self.relative(shared);
        if let Some(event) = self.event() {
            // The event's own word comes first: it is of the thread that acted and of that moment.
            let header = event.header();
            actor.ids = Some((header.uid, header.gid));
            actor.user_name = self.user_name(header.uid);
        }
        Some(actor)
    }

    /// The record as it is shared already.
    fn shared(&self, process: &Process) -> Option<&Arc<Process>> {
        let known = self.processes()?.by_pid(process.pid())?;
        std::ptr::eq(&raw const **known, process).then_some(known)
    }

    fn line(&self) -> Vec<Relative> {
        if let Some(captured) = self.captured() {
            let ancestors = captured.ancestors().take(SUBJECT_ANCESTORS_MAX);
            return ancestors
                .map(|thread| self.captured_relative(thread))
                .collect();
        }
        let ancestors = self.shared_ancestors().take(SUBJECT_ANCESTORS_MAX);
        ancestors
            .map(|process| self.relative(Arc::clone(process)))
            .collect()
    }

    fn relative(&self, process: Arc<Process>) -> Relative {
        let ids = process.credentials;
        let start_boot_ns = Some(process.start_time().0).filter(|start| *start != 0);
        Relative {
            name: None,
            working_directory: None,
            ids: Some((ids.uid, ids.gid)),
            user_name: self.user_name(ids.uid),
            start_wall_ns: start_boot_ns.map(|start| self.clock().wall_ns(start)),
            start_boot_ns,
            process,
        }
    }

    fn captured_relative(&self, thread: &Thread) -> Relative {
        let ids = thread.process.credentials;
        Relative {
            process: Arc::new(thread.process.clone()),
            name: Some(Arc::clone(&thread.name)),
            working_directory: None,
            ids: (ids.uid != u32::MAX).then_some((ids.uid, ids.gid)),
            user_name: self.user_name(ids.uid),
            start_wall_ns: Some(thread.clone_time_ns).filter(|start| *start != 0),
            start_boot_ns: None,
        }
    }

    fn user_name(&self, uid: u32) -> Option<Box<[u8]>> {
        if let Some(captured) = self.captured() {
            let name = captured.user(uid).map(|user| user.name.clone());
            return name.or_else(|| (uid == 0).then(|| b"root".as_slice().into()));
        }
        self.host().users.user(uid).map(|user| user.name.clone())
    }

    fn subject_container(&self) -> Option<SubjectContainer> {
        if let Some(captured) = self.captured()
            && let Fact::Known((own, _)) = captured.container()
        {
            let full = own.info.id.full();
            return Some(SubjectContainer {
                id: own.id.clone(),
                full_id: (full != &*own.id).then(|| full.into()),
                runtime: Some(own.type_name).filter(|name| !name.is_empty()),
                info: Some(Arc::new(own.info.clone())),
            });
        }
        let Place::Container(container) = self.place() else {
            return None;
        };
        let info = self.container_info(container);
        let of_runtime = || runtime_name(info.as_ref()?.runtime);
        Some(SubjectContainer {
            id: container.id.short().into(),
            full_id: Some(container.id.full().into()),
            runtime: runtime_name(container.runtime).or_else(of_runtime),
            info,
        })
    }

    fn subject_pod(&self) -> Option<SubjectPod> {
        let pod = SubjectPod {
            name: owned(k8s::name(self)),
            namespace: owned(k8s::namespace(self)),
            uid: owned(self.pod_uid()),
            labels: k8s::labels(self)
                .known()
                .map(|labels| labels.first(LABELS_MAX))
                .unwrap_or_default(),
            service_account: owned(k8s::service_account(self)),
            workload: k8s::last_owner(self).known().cloned().map(Arc::new),
        };
        let is_there = pod.name.is_some() || pod.uid.is_some();
        is_there.then_some(pod)
    }
}

fn owned(fact: Fact<&str>) -> Option<Box<str>> {
    fact.known().filter(|text| !text.is_empty()).map(Box::from)
}
