use super::*;
use proptest::prelude::*;

const ID: &str = "4c01db0b339c4a2cd3cd0ec4a9ea2f5b7a7a5a8e0e4d8a1f6b7c8d9e0f112233";
const OTHER: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const POD: &str = "5a9f1c55-8d2b-4b0c-9d64-1b2f3a4c5d6e";
const POD_SLICE: &str = "5a9f1c55_8d2b_4b0c_9d64_1b2f3a4c5d6e";
const STATIC_POD: &str = "0123456789abcdef0123456789abcdef";
/// Id of a step of a build.
const STEP: &str = "t0wxjkqm4e8n2hvy5rpzd3lbc";

/// Puts in what the tables shorten.
fn expanded(text: &str) -> String {
    text.replace("{id}", ID)
        .replace("{other}", OTHER)
        .replace("{pod}", POD)
        .replace("{pod_slice}", POD_SLICE)
        .replace("{static_pod}", STATIC_POD)
        .replace("{step}", STEP)
}

/// Asserts of each path (own part, part below) that it names the container.
fn expect(runtime: Runtime, id: &str, pod: Option<&str>, paths: &[(&str, &str)]) {
    for (own, below) in paths {
        let own = expanded(own);
        let path = format!("{own}{}", expanded(below));
        let located = locate(path.as_bytes()).unwrap_or_else(|| panic!("{path}"));
        let container = located.container;
        assert_eq!(container.id.full(), id, "{path}");
        assert_eq!(container.runtime, runtime, "{path}");
        assert_eq!(container.pod_uid.as_deref(), pod, "{path}");
        let shown = String::from_utf8_lossy(&container.cgroup_path).into_owned();
        assert_eq!(shown, own, "{path}");
        assert_eq!(located.is_own, below.is_empty(), "{path}");
    }
}

#[test]
fn pods_of_a_kubelet() {
    let systemd =
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{pod_slice}.slice";
    let of = |name: &str| format!("{systemd}/{name}");
    expect(
        Runtime::Containerd,
        ID,
        Some(POD),
        &[
            (&of("cri-containerd-{id}.scope"), ""),
            (&of("cri-containerd-{id}.scope"), "/init.scope"),
            (
                "/kubepods.slice/kubepods-pod{pod_slice}.slice/cri-containerd-{id}.scope",
                "",
            ),
            // The cgroupfs driver given a path for systemd.
            (
                "/system.slice/containerd.service/kubepods-burstable-pod{pod_slice}.slice:cri-containerd:{id}",
                "",
            ),
            // A node that is a container itself (kind), with either driver of its own.
            (
                "/docker/{other}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod{pod_slice}.slice/cri-containerd-{id}.scope",
                "",
            ),
            (
                "/system.slice/docker-{other}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod{pod_slice}.slice/cri-containerd-{id}.scope",
                "",
            ),
        ],
    );
    expect(
        Runtime::Crio,
        ID,
        Some(POD),
        &[
            (&of("crio-{id}.scope"), ""),
            (&of("crio-{id}.scope"), "/container"),
            ("/kubepods/burstable/pod{pod}/crio-{id}", ""),
        ],
    );
    expect(
        Runtime::Docker,
        ID,
        Some(POD),
        &[
            (&of("docker-{id}.scope"), ""),
            // Docker in a pod: the container belongs to the pod.
            ("/kubepods/pod{pod}/{other}/docker/{id}", ""),
        ],
    );
    expect(
        Runtime::Unknown,
        ID,
        Some(POD),
        &[
            ("/kubepods/besteffort/pod{pod}/{id}", ""),
            ("/kubepods/pod{pod}/{id}", ""),
            // A node that is a container: kind and k3d.
            (
                "/docker/{other}/kubelet/kubepods/besteffort/pod{pod}/{id}",
                "",
            ),
            ("/docker/{other}/kubepods/burstable/pod{pod}/{id}", ""),
        ],
    );
    // The uid of a static pod is a hash.
    expect(
        Runtime::Unknown,
        ID,
        Some(STATIC_POD),
        &[("/kubepods/burstable/pod{static_pod}/{id}", "")],
    );
    // Seen from another cgroup namespace.
    let path = expanded("/../../pod{pod}/{id}");
    let container = container_of(path.as_bytes()).expect("a container");
    assert_eq!(container.pod_uid.as_deref(), Some(POD));
}

