//! Every row is accounted for, and nothing is left behind.

use crate::scene::{Scene, TcpSocket, cookie, pair};
use saker_event_schema::event;
use saker_kernel_source::{KernelSource, NetworkOptions, SourceOptions};
use std::io::Write;
use std::net::TcpListener;
use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;

#[test]
fn an_overrun_ring_loses_nothing_unseen() {
    let mut scene = Scene::with(NetworkOptions {
        ring_bytes: 1 << 16,
        ..NetworkOptions::default()
    });
    // Nobody reads while these come and go.
    for _ in 0..1000 {
        let (mut client, server) = pair("127.0.0.1:0");
        client.write_all(b"and gone").expect("sent");
        drop((client, server));
    }
    scene.stop();
    let rows = [
        event::FLOW_OPENED,
        event::FLOW_PAYLOAD,
        event::FLOW_CLOSED,
        event::FLOW_LISTENING,
    ];
    for row in rows {
        let counts = scene.losses.of(row).expect("counts");
        assert!(counts.emitted >= 1000, "{row:?} {counts:?}");
        assert_eq!(counts.emitted, counts.delivered + counts.lost(), "{row:?}");
    }
    let opened = scene.losses.of(event::FLOW_OPENED).expect("counts");
    assert!(opened.lost_ring_full > 0, "meant to overrun: {opened:?}");
}

/// Uses up the memory that the kernel lets the options of a socket have: keys for peers that it never has.
fn fill(socket: &TcpSocket) {
    for number in 1_u32..100_000 {
        // `struct tcp_md5sig`: the peer's address, flags, the key's length and the key.
        let mut key = [0_u8; 216];
        key[0..2].copy_from_slice(&(libc::AF_INET as u16).to_ne_bytes());
        key[4..8].copy_from_slice(&(0x0a00_0000 + number).to_be_bytes());
        key[130..132].copy_from_slice(&1_u16.to_ne_bytes());
        // SAFETY: the key is valid for the call and has the stated size.
        let result = unsafe {
            libc::setsockopt(
                socket.as_fd().as_raw_fd(),
                libc::IPPROTO_TCP,
                libc::TCP_MD5SIG,
                key.as_ptr().cast(),
                key.len() as u32,
            )
        };
        if result != 0 {
            let error = std::io::Error::last_os_error();
            assert_eq!(error.raw_os_error(), Some(libc::ENOMEM), "{error}");
            return;
        }
    }
    panic!("the socket takes any number of keys");
}

#[test]
fn a_socket_without_memory_for_its_state_is_counted_as_lost() {
    let mut scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let socket = TcpSocket::new();
    fill(&socket);
    let port = listener.local_addr().expect("address").port();
    socket.connect(port).expect("connected");
    let (server, _) = listener.accept().expect("accepted");
    scene.wait(cookie(&server), |seen| !seen.is_empty());
    scene.stop();
    assert!(scene.of(cookie(&socket)).is_empty());
    let opened = scene.losses.of(event::FLOW_OPENED).expect("counts");
    assert!(opened.lost_no_slot > 0, "{opened:?}");
    assert_eq!(opened.emitted, opened.delivered + opened.lost());
}

#[test]
fn after_detaching_nothing_is_seen() {
    let mut scene = Scene::new();
    let (before, _server) = pair("127.0.0.1:0");
    scene.wait(cookie(&before), |seen| !seen.is_empty());
    scene.stop();
    let count = scene.all().count();
    let (mut after, _server) = pair("127.0.0.1:0");
    after.write_all(b"unseen").expect("sent");
    scene.drain();
    assert!(scene.of(cookie(&after)).is_empty());
    assert_eq!(scene.all().count(), count);
}

#[test]
fn without_cgroup_v2_the_rest_goes_on() {
    let mut source = KernelSource::load(SourceOptions {
        network: Some(NetworkOptions {
            cgroup_root: Some(PathBuf::from("/nonexistent")),
            ..NetworkOptions::default()
        }),
        ..SourceOptions::default()
    })
    .unwrap_or_else(|error| panic!("{error}"));
    assert!(source.attach().expect("attached") > 0);
    assert!(!source.sees_connections());
    let losses: Vec<String> = source
        .losses()
        .map(|loss| format!("{loss}: {}", loss.reason))
        .collect();
    assert_eq!(losses.len(), 1, "{losses:?}");
    assert!(losses[0].contains("connections"), "{losses:?}");
    assert!(losses[0].contains("/nonexistent"), "{losses:?}");
}

#[test]
fn connections_cost_nothing_where_nobody_wants_them() {
    let source = KernelSource::load(SourceOptions::default()).unwrap_or_else(|error| {
        panic!("{error}");
    });
    assert!(!source.sees_connections());
    assert_eq!(source.losses().count(), 0);
    assert!(
        source
            .programs()
            .iter()
            .all(|program| program.name != "packets_in")
    );
}
