//! Which payload of a connection is reported.

use crate::scene::{Scene, TcpSocket, cookie, disconnect, now_boot_ns, pair, rows, some, stream};
use saker_event_schema::event;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

fn speak(from: &mut TcpStream, to: &mut TcpStream, bytes: &[u8]) {
    from.write_all(bytes).expect("sent");
    let mut received = vec![0; bytes.len()];
    to.read_exact(&mut received).expect("received");
    assert_eq!(received, bytes);
}

/// Bytes that are no text and no handshake.
fn binary(length: usize) -> Vec<u8> {
    (0..length).map(|place| (place % 7) as u8).collect()
}

/// The beginning of a handshake of TLS, and then some.
fn handshake(length: usize) -> Vec<u8> {
    let mut bytes = vec![0x16, 0x03, 0x01, 0x10, 0x00, 0x01];
    bytes.extend((bytes.len()..length).map(|place| (place % 251) as u8));
    bytes
}

#[test]
fn single_bytes_are_put_where_they_belong() {
    let mut scene = Scene::new();
    let (mut client, mut server) = pair("127.0.0.1:0");
    let hello = handshake(600);
    for byte in &hello {
        speak(&mut client, &mut server, &[*byte]);
    }
    let cookies = (cookie(&client), cookie(&server));
    drop((client, server));
    for (cookie, is_ingress) in [(cookies.0, false), (cookies.1, true)] {
        let seen = scene.until_closed(cookie);
        assert_eq!(stream(&seen, is_ingress), some(&hello));
        for row in rows(&seen, event::FLOW_PAYLOAD) {
            assert_eq!(row.number("sent"), 1);
            assert_eq!(row.payload().len(), 1);
        }
    }
}

#[test]
fn a_handshake_is_reported_to_four_thousand_bytes() {
    let mut scene = Scene::new();
    for (bytes, reported) in [
        (handshake(9000), 4096),
        (binary(9000), 256),
        (vec![b'G'; 9000], 2048),
        (handshake(2500), 2500),
    ] {
        let (mut client, mut server) = pair("127.0.0.1:0");
        speak(&mut client, &mut server, &bytes);
        let cookies = (cookie(&client), cookie(&server));
        drop((client, server));
        for (cookie, is_ingress) in [(cookies.0, false), (cookies.1, true)] {
            let seen = scene.until_closed(cookie);
            assert_eq!(stream(&seen, is_ingress), some(&bytes[..reported]));
        }
    }
}

#[test]
fn pieces_of_a_handshake_are_reported_whole() {
    let mut scene = Scene::new();
    let (mut client, mut server) = pair("127.0.0.1:0");
    let hello = handshake(1800);
    for piece in hello.chunks(500) {
        speak(&mut client, &mut server, piece);
    }
    let server_cookie = cookie(&server);
    drop((client, server));
    let seen = scene.until_closed(server_cookie);
    assert_eq!(stream(&seen, true), some(&hello));
}

#[test]
fn who_speaks_anew_is_reported_anew() {
    let mut scene = Scene::new();
    let (mut client, mut server) = pair("127.0.0.1:0");
    let hello = handshake(700);
    speak(&mut server, &mut client, b"220 ready\r\n");
    speak(&mut client, &mut server, b"EHLO me\r\n");
    speak(&mut server, &mut client, b"250 STARTTLS\r\n");
    speak(&mut client, &mut server, b"STARTTLS\r\n");
    speak(&mut server, &mut client, b"220 go on\r\n");
    speak(&mut client, &mut server, &hello);
    let cookies = (cookie(&client), cookie(&server));
    drop((client, server));
    let said = [b"EHLO me\r\nSTARTTLS\r\n", hello.as_slice()].concat();
    let seen = scene.until_closed(cookies.0);
    assert_eq!(stream(&seen, false), some(&said));
    let heard = b"220 ready\r\n250 STARTTLS\r\n220 go on\r\n";
    assert_eq!(stream(&seen, true), some(heard));
    let seen = scene.until_closed(cookies.1);
    assert_eq!(stream(&seen, true), some(&said));
}

