//! Log records that a real OpenTelemetry collector received, as it hands them on.

use crate::fixtures::{id, notification, sink};
use anyhow::Result;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use saker_alert_formats::Notification;
use saker_alert_sinks::Outcome;
use saker_delivery_tests::servers::OtelCollector;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

type Bodies = Arc<Mutex<Vec<Value>>>;

/// Takes what the collector hands on, and answers with this status.
async fn next_hop(status: StatusCode) -> Result<(String, Bodies)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let bodies = Bodies::default();
    let kept = Arc::clone(&bodies);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let bodies = Arc::clone(&kept);
            let service = service_fn(move |request: Request<Incoming>| {
                let bodies = Arc::clone(&bodies);
                async move {
                    assert_eq!(request.uri().path(), "/v1/logs");
                    let body = request.into_body().collect().await?.to_bytes();
                    let document = serde_json::from_slice(&body).expect("JSON of the collector");
                    bodies.lock().unwrap().push(document);
                    let answer = Response::builder()
                        .status(status)
                        .header("content-type", "application/json")
                        .body(Full::new(Bytes::from_static(b"{}")))
                        .expect("an answer");
                    Ok::<_, hyper::Error>(answer)
                }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    Ok((url, bodies))
}

/// What an attribute list says.
fn attributes(holder: &Value) -> BTreeMap<String, Value> {
    let list = holder["attributes"].as_array().into_iter().flatten();
    list.map(|entry| {
        let key = entry["key"].as_str().unwrap_or_default().to_owned();
        (key, entry["value"]["stringValue"].clone())
    })
    .collect()
}

async fn records_arrive(protocol: &str) -> Result<()> {
    let (next, bodies) = next_hop(StatusCode::OK).await?;
    let collector = OtelCollector::start(&next)?;
    let url = match protocol {
        "grpc" => collector.grpc_url(),
        _ => collector.http_url(),
    };
    let sink = sink(json!({ "kind": "otlp", "url": url, "protocol": protocol }))?;
    let notifications: Vec<Notification> = (1..6).map(notification).collect();
    let outcomes = sink.deliver(&notifications).await;
    assert_eq!(outcomes, vec![Outcome::Delivered; 5]);

    let mut seen = BTreeMap::new();
    for body in bodies.lock().unwrap().iter() {
        for resource in body["resourceLogs"].as_array().expect("resources") {
            let of_resource = attributes(&resource["resource"]);
            for scope in resource["scopeLogs"].as_array().expect("scopes") {
                for record in scope["logRecords"].as_array().expect("records") {
                    let uid = attributes(record)["log.record.uid"].clone();
                    let uid = uid.as_str().expect("a uid").to_owned();
                    seen.insert(uid, (of_resource.clone(), record.clone()));
                }
            }
        }
    }
    assert_eq!(seen.len(), 5);
    for (number, notification) in (1..6).zip(&notifications) {
        let (resource, record) = &seen[&id(number)];
        assert_eq!(resource["k8s.pod.name"], format!("web-{number}"));
        assert_eq!(resource["host.name"], format!("node-{}", number % 3));
        assert_eq!(record["body"]["stringValue"], notification.alert.output);
        assert_eq!(record["severityText"], "Critical");
        assert_eq!(record["eventName"], "saker.alert");
        let time = notification.alert.time_unix_ns.to_string();
        assert_eq!(record["timeUnixNano"], time);
        let rule = &attributes(record)["security_rule.name"];
        assert_eq!(rule.as_str(), Some(notification.alert.rule.as_str()));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an OpenTelemetry collector: `cargo xtask otlp-test`"]
async fn otlp_records_arrive_over_grpc() -> Result<()> {
    records_arrive("grpc").await
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an OpenTelemetry collector: `cargo xtask otlp-test`"]
async fn otlp_records_arrive_over_http() -> Result<()> {
    records_arrive("http/protobuf").await
}

/// Where the next hop is away, the collector says so, and nothing counts as delivered or refused.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an OpenTelemetry collector: `cargo xtask otlp-test`"]
async fn otlp_records_are_kept_while_the_next_hop_is_away() -> Result<()> {
    let (next, _) = next_hop(StatusCode::SERVICE_UNAVAILABLE).await?;
    let collector = OtelCollector::start(&next)?;
    for (protocol, url) in [
        ("grpc", collector.grpc_url()),
        ("http/protobuf", collector.http_url()),
    ] {
        let sink = sink(json!({ "kind": "otlp", "url": url, "protocol": protocol }))?;
        let outcomes = sink.deliver(&[notification(1)]).await;
        assert!(
            matches!(outcomes.as_slice(), [Outcome::Retry { .. }]),
            "{protocol}: {outcomes:?}"
        );
    }
    Ok(())
}
