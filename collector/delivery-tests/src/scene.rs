//! An agent with a recording, collectors with a queue and a store, and a webhook: everything that an alert passes.

use anyhow::{Result, bail, ensure};
use saker_alert_store::{Query, StoreSettings};
use saker_proto::AlertId;
use saker_tls::development::{Authority, Request};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

use crate::servers::{NatsCluster, NatsServer, PostgresServer, RedisServer};
use crate::{Collector, Duty, Played, Watched, Webhook, write_recording, write_rules};

const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// Alerts that are read from the store at a time.
const PAGE: usize = 1000;

/// Between ingest and workers.
#[derive(Debug)]
pub enum Queue {
    /// In the collector.
    Embedded,
    /// A single nats-server.
    Nats(NatsServer),
    /// Three of them.
    Cluster(NatsCluster),
    /// A redis-server.
    Redis(RedisServer),
}

/// Where alerts are kept.
pub enum Store {
    /// In the folder of the first collector.
    Sqlite,
    /// On a server.
    Postgres(PostgresServer),
}

/// Whether repeats are told as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aggregation {
    /// Each alert is told by itself.
    Off,
    /// Those of a second are told as one.
    OfASecond,
}

/// Where the agent keeps what is not acknowledged.
#[derive(Clone, Debug)]
pub struct Spool {
    /// Its folder.
    pub directory: PathBuf,
    /// Its bound.
    pub max_bytes: u64,
    /// Size of a file.
    pub segment_bytes: u64,
    /// What is kept in memory while the disk takes nothing.
    pub memory_bytes: u64,
}

/// Everything but the processes under test.
pub struct Scene {
    /// The queue.
    pub queue: Queue,
    /// The store.
    pub store: Store,
    /// The sink.
    pub webhook: Webhook,
    aggregation: Aggregation,
    alerts_per_second: u32,
    folder: TempDir,
}

impl Scene {
    /// Makes folders, certificates and rules, and starts the webhook.
    ///
    /// # Errors
    ///
    /// Any of it fails.
    pub fn new(
        queue: Queue,
        store: Store,
        aggregation: Aggregation,
        alerts_per_second: u32,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let authority = Authority::new("tests", Authority::days(1))?;
        fs::write(folder.path().join("ca.pem"), authority.certificate_pem())?;
        let requests = [
            ("collector", Request::server(["localhost"])),
            ("agent", Request::client(["node-a"])),
        ];
        for (name, request) in requests {
            let issued = authority.issue(&request)?;
            let at = |extension: &str| folder.path().join(format!("{name}.{extension}"));
            fs::write(at("pem"), issued.certificate_pem)?;
            fs::write(at("key"), issued.key_pem)?;
        }
        write_rules(&folder.path().join("rules.yaml"))?;
        Ok(Self {
            queue,
            store,
            webhook: Webhook::start()?,
            aggregation,
            alerts_per_second,
            folder,
        })
    }

    /// The folder that everything lies in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A spool that is large enough.
    #[must_use]
    pub fn spool(&self, hostname: &str) -> Spool {
        Spool {
            directory: self.folder().join(format!("spool-{hostname}")),
            max_bytes: 256 << 20,
            segment_bytes: 1 << 20,
            memory_bytes: 4 << 20,
        }
    }

