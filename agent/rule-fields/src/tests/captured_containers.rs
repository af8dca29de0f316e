//! Fields of containers and pods for events of a capture that tells of containers.

use super::scene::{find, text};
use crate::{
    CapturedEvent, Enrichment, EventContext, FieldValue, Fields, Host, Scratch, Surroundings,
};
use saker_capture_state::{Limits, Machine, MachineInfo, Subject, ThreadSnapshot};
use saker_container_metadata::Reason;
use saker_event_decode::WallClock;
use saker_falco_events::{EventBuilder, EventCode};
use saker_process_state::Users;
use std::path::Path;

/// A thread in the container `web`, one in `db`, one on the host.
const WEB: i64 = 1;
const DB: i64 = 2;
const HOST: i64 = 3;

/// `container`, with its JSON.
const CONTAINER: EventCode = EventCode(324);
/// The exit of `close`.
const CLOSE: EventCode = EventCode(5);

const SHOP: &str = r#"{"container": {
    "id": "web", "full_id": "web0123456789", "type": 8, "name": "k8s_web", "image": "nginx:1.29",
    "imageid": "0ca0", "imagerepo": "nginx", "imagetag": "1.29", "imagedigest": "",
    "ip": "10.1.0.7", "cni_json": "", "privileged": true, "host_network": false,
    "Mounts": [{"Source": "/a", "Destination": "/b", "Mode": "", "RW": false, "Propagation": "private"}],
    "labels": {"io.kubernetes.pod.name": "web-0", "io.kubernetes.pod.namespace": "shop",
        "io.kubernetes.pod.uid": "f1a8", "tier": "front"},
    "pod_sandbox_id": "0123456789abcdef", "pod_sandbox_labels": null}}"#;

const SANDBOX: &str = r#"{"container": {"id": "0123456789ab", "is_pod_sandbox": true,
    "ip": "10.1.0.7", "cni_json": "[]", "pod_sandbox_labels": {"app": "web"}}}"#;

fn machine() -> Machine {
    let mut machine = Machine::new(MachineInfo::default(), Limits::default());
    for (tid, cgroups) in [
        (WEB, &b"memory=/default/web\0"[..]),
        (DB, b"memory=/default/db\0"),
        (HOST, b"memory=/\0"),
    ] {
        machine.add_thread(ThreadSnapshot {
            tid,
            pid: tid,
            cgroups: cgroups.into(),
            ..ThreadSnapshot::default()
        });
    }
    machine.start();
    machine
}

fn tell(json: &str) -> EventBuilder {
    EventBuilder::new(CONTAINER)
        .and_then(|event| event.text("json", json.as_bytes()))
        .unwrap()
}

/// A machine on which something of this container was told.
pub(super) fn shop() -> Machine {
    let mut machine = machine();
    for json in [SHOP, SANDBOX] {
        read(&mut machine, tell(json), &[]);
    }
    machine
}

/// An event in the shop's container.
pub(super) fn shop_event() -> EventBuilder {
    call(WEB)
}

/// Applies an event; the values of fields and what was known.
fn read(
    machine: &mut Machine,
    event: EventBuilder,
    names: &[&str],
) -> (Vec<FieldValue<'static>>, Enrichment) {
    look(machine, event, |context| {
        let fields = Fields::new();
        let value = |name: &&str| {
            let (id, argument) = find(&fields, name);
            fields.extract(id, argument.as_ref(), context).into_owned()
        };
        (names.iter().map(value).collect(), context.enrichment())
    })
}

