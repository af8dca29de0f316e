use super::*;
use crate::config::RuntimesSettings;
use crate::cri::messages::{DELETED_EVENT, STARTED_EVENT};
use crate::cri::tests::sample::{self, CONTAINER, SANDBOX};
use crate::cri::tests::server::{Events, Known, Server, socket_of};
use saker_container_metadata::{Answer, Expectation, Limits, Reason};
use saker_process_state::{ContainerId, ContainerRef, Runtime};
use serde_json::json;
use std::fs;
use std::io;
use std::sync::Mutex;
use std::time::Instant;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tonic::Code;

/// More than any of the tests takes.
const LONG: Duration = Duration::from_secs(30);

/// How long answers are awaited here: long enough that "at once" can be told from it on a busy machine.
const WAIT: Duration = Duration::from_secs(2);

/// What happens at once takes less.
const AT_ONCE: Duration = Duration::from_millis(1_500);

/// A host whose runtimes are served.
struct Host {
    root: TempDir,
    containers: Containers,
    serving: JoinHandle<()>,
}

impl Host {
    /// Serves what `prepare` makes below the root folder.
    fn serve<T>(prepare: impl FnOnce(&TempDir) -> T) -> (Self, T) {
        let root = tempfile::tempdir().unwrap();
        let prepared = prepare(&root);
        let mut config = RuntimesConfig::new(&RuntimesSettings::default(), root.path()).unwrap();
        config.wait = WAIT;
        let limits = Limits {
            wait: WAIT,
            ..Limits::default()
        };
        let (containers, requests) = Containers::new(limits, Box::new(|| {}));
        let runtimes = Runtimes::find(&config);
        let serving = tokio::spawn(runtimes.serve(containers.clone(), requests));
        let host = Self {
            root,
            containers,
            serving,
        };
        (host, prepared)
    }

    /// Serves a runtime that knows this.
    fn with(known: Known, events: Events) -> (Self, Server) {
        Self::serve(|root| Server::start(&socket_of(root.path()), known, events))
    }

    fn appeared(&self, id: &str) {
        self.containers.appeared(&reference(id));
    }

    fn get(&self, id: &str) -> Answer {
        self.containers.get(&ContainerId::new(id))
    }

    /// Waits until something is so, and says how long it took.
    async fn until(&self, id: &str, is_so: impl Fn(&Answer) -> bool) -> Duration {
        let begun = Instant::now();
        loop {
            let answer = self.get(id);
            if is_so(&answer) {
                return begun.elapsed();
            }
            assert!(begun.elapsed() < LONG, "{answer:?}");
            sleep(Duration::from_millis(2)).await;
        }
    }

