//! `ka.req.pod.*`.

use super::audit::Audit;
use crate::FieldValue;
use serde_json::json;

fn pod() -> Audit {
    Audit::of_object(json!({"spec": {
        "hostNetwork": true,
        "hostPID": false,
        "hostIPC": true,
        "securityContext": {"runAsUser": 1000, "runAsGroup": 50, "fsGroup": 60, "supplementalGroups": [1, 2]},
        "containers": [
            {
                "name": "web",
                "image": "registry:5000/web:1",
                "command": ["sh", "-c"],
                "args": ["sleep", "1"],
                "ports": [{"containerPort": 80}, {"containerPort": 81, "hostPort": 8081}, {}],
                "securityContext": {
                    "privileged": true,
                    "runAsUser": 0,
                    "allowPrivilegeEscalation": true,
                    "readOnlyRootFilesystem": false,
                    "procMount": "Unmasked",
                    "capabilities": {"add": ["NET_ADMIN", "SYS_TIME"]}
                }
            },
            {"name": "log", "image": "log@sha256:0f", "securityContext": {"runAsGroup": 7}}
        ],
        "initContainers": [{"name": "init", "image": "init:1", "ports": [{"containerPort": 1}]}],
        "ephemeralContainers": [{"name": "debug", "image": "busybox", "command": ["sh"]}],
        "volumes": [
            {"name": "a", "hostPath": {"path": "/etc"}},
            {"name": "b", "configMap": {}},
            {"name": "c", "hostPath": {"path": "/var/run/docker.sock"}},
            {"name": "d", "flexVolume": {"driver": "x/y"}}
        ]
    }}))
}

#[test]
fn containers() {
    let pod = pod();
    let list = |part: &str, expected: &[&str]| {
        pod.list(&format!("ka.req.pod.containers.{part}"), expected);
    };
    list("name", &["web", "log"]);
    list("name[1]", &["log"]);
    list("image", &["registry:5000/web:1", "log@sha256:0f"]);
    list("image.repository", &["registry:5000/web", "log"]);
    list("image.repository[1]", &["log"]);
    list("command", &["sh -c"]);
    list("args", &["sleep 1"]);
    list("host_port", &["80", "8081"]);
    list("privileged", &["true"]);
    list("allow_privilege_escalation", &["true"]);
    list("read_only_fs", &["false"]);
    list("run_as_user", &["0"]);
    list("eff_run_as_user", &["0", "1000"]);
    list("run_as_group", &["7"]);
    list("eff_run_as_group", &["50", "7"]);
    list("eff_run_as_group[1]", &["7"]);
    list("proc_mount", &["Unmasked"]);
    list("add_capabilities", &[r#"["NET_ADMIN","SYS_TIME"]"#]);
    pod.missing(&[
        "ka.req.pod.containers.name[2]",
        "ka.req.pod.containers.privileged[1]",
        "ka.req.pod.containers.command[1]",
    ]);
}

#[test]
fn other_containers_are_apart() {
    let pod = pod();
    pod.list("ka.req.pod.initContainers.image.repository", &["init"]);
    pod.list("ka.req.pod.initContainers.host_port", &["1"]);
    pod.list("ka.req.pod.initContainers.eff_run_as_user", &["1000"]);
    pod.list("ka.req.pod.ephemeralContainers.name", &["debug"]);
    pod.list("ka.req.pod.ephemeralContainers.command", &["sh"]);
    pod.missing(&[
        "ka.req.pod.initContainers.privileged",
        "ka.req.pod.initContainers.command",
        "ka.req.pod.ephemeralContainers.args",
    ]);
}

#[test]
fn the_pod_as_a_whole() {
    let pod = pod();
    pod.text("ka.req.pod.host_network", "true");
    pod.text("ka.req.container.host_network", "true");
    pod.text("ka.req.pod.host_pid", "false");
    pod.text("ka.req.pod.host_ipc", "true");
    pod.text("ka.req.pod.run_as_user", "1000");
    pod.text("ka.req.pod.run_as_group", "50");
    pod.text("ka.req.pod.fs_group", "60");
    pod.list("ka.req.pod.supplemental_groups", &["1", "2"]);
    pod.text("ka.req.container.image", "registry:5000/web:1");
    pod.text("ka.req.container.image.repository", "registry:5000/web");
    pod.text("ka.req.container.privileged", "true");
}

#[test]
fn volumes() {
    let pod = pod();
    pod.list(
        "ka.req.pod.volumes.hostpath",
        &["/etc", "/var/run/docker.sock"],
    );
    pod.list("ka.req.pod.volumes.hostpath[2]", &["/var/run/docker.sock"]);
    pod.missing(&["ka.req.pod.volumes.hostpath[1]"]);
    pod.list("ka.req.pod.volumes.flexvolume_driver", &["x/y"]);
    pod.list(
        "ka.req.pod.volumes.volume_type",
        &["hostPath", "configMap", "hostPath", "flexVolume"],
    );
    pod.list("ka.req.pod.volumes.volume_type[1]", &["configMap"]);
    for (path, expected) in [
        ("/etc", "true"),
        ("/etc/", "false"),
        ("/et*", "true"),
        ("/var/run/docker.sock", "true"),
        ("/proc*", "false"),
        ("*", "true"),
    ] {
        pod.text(&format!("ka.req.volume.hostpath[{path}]"), expected);
    }
}

#[test]
fn what_a_request_lacks_is_missing() {
    let none = Audit::of_object(json!({"spec": {"containers": []}}));
    none.missing(&[
        "ka.req.pod.containers.image",
        "ka.req.pod.initContainers.image",
        "ka.req.pod.containers.eff_run_as_user",
        "ka.req.container.image",
        "ka.req.pod.volumes.hostpath",
        "ka.req.volume.hostpath[/etc]",
        "ka.req.pod.host_pid",
    ]);
    none.text("ka.req.container.privileged", "false");
    let unusual = Audit::of_object(json!({"spec": {"containers": [
        {"image": "a"}, {"command": "sh", "args": [1], "ports": 7}
    ]}}));
    unusual.list("ka.req.pod.containers.eff_run_as_user", &["0", "0"]);
    unusual.list("ka.req.pod.containers.image[0]", &["a"]);
    // As in Falco, a list of all images that lacks one is no list of all images.
    unusual.missing(&[
        "ka.req.pod.containers.image",
        "ka.req.pod.containers.command",
        "ka.req.pod.containers.args",
        "ka.req.pod.containers.host_port",
        "ka.req.pod.containers.privileged",
    ]);
    assert_eq!(
        Audit::of_object(json!(null)).value("ka.req.container.privileged"),
        FieldValue::Missing
    );
}