/// Applies an event and calls `look` with it.
pub(super) fn look<T>(
    machine: &mut Machine,
    event: EventBuilder,
    look: impl FnOnce(&EventContext<'_>) -> T,
) -> T {
    event.look(|event| {
        let subject: Subject = machine.apply(event);
        let captured = CapturedEvent {
            event,
            subject: &subject,
            machine,
        };
        let surroundings = Surroundings {
            processes: None,
            clock: &WallClock::default(),
            host: &Host::new("sparrow", Users::new(Path::new("/nowhere"))),
            scratch: &Scratch::new(),
        };
        look(&EventContext::of_capture(&captured, surroundings, 7))
    })
}

fn call(tid: i64) -> EventBuilder {
    EventBuilder::new(CLOSE).unwrap().tid(tid)
}

#[track_caller]
fn check(machine: &mut Machine, tid: i64, expected: &[(&str, FieldValue<'static>)]) {
    let names: Vec<&str> = expected.iter().map(|(name, _)| *name).collect();
    let (values, _) = read(machine, call(tid), &names);
    for ((name, expected), value) in expected.iter().zip(values) {
        assert_eq!(value, *expected, "{name}");
    }
}

#[test]
fn what_a_capture_tells_of_a_container() {
    let mut machine = shop();
    let missing = FieldValue::Missing;
    check(
        &mut machine,
        WEB,
        &[
            ("container.id", text("web")),
            ("container.full_id", text("web0123456789")),
            ("container.type", text("cri-o")),
            ("container.name", text("k8s_web")),
            ("container.image", text("nginx:1.29")),
            ("container.image.repository", text("nginx")),
            ("container.image.digest", text("")),
            ("container.privileged", FieldValue::Bool(true)),
            ("container.host_network", FieldValue::Bool(false)),
            ("container.mounts", text("/a:/b::false:private")),
            ("container.mount.dest[/a]", text("/b")),
            ("container.labels", text("tier:front")),
            ("container.ip", text("10.1.0.7")),
            ("container.cni.json", text("")),
            ("container.healthcheck", missing.clone()),
            ("proc.is_container_healthcheck", missing.clone()),
            ("k8s.pod.name", text("web-0")),
            ("k8s.ns.name", text("shop")),
            ("k8s.pod.uid", text("f1a8")),
            ("k8s.pod.sandbox_id", text("0123456789ab")),
            // The sandbox's own event tells of the network and the labels.
            ("k8s.pod.ip", text("10.1.0.7")),
            ("k8s.pod.cni.json", text("[]")),
            ("k8s.pod.label[app]", text("web")),
            ("k8s.pod.labels", text("app:web")),
            ("k8smeta.pod.name", missing),
        ],
    );
}

#[test]
fn what_it_does_not_tell_of_a_container_is_missing() {
    let mut machine = machine();
    let names = [
        "container.image",
        "container.privileged",
        "k8s.pod.name",
        "container.labels",
    ];
    let (values, enrichment) = read(&mut machine, call(DB), &names);
    assert!(values.iter().all(FieldValue::is_missing), "{values:?}");
    assert_eq!(enrichment, Enrichment::Partial(Reason::NotFound));
    check(&mut machine, DB, &[("container.id", text("db"))]);
    // The host is a container of which everything is known.
    let (values, enrichment) = read(&mut machine, call(HOST), &names);
    let missing = FieldValue::Missing;
    let expected = [text(""), FieldValue::Bool(false), missing, text("")];
    assert_eq!(
        (values, enrichment),
        (expected.into(), Enrichment::Complete)
    );
    check(
        &mut machine,
        HOST,
        &[
            ("container.name", text("host")),
            ("container.type", text("host")),
        ],
    );
}

#[test]
fn an_event_that_tells_of_a_container_is_of_that_one() {
    let mut machine = machine();
    let names = [
        "container.id",
        "container.image",
        "k8s.pod.name",
        "container.name",
    ];
    let (values, _) = read(&mut machine, tell(SHOP), &names);
    let told = ["web", "nginx:1.29", "web-0", "k8s_web"].map(text);
    assert_eq!(values, told);
    let nameless = r#"{"container": {"id": "a"}}"#;
    let (values, _) = read(
        &mut machine,
        tell(nameless),
        &["container.name", "k8s.pod.ip"],
    );
    assert_eq!(values, [text(""), FieldValue::Missing]);
}

#[test]
fn hostile_descriptions_make_no_field_panic() {
    let fields = Fields::new();
    let names: Vec<&str> = fields.iter().map(|(_, row)| row.name).collect();
    let long = "é".repeat(100_000);
    for json in [
        "",
        "{",
        r#"{"container": {"id": "web", "labels": {"": ""}, "Mounts": [{}], "pod_sandbox_id": "é"}}"#,
        r#"{"container": {"id": "web", "type": 4294967295, "created_time": -1, "ip": "x"}}"#,
        &format!(
            r#"{{"container": {{"id": "web", "pod_sandbox_id": "{long}", "name": "\u0000"}}}}"#
        ),
    ] {
        let mut machine = machine();
        for event in [tell(json), call(WEB)] {
            read(&mut machine, event, &names);
        }
    }
}
