//! One stream to one collector at a time, and the batches on it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use saker_proto::EncodedBatch;
use saker_proto::v1::alert_ingest_client::AlertIngestClient;
use saker_proto::v1::{DeliverRequest, DeliverResponse};
use saker_tls::grpc_channel;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tonic::{Code, Status, Streaming};

use super::settings::Targets;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a collector that says nothing is asked whether it is there.
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Batches that wait to be written to the connection.
const OUTGOING_BATCHES: usize = 16;
/// Characters that are kept of what a collector says.
const REASON_LENGTH: usize = 300;

/// A batch to be sent.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) alerts: Vec<Bytes>,
    pub(super) answer: oneshot::Sender<Answer>,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The collector has it, but for the alerts at these places.
    Acknowledged {
        refused: BTreeMap<usize, String>,
    },
    /// It was alone on the stream, and too large for the collector.
    TooLarge {
        reason: String,
    },
    Failed {
        reason: String,
    },
}

/// Why a stream ended.
enum End {
    /// Nobody will send any more.
    Finished,
    /// There was nothing on it, and the collector closed it.
    Idle,
    Failed(Failure),
}

struct Failure {
    reason: String,
    is_too_large: bool,
}

impl Failure {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: shortened(reason.into()),
            is_too_large: false,
        }
    }

    fn of(status: &Status) -> Self {
        let mut text = format!("{:?}: {}", status.code(), status.message());
        let mut cause = std::error::Error::source(status);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        Self {
            reason: shortened(text),
            // What tonic answers to a message that is larger than it decodes.
            is_too_large: status.code() == Code::OutOfRange,
        }
    }
}

/// Connects as long as there is something to send.
#[derive(Debug)]
pub(super) struct Connections {
    targets: Targets,
    /// Which endpoint is used.
    current: usize,
}

impl Connections {
    pub(super) fn new(targets: Targets) -> Self {
        Self {
            targets,
            current: 0,
        }
    }

    pub(super) async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        while let Some(first) = requests.recv().await {
            let mut pending = Pending::new(self.targets.patience);
            let end = self.stream(first, &mut requests, &mut pending).await;
            match end {
                End::Finished => return,
                End::Idle => {}
                End::Failed(failure) => {
                    // Too large is too large elsewhere, too.
                    if !failure.is_too_large {
                        self.current = (self.current + 1) % self.targets.endpoints.len();
                        fail_waiting(&mut requests, &failure);
                    }
                    pending.fail(failure);
                }
            }
        }
    }

    /// Opens a stream for this batch and those that follow, until it ends.
    async fn stream(
        &self,
        first: Request,
        requests: &mut mpsc::Receiver<Request>,
        pending: &mut Pending,
    ) -> End {
        let (outgoing, mut sent) = mpsc::channel(OUTGOING_BATCHES);
        let messages = stream::poll_fn(move |context| sent.poll_recv(context));
        pending.send(first, &outgoing);
        let mut client = match self.client() {
            Ok(client) => client,
            Err(failure) => return End::Failed(failure),
        };
        // The collector may answer only once it has a batch.
        let opening = tokio::time::timeout(self.targets.patience, client.deliver(messages));
        let mut responses = match opening.await {
            Ok(Ok(response)) => response.into_inner(),
            Ok(Err(status)) => return End::Failed(Failure::of(&status)),
            Err(_) => return End::Failed(self.overdue()),
        };
        self.exchange(requests, pending, &outgoing, &mut responses)
            .await
    }

    async fn exchange(
        &self,
        requests: &mut mpsc::Receiver<Request>,
        pending: &mut Pending,
        outgoing: &mpsc::Sender<DeliverRequest>,
        responses: &mut Streaming<DeliverResponse>,
    ) -> End {
        loop {
            let overdue_at = pending.overdue_at();
            tokio::select! {
                response = responses.message() => match response {
                    Ok(Some(response)) => {
                        if let Err(failure) = pending.settle(response) {
                            return End::Failed(failure);
                        }
                    }
                    Ok(None) if pending.is_empty() => return End::Idle,
                    Ok(None) => return End::Failed(Failure::new("the collector ended the stream")),
                    Err(status) if pending.is_empty() => {
                        tracing::debug!(%status, "a stream to the collector ended while nothing was on it");
                        return End::Idle;
                    }
                    Err(status) => return End::Failed(Failure::of(&status)),
                },
                request = requests.recv(), if outgoing.capacity() > 0 => match request {
                    Some(request) => pending.send(request, outgoing),
                    None => return End::Finished,
                },
                () = overdue(overdue_at) => return End::Failed(self.overdue()),
            }
        }
    }

    fn client(&self) -> Result<AlertIngestClient<tonic::transport::Channel>, Failure> {
        let target = self
            .targets
            .endpoints
            .get(self.current)
            .ok_or_else(|| Failure::new("no endpoint"))?;
        let endpoint = target
            .endpoint
            .clone()
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            .user_agent(concat!("saker/", env!("CARGO_PKG_VERSION")))
            .map_err(|error| Failure::new(error.to_string()))?;
        // A new channel each time: it is for the certificates that are valid now.
        let tls = self.targets.tls.clone().filter(|_| target.is_tls);
        let channel = grpc_channel(&endpoint, tls, CONNECT_TIMEOUT);
        Ok(AlertIngestClient::new(channel))
    }

    fn overdue(&self) -> Failure {
        let seconds = self.targets.patience.as_secs();
        Failure::new(format!(
            "the collector acknowledged nothing for {seconds} s"
        ))
    }
}

