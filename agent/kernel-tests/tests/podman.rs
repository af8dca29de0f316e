//! Podman and Docker, real ones, and what the agent learns and tells of their containers.

#[path = "podman/asking.rs"]
mod asking;
#[path = "podman/docker.rs"]
mod docker;
#[path = "podman/podman.rs"]
mod podman;
#[path = "podman/server.rs"]
mod server;

use asking::Asking;
use docker::Docker;
use podman::Podman;
use saker_container_metadata::{ContainerInfo, ContainerKind, Mount};
use saker_container_runtimes::Engine;
use saker_kernel_tests::agent::Agent;
use saker_process_state::Runtime;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// What a container is made with everywhere.
const OPTIONS: [&str; 6] = [
    "--label=team=shop",
    "--label=tier=web",
    "--volume=/usr:/data:ro",
    "--network=host",
    "--health-cmd=/bin/true",
    "--env=PASSWORD=secret",
];

fn wall_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.expect("after 1970").as_nanos()).expect("before 2554")
}

/// Asserts what follows from [`OPTIONS`].
fn expect_options(info: &ContainerInfo, made_after_ns: u64) {
    assert_eq!(info.kind, ContainerKind::Container);
    assert_eq!(info.name.as_deref(), Some("web"));
    let label = |key: &str| info.labels.as_ref()?.get(key).map(AsRef::as_ref);
    assert_eq!(label("team"), Some("shop"));
    assert_eq!(label("tier"), Some("web"));
    let mounts = info.mounts.as_deref().expect("mounts");
    let [mount] = mounts else {
        panic!("one mount: {mounts:?}");
    };
    assert_eq!((&*mount.source, &*mount.destination), ("/usr", "/data"));
    assert_eq!(
        (mount.is_writable, &*mount.propagation),
        (false, "rprivate")
    );
    assert_eq!(info.privileged, Some(false));
    assert_eq!(info.host_network, Some(true));
    assert_eq!(info.host_pid, Some(false));
    let check = info.probes.healthcheck.as_ref().expect("a health check");
    assert_eq!(&*check.exe, "/bin/sh");
    assert_eq!(*check.arguments, ["-c", "/bin/true"].map(Box::from));
    let created_ns = info.created_wall_ns.expect("when it was made");
    let started_ns = info.started_wall_ns.expect("when it began");
    assert!(made_after_ns <= created_ns && created_ns < started_ns);
    assert!(started_ns <= wall_ns());
    assert!(!format!("{info:?}").contains("secret"));
    assert_eq!(info.pod, None);
}

/// Makes the container `web` that sleeps.
fn web<'a>(image: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let start = ["run", "--detach", "--name=web"];
    let end = [image, "sleep", "1000"];
    [&start[..], &OPTIONS, more, &end].concat()
}

#[test]
fn podman_says_what_its_containers_are() {
    let mut podman = Podman::start();
    let before_ns = wall_ns();
    // There before anybody asks. Without systemd podman cannot check by itself.
    let id = podman.run(&web(podman::IMAGE, &["--health-interval=disable"]));
    let asking = Asking::start(Engine::Podman, &podman.socket());
    let version = asking.version();
    assert!(version.starts_with("podman "), "{version}");
    expect_options(&asking.learned(&id), before_ns);
    // The container of a process is the one that podman made, whatever its cgroup is called.
    let pid = podman.run(&["inspect", "--format={{.State.Pid}}", &id]);
    let (reference, info) = asking.about_process(&pid);
    assert_eq!(reference.id.full(), id);
    assert_eq!(reference.runtime, Runtime::Podman);
    assert_eq!(info.runtime, Runtime::Podman);
    let image = &info.image;
    assert_eq!(image.reference.as_deref(), Some(podman::IMAGE));
    assert_eq!(image.repository.as_deref(), Some("localhost/saker/probe"));
    assert_eq!(image.tag.as_deref(), Some("1.2"));
    let found = podman.run(&[
        "image",
        "inspect",
        "--format={{.Id}} {{.Digest}}",
        podman::IMAGE,
    ]);
    let (image_id, digest) = found.split_once(' ').expect("id and digest");
    assert_eq!(image.id.as_deref(), Some(image_id));
    assert_eq!(image.digest.as_deref(), Some(digest));
    // Events tell of others without a question.
    let later = podman.run(&[
        "run",
        "--detach",
        "--privileged",
        podman::IMAGE,
        "sleep",
        "1000",
    ]);
    assert_eq!(asking.learned(&later).privileged, Some(true));
    podman.run(&["rm", "--force", "--time=0", &later]);
    asking.ended(&later);
    // So does the list after an interruption.
    podman.stop_serving();
    let meanwhile = podman.run(&[
        "run",
        "--detach",
        "--pid=host",
        podman::IMAGE,
        "sleep",
        "1000",
    ]);
    podman.serve();
    assert_eq!(asking.learned(&meanwhile).host_pid, Some(true));
}

