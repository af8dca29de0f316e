//! Clients that should not be let in, or that do not behave, beside one that does: they are refused or bounded, and
//! what the good one delivers arrives.

use anyhow::{Context, Result, ensure};
use futures_util::StreamExt;
use prost::Message;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use saker_delivery_tests::{Collector, Duty};
use saker_proto::v1::alert_feed_client::AlertFeedClient;
use saker_proto::v1::alert_ingest_client::AlertIngestClient;
use saker_proto::v1::subscribe_request::Start;
use saker_proto::{EncodedBatch, v1};
use saker_tls::development::{Authority, Request};
use saker_tls::{ClientTls, ClientTlsSettings};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

/// Nothing takes so long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Far more than it needs, and far less than what the hostile clients together announce.
const MEMORY_MAX: u64 = 256 << 20;

const NODE: &str = "spiffe://cluster/node/node-a";
const SIEM: &str = "siem.example";

/// A collector with certificates, and a client that delivers all the time.
struct Siege {
    folder: TempDir,
    authority: Authority,
    collector: Collector,
    stop: Arc<AtomicBool>,
    good: Option<JoinHandle<Result<BTreeSet<Vec<u8>>>>>,
}

impl Siege {
    async fn begin() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let authority = Authority::new("tests", Authority::days(1))?;
        let path = folder.path().to_owned();
        fs::write(path.join("ca.pem"), authority.certificate_pem())?;
        issue(&path, &authority, "server", &Request::server(["localhost"]))?;
        issue(&path, &authority, "node-a", &Request::client([NODE]))?;
        issue(&path, &authority, "siem", &Request::client([SIEM]))?;
        let collector = Collector::start(&path, &configuration(&path), Duty::All)?;
        let stop = Arc::new(AtomicBool::new(false));
        let channel = channel(&path, &collector, "node-a")?;
        let good = tokio::spawn(deliver_until(channel, Arc::clone(&stop)));
        Ok(Self {
            folder,
            authority,
            collector,
            stop,
            good: Some(good),
        })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Everything that was acknowledged has arrived, and nothing else.
    async fn end(mut self) -> Result<()> {
        // The service goes on after an attack, too.
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.stop.store(true, Ordering::SeqCst);
        let good = self.good.take().context("ended once")?;
        let acknowledged = timeout(PATIENCE, good).await???;
        ensure!(
            acknowledged.len() > 10,
            "the good client got {} through",
            acknowledged.len()
        );
        let siem = channel(self.folder.path(), &self.collector, "siem")?;
        let arrived = timeout(PATIENCE, arrived(siem, acknowledged.len())).await??;
        ensure!(
            arrived == acknowledged,
            "what arrived is not what was delivered"
        );
        let memory = self.collector.resident_bytes()?;
        ensure!(memory < MEMORY_MAX, "it has {memory} bytes of memory");
        ensure!(
            self.collector.terminate()?.success(),
            "{}",
            self.collector.log_text()
        );
        Ok(())
    }
}

fn configuration(folder: &Path) -> String {
    let file = |name: &str| folder.join(name).display().to_string();
    format!(
        "tls:\n  certificate_file: {}\n  key_file: {}\n  client_ca_file: {}\n\
         clients: {{node_name: [spiffe], require_node_match: true}}\n\
         feed: {{allowed_identities: [{SIEM}]}}\n\
         limits: {{message_bytes: 1048576, handshake_seconds: 2, idle_seconds: 3, streams_per_client: 300, \
         connections_per_address: 200, alerts_per_second: 100000}}\n",
        file("server.pem"),
        file("server.key"),
        file("ca.pem")
    )
}

fn issue(folder: &Path, authority: &Authority, name: &str, request: &Request) -> Result<()> {
    let issued = authority.issue(request)?;
    fs::write(folder.join(format!("{name}.pem")), issued.certificate_pem)?;
    fs::write(folder.join(format!("{name}.key")), issued.key_pem)?;
    Ok(())
}

fn channel(folder: &Path, collector: &Collector, client: &str) -> Result<Channel> {
    let tls = ClientTls::load(&ClientTlsSettings {
        ca_file: Some(folder.join("ca.pem")),
        certificate_file: Some(folder.join(format!("{client}.pem"))),
        key_file: Some(folder.join(format!("{client}.key"))),
        server_name: None,
    })?;
    let port = collector.address().port();
    let endpoint = Endpoint::from_shared(format!("https://localhost:{port}"))?;
    Ok(saker_tls::grpc_channel(&endpoint, Some(tls), PATIENCE))
}

