pub(crate) mod sample;
pub(crate) mod server;

use super::*;
use crate::client::{Change, Socket};
use crate::config::{Engine, RuntimesConfig};
use crate::cri::messages::{DELETED_EVENT, STARTED_EVENT};
use crate::error::RuntimeError;
use saker_container_metadata::{ContainerInfo, ContainerKind};
use saker_process_state::{ContainerId, ContainerRef, Runtime};
use sample::{CONTAINER, IMAGE_ID, SANDBOX, UID};
use server::{Events, Known, Server, socket_of};
use std::collections::HashMap;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tonic::Code;

/// More than any of the tests takes.
const LONG: Duration = Duration::from_secs(20);

struct Setup {
    server: Server,
    client: CriClient,
    _folder: TempDir,
}

impl Setup {
    async fn new(known: Known, events: Events) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = socket_of(folder.path());
        let server = Server::start(&path, known, events);
        let client = connect(&path).await.unwrap();
        Self {
            server,
            client,
            _folder: folder,
        }
    }

    async fn inspect(&self, id: &str) -> Result<Option<ContainerInfo>, RuntimeError> {
        self.client.inspect(&reference(id)).await
    }
}

async fn connect(path: &std::path::Path) -> Result<CriClient, RuntimeError> {
    let socket = Socket {
        engine: Engine::Cri,
        path: path.to_owned(),
    };
    CriClient::connect(&socket, &RuntimesConfig::default()).await
}

fn reference(id: &str) -> ContainerRef {
    ContainerRef {
        id: ContainerId::new(id),
        runtime: Runtime::Unknown,
        pod_uid: None,
        cgroup_path: Box::default(),
    }
}

#[tokio::test]
async fn a_container_and_its_pod() {
    let setup = Setup::new(sample::known(), Events::Reported).await;
    assert_eq!(setup.client.version().name, "containerd");
    assert_eq!(setup.client.version().version, "1.7.2");
    let info = setup.inspect(CONTAINER).await.unwrap().unwrap();
    assert_eq!(info.id.full(), CONTAINER);
    assert_eq!(info.runtime, Runtime::Containerd);
    assert_eq!(info.kind, ContainerKind::Container);
    assert_eq!(info.name.as_deref(), Some("server"));
    assert_eq!(
        info.image.reference.as_deref(),
        Some("docker.io/library/busybox:1.36")
    );
    assert_eq!(info.image.digest.as_deref(), Some("sha256:d1"));
    assert_eq!(info.image.id.as_deref(), Some(IMAGE_ID));
    assert_eq!(info.privileged, Some(true));
    assert_eq!(info.ip, "10.88.0.7".parse().ok());
    assert_eq!(info.host_ipc, Some(true));
    assert_eq!(info.host_pid, Some(false));
    assert_eq!(info.host_network, Some(false));
    assert_eq!(info.created_wall_ns, Some(1_795_255_200_000_000_000));
    assert_eq!(info.started_wall_ns, Some(1_795_255_201_000_000_000));
    assert_eq!(
        info.cni_json.as_deref(),
        Some(r#"{"eth0":{"IPConfigs":[{"IP":"10.88.0.7"}]}}"#)
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
            ("/srv/data", "/data", true, "private"),
            ("/etc/ssl", "/etc/ssl", false, "rslave"),
            ("/mnt", "/mnt", true, "rshared"),
            ("/x", "/x", true, "unknown"),
        ]
    );
    let labels = info.labels.unwrap();
    let labels: Vec<_> = labels
        .iter()
        .map(|(key, value)| (&**key, &**value))
        .collect();
    assert_eq!(
        labels,
        [
            ("app", "shop"),
            ("io.kubernetes.pod.name", "web-0"),
            ("io.kubernetes.pod.namespace", "shop"),
            ("io.kubernetes.pod.uid", UID),
            ("io.kubernetes.sandbox.id", SANDBOX),
        ]
    );
    let pod = info.pod.unwrap();
    assert_eq!(&*pod.id, SANDBOX);
    assert_eq!(pod.name.as_deref(), Some("web-0"));
    assert_eq!(&*pod.labels.as_ref().unwrap()["tier"], "front");
}

#[tokio::test]
async fn a_sandbox_is_told_from_a_container() {
    let setup = Setup::new(sample::known(), Events::Reported).await;
    let info = setup.inspect(SANDBOX).await.unwrap().unwrap();
    assert_eq!(info.kind, ContainerKind::Sandbox);
    assert_eq!(info.name, None);
    assert_eq!(info.labels, None);
    assert_eq!(info.host_ipc, Some(true));
    assert_eq!(info.pod.unwrap().uid.as_deref(), Some(UID));
    assert!(setup.inspect("other").await.unwrap().is_none());
}

