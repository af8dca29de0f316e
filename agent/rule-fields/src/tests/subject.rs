//! Who an event is about.

use super::captured_containers::{look, shop, shop_event};
use super::cluster::{EVERYTHING, cluster_with, objects};
use super::proc::line;
use super::scene::{BOOT_WALL_NS, CONTAINER_ID, POD_CGROUP, POD_UID, Scene, audit, call, exec};
use crate::{Enrichment, Facts, PathView, SUBJECT_ANCESTORS_MAX, Subject, schema_digest};
use saker_audit_source::{Batch, Limits};
use saker_event_decode::EventBuilder;
use saker_event_schema::event;

fn subject(scene: &Scene) -> Subject {
    scene.with(PathView::Requested, |context, _| context.subject())
}

fn names(subject: &Subject) -> Vec<&[u8]> {
    let ancestors = subject.ancestors.iter();
    ancestors
        .map(|relative| relative.process.comm.as_bytes())
        .collect()
}

#[test]
fn the_process_and_its_ancestors() {
    let scene = line();
    let subject = subject(&scene);
    let process = subject.process.as_ref().unwrap();
    assert_eq!(process.process.pid().0, 300);
    assert_eq!(process.process.exe_path(), Some(&b"/usr/bin/cat"[..]));
    // The record is the table's own.
    assert!(std::ptr::eq(&raw const *process.process, scene.process()));
    assert_eq!(process.ids, Some((0, 0)));
    assert_eq!(process.user_name.as_deref(), Some(&b"root"[..]));
    let start_boot_ns = process.process.start_time().0;
    assert_eq!(process.start_boot_ns, Some(start_boot_ns));
    let start_wall_ns = BOOT_WALL_NS.unsigned_abs() + start_boot_ns;
    assert_eq!(process.start_wall_ns, Some(start_wall_ns));
    assert_eq!(subject.tid, Some(301));
    assert_eq!(subject.event_type.as_deref(), Some(&b"openat"[..]));
    assert_eq!(names(&subject), [&b"bash"[..], b"sshd"]);
    assert!(subject.container.is_none() && subject.pod.is_none());
}

#[test]
fn the_events_word_about_the_user_comes_first() {
    let scene = Scene::after(
        &[exec(7, &["x"], "/bin/x")],
        call(event::UNLINK, 7, "x").uid(1000).gid(1001),
    );
    let process = subject(&scene).process.unwrap();
    assert_eq!(process.ids, Some((1000, 1001)));
    assert_eq!(process.user_name.as_deref(), Some(&b"ann"[..]));
}

#[test]
fn no_more_ancestors_than_the_bound() {
    let fork = |parent: u32, child: u32| {
        call(event::SCHED_PROCESS_FORK, parent, "x")
            .ppid(parent - 1)
            .set("child_pid", i64::from(child))
            .set("child_tid", i64::from(child))
            .set("child_vpid", i64::from(child))
            .set("child_vtid", i64::from(child))
            .set("child_start", 1_u64)
            .set("child_exec_id", 2_u64)
            .set("child_cgroup", 2_u64)
    };
    let last = 2 * u32::try_from(SUBJECT_ANCESTORS_MAX).unwrap();
    let history: Vec<EventBuilder> = (100..100 + last).map(|pid| fork(pid, pid + 1)).collect();
    let unlink = call(event::UNLINK, 100 + last, "x").ppid(100 + last - 1);
    let scene = Scene::after(&history, unlink);
    let subject = subject(&scene);
    assert_eq!(subject.ancestors.len(), SUBJECT_ANCESTORS_MAX);
    let nearest = subject.ancestors[0].process.pid().0;
    assert_eq!(nearest, 100 + last - 1);
}

fn in_pod(facts: &Facts) -> Scene {
    let event = EventBuilder::new(event::UNLINK).cgroup_id(POD_CGROUP);
    Scene::new(event).with_facts(facts)
}

