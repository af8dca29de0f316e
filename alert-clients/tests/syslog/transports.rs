//! Messages on their way.

use jiff::Timestamp;
use saker_alert_clients::syslog::{
    Facility, Sent, Severity, SyslogClient, SyslogError, SyslogHeader, SyslogMessage,
    SyslogSettings, SyslogTransport,
};
use saker_tls::development::{Authority, Request};
use saker_tls::{ClientTlsSettings, Incoming, IncomingLimits, ServerTls, ServerTlsSettings};
use std::fs;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::net::{TcpListener, UdpSocket, UnixDatagram, UnixListener};
use tokio_stream::StreamExt;

const PATIENCE: Duration = Duration::from_secs(10);

fn message(text: &str) -> SyslogMessage<'_> {
    SyslogMessage {
        facility: Facility::Local0,
        severity: Severity::Critical,
        time: Timestamp::UNIX_EPOCH,
        host: "node",
        app_name: "saker",
        process_id: "1",
        message_id: "alert",
        data: &[],
        text,
    }
}

fn expected(text: &str) -> String {
    format!("<130>1 1970-01-01T00:00:00.000000Z node saker 1 alert - {text}")
}

fn client(transport: SyslogTransport) -> SyslogClient {
    let mut settings = SyslogSettings::new(transport);
    settings.timeout_ms = 1_000;
    settings.header = Some(SyslogHeader::Rfc5424);
    SyslogClient::new(&settings).expect("a client")
}

/// `LENGTH SP MESSAGE`, again and again, until the connection ends.
async fn read_counted(stream: impl AsyncRead + Unpin) -> Vec<String> {
    let mut stream = BufReader::new(stream);
    let mut messages = Vec::new();
    loop {
        let mut length = Vec::new();
        if stream.read_until(b' ', &mut length).await.unwrap_or(0) == 0 {
            return messages;
        }
        let length = String::from_utf8(length).expect("digits");
        let mut bytes = vec![0; length.trim_end().parse().expect("a length")];
        stream
            .read_exact(&mut bytes)
            .await
            .expect("a whole message");
        messages.push(String::from_utf8(bytes).expect("UTF-8"));
    }
}

const TEXTS: [&str; 4] = ["first", "two\nlines 5 5", "\u{e4}\u{1f985}", ""];

fn expected_texts() -> Vec<String> {
    let mut expected: Vec<String> = ["first", "two\\nlines 5 5", "\u{e4}\u{1f985}"]
        .map(expected)
        .to_vec();
    expected.push("<130>1 1970-01-01T00:00:00.000000Z node saker 1 alert -".to_owned());
    expected
}

#[tokio::test]
async fn unix_datagrams() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let mut client = client(SyslogTransport::Unix { path: path.clone() });
    let error = client
        .send(&message("too early"))
        .await
        .expect_err("nobody");
    assert!(matches!(error, SyslogError::Connect { .. }), "{error}");
    assert!(error.to_string().contains("log"), "{error}");

    for _ in 0..2 {
        let receiver = UnixDatagram::bind(&path).expect("a socket");
        let mut received = Vec::new();
        for text in TEXTS {
            assert_eq!(
                client.send(&message(text)).await.expect("sent"),
                Sent::Whole
            );
            let mut bytes = [0; 4096];
            let length = receiver.recv(&mut bytes).await.expect("a datagram");
            received.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
        }
        assert_eq!(received, expected_texts());
        // A receiver that starts anew: the next message goes to the new one.
        drop(receiver);
        fs::remove_file(&path).expect("removed");
    }
    client.send(&message("too late")).await.expect_err("nobody");
}

#[tokio::test]
async fn a_receiver_of_datagrams_that_does_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let _receiver = UnixDatagram::bind(&path).expect("a socket");
    let mut client = client(SyslogTransport::Unix { path });
    let started = Instant::now();
    let error = loop {
        if let Err(error) = client.send(&message("x")).await {
            break error;
        }
    };
    assert!(matches!(error, SyslogError::Stuck { .. }), "{error}");
    assert!(started.elapsed() < PATIENCE);
}

#[tokio::test]
async fn unix_streams() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let listener = UnixListener::bind(&path).expect("a socket");
    let mut client = client(SyslogTransport::Unix { path });
    for text in TEXTS {
        client.send(&message(text)).await.expect("sent");
    }
    drop(client);
    let (stream, _) = listener.accept().await.expect("a connection");
    let mut text = String::new();
    BufReader::new(stream)
        .read_to_string(&mut text)
        .await
        .expect("text");
    assert_eq!(text.lines().collect::<Vec<_>>(), expected_texts());
}

#[tokio::test]
async fn udp() {
    for local in ["127.0.0.1:0", "[::1]:0"] {
        let receiver = UdpSocket::bind(local).await.expect("a port");
        let address = receiver.local_addr().expect("its address").to_string();
        let mut client = client(SyslogTransport::Udp { address });
        let mut received = Vec::new();
        let mut bytes = [0; 4096];
        for text in TEXTS {
            client.send(&message(text)).await.expect("sent");
            let length = receiver.recv(&mut bytes).await.expect("a datagram");
            received.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
        }
        assert_eq!(received, expected_texts());

        let long = "\u{e4}".repeat(2_000);
        let sent = client.send(&message(&long)).await.expect("sent");
        assert_eq!(sent, Sent::Truncated);
        let length = receiver.recv(&mut bytes).await.expect("a datagram");
        assert!((2_046..=2_048).contains(&length), "{length}");
        assert!(bytes[..length].ends_with(" [\u{2026}truncated]".as_bytes()));
    }
}