/// A connection with TLS and the certificate of this name, whoever signed it and whatever its age.
async fn connect(
    folder: &Path,
    collector: &Collector,
    client: &str,
) -> Result<TlsStream<TcpStream>> {
    let mut authorities = RootCertStore::empty();
    authorities.add(CertificateDer::from_pem_file(folder.join("ca.pem"))?)?;
    let certificate = CertificateDer::from_pem_file(folder.join(format!("{client}.pem")))?;
    let key = PrivateKeyDer::from_pem_file(folder.join(format!("{client}.key")))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(authorities)
        .with_client_auth_cert(vec![certificate], key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(collector.address()).await?;
    let connector = TlsConnector::from(Arc::new(config));
    Ok(connector.connect("localhost".try_into()?, stream).await?)
}

fn alert(number: u32) -> v1::Alert {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let milliseconds = u64::try_from(now.as_millis()).unwrap_or_default();
    let mut id = [0; 16];
    id[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
    id[12..].copy_from_slice(&number.to_be_bytes());
    v1::Alert {
        id: id.to_vec().into(),
        time_unix_ns: milliseconds * 1_000_000,
        rule: "A rule".to_owned(),
        priority: v1::Priority::Notice.into(),
        output: "something happened".to_owned(),
        node: Some(v1::Node {
            hostname: "node-a".to_owned(),
            ..v1::Node::default()
        }),
        ..v1::Alert::default()
    }
}

fn request(sequence: u64, alerts: &[v1::Alert]) -> v1::DeliverRequest {
    let alerts = alerts
        .iter()
        .map(|alert| alert.encode_to_vec().into())
        .collect();
    v1::DeliverRequest {
        sequence,
        batch: Some(EncodedBatch { alerts }),
    }
}

/// Sends one batch in a stream of its own.
async fn deliver(
    channel: Channel,
    request: v1::DeliverRequest,
) -> Result<v1::DeliverResponse, Status> {
    let mut client = AlertIngestClient::new(channel);
    let requests = futures_util::stream::iter([request]);
    let mut responses = client.deliver(requests).await?.into_inner();
    let answer = responses.message().await?;
    answer.ok_or_else(|| Status::unknown("the stream ended without an acknowledgement"))
}

/// Delivers one alert after the other; returns the ids of those that were acknowledged.
async fn deliver_until(channel: Channel, stop: Arc<AtomicBool>) -> Result<BTreeSet<Vec<u8>>> {
    let mut acknowledged = BTreeSet::new();
    for number in 0.. {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let alert = alert(number);
        let request = request(1, std::slice::from_ref(&alert));
        let answer = timeout(PATIENCE, deliver(channel.clone(), request)).await;
        let answer = answer.context("the good client is not answered")??;
        ensure!(answer.refused.is_empty(), "{answer:?}");
        acknowledged.insert(alert.id.to_vec());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(acknowledged)
}

/// The ids of so many alerts, from the feed.
async fn arrived(channel: Channel, count: usize) -> Result<BTreeSet<Vec<u8>>> {
    let request = v1::SubscribeRequest {
        start: Some(Start::SinceUnixNs(0)),
        ..v1::SubscribeRequest::default()
    };
    let mut responses = AlertFeedClient::new(channel)
        .subscribe(request)
        .await?
        .into_inner();
    let mut ids = BTreeSet::new();
    while ids.len() < count {
        let response = responses.message().await?.context("the feed ended")?;
        ids.extend(response.alert.map(|alert| alert.id.to_vec()));
    }
    Ok(ids)
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_without_a_good_certificate_are_kept_out() -> Result<()> {
    let siege = Siege::begin().await?;
    let folder = siege.path();
    let stranger = Authority::new("stranger", Authority::days(1))?;
    issue(&folder, &stranger, "strange", &Request::client([NODE]))?;
    let expired = Request {
        validity: Some("2020-01-01T00:00:00Z".parse()?.."2020-02-01T00:00:00Z".parse()?),
        ..Request::client([NODE])
    };
    issue(&folder, &siege.authority, "expired", &expired)?;
    for client in ["strange", "expired"] {
        // With TLS 1.3 a client is through before the server has looked at its certificate.
        let answer = match connect(&folder, &siege.collector, client).await {
            Ok(mut stream) => stream.read_u8().await.map_err(anyhow::Error::from),
            Err(error) => Err(error),
        };
        ensure!(answer.is_err(), "{client} was let in");
    }
    let mut plain = TcpStream::connect(siege.collector.address()).await?;
    plain
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await?;
    let mut answer = Vec::new();
    // Closed or reset, both are right.
    drop(timeout(PATIENCE, plain.read_to_end(&mut answer)).await?);
    ensure!(answer.len() < 32, "it answers to plaintext: {answer:?}");
    // A certificate of ours that is of no node, and one that may not subscribe.
    let siem = channel(&folder, &siege.collector, "siem")?;
    let status = deliver(siem, request(1, &[alert(0)]))
        .await
        .err()
        .context("siem delivers")?;
    ensure!(status.code() == Code::PermissionDenied, "{status:?}");
    let agent = channel(&folder, &siege.collector, "node-a")?;
    let status = arrived(agent, 1)
        .await
        .err()
        .context("an agent subscribes")?;
    ensure!(
        status.to_string().contains("allowed_identities"),
        "{status:?}"
    );
    ensure!(
        siege
            .collector
            .metric("saker_collector_connections_refused_total")?
            >= 3.0
    );
    siege.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_are_none_or_too_large_end_their_stream() -> Result<()> {
    let siege = Siege::begin().await?;
    for round in 0..20 {
        let agent = channel(&siege.path(), &siege.collector, "node-a")?;
        let oversized = v1::Alert {
            output: "x".repeat(2 << 20),
            ..alert(0)
        };
        let status = deliver(agent, request(1, &[oversized]))
            .await
            .err()
            .context("too large")?;
        ensure!(
            matches!(
                status.code(),
                Code::OutOfRange | Code::ResourceExhausted | Code::Unknown
            ),
            "{round}: {status:?}"
        );
        // HTTP/2 without a meaning, behind a good certificate.
        let mut raw = connect(&siege.path(), &siege.collector, "node-a").await?;
        raw.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await?;
        raw.write_all(&[0xff; 4096]).await?;
        let mut answer = Vec::new();
        drop(timeout(PATIENCE, raw.read_to_end(&mut answer)).await?);
    }
    siege.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_clients_are_cut_off() -> Result<()> {
    let siege = Siege::begin().await?;
    let mut connections = Vec::new();
    for _ in 0..50 {
        // No handshake.
        connections.push(TcpStream::connect(siege.collector.address()).await?);
    }
    let mut handshaken = Vec::new();
    for _ in 0..20 {
        // A handshake, and then the beginning of HTTP/2 letter by letter.
        let mut stream = connect(&siege.path(), &siege.collector, "node-a").await?;
        stream.write_all(b"P").await?;
        handshaken.push(stream);
    }
    let cut_off = async {
        let mut answer = Vec::new();
        for mut stream in connections {
            drop(stream.read_to_end(&mut answer).await);
        }
        for mut stream in handshaken {
            drop(stream.read_to_end(&mut answer).await);
        }
    };
    timeout(PATIENCE, cut_off)
        .await
        .context("slow clients are not cut off")?;
    siege.end().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_idle_streams_are_bounded() -> Result<()> {
    let siege = Siege::begin().await?;
    let folder = siege.path();
    let hostile = Request::client(["spiffe://cluster/node/node-b"]);
    issue(&folder, &siege.authority, "node-b", &hostile)?;
    let mut open = Vec::new();
    let mut refused = 0;
    for _ in 0..5 {
        let channel = channel(&folder, &siege.collector, "node-b")?;
        let attempts = (0..200).map(|_| {
            let mut client = AlertIngestClient::new(channel.clone());
            async move { client.deliver(futures_util::stream::pending()).await }
        });
        for attempt in futures_util::future::join_all(attempts).await {
            match attempt {
                Ok(stream) => open.push(stream.into_inner()),
                Err(status) if status.code() == Code::ResourceExhausted => refused += 1,
                Err(status) => return Err(status.into()),
            }
        }
    }
    ensure!(
        refused >= 600,
        "{} of 1000 are open, {refused} were refused",
        open.len()
    );
    ensure!(siege.collector.metric("saker_collector_ingest_streams")? <= 310.0);
    let ends =
        futures_util::stream::iter(open).for_each_concurrent(None, |mut stream| async move {
            // However it ends, it ends.
            drop(stream.message().await);
        });
    timeout(PATIENCE, ends)
        .await
        .context("idle streams do not end")?;
    siege.end().await
}
