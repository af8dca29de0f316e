//! Clients that keep a server busy.

use crate::support::{authority, client, greet, server, volume};
use saker_tls::{ClientTls, IncomingLimits, ServerTls};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn silent_clients_do_not_keep_others_out() {
    let ca = authority("ca");
    let server_files = volume(&server(&ca), &ca.certificate_pem());
    let client_files = volume(&client(&ca, "worker-1"), &ca.certificate_pem());
    let tls = ServerTls::load(&server_files.server_settings()).expect("certificates");
    let limits = IncomingLimits {
        handshake_timeout: Duration::from_millis(500),
        handshakes_max: 4,
        ..IncomingLimits::default()
    };
    let greeter = greet(Some(tls), limits).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(
            TcpStream::connect(greeter.address)
                .await
                .expect("connected"),
        );
    }
    let mut slow = TcpStream::connect(greeter.address)
        .await
        .expect("connected");
    // The beginning of a ClientHello.
    slow.write_all(&[0x16, 3, 1, 2]).await.expect("written");

    let started = Instant::now();
    let tls = ClientTls::load(&client_files.client_settings()).expect("certificates");
    greeter.visit(&tls).await.expect("a greeting");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "eight silent ones, four at a time, half a second each"
    );
    let mut bytes = Vec::new();
    slow.read_to_end(&mut bytes).await.unwrap_or_default();
    assert!(greeter.counts.handshakes_timed_out() >= 8);
    assert_eq!(greeter.counts.accepted(), 1);
}

#[tokio::test]
async fn plain_text_on_a_port_for_tls() {
    let ca = authority("ca");
    let files = volume(&server(&ca), &ca.certificate_pem());
    let tls = ServerTls::load(&files.server_settings()).expect("certificates");
    let greeter = greet(Some(tls), IncomingLimits::default()).await;
    let mut plain = TcpStream::connect(greeter.address)
        .await
        .expect("connected");
    plain
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .expect("written");
    let mut answer = Vec::new();
    // A reset is as good an answer as an end.
    plain.read_to_end(&mut answer).await.unwrap_or_default();
    assert!(!answer.starts_with(b"hello"));
    assert_eq!(greeter.counts.handshakes_failed(), 1);
}

#[tokio::test]
async fn one_address_has_so_many_connections() {
    let limits = IncomingLimits {
        connections_per_address_max: 2,
        ..IncomingLimits::default()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("its address");
    let mut incoming = saker_tls::Incoming::new(listener, None, limits);
    let counts = incoming.counts();
    let mut accepted = Vec::new();
    let mut clients = Vec::new();
    for _ in 0..2 {
        use tokio_stream::StreamExt;
        clients.push(TcpStream::connect(address).await.expect("connected"));
        accepted.push(incoming.next().await.expect("a stream"));
    }
    let mut third = TcpStream::connect(address).await.expect("connected");
    let mut byte = [0];
    assert_eq!(
        third.read(&mut byte).await.unwrap_or(0),
        0,
        "closed at once"
    );
    assert_eq!(counts.refused(), 1);

    accepted.pop();
    use tokio_stream::StreamExt;
    let _fourth = TcpStream::connect(address).await.expect("connected");
    incoming
        .next()
        .await
        .expect("a stream")
        .expect("a place was free again");
}

#[tokio::test]
async fn connections_have_a_bound() {
    use tokio_stream::StreamExt;
    let limits = IncomingLimits {
        connections_max: 1,
        ..IncomingLimits::default()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("its address");
    let mut incoming = saker_tls::Incoming::new(listener, None, limits);
    let _first = TcpStream::connect(address).await.expect("connected");
    let place = incoming.next().await.expect("a stream");
    let _second = TcpStream::connect(address).await.expect("connected");
    let wait = Duration::from_millis(200);
    tokio::time::timeout(wait, incoming.next())
        .await
        .expect_err("the second waits");
    drop(place);
    tokio::time::timeout(crate::support::PATIENCE, incoming.next())
        .await
        .expect("its turn")
        .expect("a stream")
        .expect("a stream");
}

#[tokio::test]
async fn dropped_it_listens_no_more() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let address = listener.local_addr().expect("its address");
    drop(saker_tls::Incoming::new(
        listener,
        None,
        IncomingLimits::default(),
    ));
    for _ in 0..100 {
        if TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it still listens");
}
