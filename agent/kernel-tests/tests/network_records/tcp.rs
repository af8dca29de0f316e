//! Connections of TCP.

use crate::scene::{Scene, TcpSocket, cookie, pair, rows, set_option, some, stream};
use saker_event_schema::{event, record_flag, socket_role};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};

#[test]
fn both_ends_of_a_connection_are_told() {
    let mut scene = Scene::new();
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let (mut client, mut server) = pair(address);
        let (client_cookie, server_cookie) = (cookie(&client), cookie(&server));
        let ends = (
            client.local_addr().expect("local"),
            client.peer_addr().expect("peer"),
        );
        client.write_all(b"hello there").expect("sent");
        let mut buffer = [0; 64];
        assert_eq!(server.read(&mut buffer).expect("read"), 11);
        server.write_all(b"and hello to you").expect("sent");
        assert_eq!(client.read(&mut buffer).expect("read"), 16);
        drop(client);
        assert_eq!(server.read(&mut buffer).expect("read"), 0);
        drop(server);

        let seen = scene.until_closed(client_cookie);
        let opened = rows(&seen, event::FLOW_OPENED);
        assert_eq!(opened.len(), 1, "{seen:#?}");
        assert_eq!(opened[0].ends(), ends);
        let socket = opened[0].socket("socket");
        assert_eq!(socket.tuple.role, socket_role::CLIENT);
        assert_eq!(socket.tuple.protocol, 6);
        assert_ne!(socket.tuple.network_namespace, 0);
        for row in &seen {
            assert_eq!(row.pid(), std::process::id(), "{row:?}");
            assert_eq!(row.flags(), 0, "{row:?}");
        }
        assert_eq!(stream(&seen, false), some(b"hello there"));
        assert_eq!(stream(&seen, true), some(b"and hello to you"));
        let payload = rows(&seen, event::FLOW_PAYLOAD);
        assert!(payload.iter().all(|row| row.number("interface") == 1));
        assert_eq!(payload[0].socket("packet").local(), Some(ends.0));
        assert_eq!(payload[0].socket("packet").remote(), Some(ends.1));
        let closed = rows(&seen, event::FLOW_CLOSED);
        assert_eq!(closed.len(), 1, "{seen:#?}");
        assert_eq!(closed[0].number("sent_bytes"), 11);
        assert_eq!(closed[0].number("received_bytes"), 16);
        assert_eq!(closed[0].number("was_established"), 1);
        let opened_at = opened[0].0.header().time_boot_ns;
        assert!(closed[0].number("opened").abs_diff(opened_at) < 1_000_000_000);

        let seen = scene.until_closed(server_cookie);
        let opened = rows(&seen, event::FLOW_OPENED);
        assert_eq!(opened[0].ends(), (ends.1, ends.0));
        assert_eq!(opened[0].socket("socket").tuple.role, socket_role::ACCEPTED);
        for row in &seen {
            assert_eq!(row.pid(), std::process::id(), "{row:?}");
            assert_eq!(row.flags(), record_flag::INHERITED, "{row:?}");
        }
        assert_eq!(stream(&seen, true), some(b"hello there"));
        assert_eq!(stream(&seen, false), some(b"and hello to you"));
        let closed = rows(&seen, event::FLOW_CLOSED);
        assert_eq!(closed[0].number("sent_bytes"), 16);
        assert_eq!(closed[0].number("received_bytes"), 11);
    }
}

#[test]
fn an_ipv4_peer_of_an_ipv6_socket_has_its_ipv4_address() {
    let mut scene = Scene::new();
    // Dual-stack, as most servers listen.
    let listener = TcpListener::bind("[::]:0").expect("bound");
    let port = listener.local_addr().expect("address").port();
    let mut client = TcpStream::connect(("127.0.0.1", port)).expect("connected");
    let (server, _) = listener.accept().expect("accepted");
    client.write_all(b"over IPv4").expect("sent");
    let (client_cookie, server_cookie) = (cookie(&client), cookie(&server));
    let ends = (
        client.peer_addr().expect("peer"),
        client.local_addr().expect("local"),
    );
    drop(client);
    drop(server);
    let seen = scene.until_closed(server_cookie);
    for row in &seen {
        assert_eq!(row.ends(), ends, "{row:?}");
    }
    let payload = rows(&seen, event::FLOW_PAYLOAD);
    assert_eq!(payload[0].payload(), b"over IPv4");
    assert_eq!(payload[0].socket("packet").local(), Some(ends.0));
    assert_eq!(
        scene.until_closed(client_cookie)[0].ends(),
        (ends.1, ends.0)
    );
}