#[test]
fn the_infra_container_of_a_pod_is_told_apart() {
    let podman = Podman::start();
    let asking = Asking::start(Engine::Podman, &podman.socket());
    let infra_image = format!("--infra-image={}", podman::IMAGE);
    let pod = [
        "pod",
        "create",
        "--name=shop",
        "--infra-name=shop-infra",
        "--infra-command=/bin/sleep 1000",
        &infra_image,
    ];
    podman.run(&pod);
    let run = [
        "run",
        "--detach",
        "--pod=shop",
        "--name=web",
        podman::IMAGE,
        "sleep",
        "1000",
    ];
    let member = podman.run(&run);
    let infra = podman.run(&["inspect", "--format={{.Id}}", "shop-infra"]);
    let infra = asking.learned(&infra);
    assert_eq!(infra.kind, ContainerKind::Infra);
    assert_eq!(infra.name.as_deref(), Some("shop-infra"));
    let member = asking.learned(&member);
    assert_eq!(member.kind, ContainerKind::Container);
    assert_eq!(member.name.as_deref(), Some("web"));
    // Its network is that of the infra container, which has the host's.
    assert_eq!(member.host_network, Some(true));
}

#[test]
fn docker_says_what_its_containers_are() {
    let docker = Docker::start();
    let before_ns = wall_ns();
    let id = docker.run(&web(docker::IMAGE, &[]));
    let asking = Asking::start(Engine::Docker, &docker.socket());
    let version = asking.version();
    assert!(version.starts_with("docker "), "{version}");
    expect_options(&asking.learned(&id), before_ns);
    let pid = docker.run(&["inspect", "--format={{.State.Pid}}", &id]);
    let (reference, info) = asking.about_process(&pid);
    assert_eq!(reference.id.full(), id);
    assert_eq!(reference.runtime, Runtime::Docker);
    assert_eq!(info.runtime, Runtime::Docker);
    let image = &info.image;
    assert_eq!(image.reference.as_deref(), Some(docker::IMAGE));
    assert_eq!(image.repository.as_deref(), Some("saker/probe"));
    assert_eq!(image.tag.as_deref(), Some("1.2"));
    let found = docker.run(&["image", "inspect", "--format={{.Id}}", docker::IMAGE]);
    assert_eq!(
        Some(found),
        image.id.as_ref().map(|id| format!("sha256:{id}"))
    );
    // It came from no registry.
    assert_eq!(image.digest, None);
    let later = docker.run(&[
        "run",
        "--detach",
        "--network=none",
        "--pid=host",
        "--ipc=host",
        docker::IMAGE,
        "sleep",
        "1000",
    ]);
    let info = asking.learned(&later);
    assert_eq!((info.host_pid, info.host_ipc), (Some(true), Some(true)));
    assert_eq!(info.host_network, Some(false));
    assert_eq!(info.mounts.as_deref(), Some(&[] as &[Mount]));
    docker.run(&["rm", "--force", &later]);
    asking.ended(&later);
}

/// A rule about a file that nothing else on the host reads, and what it tells of the container.
const RULE: &str = r#"
- rule: Read in a container
  desc: A program of a container read the password file of the tests' image.
  condition: >
    evt.type in (open, openat, openat2) and fd.name = /etc/shadow and
    container.image.repository endswith saker/probe
  output: >
    read (%evt.type %proc.cmdline %container.id %container.full_id %container.name %container.type
    %container.image %container.image.id %container.image.repository %container.image.tag
    %container.image.digest %container.privileged %container.mounts %container.labels
    %container.label.team %container.host_pid %container.host_network %container.start_ts)
  priority: WARNING
"#;

/// Where the agent of a test is told by a file which runtime it asks.
struct Told {
    folder: TempDir,
    host_root: PathBuf,
}

impl Told {
    /// An engine's socket, and the files of the host below `host_root`.
    fn of(engine: &str, socket: &Path, host_root: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let below = socket.strip_prefix(host_root).expect("a path of the host");
        let socket = Path::new("/").join(below);
        let engine_settings = |name: &str| {
            if name == engine {
                json!({"sockets": [socket]})
            } else {
                json!({"enabled": false})
            }
        };
        let names = ["cri", "docker", "podman"];
        let engines: serde_json::Map<_, _> = names
            .into_iter()
            .map(|name| (name.to_owned(), engine_settings(name)))
            .collect();
        let configuration = json!({
            "containers": {"engines": engines},
            "kubernetes": {"enabled": false},
        });
        std::fs::write(folder.path().join("saker.yaml"), configuration.to_string())
            .expect("a file");
        std::fs::write(folder.path().join("rules.yaml"), RULE).expect("a file");
        Self {
            folder,
            host_root: host_root.to_owned(),
        }
    }

