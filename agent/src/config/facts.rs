//! `containers:`, `kubernetes:` and `enrichment:` of the configuration file: who is asked about
//! containers and pods, and how long events wait for it.

use super::ConfigError;
use crate::cli::KubeArgs;
use saker_container_runtimes::{RuntimesConfig, RuntimesSettings};
use saker_kube_watch::KubeConfig;
use saker_policy_audit::MtlsSettings;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long an event waits at most, unless the file says otherwise.
const WAIT_MS: u64 = 500;

/// The longest wait that may be asked for: memory for what waits is bounded, and alerts come late.
const WAIT_MS_MAX: u64 = 10_000;

/// How long containers and pods stay known after their end, unless the file says otherwise.
const KEPT_SECONDS: u64 = 600;

/// The longest time that may be asked for; how many stay known is bounded all the same.
const KEPT_SECONDS_MAX: u64 = 86_400;

/// Where the host's root folder lies, as Falco has it.
const HOST_ROOT: &str = "HOST_ROOT";

/// `enrichment:`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct EnrichmentFile {
    wait_ms: Option<u64>,
    kept_seconds: Option<u64>,
}

/// `kubernetes:`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct KubernetesFile {
    enabled: Option<bool>,
    kubeconfig: Option<PathBuf>,
    manifests: Option<PathBuf>,
    node_name: Option<String>,
}

/// Who is asked beside the kernel.
#[derive(Clone, Debug)]
pub(crate) struct FactsConfig {
    /// How long an event waits at most.
    pub(crate) wait: Duration,
    /// How long containers and pods stay known after their end.
    pub(crate) kept: Duration,
    /// The runtimes of containers.
    pub(crate) runtimes: RuntimesConfig,
    /// Who tells about the cluster; `None` where nobody is to be asked.
    pub(crate) cluster: Option<ClusterSource>,
    /// What is demanded of connections.
    pub(crate) mtls: MtlsSettings,
}

/// Who tells about the cluster.
#[derive(Clone, Debug)]
pub(crate) enum ClusterSource {
    /// Its API server.
    Server(KubeConfig),
    /// Files.
    Manifests {
        /// Folder of the files, or the one file.
        path: PathBuf,
        /// Name of this node in the cluster.
        node_name: Option<String>,
    },
}

impl FactsConfig {
    /// What the file says, if it can be used.
    pub(super) fn build(
        enrichment: &EnrichmentFile,
        containers: &RuntimesSettings,
        kubernetes: KubernetesFile,
        arguments: &KubeArgs,
        mtls: MtlsSettings,
    ) -> Result<Self, ConfigError> {
        let wait_ms = enrichment.wait_ms.unwrap_or(WAIT_MS);
        if wait_ms > WAIT_MS_MAX {
            return Err(ConfigError::Value {
                key: "enrichment.wait_ms",
                value: wait_ms.to_string(),
                expected: format!("milliseconds, at most {WAIT_MS_MAX}"),
            });
        }
        let wait = Duration::from_millis(wait_ms);
        let kept_seconds = enrichment.kept_seconds.unwrap_or(KEPT_SECONDS);
        if kept_seconds > KEPT_SECONDS_MAX {
            return Err(ConfigError::Value {
                key: "enrichment.kept_seconds",
                value: kept_seconds.to_string(),
                expected: format!("seconds, at most {KEPT_SECONDS_MAX}"),
            });
        }
        let root = std::env::var_os(HOST_ROOT).filter(|root| !root.is_empty());
        let root = root.map_or_else(|| PathBuf::from("/"), PathBuf::from);
        let mut runtimes = RuntimesConfig::new(containers, &root)?;
        runtimes.wait = wait;
        Ok(Self {
            wait,
            kept: Duration::from_secs(kept_seconds),
            runtimes,
            cluster: cluster(kubernetes, arguments)?,
            mtls,
        })
    }
}

impl FactsConfig {
    /// Name of this node in the cluster, where somebody said it.
    pub(crate) fn node_name(&self) -> Option<&str> {
        match self.cluster.as_ref()? {
            ClusterSource::Server(config) => config.node_name.as_deref(),
            ClusterSource::Manifests { node_name, .. } => node_name.as_deref(),
        }
    }

    /// The files that tell about the cluster, if they do.
    pub(crate) fn manifests(&self) -> Option<&Path> {
        match &self.cluster {
            Some(ClusterSource::Manifests { path, .. }) => Some(path),
            _ => None,
        }
    }
}

/// Who tells about the cluster; who is named on the command line does so in any case.
fn cluster(
    file: KubernetesFile,
    arguments: &KubeArgs,
) -> Result<Option<ClusterSource>, ConfigError> {
    let is_named = arguments.kubeconfig.is_some() || arguments.manifests.is_some();
    if file.enabled == Some(false) && !is_named {
        return Ok(None);
    }
    // As manifests name it, from `spec.nodeName`.
    let of_environment = || {
        let variables = ["SAKER_NODE_NAME", "NODE_NAME"];
        let mut names = variables.iter().filter_map(|name| std::env::var(name).ok());
        names.find(|name| !name.is_empty())
    };
    let node_name = arguments.node_name.clone().or(file.node_name);
    let node_name = node_name.or_else(of_environment);
    let (kubeconfig, manifests) = match is_named {
        true => (arguments.kubeconfig.clone(), arguments.manifests.clone()),
        false => (file.kubeconfig, file.manifests),
    };
    Ok(Some(match (kubeconfig, manifests) {
        (Some(_), Some(path)) => {
            return Err(ConfigError::Value {
                key: "kubernetes.manifests",
                value: path.display().to_string(),
                expected: "files tell about the cluster instead of its API server, so without \
                           `kubeconfig`"
                    .to_owned(),
            });
        }
        (None, Some(path)) => ClusterSource::Manifests { path, node_name },
        (kubeconfig, None) => ClusterSource::Server(KubeConfig {
            kubeconfig,
            node_name,
            ..KubeConfig::default()
        }),
    }))
}