#[tokio::test]
async fn the_containers_of_a_pod_ask_once_about_it() {
    let setup = Setup::new(sample::known(), Events::Reported).await;
    let first = setup.inspect(CONTAINER).await.unwrap().unwrap();
    let second = setup.inspect(CONTAINER).await.unwrap().unwrap();
    assert_eq!(setup.server.known().count("PodSandboxStatus"), 1);
    assert!(std::sync::Arc::ptr_eq(
        &first.pod.unwrap(),
        &second.pod.unwrap()
    ));
}

#[tokio::test]
async fn a_sandbox_without_an_address_is_asked_about_again() {
    let mut known = sample::known();
    let sandbox = known.sandboxes.get_mut(SANDBOX).unwrap();
    sandbox.status.as_mut().unwrap().network = None;
    let setup = Setup::new(known, Events::Reported).await;
    let early = setup.inspect(CONTAINER).await.unwrap().unwrap();
    assert_eq!(early.ip, None);
    setup.server.known().sandboxes = sample::known().sandboxes;
    let late = setup.inspect(CONTAINER).await.unwrap().unwrap();
    assert_eq!(late.ip, "10.88.0.7".parse().ok());
}

#[tokio::test]
async fn details_that_are_no_json_count_as_not_said() {
    let huge = format!("{{\"sandboxID\": \"{}\"}}", "x".repeat(1 << 20));
    let deep = "[".repeat(1 << 20);
    for garbage in [
        "",
        "{",
        "null",
        "[]",
        "{\"sandboxID\": 7}",
        "\u{0}",
        &deep,
        &huge,
    ] {
        let mut known = sample::known();
        for info in [
            &mut known.containers.get_mut(CONTAINER).unwrap().info,
            &mut known.sandboxes.get_mut(SANDBOX).unwrap().info,
        ] {
            *info = HashMap::from([("info".to_owned(), garbage.to_owned())]);
        }
        let setup = Setup::new(known, Events::Reported).await;
        let info = setup.inspect(CONTAINER).await.unwrap().unwrap();
        assert_eq!(info.name.as_deref(), Some("server"));
        assert_eq!(info.privileged, None);
        assert_eq!(info.cni_json, None);
        // The list says which sandbox it belongs to.
        assert!(info.pod.is_some(), "{garbage:.40}");
    }
}

#[tokio::test]
async fn what_the_status_lacks_of_the_image_the_images_say() {
    let mut known = sample::known();
    let found = known.images["busybox:1"].clone();
    known
        .images
        .insert("docker.io/library/busybox:1.36".to_owned(), found);
    let container = known.containers.get_mut(CONTAINER).unwrap();
    container.info.clear();
    let status = container.status.as_mut().unwrap();
    status.image_ref.clear();
    status.image_id.clear();
    let setup = Setup::new(known, Events::Reported).await;
    let info = setup.inspect(CONTAINER).await.unwrap().unwrap();
    assert_eq!(info.image.id.as_deref(), Some("1d"));
    assert_eq!(info.image.digest.as_deref(), Some("sha256:d9"));
    assert_eq!(setup.server.known().count("ImageStatus"), 1);
}

#[tokio::test]
async fn huge_answers_are_refused_or_cut() {
    let mut known = sample::known();
    let status = known
        .containers
        .get_mut(CONTAINER)
        .unwrap()
        .status
        .as_mut()
        .unwrap();
    status.labels = (0..50_000)
        .map(|number| (format!("label-{number}"), "v".repeat(100)))
        .collect();
    status.mounts = vec![status.mounts[0].clone(); 50_000];
    let mut larger = known.containers[CONTAINER].clone();
    larger
        .status
        .as_mut()
        .unwrap()
        .metadata
        .as_mut()
        .unwrap()
        .name = "n".repeat(17 << 20);
    known.containers.insert("larger".to_owned(), larger);
    let setup = Setup::new(known, Events::Reported).await;
    let info = setup.inspect(CONTAINER).await.unwrap().unwrap();
    assert!(info.labels.unwrap().len() <= 516);
    assert!(info.mounts.unwrap().len() <= 512);
    let error = setup.inspect("larger").await.unwrap_err();
    assert!(
        error.reason().contains("ContainerStatus failed"),
        "{}",
        error.reason()
    );
    assert!(
        error.reason().contains("message length too large"),
        "{}",
        error.reason()
    );
    // The connection is still of use.
    assert!(setup.inspect(SANDBOX).await.unwrap().is_some());
}