#[test]
fn docker_and_what_uses_it() {
    expect(
        Runtime::Docker,
        ID,
        None,
        &[
            ("/docker/{id}", ""),
            ("/system.slice/docker-{id}.scope", ""),
            // systemd inside, Docker inside.
            ("/system.slice/docker-{id}.scope", "/init.scope"),
            ("/docker/{id}", "/system.slice/ssh.service"),
            ("/docker/{id}", "/docker"),
            ("/docker/{other}/docker/{id}", ""),
            (
                "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{id}.scope",
                "",
            ),
            ("/actions_job/{id}", ""),
            ("/ecs/0e8c1b2a/{id}", ""),
            ("/ecs/cluster/0e8c1b2a/{id}", ""),
            (
                "/ecstasks.slice/ecstasks-0e8c1b2a.slice/docker-{id}.scope",
                "",
            ),
        ],
    );
    expect(
        Runtime::Docker,
        STEP,
        None,
        &[
            ("/docker/buildkit/{step}", ""),
            ("/system.slice/docker-{step}.scope", ""),
        ],
    );
    expect(
        Runtime::Docker,
        "0123456789abcdef0123456789abcdef-1234567890",
        None,
        &[("/ecs/task/0123456789abcdef0123456789abcdef-1234567890", "")],
    );
    // A parent of the user's choice.
    expect(Runtime::Unknown, ID, None, &[("/batch/{id}", "")]);
    expect(Runtime::Unknown, STEP, None, &[("/buildkit/{step}", "")]);
}

#[test]
fn containerd_by_itself() {
    expect(
        Runtime::Containerd,
        ID,
        None,
        &[
            ("/system.slice/nerdctl-{id}.scope", ""),
            (
                "/user.slice/user-1000.slice/user@1000.service/user.slice/nerdctl-{id}.scope",
                "",
            ),
            ("/default/{id}", ""),
            ("/k8s.io/{id}", "/nested"),
        ],
    );
    expect(
        Runtime::Containerd,
        "redis-server",
        None,
        &[
            ("/default/redis-server", ""),
            ("/default/redis-server", "/a/b"),
        ],
    );
}

#[test]
fn podman_of_root_and_of_a_user() {
    expect(
        Runtime::Podman,
        ID,
        None,
        &[
            ("/machine.slice/libpod-{id}.scope", ""),
            ("/machine.slice/libpod-{id}.scope", "/container"),
            ("/machine.slice/libpod-{id}.scope", "/container/init.scope"),
            (
                "/machine.slice/machine-libpod_pod_{other}.slice/libpod-{id}.scope",
                "",
            ),
            ("/libpod_parent/libpod-{id}", ""),
            ("/libpod_parent/{other}/libpod-{id}", ""),
            (
                "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{id}.scope",
                "/container",
            ),
            (
                "/user.slice/user-1000.slice/user@1000.service/user.slice/user-libpod_pod_{other}.slice/libpod-{id}.scope",
                "",
            ),
            // `--cgroups=split`, as units made by podman have it.
            ("/system.slice/web.service/libpod-payload-{id}", ""),
        ],
    );
}

#[test]
fn containers_that_an_administrator_named() {
    let whole = [
        (
            Runtime::Lxc,
            "web-1-of-the-shop",
            "/lxc/web-1-of-the-shop",
            "",
        ),
        (Runtime::Lxc, "web-1", "/lxc.payload.web-1", "/init.scope"),
        (
            Runtime::Lxc,
            "web-1",
            "/lxc.payload/web-1",
            "/system.slice/x.service",
        ),
        // LXD and Incus put the project first.
        (Runtime::Lxc, "shop_web", "/lxc.payload.shop_web", ""),
        (
            Runtime::Nspawn,
            "box",
            "/machine.slice/systemd-nspawn@box.service",
            "/payload",
        ),
        (
            Runtime::Nspawn,
            "my-box",
            "/machine.slice/systemd-nspawn@my\\x2dbox.service",
            "",
        ),
        (
            Runtime::Nspawn,
            "my-box",
            "/machine.slice/machine-my\\x2dbox.scope",
            "/payload/init.scope",
        ),
        (
            Runtime::LibvirtLxc,
            "2293906-a-box",
            "/machine.slice/machine-lxc\\x2d2293906\\x2da\\x2dbox.scope",
            "/libvirt",
        ),
        (
            Runtime::LibvirtLxc,
            "a-box",
            "/machine/a-box.libvirt-lxc",
            "",
        ),
        (Runtime::LibvirtLxc, "a-box", "/libvirt/lxc/a-box", ""),
        (
            Runtime::Garden,
            "5f3c1f9e-0d6b-4f5c-6a8e-2b1d",
            "/system.slice/garden.service/garden/5f3c1f9e-0d6b-4f5c-6a8e-2b1d",
            "",
        ),
        (
            Runtime::Garden,
            "5f3c1f9e-0d6b-4f5c-6a8e-2b1d",
            "/garden/good/5f3c1f9e-0d6b-4f5c-6a8e-2b1d",
            "/x",
        ),
        (Runtime::Garden, "handle", "/garden-1/bad/handle", ""),
        (
            Runtime::Bpm,
            "router.gorouter-1",
            "/bpm-router.gorouter-1",
            "",
        ),
        (
            Runtime::Bpm,
            "router",
            "/system.slice/runc-bpm-router.scope",
            "",
        ),
    ];
    for (runtime, id, own, below) in whole {
        expect(runtime, id, None, &[(own, below)]);
        let container = container_id(own.as_bytes()).expect("a container");
        assert_eq!(container.short(), id, "names are shown whole");
    }
}