#[test]
fn a_listener_is_told_with_its_process() {
    let mut scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let seen = scene.wait(cookie(&listener), |seen| !seen.is_empty());
    assert_eq!(seen[0].id(), event::FLOW_LISTENING);
    assert_eq!(seen[0].pid(), std::process::id());
    let address = listener.local_addr().expect("address");
    assert_eq!(seen[0].socket("socket").local(), Some(address));
}

#[test]
fn an_attempt_that_fails_ends_without_having_begun() {
    let mut scene = Scene::new();
    // Bound and not listening: nobody else gets the port, and connections to it are refused.
    let taken = TcpSocket::new();
    let port = taken.bind();
    let socket = TcpSocket::new();
    assert_eq!(socket.connect(port), Err(libc::ECONNREFUSED));
    let seen = scene.until_closed(cookie(&socket));
    assert_eq!(seen.len(), 1, "{seen:#?}");
    assert_eq!(seen[0].number("was_established"), 0);
    assert_eq!(seen[0].ends().1.port(), port);
    assert_eq!(seen[0].pid(), std::process::id());
}

#[test]
fn bytes_are_counted_whoever_closes_first() {
    let mut scene = Scene::new();
    const SENT: usize = 3_000_000;
    for client_first in [true, false] {
        let (mut client, mut server) = pair("127.0.0.1:0");
        let cookies = (cookie(&client), cookie(&server));
        let sender = std::thread::spawn(move || {
            client.write_all(&vec![7; SENT]).expect("sent");
            client
        });
        let mut received = vec![0; SENT];
        server.read_exact(&mut received).expect("received");
        server.write_all(b"thanks").expect("sent");
        let mut client = sender.join().expect("the sender");
        client.read_exact(&mut [0; 6]).expect("received");
        if client_first {
            client.shutdown(Shutdown::Write).expect("shut");
            assert_eq!(server.read(&mut [0; 1]).expect("read"), 0);
            drop(server);
            drop(client);
        } else {
            drop(server);
            assert_eq!(client.read(&mut [0; 1]).expect("read"), 0);
            drop(client);
        }
        for (socket, sent, received) in [(cookies.0, SENT, 6), (cookies.1, 6, SENT)] {
            let seen = scene.until_closed(socket);
            let closed = rows(&seen, event::FLOW_CLOSED);
            let counted = (
                closed[0].number("sent_bytes"),
                closed[0].number("received_bytes"),
            );
            let expected = (sent as u64, received as u64);
            assert_eq!(counted, expected, "client first: {client_first} {seen:#?}");
        }
    }
}

#[test]
fn payload_that_completes_the_handshake_is_not_missed() {
    let mut scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    // The connection is only made when the first payload comes.
    set_option(&listener, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, 5);
    let mut client =
        TcpStream::connect(listener.local_addr().expect("address")).expect("connected");
    client.write_all(b"at once").expect("sent");
    let (mut server, _) = listener.accept().expect("accepted");
    server.read_exact(&mut [0; 7]).expect("read");
    client.write_all(b", and later").expect("sent");
    server.read_exact(&mut [0; 11]).expect("read");
    let server_cookie = cookie(&server);
    drop(client);
    drop(server);
    let seen = scene.until_closed(server_cookie);
    assert_eq!(stream(&seen, true), some(b"at once, and later"));
    let closed = rows(&seen, event::FLOW_CLOSED);
    assert_eq!(closed[0].number("received_bytes"), 18);
}
