//! Datagrams.

use crate::scene::{Scene, cookie, rows};
use saker_event_schema::{event, socket_role};
use std::net::UdpSocket;
use std::os::fd::{FromRawFd, OwnedFd};
use std::time::Duration;

fn bound(address: &str) -> UdpSocket {
    let socket = UdpSocket::bind(address).expect("bound");
    socket
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("set");
    socket
}

/// Sends a datagram and waits until it is there.
fn send(from: &UdpSocket, to: &UdpSocket, bytes: &[u8]) {
    from.send_to(bytes, to.local_addr().expect("address"))
        .expect("sent");
    let mut buffer = vec![0; 65536];
    let (length, _) = to.recv_from(&mut buffer).expect("received");
    assert_eq!(&buffer[..length], bytes);
}

#[test]
fn the_first_datagrams_of_a_peer_are_told_at_both_ends() {
    let mut scene = Scene::new();
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let (client, server) = (bound(address), bound(address));
        let ends = (
            client.local_addr().expect("address"),
            server.local_addr().expect("address"),
        );
        for number in 0..10u8 {
            send(&client, &server, &[b'q', number]);
            send(&server, &client, &[b'a', number, number]);
        }
        let cookies = (cookie(&client), cookie(&server));
        drop((client, server));
        let told = [
            (cookies.0, ends, socket_role::CLIENT, 20, 30),
            (cookies.1, (ends.1, ends.0), socket_role::ACCEPTED, 30, 20),
        ];
        for (cookie, ends, role, sent, received) in told {
            let seen = scene.until_closed(cookie);
            let listening = rows(&seen, event::FLOW_LISTENING);
            assert_eq!(listening.len(), 1, "{seen:#?}");
            assert_eq!(listening[0].ends().0, ends.0);
            let opened = rows(&seen, event::FLOW_OPENED);
            assert_eq!(opened.len(), 1, "{seen:#?}");
            assert_eq!(opened[0].ends(), ends);
            assert_eq!(opened[0].socket("socket").tuple.role, role);
            assert_eq!(opened[0].socket("socket").tuple.protocol, 17);
            assert!(seen.iter().all(|row| row.pid() == std::process::id()));
            for way in [false, true] {
                let payload: Vec<_> = rows(&seen, event::FLOW_PAYLOAD)
                    .into_iter()
                    .filter(|row| row.is_ingress() == way)
                    .collect();
                assert_eq!(payload.len(), 6, "{seen:#?}");
                for (number, row) in payload.iter().enumerate() {
                    assert_eq!(usize::from(row.payload()[1]), number);
                    assert_eq!(row.ends(), ends);
                    let length = row.payload().len();
                    assert_eq!(row.number("offset"), (number * length) as u64);
                }
            }
            let closed = rows(&seen, event::FLOW_CLOSED);
            assert_eq!(closed[0].number("sent_bytes"), sent);
            assert_eq!(closed[0].number("received_bytes"), received);
        }
    }
}

#[test]
fn a_connected_socket_is_let_go_and_still_counted() {
    let mut scene = Scene::new();
    let (client, server) = (bound("127.0.0.1:0"), bound("127.0.0.1:0"));
    client
        .connect(server.local_addr().expect("address"))
        .expect("connected");
    for _ in 0..100 {
        client.send(b"twelve bytes").expect("sent");
        server.recv_from(&mut [0; 64]).expect("received");
        send(&server, &client, b"four");
    }
    let client_cookie = cookie(&client);
    drop((client, server));
    let seen = scene.until_closed(client_cookie);
    assert_eq!(rows(&seen, event::FLOW_PAYLOAD).len(), 12, "{seen:#?}");
    let closed = rows(&seen, event::FLOW_CLOSED);
    assert_eq!(closed[0].number("sent_bytes"), 1200);
    assert_eq!(closed[0].number("received_bytes"), 400);
}

#[test]
fn a_socket_that_was_never_bound_has_an_owner_and_its_peers() {
    let mut scene = Scene::new();
    let servers = [bound("127.0.0.1:0"), bound("127.0.0.1:0")];
    // SAFETY: a new descriptor belongs to nobody else.
    let client = unsafe {
        let descriptor = libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0);
        UdpSocket::from(OwnedFd::from_raw_fd(descriptor))
    };
    for server in &servers {
        send(&client, server, b"to each");
    }
    let seen = scene.wait(cookie(&client), |seen| {
        rows(seen, event::FLOW_PAYLOAD).len() == 2
    });
    let peers: Vec<_> = rows(&seen, event::FLOW_OPENED)
        .iter()
        .map(|row| row.ends().1)
        .collect();
    assert!(seen.iter().all(|row| row.pid() == std::process::id()));
    let expected = servers.map(|server| server.local_addr().expect("address"));
    assert_eq!(peers, expected);
}

#[test]
fn each_message_of_dns_is_told() {
    let mut scene = Scene::new();
    // An address that nobody else uses.
    let server = bound("127.83.75.53:53");
    let client = bound("127.0.0.1:0");
    let long = vec![3; 3000];
    for _ in 0..20 {
        send(&client, &server, b"query");
        send(&server, &client, &long);
    }
    let cookies = (cookie(&client), cookie(&server));
    drop((client, server));
    for cookie in [cookies.0, cookies.1] {
        let seen = scene.until_closed(cookie);
        let payload = rows(&seen, event::FLOW_PAYLOAD);
        assert_eq!(payload.len(), 40, "{seen:#?}");
        assert!(payload.iter().any(|row| row.payload() == long));
    }
    // Other datagrams are cut earlier.
    let (client, server) = (bound("127.0.0.1:0"), bound("127.0.0.1:0"));
    send(&client, &server, &long);
    let seen = scene.wait(cookie(&client), |seen| {
        !rows(seen, event::FLOW_PAYLOAD).is_empty()
    });
    let payload = rows(&seen, event::FLOW_PAYLOAD);
    assert_eq!(payload[0].payload(), &long[..2048]);
    assert_eq!(payload[0].number("sent"), 3000);
}
