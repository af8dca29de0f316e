//! The configuration file: strict YAML.
//!
//! What the file says ([`ConfigFile`]) and the command line are put together and checked once; the rest of the
//! collector sees [`Config`] only. Queue, store, sinks and TLS read their own parts.

mod bounds;
mod clients;
mod delivery;

use crate::cli::{ConfigArgs, MetricsAddress, ServeArgs};
use crate::roles::Roles;
use bounds::LimitsFile;
pub(crate) use bounds::{IngestLimits, ListenerLimits, StreamLimits};
pub(crate) use clients::{ClientRules, FeedTiming, NodeName};
use clients::{ClientsFile, FeedFile};
use delivery::{DeliveryFile, WorkersFile};
pub(crate) use delivery::{DeliverySettings, WorkerSettings};
use saker_alert_queue::QueueSettings;
use saker_alert_sinks::SinkSettings;
use saker_alert_store::{Aggregation, SqliteSettings, StoreSettings};
use saker_tls::ServerTlsSettings;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Read where no other file is named.
pub(crate) const DEFAULT_FILE: &str = "/etc/saker/collector.yaml";

/// Where queue and store lie where nothing says otherwise.
const DEFAULT_DATA_DIR: &str = "/var/lib/saker-collector";

/// Port for agents and subscribers.
const PORT: u16 = 9377;

/// Port of the metrics.
const METRICS_PORT: u16 = 9378;

/// Longest line that an error shows.
const LINE_BYTES_SHOWN: usize = 200;

/// How long repeats are held back unless the configuration says otherwise.
const AGGREGATION_SECONDS: u64 = 60;

/// How long alerts are kept unless the configuration says otherwise.
const RETENTION_DAYS: u64 = 30;

/// What a configuration file may say.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ConfigFile {
    /// Address for agents and subscribers.
    listen: Option<String>,
    /// TLS towards them.
    tls: Option<ServerTlsSettings>,
    /// Whether to listen beyond loopback without TLS.
    insecure: bool,
    /// Folder of the embedded queue and of SQLite.
    data_dir: Option<PathBuf>,
    /// Who agents are.
    clients: ClientsFile,
    /// How much clients may do.
    limits: LimitsFile,
    /// Who may subscribe.
    feed: FeedFile,
    /// Between ingest and workers.
    queue: Option<QueueSettings>,
    /// Those who take alerts from the queue.
    workers: WorkersFile,
    /// How repeats are put together.
    aggregation: AggregationFile,
    /// Where alerts are kept.
    store: Option<StoreSettings>,
    /// How long alerts are kept.
    retention_days: Option<u64>,
    /// Where alerts go.
    sinks: Vec<SinkSettings>,
    /// How sinks are told.
    delivery: DeliveryFile,
    /// The metrics server.
    metrics: MetricsFile,
}

/// How repeats are put together.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AggregationFile {
    window_seconds: Option<u64>,
}

/// The metrics server.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct MetricsFile {
    enabled: Option<bool>,
    listen: Option<String>,
}