#[test]
fn the_container_and_the_pod() {
    let subject = subject(&in_pod(&cluster_with(EVERYTHING, objects())));
    let container = subject.container.unwrap();
    assert_eq!(*container.id, CONTAINER_ID[..12]);
    assert_eq!(container.full_id.as_deref(), Some(CONTAINER_ID));
    assert_eq!(container.runtime, Some("containerd"));
    let pod = subject.pod.unwrap();
    assert_eq!(pod.name.as_deref(), Some("web-5d-x"));
    assert_eq!(pod.namespace.as_deref(), Some("shop"));
    assert_eq!(pod.uid.as_deref(), Some(POD_UID));
    assert_eq!(pod.service_account.as_deref(), Some("robot"));
    assert_eq!(
        *pod.labels,
        [("app".into(), "web".into()), ("bare".into(), "".into())]
    );
    let workload = pod.workload.unwrap();
    assert_eq!(
        (&*workload.kind_name, &*workload.name),
        ("Deployment", "web")
    );
    assert_eq!(subject.kube_node.as_deref(), None);
}

#[test]
fn what_is_not_known_of_a_subject_is_not_lacking() {
    let scene = in_pod(&Facts::none());
    scene.with(PathView::Requested, |context, _| {
        let subject = context.subject();
        assert!(subject.container.unwrap().info.is_none());
        let pod = subject.pod.unwrap();
        assert_eq!(pod.uid.as_deref(), Some(POD_UID));
        assert_eq!(pod.name, None);
        assert_eq!(context.enrichment(), Enrichment::Complete);
    });
}

#[test]
fn a_capture_tells_of_container_and_pod() {
    look(&mut shop(), shop_event(), |context| {
        let subject = context.subject();
        let process = subject.process.unwrap();
        assert_eq!(process.process.pid().0, 1);
        assert_eq!(process.start_boot_ns, None);
        assert_eq!(subject.event_type.as_deref(), Some(&b"close"[..]));
        let container = subject.container.unwrap();
        assert_eq!(&*container.id, "web");
        assert_eq!(container.full_id.as_deref(), Some("web0123456789"));
        let image = &container.info.as_ref().unwrap().image;
        assert_eq!(image.reference.as_deref(), Some("nginx:1.29"));
        let pod = subject.pod.unwrap();
        assert_eq!(pod.name.as_deref(), Some("web-0"));
        assert_eq!(pod.namespace.as_deref(), Some("shop"));
        assert_eq!(pod.uid.as_deref(), Some("f1a8"));
        assert_eq!(*pod.labels, [("app".into(), "web".into())]);
    });
}

#[test]
fn no_process_makes_an_audit_event() {
    let line = br#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a","stage":"ResponseComplete",
        "stageTimestamp":"2026-01-01T00:00:00.000000Z","verb":"create","user":{"username":"jane"},"sourceIPs":["10.0.0.1",7],
        "objectRef":{"resource":"pods","subresource":"exec","namespace":"shop","name":"web-0"},
        "responseStatus":{"code":101}}"#;
    let line: Vec<u8> = line.iter().copied().filter(|byte| *byte != b'\n').collect();
    let batch = Batch::from_lines(&line, &Limits::default());
    audit(&batch.events[0], |context, _| {
        let subject = context.subject();
        assert!(subject.process.is_none() && subject.container.is_none());
        assert!(subject.pod.is_none() && subject.ancestors.is_empty());
        let request = subject.request.unwrap();
        assert_eq!((&*request.user, &*request.verb), ("jane", "create"));
        assert_eq!(
            (&*request.resource, &*request.subresource),
            ("pods", "exec")
        );
        assert_eq!((&*request.namespace, &*request.name), ("shop", "web-0"));
        assert_eq!(request.source_addresses, ["10.0.0.1".into()]);
        assert_eq!(
            (&*request.impersonated_user, request.status),
            ("", Some(101))
        );
    });
}

#[test]
fn the_digest_of_the_tables_is_the_same_again() {
    assert_eq!(schema_digest(), schema_digest());
    assert_ne!(schema_digest().0, [0; 32]);
}
