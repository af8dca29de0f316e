//! A real containerd with runc, as on a node of a cluster.
//!
//! Everything that the server writes lies in a folder in memory, laid out as below the root of a host,
//! with a network namespace of its own. What was started is ended and removed when the test is over,
//! also when it failed. Only the sockets of shims (`/run/containerd/s`) and the results of network
//! plugins (`/var/lib/cni`) lie where containerd has them everywhere; they are removed too.

mod cgroups;
mod configuration;
mod cri;
mod image;
mod messages;
mod pod;
mod scratch;

pub use cri::{Cri, Sandbox};
pub use pod::{Container, HostFolder, Namespaces, Pod};
pub use tonic::Status;

use cgroups::Hierarchies;
use configuration::Layout;
use cri::Made;
use rustix::process::{Pid, Signal, kill_process};
use scratch::Scratch;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// A file in [`IMAGE`] for its program to look at.
pub const MARKER: &str = "/marker";

/// The image of the tests' containers: the program `/actor` and the file [`MARKER`].
pub const IMAGE: &str = "registry.test:5000/shop/actor:1.4";

/// Repository of [`IMAGE`].
pub const REPOSITORY: &str = "registry.test:5000/shop/actor";

const SANDBOX_IMAGE: &str = "registry.test:5000/pause:3.9";

/// How long the server may take to answer on a busy machine.
const START: Duration = Duration::from_secs(30);

/// Where plugins of the network keep their results.
const NETWORK_RESULTS: &str = "/var/lib/cni/results";

/// A running containerd; ended when dropped, with all its containers.
pub struct Containerd {
    runtime: Runtime,
    client: Cri,
    server: Child,
    layout: Layout,
    hierarchies: Hierarchies,
    /// Control group of the server and the shims.
    cgroup: String,
    made: Arc<Mutex<Made>>,
    network: String,
    _scratch: Scratch,
}

impl Containerd {
    /// Starts a server that has the images.
    ///
    /// # Panics
    ///
    /// Where it cannot be started; a missing program is a failure, never a skip.
    #[must_use]
    pub fn start() -> Self {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let network = format!("saker-{}-{number}", std::process::id());
        let cgroup = format!("saker-containerd-{}-{number}", std::process::id());
        let scratch = Scratch::new();
        let layout = Layout::below(scratch.path());
        layout.write(SANDBOX_IMAGE, &network);
        let hierarchies = Hierarchies::find();
        hierarchies.make(&cgroup);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let made = Arc::default();
        let client = {
            let _entered = runtime.enter();
            Cri::new(&layout.socket, Arc::clone(&made))
        };
        let server = spawn(&layout, &hierarchies.folder(&cgroup));
        let containerd = Self {
            runtime,
            client,
            server,
            layout,
            hierarchies,
            cgroup,
            made,
            network,
            _scratch: scratch,
        };
        containerd.import_images();
        containerd
    }

    /// The folder that stands for the root of the host: the socket is `run/containerd/containerd.sock` in it.
    #[must_use]
    pub fn host_root(&self) -> &Path {
        &self.layout.host_root
    }

