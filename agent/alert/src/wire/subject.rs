//! The process, the container and the pod of an alert.

use std::collections::HashMap;

use saker_alert_formats::escaped;
use saker_process_state::StringVector;
use saker_proto::v1;
use saker_rule_fields::{Relative, Subject};

/// Most bytes of arguments that travel of a process; what is beyond is cut, and the message says so.
const ARGUMENT_BYTES_MAX: usize = 4096;

/// Most arguments that travel of a process.
const ARGUMENTS_MAX: usize = 256;

/// Most bytes of any other text.
const TEXT_BYTES_MAX: usize = 4096;

pub(super) fn event_type(subject: &Subject) -> String {
    text(subject.event_type.as_deref().unwrap_or_default())
}

pub(super) fn process(subject: &Subject) -> Option<v1::Process> {
    let actor = subject.process.as_ref()?;
    Some(v1::Process {
        tid: subject.tid.unwrap_or_default(),
        ancestors: subject.ancestors.iter().map(one).collect(),
        ..one(actor)
    })
}

/// A process without its ancestors.
fn one(relative: &Relative) -> v1::Process {
    let process = &relative.process;
    let name = relative.name.as_deref().unwrap_or(process.comm.as_bytes());
    let directory = relative.working_directory.as_deref().or(process.cwd());
    let (arguments, are_cut) = arguments(process.image.arguments.as_ref());
    v1::Process {
        pid: process.pid().0,
        tid: 0,
        pid_in_namespace: process.vpid,
        start_boot_ns: relative.start_boot_ns.unwrap_or_default(),
        start_unix_ns: relative.start_wall_ns.unwrap_or_default(),
        name: text(name),
        executable: text(process.exe_path().unwrap_or_default()),
        arguments,
        arguments_cut: are_cut,
        working_directory: text(directory.unwrap_or_default()),
        user_id: relative.ids.map(|(user, _)| user),
        user_name: text(relative.user_name.as_deref().unwrap_or_default()),
        group_id: relative.ids.map(|(_, group)| group),
        terminal: process.tty,
        ancestors: Vec::new(),
    }
}

/// The arguments, and whether some of them or of their bytes are missing.
fn arguments(vector: Option<&StringVector>) -> (Vec<String>, bool) {
    let Some(vector) = vector else {
        return (Vec::new(), false);
    };
    let mut left = ARGUMENT_BYTES_MAX;
    let mut kept = Vec::new();
    for argument in vector.iter() {
        if kept.len() == ARGUMENTS_MAX || left == 0 {
            return (kept, true);
        }
        let part = argument.get(..left).unwrap_or(argument);
        kept.push(escaped(part));
        if part.len() < argument.len() {
            return (kept, true);
        }
        // An argument costs more than its bytes.
        left = left.saturating_sub(part.len().saturating_add(1));
    }
    (kept, vector.is_truncated)
}

pub(super) fn container(subject: &Subject) -> Option<v1::Container> {
    let container = subject.container.as_ref()?;
    let info = container.info.as_deref();
    let image = info.map(|info| &info.image);
    let of_image = |part: Option<&str>| optional(part);
    Some(v1::Container {
        id: text(container.id.as_bytes()),
        full_id: optional(container.full_id.as_deref()),
        name: optional(info.and_then(|info| info.name.as_deref())),
        runtime: container.runtime.unwrap_or_default().to_owned(),
        image: of_image(image.and_then(|image| image.reference.as_deref())),
        image_repository: of_image(image.and_then(|image| image.repository.as_deref())),
        image_tag: of_image(image.and_then(|image| image.tag.as_deref())),
        image_digest: of_image(image.and_then(|image| image.digest.as_deref())),
        is_privileged: info.and_then(|info| info.privileged),
    })
}

pub(super) fn pod(subject: &Subject) -> Option<v1::Pod> {
    let pod = subject.pod.as_ref()?;
    let labels: HashMap<String, String> = pod
        .labels
        .iter()
        .map(|(key, value)| (text(key.as_bytes()), text(value.as_bytes())))
        .collect();
    let workload = pod.workload.as_deref();
    Some(v1::Pod {
        name: optional(pod.name.as_deref()),
        namespace: optional(pod.namespace.as_deref()),
        uid: optional(pod.uid.as_deref()),
        labels,
        service_account: optional(pod.service_account.as_deref()),
        workload_kind: optional(workload.map(|owner| &*owner.kind_name)),
        workload_name: optional(workload.map(|owner| &*owner.name)),
    })
}

pub(super) fn kube_node(subject: &Subject) -> String {
    optional(subject.kube_node.as_deref())
}

pub(super) fn request(subject: &Subject) -> Option<v1::Request> {
    let request = subject.request.as_ref()?;
    let text = |part: &str| text(part.as_bytes());
    let addresses = request.source_addresses.iter();
    Some(v1::Request {
        user: text(&request.user),
        impersonated_user: text(&request.impersonated_user),
        source_addresses: addresses.map(|address| text(address)).collect(),
        user_agent: text(&request.user_agent),
        verb: text(&request.verb),
        resource: text(&request.resource),
        subresource: text(&request.subresource),
        namespace: text(&request.namespace),
        name: text(&request.name),
        status: request.status.unwrap_or_default(),
    })
}

fn optional(part: Option<&str>) -> String {
    text(part.unwrap_or_default().as_bytes())
}

/// A text of bounded length that is safe to print.
fn text(bytes: &[u8]) -> String {
    escaped(bytes.get(..TEXT_BYTES_MAX).unwrap_or(bytes))
}
