use crate::render::{
    NameSource, NoNames, Rendered, argument_text, arguments_text, raw_argument_text, result_name,
    user_device_number,
};
use crate::{EventBuilder, EventView, Value};
use saker_event_schema::{data_flag, event};
use std::net::SocketAddr;

struct SomeNames;

impl NameSource for SomeNames {
    fn user(&self, uid: u32, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(b"root");
        uid == 0
    }

    fn process(&self, pid: u32, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(b"curl");
        pid == 17497
    }
}

fn arguments(builder: &EventBuilder) -> String {
    let record = builder.build();
    let mut out = Vec::new();
    arguments_text(
        &EventView::parse(&record).expect("a record"),
        &SomeNames,
        &mut out,
    );
    String::from_utf8(out).expect("text")
}

fn argument(builder: &EventBuilder, name: &str) -> Option<String> {
    let record = builder.build();
    let view = EventView::parse(&record).expect("a record");
    let slot = view.row().slot(name).expect("a slot");
    let mut out = b"before ".to_vec();
    let rendered = argument_text(&view, slot, &SomeNames, &mut out);
    let text = String::from_utf8(out).expect("text");
    let text = text.strip_prefix("before ").expect("appended").to_owned();
    (rendered == Rendered::Text).then_some(text)
}

fn end(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

#[test]
fn an_open_reads_as_falco_prints_it() {
    let open = EventBuilder::new(event::OPEN)
        .result(3)
        .set("name", "/etc/ld.so.cache")
        .set("flags", 0o2_000_000)
        .set("dev", 0x80_0003_u64)
        .set("ino", 77)
        .set("file_path", "/etc/ld.so.cache");
    assert_eq!(
        arguments(&open),
        "fd=3(<f>/etc/ld.so.cache) name=/etc/ld.so.cache flags=4097(O_RDONLY|O_CLOEXEC) mode=0 dev=803 ino=77"
    );
    assert_eq!(
        argument(&open, "fd").as_deref(),
        Some("<f>/etc/ld.so.cache")
    );
    assert_eq!(
        argument(&open, "flags").as_deref(),
        Some("O_RDONLY|O_CLOEXEC")
    );
    assert_eq!(argument(&open, "ino").as_deref(), Some("77"));
    let failed = EventBuilder::new(event::OPENAT)
        .result(-2)
        .set("dirfd", -100)
        .set("name", "x")
        .set("directory", "/home");
    assert_eq!(
        arguments(&failed),
        "fd=-2(ENOENT) dirfd=-100(AT_FDCWD) name=x(/home/x) flags=1(O_RDONLY) mode=0 dev=0 ino=0"
    );
    assert_eq!(argument(&failed, "fd").as_deref(), Some("ENOENT"));
    assert_eq!(argument(&failed, "file_path"), None);
}

#[test]
fn descriptors_say_what_they_stand_for() {
    let open = EventBuilder::new(event::OPENAT)
        .result(3)
        .set("file_path", "/tmp");
    assert_eq!(
        argument(&open.clone().set("file_mode", 0o040_755), "fd").as_deref(),
        Some("<d>/tmp")
    );
    assert_eq!(argument(&open, "fd").as_deref(), Some("<f>/tmp"));
    let fchmod = EventBuilder::new(event::FCHMOD)
        .set("fd", 5)
        .set("mode", 0o4755);
    assert_eq!(
        arguments(&fchmod),
        "res=0 fd=5 mode=04755(S_IXOTH|S_IROTH|S_IXGRP|S_IRGRP|S_IXUSR|S_IWUSR|S_IRUSR|S_ISUID)"
    );
    assert_eq!(
        argument(&fchmod.set("file_path", "/bin/x"), "fd").as_deref(),
        Some("<f>/bin/x")
    );
}

#[test]
fn sockets_read_as_falco_prints_them() {
    let tcp = Value::tcp(end("127.0.0.1:47192"), end("127.0.0.1:80"));
    let connect = EventBuilder::new(event::CONNECT)
        .result(-115)
        .set("tuple", tcp)
        .set("fd", 4);
    assert_eq!(
        arguments(&connect),
        "res=-115(EINPROGRESS) tuple=127.0.0.1:47192->127.0.0.1:80 fd=4(<4t>127.0.0.1:47192->127.0.0.1:80) addr=<NA>"
    );
    // The one who connected stands first.
    let accepted = Value::tcp(end("[2001:db8::3]:1234"), end("[2001:db8::4]:54405"));
    let accept = EventBuilder::new(event::ACCEPT)
        .result(4)
        .set("tuple", accepted);
    assert_eq!(
        arguments(&accept),
        "fd=4(<6t>2001:db8::4:54405->2001:db8::3:1234) tuple=2001:db8::4:54405->2001:db8::3:1234"
    );
    let bound = Value::tcp(end("[2001:db8::3]:1234"), end("[::]:0"));
    let bind = EventBuilder::new(event::BIND)
        .set("fd", 3)
        .set("addr", Value::socket_address(end("[2001:db8::3]:1234")))
        .set("socket", bound);
    assert_eq!(
        arguments(&bind),
        "res=0 addr=2001:db8::3:1234 fd=3(<6t>2001:db8::3:1234)"
    );
    let socket = EventBuilder::new(event::SOCKET)
        .result(4)
        .set("domain", 2)
        .set("type", 1)
        .set("socket", Value::tcp(end("0.0.0.0:0"), end("0.0.0.0:0")));
    assert_eq!(
        arguments(&socket),
        "fd=4(<4>) domain=2(AF_INET) type=1 proto=0"
    );
    let local = EventBuilder::new(event::CONNECT)
        .set("fd", 4)
        .set("tuple", Value::unix("\0bus"))
        .set("addr", Value::unix_address("/run/x"));
    assert_eq!(
        arguments(&local),
        "res=0 tuple=@bus fd=4(<u>@bus) addr=/run/x"
    );
}

#[test]
fn names_of_users_and_processes_come_from_outside() {
    let setuid = EventBuilder::new(event::SETUID).set("uid", 0);
    assert_eq!(arguments(&setuid), "res=0 uid=0(root)");
    let setreuid = EventBuilder::new(event::SETREUID)
        .set("ruid", -1)
        .set("euid", 5);
    assert_eq!(arguments(&setreuid), "res=0 ruid=-1 euid=5");
    let kill = EventBuilder::new(event::KILL)
        .set("pid", 17497)
        .set("sig", 9);
    assert_eq!(arguments(&kill), "res=0 pid=17497(curl) sig=9(SIGKILL)");
    let ptrace = EventBuilder::new(event::PTRACE)
        .set("request", 16)
        .set("pid", 3)
        .set("addr", 0xABCD_u64);
    assert_eq!(
        arguments(&ptrace),
        "res=0 addr=ABCD data=0 request=11(PTRACE_ATTACH) pid=3"
    );
}

#[test]
fn vectors_have_a_dot_after_each_string() {
    let exec = EventBuilder::new(event::EXECVE)
        .set("args", ["cat", "/dev/null"])
        .set("env", ["A=1", "B=2"]);
    assert_eq!(argument(&exec, "args").as_deref(), Some("/dev/null."));
    assert_eq!(argument(&exec, "env").as_deref(), Some("A=1.B=2."));
    assert_eq!(argument(&exec, "cwd"), None);
}

#[test]
fn the_layer_of_a_file_is_a_flag_of_its_open() {
    let open = EventBuilder::new(event::OPENAT)
        .result(3)
        .set("file_path", Value::flagged("/x", data_flag::UPPER_LAYER));
    assert_eq!(
        argument(&open, "flags").as_deref(),
        Some("O_RDONLY|FD_UPPER_LAYER")
    );
}

#[test]
fn raw_text_is_the_number() {
    let record = EventBuilder::new(event::OPENAT)
        .result(-13)
        .set("flags", 1)
        .build();
    let view = EventView::parse(&record).expect("a record");
    let mut out = Vec::new();
    raw_argument_text(&view, 0, &mut out);
    raw_argument_text(&view, 3, &mut out);
    assert_eq!(out, b"-132");
    assert_eq!(raw_argument_text(&view, 99, &mut out), Rendered::Missing);
    assert_eq!(
        argument_text(&view, 99, &NoNames, &mut out),
        Rendered::Missing
    );
}

#[test]
fn results_have_names() {
    assert_eq!(result_name(0), "SUCCESS");
    assert_eq!(result_name(7), "SUCCESS");
    assert_eq!(result_name(-2), "ENOENT");
    assert_eq!(result_name(-99_999), "");
    assert_eq!(result_name(i64::MIN), "");
}

#[test]
fn devices_are_numbered_as_user_space_has_them() {
    assert_eq!(user_device_number(8 << 20 | 3), 0x803);
    assert_eq!(user_device_number(253 << 20), 0xFD00);
    assert_eq!(user_device_number(1 << 20 | 0x12345), 0x1230_0145);
}
