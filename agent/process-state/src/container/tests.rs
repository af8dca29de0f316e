use super::*;

const ID: &str = "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";
const OTHER: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const POD: &str = "5a9f1c55-8d2b-4b0c-9d64-1b2f3a4c5d6e";
const POD_SLICE: &str = "5a9f1c55_8d2b_4b0c_9d64_1b2f3a4c5d6e";

struct Case {
    path: String,
    id: &'static str,
    runtime: Runtime,
    pod: Option<&'static str>,
}

fn case(path: String, runtime: Runtime, pod: Option<&'static str>) -> Case {
    Case {
        path,
        id: ID,
        runtime,
        pod,
    }
}

fn cases() -> Vec<Case> {
    use Runtime::*;
    let burstable =
        format!("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{POD_SLICE}.slice");
    vec![
        case(format!("/docker/{ID}"), Docker, None),
        case(format!("/system.slice/docker-{ID}.scope"), Docker, None),
        case(
            format!("/system.slice/docker-{ID}.scope/init.scope"),
            Docker,
            None,
        ),
        case(
            format!("/docker/{ID}/system.slice/ssh.service"),
            Docker,
            None,
        ),
        case(format!("/actions_job/{ID}"), Docker, None),
        case(format!("/ecs/0e8c1b2a/{ID}"), Docker, None),
        case(
            format!("{burstable}/cri-containerd-{ID}.scope"),
            Containerd,
            Some(POD),
        ),
        case(format!("{burstable}/docker-{ID}.scope"), Docker, Some(POD)),
        case(format!("{burstable}/crio-{ID}.scope"), Crio, Some(POD)),
        case(
            format!("{burstable}/crio-{ID}.scope/container"),
            Crio,
            Some(POD),
        ),
        case(
            format!("/kubepods.slice/kubepods-pod{POD_SLICE}.slice/cri-containerd-{ID}.scope"),
            Containerd,
            Some(POD),
        ),
        case(
            format!("/kubepods/besteffort/pod{POD}/{ID}"),
            Unknown,
            Some(POD),
        ),
        case(format!("/kubepods/pod{POD}/{ID}"), Unknown, Some(POD)),
        case(
            format!("/kubepods/burstable/pod{POD}/crio-{ID}"),
            Crio,
            Some(POD),
        ),
        case(
            format!(
                "/system.slice/containerd.service/kubepods-burstable-pod{POD_SLICE}.slice:cri-containerd:{ID}"
            ),
            Containerd,
            Some(POD),
        ),
        // A static pod: its uid is a hash.
        case(
            format!("/kubepods/burstable/pod0123456789abcdef0123456789abcdef/{ID}"),
            Unknown,
            Some("0123456789abcdef0123456789abcdef"),
        ),
        case(format!("/machine.slice/libpod-{ID}.scope"), Podman, None),
        case(
            format!("/machine.slice/libpod-{ID}.scope/container"),
            Podman,
            None,
        ),
        case(format!("/libpod_parent/libpod-{ID}"), Podman, None),
        case(
            format!("/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope"),
            Podman,
            None,
        ),
        case(
            format!("/system.slice/nerdctl-{ID}.scope"),
            Containerd,
            None,
        ),
        case(format!("/default/{ID}"), Containerd, None),
        // Kubernetes in Docker: the innermost container counts.
        case(
            format!("/docker/{OTHER}/kubelet/kubepods/besteffort/pod{POD}/{ID}"),
            Unknown,
            Some(POD),
        ),
        // Seen from another cgroup namespace.
        case(format!("/../../pod{POD}/{ID}"), Unknown, Some(POD)),
        Case {
            path: "/lxc.payload.web-1/init.scope".into(),
            id: "web-1",
            runtime: Lxc,
            pod: None,
        },
        Case {
            path: "/lxc/web-1".into(),
            id: "web-1",
            runtime: Lxc,
            pod: None,
        },
        Case {
            path: "/machine.slice/systemd-nspawn@box.service/payload".into(),
            id: "box",
            runtime: Nspawn,
            pod: None,
        },
        Case {
            path: "/ecs/task/0123456789abcdef0123456789abcdef-1234567890".into(),
            id: "0123456789abcdef0123456789abcdef-1234567890",
            runtime: Docker,
            pod: None,
        },
    ]
}

#[test]
fn runtimes_name_their_containers() {
    for case in cases() {
        let container =
            container_of(case.path.as_bytes()).unwrap_or_else(|| panic!("{}", case.path));
        assert_eq!(container.id.full(), case.id, "{}", case.path);
        assert_eq!(container.runtime, case.runtime, "{}", case.path);
        assert_eq!(container.pod_uid.as_deref(), case.pod, "{}", case.path);
        assert!(
            case.path.as_bytes().starts_with(&container.cgroup_path),
            "{container:?}"
        );
    }
}

#[test]
fn everything_else_is_the_host() {
    let paths = [
        String::new(),
        "/".into(),
        "/init.scope".into(),
        "/system.slice/sshd.service".into(),
        "/system.slice/docker.service".into(),
        "/system.slice/containerd.service".into(),
        "/user.slice/user-1000.slice/session-1.scope".into(),
        format!("/kubepods/burstable/pod{POD}"),
        // Monitors run on the host.
        format!("/machine.slice/libpod-conmon-{ID}.scope"),
        format!("/kubepods.slice/crio-conmon-{ID}.scope"),
        "/lxc.monitor.web-1".into(),
        "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope".into(),
        // One character short, and one that is not hexadecimal.
        format!("/docker/{}", &ID[1..]),
        format!("/docker/{}z", &ID[1..]),
    ];
    for path in paths {
        assert_eq!(container_of(path.as_bytes()), None, "{path}");
    }
    assert_eq!(container_of(b"/docker/\xff\xfe"), None);
}

#[test]
fn the_short_id_has_twelve_characters() {
    assert_eq!(ContainerId::new(ID).short(), "4c01db0b339c");
    assert_eq!(ContainerId::new("web-1").short(), "web-1");
}
