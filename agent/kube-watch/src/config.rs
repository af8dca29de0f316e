//! Where the API server is, and who asks it.

use crate::reply_limit::ReplyLimit;
use kube::client::ClientBuilder;
use kube::config::{Config, InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tower::limit::RateLimitLayer;

/// Longest time to connect.
const CONNECT_WAIT: Duration = Duration::from_secs(10);

/// Longest silence on a connection. A server ends a watch after 290 s, and says something before.
const READ_WAIT: Duration = Duration::from_secs(320);

/// Most requests in a second. A server (or what stands before it) that ends each watch at once is asked
/// again at once.
const REQUESTS_PER_SECOND_MAX: u64 = 50;

/// What a pod finds in its environment when it runs in a cluster.
const IN_CLUSTER_VARIABLE: &str = "KUBERNETES_SERVICE_HOST";

/// Where the kernel tells the name of this host.
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// How the API server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeConfig {
    /// A file as `kubectl` uses it; without one, what a pod finds in its cluster.
    pub kubeconfig: Option<PathBuf>,
    /// Name of the node that this agent runs on, as the cluster knows it; without one, the name of
    /// the host.
    pub node_name: Option<String>,
    /// How long to wait before something that failed is tried again.
    pub backoff: Backoff,
    /// Longest time that the server may take for one reply to a list.
    pub list_wait: Duration,
    /// Bounds on what the server may send.
    pub reply_limit: ReplyLimit,
}

impl Default for KubeConfig {
    fn default() -> Self {
        Self {
            kubeconfig: None,
            node_name: None,
            backoff: Backoff::default(),
            list_wait: Duration::from_secs(60),
            reply_limit: ReplyLimit::default(),
        }
    }
}

/// How long to wait before something that failed is tried again: twice as long each time, and a
/// random part more, so that the agents of a cluster do not all come back at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first time.
    pub first: Duration,
    /// At most.
    pub longest: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(800),
            longest: Duration::from_secs(30),
        }
    }
}

/// Why the API server cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The file is not a usable configuration.
    #[error("cannot use the kubeconfig {}", path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// Why.
        source: KubeconfigError,
    },
    /// The name is no name of a node.
    #[error("{name:?} is no name of a node: it has lower-case letters, digits, `-` and `.` only")]
    NodeName {
        /// The name.
        name: String,
    },
    /// This is a pod, but it has no account.
    #[error(
        "cannot use the service account of this pod: set automountServiceAccountToken: true, or unset {IN_CLUSTER_VARIABLE} to run without Kubernetes"
    )]
    ServiceAccount(#[source] InClusterError),
    /// The configuration cannot be made into a client.
    #[error("cannot make a client of the API server {server}")]
    Client {
        /// Its address.
        server: String,
        /// Why.
        source: kube::Error,
    },
}

/// A client and what is known without asking.
pub(crate) struct Connection {
    pub(crate) client: kube::Client,
    pub(crate) server: String,
    pub(crate) node_name: Option<String>,
}

/// Makes a client; nothing is sent yet. `None` where there is neither a file nor a cluster around.
pub(crate) async fn connect(config: &KubeConfig) -> Result<Option<Connection>, ConnectError> {
    let mut client_config = match &config.kubeconfig {
        Some(path) => from_file(path).await?,
        None if std::env::var_os(IN_CLUSTER_VARIABLE).is_none() => return Ok(None),
        None => Config::incluster().map_err(ConnectError::ServiceAccount)?,
    };
    if let Some(name) = config.node_name.as_ref().filter(|name| !is_node_name(name)) {
        return Err(ConnectError::NodeName { name: name.clone() });
    }
    client_config.connect_timeout = Some(CONNECT_WAIT);
    client_config.read_timeout = Some(READ_WAIT);
    client_config.reset_reader_on_write = true;
    // What fails is tried again by who watches, who also says so.
    client_config.default_retry = false;
    let server = client_config.cluster_url.to_string();
    let client = ClientBuilder::try_from(client_config).map_err(|source| ConnectError::Client {
        server: server.clone(),
        source,
    })?;
    let client = client
        .with_layer(&config.reply_limit)
        .with_layer(&RateLimitLayer::new(
            REQUESTS_PER_SECOND_MAX,
            Duration::from_secs(1),
        ));
    Ok(Some(Connection {
        client: client.build(),
        server,
        node_name: config.node_name.clone().or_else(host_name),
    }))
}

async fn from_file(path: &Path) -> Result<Config, ConnectError> {
    let failed = |source| ConnectError::Kubeconfig {
        path: path.to_owned(),
        source,
    };
    let kubeconfig = Kubeconfig::read_from(path).map_err(failed)?;
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
    config.map_err(failed)
}

/// A kubelet calls its node as the host is called, in lower case, unless it is told otherwise.
fn host_name() -> Option<String> {
    let name = std::fs::read_to_string(HOST_NAME).ok()?;
    let name = name.trim().to_ascii_lowercase();
    is_node_name(&name).then_some(name)
}

/// Whether it may stand in a selector, and is a name that Kubernetes accepts.
fn is_node_name(name: &str) -> bool {
    let is_allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    !name.is_empty() && name.len() <= 253 && name.bytes().all(is_allowed)
}