    fn start(&self) -> Agent {
        let path = |name: &str| self.folder.path().join(name);
        let [config, rules] = [path("saker.yaml"), path("rules.yaml")];
        let text = |path: &Path| path.to_str().expect("text").to_owned();
        let arguments = ["--config", &text(&config), "--rules", &text(&rules)];
        Agent::start_with(&arguments, |command| {
            command.env("HOST_ROOT", &self.host_root);
        })
    }
}

/// A field of an alert as text.
fn field(alert: &Value, name: &str) -> String {
    match &alert["output_fields"][name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[test]
fn an_alert_tells_the_container_of_podman_that_raised_it() {
    let podman = Podman::start();
    let told = Told::of("podman", &podman.socket(), podman.host_root());
    let mut agent = told.start();
    let options = [
        "run",
        "--detach",
        "--name=reader",
        "--label=team=shop",
        "--volume=/usr:/data:ro",
        podman::IMAGE,
        "cat",
        "/etc/shadow",
    ];
    let id = podman.run(&options);
    let alert = agent.alert("Read in a container", |alert| {
        field(alert, "container.name") == "reader"
    });
    let found = podman.run(&[
        "image",
        "inspect",
        "--format={{.Id}} {{.Digest}}",
        podman::IMAGE,
    ]);
    let (image_id, digest) = found.split_once(' ').expect("id and digest");
    for (name, expected) in [
        ("proc.cmdline", "cat /etc/shadow"),
        ("container.id", &id[..12]),
        ("container.full_id", &id),
        ("container.type", "podman"),
        ("container.image", podman::IMAGE),
        ("container.image.id", image_id),
        ("container.image.repository", "localhost/saker/probe"),
        ("container.image.tag", "1.2"),
        ("container.image.digest", digest),
        ("container.privileged", "false"),
        ("container.mounts", "/usr:/data::false:rprivate"),
        ("container.labels", "team:shop"),
        ("container.label.team", "shop"),
        ("container.host_pid", "false"),
        ("container.host_network", "true"),
    ] {
        assert_eq!(field(&alert, name), expected, "{name}");
    }
    assert_eq!(alert["output_fields"].get("saker.enrichment"), None);
    agent.end();
}

#[test]
fn containers_of_podman_that_end_at_once_are_each_told() {
    let podman = Podman::start();
    let told = Told::of("podman", &podman.socket(), podman.host_root());
    let mut agent = told.start();
    let names: Vec<String> = (0..10).map(|number| format!("short-{number}")).collect();
    for name in &names {
        let name = format!("--name={name}");
        // It may be gone before the server can be asked about it; its files were there when it began.
        let image = podman::IMAGE;
        podman.run(&["run", "--rm", &name, image, "cat", "/etc/shadow"]);
    }
    for name in &names {
        let alert = agent.alert("Read in a container", |alert| {
            field(alert, "container.name") == *name
        });
        assert_eq!(field(&alert, "container.image.tag"), "1.2");
        assert_eq!(alert["output_fields"].get("saker.enrichment"), None);
    }
    assert_eq!(agent.count("Read in a container"), names.len());
    agent.end();
}

#[test]
fn an_alert_tells_the_container_of_docker_that_raised_it() {
    let docker = Docker::start();
    // There, with what it runs, before the agent is.
    let options = [
        "run",
        "--detach",
        "--name=sleeper",
        "--network=none",
        "--label=team=shop",
        docker::IMAGE,
        "sleep",
        "1000",
    ];
    let id = docker.run(&options);
    let told = Told::of("docker", &docker.socket(), Path::new("/"));
    let mut agent = told.start();
    docker.run(&["exec", "sleeper", "cat", "/etc/shadow"]);
    let alert = agent.alert("Read in a container", |alert| {
        field(alert, "container.name") == "sleeper"
    });
    let run = ["run", "--rm", "--name=reader", "--network=none"];
    let what = [docker::IMAGE, "cat", "/etc/shadow"];
    docker.run(&[&run[..], &what].concat());
    let later = agent.alert("Read in a container", |alert| {
        field(alert, "container.name") == "reader"
    });
    for (name, expected) in [
        ("container.full_id", id.as_str()),
        ("container.type", "docker"),
        ("container.image", docker::IMAGE),
        ("container.image.repository", "saker/probe"),
        ("container.image.tag", "1.2"),
        ("container.label.team", "shop"),
        ("container.host_network", "false"),
    ] {
        assert_eq!(field(&alert, name), expected, "{name}");
    }
    assert_eq!(field(&later, "container.image.repository"), "saker/probe");
    assert_eq!(later["output_fields"].get("saker.enrichment"), None);
    agent.end();
}