#[tokio::test]
async fn tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    let mut client = client(SyslogTransport::Tcp { address });
    for text in TEXTS {
        client.send(&message(text)).await.expect("sent");
    }
    drop(client);
    let (stream, _) = listener.accept().await.expect("a connection");
    assert_eq!(read_counted(stream).await, expected_texts());
}

#[tokio::test]
async fn a_receiver_that_closes_gets_the_next_message_on_a_new_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    let mut client = client(SyslogTransport::Tcp { address });
    for round in 0..5 {
        let text = format!("round {round}");
        let message = message(&text);
        let (sent, accepted) = tokio::join!(client.send(&message), listener.accept());
        sent.expect("sent");
        let (mut stream, _) = accepted.expect("a connection");
        let mut frame = vec![0; expected(&text).len() + 3];
        stream.read_exact(&mut frame).await.expect("a message");
        assert!(String::from_utf8_lossy(&frame).ends_with(&expected(&text)));
        drop(stream);
        // The end has to arrive; what is written before that is lost, as the documentation says.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_receiver_that_does_not_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    let mut client = client(SyslogTransport::Tcp { address });
    let text = "x".repeat(60_000);
    let mut sent = 0;
    let error = loop {
        match client.send(&message(&text)).await {
            Ok(_) => sent += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, SyslogError::Stuck { .. }), "{error}");
    // The part of a message that got through is followed by the end, not by another message.
    let (stream, _) = listener.accept().await.expect("a connection");
    let mut bytes = Vec::new();
    let mut stream = stream;
    stream.read_to_end(&mut bytes).await.expect("all there is");
    let frame = expected(&text).len() + 6;
    assert!(bytes.len() >= sent * frame && bytes.len() < (sent + 1) * frame);
    drop(listener);
    let error = client
        .send(&message("x"))
        .await
        .expect_err("nobody listens");
    assert!(matches!(error, SyslogError::Stream(_)), "{error}");
}

#[tokio::test]
async fn tls() {
    let authority = Authority::new("ca", Authority::days(1)).expect("an authority");
    let issued = authority
        .issue(&Request::server(["localhost"]))
        .expect("a certificate");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    fs::write(path("ca.crt"), authority.certificate_pem()).expect("a file");
    fs::write(path("tls.crt"), issued.certificate_pem).expect("a file");
    fs::write(path("tls.key"), issued.key_pem).expect("a file");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let server = ServerTls::load(&ServerTlsSettings {
        certificate_file: path("tls.crt"),
        key_file: path("tls.key"),
        client_ca_file: None,
    })
    .expect("certificates");
    let mut incoming = Incoming::new(listener, Some(server), IncomingLimits::default());
    let transport = |address: String| SyslogTransport::Tls {
        address,
        tls: ClientTlsSettings {
            ca_file: Some(path("ca.crt")),
            ..ClientTlsSettings::default()
        },
    };

    let mut secure = client(transport(format!("localhost:{}", address.port())));
    for round in 0..2 {
        let sending = async {
            for text in TEXTS {
                secure.send(&message(text)).await.expect("sent");
            }
        };
        let ((), stream) = tokio::join!(sending, incoming.next());
        let mut stream = stream.expect("a connection").expect("a connection");
        let wanted = expected_texts().concat().len();
        if round == 0 {
            // The receiver ends it: by `close_notify`, then FIN.
            let mut bytes = vec![0; wanted + 4 * 3];
            stream.read_exact(&mut bytes).await.expect("messages");
            tokio::io::AsyncWriteExt::shutdown(&mut stream)
                .await
                .expect("closed");
            drop(stream);
            tokio::time::sleep(Duration::from_millis(50)).await;
        } else {
            drop(secure);
            assert_eq!(read_counted(stream).await, expected_texts());
            break;
        }
    }

    let mut wrong_name = client(transport(address.to_string()));
    let error = wrong_name.send(&message("x")).await.expect_err("refused");
    assert!(error.to_string().contains("127.0.0.1"), "{error}");
}

#[test]
fn settings_of_every_transport() {
    let parsed =
        |json: &str| serde_json::from_str::<SyslogSettings>(json).map_err(|e| e.to_string());
    assert_eq!(parsed("{}"), Ok(SyslogSettings::default()));
    for good in [
        r#"{"transport": {"unix": {}}}"#,
        r#"{"transport": {"udp": {"address": "host"}}, "message_bytes_max": 1024}"#,
        r#"{"transport": {"tcp": {"address": "host:601"}}, "timeout_ms": 100}"#,
        r#"{"transport": {"tls": {"address": "host", "tls": {"ca_file": "ca.crt"}}}}"#,
    ] {
        parsed(good).expect(good);
    }
    parsed(r#"{"transport": {"tcp": {"address": "host", "tls": {}}}}"#).expect_err("tls over tcp");
    for wrong in [
        r#"{"transport": {"udp": {"address": "host:port"}}}"#,
        r#"{"transport": {"tcp": {"address": "tcp://host:1"}}}"#,
        r#"{"message_bytes_max": 100}"#,
        r#"{"timeout_ms": 0}"#,
    ] {
        SyslogClient::new(&parsed(wrong).expect("it parses")).expect_err(wrong);
    }
}
