//! OTLP: receivers over gRPC and HTTP, strict about what the protocol and the semantic conventions ask for.

use crate::fixtures::{
    NOON_NS, alert, id, is_rejected, is_retry, notifications, of, repeated, sink,
};
use crate::receiver::{Answer, Receiver};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use prost::Message;
use saker_alert_sinks::Outcome;
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tonic::codec::CompressionEncoding;
use tonic::transport::server::TcpIncoming;
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

type Answers =
    dyn Fn(&ExportLogsServiceRequest) -> Result<ExportLogsServiceResponse, Status> + Send + Sync;

/// A service of logs whose answers a test decides on.
#[derive(Clone)]
struct Logs {
    answers: Arc<Answers>,
    requests: Arc<Mutex<Vec<Request<ExportLogsServiceRequest>>>>,
}

#[tonic::async_trait]
impl LogsService for Logs {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        let answer = (self.answers)(request.get_ref());
        self.requests.lock().unwrap().push(request);
        answer.map(Response::new)
    }
}

struct Server {
    url: String,
    logs: Logs,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn server(
    answers: impl Fn(&ExportLogsServiceRequest) -> Result<ExportLogsServiceResponse, Status>
    + Send
    + Sync
    + 'static,
) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let logs = Logs {
        answers: Arc::new(answers),
        requests: Arc::default(),
    };
    let service = LogsServiceServer::new(logs.clone()).accept_compressed(CompressionEncoding::Gzip);
    let task = tokio::spawn(async move {
        tonic::transport::Server::builder()
            .add_service(service)
            .serve_with_incoming(TcpIncoming::from(listener))
            .await
            .unwrap();
    });
    Server { url, logs, task }
}

fn accepted() -> ExportLogsServiceResponse {
    ExportLogsServiceResponse::default()
}

fn partial(rejected_log_records: i64) -> ExportLogsServiceResponse {
    ExportLogsServiceResponse {
        partial_success: Some(ExportLogsPartialSuccess {
            rejected_log_records,
            error_message: "no room".to_owned(),
        }),
    }
}

fn attributes(attributes: &[KeyValue]) -> BTreeMap<&str, &Any> {
    let found: BTreeMap<&str, &Any> = attributes
        .iter()
        .map(|attribute| {
            let value = attribute.value.as_ref().unwrap().value.as_ref().unwrap();
            (attribute.key.as_str(), value)
        })
        .collect();
    assert_eq!(found.len(), attributes.len(), "keys are there once");
    found
}

fn text(text: &str) -> Any {
    Any::StringValue(text.to_owned())
}

/// What the protocol asks of any request, and what the conventions ask of an alert.
fn check(request: &ExportLogsServiceRequest, records: usize) {
    let mut seen = 0;
    for resource_logs in &request.resource_logs {
        let resource = attributes(&resource_logs.resource.as_ref().unwrap().attributes);
        assert_eq!(resource["service.name"], &text("saker"));
        assert_eq!(resource["host.name"], &text("node-1"));
        for scope_logs in &resource_logs.scope_logs {
            assert_eq!(scope_logs.scope.as_ref().unwrap().name, "saker");
            for record in &scope_logs.log_records {
                seen += 1;
                assert!(record.time_unix_nano >= NOON_NS);
                assert!(record.observed_time_unix_nano > 0);
                assert_eq!(record.severity_number, 13, "WARN");
                assert_eq!(record.severity_text, "Warning");
                assert_eq!(record.event_name, "saker.alert");
                assert!(record.trace_id.is_empty() && record.span_id.is_empty());
                let attributes = attributes(&record.attributes);
                assert!(attributes.contains_key("log.record.uid"));
                assert_eq!(attributes["process.pid"], &Any::IntValue(4_711));
                assert_eq!(attributes["saker.fields.proc.pid"], &Any::IntValue(4_711));
                assert_eq!(
                    attributes["saker.fields.evt.rawres"],
                    &text("18446744073709551615"),
                    "larger than OTLP's integers"
                );
            }
        }
    }
    assert_eq!(seen, records);
}

