//! Whose a socket is.

use super::*;
use crate::record::Ends;
use crate::sockets::{OpenSocket, SocketKind, SocketTable};
use saker_process_state::Pid;

pub(super) fn old_socket(local: &str, remote: &str, kind: SocketKind, pid: u32) -> OpenSocket {
    OpenSocket {
        ends: Ends {
            transport: Transport::Tcp,
            role: Role::Unknown,
            local: address(local),
            remote: address(remote),
            network_namespace: NAMESPACE,
        },
        kind,
        owner: Some(Pid(pid)),
    }
}

/// Sockets of a process that is known.
pub(super) fn with_old_sockets(sockets: Vec<OpenSocket>) -> Stage {
    let mut stage = Stage::new();
    let exec = EventBuilder::new(event::EXECVE)
        .pid(30)
        .comm("postgres")
        .time_boot_ns(MS);
    stage.happens(&exec);
    let table = SocketTable { sockets };
    let processes = &stage.processes;
    stage.flows.bootstrap(&table, |pid| processes.by_pid(pid));
    stage
}

#[test]
fn the_one_that_binds_is_named_when_nobody_is_seen_to_accept() {
    let mut stage = Stage::new();
    let server = End::server();
    stage.happens(&server.opened(10 * MS));
    stage.happens(&server.receives(HELLO_BEGIN, 11 * MS));
    stage.ticks(11 * MS + 2 * SECOND);
    assert_eq!(stage.events(), [""; 0], "the accepting call may still come");
    stage.ticks(11 * MS + 2 * SECOND + OWNER_WAIT_NS);
    let events = stage.events();
    assert_eq!(events.len(), 1);
    assert!(events[0].ends_with("nginx"), "{events:?}");
}

#[test]
fn the_one_that_accepts_is_named_although_it_comes_late() {
    let mut stage = Stage::new();
    let server = End::server();
    stage.happens(&server.opened(10 * MS));
    stage.happens(&server.receives(HELLO_BEGIN, 11 * MS));
    stage.ticks(11 * MS + 2 * SECOND);
    stage.happens(&server.call(event::ACCEPT, 21, "worker", 2_050 * MS));
    let events = stage.events();
    assert_eq!(events.len(), 1);
    assert!(events[0].ends_with("worker"), "{events:?}");
    // It is not reported again.
    stage.ticks(10 * SECOND);
    assert_eq!(stage.events(), [""; 0]);
}

#[test]
fn who_accepts_in_another_namespace_is_another() {
    let mut stage = Stage::new();
    let server = End::server();
    stage.happens(&server.opened(10 * MS));
    let mut elsewhere = server.clone();
    elsewhere.socket.network_namespace = 1;
    stage.happens(&elsewhere.call(event::ACCEPT4, 21, "other", 11 * MS));
    stage.happens(&server.closed(10 * MS, 20 * MS));
    assert!(stage.events().iter().all(|event| event.ends_with("nginx")));
}

#[test]
fn a_call_finds_a_flow_whose_namespace_the_kernel_did_not_know() {
    let mut stage = Stage::new();
    let server = End::server();
    let mut unplaced = server.flags(record_flag::OWNER_UNKNOWN);
    unplaced.socket.network_namespace = 0;
    stage.happens(&unplaced.opened(10 * MS));
    stage.happens(&server.call(event::ACCEPT4, 21, "worker", 11 * MS));
    stage.happens(&unplaced.closed(10 * MS, 20 * MS));
    let events = stage.events();
    assert!(
        events.iter().all(|event| event.ends_with("worker")),
        "{events:?}"
    );
}

#[test]
fn a_listener_that_was_there_before_is_named_by_the_socket_table() {
    let listener = old_socket("0.0.0.0:443", "0.0.0.0:0", SocketKind::Listening, 30);
    let mut stage = with_old_sockets(vec![listener]);
    let server = End::server().flags(record_flag::OWNER_UNKNOWN);
    stage.happens(&server.opened(10 * MS));
    stage.happens(&server.closed(10 * MS, 20 * MS));
    let events = stage.events();
    assert_eq!(events.len(), 2);
    assert!(
        events.iter().all(|event| event.ends_with("postgres")),
        "{events:?}"
    );
}

#[test]
fn a_listener_that_is_seen_is_named_for_what_it_accepts() {
    let mut stage = Stage::new();
    let listener = End {
        pid: 20,
        comm: "sshd",
        ..End::tcp(3, 0, "[::]:443", "[::]:0")
    };
    stage.happens(
        &listener
            .event(event::FLOW_LISTENING, MS)
            .set("cookie", 3_u64),
    );
    let mut server = End::server().flags(record_flag::OWNER_UNKNOWN);
    server.socket.role = 0;
    stage.happens(&server.opened(10 * MS));
    stage.happens(&server.closed(10 * MS, 20 * MS));
    let events = stage.events();
    assert!(
        events
            .iter()
            .all(|event| event.contains("server") && event.ends_with("sshd")),
        "{events:?}"
    );
}

#[test]
fn nobody_is_named_where_nothing_is_known() {
    let mut stage = Stage::new();
    let client = End::client().flags(record_flag::OWNER_UNKNOWN);
    stage.happens(&client.opened(10 * MS));
    stage.happens(&client.closed(10 * MS, 20 * MS));
    assert!(stage.events().iter().all(|event| event.ends_with("nobody")));
    assert_eq!(stage.flows.stats().ownerless, 1);
}

#[test]
fn connections_that_were_there_before_are_counted_and_never_reported() {
    let connection = old_socket("10.0.0.1:40000", "10.0.0.2:443", SocketKind::Connected, 30);
    let mut stage = with_old_sockets(vec![connection]);
    let shown: Vec<_> = stage.flows.preexisting().collect();
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].0.classification.class, SecurityClass::Preexisting);
    assert_eq!(shown[0].1.expect("a process").comm.as_bytes(), b"postgres");
    stage.ticks(3_600 * SECOND);
    assert_eq!(stage.events(), [""; 0]);
    assert_eq!(stage.flows.stats().preexisting, 1);
}

#[test]
fn a_new_connection_with_the_ends_of_an_old_one_is_new_although_its_opening_was_lost() {
    let connection = old_socket("10.0.0.1:40000", "10.0.0.2:443", SocketKind::Connected, 30);
    for has_payload in [true, false] {
        let mut stage = with_old_sockets(vec![connection]);
        if has_payload {
            stage.happens(&End::client().sends(HELLO_BEGIN, 10 * MS));
        }
        stage.happens(&End::client().closed(9 * MS, 20 * MS));
        assert_eq!(stage.events().len(), 2);
        assert_eq!(stage.flows.stats().unannounced, 1);
        assert_eq!(stage.flows.preexisting().count(), 0);
    }
}

#[test]
fn a_connection_that_began_while_the_table_was_read_is_not_preexisting() {
    let connection = old_socket("10.0.0.1:40000", "10.0.0.2:443", SocketKind::Connected, 30);
    let mut stage = with_old_sockets(vec![connection]);
    stage.happens(&End::client().opened(10 * MS));
    stage.happens(&End::client().closed(10 * MS, 20 * MS));
    assert_eq!(stage.events().len(), 2);
    assert_eq!(stage.flows.preexisting().count(), 0);
}
