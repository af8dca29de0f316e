//! What happens to containers, told line by line.

use super::*;
use crate::client::Change;
use tokio::sync::mpsc;

fn event(action: &str, id: &str) -> String {
    let event = json!({"Type": "container", "Action": action,
        "Actor": {"ID": id, "Attributes": {"image": "x", "podId": ""}}, "timeNano": 1});
    format!("{event}\n")
}

/// A reply of chunks of so many bytes.
fn chunked(body: &str, chunk_bytes: usize) -> Vec<u8> {
    let mut reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.as_bytes().chunks(chunk_bytes) {
        reply.extend(format!("{:x}\r\n", chunk.len()).bytes());
        reply.extend(chunk);
        reply.extend(b"\r\n");
    }
    reply
}

async fn watched(body: &str, chunk_bytes: usize) -> (Result<(), RuntimeError>, Vec<Change>) {
    let mut reply = chunked(body, chunk_bytes);
    reply.extend(b"0\r\n\r\n");
    let server = Server::start(&[
        sample::docker(),
        ("/v1.41/events?filters=", Reply::Raw(reply)),
    ]);
    let client = client_of(&server).await.unwrap();
    let (changes, mut reported) = mpsc::channel(64);
    let result = client.watch(&changes).await;
    drop(changes);
    let mut all = Vec::new();
    while let Some(change) = reported.recv().await {
        all.push(change);
    }
    (result, all)
}

fn began(id: &str) -> Change {
    Change::Began(ContainerId::new(id))
}

fn ended(id: &str) -> Change {
    Change::Ended(ContainerId::new(id))
}

#[tokio::test]
async fn changes_are_passed_on_in_order_whatever_the_pieces() {
    let body = [
        event("create", "a"),
        event("start", "a"),
        event("exec_start: sh", "a"),
        event("rename", "a"),
        event("die", "a"),
        event("died", "b"),
        event("destroy", "a"),
        event("remove", "b"),
    ]
    .concat();
    let expected = [
        began("a"),
        began("a"),
        began("a"),
        ended("a"),
        ended("b"),
        ended("a"),
        ended("b"),
    ];
    for chunk_bytes in [1, 7, 4_096] {
        let (result, changes) = watched(&body, chunk_bytes).await;
        result.unwrap();
        assert_eq!(changes, expected);
    }
}

#[tokio::test]
async fn lines_that_are_no_events_are_skipped() {
    let body = [
        "\n".to_owned(),
        "null\n{\n\u{0}\n".to_owned(),
        r#"{"Type": 7, "Action": "start", "Actor": {"ID": "a"}}"#.to_owned() + "\n",
        r#"{"Type": "image", "Action": "remove", "Actor": {"ID": "a"}}"#.to_owned() + "\n",
        r#"{"Type": "container", "Action": "start", "Actor": null}"#.to_owned() + "\n",
        event("start", "../a"),
        event("start", ""),
        event("start", &"a".repeat(2 << 20)),
        event("start", "b"),
    ]
    .concat();
    let (result, changes) = watched(&body, 1 << 16).await;
    result.unwrap();
    assert_eq!(changes, [began("b")]);
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_an_error_after_what_it_told() {
    let server = Server::start(&[
        sample::docker(),
        (
            "/v1.41/events",
            Reply::Raw(chunked(&event("start", "a"), 64)),
        ),
    ]);
    let client = client_of(&server).await.unwrap();
    let (changes, mut reported) = mpsc::channel(4);
    let reason = client.watch(&changes).await.unwrap_err().reason();
    assert!(reason.starts_with("events failed: "), "{reason}");
    assert_eq!(reported.recv().await, Some(began("a")));
}

#[tokio::test]
async fn who_stops_watching_closes_the_connection() {
    let server = Server::start(&[
        sample::docker(),
        (
            "/v1.41/events",
            Reply::Open(chunked(&event("start", "a"), 64)),
        ),
    ]);
    let client = client_of(&server).await.unwrap();
    server.left().await;
    let (changes, mut reported) = mpsc::channel(4);
    {
        let watching = client.watch(&changes);
        tokio::pin!(watching);
        tokio::select! {
            result = &mut watching => panic!("the stream ended: {result:?}"),
            change = reported.recv() => assert_eq!(change, Some(began("a"))),
        }
    }
    server.left().await;
}
