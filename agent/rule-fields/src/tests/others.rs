//! The small namespaces.

use super::scene::{CONTAINER_ID, POD_CGROUP, Scene};
use crate::FieldValue;
use saker_event_decode::EventBuilder;
use saker_event_schema::event;

fn unlink() -> EventBuilder {
    EventBuilder::new(event::UNLINK).set("path", "/x")
}

#[test]
fn users() {
    let scene = Scene::new(unlink().uid(1000).loginuid(0));
    assert_eq!(scene.value("user.uid"), FieldValue::Uint(1000));
    scene.text("user.name", "ann");
    scene.text("user.homedir", "/home/ann");
    scene.text("user.shell", "/bin/zsh");
    assert_eq!(scene.value("user.loginuid"), FieldValue::Int(0));
    scene.text("user.loginname", "root");
    let unknown = Scene::new(unlink().uid(4242));
    unknown.text("user.name", "<NA>");
    assert_eq!(unknown.value("user.loginuid"), FieldValue::Int(-1));
    unknown.text("user.loginname", "<NA>");
}

#[test]
fn groups() {
    let scene = Scene::new(unlink().gid(50));
    assert_eq!(scene.value("group.gid"), FieldValue::Uint(50));
    scene.text("group.name", "staff");
    Scene::new(unlink().gid(51)).text("group.name", "<NA>");
}

#[test]
fn on_the_host() {
    let scene = Scene::new(unlink().cgroup_id(2));
    scene.text("container.id", "host");
    scene.text("container.full_id", "host");
    scene.text("container.name", "host");
    scene.text("container.type", "host");
    // As in Falco, what a container has is empty or false, and what a pod's labels tell is missing.
    for field in [
        "container.image",
        "container.image.repository",
        "container.mounts",
        "container.ip",
        "container.labels",
        "k8s.pod.sandbox_id",
        "k8s.pod.labels",
    ] {
        scene.text(field, "");
    }
    for field in ["container.privileged", "container.host_network"] {
        assert_eq!(scene.value(field), FieldValue::Bool(false), "{field}");
    }
    scene.missing(&[
        "container.label[x]",
        "container.mount[0]",
        "k8s.pod.name",
        "k8s.ns.name",
        "k8s.pod.uid",
        "k8s.pod.label[x]",
    ]);
}

#[test]
fn in_a_container() {
    let scene = Scene::new(unlink().cgroup_id(POD_CGROUP));
    scene.text("container.id", &CONTAINER_ID[..12]);
    scene.text("container.full_id", CONTAINER_ID);
    scene.text("container.type", "containerd");
    scene.text("k8s.pod.uid", "f1a8f0e4-0b6f-4e6c-8b38-6a1c6b8a6a5d");
    scene.text("k8s.pod.id", "f1a8f0e4-0b6f-4e6c-8b38-6a1c6b8a6a5d");
    scene.missing(&[
        "container.name",
        "container.image.repository",
        "container.privileged",
        "k8s.pod.labels",
        "container.mount.dest[/etc]",
        "k8s.ns.name",
        "fdlist.nums",
    ]);
    scene.missing(&["util.cnt"]);
}
