//! Whose a connection is.

use crate::scene::{Scene, cookie, rows};
use saker_event_schema::{event, record_flag, socket_role};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::process::{Command, Stdio};

#[test]
fn a_client_is_the_process_that_connected() {
    let mut scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = listener.local_addr().expect("address").port();
    let mut client = Command::new("bash")
        .arg("-c")
        .arg(format!(
            "exec 3<>/dev/tcp/127.0.0.1/{port}; echo asked >&3; read -r line <&3"
        ))
        .stdin(Stdio::null())
        .spawn()
        .expect("bash");
    let (mut server, peer) = listener.accept().expect("accepted");
    server.read_exact(&mut [0; 6]).expect("read");
    server.write_all(b"told\n").expect("sent");
    let server_cookie = cookie(&server);
    drop(server);
    assert!(client.wait().expect("bash ends").success());
    // The server's end belongs to the test, which bound the listener.
    let seen = scene.until_closed(server_cookie);
    assert!(seen.iter().all(|row| row.pid() == std::process::id()));
    let find = |scene: &Scene| {
        let mut opened = scene.all().filter(|row| row.id() == event::FLOW_OPENED);
        let client = opened.find(|row| {
            row.socket("socket").tuple.role == socket_role::CLIENT && row.ends().0 == peer
        });
        client.map(|row| row.cookie())
    };
    let client_cookie = find(&scene).expect("the client's end was told before the server's ended");
    let seen = scene.until_closed(client_cookie);
    for row in &seen {
        let header = row.0.header();
        assert_eq!(header.pid, client.id(), "{row:?}");
        assert_eq!(header.tid, client.id(), "{row:?}");
        assert_eq!(header.flags, 0);
        assert_eq!(row.0.comm(), b"bash");
        assert_eq!(header.ppid, std::process::id());
        assert_ne!(header.start_boot_ns, 0);
        assert_ne!(header.cgroup_id, 0);
        assert_ne!(header.mount_namespace, 0);
    }
}

#[test]
fn what_is_older_than_the_agent_has_no_owner() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let datagrams = UdpSocket::bind("127.0.0.1:0").expect("bound");
    let mut old = TcpStream::connect(listener.local_addr().expect("address")).expect("connected");
    let (mut old_server, _) = listener.accept().expect("accepted");
    let mut scene = Scene::new();

    // A connection that is older is no news.
    old.write_all(b"old").expect("sent");
    old_server.read_exact(&mut [0; 3]).expect("read");

    let client = TcpStream::connect(listener.local_addr().expect("address")).expect("connected");
    let (server, _) = listener.accept().expect("accepted");
    let server_cookie = cookie(&server);
    drop((client, server));
    let seen = scene.until_closed(server_cookie);
    assert_eq!(rows(&seen, event::FLOW_OPENED).len(), 1);
    for row in &seen {
        assert_eq!(row.flags(), record_flag::OWNER_UNKNOWN, "{row:?}");
        assert_eq!(row.pid(), 0, "{row:?}");
    }

    let sender = UdpSocket::bind("127.0.0.1:0").expect("bound");
    sender
        .send_to(b"datagram", datagrams.local_addr().expect("address"))
        .expect("sent");
    let seen = scene.wait(cookie(&datagrams), |seen| seen.len() == 2);
    assert_eq!(seen[0].id(), event::FLOW_OPENED);
    assert_eq!(seen[1].payload(), b"datagram");
    for row in &seen {
        assert_eq!(row.flags(), record_flag::OWNER_UNKNOWN, "{row:?}");
    }
    assert!(scene.of(cookie(&old)).is_empty());
    assert!(scene.of(cookie(&old_server)).is_empty());
}

#[test]
fn an_inherited_connection_names_the_process_that_listened() {
    let mut scene = Scene::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let client = TcpStream::connect(listener.local_addr().expect("address")).expect("connected");
    let (server, _) = listener.accept().expect("accepted");
    let server_cookie = cookie(&server);
    drop((client, server));
    let seen = scene.until_closed(server_cookie);
    for row in &seen {
        assert_eq!(row.flags(), record_flag::INHERITED, "{row:?}");
        assert_eq!(row.pid(), std::process::id());
    }
}
