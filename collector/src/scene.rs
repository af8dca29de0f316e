//! What the tests of several modules need: alerts, certificates, a sink that remembers, a collector.

use crate::cli::{ConfigArgs, MetricsAddress, ServeArgs};
use crate::config::{Config, ConfigError};
use crate::roles::Roles;
use crate::serve::{Collector, NamedSink, Parts, open_parts};
use async_trait::async_trait;
use prost::Message;
use saker_alert_formats::Notification;
use saker_alert_sinks::{Outcome, Sink};
use saker_proto::v1::alert_feed_client::AlertFeedClient;
use saker_proto::v1::alert_ingest_client::AlertIngestClient;
use saker_proto::{AlertId, EncodedBatch, v1};
use saker_tls::development::{Authority, Request};
use saker_tls::{ClientTls, ClientTlsSettings};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tonic::Status;
use tonic::transport::{Channel, Endpoint};

/// Nothing in these tests takes so long unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Name of the sink that remembers.
pub(crate) const SINK: &str = "memory";

/// An alert that happened now.
pub(crate) fn alert(number: u32, hostname: &str) -> v1::Alert {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let milliseconds = u64::try_from(now.as_millis()).unwrap();
    let mut id = [0; 16];
    id[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
    id[12..].copy_from_slice(&number.to_be_bytes());
    v1::Alert {
        id: id.to_vec().into(),
        time_unix_ns: milliseconds * 1_000_000,
        rule: format!("rule {number}"),
        priority: v1::Priority::Warning.into(),
        source: "syscall".to_owned(),
        output: "something happened".to_owned(),
        node: Some(v1::Node {
            hostname: hostname.to_owned(),
            ..v1::Node::default()
        }),
        ..v1::Alert::default()
    }
}

/// Alerts with these numbers.
pub(crate) fn alerts(numbers: std::ops::Range<u32>) -> Vec<v1::Alert> {
    numbers.map(|number| alert(number, "node-a")).collect()
}

/// A batch as it is sent.
pub(crate) fn request(sequence: u64, alerts: &[v1::Alert]) -> v1::DeliverRequest {
    let alerts = alerts
        .iter()
        .map(|alert| alert.encode_to_vec().into())
        .collect();
    v1::DeliverRequest {
        sequence,
        batch: Some(EncodedBatch { alerts }),
    }
}

/// The id of an alert.
pub(crate) fn id(alert: &v1::Alert) -> AlertId {
    AlertId::from_slice(&alert.id).unwrap()
}

/// Sends batches in one stream; returns all that it was answered.
pub(crate) async fn deliver(
    channel: Channel,
    requests: Vec<v1::DeliverRequest>,
) -> Result<Vec<v1::DeliverResponse>, Status> {
    let mut client = AlertIngestClient::new(channel).max_encoding_message_size(usize::MAX);
    let sent = client.deliver(futures_util::stream::iter(requests)).await?;
    let mut responses = sent.into_inner();
    let mut answers = Vec::new();
    while let Some(answer) = responses.message().await? {
        answers.push(answer);
    }
    Ok(answers)
}

/// Begins a subscription.
pub(crate) async fn subscribe(
    channel: Channel,
    request: v1::SubscribeRequest,
) -> Result<tonic::Streaming<v1::SubscribeResponse>, Status> {
    let response = AlertFeedClient::new(channel).subscribe(request).await?;
    Ok(response.into_inner())
}

/// A sink that remembers how often it was told of each alert, and does what it is told to do.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    told: Mutex<BTreeMap<AlertId, u32>>,
    answer: Mutex<Option<Outcome>>,
    pause: Mutex<Duration>,
}

impl Memory {
    /// From now on it answers so; with nothing, it takes what comes.
    pub(crate) fn answer(&self, outcome: Option<Outcome>) {
        *self.answer.lock().unwrap() = outcome;
    }

    /// From now on it takes so long for each call.
    pub(crate) fn pause(&self, pause: Duration) {
        *self.pause.lock().unwrap() = pause;
    }

    /// How often it was told of each alert.
    pub(crate) fn told(&self) -> BTreeMap<AlertId, u32> {
        self.told.lock().unwrap().clone()
    }

    /// Waits until it was told of all of these.
    pub(crate) async fn knows(&self, alerts: &[v1::Alert]) {
        let knows_all = || {
            let told = self.told.lock().unwrap();
            alerts.iter().all(|alert| told.contains_key(&id(alert)))
        };
        eventually("the sink is told", knows_all).await;
    }
}

#[async_trait]
impl Sink for Memory {
    fn kind(&self) -> &'static str {
        "memory"
    }

    fn batch_max(&self) -> usize {
        100
    }

    async fn deliver(&self, notifications: &[Notification]) -> Vec<Outcome> {
        let pause = *self.pause.lock().unwrap();
        tokio::time::sleep(pause).await;
        if let Some(outcome) = self.answer.lock().unwrap().clone() {
            return vec![outcome; notifications.len()];
        }
        let mut told = self.told.lock().unwrap();
        for notification in notifications {
            for member in &notification.repeats.members {
                *told.entry(*member).or_default() += 1;
            }
        }
        vec![Outcome::Delivered; notifications.len()]
    }
}

