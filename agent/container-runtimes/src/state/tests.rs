use super::*;
use crate::config::RuntimesSettings;
use saker_container_metadata::{ContainerKind, Labels, PodSandbox};
use saker_process_state::{ContainerId, Runtime};
use serde_json::{Value, json};
use std::fs;
use tempfile::TempDir;

const ID: &str = "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";
const SANDBOX: &str = "aa01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";
const UID: &str = "3e41dc6b-08a8-44db-bc2a-3724b18ab19a";

/// A host whose root folder is a folder of the test.
struct Host(TempDir);

impl Host {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, path: &str, text: impl ToString) {
        let path = self.0.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.to_string()).unwrap();
    }

    fn find(&self, id: &str) -> Result<Option<State>, RuntimeError> {
        let settings = RuntimesSettings::default();
        let config = RuntimesConfig::new(&settings, self.0.path()).unwrap();
        let container = ContainerRef {
            id: ContainerId::new(id),
            runtime: Runtime::Unknown,
            pod_uid: None,
            cgroup_path: Box::default(),
        };
        find(&config, &container)
    }

    fn state(&self, id: &str) -> State {
        self.find(id).unwrap().expect("a state")
    }
}

/// A specification as containerd writes it, shortened.
fn spec(annotations: Value, namespaces: &[&str]) -> Value {
    let namespaces: Vec<Value> = namespaces
        .iter()
        .map(|namespace| json!({"type": namespace}))
        .collect();
    json!({
        "ociVersion": "1.0.2-dev",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": ["sh"],
            "capabilities": {"bounding": ["CAP_CHOWN", "CAP_KILL"]},
            "apparmorProfile": "cri-containerd.apparmor.d"
        },
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid"]},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["ro"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["mode=1777"]},
            {"destination": "/data", "type": "bind", "source": "/srv/data", "options": ["rbind", "rslave", "ro"]},
            {"destination": "/etc/hosts", "type": "bind", "source": "/var/lib/hosts", "options": ["rbind", "rprivate", "rw"]}
        ],
        "annotations": annotations,
        "linux": {
            "namespaces": namespaces,
            "maskedPaths": ["/proc/acpi"],
            "readonlyPaths": ["/proc/bus"],
            "rootfsPropagation": "rslave"
        }
    })
}

fn cri_annotations(kind: &str) -> Value {
    json!({
        "io.kubernetes.cri.container-type": kind,
        "io.kubernetes.cri.container-name": "server",
        "io.kubernetes.cri.image-name": "docker.io/library/busybox:1.36",
        "io.kubernetes.cri.sandbox-id": SANDBOX,
        "io.kubernetes.cri.sandbox-name": "web-0",
        "io.kubernetes.cri.sandbox-namespace": "shop",
        "io.kubernetes.cri.sandbox-uid": UID
    })
}

const OWN: [&str; 4] = ["pid", "network", "ipc", "mount"];

#[test]
fn without_files_there_is_nothing() {
    let host = Host::new();
    assert!(host.find(ID).unwrap().is_none());
    assert!(host.find("../../etc").unwrap().is_none());
}

#[test]
fn a_container_of_containerds_cri_plugin() {
    let host = Host::new();
    let task = "/run/containerd/io.containerd.runtime.v2.task/k8s.io";
    // The container joins the host's namespaces by their paths; only its sandbox tells whose they are.
    host.write(
        &format!("{task}/{ID}/config.json"),
        spec(cri_annotations("container"), &OWN),
    );
    host.write(
        &format!("{task}/{SANDBOX}/config.json"),
        spec(cri_annotations("sandbox"), &["ipc", "pid", "mount"]),
    );
    let state = host.state(ID);
    assert_eq!(state.owner, Owner::Engine(Engine::Cri));
    let info = &state.info;
    assert_eq!(info.id.full(), ID);
    assert_eq!(info.runtime, Runtime::Containerd);
    assert_eq!(info.kind, ContainerKind::Container);
    assert_eq!(info.name.as_deref(), Some("server"));
    assert_eq!(
        info.image.reference.as_deref(),
        Some("docker.io/library/busybox:1.36")
    );
    assert_eq!(
        info.image.repository.as_deref(),
        Some("docker.io/library/busybox")
    );
    assert_eq!(info.image.tag.as_deref(), Some("1.36"));
    assert_eq!(info.privileged, Some(false));
    assert_eq!(
        (info.host_network, info.host_pid, info.host_ipc),
        (Some(true), Some(false), Some(false))
    );
    let mounts: Vec<_> = info
        .mounts
        .iter()
        .flatten()
        .map(|mount| {
            (
                &*mount.source,
                &*mount.destination,
                mount.is_writable,
                &*mount.propagation,
            )
        })
        .collect();
    assert_eq!(
        mounts,
        [
            ("/srv/data", "/data", false, "rslave"),
            ("/var/lib/hosts", "/etc/hosts", true, "private"),
        ]
    );
    let expected = PodSandbox {
        id: SANDBOX.into(),
        name: Some("web-0".into()),
        namespace: Some("shop".into()),
        uid: Some(UID.into()),
        ..PodSandbox::default()
    };
    assert_eq!(info.pod.as_deref(), Some(&expected));
    let labels = info.labels.as_ref().unwrap();
    assert_eq!(&*labels["io.kubernetes.pod.name"], "web-0");

    // Only what the runtime will say as well is held true before it answers.
    let part = state.part();
    assert_eq!(part.name.as_deref(), Some("server"));
    assert_eq!(part.host_network, Some(true));
    assert_eq!(part.pod.as_deref(), Some(&expected));
    assert_eq!(part.privileged, None);
    assert_eq!(part.mounts, None);
    assert_eq!(part.labels, None);
    assert_eq!(part.image, saker_container_metadata::Image::default());
}

