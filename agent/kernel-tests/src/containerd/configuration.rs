//! The configuration of the server and of the pods' network.

use std::path::{Path, PathBuf};

/// Where things lie below the server's folder: as on a host, so that the folder can stand for one.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) host_root: PathBuf,
    pub(super) root: PathBuf,
    pub(super) state: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) file: PathBuf,
    pub(super) network_folder: PathBuf,
}

impl Layout {
    pub(super) fn below(folder: &Path) -> Self {
        let host_root = folder.to_owned();
        let state = host_root.join("run/containerd");
        Self {
            root: host_root.join("var/lib/containerd"),
            socket: state.join("containerd.sock"),
            file: host_root.join("etc/containerd/config.toml"),
            network_folder: host_root.join("etc/cni/net.d"),
            state,
            host_root,
        }
    }

    /// What the server says.
    pub(super) fn log(&self) -> PathBuf {
        self.host_root.join("containerd.log")
    }

    /// Sockets that the shims of running pods listen on.
    pub(super) fn sockets_of_shims(&self) -> Vec<PathBuf> {
        let tasks = self.state.join("io.containerd.runtime.v2.task/k8s.io");
        let Ok(tasks) = std::fs::read_dir(tasks) else {
            return Vec::new();
        };
        let addresses = tasks
            .flatten()
            .filter_map(|task| std::fs::read_to_string(task.path().join("address")).ok());
        addresses
            .filter_map(|address| address.trim().strip_prefix("unix://").map(PathBuf::from))
            .collect()
    }

    /// Makes the folders and writes the files.
    pub(super) fn write(&self, sandbox_image: &str, network: &str) {
        for folder in [&self.root, &self.state, &self.network_folder] {
            std::fs::create_dir_all(folder).expect("a folder");
        }
        std::fs::create_dir_all(self.file.parent().expect("a folder")).expect("a folder");
        std::fs::write(&self.file, self.server(sandbox_image)).expect("the configuration");
        std::fs::write(
            self.network_folder.join("10-bridge.conflist"),
            self.network(network),
        )
        .expect("the configuration of the network");
    }

    fn server(&self, sandbox_image: &str) -> String {
        format!(
            r#"version = 2
root = "{root}"
state = "{state}"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
address = "{socket}"

[ttrpc]
address = "{socket}.ttrpc"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{sandbox_image}"
netns_mounts_under_state_dir = true
disable_apparmor = true
# Where tests run root may lack CAP_SYS_RESOURCE.
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "{network_folder}"

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
"#,
            root = self.root.display(),
            state = self.state.display(),
            socket = self.socket.display(),
            network_folder = self.network_folder.display(),
        )
    }

    /// A bridge in the server's own network namespace: the host's network is not touched.
    fn network(&self, name: &str) -> String {
        serde_json::json!({
            "cniVersion": "0.4.0",
            "name": name,
            "plugins": [{
                "type": "bridge",
                "bridge": "saker0",
                "ipam": {
                    "type": "host-local",
                    "ranges": [[{ "subnet": "10.88.0.0/16" }]],
                    "dataDir": self.host_root.join("run/cni"),
                },
            }],
        })
        .to_string()
    }
}
