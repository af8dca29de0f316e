//! Collectors that misbehave.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use saker_alert_spool::{BatchLimits, Entry, SpoolHandle, SpoolSettings};
use saker_proto::v1::alert_ingest_server::{AlertIngest, AlertIngestServer};
use saker_proto::v1::{DeliverRequest, DeliverResponse, Priority, RefusedAlert};
use saker_proto::{AlertId, EncodedBatch};
use saker_tls::development::{Authority, Request as CertificateRequest};
use saker_tls::{ClientTlsSettings, Incoming, IncomingLimits, ServerTls, ServerTlsSettings};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::{Code, Request, Response, Status, Streaming};

use super::{GrpcError, GrpcSettings, GrpcUplink};
use crate::pump::{Pump, PumpSettings};

/// What a collector does with a stream.
#[derive(Clone, Copy, Debug)]
enum Behaviour {
    Acknowledge,
    /// Takes batches and says nothing.
    Silent,
    /// Answers only every third batch, for all before.
    Seldom,
    /// Repeats old acknowledgements between the new ones.
    Repeats,
    /// Acknowledges what was never sent.
    Ahead,
    /// Refuses what was never sent.
    RefusesOther,
    /// Acknowledges so many batches, then ends the stream.
    Closes(usize),
    /// The same, then an error.
    Fails(usize, Code),
    /// Refuses the call itself.
    Declines(Code),
    Slow,
    /// Refuses the first and third alert of each batch.
    Refuses,
    /// Opens its side of the stream only when a batch is there.
    OpensLate,
}

#[derive(Clone, Default)]
struct Collector {
    behaviours: Arc<Mutex<VecDeque<Behaviour>>>,
    /// Alerts that were acknowledged, and how often.
    durable: Arc<Mutex<Vec<Bytes>>>,
    streams: Arc<Mutex<usize>>,
}

impl Collector {
    fn new(behaviours: impl IntoIterator<Item = Behaviour>) -> Self {
        let collector = Self::default();
        collector.behaviours.lock().unwrap().extend(behaviours);
        collector
    }

    fn answer(
        &self,
        behaviour: Behaviour,
        seen: usize,
        request: DeliverRequest,
    ) -> Vec<Result<DeliverResponse, Status>> {
        let acknowledge = |acknowledged_sequence| {
            Ok(DeliverResponse {
                acknowledged_sequence,
                refused: vec![],
            })
        };
        let sequence = request.sequence;
        let alerts = request.batch.unwrap_or_default().alerts;
        let refusal = |sequence, index| RefusedAlert {
            sequence,
            index,
            reason: "no good".into(),
        };
        let (durable, answers) = match behaviour {
            Behaviour::Silent => (vec![], vec![]),
            Behaviour::Ahead => (vec![], vec![acknowledge(sequence + 7)]),
            Behaviour::RefusesOther => {
                let refused = vec![refusal(sequence, 1_000_000)];
                (
                    vec![],
                    vec![Ok(DeliverResponse {
                        acknowledged_sequence: 0,
                        refused,
                    })],
                )
            }
            Behaviour::Fails(batches, code) if seen > batches => {
                (vec![], vec![Err(Status::new(code, "go away"))])
            }
            Behaviour::Refuses => {
                let refused = vec![
                    refusal(sequence, 0),
                    refusal(sequence, 2),
                    refusal(sequence, 2),
                ];
                let taken = alerts.into_iter().enumerate();
                let taken = taken
                    .filter(|(index, _)| ![0, 2].contains(index))
                    .map(|(_, alert)| alert);
                (
                    taken.collect(),
                    vec![Ok(DeliverResponse {
                        acknowledged_sequence: sequence,
                        refused,
                    })],
                )
            }
            Behaviour::Seldom if !seen.is_multiple_of(3) => (alerts, vec![]),
            Behaviour::Repeats => (
                alerts,
                vec![
                    acknowledge(0),
                    acknowledge(sequence),
                    acknowledge(sequence - 1),
                ],
            ),
            _ => (alerts, vec![acknowledge(sequence)]),
        };
        self.durable.lock().unwrap().extend(durable);
        answers
    }

    async fn listen(&self, message_bytes: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        self.serve(
            Incoming::new(listener, None, IncomingLimits::default()),
            message_bytes,
        );
        address
    }