#[test]
fn a_long_answer_is_not_followed() {
    let mut scene = Scene::new();
    let (mut client, mut server) = pair("127.0.0.1:0");
    let client_cookie = cookie(&client);
    speak(&mut client, &mut server, b"\x01\x02");
    for _ in 0..200 {
        speak(&mut server, &mut client, &binary(1000));
    }
    drop((client, server));
    let seen = scene.until_closed(client_cookie);
    assert_eq!(stream(&seen, true), some(&binary(1000)[..256]));
    let closed = rows(&seen, event::FLOW_CLOSED);
    assert_eq!(closed[0].number("received_bytes"), 200_000);
}

#[test]
fn a_conversation_without_end_is_let_go() {
    let mut scene = Scene::new();
    let (mut client, mut server) = pair("127.0.0.1:0");
    let client_cookie = cookie(&client);
    for _ in 0..500 {
        speak(&mut client, &mut server, b"ping");
        speak(&mut server, &mut client, b"pong");
    }
    drop((client, server));
    let seen = scene.until_closed(client_cookie);
    let reported = rows(&seen, event::FLOW_PAYLOAD).len();
    assert_eq!(reported, 24, "{seen:#?}");
    let closed = rows(&seen, event::FLOW_CLOSED);
    assert_eq!(closed[0].number("sent_bytes"), 2000);
}

#[test]
fn who_is_satisfied_gets_no_more() {
    let mut scene = Scene::new();
    let (mut client, mut server) = pair("127.0.0.1:0");
    let client_cookie = cookie(&client);
    speak(&mut client, &mut server, b"first");
    scene
        .satisfaction
        .satisfied(client_cookie, now_boot_ns())
        .expect("the map takes it");
    speak(&mut server, &mut client, b"second");
    speak(&mut client, &mut server, b"third");
    let server_cookie = cookie(&server);
    drop((client, server));
    let seen = scene.until_closed(client_cookie);
    assert_eq!(rows(&seen, event::FLOW_PAYLOAD).len(), 1, "{seen:#?}");
    assert_eq!(rows(&seen, event::FLOW_CLOSED).len(), 1);
    // The other end is another matter.
    let seen = scene.until_closed(server_cookie);
    assert_eq!(rows(&seen, event::FLOW_PAYLOAD).len(), 3, "{seen:#?}");
}

#[test]
fn the_next_connection_of_a_socket_is_looked_at_anew() {
    let mut scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = listener.local_addr().expect("address").port();
    let socket = TcpSocket::new();
    socket.connect(port).expect("connected");
    let first = listener.accept().expect("accepted");
    let of_the_first = now_boot_ns();
    disconnect(&socket);
    drop(first);
    socket.connect(port).expect("connected again");
    let (mut server, _) = listener.accept().expect("accepted");
    // User space lags behind.
    scene
        .satisfaction
        .satisfied(cookie(&socket), of_the_first)
        .expect("the map takes it");
    let descriptor = socket.as_fd().try_clone_to_owned().expect("a descriptor");
    let mut client = TcpStream::from(descriptor);
    speak(&mut client, &mut server, b"USER root\r\n");
    let seen = scene.wait(cookie(&socket), |seen| {
        !rows(seen, event::FLOW_PAYLOAD).is_empty()
    });
    assert_eq!(stream(&seen, false), some(b"USER root\r\n"));
    assert_eq!(rows(&seen, event::FLOW_OPENED).len(), 2, "{seen:#?}");
}

#[test]
fn what_is_sent_again_is_not_reported_again() {
    let mut scene = Scene::new();
    let (mut client, mut server) = pair("127.0.0.1:0");
    let client_cookie = cookie(&client);
    // A window of nothing makes the kernel probe and send again.
    let filled = Instant::now() + Duration::from_millis(700);
    client.set_nonblocking(true).expect("set");
    let block = binary(65536);
    while Instant::now() < filled {
        if client.write(&block).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let mut sink = vec![0; 1 << 20];
    server
        .set_read_timeout(Some(Duration::from_millis(300)))
        .expect("set");
    while server.read(&mut sink).is_ok_and(|read| read != 0) {}
    drop((client, server));
    let seen = scene.until_closed(client_cookie);
    assert_eq!(stream(&seen, false), some(&block[..256]));
    assert_eq!(rows(&seen, event::FLOW_PAYLOAD).len(), 1, "{seen:#?}");
}