    /// A recording of a host, and an agent's configuration that delivers to collectors at these ports of localhost.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn played(
        &self,
        hostname: &str,
        alerts: u32,
        ports: &[u16],
        spool: &Spool,
    ) -> Result<Played> {
        let at = |name: &str| self.folder().join(format!("{hostname}.{name}"));
        let played = Played {
            recording: at("recording"),
            rules: self.folder().join("rules.yaml"),
            configuration: at("yaml"),
            log: at("log"),
        };
        write_recording(&played.recording, hostname, alerts)?;
        fs::write(
            &played.configuration,
            self.agent_configuration(ports, spool),
        )?;
        Ok(played)
    }

    /// A rule for files that are opened below [`Watched::folder`] on this host, and a configuration as above.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn watched(&self, ports: &[u16]) -> Result<Watched> {
        let at = |name: &str| self.folder().join(format!("watched.{name}"));
        let watched = Watched {
            folder: at("files"),
            rules: at("rules.yaml"),
            configuration: at("yaml"),
            pid_file: at("pid"),
            log: at("log"),
        };
        fs::create_dir(&watched.folder)?;
        fs::write(
            &watched.rules,
            format!(
                "- rule: opened\n  desc: Every file is an alert.\n  \
                 condition: evt.type in (open, openat, openat2) and fd.name startswith \"{}/\"\n  \
                 output: opened (file=%fd.name)\n  priority: WARNING\n",
                watched.folder.display()
            ),
        )?;
        let configuration = self.agent_configuration(ports, &self.spool("watched"));
        fs::write(&watched.configuration, configuration)?;
        Ok(watched)
    }

    fn agent_configuration(&self, ports: &[u16], spool: &Spool) -> String {
        let endpoints: Vec<String> = ports
            .iter()
            .map(|port| format!("https://localhost:{port}"))
            .collect();
        let folder = self.folder().display();
        format!(
            "rule_matching: all\n\
             stdout_output: {{enabled: false}}\n\
             collector_output:\n  endpoints: [{}]\n  acknowledgement_seconds: 3\n  \
             tls: {{ca_file: {folder}/ca.pem, certificate_file: {folder}/agent.pem, key_file: {folder}/agent.key}}\n  \
             spool: {{directory: {}, max_bytes: {}, segment_bytes: {}, memory_bytes: {}}}\n",
            endpoints.join(", "),
            spool.directory.display(),
            spool.max_bytes,
            spool.segment_bytes,
            spool.memory_bytes
        )
    }

    /// Starts a collector with a folder of its own, or starts it again.
    ///
    /// # Errors
    ///
    /// It does not begin to serve.
    pub fn collector(&self, number: usize, duty: Duty) -> Result<Collector> {
        let folder = self.folder().join(format!("collector-{number}"));
        fs::create_dir_all(&folder)?;
        Collector::start(&folder, &self.collector_configuration(), duty)
    }

    fn collector_configuration(&self) -> String {
        let folder = self.folder().display();
        let seconds = match self.aggregation {
            Aggregation::Off => 0,
            Aggregation::OfASecond => 1,
        };
        let queue = match &self.queue {
            Queue::Embedded => "queue: {kind: embedded}\n".to_owned(),
            Queue::Nats(server) => nats(&[server.url()], 1),
            Queue::Cluster(cluster) => nats(&cluster.urls(), 3),
            Queue::Redis(server) => {
                format!(
                    "queue: {{kind: redis, url: \"{}\", lease_seconds: 5}}\n",
                    server.url()
                )
            }
        };
        let store = match &self.store {
            Store::Sqlite => String::new(),
            Store::Postgres(server) => format!("store: {}\n", postgres(server)),
        };
        format!(
            "tls: {{certificate_file: {folder}/collector.pem, key_file: {folder}/collector.key, \
             client_ca_file: {folder}/ca.pem}}\n\
             clients: {{node_name: [dns]}}\n\
             limits: {{alerts_per_second: {}, queue_patience_seconds: 2}}\n\
             aggregation: {{window_seconds: {seconds}}}\n\
             retention_days: 0\n\
             delivery: {{retry_ms_min: 50, retry_seconds_max: 1, lease_seconds: 10, poll_ms: 100}}\n\
             {queue}{store}\
             sinks: [{{name: hook, kind: webhook, url: \"{}\", format: ecs, body: array, timeout_ms: 1000}}]\n",
            self.alerts_per_second,
            self.webhook.url(),
        )
    }

    /// Waits until the webhook was told of so many alerts.
    ///
    /// # Errors
    ///
    /// They do not come in time.
    pub fn wait_for(&self, alerts: usize, patience: Duration) -> Result<()> {
        let deadline = Instant::now() + patience;
        loop {
            let arrived = self.webhook.alerts().len();
            if arrived >= alerts {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "{arrived} of {alerts} alerts arrived within {patience:?}"
            );
            std::thread::sleep(LOOK_INTERVAL);
        }
    }

    /// Ids of all alerts of the store, in the order in which they were stored. With SQLite the collector must have
    /// ended.
    ///
    /// # Errors
    ///
    /// The store cannot be read.
    pub fn stored(&self) -> Result<Vec<String>> {
        let settings = match &self.store {
            Store::Sqlite => {
                let file = self.folder().join("collector-0/data/alerts.db");
                format!("{{kind: sqlite, path: {}}}", file.display())
            }
            Store::Postgres(server) => postgres(server),
        };
        let settings: StoreSettings = serde_saphyr::from_str(&settings)?;
        crate::runtime()?.block_on(ids(&settings))
    }
}

fn nats(urls: &[String], replicas: u8) -> String {
    format!(
        "queue: {{kind: nats, servers: [{}], replicas: {replicas}, lease_seconds: 5}}\n",
        urls.join(", ")
    )
}

fn postgres(server: &PostgresServer) -> String {
    format!(
        "{{kind: postgresql, host: 127.0.0.1, port: {}, user: postgres, database: postgres, password: {{file: {}}}}}",
        server.port(),
        server.password_file().display()
    )
}

async fn ids(settings: &StoreSettings) -> Result<Vec<String>> {
    let store = saker_alert_store::open(settings).await?;
    let query = Query {
        since_ns: Some(0),
        ..Query::default()
    };
    let (_, mut cursor) = store.after(None, &query, PAGE).await?;
    let mut ids = Vec::new();
    loop {
        let (page, next) = store.after(Some(&cursor), &query, PAGE).await?;
        for stored in page {
            match AlertId::from_slice(&stored.alert.id) {
                Some(id) => ids.push(id.to_string()),
                None => bail!("an alert of the store has no id"),
            }
        }
        if next == cursor {
            return Ok(ids);
        }
        cursor = next;
    }
}