#[test]
fn a_sandbox_of_containerds_cri_plugin() {
    let host = Host::new();
    host.write(
        &format!("/run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/{SANDBOX}/config.json"),
        spec(cri_annotations("sandbox"), &["ipc", "mount", "network"]),
    );
    let info = host.state(SANDBOX).info;
    assert_eq!(info.kind, ContainerKind::Sandbox);
    assert_eq!(info.name, None);
    assert_eq!(info.host_pid, Some(true));
    assert_eq!(info.pod.unwrap().name.as_deref(), Some("web-0"));
}

#[test]
fn a_container_whose_sandbox_is_not_there_says_less() {
    let host = Host::new();
    host.write(
        &format!("/run/containerd/io.containerd.runtime.v2.task/k8s.io/{ID}/config.json"),
        spec(cri_annotations("container"), &OWN),
    );
    let info = host.state(ID).info;
    assert_eq!(info.host_network, None);
    assert_eq!(info.name.as_deref(), Some("server"));
}

#[test]
fn a_container_of_containerds_own_tools_is_known_by_files_only() {
    let host = Host::new();
    host.write(
        "/run/containerd/io.containerd.runtime.v2.task/default/web-1/config.json",
        spec(json!({}), &OWN),
    );
    let state = host.state("web-1");
    assert_eq!(state.owner, Owner::Nobody);
    assert_eq!(state.info.name.as_deref(), Some("web-1"));
    assert_eq!(state.info.host_pid, Some(false));
    let mounts = state.info.mounts.unwrap();
    assert_eq!(mounts.len(), 5);
    assert_eq!(&*mounts[2].mode, "1777");
    assert_eq!(&*mounts[0].propagation, "rslave");

    let nerdctl = json!({"nerdctl/name": "shop"});
    host.write(
        &format!("/run/containerd/io.containerd.runtime.v2.task/default/{ID}/config.json"),
        spec(nerdctl, &OWN),
    );
    assert_eq!(host.state(ID).info.name.as_deref(), Some("shop"));
}

#[test]
fn nothing_kept_from_a_container_makes_it_privileged() {
    let host = Host::new();
    let privileged = |change: &dyn Fn(&mut Value)| {
        let mut spec = spec(json!({}), &OWN);
        spec["linux"]["maskedPaths"] = Value::Null;
        spec["linux"]["readonlyPaths"] = Value::Null;
        spec["process"]["apparmorProfile"] = "unconfined".into();
        spec["process"]["capabilities"]["bounding"] = json!(["CAP_CHOWN", "CAP_SYS_ADMIN"]);
        spec["mounts"][1]["options"] = json!(["rw"]);
        change(&mut spec);
        host.write(
            "/run/containerd/io.containerd.runtime.v2.task/default/x/config.json",
            spec,
        );
        host.state("x").info.privileged.unwrap()
    };
    assert!(privileged(&|_| {}));
    assert!(!privileged(
        &|spec| spec["linux"]["maskedPaths"] = json!(["/proc/acpi"])
    ));
    assert!(!privileged(
        &|spec| spec["linux"]["readonlyPaths"] = json!(["/proc/bus"])
    ));
    assert!(!privileged(
        &|spec| spec["linux"]["seccomp"] = json!({"defaultAction": "x"})
    ));
    assert!(!privileged(
        &|spec| spec["process"]["apparmorProfile"] = "x".into()
    ));
    assert!(!privileged(
        &|spec| spec["process"]["selinuxLabel"] = "x".into()
    ));
    assert!(!privileged(
        &|spec| spec["mounts"][1]["options"] = json!(["ro"])
    ));
    assert!(!privileged(
        &|spec| spec["process"]["capabilities"]["bounding"] = json!(["CAP_CHOWN"])
    ));
    assert!(!privileged(
        &|spec| spec["process"]["capabilities"] = Value::Null
    ));
}

