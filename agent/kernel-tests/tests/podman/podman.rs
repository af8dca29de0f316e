//! Podman with a storage of its own, and its API server.

use crate::server::{Server, output_of, remove_cgroup, write_image};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The image of all containers.
pub(crate) const IMAGE: &str = "localhost/saker/probe:1.2";

/// Where podman keeps containers, below the folder that stands for the host's root: the usual places.
const GRAPH_ROOT: &str = "var/lib/containers/storage";
const RUN_ROOT: &str = "run/containers/storage";

/// Options of podman that name folders, and the folders.
const FOLDERS: [(&str, &str); 4] = [
    ("root", GRAPH_ROOT),
    ("runroot", RUN_ROOT),
    ("tmpdir", "tmpdir"),
    ("network-config-dir", "network-config-dir"),
];

/// Where nothing of the host's podman is used or changed.
pub(crate) struct Podman {
    server: Option<Server>,
    folder: TempDir,
}

impl Podman {
    /// Sets up a storage with [`IMAGE`], and starts the server.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // Podman's own limits are more than a test may ask for where nobody may raise limits.
        let configuration = "[containers]\n\
             default_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n\
             netns = \"host\"\n\
             [engine]\nevents_logger = \"file\"\nlock_type = \"file\"\n";
        std::fs::write(folder.path().join("containers.conf"), configuration).expect("a file");
        let storage = format!(
            "[storage]\ndriver = \"vfs\"\ngraphroot = \"{0}/{GRAPH_ROOT}\"\nrunroot = \"{0}/{RUN_ROOT}\"\n",
            folder.path().display()
        );
        std::fs::write(folder.path().join("storage.conf"), storage).expect("a file");
        let mut podman = Self {
            server: None,
            folder,
        };
        let image = write_image(podman.folder.path());
        podman.run(&["import", image.to_str().expect("text"), IMAGE]);
        podman.serve();
        podman
    }

    /// Where the server listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("podman.sock")
    }

    /// What stands for the root folder of the host.
    pub(crate) fn host_root(&self) -> &Path {
        self.folder.path()
    }

    /// Starts the server, again where it was stopped.
    pub(crate) fn serve(&mut self) {
        let socket = self.socket();
        std::fs::remove_file(&socket).ok();
        let address = format!("unix://{}", socket.display());
        let mut command = self.command();
        command.args(["system", "service", "--time", "0", &address]);
        let log = self.folder.path().join("log");
        self.server = Some(Server::start(command, &socket, log));
    }

    /// Stops the server; containers do not need it.
    pub(crate) fn stop_serving(&mut self) {
        self.server = None;
    }

    /// Runs a command and returns what it printed last: for most, an id.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let mut command = self.command();
        command.args(arguments);
        output_of(command)
    }

    fn command(&self) -> Command {
        let path = |name: &str| self.folder.path().join(name);
        let option = |(name, folder)| format!("--{name}={}", path(folder).display());
        let mut command = Command::new("podman");
        command
            .env("CONTAINERS_CONF", path("containers.conf"))
            .env("CONTAINERS_STORAGE_CONF", path("storage.conf"))
            .env_remove("CONTAINER_HOST")
            .args(FOLDERS.map(option))
            .args(["--storage-driver=vfs", "--cgroup-manager=cgroupfs"])
            // crun refuses a host with control groups of both versions.
            .arg("--runtime=runc");
        command
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        for arguments in [
            &["pod", "rm", "--all", "--force", "--time=0"][..],
            &["rm", "--all", "--force", "--time=0"],
        ] {
            let removed = self.command().args(arguments).output();
            if !removed.as_ref().is_ok_and(|output| output.status.success()) {
                eprintln!("podman {arguments:?}: {removed:?}");
            }
        }
        self.stop_serving();
        remove_cgroup("libpod_parent");
    }
}