    async fn until_complete(&self, id: &str) -> Duration {
        self.until(id, |answer| answer.expectation == Expectation::Complete)
            .await
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn reference(id: &str) -> Arc<ContainerRef> {
    Arc::new(ContainerRef {
        id: ContainerId::new(id),
        runtime: Runtime::Containerd,
        pod_uid: None,
        cgroup_path: Box::default(),
    })
}

/// An id that a container may have.
fn id(number: usize) -> String {
    format!("{number:064x}")
}

/// A runtime that has everything but the container, which `Known::containers` can be given later.
fn without_container() -> Known {
    let mut known = sample::known();
    known.containers.clear();
    known
}

/// Writes the state of a container that containerd runs for itself or for Kubernetes.
fn write_state(root: &TempDir, namespace: &str, id: &str) {
    let folder = root
        .path()
        .join("run/containerd/io.containerd.runtime.v2.task")
        .join(namespace)
        .join(id);
    fs::create_dir_all(&folder).unwrap();
    let spec = json!({
        "annotations": {
            "io.kubernetes.cri.container-type": "container",
            "io.kubernetes.cri.container-name": "server",
            "io.kubernetes.cri.sandbox-id": SANDBOX,
            "io.kubernetes.cri.sandbox-name": "web-0"
        },
        "linux": {"namespaces": []}
    });
    fs::write(folder.join("config.json"), spec.to_string()).unwrap();
}

#[tokio::test]
async fn a_request_is_answered() {
    let (host, server) = Host::with(sample::known(), Events::Reported);
    host.appeared(CONTAINER);
    let time = host.until_complete(CONTAINER).await;
    assert!(time < AT_ONCE, "{time:?}");
    let info = host.get(CONTAINER).info.unwrap();
    assert_eq!(info.name.as_deref(), Some("server"));
    assert_eq!(info.pod.as_ref().unwrap().name.as_deref(), Some("web-0"));
    drop(server);
}

#[tokio::test]
async fn containers_that_run_already_are_known_without_a_request() {
    let (host, _server) = Host::with(sample::known(), Events::Unimplemented);
    host.until_complete(CONTAINER).await;
    host.until_complete(SANDBOX).await;
}

#[tokio::test]
async fn what_begins_and_ends_is_followed() {
    let (host, server) = Host::with(without_container(), Events::Reported);
    while server.listeners() == 0 {
        sleep(Duration::from_millis(2)).await;
    }
    let new = id(7);
    server
        .known()
        .containers
        .insert(new.clone(), sample::container(&new));
    server.report(&new, STARTED_EVENT);
    host.until_complete(&new).await;
    assert!(host.containers.is_running(&ContainerId::new(&new)));
    server.report(&new, DELETED_EVENT);
    let begun = Instant::now();
    while host.containers.is_running(&ContainerId::new(&new)) {
        assert!(begun.elapsed() < LONG);
        sleep(Duration::from_millis(2)).await;
    }
    // It stays known.
    assert!(host.get(&new).info.is_some());
}

#[tokio::test]
async fn files_answer_before_the_runtime_does() {
    let mut known = sample::known();
    known.delay = Duration::from_millis(100);
    let (host, _server) = Host::serve(|root| {
        write_state(root, "k8s.io", CONTAINER);
        Server::start(&socket_of(root.path()), known, Events::Unimplemented)
    });
    host.appeared(CONTAINER);
    host.until(CONTAINER, |answer| answer.info.is_some()).await;
    let part = host.get(CONTAINER);
    assert_eq!(part.expectation, Expectation::Awaited);
    let info = part.info.unwrap();
    assert_eq!(info.name.as_deref(), Some("server"));
    assert_eq!(info.image.reference, None);
    host.until_complete(CONTAINER).await;
    let info = host.get(CONTAINER).info.unwrap();
    assert!(info.image.reference.is_some());
}

#[tokio::test]
async fn without_a_runtime_files_are_all_there_is_and_nobody_waits() {
    let (host, ()) = Host::serve(|root| write_state(root, "k8s.io", CONTAINER));
    host.appeared(CONTAINER);
    host.appeared("unknown");
    let time = host.until_complete(CONTAINER).await;
    assert!(time < AT_ONCE, "{time:?}");
    let time = host
        .until("unknown", |answer| {
            answer.expectation == Expectation::Ended(Reason::NoRuntime)
        })
        .await;
    assert!(time < AT_ONCE, "{time:?}");
}

#[tokio::test]
async fn what_only_files_can_say_is_not_asked() {
    let (host, server) = Host::serve(|root| {
        write_state(root, "default", CONTAINER);
        Server::start(&socket_of(root.path()), Known::default(), Events::Reported)
    });
    host.appeared(CONTAINER);
    host.until_complete(CONTAINER).await;
    assert_eq!(server.known().count("ContainerStatus"), 0);
}

#[tokio::test]
async fn a_container_that_is_not_known_yet_is_asked_about_again_soon() {
    let mut known = sample::known();
    known.unknown_first = 4;
    known.sandboxes.clear();
    let (host, server) = Host::with(without_container(), Events::Unimplemented);
    host.until_settled(&server).await;
    *server.known() = known;
    host.appeared(CONTAINER);
    let time = host.until_complete(CONTAINER).await;
    // 10 + 20 + 40 + 80 milliseconds.
    assert!(time > Duration::from_millis(140), "{time:?}");
    assert!(time < AT_ONCE, "{time:?}");
    assert_eq!(server.known().count("ContainerStatus"), 5);
}

impl Host {
    /// Waits until the runtime was connected to and its list taken in.
    async fn until_settled(&self, server: &Server) {
        while server.known().count("ListPodSandbox") == 0 {
            sleep(Duration::from_millis(2)).await;
        }
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_late_answer_is_still_learned() {
    let (host, server) = Host::with(Known::default(), Events::Unimplemented);
    host.until_settled(&server).await;
    host.appeared(CONTAINER);
    let time = host
        .until(CONTAINER, |answer| {
            answer.expectation == Expectation::Ended(Reason::NotFound)
        })
        .await;
    assert!(time < WAIT + AT_ONCE, "{time:?}");
    // After 10, 30, 70 and 150 milliseconds, then every 100.
    let asked = server.known().count("ContainerStatus");
    assert!((8..=24).contains(&asked), "{asked}");
    *server.known() = sample::known();
    host.until_complete(CONTAINER).await;
}

#[tokio::test]
async fn a_slow_runtime_is_not_waited_for_but_listened_to() {
    let (host, server) = Host::serve(|root| {
        write_state(root, "k8s.io", CONTAINER);
        Server::start(
            &socket_of(root.path()),
            without_container(),
            Events::Unimplemented,
        )
    });
    host.until_settled(&server).await;
    *server.known() = sample::known();
    server.known().delay = Duration::from_secs(3);
    host.appeared(CONTAINER);
    let time = host
        .until(CONTAINER, |answer| {
            answer.expectation == Expectation::Ended(Reason::TimedOut)
        })
        .await;
    assert!(time < WAIT + AT_ONCE, "{time:?}");
    host.until(CONTAINER, |answer| {
        // Now what only the files say counts, too.
        let info = answer.info.as_ref();
        info.is_some_and(|info| info.mounts.is_some())
    })
    .await;
    host.until_complete(CONTAINER).await;
}

#[tokio::test]
async fn a_runtime_that_appears_later_is_found() {
    let (host, ()) = Host::serve(|_| ());
    host.appeared(CONTAINER);
    host.until(CONTAINER, |answer| {
        answer.expectation == Expectation::Ended(Reason::NoRuntime)
    })
    .await;
    let socket = socket_of(host.root.path());
    let _server = Server::start(&socket, sample::known(), Events::Reported);
    let time = host.until_complete(CONTAINER).await;
    assert!(time < Duration::from_secs(12), "{time:?}");
}

#[tokio::test]
async fn a_runtime_that_dies_and_comes_back_is_asked_again() {
    for events in [Events::Reported, Events::Unimplemented, Events::Empty] {
        let (host, server) = Host::with(sample::known(), events);
        host.until_complete(CONTAINER).await;
        drop(server);
        host.appeared("meanwhile");
        host.until("meanwhile", |answer| {
            matches!(answer.expectation, Expectation::Ended(_))
        })
        .await;
        // It comes back with a container that nobody reported.
        let mut known = sample::known();
        let new = id(9);
        known
            .containers
            .insert(new.clone(), sample::container(&new));
        let socket = socket_of(host.root.path());
        let _server = Server::start(&socket, known, events);
        let time = host.until_complete(&new).await;
        assert!(time < Duration::from_secs(12), "{time:?}");
        // What was known stays known.
        assert_eq!(host.get(CONTAINER).expectation, Expectation::Complete);
    }
}

#[tokio::test]
async fn when_a_container_was_started_is_asked_for_again() {
    let (host, server) = Host::with(without_container(), Events::Unimplemented);
    host.until_settled(&server).await;
    let starts_at = |wall_ns: i64| {
        let mut container = sample::container(CONTAINER);
        container.status.as_mut().unwrap().started_at = wall_ns;
        let containers = &mut server.known().containers;
        containers.insert(CONTAINER.to_owned(), container);
    };
    let start = |answer: &Answer| answer.info.as_ref()?.started_wall_ns;
    starts_at(0);
    host.appeared(CONTAINER);
    host.until_complete(CONTAINER).await;
    assert_eq!(start(&host.get(CONTAINER)), None);
    starts_at(7);
    host.until(CONTAINER, |answer| start(answer) == Some(7))
        .await;
}

#[tokio::test]
async fn while_a_runtime_is_gone_files_are_not_all_there_is() {
    let (host, server) = Host::with(sample::known(), Events::Unimplemented);
    host.until_complete(CONTAINER).await;
    drop(server);
    let new = id(7);
    write_state(&host.root, "k8s.io", &new);
    host.appeared(&new);
    let is_gone = |answer: &Answer| answer.expectation == Expectation::Ended(Reason::NoRuntime);
    host.until(&new, is_gone).await;
    let info = host.get(&new).info.expect("what the files say");
    assert_eq!(info.name.as_deref(), Some("server"));
}

#[tokio::test]
async fn five_hundred_at_once_are_answered_a_few_at_a_time() {
    let (host, server) = Host::with(without_container(), Events::Unimplemented);
    host.until_settled(&server).await;
    for number in 0..500 {
        let id = id(number);
        let container = sample::container(&id);
        server.known().containers.insert(id, container);
    }
    server.known().asked.clear();
    server.known().delay = Duration::from_millis(2);
    for number in 0..500 {
        host.appeared(&id(number));
    }
    for number in 0..500 {
        host.until_complete(&id(number)).await;
    }
    let known = server.known();
    assert_eq!(known.count("ContainerStatus"), 500);
    // The questions about containers, and now and then whether the runtime still answers.
    assert!(known.answering_most <= 17, "{}", known.answering_most);
    assert!(known.answering_most > 1);
}

#[tokio::test]
async fn nothing_goes_on_after_the_future_was_dropped() {
    let (host, server) = Host::with(Known::default(), Events::Reported);
    host.until_settled(&server).await;
    host.appeared(CONTAINER);
    host.serving.abort();
    let begun = Instant::now();
    while server.listeners() > 0 {
        assert!(begun.elapsed() < LONG);
        sleep(Duration::from_millis(2)).await;
    }
    let before = server.known().asked.len();
    sleep(Duration::from_secs(3)).await;
    assert_eq!(server.known().asked.len(), before);
}

#[tokio::test]
async fn what_was_found_is_told() {
    let root = tempfile::tempdir().unwrap();
    let socket = socket_of(root.path());
    let _server = Server::start(&socket, sample::known(), Events::Reported);
    fs::create_dir_all(root.path().join("run/crio")).unwrap();
    let deaf = root.path().join("run/crio/crio.sock");
    drop(std::os::unix::net::UnixListener::bind(&deaf).unwrap());
    // No socket.
    fs::create_dir_all(root.path().join("run/podman")).unwrap();
    fs::write(root.path().join("run/podman/podman.sock"), "").unwrap();
    fs::create_dir_all(root.path().join("var/lib/docker/containers")).unwrap();
    let config = RuntimesConfig::new(&RuntimesSettings::default(), root.path()).unwrap();
    let runtimes = Runtimes::find(&config);
    assert!(!runtimes.is_empty());
    let found = runtimes.found().await;
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].engine, "cri");
    assert_eq!(found[0].place, socket);
    assert_eq!(found[0].version.as_deref().unwrap(), "containerd 1.7.2");
    assert_eq!(found[1].place, deaf);
    let reason = found[1].version.as_ref().unwrap_err().reason();
    assert!(reason.contains("Connection refused"), "{reason}");
    assert_eq!(found[2].engine, "files");
    assert_eq!(found[2].version.as_deref().unwrap(), "state of Docker");

    let empty = tempfile::tempdir().unwrap();
    let config = RuntimesConfig::new(&RuntimesSettings::default(), empty.path()).unwrap();
    assert!(Runtimes::find(&config).is_empty());
    assert!(Runtimes::find(&config).found().await.is_empty());
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logging(log: &Log) -> tracing::subscriber::DefaultGuard {
    let log = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_ansi(false)
        .with_writer(move || log.clone())
        .finish();
    tracing::subscriber::set_default(subscriber)
}

#[tokio::test]
async fn the_same_error_is_logged_once() {
    let log = Log::default();
    let _guard = logging(&log);
    let (_host, ()) = Host::serve(|root| {
        let socket = socket_of(root.path());
        drop(std::os::unix::net::UnixListener::bind(socket).unwrap());
    });
    // Attempts after 0, 250, 750 and 1,750 milliseconds.
    sleep(Duration::from_secs(2)).await;
    let text = log.text();
    assert_eq!(text.matches("does not answer").count(), 1, "{text}");
    assert!(text.contains("Connection refused"), "{text}");
}

#[tokio::test]
async fn a_host_with_nothing_to_ask_logs_nothing() {
    let log = Log::default();
    let _guard = logging(&log);
    let mut known = sample::known();
    // Docker's containerd, without the CRI plugin.
    known.refused = Some(("Version", Code::Unimplemented));
    let (host, _server) = Host::with(known, Events::Unimplemented);
    host.appeared(CONTAINER);
    host.until(CONTAINER, |answer| {
        answer.expectation == Expectation::Ended(Reason::NoRuntime)
    })
    .await;
    sleep(Duration::from_millis(300)).await;
    assert_eq!(log.text(), "");
}
