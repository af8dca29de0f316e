//! Notifications that the tests of the formats render.

use std::sync::Arc;

use saker_alert_formats::{Notification, Repeats};
use saker_proto::AlertId;
use saker_proto::v1::{self, value::Kind};

/// 2026-05-04T03:02:01.123456789Z.
const TIME: u64 = 1_777_863_721_123_456_789;

const SECOND: u64 = 1_000_000_000;

/// All of them, by the names of their golden files.
pub(crate) fn all() -> [(&'static str, Notification); 7] {
    [
        ("pod", single(in_pod())),
        ("host", single(on_host())),
        ("hostile", single(hostile())),
        ("repeated", repeated()),
        ("audit", single(audit())),
        ("bare", single(v1::Alert::default())),
        ("hollow", single(hollow())),
    ]
}

fn single(alert: v1::Alert) -> Notification {
    Notification::single(id(1), Arc::new(alert))
}

fn id(number: u8) -> AlertId {
    let mut bytes = [0xa5; 16];
    bytes[15] = number;
    AlertId::from_bytes(bytes)
}

fn field(name: &str, kind: Option<Kind>) -> v1::Field {
    v1::Field {
        name: name.to_owned(),
        value: Some(v1::Value { kind }),
    }
}

fn text(text: &str) -> Option<Kind> {
    Some(Kind::Text(text.to_owned()))
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn process(pid: u32, name: &str, executable: &str, arguments: &[&str]) -> v1::Process {
    v1::Process {
        pid,
        start_boot_ns: 4_000 * SECOND + u64::from(pid),
        start_unix_ns: TIME - 60 * SECOND + u64::from(pid),
        name: name.to_owned(),
        executable: executable.to_owned(),
        arguments: texts(arguments),
        working_directory: "/".to_owned(),
        user_id: Some(0),
        user_name: "root".to_owned(),
        group_id: Some(0),
        ..v1::Process::default()
    }
}

/// A rule that fired for a process on a host.
fn on_host() -> v1::Alert {
    v1::Alert {
        id: id(1).to_bytes().to_vec().into(),
        time_unix_ns: TIME,
        rule: "Read sensitive file untrusted".to_owned(),
        priority: v1::Priority::Warning.into(),
        source: "syscall".to_owned(),
        tags: texts(&["host", "filesystem", "mitre_credential_access", "T1555"]),
        output: "Sensitive file opened (file=/etc/shadow command=cat /etc/shadow)".to_owned(),
        fields: vec![
            field("fd.name", text("/etc/shadow")),
            field("user.uid", Some(Kind::Unsigned(0))),
            field("evt.rawres", Some(Kind::Signed(-13))),
            field("proc.is_exe_upper_layer", Some(Kind::Boolean(false))),
            field("container.name", None),
        ],
        process: Some(v1::Process {
            tid: 4243,
            pid_in_namespace: 4242,
            terminal: 0x8801,
            ancestors: vec![
                process(4000, "bash", "/usr/bin/bash", &["-bash"]),
                process(1, "systemd", "/usr/lib/systemd/systemd", &["/sbin/init"]),
            ],
            ..process(4242, "cat", "/usr/bin/cat", &["cat", "/etc/shadow"])
        }),
        node: Some(v1::Node {
            hostname: "sparrow".to_owned(),
            boot_id: "5bd0d5ea-6f0c-4c65-9a7c-5a5b3e6f7d10".to_owned(),
            kubernetes_name: String::new(),
        }),
        path_view: v1::PathView::Requested.into(),
        enrichment: v1::Enrichment::Complete.into(),
        engine: Some(v1::Engine {
            version: "0.1.0".to_owned(),
            schema_digest: vec![0x11; 32].into(),
            rules_digest: vec![0x22; 32].into(),
        }),
        event_type: "openat".to_owned(),
        ..v1::Alert::default()
    }
}

/// The same in a container of a pod.
fn in_pod() -> v1::Alert {
    let labels = [("app.kubernetes.io/name", "shop"), ("tier", "web")];
    let alert = on_host();
    v1::Alert {
        rule: "Terminal shell in container".to_owned(),
        priority: v1::Priority::Critical.into(),
        tags: texts(&["container", "mitre_execution", "T1059.004"]),
        output: "A shell was spawned (pod=shop-7d9 image=nginx)".to_owned(),
        container: Some(v1::Container {
            id: "4c01db0b339c".to_owned(),
            full_id: "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233".to_owned(),
            name: "web".to_owned(),
            runtime: "containerd".to_owned(),
            image: "docker.io/library/nginx:1.27".to_owned(),
            image_repository: "docker.io/library/nginx".to_owned(),
            image_tag: "1.27".to_owned(),
            image_digest: "sha256:0f04e4f646a3f14bf31d8bc8d885b6c951fdcf42589d06845f64d18aec6a3c4d"
                .to_owned(),
            is_privileged: Some(false),
        }),
        pod: Some(v1::Pod {
            name: "shop-7d9".to_owned(),
            namespace: "shop".to_owned(),
            uid: "0e3d1b0e-8f4d-4a0e-9d6b-2f6f4f1f7a11".to_owned(),
            labels: labels
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .into(),
            service_account: "shop".to_owned(),
            workload_kind: "Deployment".to_owned(),
            workload_name: "shop".to_owned(),
        }),
        node: Some(v1::Node {
            kubernetes_name: "node-1.example".to_owned(),
            ..alert.node.clone().unwrap_or_default()
        }),
        cluster: "production".to_owned(),
        enrichment: v1::Enrichment::Partial.into(),
        path_view: v1::PathView::Resolved.into(),
        event_type: "execve".to_owned(),
        ..alert
    }
}

/// Texts as agents send them that escaped what an attacker chose, and as a sender may that did not.
fn hostile() -> v1::Alert {
    let alert = on_host();
    let evil = r#"/tmp/a|b=c\"d'\n12:00:00.000000000: Debug forged\xff\u202egpj.exe"#;
    let raw = "/tmp/a|b=c\\\"\r\n\u{1b}[2J\u{202e}gpj.exe\u{2028}\u{9b}31m\u{7f}";
    v1::Alert {
        rule: format!("A rule | with {raw}"),
        output: format!("opened {evil} {raw}"),
        tags: texts(&[raw, "T1059"]),
        fields: vec![field("fd.name", text(evil)), field(raw, text(raw))],
        process: Some(v1::Process {
            name: raw.to_owned(),
            executable: raw.to_owned(),
            arguments: texts(&[evil, raw]),
            arguments_cut: true,
            user_name: raw.to_owned(),
            ..process(4242, "", "", &[])
        }),
        container: Some(v1::Container {
            id: raw.to_owned(),
            name: evil.to_owned(),
            ..v1::Container::default()
        }),
        pod: Some(v1::Pod {
            name: raw.to_owned(),
            namespace: raw.to_owned(),
            labels: [(raw.to_owned(), raw.to_owned())].into(),
            ..v1::Pod::default()
        }),
        request: Some(v1::Request {
            user: raw.to_owned(),
            source_addresses: texts(&[raw]),
            user_agent: raw.to_owned(),
            verb: raw.to_owned(),
            namespace: raw.to_owned(),
            ..v1::Request::default()
        }),
        node: Some(v1::Node {
            hostname: raw.to_owned(),
            ..v1::Node::default()
        }),
        cluster: raw.to_owned(),
        ..alert
    }
}

/// Three alerts told as one, after two that were held back.
fn repeated() -> Notification {
    let alert = v1::Alert {
        suppressed: 2,
        ..on_host()
    };
    Notification {
        alert: Arc::new(alert),
        repeats: Repeats {
            first_seen_ns: TIME,
            last_seen_ns: TIME + 42 * SECOND,
            members: vec![id(1), id(2), id(3)],
        },
    }
}

/// Messages with hardly anything in them, and numbers that have no name.
fn hollow() -> v1::Alert {
    v1::Alert {
        priority: 99,
        path_view: 99,
        enrichment: -1,
        fields: vec![v1::Field::default()],
        process: Some(v1::Process {
            executable: "/".to_owned(),
            group_id: Some(0),
            ancestors: vec![v1::Process::default()],
            ..v1::Process::default()
        }),
        container: Some(v1::Container {
            image: "nginx".to_owned(),
            ..v1::Container::default()
        }),
        pod: Some(v1::Pod {
            uid: String::new(),
            service_account: "default".to_owned(),
            workload_kind: "Job".to_owned(),
            ..v1::Pod::default()
        }),
        node: Some(v1::Node {
            boot_id: "boot".to_owned(),
            ..v1::Node::default()
        }),
        request: Some(v1::Request::default()),
        engine: Some(v1::Engine::default()),
        ..v1::Alert::default()
    }
}

/// A request to the API server: no process made it.
fn audit() -> v1::Alert {
    v1::Alert {
        rule: "Attach/Exec Pod".to_owned(),
        priority: v1::Priority::Notice.into(),
        source: "k8s_audit".to_owned(),
        tags: texts(&["k8s", "mitre_execution", "mitre_persistence", "T1609"]),
        output: "Attach/Exec to pod (user=jane pod=shop-7d9)".to_owned(),
        fields: vec![field(
            "ka.req.pod.containers.image",
            Some(Kind::List(v1::ValueList {
                values: vec![v1::Value {
                    kind: text("nginx"),
                }],
            })),
        )],
        process: None,
        event_type: String::new(),
        request: Some(v1::Request {
            user: "jane".to_owned(),
            impersonated_user: "root".to_owned(),
            source_addresses: texts(&["192.0.2.7", "10.0.0.1"]),
            user_agent: "kubectl/v1.35".to_owned(),
            verb: "create".to_owned(),
            resource: "pods".to_owned(),
            subresource: "exec".to_owned(),
            namespace: "shop".to_owned(),
            name: "shop-7d9".to_owned(),
            status: 101,
        }),
        ..on_host()
    }
}
