//! What the agent learns by itself about the containers of a runtime.

use saker_container_metadata::{Answer, ContainerInfo, Containers, Expectation, Limits};
use saker_container_runtimes::{Engine, Found, Runtimes, RuntimesConfig, RuntimesSettings};
use saker_process_state::{ContainerId, ContainerRef, container_of};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks one runtime, and keeps what it says.
pub(crate) struct Asking {
    containers: Containers,
    config: RuntimesConfig,
    runtime: Runtime,
}

impl Asking {
    /// Starts to ask at a socket.
    pub(crate) fn start(engine: Engine, socket: &Path) -> Self {
        let mut settings = RuntimesSettings::default();
        let engines = &mut settings.engines;
        for (other, settings) in [
            (Engine::Cri, &mut engines.cri),
            (Engine::Docker, &mut engines.docker),
            (Engine::Podman, &mut engines.podman),
        ] {
            if other == engine {
                settings.sockets = vec![socket.to_str().expect("text").to_owned()];
            } else {
                settings.enabled = Some(false);
            }
        }
        let config = RuntimesConfig::new(&settings, Path::new("/")).expect("settings");
        let (containers, requests) = Containers::new(Limits::default(), Box::new(|| {}));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let runtimes = Runtimes::find(&config);
        assert!(!runtimes.is_empty(), "the socket is found");
        runtime.spawn(runtimes.serve(containers.clone(), requests));
        Self {
            containers,
            config,
            runtime,
        }
    }

    /// What the runtime calls itself.
    pub(crate) fn version(&self) -> String {
        let found = self.runtime.block_on(Runtimes::find(&self.config).found());
        // Folders of state that this host has follow.
        let [Found { version, .. }, ..] = &found[..] else {
            panic!("no runtime");
        };
        version.as_ref().expect("a version").clone()
    }

    /// Asks about the container of a process, as the agent does when one appears.
    pub(crate) fn about_process(&self, pid: &str) -> (ContainerRef, ContainerInfo) {
        let cgroups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).expect("its cgroups");
        let path = cgroups.lines().find_map(|line| line.strip_prefix("0::"));
        let container = container_of(path.expect("its cgroup").as_bytes());
        let container = Arc::new(container.expect("a container"));
        self.containers.appeared(&container);
        let info = self.learned(container.id.full());
        ((*container).clone(), info)
    }

    /// Waits until everything is known of a container, whether anybody asked for it or not.
    pub(crate) fn learned(&self, id: &str) -> ContainerInfo {
        let id = ContainerId::new(id);
        let answer = self.wait_until(&id, |answer| answer.expectation == Expectation::Complete);
        let info = answer.info.expect("what is complete is there");
        (*info).clone()
    }

    /// Waits until a container is known to run no more.
    pub(crate) fn ended(&self, id: &str) {
        let id = ContainerId::new(id);
        self.wait_until(&id, |_| !self.containers.is_running(&id));
    }

    fn wait_until(&self, id: &ContainerId, fits: impl Fn(&Answer) -> bool) -> Answer {
        let limit = Instant::now() + PATIENCE;
        loop {
            let answer = self.containers.get(id);
            if fits(&answer) {
                return answer;
            }
            assert!(Instant::now() < limit, "{id:?}: {answer:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}
