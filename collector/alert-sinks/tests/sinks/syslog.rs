//! Syslog: a receiver over TCP that takes messages apart as RFC 5424 and RFC 6587 have them.

use crate::fixtures::{id, is_retry, notifications, repeated, sink};
use saker_alert_sinks::Outcome;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::TcpListener;

/// A message, taken apart.
#[derive(Debug, PartialEq)]
struct Message {
    header: Vec<String>,
    data: String,
    text: String,
}

fn parse(message: &str) -> Message {
    // `]` within values is escaped, so that the first one that is not ends the element.
    let (header, rest) = message.split_once('[').unwrap();
    let mut end = 0;
    let mut is_escaped = false;
    for (place, byte) in rest.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b']' => {
                end = place;
                break;
            }
            _ => {}
        }
    }
    Message {
        header: header.split_whitespace().map(str::to_owned).collect(),
        data: rest[..end].to_owned(),
        text: rest[end + 2..].to_owned(),
    }
}

#[tokio::test]
async fn messages_carry_format_severity_and_id() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let receiver = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        let mut messages = Vec::new();
        while messages.len() < 3 {
            let mut length = Vec::new();
            stream.read_until(b' ', &mut length).await.unwrap();
            let length: usize = String::from_utf8(length).unwrap().trim().parse().unwrap();
            let mut message = vec![0; length];
            stream.read_exact(&mut message).await.unwrap();
            messages.push(parse(&String::from_utf8(message).unwrap()));
        }
        messages
    });
    let sink = sink(json!({
        "kind": "syslog",
        "transport": { "tcp": { "address": address } },
        "facility": "local0",
    }));
    let mut all = notifications(1..3);
    all.push(repeated(3));
    assert_eq!(sink.deliver(&all).await, vec![Outcome::Delivered; 3]);
    let messages = receiver.await.unwrap();
    for (message, number) in messages.iter().zip(1..) {
        // local0 is 16, warning is 4.
        assert_eq!(
            message.header,
            [
                "<132>1",
                "2026-11-21T12:00:00.000000Z",
                "node-1",
                "saker",
                "-",
                "syscall"
            ]
        );
        assert!(
            message
                .data
                .contains(&format!("alert_id=\"{}\"", id(number))),
            "{message:?}"
        );
        assert!(message.text.starts_with("CEF:0|"), "{message:?}");
    }
    assert!(messages[2].data.contains("repeats=\"3\""));
}

#[tokio::test]
async fn without_a_receiver_all_are_tried_again() {
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let sink = sink(json!({
        "kind": "syslog",
        "transport": { "tcp": { "address": gone.to_string() } },
        "format": "ocsf",
    }));
    let outcomes = sink.deliver(&notifications(1..4)).await;
    assert_eq!(outcomes.len(), 3);
    assert!(outcomes.iter().all(is_retry));
}
