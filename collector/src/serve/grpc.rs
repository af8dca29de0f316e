//! The gRPC server: its listener, its bounds and its services.

use super::Parts;
use crate::clients::Streams;
use crate::config::Config;
use crate::feed::Feed;
use crate::first_bytes::FirstBytes;
use crate::ingest::Ingest;
use crate::ledger::{LedgerIntake, LedgerReading};
use crate::metrics::{Metrics, Sampled};
use crate::wake::Wake;
use anyhow::Context;
use futures_util::StreamExt;
use saker_proto::v1::alert_feed_server::AlertFeedServer;
use saker_proto::v1::alert_ingest_server::AlertIngestServer;
use saker_proto::v1::ledger_feed_server::LedgerFeedServer;
use saker_proto::v1::ledger_ingest_server::LedgerIngestServer;
use saker_tls::{Incoming, IncomingLimits, ServerTls};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic_health::pb::health_server::{Health, HealthServer};

/// A client that does not answer a ping is gone.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Streams of a connection beside those of ingest and feed: health and reflection.
const OTHER_STREAMS: usize = 8;

/// Headers of a request, in bytes: gRPC needs a few hundred.
const HEADER_BYTES_MAX: u32 = 16 << 10;

/// Streams that a client began and reset at once (CVE-2023-44487).
const RESET_STREAMS_MAX: usize = 32;

/// What a client may send of a stream, and of a connection, before it was taken.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;

/// The server, accepting connections and not yet serving.
pub(super) struct GrpcServer {
    incoming: Incoming,
    address: SocketAddr,
    tls: Option<ServerTls>,
    /// How long a client may take to begin.
    first_bytes: Duration,
    connection_age: Duration,
    streams_per_connection: usize,
    ingest: Option<AlertIngestServer<Ingest>>,
    feed: Option<AlertFeedServer<Feed>>,
    ledger_ingest: Option<LedgerIngestServer<LedgerIntake>>,
    ledger_feed: Option<LedgerFeedServer<LedgerReading>>,
}

impl GrpcServer {
    /// Listens for agents and subscribers.
    pub(super) async fn bind(
        config: &Config,
        parts: &Parts,
        metrics: &Arc<Metrics>,
        wake: &Wake,
        stop: &CancellationToken,
    ) -> anyhow::Result<Self> {
        let tls = config
            .tls
            .as_ref()
            .map(ServerTls::load)
            .transpose()
            .context("tls")?;
        let listener = TcpListener::bind(config.listen)
            .await
            .with_context(|| format!("cannot listen on {}", config.listen))?;
        let address = listener.local_addr()?;
        let limits = config.listener;
        let incoming_limits = IncomingLimits {
            handshake_timeout: limits.handshake,
            handshakes_max: limits.handshakes,
            connections_max: limits.connections,
            connections_per_address_max: limits.connections_per_address,
        };
        let per_client = [
            config.ingest.streams.per_client,
            config.feed_streams.per_client,
        ];
        Ok(Self {
            incoming: Incoming::new(listener, tls.clone(), incoming_limits),
            address,
            tls,
            first_bytes: limits.handshake,
            connection_age: limits.connection_age,
            streams_per_connection: per_client.into_iter().sum::<usize>() + OTHER_STREAMS,
            ingest: ingest(config, parts, metrics, stop),
            feed: feed(config, parts, metrics, wake, stop),
            ledger_ingest: ledger_ingest(config, parts),
            ledger_feed: ledger_feed(config, parts),
        })
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets the metrics tell of listener and certificate.
    pub(super) fn sample(&self, sampled: &mut Sampled) {
        sampled.incoming = Some(self.incoming.counts());
        if let Some(tls) = self.tls.clone() {
            sampled.certificate = Some(Box::new(move || tls.state()));
        }
    }

    /// Serves until it is to stop and all streams have ended.
    pub(super) async fn run(
        self,
        health: HealthServer<impl Health>,
        stop: CancellationToken,
    ) -> anyhow::Result<()> {
        let reflection = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(saker_proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .build_v1()
            .context("cannot describe the services")?;
        let first_bytes = self.first_bytes;
        let connections = self.incoming.map(move |connection| {
            connection.map(|connection| FirstBytes::new(connection, first_bytes))
        });
        Server::builder()
            .http2_keepalive_interval(Some(KEEPALIVE_INTERVAL))
            .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
            .max_concurrent_streams(u32::try_from(self.streams_per_connection).ok())
            .http2_max_header_list_size(HEADER_BYTES_MAX)
            .http2_max_pending_accept_reset_streams(Some(RESET_STREAMS_MAX))
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .max_connection_age(self.connection_age)
            // Streams end by themselves at that age; those that do not are cut off.
            .max_connection_age_grace(self.connection_age)
            .add_optional_service(self.ingest)
            .add_optional_service(self.feed)
            .add_optional_service(self.ledger_ingest)
            .add_optional_service(self.ledger_feed)
            .add_service(health)
            .add_service(reflection)
            .serve_with_incoming_shutdown(connections, stop.cancelled_owned())
            .await
            .context("serving agents and subscribers failed")
    }
}

fn ingest(
    config: &Config,
    parts: &Parts,
    metrics: &Arc<Metrics>,
    stop: &CancellationToken,
) -> Option<AlertIngestServer<Ingest>> {
    let queue = parts.queue.clone().filter(|_| config.roles.ingest)?;
    let (rules, metrics) = (config.clients.clone(), Arc::clone(metrics));
    Some(Ingest::new(queue, rules, config.ingest, metrics, stop.clone()).service())
}

fn feed(
    config: &Config,
    parts: &Parts,
    metrics: &Arc<Metrics>,
    wake: &Wake,
    stop: &CancellationToken,
) -> Option<AlertFeedServer<Feed>> {
    let store = parts.store.clone().filter(|_| config.roles.feed)?;
    let feed = Feed {
        rules: config.clients.clone(),
        streams: Streams::new(config.feed_streams),
        store,
        timing: config.feed,
        wake: wake.clone(),
        metrics: Arc::clone(metrics),
        stop: stop.clone(),
    };
    Some(feed.service())
}

fn ledger_ingest(config: &Config, parts: &Parts) -> Option<LedgerIngestServer<LedgerIntake>> {
    let store = parts.store.clone().filter(|_| config.roles.ingest)?;
    let intake = LedgerIntake {
        rules: config.clients.clone(),
        streams: Streams::new(config.ingest.streams),
        store,
    };
    Some(intake.service())
}

fn ledger_feed(config: &Config, parts: &Parts) -> Option<LedgerFeedServer<LedgerReading>> {
    let store = parts.store.clone().filter(|_| config.roles.feed)?;
    let reading = LedgerReading {
        rules: config.clients.clone(),
        streams: Streams::new(config.feed_streams),
        store,
        retention: config.retention,
    };
    Some(reading.service())
}
