//! What is known of the container and the pod that an event happened in.

use super::{EventContext, Payload};
use crate::facts::{Enrichment, Fact, Facts, Lookups, Patience};
use crate::scratch::Lent;
use crate::value::FieldValue;
use saker_container_metadata::{
    Answer as ContainerAnswer, ContainerInfo, Expectation, PodSandbox, Reason,
};
use saker_kube_metadata::{Answer, Cluster, Namespace, Pod};
use saker_process_state::{ContainerRef, Placement};
use std::cell::OnceCell;
use std::sync::Arc;

/// What was looked up, by this context or by the one whose view this is.
pub(super) enum SharedLookups<'a> {
    Own(Lent<'a, Lookups>),
    Others(&'a Lookups),
}

impl SharedLookups<'_> {
    fn get(&self) -> &Lookups {
        match self {
            Self::Own(lookups) => lookups,
            Self::Others(lookups) => lookups,
        }
    }

    /// Why something is not known; nothing was asked for where nothing was needed.
    fn lacking(&self) -> Enrichment {
        let lookups = match self {
            Self::Own(lookups) => lookups.if_needed(),
            Self::Others(lookups) => Some(*lookups),
        };
        lookups.map_or(Enrichment::Complete, |lookups| lookups.lacking.get())
    }

    pub(super) fn share(&self) -> SharedLookups<'_> {
        SharedLookups::Others(self.get())
    }
}

/// Where the process runs.
#[derive(Clone, Copy)]
pub(crate) enum Place<'a> {
    /// Outside of containers.
    Host,
    /// In this container.
    Container(&'a ContainerRef),
    /// Nobody knows.
    Unknown,
}

/// What a description has, or has not.
fn found<T>(value: Option<T>) -> Fact<T> {
    Fact::found_or(value, Expectation::Complete)
}

impl<'a> EventContext<'a> {
    pub(super) fn lookups(&self) -> &Lookups {
        self.lookups.get()
    }

    /// How much of what the fields read so far needed was known. What is pending is not lacking.
    #[must_use]
    pub fn enrichment(&self) -> Enrichment {
        self.lookups.lacking()
    }