#[test]
fn everything_else_is_the_host() {
    let paths = [
        "",
        "/",
        "//",
        "/init.scope",
        "/system.slice/sshd.service",
        "/system.slice/docker.service",
        "/system.slice/docker.service/runtime",
        "/system.slice/containerd.service",
        "/user.slice/user-1000.slice/session-1.scope",
        "/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/vte-spawn-5a9f1c55-8d2b-4b0c-9d64-1b2f3a4c5d6e.scope",
        "/openrc/sshd",
        "/elogind/c1",
        "/docker",
        "/docker/buildkit",
        "/default",
        "/default/x.service",
        "/lxc",
        "/kubepods",
        "/kubepods/burstable/pod{pod}",
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{pod_slice}.slice",
        "/kubelet.slice/kubelet.service",
        // A pod of podman, whose containers have cgroups of their own.
        "/libpod_parent/{id}",
        "/machine.slice/machine-libpod_pod_{id}.slice",
        // Monitors run on the host.
        "/machine.slice/libpod-conmon-{id}.scope",
        "/kubepods.slice/crio-conmon-{id}.scope",
        "/kubepods/burstable/pod{pod}/crio-conmon-{id}",
        "/system.slice/web.service/supervisor",
        "/lxc.monitor.web-1",
        "/lxc.monitor/web-1",
        "/lxc.pivot",
        "/machine.slice/systemd-nspawn@box.service/supervisor",
        "/machine.slice/machine-box.scope/supervisor",
        "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope",
        "/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator",
        "/garden",
        "/garden/good",
        "/bpm-",
    ];
    for path in paths {
        let path = expanded(path);
        assert_eq!(container_of(path.as_bytes()), None, "{path}");
    }
    // One character short, and one that is not hexadecimal.
    assert_eq!(
        container_of(format!("/docker/{}", &ID[1..]).as_bytes()),
        None
    );
    assert_eq!(
        container_of(format!("/docker/{}z", &ID[1..]).as_bytes()),
        None
    );
    assert_eq!(container_of(b"/docker/\xff\xfe"), None);
}

#[test]
fn a_monitor_in_a_container_is_part_of_it() {
    let path = expanded("/docker/{id}/machine.slice/libpod-conmon-{other}.scope");
    assert_eq!(
        container_id(path.as_bytes()),
        Some(ContainerId::new(ID)),
        "{path}"
    );
}

#[test]
fn ids_are_shown_as_falco_shows_them() {
    let shown = |path: &str| {
        let id = container_id(expanded(path).as_bytes()).expect("a container");
        id.short().to_owned()
    };
    assert_eq!(shown("/docker/{id}"), "4c01db0b339c");
    assert_eq!(shown("/default/redis-server-1"), "redis-server");
    assert_eq!(shown("/default/redis"), "redis");
    // No cut through a character.
    assert_eq!(shown("/default/redis-serveé"), "redis-serveé");
    assert_eq!(shown("/lxc/redis-server-1"), "redis-server-1");
}

#[test]
fn ids_are_equal_by_their_text() {
    let of_client = container_id(b"/default/redis-server-1").expect("a container");
    assert_eq!(of_client, ContainerId::new("redis-server-1"));
    assert!(ContainerId::new("a") < ContainerId::new("b"));
}

/// Parts of real paths in any order, and bytes that are none.
fn part() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "docker",
        "docker-",
        ID,
        ".scope",
        ".slice",
        ".service",
        "kubepods",
        "-pod",
        POD,
        "lxc",
        "lxc.payload.",
        "machine-",
        "lxc\\x2d",
        "\\x",
        "\\x2",
        "crio-",
        "conmon-",
        ":",
        "libpod-",
        "supervisor",
        "garden",
        "good",
        "bpm-",
        "default",
        "systemd-nspawn@",
        "/",
        "/",
        "/",
        "é",
        ".libvirt-lxc",
        STEP,
        "buildkit",
        "..",
    ];
    prop_oneof![
        8 => proptest::sample::select(known.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ]
}

proptest! {
    #[test]
    fn any_path_is_a_container_of_its_own_or_none(
        parts in proptest::collection::vec(part(), 0..24)
    ) {
        let path = parts.concat();
        if let Some(located) = locate(&path) {
            let own = &located.container.cgroup_path;
            prop_assert!(!located.container.id.full().is_empty());
            prop_assert!(located.container.id.full().starts_with(located.container.id.short()));
            // The container's own cgroup names the same container, unless what lay below told more.
            if let Some(again) = locate(own) {
                prop_assert!(again.is_own);
                prop_assert_eq!(again.container.id, located.container.id);
            } else {
                prop_assert!(false, "{:?}", own.escape_ascii().to_string());
            }
        }
    }
}
