//! What becomes of a request.

use crate::server::{Answer, TestServer};
use saker_alert_clients::http::{HttpClient, HttpOutcome, HttpRequest, HttpSettings};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

fn request() -> HttpRequest {
    HttpRequest::post("application/json", "{}")
}

fn client(url: &str) -> HttpClient {
    let mut settings = HttpSettings::new(url);
    settings.timeout_ms = 500;
    settings.response_bytes_max = 100_000;
    HttpClient::new(&settings).expect("a client")
}

async fn outcome_of(answer: Answer) -> HttpOutcome {
    let server = TestServer::start([answer]).await;
    client(&server.url()).send(request()).await
}

fn retry_reason(outcome: HttpOutcome) -> String {
    match outcome {
        HttpOutcome::Retry { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn delivered_with_the_answer() {
    let HttpOutcome::Delivered(reply) = outcome_of(Answer::status(200)).await else {
        panic!("not delivered");
    };
    assert_eq!(
        (reply.status, &reply.body[..], reply.truncated),
        (200, &b"body"[..], false)
    );
}

#[tokio::test]
async fn too_many_requests_come_again_when_the_server_says() {
    let headers = vec![("Retry-After", "3".to_owned())];
    let outcome = outcome_of(Answer::Status(429, headers, b"slow down".to_vec())).await;
    let HttpOutcome::Retry {
        reason,
        after,
        reply,
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!(after, Some(Duration::from_secs(3)));
    assert_eq!(reason, "answered 429 Too Many Requests: slow down");
    assert_eq!(reply.expect("an answer").status, 429);
}

#[tokio::test]
async fn failures_of_the_server_come_again() {
    let reason = retry_reason(outcome_of(Answer::status(500)).await);
    assert_eq!(reason, "answered 500 Internal Server Error: body");
}

#[tokio::test]
async fn what_is_not_wanted_does_not_come_again() {
    let outcome = outcome_of(Answer::Status(400, Vec::new(), b"bad\nfield".to_vec())).await;
    let HttpOutcome::Rejected { reason, reply } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(reason, "answered 400 Bad Request: bad field");
    assert_eq!(&reply.body[..], b"bad\nfield");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = TestServer::start([]).await;
    let headers = vec![("Location", elsewhere.url())];
    let outcome = outcome_of(Answer::Status(307, headers, Vec::new())).await;
    assert!(
        matches!(outcome, HttpOutcome::Rejected { .. }),
        "{outcome:?}"
    );
    assert!(elsewhere.received().is_empty());
}

#[tokio::test]
async fn a_server_that_says_nothing() {
    let started = Instant::now();
    let reason = retry_reason(outcome_of(Answer::Hang).await);
    assert!(reason.starts_with("no answer after 5"), "{reason}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_server_that_closes_early() {
    let reason = retry_reason(outcome_of(Answer::Close).await);
    assert!(reason.contains("connection"), "{reason}");
    let reason = retry_reason(outcome_of(Answer::BreakOff).await);
    assert!(
        reason.starts_with("answered 200 OK and broke off"),
        "{reason}"
    );
}

#[tokio::test]
async fn an_answer_without_end_is_read_up_to_its_bound() {
    let HttpOutcome::Delivered(reply) = outcome_of(Answer::Endless).await else {
        panic!("not delivered");
    };
    assert_eq!(reply.body.len(), 100_000);
    assert!(reply.truncated);
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    drop(listener);
    let reason = retry_reason(client(&format!("http://{address}/")).send(request()).await);
    assert!(reason.contains(&address.to_string()), "{reason}");
    assert!(reason.contains("refused"), "{reason}");
}

#[tokio::test]
async fn a_kept_connection_that_the_server_has_closed() {
    let server = TestServer::start([Answer::status(200), Answer::Close]).await;
    let client = client(&server.url());
    assert!(matches!(
        client.send(request()).await,
        HttpOutcome::Delivered(_)
    ));
    // The server reads this one and closes: it may have been handled, so it is the caller's to repeat.
    retry_reason(client.send(request()).await);
    assert!(matches!(
        client.send(request()).await,
        HttpOutcome::Delivered(_)
    ));
    let connections: Vec<usize> = server.received().iter().map(|r| r.connection).collect();
    assert_eq!(connections, [0, 0, 1]);
}
