//! `event.*`.

use serde_json::Value;

use crate::facts;
use crate::notification::Notification;
use crate::object::{Object, text};
use crate::time::rfc3339;

/// `event.category` of event types beside `intrusion_detection`, by how they begin.
const CATEGORIES: &[(&str, &[&str])] = &[
    (
        "process",
        &[
            "exec",
            "clone",
            "fork",
            "vfork",
            "procexit",
            "ptrace",
            "kill",
            "tkill",
            "tgkill",
            "setns",
            "unshare",
            "process_vm_",
        ],
    ),
    (
        "file",
        &[
            "open",
            "creat",
            "unlink",
            "rename",
            "mkdir",
            "rmdir",
            "link",
            "symlink",
            "chmod",
            "fchmod",
            "chown",
            "fchown",
            "lchown",
            "mknod",
            "truncate",
            "ftruncate",
            "mount",
            "umount",
            "chdir",
            "fchdir",
            "chroot",
            "read",
            "write",
            "pread",
            "pwrite",
        ],
    ),
    (
        "network",
        &[
            "connect", "accept", "bind", "listen", "socket", "send", "recv", "shutdown",
        ],
    ),
    ("driver", &["init_module", "finit_module", "delete_module"]),
    (
        "iam",
        &[
            "setuid",
            "setgid",
            "setresuid",
            "setresgid",
            "setreuid",
            "setregid",
        ],
    ),
];

pub(super) fn event(notification: &Notification) -> Object {
    let alert = &*notification.alert;
    let mut event = Object::default();
    event.add("kind", "alert");
    event.add("module", "saker");
    event.add("dataset", "saker.alerts");
    event.add("id", notification.id().to_string());
    event.add_text("provider", &alert.source);
    let verb = facts::request(alert).map_or("", |request| &request.verb);
    event.add_text("action", verb);
    event.add_text("action", &alert.event_type);
    event.add("category", categories(&alert.source, &alert.event_type));
    event.add("type", Value::from(["info"].as_slice()));
    // A greater number is more urgent, as `Priority` of `saker.v1` has them.
    event.add("severity", i32::from(alert.priority()));
    event.add("start", rfc3339(notification.repeats.first_seen_ns));
    event.add("end", rfc3339(notification.repeats.last_seen_ns));
    event
}

fn categories(source: &str, event_type: &str) -> Value {
    let begins = |names: &[&str]| names.iter().any(|name| event_type.starts_with(name));
    let mut categories = vec![text("intrusion_detection")];
    if source == "k8s_audit" {
        categories.push(text("api"));
    }
    let found = CATEGORIES.iter().find(|(_, names)| begins(names));
    categories.extend(found.map(|(category, _)| text(category)));
    categories.into()
}