/// How the collector is to run.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// What this process does.
    pub(crate) roles: Roles,
    /// Address for agents and subscribers.
    pub(crate) listen: SocketAddr,
    /// TLS towards them.
    pub(crate) tls: Option<ServerTlsSettings>,
    /// Folder of the embedded queue and of SQLite.
    pub(crate) data_dir: PathBuf,
    /// Who agents and subscribers are.
    pub(crate) clients: ClientRules,
    /// Bounds of connections.
    pub(crate) listener: ListenerLimits,
    /// Bounds of deliveries.
    pub(crate) ingest: IngestLimits,
    /// Bounds of subscriptions.
    pub(crate) feed_streams: StreamLimits,
    /// When a subscription looks, and when it says where it is.
    pub(crate) feed: FeedTiming,
    /// Between ingest and workers.
    pub(crate) queue: QueueSettings,
    /// Those who take alerts from the queue.
    pub(crate) workers: WorkerSettings,
    /// How repeats are put together.
    pub(crate) aggregation: Aggregation,
    /// Where alerts are kept.
    pub(crate) store: StoreSettings,
    /// How long alerts are kept; for ever if not set.
    pub(crate) retention: Option<Duration>,
    /// Where alerts go.
    pub(crate) sinks: Vec<SinkSettings>,
    /// How sinks are told.
    pub(crate) delivery: DeliverySettings,
    /// Where the metrics are served.
    pub(crate) metrics: Option<SocketAddr>,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file could not be read.
    #[error("cannot read configuration file {path}", path = .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("configuration file {path}: {message}", path = .path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// What the parser says, with the place.
        message: String,
    },
    /// A setting of the file cannot be used.
    #[error("configuration file {path}", path = .path.display())]
    Setting {
        /// The file.
        path: PathBuf,
        /// Which, and why.
        source: Box<ConfigError>,
    },
    /// A value is not one of those that are allowed.
    #[error("{key}: `{value}` is not allowed; {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// What was given.
        value: String,
        /// What would be right.
        expected: String,
    },
    /// Everyone on the network could deliver alerts, and read them.
    #[error(
        "listen: {0} is not loopback, and without `tls` everyone on its network can deliver and read alerts; \
         set `tls` (`saker certs` makes certificates to try it), or say `insecure: true`"
    )]
    Plaintext(SocketAddr),
    /// TLS is on, and nothing says who the clients are.
    #[error(
        "tls: without `client_ca_file` everyone who can connect can deliver and read alerts; name the authority \
         of the agents' certificates, or say `insecure: true`"
    )]
    AnonymousClients,
    /// Nodes are to be compared with names that nobody proves.
    #[error(
        "clients.require_node_match: set `tls.client_ca_file` too; only certificates prove names"
    )]
    UnprovenNodes,
    /// The embedded queue is inside of one process.
    #[error(
        "queue: the embedded queue cannot be shared, so a process with --role {0} would have its own; use \
         `kind: nats` or `kind: redis`, or the role all"
    )]
    EmbeddedQueueApart(Roles),
    /// Two sinks have one name.
    #[error("sinks: two are named '{0}'; what is still to be told is kept by name")]
    SinkTwice(String),
}

impl ConfigError {
    /// The same error, naming the file where it is about a setting of one.
    fn within(self, path: Option<PathBuf>) -> Self {
        match (self, path) {
            (error @ (Self::Read { .. } | Self::Parse { .. }), _) | (error, None) => error,
            (error, Some(path)) => Self::Setting {
                path,
                source: Box::new(error),
            },
        }
    }
}

impl Config {
    /// Puts the configuration file and the command line together.
    pub(crate) fn build(arguments: &ServeArgs) -> Result<Self, ConfigError> {
        let (file, path) = ConfigFile::find(arguments.config.config.as_deref())?;
        Self::validate(file, arguments).map_err(|error| error.within(path))
    }

    /// The same, for those who serve nothing.
    pub(crate) fn of_file(arguments: &ConfigArgs) -> Result<Self, ConfigError> {
        Self::build(&ServeArgs {
            config: arguments.clone(),
            ..ServeArgs::default()
        })
    }

    fn validate(file: ConfigFile, arguments: &ServeArgs) -> Result<Self, ConfigError> {
        let roles = arguments.role;
        let data_dir = arguments.config.data_dir.clone().or(file.data_dir);
        let data_dir = data_dir.unwrap_or_else(|| PathBuf::from(DEFAULT_DATA_DIR));
        let listen = match arguments.listen {
            Some(address) => address,
            None => address("listen", file.listen.as_deref(), PORT)?,
        };
        if roles.need_listener() && !file.insecure {
            match &file.tls {
                None if !listen.ip().is_loopback() => return Err(ConfigError::Plaintext(listen)),
                Some(tls) if tls.client_ca_file.is_none() => {
                    return Err(ConfigError::AnonymousClients);
                }
                _ => {}
            }
        }
        let proves = file
            .tls
            .as_ref()
            .is_some_and(|tls| tls.client_ca_file.is_some());
        if file.clients.require_node_match && !proves {
            return Err(ConfigError::UnprovenNodes);
        }
        let delivery = file.delivery.validate()?;
        let queue = file.queue.unwrap_or_default();
        if matches!(queue, QueueSettings::Embedded(_)) && roles.ingest != roles.worker {
            return Err(ConfigError::EmbeddedQueueApart(roles));
        }
        Ok(Self {
            roles,
            listen,
            clients: ClientRules::validate(file.clients, &file.feed)?,
            tls: file.tls,
            listener: file.limits.listener()?,
            ingest: file.limits.ingest()?,
            feed_streams: file.feed.limits()?,
            feed: file.feed.timing(file.limits.age()?, delivery.poll)?,
            queue,
            workers: file.workers.validate()?,
            aggregation: aggregation(&file.aggregation)?,
            store: file.store.unwrap_or_else(|| sqlite(&data_dir)),
            retention: retention(file.retention_days)?,
            sinks: distinct(file.sinks)?,
            delivery,
            metrics: metrics_address(arguments.metrics, &file.metrics)?,
            data_dir,
        })
    }