    /// Where the process runs.
    pub(crate) fn place(&self) -> Place<'a> {
        match self.process.map(|process| &process.placement) {
            Some(Placement::Host) => Place::Host,
            Some(Placement::Container(container)) => Place::Container(container),
            // As in Falco, what is not known to run in a container of a capture runs on its host.
            Some(Placement::Unknown) if self.captured().is_some() => Place::Host,
            Some(Placement::Unknown) | None => Place::Unknown,
        }
    }

    /// Something about the container that the process runs in. Outside of containers it is absent.
    pub(crate) fn of_container<'c, T>(
        &'c self,
        read: impl FnOnce(&'c ContainerInfo) -> Option<T>,
    ) -> Fact<T> {
        if let Some(captured) = self.captured() {
            return captured.container().then(|(own, _)| found(read(&own.info)));
        }
        let container = match self.place() {
            Place::Host => return Fact::Absent,
            Place::Unknown => return Fact::Unasked,
            Place::Container(container) => container,
        };
        let Some(facts) = self.facts else {
            return Fact::Lacking(Reason::NoRuntime);
        };
        let answer = self.container_answer(facts, container);
        let found = answer.info.as_deref().and_then(read);
        Fact::found_or(found, answer.expectation)
    }

    /// Something about the sandbox of the pod that the process runs in: as the container's own runtime
    /// says, or else as the sandbox's container says, which captures tell of apart.
    pub(crate) fn of_sandbox<'c, T>(
        &'c self,
        of_pod: impl FnOnce(&'c PodSandbox) -> Option<T>,
        of_container: impl FnOnce(&'c ContainerInfo) -> Option<T>,
    ) -> Fact<T> {
        let read = |container: &'c ContainerInfo| of_pod(container.pod.as_deref()?);
        let Some(captured) = self.captured() else {
            return self.of_container(read);
        };
        captured.container().then(|(own, sandbox)| {
            let of_sandbox = || of_container(&sandbox?.info);
            found(read(&own.info).or_else(of_sandbox))
        })
    }

    /// What the runtime says about a container of this host, as far as it is known.
    pub(crate) fn container_info(&self, container: &ContainerRef) -> Option<Arc<ContainerInfo>> {
        let facts = self.facts.filter(|_| self.captured().is_none())?;
        self.container_answer(facts, container).info.clone()
    }

    fn container_answer(&self, facts: &Facts, container: &ContainerRef) -> &ContainerAnswer {
        let lookups = self.lookups.get();
        lookups
            .container
            .get_or_init(|| facts.containers.get(&container.id))
    }

    /// Something about the pod that the process runs in, as the cluster describes it. Outside of pods
    /// it is absent.
    pub(crate) fn of_pod<'c, T>(&'c self, read: impl FnOnce(&'c Pod) -> Option<T>) -> Fact<T> {
        self.pod().and_then(read)
    }

    /// The pod that the process runs in, as the cluster describes it. Outside of pods it is absent.
    pub(crate) fn pod(&self) -> Fact<&Pod> {
        if let Some(event) = self.pod_event() {
            return Fact::Known(&event.pod);
        }
        self.pod_uid().then(|uid| {
            let Some(facts) = self.facts.filter(|_| self.captured().is_none()) else {
                return Fact::Lacking(Reason::NotFound);
            };
            let lookups = self.lookups.get();
            let pod = lookups.pod.get_or_init(|| facts.cluster.pod(uid));
            Fact::of_cluster(pod.as_ref().map(Arc::as_ref))
        })
    }

    /// Name of the node that the event happened on.
    pub(crate) fn own_node(&self) -> Option<&'a str> {
        let is_here = matches!(
            self.payload,
            Payload::Syscall(_) | Payload::Flow(_) | Payload::Pod(_)
        );
        self.facts.filter(|_| is_here)?.cluster.own_node()
    }

    /// Something that the cluster knows beside the pod, looked up where `cell` says.
    pub(crate) fn around_pod<'c, T>(
        &'c self,
        cell: impl FnOnce(&'c Lookups) -> &'c OnceCell<Answer<T>>,
        look: impl FnOnce(&Cluster, &Pod) -> Answer<T>,
    ) -> Fact<&'c T> {
        self.pod()
            .then(|pod| self.in_cluster(cell, |cluster| look(cluster, pod)))
    }

    /// Something that the cluster knows about anybody, looked up where `cell` says.
    pub(crate) fn in_cluster<'c, T>(
        &'c self,
        cell: impl FnOnce(&'c Lookups) -> &'c OnceCell<Answer<T>>,
        look: impl FnOnce(&Cluster) -> Answer<T>,
    ) -> Fact<&'c T> {
        let Some(facts) = self.facts else {
            return Fact::Lacking(Reason::NotFound);
        };
        let answer = cell(self.lookups.get()).get_or_init(|| look(&facts.cluster));
        Fact::of_cluster(answer.as_ref())
    }

    /// The pod's namespace.
    pub(crate) fn pod_namespace(&self) -> Fact<&Arc<Namespace>> {
        self.around_pod(
            |lookups| &lookups.namespace,
            |cluster, pod| cluster.namespace(&pod.name.namespace),
        )
    }

    /// Uid of the pod that the process runs in: as the cgroup says, else as the runtime does.
    pub(crate) fn pod_uid(&self) -> Fact<&str> {
        if let Some(event) = self.pod_event() {
            return Fact::Known(&event.pod.uid);
        }
        if let Place::Container(container) = self.place()
            && let Some(uid) = &container.pod_uid
        {
            return Fact::Known(uid);
        }
        self.of_container(|container| container.pod.as_ref()?.uid.as_deref())
    }

    /// The value of a field that shows a fact; `absent` where it is known that there is none.
    pub(crate) fn show<'c>(
        &self,
        fact: Fact<FieldValue<'c>>,
        absent: FieldValue<'c>,
    ) -> FieldValue<'c> {
        let reason = match (fact, self.patience) {
            (Fact::Known(value), _) => return value,
            (Fact::Absent, _) => return absent,
            (Fact::Unasked, _) => return FieldValue::Missing,
            (Fact::Awaited, Patience::MayWait) => return FieldValue::Pending,
            (Fact::Awaited, Patience::Ended) => Reason::TimedOut,
            (Fact::Lacking(reason), _) => reason,
        };
        let lacking = &self.lookups.get().lacking;
        if lacking.get() == Enrichment::Complete {
            lacking.set(Enrichment::Partial(reason));
        }
        FieldValue::Missing
    }
}