#[tokio::test]
async fn records_go_by_grpc() {
    let server = server(|_| Ok(accepted())).await;
    let mut token = tempfile::NamedTempFile::new().unwrap();
    writeln!(token, "Bearer token").unwrap();
    let sink = sink(json!({
        "kind": "otlp",
        "url": server.url,
        "compression": "gzip",
        "headers": { "x-tenant": "security", "authorization": { "file": token.path() } },
    }));
    let mut on_host = alert(9);
    on_host.pod = None;
    on_host.container = None;
    let mut all = notifications(1..4);
    all.push(of(on_host));
    all.push(repeated(5));
    assert_eq!(sink.deliver(&all).await, vec![Outcome::Delivered; 5]);
    let requests = server.logs.requests.lock().unwrap();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].metadata().get("x-tenant").unwrap(), "security");
    assert_eq!(
        requests[0].metadata().get("authorization").unwrap(),
        "Bearer token"
    );
    let request = requests[0].get_ref();
    check(request, 5);
    assert_eq!(request.resource_logs.len(), 2, "a container and a host");
    let of_container = request
        .resource_logs
        .iter()
        .find(|logs| logs.scope_logs[0].log_records.len() == 4)
        .unwrap();
    let resource = attributes(&of_container.resource.as_ref().unwrap().attributes);
    assert_eq!(resource["k8s.pod.name"], &text("web-5d9c-x7"));
    assert_eq!(resource["k8s.deployment.name"], &text("web"));
    assert_eq!(resource["k8s.cluster.name"], &text("production"));
    assert_eq!(
        resource["container.image.name"],
        &text("registry.example/web")
    );
    let uids: Vec<Any> = of_container.scope_logs[0]
        .log_records
        .iter()
        .map(|record| attributes(&record.attributes)["log.record.uid"].clone())
        .collect();
    assert_eq!(uids, [1, 2, 3, 5].map(|number| text(&id(number))));
}

#[tokio::test]
async fn states_of_grpc_are_told_apart() {
    for (code, is_refused) in [
        (Code::InvalidArgument, true),
        (Code::Unavailable, false),
        (Code::ResourceExhausted, false),
        (Code::Unauthenticated, false),
        (Code::Unimplemented, false),
        (Code::Internal, false),
    ] {
        let server = server(move |_| Err(Status::new(code, "because"))).await;
        let sink = sink(json!({ "kind": "otlp", "url": server.url }));
        for outcome in sink.deliver(&notifications(1..3)).await {
            assert_eq!(is_rejected(&outcome), is_refused, "{code:?}: {outcome:?}");
            assert_eq!(is_retry(&outcome), !is_refused);
        }
    }
}

#[tokio::test]
async fn who_asks_to_wait_is_waited_for() {
    let server = server(|_| {
        let details = ErrorDetails::with_retry_info(Some(Duration::from_secs(9)));
        Err(Status::with_error_details(
            Code::Unavailable,
            "busy",
            details,
        ))
    })
    .await;
    let outcomes = sink(json!({ "kind": "otlp", "url": server.url }))
        .deliver(&notifications(1..2))
        .await;
    assert!(matches!(
        outcomes[0],
        Outcome::Retry { after: Some(after), .. } if after == Duration::from_secs(9)
    ));
}

#[tokio::test]
async fn what_a_receiver_drops_is_not_sent_again() {
    for (answer, expected) in [
        (partial(1), false),
        // Zero with a message is a warning.
        (partial(0), true),
    ] {
        let server = server(move |_| Ok(answer.clone())).await;
        let sink = sink(json!({ "kind": "otlp", "url": server.url }));
        for outcome in sink.deliver(&notifications(1..4)).await {
            assert_eq!(outcome == Outcome::Delivered, expected, "{outcome:?}");
            assert_eq!(is_rejected(&outcome), !expected);
        }
        assert_eq!(server.logs.requests.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn one_that_is_invalid_does_not_take_others_with_it() {
    let server = server(|request| {
        if format!("{request:?}").contains("<3>") {
            Err(Status::invalid_argument("no"))
        } else {
            Ok(accepted())
        }
    })
    .await;
    let outcomes = sink(json!({ "kind": "otlp", "url": server.url }))
        .deliver(&notifications(1..6))
        .await;
    for (outcome, number) in outcomes.iter().zip(1..) {
        assert_eq!(is_rejected(outcome), number == 3, "{outcome:?}");
    }
}

#[tokio::test]
async fn nobody_there_and_nobody_answering_are_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", listener.local_addr().unwrap());
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    for url in [silent, gone] {
        let sink = sink(json!({ "kind": "otlp", "url": url, "timeout_ms": 300 }));
        let outcomes = sink.deliver(&notifications(1..3)).await;
        assert!(outcomes.iter().all(is_retry), "{outcomes:?}");
    }
}

#[tokio::test]
async fn records_go_by_http() {
    let receiver = Receiver::new(|asked| {
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("POST", "/otlp/v1/logs")
        );
        assert_eq!(asked.header("content-type"), "application/x-protobuf");
        check(&ExportLogsServiceRequest::decode(&*asked.body).unwrap(), 3);
        // An empty message is no byte.
        Answer::status(200)
    })
    .await;
    let sink = sink(json!({
        "kind": "otlp",
        "protocol": "http/protobuf",
        "url": format!("{}/otlp", receiver.url()),
    }));
    assert_eq!(
        sink.deliver(&notifications(1..4)).await,
        vec![Outcome::Delivered; 3]
    );
    assert_eq!(receiver.asked().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_no_protobuf_is_none() {
    let receiver = Receiver::new(|_| Answer::body(200, "<html>")).await;
    let settings = json!({ "kind": "otlp", "protocol": "http/protobuf", "url": receiver.url() });
    let outcomes = sink(settings).deliver(&notifications(1..2)).await;
    assert!(is_retry(&outcomes[0]));
}
