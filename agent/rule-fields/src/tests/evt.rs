//! `evt.*`.

use super::scene::Scene;
use crate::FieldValue;
use saker_event_decode::EventBuilder;
use saker_event_schema::event;

const O_RDWR: u64 = 2;
const O_CREAT: u64 = 0o100;
const O_EXCL: u64 = 0o200;

fn open(flags: u64, mode: u32) -> Scene {
    Scene::new(
        EventBuilder::new(event::OPENAT)
            .result(3)
            .set("name", "/tmp/x")
            .set("flags", flags)
            .set("mode", mode),
    )
}

#[test]
fn the_event() {
    let scene = open(0, 0);
    assert_eq!(scene.value("evt.num"), FieldValue::Uint(7));
    scene.text("evt.type", "openat");
    scene.text("syscall.type", "openat");
    assert_eq!(scene.value("evt.type.is.openat"), FieldValue::Uint(1));
    assert_eq!(scene.value("evt.type.is.open"), FieldValue::Uint(0));
    scene.text("evt.dir", "<");
    scene.text("evt.category", "file");
    scene.text("evt.source", "syscall");
    scene.text("evt.hostname", "sparrow");
    assert_eq!(scene.value("evt.cpu"), FieldValue::Int(0));
    assert_eq!(scene.value("evt.is_io_write"), FieldValue::Bool(false));
    scene.missing(&[
        "evt.buffer",
        "evt.latency",
        "evt.pluginname",
        "evt.plugininfo",
    ]);
}

#[test]
fn results() {
    let good = open(0, 0);
    good.text("evt.res", "SUCCESS");
    assert_eq!(good.value("evt.rawres"), FieldValue::Int(3));
    assert_eq!(good.value("evt.failed"), FieldValue::Bool(false));
    good.missing(&["evt.count.error"]);
    let bad = Scene::new(EventBuilder::new(event::OPEN).result(-13).set("name", "/x"));
    bad.text("evt.res", "EACCES");
    assert_eq!(bad.value("evt.rawres"), FieldValue::Int(-13));
    assert_eq!(bad.value("evt.failed"), FieldValue::Bool(true));
    assert_eq!(bad.value("evt.count.error.file"), FieldValue::Uint(1));
    bad.missing(&["evt.count.error.net"]);
    let exit = Scene::new(EventBuilder::new(event::PROCEXIT));
    exit.missing(&["evt.res", "evt.rawres", "syscall.type"]);
    assert_eq!(exit.value("evt.failed"), FieldValue::Bool(false));
}

#[test]
fn what_a_file_is_opened_for() {
    let judge = |scene: &Scene| {
        ["read", "write", "exec", "create"].map(|what| scene.value(&format!("evt.is_open_{what}")))
    };
    let [yes, no] = [true, false].map(FieldValue::Bool);
    let expect = |values: [&FieldValue<'static>; 4]| values.map(Clone::clone);
    assert_eq!(judge(&open(0, 0)), expect([&yes, &no, &no, &no]));
    assert_eq!(judge(&open(O_RDWR, 0)), expect([&yes, &yes, &no, &no]));
    assert_eq!(
        judge(&open(O_CREAT | O_EXCL | 1, 0o755)),
        expect([&no, &yes, &yes, &yes])
    );
    assert_eq!(
        judge(&open(O_CREAT | 1, 0o644)),
        expect([&no, &yes, &no, &FieldValue::Missing])
    );
    let other = Scene::new(EventBuilder::new(event::UNLINK).set("path", "/x"));
    assert_eq!(judge(&other), expect([&no, &no, &no, &no]));
}

#[test]
fn arguments() {
    let scene = open(O_RDWR, 0);
    scene.text("evt.arg.flags", "O_RDWR");
    scene.text("evt.arg[flags]", "O_RDWR");
    scene.text("evt.arg[3]", "O_RDWR");
    assert_eq!(
        scene.value("evt.rawarg.flags"),
        FieldValue::Uint(3),
        "as Falco numbers it"
    );
    assert_eq!(scene.value("evt.rawarg.fd"), FieldValue::Int(3));
    assert_eq!(scene.value("evt.rawarg.name"), FieldValue::text(b"/tmp/x"));
    scene.missing(&["evt.arg.uid", "evt.rawarg.uid", "evt.arg[40]", "evt.arg[9]"]);
    let all = scene.value("evt.args");
    let all = String::from_utf8_lossy(all.as_bytes().unwrap()).into_owned();
    assert!(all.contains("name=/tmp/x flags=3(O_RDWR)"), "{all}");
    assert_eq!(scene.value("evt.info"), scene.value("evt.args"));
    let fault = Scene::new(EventBuilder::new(event::OPEN).result(-14));
    fault.text("evt.arg.name", "<NA>");
    fault.missing(&["evt.rawarg.name", "fd.name"]);
    // As in Falco, an argument without a value is there, and what it prints depends on its type.
    let exec = Scene::new(EventBuilder::new(event::EXECVE).result(-14));
    exec.text("evt.arg.args", "NULL");
    exec.text("evt.arg.filename", "<NA>");
    let all = exec.value("evt.args");
    let all = String::from_utf8_lossy(all.as_bytes().unwrap()).into_owned();
    assert!(all.contains("args=NULL"), "{all}");
}

#[test]
fn arguments_of_an_exec_are_counted_as_in_falco() {
    let scene = Scene::new(super::scene::exec(9, &["cat", "/x"], "/bin/cat").set("flags", 5_u64));
    scene.text("evt.arg[19]", "EXE_WRITABLE|EXE_FROM_MEMFD");
    scene.text("evt.arg[30]", "/bin/cat");
    scene.text("evt.arg.flags", "EXE_WRITABLE|EXE_FROM_MEMFD");
    scene.missing(&["evt.arg[7]"]);
}

#[test]
fn users_are_named() {
    let scene = Scene::new(
        EventBuilder::new(event::SETUID)
            .result(0)
            .set("uid", 1000_i64),
    );
    scene.text("evt.arg.uid", "ann");
    assert_eq!(scene.value("evt.rawarg.uid"), FieldValue::Uint(1000));
    let kept = Scene::new(
        EventBuilder::new(event::SETREUID)
            .result(0)
            .set("ruid", -1_i64),
    );
    assert_eq!(
        kept.value("evt.rawarg.ruid"),
        FieldValue::Uint(u32::MAX.into())
    );
}

#[test]
fn times() {
    let scene = Scene::new(EventBuilder::new(event::FORK).time_boot_ns(1_123_456_789));
    scene.text("evt.time", "19:35:48.123456789");
    scene.text("evt.time.s", "19:35:48");
    scene.text("evt.time.iso8601", "2018-08-17T17:35:48.123456789+0000");
    scene.text("evt.datetime", "2018-08-17 19:35:48.123456789");
    scene.text("evt.datetime.s", "2018-08-17 19:35:48");
    assert_eq!(
        scene.value("evt.rawtime"),
        FieldValue::AbsTime(1_534_527_348_123_456_789)
    );
    assert_eq!(
        scene.value("evt.rawtime.s"),
        FieldValue::AbsTime(1_534_527_348)
    );
    assert_eq!(
        scene.value("evt.rawtime.ns"),
        FieldValue::AbsTime(123_456_789)
    );
    assert_eq!(
        scene.value("evt.reltime"),
        FieldValue::RelTime(1_123_456_789)
    );
    assert_eq!(scene.value("evt.reltime.s"), FieldValue::RelTime(1));
}
