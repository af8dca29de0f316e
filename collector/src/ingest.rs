//! Taking alerts from agents.
//!
//! A stream's batches are read one by one, looked at ([`saker_alert_intake`]), and added to the queue; several are on
//! their way at a time, and acknowledgements go out in the order of the batches. Nothing is read from a client that
//! sends too much, or while the queue has no room: then the client's own spool fills up, and nothing is dropped here.

mod publish;
mod session;

use crate::clients::{Client, Streams, Unwelcome};
use crate::config::{ClientRules, IngestLimits};
use crate::metrics::{IngestMetrics, Metrics};
use futures_util::stream::BoxStream;
use governor::{DefaultKeyedRateLimiter, Quota};
use publish::Publisher;
use saker_alert_queue::AlertQueue;
use saker_proto::v1;
use saker_proto::v1::alert_ingest_server::{AlertIngest, AlertIngestServer};
use session::Session;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

/// Rates of clients, by name.
type Rates = DefaultKeyedRateLimiter<Arc<str>>;

/// What agents deliver to.
pub(crate) struct Ingest {
    rules: ClientRules,
    limits: IngestLimits,
    publisher: Publisher,
    streams: Streams,
    rates: Arc<Rates>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
}

impl Ingest {
    /// Adds to the queue what agents deliver, until `stop` says to read no more.
    pub(crate) fn new(
        queue: Arc<dyn AlertQueue>,
        rules: ClientRules,
        limits: IngestLimits,
        metrics: Arc<Metrics>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            publisher: Publisher::new(queue, limits.queue_patience, Arc::clone(&metrics)),
            streams: Streams::new(limits.streams),
            rates: Arc::new(Rates::keyed(Quota::per_second(limits.alerts_per_second))),
            rules,
            limits,
            metrics,
            stop,
        }
    }

    /// The gRPC service.
    pub(crate) fn service(self) -> AlertIngestServer<Self> {
        let message_bytes = self.limits.message_bytes;
        AlertIngestServer::new(self).max_decoding_message_size(message_bytes)
    }

    /// Who sends the request, with the place for one more stream.
    fn admit(
        &self,
        request: &Request<Streaming<v1::DeliverRequest>>,
    ) -> Result<Session, Unwelcome> {
        let client = self.rules.agent(request.extensions())?;
        let place = self.streams.claim(&client)?;
        // Clients that are gone are forgotten once their rate says nothing any more.
        self.rates.retain_recent();
        Ok(Session::new(self, client, place))
    }

    /// The node that alerts of a client must be of, if that is asked for.
    fn proven_node(&self, client: &Client) -> Option<Arc<str>> {
        client
            .node
            .clone()
            .filter(|_| self.rules.require_node_match)
    }
}

#[tonic::async_trait]
impl AlertIngest for Ingest {
    type DeliverStream = BoxStream<'static, Result<v1::DeliverResponse, Status>>;

    async fn deliver(
        &self,
        request: Request<Streaming<v1::DeliverRequest>>,
    ) -> Result<Response<Self::DeliverStream>, Status> {
        match self.admit(&request) {
            Ok(session) => Ok(Response::new(session.responses(request.into_inner()))),
            Err(unwelcome) => {
                let reason = IngestMetrics::reason(unwelcome.name());
                self.metrics
                    .ingest
                    .clients_refused
                    .get_or_create(&reason)
                    .inc();
                Err(unwelcome.into())
            }
        }
    }
}