#[tokio::test]
async fn a_call_that_is_not_answered_is_given_up() {
    let setup = Setup::new(sample::known(), Events::Reported).await;
    setup.server.known().delay = Duration::from_secs(60);
    let begun = Instant::now();
    let error = setup.inspect(CONTAINER).await.unwrap_err();
    assert!(matches!(
        error,
        RuntimeError::TimedOut {
            call: "ContainerStatus",
            ..
        }
    ));
    assert!(begun.elapsed() < LONG);
}

#[tokio::test]
async fn who_does_not_have_the_interface_is_told_from_who_fails() {
    let folder = tempfile::tempdir().unwrap();
    let path = socket_of(folder.path());
    let mut known = sample::known();
    known.refused = Some(("Version", Code::Unimplemented));
    let _server = Server::start(&path, known, Events::Reported);
    let error = connect(&path).await.unwrap_err();
    assert!(matches!(
        error,
        RuntimeError::Unsupported { call: "Version" }
    ));

    let missing = folder.path().join("missing.sock");
    let error = connect(&missing).await.unwrap_err();
    assert!(
        error.reason().contains("missing.sock"),
        "{}",
        error.reason()
    );
    assert!(
        error.reason().contains("No such file"),
        "{}",
        error.reason()
    );

    let mut known = sample::known();
    known.refused = Some(("ContainerStatus", Code::Internal));
    let setup = Setup::new(known, Events::Reported).await;
    let error = setup.inspect(CONTAINER).await.unwrap_err();
    assert!(matches!(error, RuntimeError::Call { .. }));
}

#[tokio::test]
async fn who_speaks_something_else_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = socket_of(folder.path());
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        use tokio::io::AsyncWriteExt;
        while let Ok((mut stream, _)) = listener.accept().await {
            let said = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            said.unwrap();
        }
    });
    assert!(timeout(LONG, connect(&path)).await.unwrap().is_err());
}

#[tokio::test]
async fn who_says_nothing_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = socket_of(folder.path());
    // Accepts by itself, in the kernel.
    let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let error = timeout(LONG, connect(&path)).await.unwrap().unwrap_err();
    assert!(
        matches!(error, RuntimeError::TimedOut { .. }),
        "{}",
        error.reason()
    );
}

#[tokio::test]
async fn running_containers_and_sandboxes_are_listed() {
    let setup = Setup::new(sample::known(), Events::Reported).await;
    let mut ids = setup.client.list().await.unwrap();
    ids.sort();
    assert_eq!(
        ids,
        [ContainerId::new(CONTAINER), ContainerId::new(SANDBOX)]
    );
}

#[tokio::test]
async fn what_happens_is_reported() {
    let setup = Setup::new(sample::known(), Events::Reported).await;
    let (changes, mut reported) = mpsc::channel(4);
    let watching = setup.client.watch(&changes);
    let reporting = async {
        while setup.server.listeners() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        for (id, kind) in [
            ("a", STARTED_EVENT),
            ("b", DELETED_EVENT),
            ("c", 77),
            ("d", 0),
        ] {
            assert!(setup.server.report(id, kind));
        }
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(timeout(LONG, reported.recv()).await.unwrap().unwrap());
        }
        seen
    };
    let seen = tokio::select! {
        seen = reporting => seen,
        ended = watching => panic!("{ended:?}"),
    };
    assert_eq!(
        seen,
        [
            Change::Began(ContainerId::new("a")),
            Change::Ended(ContainerId::new("b")),
            Change::Began(ContainerId::new("d")),
        ]
    );
}

#[tokio::test]
async fn older_runtimes_report_nothing() {
    let (changes, _reported) = mpsc::channel(4);
    let setup = Setup::new(sample::known(), Events::Unimplemented).await;
    let error = setup.client.watch(&changes).await.unwrap_err();
    assert!(matches!(error, RuntimeError::NoEvents));
    let setup = Setup::new(sample::known(), Events::Empty).await;
    assert!(setup.client.watch(&changes).await.is_ok());
}

#[tokio::test]
async fn a_client_ends_with_its_runtime() {
    let folder = tempfile::tempdir().unwrap();
    let path = socket_of(folder.path());
    let server = Server::start(&path, sample::known(), Events::Reported);
    let client = connect(&path).await.unwrap();
    client.check().await.unwrap();
    drop(server);
    let _another = Server::start(&path, sample::known(), Events::Reported);
    // It does not notice at once, but never speaks to the other one.
    assert!(client.check().await.is_err());
    assert!(client.check().await.is_err());
    assert!(connect(&path).await.unwrap().check().await.is_ok());
}