#[test]
fn what_runc_notes_leads_to_the_bundle() {
    let host = Host::new();
    let noted =
        |bundle: &str| json!({"id": ID, "config": {"labels": [format!("bundle={bundle}")]}});
    host.write("/srv/bundles/one/config.json", spec(json!({}), &["pid"]));
    host.write(
        &format!("/run/runc/{ID}/state.json"),
        noted("/srv/bundles/one"),
    );
    let state = host.state(ID);
    assert_eq!(state.owner, Owner::Nobody);
    assert_eq!(state.info.host_network, Some(true));

    // Docker's, with its own folder of state out of reach.
    host.write(
        &format!("/run/docker/runtime-runc/moby/{SANDBOX}/state.json"),
        noted("/srv/bundles/one"),
    );
    let state = host.state(SANDBOX);
    assert_eq!(state.owner, Owner::Engine(Engine::Docker));
    assert_eq!(state.part().privileged, None);

    // A bundle that lies elsewhere is not read.
    for bundle in ["/srv/../srv/bundles/one", "bundles/one"] {
        host.write("/run/runc/other/state.json", noted(bundle));
        assert!(host.find("other").unwrap().is_none(), "{bundle}");
    }
    host.write(
        "/run/runc/none/state.json",
        json!({"config": {"labels": null}}),
    );
    assert!(host.find("none").unwrap().is_none());
    host.write("/run/runc/null/state.json", json!({"config": null}));
    assert!(host.find("null").unwrap().is_none());
}

fn crio_annotations(kind: &str) -> Value {
    let labels = json!({
        "io.kubernetes.container.name": "server",
        "io.kubernetes.pod.name": "web-0",
        "io.kubernetes.pod.namespace": "shop",
        "io.kubernetes.pod.uid": UID,
        "app": "shop"
    });
    json!({
        "io.container.manager": "cri-o",
        "io.kubernetes.cri-o.ContainerType": kind,
        "io.kubernetes.cri-o.ContainerID": ID,
        "io.kubernetes.cri-o.Created": "2026-11-21T10:00:00.5Z",
        "io.kubernetes.cri-o.SandboxID": SANDBOX,
        "io.kubernetes.cri-o.Labels": labels.to_string(),
        "io.kubernetes.cri-o.ImageName": "quay.io/shop/server:2",
        "io.kubernetes.cri-o.ImageRef": "1d00",
        "io.kubernetes.cri-o.KubeName": "web-0",
        "io.kubernetes.cri-o.Namespace": "shop",
        "io.kubernetes.cri-o.IP.0": "10.85.0.7",
        "io.kubernetes.cri-o.CNIResult": "{\"cniVersion\":\"1.0.0\"}"
    })
}

#[test]
fn a_container_of_crio() {
    let host = Host::new();
    let parent = "/run/containers/storage/overlay-containers";
    host.write(
        &format!("{parent}/{ID}/userdata/config.json"),
        spec(crio_annotations("container"), &OWN),
    );
    host.write(
        &format!("{parent}/{SANDBOX}/userdata/config.json"),
        spec(crio_annotations("sandbox"), &["network", "mount", "pid"]),
    );
    let state = host.state(ID);
    assert_eq!(state.owner, Owner::Engine(Engine::Cri));
    let info = state.info;
    assert_eq!(info.runtime, Runtime::Crio);
    assert_eq!(info.name.as_deref(), Some("server"));
    assert_eq!(
        info.image.repository.as_deref(),
        Some("quay.io/shop/server")
    );
    assert_eq!(info.image.id.as_deref(), Some("1d00"));
    assert_eq!(info.host_ipc, Some(true));
    assert_eq!(info.host_network, Some(false));
    assert_eq!(info.ip, "10.85.0.7".parse().ok());
    assert_eq!(info.cni_json.as_deref(), Some("{\"cniVersion\":\"1.0.0\"}"));
    assert_eq!(info.created_wall_ns, Some(1_795_255_200_500_000_000));
    let labels: Labels = info.labels.unwrap();
    assert_eq!(&*labels["app"], "shop");
    assert_eq!(&*labels["io.kubernetes.sandbox.id"], SANDBOX);
    let pod = info.pod.unwrap();
    assert_eq!(pod.uid.as_deref(), Some(UID));
    assert_eq!(&*pod.labels.as_ref().unwrap()["app"], "shop");

    let sandbox = host.state(SANDBOX).info;
    assert_eq!(sandbox.kind, ContainerKind::Sandbox);
    assert_eq!(sandbox.ip, "10.85.0.7".parse().ok());
}