/// Batches on a stream, in their order.
#[derive(Debug)]
struct Pending {
    batches: VecDeque<PendingBatch>,
    last_sequence: u64,
    /// How long nothing may be acknowledged.
    patience: Duration,
    /// When the first batch was sent, or one was acknowledged since.
    progress_at: Instant,
}

#[derive(Debug)]
struct PendingBatch {
    sequence: u64,
    alerts: usize,
    answer: oneshot::Sender<Answer>,
    refused: BTreeMap<usize, String>,
}

impl Pending {
    fn new(patience: Duration) -> Self {
        Self {
            batches: VecDeque::new(),
            last_sequence: 0,
            patience,
            progress_at: Instant::now(),
        }
    }

    fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// The caller has seen to it that there is room.
    fn send(&mut self, request: Request, outgoing: &mpsc::Sender<DeliverRequest>) {
        let Request { alerts, answer } = request;
        if self.batches.is_empty() {
            self.progress_at = Instant::now();
        }
        self.last_sequence = self.last_sequence.saturating_add(1);
        self.batches.push_back(PendingBatch {
            sequence: self.last_sequence,
            alerts: alerts.len(),
            answer,
            refused: BTreeMap::new(),
        });
        let message = DeliverRequest {
            sequence: self.last_sequence,
            batch: Some(EncodedBatch { alerts }),
        };
        if outgoing.try_send(message).is_err() {
            // The stream is gone. That ends it for all, a moment later.
            tracing::trace!("a stream to the collector ended before a batch was written");
        }
    }

    /// When a batch must have been acknowledged, if one is under way.
    fn overdue_at(&self) -> Option<Instant> {
        (!self.batches.is_empty()).then(|| self.progress_at + self.patience)
    }

    fn settle(&mut self, response: DeliverResponse) -> Result<(), Failure> {
        let acknowledged = response.acknowledged_sequence;
        if acknowledged > self.last_sequence {
            return Err(Failure::new(format!(
                "the collector acknowledged batch {acknowledged}, and {} is the last that was sent",
                self.last_sequence
            )));
        }
        for refusal in response.refused {
            let batch = self
                .batches
                .iter_mut()
                .find(|batch| batch.sequence == refusal.sequence);
            let index = usize::try_from(refusal.index).unwrap_or(usize::MAX);
            match batch {
                Some(batch) if index < batch.alerts => {
                    batch.refused.insert(index, shortened(refusal.reason));
                }
                _ => {
                    return Err(Failure::new(format!(
                        "the collector refused alert {index} of batch {}, which is not under way",
                        refusal.sequence
                    )));
                }
            }
        }
        while let Some(batch) = self
            .batches
            .pop_front_if(|batch| batch.sequence <= acknowledged)
        {
            self.progress_at = Instant::now();
            let refused = batch.refused;
            answer(batch.answer, Answer::Acknowledged { refused });
        }
        Ok(())
    }

    fn fail(self, failure: Failure) {
        let is_alone = self.batches.len() == 1;
        for batch in self.batches {
            let reason = failure.reason.clone();
            let what = if failure.is_too_large && is_alone {
                Answer::TooLarge { reason }
            } else {
                Answer::Failed { reason }
            };
            answer(batch.answer, what);
        }
    }
}

/// What waited for the stream fails with it: the destination is to be left alone for a while.
fn fail_waiting(requests: &mut mpsc::Receiver<Request>, failure: &Failure) {
    while let Ok(request) = requests.try_recv() {
        let reason = failure.reason.clone();
        answer(request.answer, Answer::Failed { reason });
    }
}

fn answer(to: oneshot::Sender<Answer>, answer: Answer) {
    if to.send(answer).is_err() {
        tracing::trace!("nobody waits for a batch any more");
    }
}

async fn overdue(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(REASON_LENGTH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
