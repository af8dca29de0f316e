//! `process.*` and `user.*`.

use saker_proto::v1::{Alert, Process};
use serde_json::Value;

use super::one;
use crate::facts::{command_line, process_id};
use crate::object::{Object, texts};
use crate::time::rfc3339;

/// The process that acted, and its parent.
pub(super) fn process(alert: &Alert, process: &Process) -> Object {
    let mut object = alone(alert, process);
    if process.tid != 0 {
        object.add("thread", one("id", process.tid));
    }
    object.add_known("vpid", process.pid_in_namespace);
    object.add("interactive", process.terminal != 0);
    object.add("tty", one("char_device", terminal(process.terminal)));
    if let Some(parent) = process.ancestors.first() {
        object.add("parent", alone(alert, parent));
    }
    object
}

/// A process without its ancestors.
fn alone(alert: &Alert, process: &Process) -> Object {
    let mut object = Object::default();
    object.add("pid", process.pid);
    object.add_text("entity_id", &process_id(alert, process));
    object.add_text("name", &process.name);
    object.add_text("executable", &process.executable);
    object.add("args", texts(&process.arguments));
    if !process.arguments_cut && !process.arguments.is_empty() {
        object.add("args_count", process.arguments.len());
    }
    object.add_text("command_line", &command_line(process));
    object.add_text("working_directory", &process.working_directory);
    if process.start_unix_ns != 0 {
        object.add("start", rfc3339(process.start_unix_ns));
    }
    object.add("user", user(process));
    let group = process.group_id.map(|id| id.to_string());
    object.add("group", one("id", group));
    object
}

/// The user that a process acts as.
pub(super) fn user(process: &Process) -> Object {
    let mut user = Object::default();
    user.add("id", process.user_id.map(|id| id.to_string()));
    user.add_text("name", &process.user_name);
    user
}

/// A device as the kernel writes its number (`new_encode_dev`): twelve bits of the major number between
/// the lower eight and the upper twelve of the minor one.
fn terminal(device: u32) -> Object {
    let mut object = Object::default();
    if device != 0 {
        object.add("major", (device >> 8) & 0xfff);
        object.add("minor", (device & 0xff) | ((device >> 12) & 0xf_ff00));
    }
    object
}

/// What ECS has no field for: all ancestors, the parent first.
pub(super) fn own(alert: &Alert, process: &Process) -> Object {
    let mut own = Object::default();
    own.add("arguments_cut", process.arguments_cut.then_some(true));
    let ancestors = process.ancestors.iter();
    let ancestors = ancestors.map(|ancestor| Value::from(alone(alert, ancestor)));
    own.add("ancestors", ancestors.collect::<Value>());
    own
}
