//! Clients that should not be let in, or that do not behave: refused or bounded, and the service goes on.

use crate::scene::{Scene, alert, deliver, eventually, id, metrics, plain, request, subscribe};
use crate::serve::Collector;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use saker_proto::v1;
use saker_tls::development::{Authority, Request};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tonic::Code;

/// A scene with the certificate of node-a and a collector that asks for certificates.
async fn guarded(text: &str) -> (Scene, Collector) {
    let scene = Scene::new();
    scene.issue_client("node-a", &Request::client(["spiffe://cluster/node/node-a"]));
    let config = format!("{}{text}", scene.tls());
    let collector = scene.collector(&config).await;
    (scene, collector)
}

/// Shows that a client that may deliver can.
async fn goes_on(scene: &Scene, collector: &Collector, number: u32) {
    let one = alert(number, "node-a");
    let channel = scene.connect(collector, "node-a");
    deliver(channel, vec![request(1, std::slice::from_ref(&one))])
        .await
        .unwrap();
    scene.memory.knows(&[one]).await;
}

/// What the collector says to a client whose certificate it does not accept.
async fn refused(scene: &Scene, collector: &Collector, client: &str) -> String {
    let read = |name: String| CertificateDer::from_pem_file(scene.path(&name)).unwrap();
    let mut authorities = RootCertStore::empty();
    authorities.add(read("ca.pem".to_owned())).unwrap();
    let key = PrivateKeyDer::from_pem_file(scene.path(&format!("{client}.key"))).unwrap();
    let config =
        ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(authorities)
            .with_client_auth_cert(vec![read(format!("{client}.pem"))], key)
            .unwrap();
    let stream = TcpStream::connect(collector.grpc_address.unwrap())
        .await
        .unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let name = "localhost".try_into().unwrap();
    // With TLS 1.3 a client is through before the server has looked at its certificate.
    match connector.connect(name, stream).await {
        Ok(mut stream) => stream.read_u8().await.unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn who_has_no_certificate_of_ours_is_kept_out() {
    let (scene, collector) = guarded("").await;
    // No TLS at all.
    let address = collector.grpc_address.unwrap();
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // An alert of TLS, or nothing: but no HTTP.
    drop(plain.read_to_end(&mut answer).await);
    assert!(answer.len() < 32, "{answer:?}");
    // An authority that nobody knows.
    let stranger = Authority::new("stranger", Authority::days(1)).unwrap();
    scene.issue(
        &stranger,
        "strange",
        &Request::client(["spiffe://cluster/node/node-a"]),
    );
    // An expired certificate.
    let expired = Request {
        validity: Some(
            "2020-01-01T00:00:00Z".parse().unwrap().."2020-02-01T00:00:00Z".parse().unwrap(),
        ),
        ..Request::client(["spiffe://cluster/node/node-a"])
    };
    scene.issue_client("expired", &expired);
    for client in ["strange", "expired"] {
        let error = refused(&scene, &collector, client).await;
        assert!(error.contains("alert"), "{client}: {error}");
    }
    goes_on(&scene, &collector, 2).await;
    let text = metrics(&collector).await;
    assert!(
        text.contains("saker_collector_connections_refused_total{reason=\"handshake_failed\"}"),
        "{text}"
    );
    assert_eq!(scene.memory.told().len(), 1);
    collector.end().await;
}

#[tokio::test]
async fn certificates_say_what_clients_may_do() {
    let (scene, collector) = guarded(
        "clients: {node_name: [spiffe], require_node_match: true}\nfeed: {allowed_identities: [siem.example]}\n",
    )
    .await;
    scene.issue_client("siem", &Request::client(["siem.example"]));
    // A certificate of ours that is of no node.
    let siem = scene.connect(&collector, "siem");
    let refused = deliver(siem.clone(), vec![request(1, &[alert(1, "node-a")])])
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    subscribe(siem, v1::SubscribeRequest::default())
        .await
        .unwrap();
    // An agent may not read, and may tell of its own node only.
    let agent = scene.connect(&collector, "node-a");
    let refused = subscribe(agent.clone(), v1::SubscribeRequest::default())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let (own, foreign) = (alert(2, "NODE-A"), alert(3, "node-b"));
    let answers = deliver(agent, vec![request(1, &[foreign, own.clone()])])
        .await
        .unwrap();
    assert_eq!(answers[0].refused.len(), 1);
    assert_eq!(answers[0].refused[0].index, 0);
    scene.memory.knows(std::slice::from_ref(&own)).await;
    assert_eq!(
        scene.memory.told().into_keys().collect::<Vec<_>>(),
        [id(&own)]
    );
    let text = metrics(&collector).await;
    assert!(
        text.contains("saker_collector_ingest_refused_total{reason=\"foreign_node\"} 1"),
        "{text}"
    );
    assert!(
        text.contains("saker_collector_ingest_clients_refused_total{reason=\"no_node\"} 1"),
        "{text}"
    );
    assert!(
        text.contains("saker_collector_feed_refused_total{reason=\"not_allowed\"} 1"),
        "{text}"
    );
    collector.end().await;
}

#[tokio::test]
async fn a_slow_handshake_is_cut_off() {
    let (scene, collector) = guarded("limits: {handshake_seconds: 1}\n").await;
    let mut silent = TcpStream::connect(collector.grpc_address.unwrap())
        .await
        .unwrap();
    let mut answer = Vec::new();
    let begun = Instant::now();
    timeout(Duration::from_secs(20), silent.read_to_end(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(900));
    goes_on(&scene, &collector, 1).await;
    collector.end().await;
}

#[tokio::test]
async fn who_never_begins_to_speak_is_cut_off() {
    let scene = Scene::new();
    let collector = scene.collector("limits: {handshake_seconds: 1}").await;
    let mut silent = TcpStream::connect(collector.grpc_address.unwrap())
        .await
        .unwrap();
    silent.write_all(b"PRI * ").await.unwrap();
    let mut answer = Vec::new();
    drop(
        timeout(Duration::from_secs(20), silent.read_to_end(&mut answer))
            .await
            .unwrap(),
    );
    deliver(
        plain(&collector).await,
        vec![request(1, &[alert(1, "node-a")])],
    )
    .await
    .unwrap();
    eventually("the alert arrives", || scene.memory.told().len() == 1).await;
    collector.end().await;
}
