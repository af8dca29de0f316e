//! Sending alerts to subscribers, in the order in which they were stored.
//!
//! A subscription reads from the store what comes after its cursor, as fast as the subscriber takes it and no faster:
//! who is slow falls behind and loses nothing. Each response carries the cursor to continue from, on this collector or
//! any other that shares the store. Where there is nothing to send, the cursor alone is sent from time to time.

use crate::clients::{StreamPlace, Streams, Unwelcome};
use crate::config::{ClientRules, FeedTiming};
use crate::metrics::Metrics;
use crate::wake::{Waiter, Wake};
use futures_util::stream::{self, BoxStream, StreamExt};
use saker_alert_clients::Backoff;
use saker_alert_store::{Cursor, ErrorKind, Query, Store, StoreError, StoredAlert};
use saker_proto::v1;
use saker_proto::v1::alert_feed_server::{AlertFeed, AlertFeedServer};
use saker_proto::v1::subscribe_request::Start;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};

/// Alerts that are read from the store at a time.
const BATCH: usize = 200;

/// A request is no larger than this, in bytes; the filter's names are all that it holds.
const REQUEST_BYTES_MAX: usize = 64 << 10;

/// How long to ask a store that does not answer before the subscriber is told to come again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Pauses between attempts.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// What subscribers are connected to: sends alerts of the store until it is to stop.
pub(crate) struct Feed {
    /// Who may subscribe.
    pub(crate) rules: ClientRules,
    /// How many subscriptions there may be.
    pub(crate) streams: Streams,
    /// Where alerts are kept.
    pub(crate) store: Arc<dyn Store>,
    /// When to look, and when to say where one is.
    pub(crate) timing: FeedTiming,
    /// Says that there is something new.
    pub(crate) wake: Wake,
    /// Its numbers.
    pub(crate) metrics: Arc<Metrics>,
    /// Says when to end.
    pub(crate) stop: CancellationToken,
}

impl Feed {
    /// The gRPC service.
    pub(crate) fn service(self) -> AlertFeedServer<Self> {
        AlertFeedServer::new(self).max_decoding_message_size(REQUEST_BYTES_MAX)
    }

    fn admit(&self, request: &Request<v1::SubscribeRequest>) -> Result<StreamPlace, Unwelcome> {
        let client = self.rules.subscriber(request.extensions())?;
        self.streams.claim(&client)
    }
}

#[tonic::async_trait]
impl AlertFeed for Feed {
    type SubscribeStream = BoxStream<'static, Result<v1::SubscribeResponse, Status>>;

    async fn subscribe(
        &self,
        request: Request<v1::SubscribeRequest>,
    ) -> Result<Response<Self::SubscribeStream>, Status> {
        let place = self.admit(&request).inspect_err(|unwelcome| {
            self.metrics.feed.refuse(unwelcome.name());
        })?;
        self.metrics.feed.subscriptions.inc();
        let (query, cursor) = start(request.into_inner());
        let subscription = Subscription {
            query,
            cursor,
            ready: VecDeque::new(),
            told: Instant::now(),
            has_ended: false,
            store: Arc::clone(&self.store),
            timing: self.timing,
            ends: Instant::now() + self.timing.age,
            waiter: self.wake.waiter(),
            metrics: Arc::clone(&self.metrics),
            stop: self.stop.clone(),
            _place: place,
        };
        let responses = stream::unfold(subscription, |mut subscription| async {
            let response = subscription.next().await?;
            Some((response, subscription))
        });
        Ok(Response::new(responses.boxed()))
    }
}

/// What is asked for, and where to begin.
fn start(request: v1::SubscribeRequest) -> (Query, Option<Cursor>) {
    let mut query = Query {
        filter: request.filter.unwrap_or_default(),
        ..Query::default()
    };
    let cursor = match request.start {
        None => None,
        Some(Start::SinceUnixNs(since_ns)) => {
            query.since_ns = Some(since_ns);
            None
        }
        Some(Start::Cursor(cursor)) => Some(Cursor(cursor)),
    };
    (query, cursor)
}

/// One subscription.
struct Subscription {
    query: Query,
    cursor: Option<Cursor>,
    ready: VecDeque<StoredAlert>,
    told: Instant,
    has_ended: bool,
    store: Arc<dyn Store>,
    timing: FeedTiming,
    ends: Instant,
    waiter: Waiter,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
    _place: StreamPlace,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.metrics.feed.subscriptions.dec();
    }
}

impl Subscription {
    /// Whether the subscriber is to come again, perhaps to another collector.
    fn is_over(&self) -> bool {
        self.has_ended || self.stop.is_cancelled() || Instant::now() >= self.ends
    }

    /// What to send next; none when it is over.
    async fn next(&mut self) -> Option<Result<v1::SubscribeResponse, Status>> {
        while !self.is_over() {
            if let Some(stored) = self.ready.pop_front() {
                self.metrics.feed.alerts.inc();
                return Some(Ok(self.response(Some(stored.alert), stored.cursor)));
            }
            let is_first = self.cursor.is_none();
            self.waiter.looks();
            let (alerts, cursor) = match self.read().await {
                Ok(read) => read,
                Err(status) => {
                    self.has_ended = true;
                    return Some(Err(status));
                }
            };
            let has_moved = self.cursor.as_ref() != Some(&cursor);
            self.ready = alerts.into();
            self.cursor = Some(cursor.clone());
            if !self.ready.is_empty() {
                continue;
            }
            // A subscriber that lost its connection before the first alert can go on from here, too.
            if is_first || self.told.elapsed() >= self.timing.heartbeat {
                return Some(Ok(self.response(None, cursor)));
            }
            if !has_moved {
                self.wait_for_more().await;
            }
        }
        None
    }

    fn response(&mut self, alert: Option<v1::Alert>, cursor: Cursor) -> v1::SubscribeResponse {
        self.told = Instant::now();
        v1::SubscribeResponse {
            alert,
            cursor: cursor.0,
        }
    }

    /// Reads on; asks a store that is away again for a while.
    async fn read(&self) -> Result<(Vec<StoredAlert>, Cursor), Status> {
        let mut backoff = Backoff::new(PAUSE_MIN, PAUSE_MAX);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let error = match self
                .store
                .after(self.cursor.as_ref(), &self.query, BATCH)
                .await
            {
                Ok(read) => return Ok(read),
                Err(error) => error,
            };
            let pause = backoff.pause();
            let is_over = Instant::now() + pause >= deadline || self.stop.is_cancelled();
            if error.kind() == ErrorKind::Permanent || is_over {
                return Err(refusal(&error));
            }
            tokio::time::sleep(pause).await;
        }
    }

    async fn wait_for_more(&mut self) {
        let wait = self.timing.poll.min(self.timing.heartbeat);
        tokio::select! {
            () = self.stop.cancelled() => {}
            // That nothing came is what there is to learn, too.
            _ = timeout(wait, self.waiter.wait()) => {}
        }
    }
}

/// What the subscriber is told.
fn refusal(error: &StoreError) -> Status {
    match error {
        StoreError::InvalidCursor(_) => Status::invalid_argument(error.to_string()),
        error => {
            tracing::warn!(
                error = crate::chain(error),
                "reading alerts for a subscriber failed"
            );
            Status::unavailable(
                "the collector's store does not answer; come again with the last cursor",
            )
        }
    }
}
