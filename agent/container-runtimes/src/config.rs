//! Which runtimes are asked, and where.

use serde::Deserialize;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// Longest value of a label that is kept, as in Falco.
const LABEL_MAX_LEN: usize = 100;

/// Highest bound of a label's value that may be asked for.
const LABEL_MAX_LEN_HIGHEST: usize = 65_536;

/// How long an answer is awaited.
const WAIT: Duration = Duration::from_millis(500);

/// Most sockets of one engine.
const SOCKETS_MAX: usize = 32;

/// A kind of interface that runtimes are asked by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Engine {
    /// The container runtime interface of Kubernetes: containerd, CRI-O.
    Cri,
    /// Docker's API.
    Docker,
    /// Podman's API.
    Podman,
}

impl Engine {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 3] = [Self::Cri, Self::Docker, Self::Podman];

    /// As the configuration names it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cri => "cri",
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// Where its sockets lie unless the configuration says otherwise: Falco's paths. A component `*`
    /// stands for every folder there.
    #[must_use]
    pub const fn default_sockets(self) -> &'static [&'static str] {
        match self {
            Self::Cri => &[
                "/run/containerd/containerd.sock",
                "/run/crio/crio.sock",
                "/run/k3s/containerd/containerd.sock",
                "/run/host-containerd/containerd.sock",
            ],
            // The second one where the host is mounted elsewhere: there `/var/run`, a link to `/run`, leads
            // back into the folders of the agent.
            Self::Docker => &["/var/run/docker.sock", "/run/docker.sock"],
            Self::Podman => &["/run/podman/podman.sock", "/run/user/*/podman/podman.sock"],
        }
    }
}

/// What the configuration file may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuntimesSettings {
    /// Longest value of a label that is kept, bytes; longer ones are dropped with their keys.
    pub label_max_len: Option<usize>,
    /// The interfaces.
    pub engines: EnginesSettings,
}

/// The interfaces.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnginesSettings {
    /// Container runtime interface.
    pub cri: EngineSettings,
    /// Docker.
    pub docker: EngineSettings,
    /// Podman.
    pub podman: EngineSettings,
}

/// One interface.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EngineSettings {
    /// Whether it is asked; it is unless the file says otherwise.
    pub enabled: Option<bool>,
    /// Its sockets instead of the usual ones.
    pub sockets: Vec<String>,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A socket's path is not absolute.
    #[error("engines.{engine}.sockets: `{path}` is not an absolute path; write `/run/…` or `unix:///run/…`", engine = .engine.name())]
    Socket {
        /// The interface.
        engine: Engine,
        /// The path.
        path: String,
    },
    /// There are too many sockets.
    #[error("engines.{engine}.sockets: {count} paths are too many; at most {SOCKETS_MAX} are allowed", engine = .engine.name())]
    Sockets {
        /// The interface.
        engine: Engine,
        /// How many there are.
        count: usize,
    },
    /// The bound of labels is too high.
    #[error("label_max_len: {0} is too much; at most {LABEL_MAX_LEN_HIGHEST} is allowed")]
    Label(usize),
}

/// Which runtimes are asked, and where: checked.
#[derive(Clone, Debug)]
pub struct RuntimesConfig {
    sockets: Vec<(Engine, PathBuf)>,
    /// Where the host's root folder lies: `/`, or the folder that it is mounted at in the agent's
    /// own container.
    pub host_root: PathBuf,
    /// How long an answer is awaited.
    pub wait: Duration,
    /// Longest value of a label that is kept, bytes.
    pub label_max_len: usize,
}

impl Default for RuntimesConfig {
    fn default() -> Self {
        let sockets = Engine::ALL
            .into_iter()
            .flat_map(|engine| {
                let paths = engine.default_sockets().iter();
                paths.map(move |path| (engine, PathBuf::from(path)))
            })
            .collect();
        Self {
            sockets,
            host_root: PathBuf::from("/"),
            wait: WAIT,
            label_max_len: LABEL_MAX_LEN,
        }
    }
}

impl RuntimesConfig {
    /// Checks what the configuration file says. `host_root` is where the host's root folder lies
    /// (Falco's environment variable `HOST_ROOT`); `/` where the agent runs on the host.
    ///
    /// # Errors
    ///
    /// A setting cannot be used.
    pub fn new(settings: &RuntimesSettings, host_root: &Path) -> Result<Self, ConfigError> {
        let engines = &settings.engines;
        let mut sockets = Vec::new();
        for (engine, settings) in [
            (Engine::Cri, &engines.cri),
            (Engine::Docker, &engines.docker),
            (Engine::Podman, &engines.podman),
        ] {
            let paths = sockets_of(engine, settings)?;
            sockets.extend(paths.into_iter().map(|path| (engine, path)));
        }
        let label_max_len = settings.label_max_len.unwrap_or(LABEL_MAX_LEN);
        if label_max_len > LABEL_MAX_LEN_HIGHEST {
            return Err(ConfigError::Label(label_max_len));
        }
        Ok(Self {
            sockets,
            host_root: host_root.to_owned(),
            wait: WAIT,
            label_max_len,
        })
    }

    /// The sockets as the host sees them; a component `*` stands for every folder there.
    #[must_use]
    pub fn sockets(&self) -> &[(Engine, PathBuf)] {
        &self.sockets
    }

    /// Where the agent finds what the host has at `path`.
    #[must_use]
    pub fn on_host(&self, path: &Path) -> PathBuf {
        self.host_root.join(path.strip_prefix("/").unwrap_or(path))
    }
}

fn sockets_of(engine: Engine, settings: &EngineSettings) -> Result<Vec<PathBuf>, ConfigError> {
    if settings.enabled == Some(false) {
        return Ok(Vec::new());
    }
    if settings.sockets.is_empty() {
        return Ok(engine.default_sockets().iter().map(PathBuf::from).collect());
    }
    let count = settings.sockets.len();
    if count > SOCKETS_MAX {
        return Err(ConfigError::Sockets { engine, count });
    }
    settings
        .sockets
        .iter()
        .map(|socket| {
            let path = Path::new(socket.strip_prefix("unix://").unwrap_or(socket));
            let is_plain = path.is_absolute()
                && !path
                    .components()
                    .any(|component| component == Component::ParentDir);
            is_plain
                .then(|| path.to_owned())
                .ok_or_else(|| ConfigError::Socket {
                    engine,
                    path: socket.clone(),
                })
        })
        .collect()
}

#[cfg(test)]
mod tests;
