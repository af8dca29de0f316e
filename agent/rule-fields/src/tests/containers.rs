//! Fields that the runtime of a container fills.

use super::scene::{
    CONTAINER_ID, DOCKER_CGROUP, POD_CGROUP, POD_UID, Scene, call, exec, find, text,
};
use crate::{Enrichment, Facts, FieldValue, Fields, PathView};
use saker_container_metadata::{
    Command, ContainerInfo, Containers, Image, Limits, Mount, PodSandbox, Reason, Requests,
};
use saker_event_decode::EventBuilder;
use saker_event_schema::event;
use saker_process_state::{ContainerId, ContainerRef, Runtime};
use std::sync::Arc;

/// Somebody who can be asked about containers.
struct Runtimes {
    facts: Facts,
    _requests: Requests,
}

impl Runtimes {
    fn new() -> Self {
        let (containers, requests) = Containers::new(Limits::default(), Box::new(|| {}));
        Self {
            facts: Facts {
                containers,
                ..Facts::none()
            },
            _requests: requests,
        }
    }

    /// The container appeared.
    fn appeared(self) -> Self {
        self.facts.containers.appeared(&Arc::new(ContainerRef {
            id: ContainerId::new(CONTAINER_ID),
            runtime: Runtime::Docker,
            pod_uid: None,
            cgroup_path: b"/x"[..].into(),
        }));
        self
    }

    fn told(self, info: ContainerInfo) -> Self {
        self.facts.containers.learn(info);
        self
    }
}

fn unlink() -> EventBuilder {
    EventBuilder::new(event::UNLINK).set("path", "/tmp/x")
}

fn nothing() -> ContainerInfo {
    ContainerInfo::new(ContainerId::new(CONTAINER_ID), Runtime::Containerd)
}

