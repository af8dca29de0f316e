//! Rows of sockets.

use crate::scene::Scene;
use saker_event_schema::socket_role;
use saker_kernel_tests::{ANY, Recorded};

#[test]
fn socket() {
    let mut scene = Scene::new();
    scene.expect(
        "socket",
        &["socket"],
        &[
            ("fd", ANY),
            ("domain", "AF_INET"),
            ("type", ANY),
            ("proto", "6"),
            ("socket", ANY),
        ],
    );
}

#[test]
fn bind() {
    let mut scene = Scene::new();
    let done = scene.expect(
        "bind",
        &["bind"],
        &[
            ("res", "0"),
            ("addr", "127.0.0.1:0"),
            ("fd", ANY),
            ("socket", ANY),
        ],
    );
    let record = done.last("bind");
    let view = record.view();
    let socket = view
        .socket(view.row().slot("socket").expect("a socket"))
        .expect("a socket");
    let local = socket.local().expect("bound");
    assert!(
        local.ip().is_loopback() && local.port() > 0,
        "the kernel chose the port: {local}"
    );
}

#[test]
fn connect() {
    let mut scene = Scene::new();
    let done = scene.expect(
        "connect",
        &["connect"],
        &[("res", "0"), ("tuple", ANY), ("fd", ANY), ("addr", ANY)],
    );
    let tuple = format!("{}->{}", done.fact("client"), done.fact("server"));
    assert_eq!(done.last("connect").text("tuple"), tuple);
    assert_eq!(done.last("connect").text("addr"), done.fact("server"));
    assert_eq!(done.last("connect").text("fd"), format!("<4t>{tuple}"));
}

#[test]
fn connect_ipv6() {
    let mut scene = Scene::new();
    let done = scene.run(&["connect_ipv6"]);
    let record = done.last("connect");
    let view = record.view();
    let socket = view
        .socket(view.row().slot("tuple").expect("a tuple"))
        .expect("a socket");
    assert_eq!(
        socket.local().expect("local").to_string(),
        done.fact("client")
    );
    assert_eq!(
        socket.remote().expect("remote").to_string(),
        done.fact("server")
    );
}

#[test]
fn connect_unix() {
    let mut scene = Scene::new();
    let path = scene.path("socket");
    let done = scene.run(&["connect_unix", &path]);
    let record = done.last("connect");
    assert_eq!(record.header().result, 0);
    assert!(
        record.text("addr").contains(&path),
        "{}",
        record.text("addr")
    );
    assert!(
        record.text("tuple").contains(&path),
        "{}",
        record.text("tuple")
    );
}

#[test]
fn listen() {
    let mut scene = Scene::new();
    let done = scene.expect(
        "listen",
        &["listen"],
        &[("res", "0"), ("fd", ANY), ("backlog", "7"), ("socket", ANY)],
    );
    let record = done.last("listen");
    let view = record.view();
    let socket = view
        .socket(view.row().slot("socket").expect("a socket"))
        .expect("a socket");
    assert!(socket.local().expect("bound by listening").port() > 0);
}

#[test]
fn accept() {
    let mut scene = Scene::new();
    let done = scene.expect(
        "accept",
        &["accept"],
        &[("fd", ANY), ("tuple", ANY), ("listener", ANY)],
    );
    let tuple = format!("{}->{}", done.fact("client"), done.fact("server"));
    assert_eq!(done.last("accept").text("tuple"), tuple);
    let view = done.last("accept").view();
    let listener = view.row().slot("listener").expect("a listener");
    assert_eq!(
        view.signed(listener).map(|fd| fd.to_string()).as_deref(),
        Some(done.fact("listener"))
    );
}

#[test]
fn accept4() {
    let mut scene = Scene::new();
    let done = scene.expect(
        "accept4",
        &["accept4"],
        &[
            ("fd", ANY),
            ("tuple", ANY),
            ("flags", ANY),
            ("listener", ANY),
        ],
    );
    let tuple = format!("{}->{}", done.fact("client"), done.fact("server"));
    assert_eq!(done.last("accept4").text("tuple"), tuple);
    assert!(done.last("accept4").text("flags").contains("CLOEXEC"));
}

/// The role that the kernel knows of the socket in an argument.
fn role(record: &Recorded, argument: &str) -> u8 {
    let view = record.view();
    let slot = view.row().slot(argument).expect("a socket");
    view.socket(slot).expect("a socket").tuple.role
}

#[test]
fn the_kernel_knows_client_and_server() {
    let mut scene = Scene::new();
    let done = scene.run(&["accept"]);
    assert_eq!(role(done.last("connect"), "tuple"), socket_role::CLIENT);
    assert_eq!(role(done.last("accept"), "tuple"), socket_role::BOUND);
    let done = scene.run(&["dup_socket"]);
    assert_eq!(role(done.last("dup2"), "socket"), socket_role::CLIENT);
}

#[test]
fn a_socket_that_is_duplicated_keeps_its_ends() {
    let mut scene = Scene::new();
    let done = scene.run(&["dup_socket"]);
    let record = done.last("dup2");
    assert_eq!(record.header().result, 0);
    let view = record.view();
    let socket = view
        .socket(view.row().slot("socket").expect("a socket"))
        .expect("a socket");
    assert_eq!(
        socket.local().expect("local").to_string(),
        done.fact("client")
    );
    assert_eq!(
        socket.remote().expect("remote").to_string(),
        done.fact("server")
    );
}
