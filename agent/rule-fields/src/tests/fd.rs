//! `fd.*`.

use super::scene::{Scene, text};
use crate::FieldValue;
use saker_event_decode::socket::{AF_INET, SOCK_STREAM};
use saker_event_decode::{EventBuilder, Value};
use saker_event_schema::{SocketTuple, data_flag, event};
use std::net::SocketAddr;

const REGULAR: u32 = 0o100_644;
const DIRECTORY: u32 = 0o040_755;

fn open_of(name: &str, directory: &str, resolved: &str) -> EventBuilder {
    EventBuilder::new(event::OPENAT)
        .result(3)
        .set("name", name)
        .set("directory", directory)
        .set("file_path", resolved)
        .set("file_mode", REGULAR)
        .set("dev", 0x00d0_0010_u64)
        .set("ino", 4711_u64)
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn an_open_file() {
    let scene = Scene::new(open_of(
        "..//./log/auth.log",
        "/var/run",
        "/var/log/auth.log",
    ));
    assert_eq!(scene.value("fd.num"), FieldValue::Int(3));
    scene.text("fd.type", "file");
    scene.text("fd.typechar", "f");
    scene.text("fd.name", "/var/log/auth.log");
    scene.text(
        "fd.nameraw",
        "../././log/auth.log".replace("/././", "/./").as_str(),
    );
    scene.text("fd.directory", "/var/log");
    scene.text("fd.filename", "auth.log");
    scene.text("fd.l4proto", "<NA>");
    assert_eq!(scene.value("fd.is_server"), FieldValue::Bool(false));
    assert_eq!(scene.value("fd.dev.major"), FieldValue::Int(13));
    assert_eq!(scene.value("fd.dev.minor"), FieldValue::Int(16));
    assert_eq!(scene.value("fd.dev"), FieldValue::Int(0xd10));
    assert_eq!(scene.value("fd.ino"), FieldValue::Int(4711));
    assert!(!scene.views_differ());
    scene.missing(&["fd.sip", "fd.ip", "fd.sport", "fd.sockfamily", "fd.types"]);
}

#[test]
fn views_switch_path_fields_together() {
    let scene = Scene::new(open_of("innocent", "/tmp", "/etc/shadow"));
    assert!(scene.views_differ());
    scene.text("fd.name", "/tmp/innocent");
    scene.resolved("fd.name", "/etc/shadow");
    scene.resolved("fd.directory", "/etc");
    scene.resolved("fd.filename", "shadow");
    scene.resolved("fs.path.name", "/etc/shadow");
    scene.resolved("evt.abspath", "/etc/shadow");
    scene.text("evt.arg.name", "innocent");
    scene.resolved("evt.arg.name", "/etc/shadow");
    scene.resolved("fd.nameraw", "innocent");
    scene.resolved("fs.path.nameraw", "innocent");
    scene.text("fd.resolved", "/etc/shadow");
    scene.text("saker.path_view", "requested");
    scene.resolved("saker.path_view", "resolved");
}

#[test]
fn the_host_sees_below_the_containers_root() {
    let root = "/var/lib/containerd/rootfs";
    let scene = Scene::new(open_of("/etc/passwd", "/", "/etc/passwd").set("file_root", root));
    scene.text("fd.hostpath", "/var/lib/containerd/rootfs/etc/passwd");
    scene.text("fd.name", "/etc/passwd");
}

#[test]
fn a_failed_open_has_a_name_and_no_type() {
    let scene = Scene::new(
        EventBuilder::new(event::OPENAT)
            .result(-2)
            .set("name", ".curlrc")
            .set("directory", "/home/ubuntu"),
    );
    assert_eq!(scene.value("fd.num"), FieldValue::Int(-1));
    scene.text("fd.typechar", "f");
    scene.text("fd.name", "/home/ubuntu/.curlrc");
    scene.text("fd.directory", "/home/ubuntu");
    scene.missing(&[
        "fd.type",
        "fd.filename",
        "fd.ino",
        "fd.dev",
        "fd.l4proto",
        "fd.resolved",
    ]);
    assert!(!scene.views_differ());
    scene.resolved("fd.name", "/home/ubuntu/.curlrc");
}

#[test]
fn names_need_not_be_text() {
    let scene = Scene::new(
        EventBuilder::new(event::OPEN)
            .result(3)
            .set("name", b"/tmp/\xff\xfe")
            .set("file_path", b"/tmp/\xff\xfe"),
    );
    assert_eq!(scene.value("fd.name"), FieldValue::text(b"/tmp/\xff\xfe"));
    assert_eq!(scene.value("fd.filename"), FieldValue::text(b"\xff\xfe"));
}

#[test]
fn a_directory_is_its_own_directory() {
    let scene = Scene::new(open_of("/etc", "/", "/etc").set("file_mode", DIRECTORY));
    scene.text("fd.typechar", "d");
    scene.text("fd.type", "directory");
    scene.text("fd.directory", "/etc");
    scene.missing(&["fd.filename"]);
}

#[test]
fn layers_of_an_overlay() {
    let path = Value::flagged("/usr/bin/x", data_flag::UPPER_LAYER);
    let scene = Scene::new(open_of("/usr/bin/x", "/", "/").set("file_path", path));
    assert_eq!(scene.value("fd.is_upper_layer"), FieldValue::Bool(true));
    assert_eq!(scene.value("fd.is_lower_layer"), FieldValue::Bool(false));
}

#[test]
fn files_without_a_path_tell_their_kind() {
    let kinds = [
        ("[eventfd]", 0o600, "event", "e"),
        ("anon_inode:[timerfd]", 0o600, "timerfd", "t"),
        ("/[io_uring]", 0o600, "io_uring", "r"),
        ("pipe:[4711]", 0o010_600, "pipe", "p"),
        ("/", 0o010_600, "pipe", "p"),
        ("/memfd:x", 0o100_777, "memfd", "m"),
    ];
    for (path, mode, name, character) in kinds {
        let path = Value::flagged(path, data_flag::UNREACHABLE);
        let scene = Scene::new(
            EventBuilder::new(event::DUP2)
                .result(1)
                .set("file_path", path)
                .set("file_mode", mode as u32),
        );
        scene.text("fd.type", name);
        scene.text("fd.typechar", character);
    }
}

#[test]
fn a_connection_of_a_client() {
    let socket = Value::tcp(address("127.0.0.1:40000"), address("10.0.0.9:80"));
    let scene = Scene::new(
        EventBuilder::new(event::CONNECT)
            .result(-115)
            .set("fd", 4)
            .set("tuple", socket)
            .set("addr", Value::socket_address(address("10.0.0.9:80"))),
    );
    scene.text("fd.name", "127.0.0.1:40000->10.0.0.9:80");
    scene.text("fd.type", "ipv4");
    scene.text("fd.typechar", "4");
    scene.text("fd.l4proto", "tcp");
    scene.text("fd.sockfamily", "ip");
    scene.text("fd.nameraw", "");
    let (near, far) = (address("127.0.0.1:40000"), address("10.0.0.9:80"));
    for (field, expected) in [
        ("fd.cip", near),
        ("fd.sip", far),
        ("fd.lip", near),
        ("fd.rip", far),
    ] {
        assert_eq!(scene.value(field), FieldValue::Ip(expected.ip()), "{field}");
    }
    for (field, expected) in [
        ("fd.cport", near),
        ("fd.sport", far),
        ("fd.lport", near),
        ("fd.rport", far),
    ] {
        assert_eq!(
            scene.value(field),
            FieldValue::Port(expected.port()),
            "{field}"
        );
    }
    let ends = FieldValue::List(vec![FieldValue::Ip(near.ip()), FieldValue::Ip(far.ip())]);
    assert_eq!(scene.value("fd.ip"), ends);
    assert_eq!(scene.value("fd.net"), ends);
    assert_eq!(scene.value("fd.snet"), FieldValue::Ip(far.ip()));
    assert_eq!(scene.value("fd.is_server"), FieldValue::Bool(false));
    assert_eq!(
        scene.value("fd.connected"),
        FieldValue::Bool(false),
        "it is under way"
    );
    assert_eq!(scene.value("fd.name_changed"), FieldValue::Bool(true));
    scene.missing(&["fd.directory", "fd.filename", "fd.hostpath", "fd.ino"]);
}

#[test]
fn a_refused_connection_keeps_what_the_caller_asked_for() {
    let tuple = SocketTuple {
        family: AF_INET,
        socket_type: SOCK_STREAM,
        ..SocketTuple::default()
    };
    let scene = Scene::new(
        EventBuilder::new(event::CONNECT)
            .result(-111)
            .set("fd", 4)
            .set("tuple", Value::socket(tuple, b""))
            .set("addr", Value::socket_address(address("10.0.0.9:80"))),
    );
    assert_eq!(
        scene.value("fd.sip"),
        FieldValue::Ip(address("10.0.0.9:80").ip())
    );
    assert_eq!(scene.value("fd.sport"), FieldValue::Port(80));
    scene.text("fd.sproto", "80");
    assert_eq!(scene.value("fd.proto"), scene.value("fd.port"));
    assert_eq!(scene.value("fd.connected"), FieldValue::Bool(false));
}

#[test]
fn a_connection_of_a_server() {
    let socket = Value::tcp(
        address("[2001:db8::3]:1234"),
        address("[2001:db8::4]:54405"),
    );
    let scene = Scene::new(
        EventBuilder::new(event::ACCEPT4)
            .result(5)
            .set("tuple", socket),
    );
    scene.text("fd.name", "2001:db8::4:54405->2001:db8::3:1234");
    scene.text("fd.typechar", "6");
    assert_eq!(scene.value("fd.lport"), FieldValue::Port(1234));
    assert_eq!(scene.value("fd.cport"), FieldValue::Port(54405));
    assert_eq!(scene.value("fd.is_server"), FieldValue::Bool(true));
    assert_eq!(scene.value("fd.connected"), FieldValue::Bool(true));
}

#[test]
fn ipv4_in_an_ipv6_socket_is_ipv4() {
    let socket = Value::tcp(
        address("[::ffff:10.0.0.1]:443"),
        address("[::ffff:10.0.0.2]:5000"),
    );
    let scene = Scene::new(
        EventBuilder::new(event::ACCEPT)
            .result(5)
            .set("tuple", socket),
    );
    scene.text("fd.typechar", "4");
    scene.text("fd.name", "10.0.0.2:5000->10.0.0.1:443");
}

#[test]
fn a_listening_socket_has_one_end() {
    let socket = Value::tcp(address("0.0.0.0:8080"), address("0.0.0.0:0"));
    let scene = Scene::new(
        EventBuilder::new(event::LISTEN)
            .result(0)
            .set("fd", 3)
            .set("socket", socket),
    );
    scene.text("fd.name", "0.0.0.0:8080");
    assert_eq!(scene.value("fd.sport"), FieldValue::Port(8080));
    assert_eq!(
        scene.value("fd.port"),
        FieldValue::List(vec![FieldValue::Port(8080)])
    );
    assert_eq!(scene.value("fd.is_server"), FieldValue::Bool(true));
    scene.missing(&["fd.cip", "fd.lip", "fd.lport", "fd.rport"]);
}

#[test]
fn a_unix_socket_is_named_by_its_path() {
    let scene = Scene::new(
        EventBuilder::new(event::CONNECT)
            .result(0)
            .set("fd", 9)
            .set("tuple", Value::unix("/run/containerd/containerd.sock")),
    );
    scene.text("fd.name", "/run/containerd/containerd.sock");
    scene.text("fd.type", "unix");
    scene.text("fd.typechar", "u");
    scene.text("fd.sockfamily", "unix");
    scene.text("fd.l4proto", "<NA>");
    scene.missing(&["fd.sip", "fd.port"]);
}

#[test]
fn a_socket_without_addresses() {
    let tuple = SocketTuple {
        family: AF_INET,
        socket_type: SOCK_STREAM,
        ..SocketTuple::default()
    };
    let scene = Scene::new(
        EventBuilder::new(event::SOCKET)
            .result(4)
            .set("socket", Value::socket(tuple, b"")),
    );
    scene.text("fd.name", "");
    scene.text("fd.typechar", "4");
    scene.text("fd.l4proto", "<NA>");
    scene.missing(&["fd.cip", "fd.sip", "fd.ip"]);
}

#[test]
fn a_duplicate_of_a_connection_guesses_by_the_port() {
    let socket = Value::tcp(address("10.0.0.1:50000"), address("10.0.0.2:4444"));
    let scene = Scene::new(
        EventBuilder::new(event::DUP2)
            .result(0)
            .set("socket", socket),
    );
    assert_eq!(scene.value("fd.num"), FieldValue::Int(0));
    scene.text("fd.type", "ipv4");
    assert_eq!(scene.value("fd.sport"), FieldValue::Port(4444));
    assert_eq!(scene.value("fd.lport"), FieldValue::Port(50000));
    assert_eq!(scene.value("fd.name_changed"), FieldValue::Bool(false));
}

#[test]
fn a_bind_that_failed_names_nothing() {
    let socket = Value::tcp(address("0.0.0.0:0"), address("0.0.0.0:0"));
    let scene = Scene::new(
        EventBuilder::new(event::BIND)
            .result(-98)
            .set("fd", 3)
            .set("socket", socket)
            .set("addr", Value::socket_address(address("0.0.0.0:80"))),
    );
    scene.text("fd.name", "");
    scene.text("fd.typechar", "4");
    assert_eq!(scene.value("fd.is_server"), FieldValue::Bool(false));
    scene.missing(&["fd.sip", "fd.sport"]);
}

#[test]
fn other_descriptors() {
    let memory = Scene::new(
        EventBuilder::new(event::MEMFD_CREATE)
            .result(5)
            .set("name", "x"),
    );
    memory.text("fd.typechar", "m");
    let bpf = Scene::new(EventBuilder::new(event::BPF).result(5));
    bpf.text("fd.type", "bpf");
    let chdir = Scene::new(
        EventBuilder::new(event::FCHDIR)
            .result(0)
            .set("fd", 5)
            .set("working_directory", "/srv"),
    );
    chdir.text("fd.name", "/srv");
    chdir.text("fd.typechar", "d");
    let failed = Scene::new(
        EventBuilder::new(event::FCHDIR)
            .result(-20)
            .set("fd", 5)
            .set("working_directory", "/srv"),
    );
    failed.missing(&["fd.name", "fd.resolved"]);
    failed.text("fd.typechar", "o");
    chdir.missing(&["fd.hostpath"]);
    let none = Scene::new(EventBuilder::new(event::UNLINK).set("path", "/x"));
    none.missing(&[
        "fd.num",
        "fd.name",
        "fd.typechar",
        "fd.type",
        "fd.nameraw",
        "fd.uid",
    ]);
}

#[test]
fn chained_names() {
    let scene = Scene::new(
        open_of("/etc/passwd", "/", "/etc/passwd")
            .cgroup_id(2)
            .pid(41),
    );
    assert_eq!(scene.value("fd.uid"), text("413"));
    scene.text("fd.containername", "host:/etc/passwd");
    scene.text("fd.containerdirectory", "host:/etc");
}
