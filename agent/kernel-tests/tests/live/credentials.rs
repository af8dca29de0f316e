//! Rows of user and group ids.

use crate::scene::Scene;

/// Runs a scenario, asserts its arguments and the ids that the process has after it.
fn expect(event: &str, arguments: &[(&str, &str)], uid: u32, gid: u32) {
    let mut scene = Scene::new();
    let done = scene.expect(event, &[event], arguments);
    let header = done.last(event).header();
    assert_eq!((header.uid, header.gid), (uid, gid), "ids after the call");
}

#[test]
fn setuid() {
    expect("setuid", &[("res", "0"), ("uid", "1234")], 1234, 0);
}

#[test]
fn setgid() {
    expect("setgid", &[("res", "0"), ("gid", "2345")], 0, 2345);
}

#[test]
fn setreuid() {
    expect(
        "setreuid",
        &[("res", "0"), ("ruid", "-1"), ("euid", "1234")],
        1234,
        0,
    );
}

#[test]
fn setregid() {
    expect(
        "setregid",
        &[("res", "0"), ("rgid", "-1"), ("egid", "2345")],
        0,
        2345,
    );
}

#[test]
fn setresuid() {
    let expected = [
        ("res", "0"),
        ("ruid", "0"),
        ("euid", "1234"),
        ("suid", "-1"),
    ];
    expect("setresuid", &expected, 1234, 0);
}

#[test]
fn setresgid() {
    let expected = [
        ("res", "0"),
        ("rgid", "0"),
        ("egid", "2345"),
        ("sgid", "-1"),
    ];
    expect("setresgid", &expected, 0, 2345);
}

#[test]
fn setfsuid() {
    expect("setfsuid", &[("res", "0"), ("uid", "1234")], 0, 0);
}

#[test]
fn setfsgid() {
    expect("setfsgid", &[("res", "0"), ("gid", "2345")], 0, 0);
}
