//! Docker's server with a containerd of its own.

use crate::server::{Server, output_of, remove_cgroup, write_image};
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// The image of all containers.
pub(crate) const IMAGE: &str = "saker/probe:1.2";

/// Where nothing of the host's Docker is used or changed.
pub(crate) struct Docker {
    server: Option<Server>,
    folder: TempDir,
}

impl Docker {
    /// Starts the server, without a network of its own, and gives it [`IMAGE`].
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let configuration = folder.path().join("daemon.json");
        let path = |name: &str| folder.path().join(name);
        let settings = serde_json::json!({"deprecated-key-path": path("key.json")});
        std::fs::write(&configuration, settings.to_string()).expect("a file");
        let socket = path("docker.sock");
        let mut command = Command::new("dockerd");
        command
            .arg(format!("--config-file={}", configuration.display()))
            .arg(format!("--data-root={}", path("data").display()))
            .arg(format!("--exec-root={}", path("exec").display()))
            .arg(format!("--pidfile={}", path("docker.pid").display()))
            .arg(format!("--host=unix://{}", socket.display()))
            .args(["--group=root", "--storage-driver=vfs"])
            .args(["--bridge=none", "--iptables=false", "--ip6tables=false"])
            .arg("--exec-opt=native.cgroupdriver=cgroupfs")
            .arg("--default-ulimit=nofile=1024:1024");
        let server = Server::start(command, &socket, path("log"));
        let docker = Self {
            server: Some(server),
            folder,
        };
        let image = write_image(docker.folder.path());
        docker.run(&["import", image.to_str().expect("text"), IMAGE]);
        docker
    }

    /// Where the server listens.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("docker.sock")
    }

    /// Runs a command and returns what it printed last: for most, an id.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let mut command = self.command();
        command.args(arguments);
        output_of(command)
    }

    fn command(&self) -> Command {
        let mut command = Command::new("docker");
        command
            .env("DOCKER_HOST", format!("unix://{}", self.socket().display()))
            .env("DOCKER_CONFIG", self.folder.path().join("client"))
            .env_remove("DOCKER_CONTEXT");
        command
    }
}

impl Drop for Docker {
    fn drop(&mut self) {
        let listed = self.command().args(["ps", "--all", "--quiet"]).output();
        let listed = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        for id in listed.iter().flat_map(|ids| ids.lines()) {
            let removed = self.command().args(["rm", "--force", id]).output();
            if !removed.as_ref().is_ok_and(|output| output.status.success()) {
                eprintln!("docker rm {id}: {removed:?}");
            }
        }
        self.server = None;
        // What the server mounts over its own folder and its namespace of no network stay behind.
        for mount in ["exec/netns/default", "data"] {
            let path = self.folder.path().join(mount);
            Command::new("umount").arg(path).output().ok();
        }
        remove_cgroup("docker");
    }
}