    fn serve(&self, incoming: Incoming, message_bytes: usize) {
        let service = AlertIngestServer::new(self.clone()).max_decoding_message_size(message_bytes);
        tokio::spawn(
            Server::builder()
                .add_service(service)
                .serve_with_incoming(incoming),
        );
    }

    fn numbers(&self) -> Vec<u64> {
        self.durable
            .lock()
            .unwrap()
            .iter()
            .map(|alert| number(alert))
            .collect()
    }
}

#[tonic::async_trait]
impl AlertIngest for Collector {
    type DeliverStream = BoxStream<'static, Result<DeliverResponse, Status>>;

    async fn deliver(
        &self,
        request: Request<Streaming<DeliverRequest>>,
    ) -> Result<Response<Self::DeliverStream>, Status> {
        let behaviour = self
            .behaviours
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or(Behaviour::Acknowledge);
        *self.streams.lock().unwrap() += 1;
        if let Behaviour::Declines(code) = behaviour {
            return Err(Status::new(code, "not you"));
        }
        let mut messages = request.into_inner();
        let mut early = VecDeque::new();
        if matches!(behaviour, Behaviour::OpensLate) {
            early.extend(messages.message().await?);
        }
        let collector = self.clone();
        let state = (messages, early, 0_usize);
        let answers = stream::unfold(state, move |(mut messages, mut early, seen)| {
            let collector = collector.clone();
            async move {
                if matches!(behaviour, Behaviour::Closes(batches) if seen >= batches) {
                    return None;
                }
                let request = match early.pop_front() {
                    Some(request) => request,
                    None => match messages.message().await {
                        Ok(request) => request?,
                        Err(status) => {
                            return Some((
                                stream::iter(vec![Err(status)]),
                                (messages, early, seen),
                            ));
                        }
                    },
                };
                if matches!(behaviour, Behaviour::Slow) {
                    tokio::time::sleep(Duration::from_millis(400)).await;
                }
                let seen = seen + 1;
                assert!(
                    request.sequence == seen as u64,
                    "batches are numbered from 1"
                );
                let answers = collector.answer(behaviour, seen, request);
                Some((stream::iter(answers), (messages, early, seen)))
            }
        });
        Ok(Response::new(answers.flatten().boxed()))
    }
}

fn number(alert: &[u8]) -> u64 {
    u64::from_be_bytes(alert[..8].try_into().unwrap())
}

struct Agent {
    spool: SpoolHandle,
    pump: Pump,
    _directory: tempfile::TempDir,
}

const ALERTS: u64 = 200;

impl Agent {
    async fn new(settings: &GrpcSettings, alert_bytes: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let (spool, _) = SpoolHandle::open(directory.path(), &SpoolSettings::default()).unwrap();
        let entry = |number: u64| {
            let mut payload = number.to_be_bytes().to_vec();
            payload.resize(alert_bytes, 0);
            Entry {
                id: AlertId::from_bytes(u128::from(number).to_be_bytes()),
                priority: Priority::Notice,
                payload: payload.into(),
            }
        };
        spool.append((0..ALERTS).map(entry).collect()).await;
        let uplink = GrpcUplink::new(settings).unwrap();
        let limits = BatchLimits {
            max_records: 10,
            max_bytes: 1 << 20,
        };
        let settings = PumpSettings {
            limits,
            batches_under_way: 8,
        };
        let pump = Pump::spawn("collector", uplink, spool.clone(), settings);
        Self {
            spool,
            pump,
            _directory: directory,
        }
    }

    /// Waits until the spool is empty.
    async fn finish(self) -> crate::pump::PumpStats {
        let stats = self.pump.finish(Duration::from_secs(30)).await;
        assert_eq!(self.spool.stats().records, 0, "{stats:?}");
        stats
    }
}

fn settings(addresses: &[SocketAddr]) -> GrpcSettings {
    GrpcSettings {
        endpoints: addresses
            .iter()
            .map(|address| format!("http://{address}"))
            .collect(),
        tls: ClientTlsSettings::default(),
        acknowledgement_seconds: 1.try_into().unwrap(),
    }
}

