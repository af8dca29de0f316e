//! Datagrams.

use crate::scene::{Scene, cookie, disconnect, rows};
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
            assert_eq!(listening.len(), 0, "{seen:#?}");
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

#[test]
fn a_datagram_to_another_peer_than_the_connected_one_is_told() {
    let mut scene = Scene::new();
    let (client, server, other) = (
        bound("127.0.0.1:0"),
        bound("127.0.0.1:0"),
        bound("127.0.0.1:0"),
    );
    client
        .connect(server.local_addr().expect("address"))
        .expect("connected");
    for _ in 0..10 {
        client.send(b"to the one").expect("sent");
        server.recv_from(&mut [0; 64]).expect("received");
        send(&server, &client, b"answer");
    }
    send(&client, &other, b"to the other");
    let peer = other.local_addr().expect("address");
    let seen = scene.wait(cookie(&client), |seen| {
        rows(seen, event::FLOW_PAYLOAD)
            .iter()
            .any(|row| row.payload() == b"to the other")
    });
    let opened = rows(&seen, event::FLOW_OPENED);
    assert_eq!(opened.len(), 2, "{seen:#?}");
    assert_eq!(opened[1].ends().1, peer);
    // The sum of both is neither's.
    let client_cookie = cookie(&client);
    drop(client);
    let seen = scene.until_closed(client_cookie);
    let closed = rows(&seen, event::FLOW_CLOSED);
    assert_eq!(closed[0].number("sent_bytes"), 0);
}

#[test]
fn a_socket_that_is_no_longer_connected_has_other_peers() {
    let mut scene = Scene::new();
    // A port that was asked for stays with the socket. Nobody else uses this address.
    let client = bound("127.83.75.54:4054");
    let (server, other) = (bound("127.0.0.1:0"), bound("127.0.0.1:0"));
    client
        .connect(server.local_addr().expect("address"))
        .expect("connected");
    let place = client.local_addr().expect("address");
    client.send(b"to the one").expect("sent");
    disconnect(&client);
    other.send_to(b"from the other", place).expect("sent");
    client.recv_from(&mut [0; 64]).expect("received");
    let seen = scene.wait(cookie(&client), |seen| {
        rows(seen, event::FLOW_PAYLOAD).len() == 2
    });
    let payload = rows(&seen, event::FLOW_PAYLOAD);
    let from = payload[1].socket("packet").remote();
    assert_eq!(from, other.local_addr().ok());
    assert_eq!(payload[1].ends().1, other.local_addr().expect("address"));
}

#[test]
fn a_raw_socket_that_is_shown_datagrams_is_no_end_of_theirs() {
    let mut scene = Scene::new();
    // SAFETY: a new descriptor belongs to nobody else.
    let raw = unsafe {
        let descriptor = libc::socket(libc::AF_INET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 17);
        assert!(descriptor >= 0, "a raw socket");
        OwnedFd::from_raw_fd(descriptor)
    };
    let (client, server) = (bound("127.0.0.1:0"), bound("127.0.0.1:0"));
    send(&client, &server, b"between two");
    scene.wait(cookie(&server), |seen| {
        !rows(seen, event::FLOW_PAYLOAD).is_empty()
    });
    scene.stop();
    assert!(scene.of(cookie(&raw)).is_empty());
    let ends = client.local_addr().expect("address");
    let opened = scene
        .all()
        .filter(|row| row.id() == event::FLOW_OPENED && row.ends().1 == ends);
    assert_eq!(opened.count(), 1);
}

#[test]
fn peers_that_go_on_give_a_sign_of_life_each_minute() {
    const DATAGRAM: &[u8] = b"ten bytes.";
    let mut scene = Scene::new();
    let (client, server) = (bound("127.0.0.1:0"), bound("127.0.0.1:0"));
    client
        .connect(server.local_addr().expect("address"))
        .expect("connected");
    let exchange = || {
        client.send(DATAGRAM).expect("sent");
        server.recv_from(&mut [0; 64]).expect("received");
        send(&server, &client, DATAGRAM);
    };
    for _ in 0..20 {
        exchange();
    }
    std::thread::sleep(Duration::from_secs(62));
    for _ in 0..20 {
        exchange();
    }
    for cookie in [cookie(&client), cookie(&server)] {
        let seen = scene.wait(cookie, |seen| rows(seen, event::FLOW_PAYLOAD).len() == 13);
        let payload = rows(&seen, event::FLOW_PAYLOAD);
        let sign = payload[12];
        assert_eq!(sign.payload(), b"t");
        assert_eq!(sign.number("sent"), 10);
        assert_eq!(sign.number("offset"), 200, "{seen:#?}");
        assert_eq!(rows(&seen, event::FLOW_OPENED).len(), 1);
    }
}