#[test]
fn a_container_of_podman() {
    let host = Host::new();
    let annotations = json!({
        "io.container.manager": "libpod",
        "io.kubernetes.cri-o.Created": "2026-11-21T10:00:00Z",
        "io.podman.annotations.privileged": "TRUE"
    });
    let parent = "/var/lib/containers/storage/overlay-containers";
    host.write(
        &format!("{parent}/{ID}/userdata/config.json"),
        spec(annotations.clone(), &OWN),
    );
    let metadata = json!({"image-name": "localhost/x:1", "image-id": "1d", "name": "shop"});
    host.write(
        &format!("{parent}/containers.json"),
        json!([
            {"id": "other", "metadata": null},
            {"id": ID, "names": ["shop"], "metadata": metadata.to_string()}
        ]),
    );
    let state = host.state(ID);
    assert_eq!(state.owner, Owner::Engine(Engine::Podman));
    assert_eq!(state.info.name.as_deref(), Some("shop"));
    assert_eq!(state.info.image.reference.as_deref(), Some("localhost/x:1"));
    assert_eq!(state.info.image.id.as_deref(), Some("1d"));
    assert_eq!(state.part().privileged, Some(true));

    // Another driver; and the container will be removed when it ends, so another list has it.
    let vfs = Host::new();
    let parent_of_vfs = "/var/lib/containers/storage/vfs-containers";
    vfs.write(
        &format!("{parent_of_vfs}/{ID}/userdata/config.json"),
        spec(annotations.clone(), &OWN),
    );
    vfs.write(
        "/run/containers/storage/vfs-containers/volatile-containers.json",
        json!([{"id": ID, "names": ["shop"], "metadata": metadata.to_string()}]),
    );
    assert_eq!(vfs.state(ID).info.name.as_deref(), Some("shop"));

    // The list is damaged: less is known.
    host.write(&format!("{parent}/containers.json"), "[{");
    assert_eq!(host.state(ID).info.name, None);

    let mut infra = annotations;
    infra["io.kubernetes.cri-o.ContainerType"] = "sandbox".into();
    host.write(
        &format!("{parent}/{ID}/userdata/config.json"),
        spec(infra, &OWN),
    );
    assert_eq!(host.state(ID).info.kind, ContainerKind::Infra);
}

#[test]
fn a_container_of_docker() {
    let host = Host::new();
    let parent = format!("/var/lib/docker/containers/{ID}");
    host.write(
        &format!("{parent}/config.v2.json"),
        json!({
            "ID": ID,
            "Created": "2026-11-21T10:00:00Z",
            "Name": "/shop",
            "Image": "sha256:1d",
            "Config": {
                "Image": "registry:5000/shop:3",
                "Labels": {"app": "shop", "long": "x".repeat(101)}
            },
            "MountPoints": {
                "/data": {"Source": "/srv", "Destination": "/data", "RW": true, "Propagation": "rprivate", "Relabel": "z"}
            }
        }),
    );
    let without_host = host.state(ID).info;
    assert_eq!(without_host.privileged, None);
    assert_eq!(without_host.host_pid, None);
    host.write(
        &format!("{parent}/hostconfig.json"),
        json!({"Privileged": true, "NetworkMode": "host", "PidMode": "", "IpcMode": "private"}),
    );
    let state = host.state(ID);
    assert_eq!(state.owner, Owner::Engine(Engine::Docker));
    let info = &state.info;
    assert_eq!(info.name.as_deref(), Some("shop"));
    assert_eq!(info.image.repository.as_deref(), Some("registry:5000/shop"));
    assert_eq!(info.image.id.as_deref(), Some("1d"));
    assert_eq!(info.labels.as_ref().unwrap().len(), 1);
    assert_eq!(
        (info.host_network, info.host_pid, info.host_ipc),
        (Some(true), Some(false), Some(false))
    );
    let mount = &info.mounts.as_ref().unwrap()[0];
    assert_eq!((&*mount.source, &*mount.mode), ("/srv", "z"));
    assert_eq!(state.part().privileged, Some(true));
}

#[test]
fn damaged_files_are_errors_that_name_their_place() {
    let host = Host::new();
    let path = format!("/run/containerd/io.containerd.runtime.v2.task/k8s.io/{ID}/config.json");
    for text in [
        "",
        "null",
        "{\"annotations\": 7}",
        "{\"mounts\": [7]}",
        "\u{0}\u{1}",
        &"[".repeat(100_000),
    ] {
        host.write(&path, text);
        let error = host.find(ID).unwrap_err().to_string();
        assert!(error.contains("config.json, line 1, column "), "{error}");
    }
    // What is only empty says nothing.
    host.write(
        &path,
        "{\"annotations\": null, \"linux\": null, \"process\": null}",
    );
    let info = host.state(ID).info;
    assert_eq!(info.name, None);
    assert_eq!(info.pod, None);
}