/// All alerts are there in the end; more than once only if the stream failed.
async fn arrives(
    behaviours: impl IntoIterator<Item = Behaviour>,
) -> (Collector, crate::pump::PumpStats) {
    let collector = Collector::new(behaviours);
    let address = collector.listen(4 << 20).await;
    let agent = Agent::new(&settings(&[address]), 100).await;
    let stats = agent.finish().await;
    assert_eq!(stats.delivered + stats.refused, ALERTS);
    let unique: BTreeSet<u64> = collector.numbers().into_iter().collect();
    assert_eq!(unique.len() as u64, stats.delivered);
    (collector, stats)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_is_well() {
    for behaviour in [
        Behaviour::Acknowledge,
        Behaviour::OpensLate,
        Behaviour::Repeats,
    ] {
        let (collector, stats) = arrives([behaviour]).await;
        assert_eq!(
            collector.numbers().len() as u64,
            ALERTS,
            "{behaviour:?}: none twice"
        );
        assert_eq!((stats.delivered, stats.retries), (ALERTS, 0));
        assert_eq!(*collector.streams.lock().unwrap(), 1, "{behaviour:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_end_are_opened_again() {
    let (collector, stats) = arrives([
        Behaviour::Closes(3),
        Behaviour::Fails(2, Code::Unavailable),
        Behaviour::Fails(1, Code::ResourceExhausted),
        Behaviour::Closes(0),
    ])
    .await;
    assert!(stats.retries >= 4, "{stats:?}");
    assert_eq!(*collector.streams.lock().unwrap(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn collectors_that_decline_are_asked_again() {
    let (collector, stats) = arrives([
        Behaviour::Declines(Code::Unauthenticated),
        Behaviour::Declines(Code::ResourceExhausted),
        Behaviour::Declines(Code::Unimplemented),
    ])
    .await;
    assert!(
        (3..=10).contains(&stats.retries),
        "all that were sent together, then one at a time"
    );
    assert_eq!(collector.numbers().len() as u64, ALERTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_to_what_was_not_sent_end_the_stream() {
    let (collector, stats) = arrives([Behaviour::Ahead, Behaviour::RefusesOther]).await;
    assert!(stats.retries >= 2);
    assert_eq!(collector.numbers().len() as u64, ALERTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_alerts_are_counted_and_not_sent_again() {
    let (collector, stats) = arrives([Behaviour::Refuses]).await;
    assert_eq!((stats.refused, stats.retries), (2 * ALERTS / 10, 0));
    let expected: Vec<u64> = (0..ALERTS)
        .filter(|number| ![0, 2].contains(&(number % 10)))
        .collect();
    assert_eq!(collector.numbers(), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_silent_collector_is_left_for_the_next() {
    let silent = Collector::new([Behaviour::Silent; 50]);
    let other = Collector::new([Behaviour::Seldom]);
    let addresses = [silent.listen(4 << 20).await, other.listen(4 << 20).await];
    let begun = Instant::now();
    let agent = Agent::new(&settings(&addresses), 100).await;
    while agent.pump.stats().trouble.is_none() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(begun.elapsed() >= Duration::from_secs(1));
    let trouble = agent.pump.stats().trouble.unwrap();
    assert!(
        trouble.contains("acknowledged nothing for 1 s"),
        "{trouble}"
    );
    // The other answers every third batch only, and gets one at a time: it comes to be left, too, but what it
    // said nothing of is sent again until somebody does.
    other.behaviours.lock().unwrap().clear();
    silent.behaviours.lock().unwrap().clear();
    agent.finish().await;
    assert!(*other.streams.lock().unwrap() >= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_is_not_silent() {
    // Eight batches take 3 s together, but none lets a second pass without an answer.
    let (collector, stats) = arrives([Behaviour::Slow]).await;
    assert_eq!((stats.retries, *collector.streams.lock().unwrap()), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_where_nobody_listens_is_passed_over() {
    let collector = Collector::default();
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = nobody.local_addr().unwrap();
    drop(nobody);
    let addresses = [closed, collector.listen(4 << 20).await];
    let agent = Agent::new(&settings(&addresses), 100).await;
    let stats = agent.finish().await;
    assert_eq!(stats.delivered, ALERTS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_collector_alerts_wait() {
    let agent = Agent::new(&settings(&["127.0.0.1:1".parse().unwrap()]), 100).await;
    let stats = agent.pump.finish(Duration::from_millis(500)).await;
    let trouble = stats.trouble.unwrap();
    assert!(
        trouble.contains("127.0.0.1:1") && trouble.contains("refused"),
        "{trouble}"
    );
    let left = agent.spool.stats();
    assert_eq!((left.records, left.records_under_way), (ALERTS, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_too_large_for_the_collector_are_halved() {
    let collector = Collector::default();
    let address = collector.listen(1_500).await;
    let agent = Agent::new(&settings(&[address]), 400).await;
    let large = Entry {
        id: AlertId::from_bytes([9; 16]),
        priority: Priority::Emergency,
        payload: Bytes::from(vec![1; 2_000]),
    };
    agent.spool.append(vec![large]).await;
    let stats = agent.finish().await;
    assert_eq!((stats.delivered, stats.refused), (ALERTS, 1));
    assert_eq!(
        collector.numbers().into_iter().collect::<BTreeSet<_>>(),
        (0..ALERTS).collect()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_sides_show_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("test", Authority::days(1)).unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let server = authority
        .issue(&CertificateRequest::server(["localhost"]))
        .unwrap();
    let client = authority
        .issue(&CertificateRequest::client(["node-1"]))
        .unwrap();
    let ca = write("ca.crt", authority.certificate_pem());
    let tls = ServerTls::load(&ServerTlsSettings {
        certificate_file: write("server.crt", server.certificate_pem),
        key_file: write("server.key", server.key_pem),
        client_ca_file: Some(ca.clone()),
    })
    .unwrap();
    let collector = Collector::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    collector.serve(
        Incoming::new(listener, Some(tls), IncomingLimits::default()),
        4 << 20,
    );
    let mut settings = settings(&[]);
    settings.endpoints = vec![format!("https://localhost:{port}")];
    settings.tls.ca_file = Some(ca);
    let stranger = Agent::new(&settings, 100).await;
    let stats = stranger.pump.finish(Duration::from_secs(2)).await;
    assert_eq!(stats.delivered, 0);
    assert!(stats.trouble.is_some());
    settings.tls.certificate_file = Some(write("client.crt", client.certificate_pem));
    settings.tls.key_file = Some(write("client.key", client.key_pem));
    assert_eq!(
        Agent::new(&settings, 100).await.finish().await.delivered,
        ALERTS
    );
}

#[tokio::test]
async fn settings_that_lead_nowhere_are_refused() {
    let with = |endpoints: &[&str], tls: ClientTlsSettings| {
        let mut settings = settings(&[]);
        settings.endpoints = endpoints.iter().map(|text| (*text).to_owned()).collect();
        settings.tls = tls;
        GrpcUplink::new(&settings).map(|_| ())
    };
    let plain = ClientTlsSettings::default;
    assert!(matches!(with(&[], plain()), Err(GrpcError::NoEndpoint)));
    for bad in [
        "",
        "collector",
        "collector:1",
        "ftp://c:1",
        "https://c",
        "http://c:1/path",
        "http://c:x",
    ] {
        let error = with(&["http://good:1", bad], plain()).unwrap_err();
        assert!(
            matches!(error, GrpcError::Endpoint { .. }),
            "{bad}: {error}"
        );
        assert!(error.to_string().contains(&format!("'{bad}'")));
    }
    let named = ClientTlsSettings {
        server_name: Some("c".to_owned()),
        ..plain()
    };
    assert!(matches!(
        with(&["http://c:1"], named),
        Err(GrpcError::PlainEndpoint { .. })
    ));
    let missing = ClientTlsSettings {
        ca_file: Some("/none/ca.crt".into()),
        ..plain()
    };
    assert!(matches!(
        with(&["https://c:1"], missing),
        Err(GrpcError::Tls(_))
    ));
}

#[test]
fn requests_are_encoded_without_looking_into_alerts() {
    let batch = EncodedBatch {
        alerts: vec![Bytes::from_static(b"\x52\x02hi")],
    };
    let bytes = prost::Message::encode_to_vec(&DeliverRequest {
        sequence: 3,
        batch: Some(batch),
    });
    assert_eq!(bytes, b"\x08\x03\x12\x06\x0a\x04\x52\x02hi");
}