    /// Names of the sinks, under which the store keeps what they have yet to be told.
    pub(crate) fn sink_names(&self) -> Vec<String> {
        self.sinks.iter().map(|sink| sink.name.clone()).collect()
    }
}

impl ConfigFile {
    /// The named file, or the default one where it exists, with its path, or the defaults.
    fn find(path: Option<&Path>) -> Result<(Self, Option<PathBuf>), ConfigError> {
        let default = Some(Path::new(DEFAULT_FILE)).filter(|path| path.exists());
        match path.or(default) {
            Some(path) => Ok((Self::read(path)?, Some(path.to_owned()))),
            None => Ok((Self::default(), None)),
        }
    }

    fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|message| ConfigError::Parse {
            path: path.to_owned(),
            message,
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let has_settings = |line: &str| !line.trim().is_empty() && !line.trim().starts_with('#');
        if !text.lines().any(has_settings) {
            return Ok(Self::default());
        }
        let options = serde_saphyr::options! { with_snippet: false };
        serde_saphyr::from_str_with_options(text, options).map_err(|error| message(text, &error))
    }
}

/// What the parser says; with the line, unless it names the key: 'invalid u64' says little by itself.
fn message(text: &str, error: &serde_saphyr::Error) -> String {
    let message = error.to_string();
    if message.contains('`') {
        return message;
    }
    let line = error.location().and_then(|place| {
        let index = usize::try_from(place.line()).ok()?.checked_sub(1)?;
        text.lines().nth(index)
    });
    match line {
        Some(line) if line.len() <= LINE_BYTES_SHOWN => format!("{message}: `{}`", line.trim()),
        _ => message,
    }
}

fn sqlite(data_dir: &Path) -> StoreSettings {
    StoreSettings::Sqlite(SqliteSettings {
        path: data_dir.join("alerts.db"),
        limits: saker_alert_store::Limits::default(),
    })
}

fn aggregation(file: &AggregationFile) -> Result<Aggregation, ConfigError> {
    let seconds = file.window_seconds.unwrap_or(AGGREGATION_SECONDS);
    let seconds = bounds::within("aggregation.window_seconds", seconds, 0..=86_400)?;
    Ok(Aggregation {
        window: Duration::from_secs(seconds),
    })
}

fn retention(days: Option<u64>) -> Result<Option<Duration>, ConfigError> {
    let days = bounds::within("retention_days", days.unwrap_or(RETENTION_DAYS), 0..=36_500)?;
    Ok((days > 0).then(|| Duration::from_secs(days.saturating_mul(86_400))))
}

fn distinct(sinks: Vec<SinkSettings>) -> Result<Vec<SinkSettings>, ConfigError> {
    let mut names = BTreeSet::new();
    match sinks.iter().find(|sink| !names.insert(&sink.name)) {
        Some(sink) => Err(ConfigError::SinkTwice(sink.name.clone())),
        None => Ok(sinks),
    }
}

fn address(key: &'static str, text: Option<&str>, port: u16) -> Result<SocketAddr, ConfigError> {
    let Some(text) = text else {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    };
    text.parse().map_err(|_| ConfigError::Value {
        key,
        value: text.to_owned(),
        expected: format!("an address with a port, such as 0.0.0.0:{port}"),
    })
}

fn metrics_address(
    argument: Option<MetricsAddress>,
    file: &MetricsFile,
) -> Result<Option<SocketAddr>, ConfigError> {
    match argument {
        Some(MetricsAddress::Off) => Ok(None),
        Some(MetricsAddress::Listen(address)) => Ok(Some(address)),
        None if file.enabled == Some(false) => Ok(None),
        // Loopback: what the numbers say about a cluster is not for everyone on its network.
        None => address("metrics.listen", file.listen.as_deref(), METRICS_PORT).map(Some),
    }
}

#[cfg(test)]
mod tests;
