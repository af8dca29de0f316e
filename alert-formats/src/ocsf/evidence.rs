//! The process that acted, as evidence.

use saker_proto::v1::{Alert, Process, Request};
use serde_json::Value;

use super::{fields, milliseconds, place};
use crate::facts::{self, command_line, file_name, process_id};
use crate::object::{Object, text};

/// A program is a file like others.
const FILE_TYPE_REGULAR: u32 = 1;

/// The one piece of evidence, unless nothing is known.
pub(super) fn evidences(alert: &Alert) -> Value {
    let evidence = evidence(alert);
    if evidence.is_empty() {
        return Value::Null;
    }
    vec![Value::from(evidence)].into()
}

fn evidence(alert: &Alert) -> Object {
    let mut evidence = Object::default();
    if let Some(acting) = &alert.process {
        let mut actor = Object::default();
        actor.add("process", entity(alert, acting));
        actor.add("user", user(acting));
        evidence.add("actor", actor);
        evidence.add("process", process(alert, acting));
    }
    if let Some(request) = facts::request(alert) {
        add_request(&mut evidence, request);
    }
    evidence.add("container", place::container(alert));
    evidence.add("data", fields(alert));
    evidence
}

/// Who asked the API server, from where, and for what.
fn add_request(evidence: &mut Object, request: &Request) {
    let mut user = Object::default();
    user.add_text("name", &request.user);
    let mut actor = Object::default();
    actor.add("user", user);
    evidence.add("actor", actor);
    let mut api = Object::default();
    api.add_text("operation", &request.verb);
    let mut service = Object::default();
    service.add("name", "kubernetes");
    api.add("service", service);
    let mut response = Object::default();
    response.add_known("code", request.status);
    api.add("response", response);
    evidence.add("api", api.with_one_of(&["operation"]));
    let mut client = Object::default();
    let address = facts::client(request);
    client.add("ip", address.map(|address| address.to_string()));
    evidence.add("src_endpoint", client);
}

/// The process with its parent and all ancestors.
fn process(alert: &Alert, process: &Process) -> Object {
    let mut object = alone(alert, process);
    object.add_known("tid", process.tid);
    object.add_known("namespace_pid", process.pid_in_namespace);
    object.add("container", place::container(alert));
    if let Some(parent) = process.ancestors.first() {
        object.add("parent_process", alone(alert, parent));
    }
    let ancestors = process.ancestors.iter();
    let ancestors = ancestors.map(|ancestor| Value::from(entity(alert, ancestor)));
    object.add("ancestry", ancestors.collect::<Value>());
    object
}

/// A process without its ancestors.
fn alone(alert: &Alert, process: &Process) -> Object {
    let mut object = entity(alert, process);
    let mut file = Object::default();
    file.add_text("name", file_name(&process.executable));
    file.add_text("path", &process.executable);
    file.add("type_id", FILE_TYPE_REGULAR);
    object.add("file", file.with_one_of(&["name"]));
    object.add_text("working_directory", &process.working_directory);
    object.add("user", user(process));
    object
}

/// What names a process.
fn entity(alert: &Alert, process: &Process) -> Object {
    let mut object = Object::default();
    object.add("pid", process.pid);
    object.add_text("uid", &process_id(alert, process));
    object.add_text("name", &process.name);
    object.add_text("path", &process.executable);
    object.add_text("cmd_line", &command_line(process));
    object.add_known("created_time", milliseconds(process.start_unix_ns));
    object
}

fn user(process: &Process) -> Object {
    let mut user = Object::default();
    user.add("uid", process.user_id.map(|id| id.to_string()));
    user.add_text("name", &process.user_name);
    if let Some(id) = process.group_id {
        let mut group = Object::default();
        group.add("uid", id.to_string());
        user.add("groups", vec![Value::from(group)]);
    }
    user.with_one_of(&["uid", "name"])
}

/// Texts that are searched for in all findings: number and name of the type, path of the attribute.
pub(super) fn observables(alert: &Alert) -> Value {
    let mut observables = Vec::new();
    let mut add = |type_id: u32, kind: &str, name: &str, value: &str| {
        if !value.is_empty() {
            let mut observable = Object::default();
            observable.add("type_id", type_id);
            observable.add("type", kind);
            observable.add("name", name);
            observable.add("value", text(value));
            observables.push(Value::from(observable));
        }
    };
    if let Some(node) = &alert.node {
        add(1, "Hostname", "device.hostname", &node.hostname);
    }
    if let Some(process) = &alert.process {
        let of = |attribute: &str| format!("evidences[0].process.{attribute}");
        add(15, "Process ID", &of("pid"), &process.pid.to_string());
        add(9, "Process Name", &of("name"), &process.name);
        add(45, "File Path", &of("file.path"), &process.executable);
        add(13, "Command Line", &of("cmd_line"), &command_line(process));
        add(4, "User Name", &of("user.name"), &process.user_name);
    }
    observables.into()
}
