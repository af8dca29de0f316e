//! What the server gets.

use crate::server::TestServer;
use flate2::read::GzDecoder;
use http::{HeaderName, HeaderValue};
use saker_alert_clients::http::{
    Compression, HttpClient, HttpError, HttpOutcome, HttpRequest, HttpSettings, Method,
};
use saker_tls::development::{Authority, Request};
use saker_tls::{Incoming, IncomingLimits, ServerTls, ServerTlsSettings};
use std::fs;
use std::io::Read;
use tokio_stream::StreamExt;

fn settings(json: serde_json::Value) -> HttpSettings {
    serde_json::from_value(json).expect("settings")
}

#[tokio::test]
async fn method_path_headers_and_body() {
    let server = TestServer::start([]).await;
    let client = HttpClient::new(&settings(serde_json::json!({
        "url": server.url(),
        "headers": {"X-Scope-OrgID": "tenant", "User-Agent": "mine"},
    })))
    .expect("a client");
    let request = HttpRequest::post("application/json", "{\"a\":1}")
        .by(Method::PUT)
        .at("/_bulk?refresh=true")
        .with(
            HeaderName::from_static("x-extra"),
            HeaderValue::from_static("1"),
        );
    assert!(matches!(
        client.send(request).await,
        HttpOutcome::Delivered(_)
    ));
    let received = server.received().remove(0);
    assert!(
        received
            .head
            .starts_with("PUT /alerts/_bulk?refresh=true HTTP/1.1\r\n"),
        "{}",
        received.head
    );
    assert_eq!(received.body, b"{\"a\":1}");
    let header = |name| received.header(name).unwrap_or_default().to_owned();
    assert_eq!(header("host"), server.address.to_string());
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("content-length"), "7");
    assert_eq!(header("x-scope-orgid"), "tenant");
    assert_eq!(header("x-extra"), "1");
    assert_eq!(header("user-agent"), "mine");
}

#[tokio::test]
async fn one_connection_for_many_requests() {
    let server = TestServer::start([]).await;
    let client = HttpClient::new(&HttpSettings::new(server.url())).expect("a client");
    for _ in 0..20 {
        let outcome = client.send(HttpRequest::post("text/plain", "x")).await;
        assert!(matches!(outcome, HttpOutcome::Delivered(_)));
    }
    assert!(
        server
            .received()
            .iter()
            .all(|request| request.connection == 0)
    );
    let agent = server.received()[0].header("user-agent").map(str::to_owned);
    assert!(agent.expect("a header").starts_with("saker/"));
}

#[tokio::test]
async fn compressed_bodies() {
    let server = TestServer::start([]).await;
    let mut settings = HttpSettings::new(server.url());
    settings.compression = Compression::Gzip;
    let client = HttpClient::new(&settings).expect("a client");
    for length in [10, 200_000] {
        let body = "alert ".repeat(length);
        let request = HttpRequest::post("text/plain", body.clone());
        assert!(matches!(
            client.send(request).await,
            HttpOutcome::Delivered(_)
        ));
        let received = server.received().pop().expect("a request");
        assert_eq!(received.header("content-encoding"), Some("gzip"));
        let mut text = String::new();
        GzDecoder::new(&received.body[..])
            .read_to_string(&mut text)
            .expect("gzip");
        assert!(text == body, "{length}");
    }
}

#[tokio::test]
async fn over_tls_with_certificates_of_both_sides() {
    let authority = Authority::new("ca", Authority::days(1)).expect("an authority");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("ca.crt"), authority.certificate_pem()).expect("a file");
    for (name, request) in [
        ("server", Request::server(["localhost"])),
        ("client", Request::client(["worker-1"])),
    ] {
        let issued = authority.issue(&request).expect("a certificate");
        fs::write(path(&format!("{name}.crt")), issued.certificate_pem).expect("a file");
        fs::write(path(&format!("{name}.key")), issued.key_pem).expect("a file");
    }
    let tls = ServerTls::load(&ServerTlsSettings {
        certificate_file: path("server.crt"),
        key_file: path("server.key"),
        client_ca_file: Some(path("ca.crt")),
    })
    .expect("certificates");
    let (server, listener) = TestServer::listen([]).await;
    let mut incoming = Incoming::new(listener, Some(tls), IncomingLimits::default());
    let serving = server.clone();
    tokio::spawn(async move {
        while let Some(Ok(stream)) = incoming.next().await {
            serving.serve(stream, 0).await;
        }
    });

    let url = format!("https://localhost:{}/alerts", server.address.port());
    let client = HttpClient::new(&settings(serde_json::json!({
        "url": url,
        "tls": {
            "ca_file": path("ca.crt"),
            "certificate_file": path("client.crt"),
            "key_file": path("client.key"),
        },
    })))
    .expect("a client");
    let outcome = client.send(HttpRequest::post("text/plain", "x")).await;
    assert!(matches!(outcome, HttpOutcome::Delivered(_)), "{outcome:?}");
    assert!(client.tls().expect("tls").state().not_after.is_some());

    let nobody = HttpClient::new(&settings(serde_json::json!({
        "url": url,
        "tls": {"ca_file": path("ca.crt")},
    })))
    .expect("a client");
    let outcome = nobody.send(HttpRequest::post("text/plain", "x")).await;
    assert!(matches!(outcome, HttpOutcome::Retry { .. }), "{outcome:?}");
    assert_eq!(server.received().len(), 1);
}

#[test]
fn settings_that_are_of_no_use() {
    let error = |json| match HttpClient::new(&settings(json)) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("accepted"),
    };
    let url = "http://localhost/";
    let text =
        error(serde_json::json!({"url": url, "headers": {"Authorization": "Bearer hunter2"}}));
    assert!(
        text.contains("authentication") && !text.contains("hunter2"),
        "{text}"
    );
    let text = error(serde_json::json!({"url": url, "headers": {"Host": "x"}}));
    assert!(text.contains("itself"), "{text}");
    let text = error(serde_json::json!({"url": url, "headers": {"A B": "x"}}));
    assert!(text.contains("`A B`"), "{text}");
    let text = error(serde_json::json!({"url": url, "headers": {"A": "x\r\nB: y"}}));
    assert!(text.contains("characters"), "{text}");
    let text = error(serde_json::json!({"url": url, "timeout_ms": 0}));
    assert!(text.contains("timeout_ms"), "{text}");
    let text = error(serde_json::json!({
        "url": url,
        "authentication": {"basic": {"user": "a:b", "password": {"env": "PATH"}}},
    }));
    assert!(text.contains("a:b"), "{text}");
    let missing = HttpClient::new(&settings(serde_json::json!({
        "url": url,
        "authentication": {"bearer": {"token": {"file": "/nonexistent/token"}}},
    })));
    assert!(matches!(missing, Err(HttpError::Secret(_))), "{missing:?}");
}
