//! Connections whose end no record tells.

use super::owners::{old_socket, with_old_sockets};
use super::*;
use crate::sockets::{Connections, SocketKind};
use std::path::Path;

/// A look at a host on which one process lives, without any connection.
fn nothing(now_boot_ns: u64) -> Connections {
    let root = tempfile::tempdir().expect("a folder");
    let process = root.path().join("10");
    for folder in ["net", "ns"] {
        std::fs::create_dir_all(process.join(folder)).expect("a folder");
    }
    std::fs::write(process.join("net/tcp"), "heading\n").expect("a table");
    let namespace = format!("net:[{NAMESPACE}]");
    std::os::unix::fs::symlink(namespace, process.join("ns/net")).expect("a link");
    Connections::look(root.path(), now_boot_ns)
}

fn sweep(stage: &mut Stage, found: &Connections) {
    stage.flows.sweep(found, &mut stage.outputs);
}

#[test]
fn what_was_there_before_leaves_when_it_is_gone() {
    let connection = old_socket("10.0.0.1:40000", "10.0.0.2:443", SocketKind::Connected, 30);
    let mut stage = with_old_sockets(vec![connection]);
    assert!(stage.flows.has_connections());
    sweep(&mut stage, &nothing(60 * SECOND));
    assert_eq!(stage.flows.preexisting().count(), 1, "one look may err");
    sweep(&mut stage, &nothing(120 * SECOND));
    assert_eq!(stage.flows.preexisting().count(), 0);
    assert_eq!(stage.events(), [""; 0]);
    assert!(!stage.flows.has_connections());
}

#[test]
fn a_connection_whose_end_was_lost_ends_when_two_looks_miss_it() {
    let mut stage = Stage::new();
    stage.happens(&End::client().opened(10 * SECOND));
    let datagrams = End::udp(9, socket_role::CLIENT, "10.0.0.1:40000", "10.0.0.2:9000");
    stage.happens(&datagrams.opened(10 * SECOND));
    sweep(&mut stage, &nothing(5 * SECOND));
    sweep(&mut stage, &nothing(6 * SECOND));
    assert_eq!(stage.flows.len(), 2, "it began after these looks");
    sweep(&mut stage, &nothing(60 * SECOND));
    assert_eq!(stage.events(), [""; 0]);
    sweep(&mut stage, &nothing(120 * SECOND));
    let short = [
        "flow_classified client opaque curl",
        "flow_closed client opaque curl",
    ];
    assert_eq!(stage.events(), short);
    assert_eq!((stage.flows.len(), stage.flows.stats().swept), (1, 1));
    // The record of its end was only late.
    stage.happens(&End::client().closed(10 * SECOND, 119 * SECOND));
    assert_eq!(stage.events(), [""; 0]);
}

#[test]
fn what_a_look_shows_or_cannot_show_stays() {
    let mut stage = Stage::new();
    stage.happens(&End::client().opened(10 * SECOND));
    let unread = Connections::look(Path::new("/nonexistent"), 60 * SECOND);
    for _ in 0..3 {
        sweep(&mut stage, &nothing(60 * SECOND));
        sweep(&mut stage, &unread);
    }
    assert_eq!(stage.flows.len(), 1, "never missed twice in a row");
}