    /// The socket of the server.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.layout.socket
    }

    /// A client of the server.
    #[must_use]
    pub fn client(&self) -> Cri {
        self.client.clone()
    }

    /// Runs calls of the client to their end.
    pub fn block_on<T>(&self, calls: impl Future<Output = T>) -> T {
        self.runtime.block_on(calls)
    }

    /// Makes a pod.
    ///
    /// # Panics
    ///
    /// Where the server refuses.
    #[must_use]
    pub fn run(&self, pod: Pod) -> Sandbox {
        let sandbox = self.block_on(self.client.run(pod));
        sandbox.unwrap_or_else(|status| panic!("no pod: {status}"))
    }

    /// Makes and starts a container, and returns its id.
    ///
    /// # Panics
    ///
    /// Where the server refuses.
    #[must_use]
    pub fn launch(&self, sandbox: &Sandbox, container: &Container) -> String {
        let id = self.block_on(self.client.launch(sandbox, container));
        id.unwrap_or_else(|status| panic!("no container: {status}"))
    }

    /// Runs the program of the image in a container that runs, and looks at the marker with it.
    ///
    /// # Panics
    ///
    /// Where it cannot be run.
    pub fn look_in(&self, container_id: &str) {
        let command = ["/actor", "read", MARKER];
        let code = self.block_on(self.client.execute(container_id, &command));
        assert_eq!(code.unwrap_or_else(|status| panic!("{status}")), 0);
    }

    /// Lets a container that waits (`actor await`) look at its file. The server need not run for that.
    ///
    /// # Panics
    ///
    /// Where the container does not run.
    pub fn wake(&self, sandbox: &Sandbox, container_id: &str) {
        let cgroup = format!("{}/{container_id}", sandbox.pod.cgroup());
        let mut waiting = Vec::new();
        self.wait_for(|| {
            waiting = self.hierarchies.processes(&cgroup);
            waiting.retain(|&process| waits_for_signals(process));
            !waiting.is_empty()
        });
        kill_process(waiting[0], Signal::USR1).expect("it runs");
    }

    /// Stops the server without its noticing (`SIGSTOP`).
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets a frozen server go on.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    /// Ends the server; the containers run on.
    pub fn stop_server(&mut self) {
        self.signal(Signal::TERM);
        self.server.wait().expect("its end");
    }

    /// Starts the server again after [`Self::stop_server`].
    pub fn start_server(&mut self) {
        self.server = spawn(&self.layout, &self.hierarchies.folder(&self.cgroup));
        self.wait_until_ready();
    }

    /// What lies outside of the server's folder and must go with it: control groups in each hierarchy,
    /// sockets of shims, the folder itself.
    #[must_use]
    pub fn traces(&self) -> Vec<PathBuf> {
        let mut traces = self.layout.sockets_of_shims();
        let made = self.made();
        for cgroup in made.cgroups.iter().chain([&self.cgroup]) {
            traces.extend(self.hierarchies.folders(cgroup));
        }
        traces.push(self.layout.host_root.clone());
        traces
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().expect("what was made")
    }

    fn signal(&self, signal: Signal) {
        let pid = self.server.id().try_into().ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process id"), signal).expect("the server runs");
    }

    fn import_images(&self) {
        self.wait_until_ready();
        let folder = self.host_root();
        let actor = image::compile_actor(folder);
        for name in [IMAGE, SANDBOX_IMAGE] {
            let (repository, tag) = name.rsplit_once(':').expect("a tag");
            let archive = folder.join("image.tar");
            image::write_archive(&actor, name, tag, &archive);
            let output = Command::new("ctr")
                .arg("--address")
                .arg(self.socket())
                .args(["--namespace", "k8s.io", "images", "import", "--digests"])
                .args(["--base-name", repository])
                .arg(&archive)
                .output()
                .expect("`ctr` (package containerd)");
            assert!(output.status.success(), "no image {name}: {output:?}");
            // The interface of the cluster hears of images by events.
            self.wait_for(|| matches!(self.block_on(self.client.image_id(name)), Ok(Some(_))));
        }
    }

    fn wait_until_ready(&self) {
        // Any answer will do.
        self.wait_for(|| self.block_on(self.client.image_id(IMAGE)).is_ok());
    }

    fn wait_for(&self, mut is_so: impl FnMut() -> bool) {
        let limit = Instant::now() + START;
        while !is_so() {
            let log = || std::fs::read_to_string(self.layout.log()).unwrap_or_default();
            assert!(
                Instant::now() < limit,
                "containerd is not ready:\n{}",
                log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Containerd {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.layout.log()).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let last = lines.iter().skip(lines.len().saturating_sub(20));
            eprintln!("containerd said at last:");
            last.for_each(|line| eprintln!("  {line}"));
        }
        let sockets = self.layout.sockets_of_shims();
        // Shims before their containers, or they would report each end.
        self.hierarchies.remove(&self.cgroup);
        self.server.wait().ok();
        let made = self.made();
        for cgroup in &made.cgroups {
            self.hierarchies.remove(cgroup);
        }
        for socket in sockets {
            std::fs::remove_file(socket).ok();
        }
        // Named after the network and the sandbox; the loopback's network has one name everywhere.
        remove_network_results(|name| {
            name.starts_with(&format!("{}-", self.network))
                || made.sandboxes.iter().any(|id| name.contains(id))
        });
    }
}

/// Starts the server in a control group, which its shims inherit.
fn spawn(layout: &Layout, cgroup: &Path) -> Child {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(layout.log())
        .expect("a log");
    let enter = r#"echo 0 > "$1" && shift && exec unshare --net -- "$@""#;
    Command::new("sh")
        .args(["-c", enter, "sh"])
        .arg(cgroup.join("cgroup.procs"))
        .args(["containerd", "--config"])
        .arg(&layout.file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("a shell")
}

/// Whether an actor has come so far that it takes signals.
fn waits_for_signals(process: Pid) -> bool {
    let status = format!("/proc/{}/status", process.as_raw_nonzero());
    let status = std::fs::read_to_string(status).unwrap_or_default();
    let value = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap_or_default().trim().to_owned()
    };
    let caught = u64::from_str_radix(&value("SigCgt:"), 16).unwrap_or_default();
    // SIGUSR1 is signal 10. What runc runs before the actor catches signals, too.
    value("Name:") == "actor" && caught & (1 << 9) != 0
}

fn remove_network_results(is_ours: impl Fn(&str) -> bool) {
    let Ok(entries) = std::fs::read_dir(NETWORK_RESULTS) else {
        return;
    };
    for entry in entries.flatten() {
        if is_ours(&entry.file_name().to_string_lossy()) {
            std::fs::remove_file(entry.path()).ok();
        }
    }
}