fn web() -> ContainerInfo {
    let text = |text: &str| Some(text.into());
    let labels = [
        ("io.kubernetes.pod.name", "web-0"),
        ("tier", "front"),
        ("annotation.note", "internal"),
        ("bare", ""),
    ];
    let labels = labels.map(|(key, value)| (key.into(), value.into()));
    let mount = |source: &str, destination: &str, is_writable| Mount {
        source: source.into(),
        destination: destination.into(),
        mode: "z".into(),
        is_writable,
        propagation: "rprivate".into(),
    };
    ContainerInfo {
        name: text("web"),
        image: Image {
            reference: text("docker.io/library/nginx:1.29"),
            id: text("0ca0fed353fb"),
            repository: text("docker.io/library/nginx"),
            tag: text("1.29"),
            digest: text("sha256:b9ff"),
        },
        privileged: Some(true),
        mounts: Some(
            [
                mount("/srv/data", "/data", true),
                mount("/etc/hosts", "/etc/hosts", false),
            ]
            .into(),
        ),
        labels: Some(labels.into()),
        ip: Some([10, 1, 0, 7].into()),
        host_pid: Some(false),
        host_network: Some(true),
        host_ipc: Some(false),
        started_wall_ns: Some(1_534_527_347_500_000_000),
        pod: Some(Arc::new(PodSandbox {
            id: "5ea7330680305ea7330680305ea73306".into(),
            name: text("web-0"),
            namespace: text("shop"),
            uid: text(POD_UID),
            labels: Some([("app".into(), "web".into()), ("a".into(), "1".into())].into()),
            ip: Some([10, 1, 0, 7].into()),
            cni_json: text(r#"{"interfaces":[]}"#),
        })),
        ..nothing()
    }
}

/// A field of a container that the runtime described.
const TOLD: &[(&str, &str)] = &[
    ("container.id", "3ad7b26ded6d"),
    ("container.full_id", CONTAINER_ID),
    ("container.type", "containerd"),
    ("container.name", "web"),
    ("container.image", "docker.io/library/nginx:1.29"),
    ("container.image.id", "0ca0fed353fb"),
    ("container.image.repository", "docker.io/library/nginx"),
    ("container.image.tag", "1.29"),
    ("container.image.digest", "sha256:b9ff"),
    ("container.ip", "10.1.0.7"),
    ("container.cni.json", r#"{"interfaces":[]}"#),
    ("container.label[tier]", "front"),
    ("container.label[bare]", ""),
    ("container.label[io.kubernetes.pod.name]", "web-0"),
    ("container.labels", "bare, tier:front"),
    (
        "container.mounts",
        "/srv/data:/data:z:true:rprivate,/etc/hosts:/etc/hosts:z:false:rprivate",
    ),
    ("container.mount[0]", "/srv/data:/data:z:true:rprivate"),
    (
        "container.mount[/etc]",
        "/etc/hosts:/etc/hosts:z:false:rprivate",
    ),
    ("container.mount.source[1]", "/etc/hosts"),
    ("container.mount.source[^/data$]", "/srv/data"),
    ("container.mount.dest[/srv/*]", "/data"),
    ("container.mount.mode[srv]", "z"),
    ("container.mount.rdwr[0]", "true"),
    ("container.mount.rdwr[hosts$]", "false"),
    ("container.mount.propagation[0]", "rprivate"),
    ("k8s.pod.name", "web-0"),
    ("k8s.ns.name", "shop"),
    ("k8s.pod.uid", POD_UID),
    ("k8s.pod.id", POD_UID),
    ("k8s.pod.sandbox_id", "5ea733068030"),
    (
        "k8s.pod.full_sandbox_id",
        "5ea7330680305ea7330680305ea73306",
    ),
    ("k8s.pod.label[app]", "web"),
    ("k8s.pod.labels", "a:1, app:web"),
    ("k8s.pod.ip", "10.1.0.7"),
    ("k8s.pod.cni.json", r#"{"interfaces":[]}"#),
    ("container.healthcheck", "NONE"),
    ("container.liveness_probe", "NONE"),
    ("saker.enrichment", "complete"),
];

/// What is empty where a runtime described a container and does not say it.
const EMPTY: &[&str] = &[
    "container.name",
    "container.image",
    "container.image.id",
    "container.image.repository",
    "container.image.tag",
    "container.image.digest",
    "container.ip",
    "container.cni.json",
    "container.labels",
    "container.mounts",
    "k8s.pod.sandbox_id",
    "k8s.pod.full_sandbox_id",
    "k8s.pod.labels",
];

/// What is missing then.
const ABSENT: &[&str] = &[
    "container.label[tier]",
    "container.mount[0]",
    "container.mount[/etc]",
    "container.mount.dest[/etc]",
    "container.start_ts",
    "container.duration",
    "k8s.pod.name",
    "k8s.ns.name",
    "k8s.pod.uid",
    "k8s.pod.label[app]",
    "k8s.pod.ip",
    "k8s.pod.cni.json",
];

const TRUTHS: &[&str] = &[
    "container.privileged",
    "container.host_pid",
    "container.host_network",
    "container.host_ipc",
];

fn all() -> impl Iterator<Item = &'static str> {
    EMPTY.iter().chain(ABSENT).chain(TRUTHS).copied()
}

#[test]
fn what_the_runtime_tells() {
    let runtimes = Runtimes::new().appeared().told(web());
    let scene = Scene::new(unlink().cgroup_id(POD_CGROUP)).with_facts(&runtimes.facts);
    for (field, expected) in TOLD {
        scene.text(field, expected);
    }
    for (field, expected) in TRUTHS.iter().zip([true, false, true, false]) {
        assert_eq!(scene.value(field), FieldValue::Bool(expected), "{field}");
    }
    let start = FieldValue::AbsTime(1_534_527_347_500_000_000);
    assert_eq!(scene.value("container.start_ts"), start);
    assert_eq!(
        scene.value("container.duration"),
        FieldValue::RelTime(500_000_000)
    );
    scene.missing(&[
        "container.label[other]",
        "container.mount[2]",
        "container.mount[/proc]",
        "container.mount[^srv]",
        "k8s.pod.label[tier]",
    ]);
}

#[test]
fn what_the_runtime_does_not_say_is_empty() {
    let runtimes = Runtimes::new().appeared().told(nothing());
    let scene = Scene::new(unlink().cgroup_id(DOCKER_CGROUP)).with_facts(&runtimes.facts);
    for field in EMPTY {
        scene.text(field, "");
    }
    scene.missing(ABSENT);
    for field in TRUTHS {
        assert_eq!(scene.value(field), FieldValue::Bool(false), "{field}");
    }
    for field in all() {
        assert_eq!(scene.enrichment_by(field), Enrichment::Complete, "{field}");
    }
}

#[test]
fn what_is_awaited_is_pending_until_patience_ends() {
    let runtimes = Runtimes::new().appeared();
    let mut scene = Scene::new(unlink().cgroup_id(DOCKER_CGROUP)).with_facts(&runtimes.facts);
    scene.text("container.id", "3ad7b26ded6d");
    scene.text("container.type", "docker");
    for field in all() {
        assert_eq!(scene.value(field), FieldValue::Pending, "{field}");
        assert_eq!(scene.enrichment_by(field), Enrichment::Complete, "{field}");
    }
    scene.end_patience();
    for field in all() {
        assert_eq!(scene.value(field), FieldValue::Missing, "{field}");
        let partial = Enrichment::Partial(Reason::TimedOut);
        assert_eq!(scene.enrichment_by(field), partial, "{field}");
    }
    assert_eq!(scene.enrichment_by("container.id"), Enrichment::Complete);
}

#[test]
fn what_is_known_already_is_not_waited_for() {
    let runtimes = Runtimes::new().appeared();
    let mut part = nothing();
    part.name = Some("web".into());
    runtimes.facts.containers.learn_part(part);
    let mut scene = Scene::new(unlink().cgroup_id(DOCKER_CGROUP)).with_facts(&runtimes.facts);
    scene.text("container.name", "web");
    assert_eq!(scene.value("container.image"), FieldValue::Pending);
    scene.end_patience();
    scene.text("container.name", "web");
    assert_eq!(scene.enrichment_by("container.name"), Enrichment::Complete);
    scene.missing(&["container.image"]);
}

#[test]
fn what_nobody_can_tell_is_missing_at_once() {
    let nobody = Facts::none();
    let gone = Runtimes::new().appeared();
    let id = ContainerId::new(CONTAINER_ID);
    gone.facts.containers.give_up(&id, Reason::NotFound);
    for (facts, reason) in [
        (&nobody, Reason::NoRuntime),
        (&gone.facts, Reason::NotFound),
    ] {
        let scene = Scene::new(unlink().cgroup_id(DOCKER_CGROUP)).with_facts(facts);
        for field in all() {
            assert_eq!(scene.value(field), FieldValue::Missing, "{field}");
            assert_eq!(
                scene.enrichment_by(field),
                Enrichment::Partial(reason),
                "{field}"
            );
        }
        scene.text("container.id", "3ad7b26ded6d");
    }
}

#[test]
fn nobody_is_asked_about_the_host() {
    let runtimes = Runtimes::new();
    let scene = Scene::new(unlink().cgroup_id(2)).with_facts(&runtimes.facts);
    scene.text("container.name", "host");
    for field in EMPTY.iter().filter(|field| **field != "container.name") {
        scene.text(field, "");
    }
    scene.missing(ABSENT);
    for field in all() {
        assert_eq!(scene.enrichment_by(field), Enrichment::Complete, "{field}");
    }
    // Nor where nobody knows whether there is a container.
    let scene = Scene::new(unlink()).with_facts(&runtimes.facts);
    for field in all().filter(|field| !field.starts_with("container.start")) {
        let value = scene.value(field);
        assert!(value != FieldValue::Pending, "{field}: {value:?}");
    }
}

#[test]
fn both_views_know_what_one_looked_up_and_lacked() {
    let scene = Scene::new(unlink().cgroup_id(DOCKER_CGROUP)).with_facts(&Facts::none());
    scene.with(PathView::Requested, |context, fields| {
        let resolved = context.with_path_view(PathView::Resolved);
        let (id, _) = find(fields, "container.image");
        assert!(fields.extract(id, None, &resolved).is_missing());
        let partial = Enrichment::Partial(Reason::NoRuntime);
        assert_eq!(
            (context.enrichment(), resolved.enrichment()),
            (partial, partial)
        );
        let (id, _) = find(fields, "saker.enrichment");
        assert_eq!(fields.extract(id, None, context), text("partial"));
    });
}

#[test]
fn all_fields_of_an_event_see_the_same() {
    let runtimes = Runtimes::new().appeared();
    let scene = Scene::new(unlink().cgroup_id(DOCKER_CGROUP)).with_facts(&runtimes.facts);
    let value = |field: &str| scene.value(field);
    scene.with(PathView::Requested, |context, fields| {
        let read = |field| {
            let (id, _) = find(fields, field);
            fields.extract(id, None, context).into_owned()
        };
        assert_eq!(read("container.name"), FieldValue::Pending);
        runtimes.facts.containers.learn(web());
        assert_eq!(
            read("container.image.tag"),
            FieldValue::Pending,
            "of the same event"
        );
    });
    assert_eq!(
        value("container.image.tag"),
        text("1.29"),
        "of the next one"
    );
}

#[test]
fn a_probe_is_what_the_runtime_began() {
    let check = |arguments: &[&str]| Command {
        exe: "/bin/sh".into(),
        arguments: arguments.iter().map(|it| (*it).into()).collect(),
    };
    let mut info = nothing();
    info.probes.healthcheck = Some(check(&["-c", "curl localhost"]));
    info.probes.readiness = Some(check(&["-c", "true"]));
    let runtimes = Runtimes::new().appeared().told(info);
    let is_check = |scene: Scene| {
        let scene = scene.with_facts(&runtimes.facts);
        let is = |field| scene.value(field) == FieldValue::Bool(true);
        let all = [
            "proc.is_container_healthcheck",
            "proc.is_container_readiness_probe",
            "proc.is_container_liveness_probe",
        ];
        all.map(is)
    };
    let inside = |pid, ppid, vpid| {
        move |event: EventBuilder| {
            let event = event.pid(pid).ppid(ppid).vpid(vpid);
            event.start_boot_ns(u64::from(pid)).cgroup_id(DOCKER_CGROUP)
        }
    };
    let shell = |place: &dyn Fn(EventBuilder) -> EventBuilder| {
        place(exec(30, &["/bin/sh", "-c", "curl localhost"], "/bin/sh"))
    };
    // From outside of the container.
    let from_outside = inside(30, 1, 20);
    let scene = Scene::new(shell(&from_outside));
    assert_eq!(is_check(scene), [true, false, false]);
    // Its child.
    let child = inside(31, 30, 21)(exec(31, &["curl", "localhost"], "/usr/bin/curl"));
    let scene = Scene::after(&[shell(&from_outside)], child);
    assert_eq!(is_check(scene), [true, false, false]);
    // The same command, begun by the container's first process.
    let first = inside(29, 1, 1)(exec(29, &["app"], "/app"));
    let scene = Scene::after(&[first], shell(&inside(30, 29, 20)));
    assert_eq!(is_check(scene), [false, false, false]);
    // Another command.
    let other = from_outside(exec(30, &["/bin/sh", "-c", "true"], "/bin/sh"));
    assert_eq!(is_check(Scene::new(other)), [false, true, false]);
    let longer = from_outside(exec(30, &["/bin/sh", "-c", "true", "x"], "/bin/sh"));
    assert_eq!(is_check(Scene::new(longer)), [false, false, false]);

    let scene = Scene::new(shell(&from_outside)).with_facts(&runtimes.facts);
    scene.text("container.healthcheck", "/bin/sh -c curl localhost");
    scene.text("container.liveness_probe", "NONE");
    let host = Scene::new(unlink().cgroup_id(2)).with_facts(&runtimes.facts);
    let no = FieldValue::Bool(false);
    assert_eq!(host.value("proc.is_container_healthcheck"), no);
    host.missing(&["container.healthcheck"]);
}

#[test]
fn the_first_process_of_the_pid_namespace_tells_when_a_container_started() {
    let runtimes = Runtimes::new().appeared();
    let first = exec(29, &["app"], "/app")
        .vpid(1)
        .start_boot_ns(5)
        .cgroup_id(DOCKER_CGROUP);
    let event = call(event::UNLINK, 29, "app")
        .set("path", "/x")
        .vpid(1)
        .start_boot_ns(5);
    let scene = Scene::after(&[first], event.cgroup_id(DOCKER_CGROUP)).with_facts(&runtimes.facts);
    assert_eq!(scene.process().vpid, 1);
    let start = FieldValue::AbsTime(1_534_527_347_000_000_005);
    assert_eq!(scene.value("container.start_ts"), start, "without waiting");
}

#[test]
fn what_no_runtime_would_say_makes_nothing_panic() {
    let long = "é".repeat(5_000);
    let odd: Box<str> = format!("{long}\u{0}\n,: =[*").into();
    let mut info = web();
    info.name = Some(odd.clone());
    info.labels = Some([(odd.clone(), odd.clone()), ("".into(), "".into())].into());
    info.mounts = Some(
        [Mount {
            source: odd.clone(),
            ..Mount::default()
        }]
        .into(),
    );
    info.started_wall_ns = Some(u64::MAX);
    info.pod = Some(Arc::new(PodSandbox {
        id: long.into(),
        ..PodSandbox::default()
    }));
    let runtimes = Runtimes::new().appeared().told(info);
    let scene = Scene::new(unlink().cgroup_id(POD_CGROUP)).with_facts(&runtimes.facts);
    for argument in [
        "[",
        "(",
        "*",
        "a{1000000}",
        "\\",
        "é",
        "0",
        "4294967295",
        "",
    ] {
        for field in [
            "container.mount",
            "container.mount.source",
            "container.label",
            "k8s.pod.label",
        ] {
            drop(scene.value(&format!("{field}[{argument}]")));
        }
    }
    let fields = Fields::new();
    for (_, row) in fields.iter().filter(|(_, row)| row.needs().asks_runtime()) {
        assert_ne!(scene.value(row.name), FieldValue::Pending, "{}", row.name);
    }
    assert_eq!(scene.value("container.duration"), FieldValue::RelTime(0));
    assert!(matches!(
        scene.value("k8s.pod.sandbox_id"),
        FieldValue::Text(_)
    ));
}

#[test]
fn rows_say_whom_they_ask() {
    let fields = Fields::new();
    let needs = |name: &str| fields.row(fields.id(name).unwrap()).unwrap().needs();
    for name in [
        "container.id",
        "container.full_id",
        "proc.name",
        "saker.enrichment",
    ] {
        assert!(needs(name).is_nothing(), "{name}");
    }
    for field in all().chain(["container.type"]) {
        let (id, _) = find(&fields, field);
        assert!(fields.row(id).unwrap().needs().asks_runtime(), "{field}");
    }
}
