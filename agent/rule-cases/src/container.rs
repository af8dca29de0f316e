//! What the runtime says about the container of a case's process.

use std::collections::BTreeMap;
use std::sync::Arc;

use saker_container_metadata::{ContainerInfo, Containers, Labels, Limits, PodSandbox};
use saker_process_state::{ContainerId, ContainerRef, Runtime};
use saker_rule_fields::{Facts, FieldValue, Fields, SYSCALL_SOURCE};
use saker_rule_language::FieldArgument;

use crate::error::Problem;
use crate::field_event;
use crate::form::{Flaw, Values};

/// What a runtime says about a container, given by the fields that show it. What is not given the runtime
/// does not say.
pub(crate) fn described(values: &Values, fields: &Fields) -> Result<ContainerInfo, Flaw> {
    let mut info = ContainerInfo::new(ContainerId::new(""), Runtime::Unknown);
    let mut pod = PodSandbox::default();
    for (name, written) in values {
        let flaw = |problem| Flaw {
            problem,
            line: Some(written.referenced.line()),
        };
        let (field, value) =
            field_event::value(name, written.value.as_ref(), SYSCALL_SOURCE, fields)
                .map_err(flaw)?;
        let shown = fields.row(field.id).map_or("", |row| row.name);
        let argument = field.argument.as_ref();
        let is_taken = match value {
            FieldValue::Missing => true,
            FieldValue::Bool(value) => take_truth(&mut info, shown, value),
            FieldValue::Text(text) => {
                let text = String::from_utf8_lossy(&text);
                take_text(&mut info, shown, argument, &text)
                    || take_of_pod(&mut pod, shown, argument, &text)
            }
            _ => false,
        };
        if !is_taken {
            let field = name.clone();
            return Err(flaw(Problem::NotOfContainer { field }));
        }
    }
    let is_in_pod = pod != PodSandbox::default();
    info.pod = is_in_pod.then(|| Arc::new(pod));
    Ok(info)
}

/// Somebody who knows one container.
pub(crate) fn facts(container: &Arc<ContainerRef>, mut info: ContainerInfo) -> Facts {
    // Nobody has to answer: the answer is here already.
    let (containers, _) = Containers::new(Limits::default(), Box::new(|| {}));
    info.id = container.id.clone();
    info.runtime = container.runtime;
    containers.appeared(container);
    containers.learn(info);
    Facts {
        containers,
        ..Facts::none()
    }
}

fn take_truth(info: &mut ContainerInfo, field: &str, value: bool) -> bool {
    let place = match field {
        "container.privileged" => &mut info.privileged,
        "container.host_pid" => &mut info.host_pid,
        "container.host_network" => &mut info.host_network,
        "container.host_ipc" => &mut info.host_ipc,
        _ => return false,
    };
    *place = Some(value);
    true
}

fn take_text(
    info: &mut ContainerInfo,
    field: &str,
    argument: Option<&FieldArgument>,
    text: &str,
) -> bool {
    let place = match (field, argument) {
        ("container.label", Some(key)) => return take_label(&mut info.labels, key, text),
        ("container.ip", None) => return take_address(&mut info.ip, text),
        ("container.name", None) => &mut info.name,
        ("container.image", None) => &mut info.image.reference,
        ("container.image.id", None) => &mut info.image.id,
        ("container.image.repository", None) => &mut info.image.repository,
        ("container.image.tag", None) => &mut info.image.tag,
        ("container.image.digest", None) => &mut info.image.digest,
        ("container.cni.json", None) => &mut info.cni_json,
        _ => return false,
    };
    *place = Some(text.into());
    true
}

fn take_of_pod(
    pod: &mut PodSandbox,
    field: &str,
    argument: Option<&FieldArgument>,
    text: &str,
) -> bool {
    let place = match (field, argument) {
        ("k8s.pod.label", Some(key)) => return take_label(&mut pod.labels, key, text),
        ("k8s.pod.ip", None) => return take_address(&mut pod.ip, text),
        ("k8s.pod.full_sandbox_id", None) => {
            pod.id = text.into();
            return true;
        }
        ("k8s.pod.name", None) => &mut pod.name,
        ("k8s.ns.name", None) => &mut pod.namespace,
        ("k8s.pod.uid", None) => &mut pod.uid,
        ("k8s.pod.cni.json", None) => &mut pod.cni_json,
        _ => return false,
    };
    *place = Some(text.into());
    true
}

fn take_label(labels: &mut Option<Labels>, key: &FieldArgument, text: &str) -> bool {
    let key: Box<str> = match key {
        FieldArgument::Key(key) => (**key).into(),
        FieldArgument::Index(number) => number.to_string().into(),
    };
    let labels = labels.get_or_insert_with(BTreeMap::new);
    labels.insert(key, text.into());
    true
}

fn take_address(place: &mut Option<std::net::IpAddr>, text: &str) -> bool {
    *place = text.parse().ok();
    place.is_some()
}