/// Waits until it holds.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A folder with a configuration and certificates; a collector that runs from it.
pub(crate) struct Scene {
    folder: TempDir,
    authority: Authority,
    pub(crate) memory: Arc<Memory>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let scene = Self {
            folder: tempfile::tempdir().unwrap(),
            authority: Authority::new("tests", Authority::days(1)).unwrap(),
            memory: Arc::default(),
        };
        let server = Request::server(["localhost", "127.0.0.1"]);
        scene.issue(&scene.authority, "server", &server);
        fs::write(scene.path("ca.pem"), scene.authority.certificate_pem()).unwrap();
        scene
    }

    /// A file of the scene.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes certificate and key of an authority.
    pub(crate) fn issue(&self, authority: &Authority, name: &str, request: &Request) {
        let issued = authority.issue(request).unwrap();
        fs::write(self.path(&format!("{name}.pem")), issued.certificate_pem).unwrap();
        fs::write(self.path(&format!("{name}.key")), issued.key_pem).unwrap();
    }

    /// Writes certificate and key of a client, by the authority that the collector trusts.
    pub(crate) fn issue_client(&self, name: &str, request: &Request) {
        self.issue(&self.authority, name, request);
    }

    /// The part of a configuration that asks for certificates.
    pub(crate) fn tls(&self) -> String {
        let file = |name| self.path(name).display().to_string();
        format!(
            "tls:\n  certificate_file: {}\n  key_file: {}\n  client_ca_file: {}\n",
            file("server.pem"),
            file("server.key"),
            file("ca.pem")
        )
    }

    /// The configuration of this text, on free ports and in the scene's folder.
    pub(crate) fn config(&self, text: &str) -> Result<Config, ConfigError> {
        let file = self.path("collector.yaml");
        fs::write(&file, text).unwrap();
        build(&file, &self.path("data"), Roles::ALL)
    }

    /// A collector with this configuration and the sink that remembers.
    pub(crate) async fn collector(&self, text: &str) -> Collector {
        let text = format!("{text}\nsinks: [{{name: {SINK}, kind: stdout}}]\n");
        let config = self.config(&text).unwrap();
        let mut parts = open_parts(&config).await.unwrap();
        parts.sinks = self.sinks();
        Collector::start(&config, parts).await.unwrap()
    }

    /// A collector with some parts of its own.
    pub(crate) async fn collector_of(&self, text: &str, parts: Parts) -> Collector {
        let text = format!("{text}\nsinks: [{{name: {SINK}, kind: stdout}}]\n");
        let config = self.config(&text).unwrap();
        Collector::start(&config, parts).await.unwrap()
    }

    /// The sink that remembers, as a part.
    pub(crate) fn sinks(&self) -> Vec<NamedSink> {
        vec![NamedSink {
            name: SINK.into(),
            sink: Arc::clone(&self.memory) as Arc<dyn Sink>,
        }]
    }

    /// A connection with the client certificate of this name.
    pub(crate) fn connect(&self, collector: &Collector, client: &str) -> Channel {
        let settings = ClientTlsSettings {
            ca_file: Some(self.path("ca.pem")),
            certificate_file: Some(self.path(&format!("{client}.pem"))),
            key_file: Some(self.path(&format!("{client}.key"))),
            server_name: Some("localhost".to_owned()),
        };
        let tls = ClientTls::load(&settings).unwrap();
        let address = collector.grpc_address.unwrap();
        let endpoint =
            Endpoint::from_shared(format!("https://localhost:{}", address.port())).unwrap();
        saker_tls::grpc_channel(&endpoint, Some(tls), PATIENCE)
    }
}

/// A connection without TLS.
pub(crate) async fn plain(collector: &Collector) -> Channel {
    let address = collector.grpc_address.unwrap();
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    endpoint.connect().await.unwrap()
}

/// What the metrics say.
pub(crate) async fn metrics(collector: &Collector) -> String {
    get(collector, "/metrics").await
}

/// The answer to a request of HTTP/1.0, headers included.
pub(crate) async fn get(collector: &Collector, path: &str) -> String {
    let mut stream = TcpStream::connect(collector.metrics_address.unwrap())
        .await
        .unwrap();
    let request = format!("GET {path} HTTP/1.0\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// The configuration of a file.
pub(crate) fn build(file: &Path, data_dir: &Path, role: Roles) -> Result<Config, ConfigError> {
    let free_port = "127.0.0.1:0".parse().unwrap();
    Config::build(&ServeArgs {
        config: ConfigArgs {
            config: Some(file.to_owned()),
            data_dir: Some(data_dir.to_owned()),
        },
        role,
        listen: Some(free_port),
        metrics: Some(MetricsAddress::Listen(free_port)),
    })
}
