//! Fields of events that Falco captured.

use super::scene::{find, text};
use crate::{
    CapturedEvent, EventContext, EventName, FieldValue, Fields, Host, Scratch, Surroundings,
};
use saker_capture_state::{
    Descriptor, DescriptorKind, DescriptorSnapshot, Endpoint, GroupEntry, Interface, L4Protocol,
    Limits, Machine, MachineInfo, Role, SocketState, Subject, ThreadSnapshot, UserEntry,
};
use saker_event_decode::WallClock;
use saker_falco_events::{Direction, Event, EventFlags, EventType, Header, event_types};
use saker_process_state::Users;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

const TIME_NS: u64 = 1_470_327_475_999_999_999;
/// The first thread of `cat`, a child of `bash`.
const CAT: i64 = 20;
/// A thread of which the capture does not tell.
const STRANGER: i64 = 77;

/// What a test says of an event: name, direction and parameters.
struct Told {
    event_type: &'static EventType,
    lengths: Vec<u8>,
    values: Vec<u8>,
}

impl Told {
    /// The newest form of an event with these parameters.
    fn new(name: &str, direction: Direction, parameters: &[&[u8]]) -> Self {
        let event_type = event_types()
            .filter(|event_type| event_type.name == name)
            .filter(|event_type| event_type.code.direction() == direction)
            .find(|event_type| !event_type.flags.contains(EventFlags::OLD_VERSION))
            .unwrap();
        Self::of(event_type, parameters)
    }

    fn of(event_type: &'static EventType, parameters: &[&[u8]]) -> Self {
        let is_large = event_type.flags.contains(EventFlags::LARGE_PAYLOAD);
        let length = |parameter: &&[u8]| {
            let length = u32::try_from(parameter.len()).unwrap().to_le_bytes();
            length[..if is_large { 4 } else { 2 }].to_vec()
        };
        Self {
            event_type,
            lengths: parameters.iter().flat_map(length).collect(),
            values: parameters.concat(),
        }
    }
}

/// A machine with `bash` and `cat`, whose descriptor 3 is the one given.
fn machine(descriptor: Option<Descriptor>) -> Machine {
    let info = MachineInfo {
        hostname: b"sparrow"[..].into(),
        ..MachineInfo::default()
    };
    let mut machine = Machine::new(info, Limits::default());
    machine.add_user(UserEntry {
        uid: 1000,
        gid: 100,
        name: b"ann"[..].into(),
        home: b"/home/ann"[..].into(),
        shell: b"/bin/bash"[..].into(),
    });
    machine.add_group(GroupEntry {
        gid: 100,
        name: b"staff"[..].into(),
    });
    machine.add_interface(Interface {
        name: b"eth0"[..].into(),
        address: IpAddr::V4(Ipv4Addr::new(10, 0, 2, 15)),
        netmask: None,
        broadcast: None,
        speed_mbit: 0,
    });
    machine.add_thread(thread(10, 1, "bash", &[]));
    machine.add_thread(thread(CAT, 10, "cat", &["-n", "/etc/passwd"]));
    if let Some(descriptor) = descriptor {
        let number = 3;
        machine.add_descriptor(CAT, DescriptorSnapshot { number, descriptor });
    }
    machine.start();
    machine
}

fn thread(tid: i64, ptid: i64, name: &str, arguments: &[&str]) -> ThreadSnapshot {
    ThreadSnapshot {
        tid,
        pid: tid,
        ptid,
        sid: 10,
        vpgid: 10,
        pgid: 10,
        vtid: tid,
        vpid: tid,
        comm: name.as_bytes().into(),
        exe: format!("/bin/{name}").as_bytes().into(),
        arguments: (arguments.iter().map(|it| format!("{it}\0")))
            .collect::<String>()
            .as_bytes()
            .into(),
        cwd: b"/home/ann"[..].into(),
        uid: 1000,
        gid: 100,
        loginuid: u32::MAX,
        environment: b"HOME=/home/ann\0EMPTY=\0WIDE=  a b \0"[..].into(),
        ..ThreadSnapshot::default()
    }
}

fn file(name: &str) -> Descriptor {
    Descriptor {
        kind: DescriptorKind::File,
        name: name.as_bytes().into(),
        name_raw: name.as_bytes().into(),
        open_flags: 1,
        device: 0x0080_1203,
        inode: 7,
        role: Role::None,
        state: SocketState::None,
        is_overlay_upper: true,
        is_overlay_lower: false,
        pid: 0,
    }
}

fn connection(role: Role) -> Descriptor {
    let end = |last, port| Endpoint {
        ip: IpAddr::V4(Ipv4Addr::new(10, 0, 2, last)),
        port,
    };
    Descriptor {
        kind: DescriptorKind::Ipv4 {
            source: end(15, 40_000),
            destination: end(99, 443),
            protocol: L4Protocol::Tcp,
        },
        role,
        state: SocketState::Connected,
        ..file("10.0.2.15:40000->10.0.2.99:443")
    }
}

/// Calls `look` with an event of a thread; its descriptor is the one with the number.
fn with<T>(
    machine: &Machine,
    told: &Told,
    tid: i64,
    number: Option<i64>,
    look: impl FnOnce(&EventContext<'_>, &Fields) -> T,
) -> T {
    let header = Header {
        time_ns: TIME_NS,
        tid,
        cpu: 3,
    };
    let event = Event::new(header, told.event_type, &told.lengths, &told.values);
    let thread = machine.thread(tid).map(Arc::clone);
    let descriptor = thread.as_ref().zip(number);
    let subject = Subject {
        descriptor: descriptor
            .and_then(|(thread, number)| machine.descriptor(thread, number))
            .map(Arc::clone),
        thread,
        fd_number: number,
        ..Subject::default()
    };
    let captured = CapturedEvent {
        event: &event,
        subject: &subject,
        machine,
    };
    let surroundings = Surroundings {
        processes: None,
        clock: &WallClock::default(),
        host: &Host::new("sparrow", Users::new(Path::new("/nowhere"))),
        scratch: &Scratch::new(),
    };
    let context = EventContext::of_capture(&captured, surroundings, 7).after(TIME_NS - 5);
    assert!(!context.views_differ());
    look(&context, &Fields::new())
}

/// The values of fields as rules write them.
#[track_caller]
fn check(
    machine: &Machine,
    told: &Told,
    tid: i64,
    number: Option<i64>,
    expected: &[(&str, FieldValue<'static>)],
) {
    with(machine, told, tid, number, |context, fields| {
        for (name, expected) in expected {
            let (id, argument) = find(fields, name);
            let value = fields.extract(id, argument.as_ref(), context);
            assert_eq!(&value, expected, "{name}");
        }
    });
}

fn int(number: i64) -> FieldValue<'static> {
    FieldValue::Int(number)
}

fn opened(result: i64, name: &[u8]) -> Told {
    let fd_cwd = (-100_i64).to_le_bytes();
    let flags = 4097_u32.to_le_bytes();
    let mode = 0_u32.to_le_bytes();
    let result = result.to_le_bytes();
    let parameters: [&[u8]; 5] = [&result, &fd_cwd, name, &flags, &mode];
    Told::new("openat", Direction::Exit, &parameters)
}

#[test]
fn a_file_that_was_opened() {
    let machine = machine(Some(file("/etc/passwd")));
    let told = opened(3, b"/etc/passwd\0");
    let yes = FieldValue::Bool(true);
    let no = FieldValue::Bool(false);
    let expected = [
        ("evt.num", FieldValue::Uint(7)),
        ("evt.type", text("openat")),
        ("evt.category", text("file")),
        ("evt.dir", text("<")),
        ("evt.cpu", int(3)),
        ("evt.rawtime", FieldValue::AbsTime(TIME_NS)),
        ("evt.deltatime", FieldValue::RelTime(5)),
        ("evt.res", text("SUCCESS")),
        ("evt.rawres", int(3)),
        ("evt.failed", no.clone()),
        ("evt.is_open_read", yes.clone()),
        ("evt.is_open_write", no.clone()),
        ("evt.is_io", no),
        ("evt.arg.flags", text("O_RDONLY|O_CLOEXEC")),
        ("evt.arg[2]", text("/etc/passwd")),
        ("evt.rawarg.fd", int(3)),
        ("fd.num", int(3)),
        ("fd.type", text("file")),
        ("fd.typechar", text("f")),
        ("fd.name", text("/etc/passwd")),
        ("fd.directory", text("/etc")),
        ("fd.filename", text("passwd")),
        ("fd.containername", text(":/etc/passwd")),
        ("fd.dev.major", int(0x12)),
        ("fd.dev.minor", int(0x803)),
        ("fd.is_upper_layer", yes),
        ("fd.types", FieldValue::List(vec![text("file")])),
        ("fs.path.name", text("/etc/passwd")),
        ("fd.cip", FieldValue::Missing),
    ];
    check(&machine, &told, CAT, Some(3), &expected);
}

#[test]
fn a_process_and_its_parent() {
    let machine = machine(None);
    let told = opened(-2, b"x\0");
    let expected = [
        ("proc.pid", int(CAT)),
        ("proc.ppid", int(10)),
        ("proc.name", text("cat")),
        ("proc.exe", text("/bin/cat")),
        ("proc.exepath", text("")),
        ("proc.args", text("-n /etc/passwd")),
        ("proc.args[1]", text("/etc/passwd")),
        ("proc.args[5]", text("")),
        ("proc.cmdline", text("cat -n /etc/passwd")),
        ("proc.exeline", text("/bin/cat -n /etc/passwd")),
        ("proc.cwd", text("/home/ann/")),
        ("proc.env[HOME]", text("/home/ann")),
        ("proc.env[EMPTY]", text("")),
        ("proc.env[WIDE]", text("a b")),
        ("proc.pname", text("bash")),
        ("proc.pcmdline", text("bash")),
        ("proc.aname[0]", text("cat")),
        ("proc.aname[2]", FieldValue::Missing),
        ("proc.aname", FieldValue::List(vec![text("bash")])),
        ("proc.sid", int(10)),
        ("proc.sname", text("bash")),
        ("proc.loginshellid", int(10)),
        ("proc.duration", FieldValue::Missing),
        ("thread.tid", int(CAT)),
        ("thread.ismain", FieldValue::Bool(true)),
        ("user.name", text("ann")),
        ("user.homedir", text("/home/ann")),
        ("user.loginuid", int(-1)),
        ("user.loginname", text("<NA>")),
        ("group.name", text("staff")),
        ("container.id", text("host")),
    ];
    check(&machine, &told, CAT, Some(-1), &expected);
}

#[test]
fn an_open_that_failed_tells_what_it_was_for() {
    let machine = machine(None);
    let told = opened(-2, b"../bob//x\0");
    let expected = [
        ("evt.res", text("ENOENT")),
        ("evt.rawres", int(-2)),
        ("evt.count.error.file", FieldValue::Uint(1)),
        ("evt.count.error.net", FieldValue::Missing),
        ("evt.abspath", text("/home/bob/x")),
        ("fd.name", text("/home/bob/x")),
        ("fd.nameraw", text("../bob/x")),
        ("fd.directory", text("/home/bob")),
        ("fd.filename", FieldValue::Missing),
        ("fd.type", FieldValue::Missing),
        ("fd.typechar", text("f")),
    ];
    check(&machine, &told, CAT, Some(-1), &expected);
}

#[test]
fn a_thread_that_the_capture_does_not_tell_of() {
    let machine = machine(None);
    let told = opened(3, b"/etc/passwd\0");
    let missing = [
        "proc.pid",
        "proc.name",
        "proc.cwd",
        "proc.sname",
        "user.name",
        "group.gid",
        "container.id",
        "fd.num",
        "fd.name",
        "fs.path.name",
    ];
    let missing = missing.map(|name| (name, FieldValue::Missing));
    check(&machine, &told, STRANGER, Some(3), &missing);
    let known = [
        ("thread.tid", int(STRANGER)),
        ("evt.is_open_read", FieldValue::Bool(true)),
    ];
    check(&machine, &told, STRANGER, Some(3), &known);
}

#[test]
fn the_ends_of_a_connection() {
    let told = Told::new("write", Direction::Exit, &[&5_i64.to_le_bytes(), b"hello"]);
    let address = |last| FieldValue::Ip(IpAddr::V4(Ipv4Addr::new(10, 0, 2, last)));
    let (client, server) = (address(15), address(99));
    let (client_port, server_port) = (FieldValue::Port(40_000), FieldValue::Port(443));
    let expected = [
        ("evt.category", text("net")),
        ("evt.is_io_write", FieldValue::Bool(true)),
        ("evt.io_dir", text("write")),
        ("evt.buffer", FieldValue::Bytes(b"hello"[..].into())),
        ("evt.buflen.net.out", FieldValue::Uint(5)),
        ("evt.buflen.in", FieldValue::Missing),
        ("fd.l4proto", text("tcp")),
        ("fd.sockfamily", text("ip")),
        ("fd.cip", client.clone()),
        ("fd.sip", server.clone()),
        ("fd.lip", client.clone()),
        ("fd.rip", server.clone()),
        ("fd.lport", client_port),
        ("fd.rport", server_port),
        ("fd.ip", FieldValue::List(vec![client, server])),
        ("fd.sproto", text("443")),
        ("fd.is_server", FieldValue::Bool(false)),
        ("fd.connected", FieldValue::Bool(true)),
    ];
    let connected = machine(Some(connection(Role::Client)));
    check(&connected, &told, CAT, Some(3), &expected);
    // What was there when the capture began has a role; what comes later may have none.
    let mut unknown = machine(None);
    let snapshot = DescriptorSnapshot {
        number: 3,
        descriptor: connection(Role::None),
    };
    unknown.add_descriptor(CAT, snapshot);
    let expected = [
        ("fd.cip", FieldValue::Missing),
        ("fd.lip", FieldValue::Missing),
        ("fd.l4proto", text("<NA>")),
    ];
    check(&unknown, &told, CAT, Some(3), &expected);
}

#[test]
fn calls_without_an_event_of_their_own_have_their_name() {
    let machine = machine(None);
    let of = |code: u16, native: u16| {
        let parameters: [&[u8]; 2] = [&code.to_le_bytes(), &native.to_le_bytes()];
        Told::of(event_types().nth(1).unwrap(), &parameters)
    };
    let cases = [
        (of(38, 0), "chroot"),
        (of(0, 221), "fadvise64"),
        (of(0, 9999), "unknown"),
    ];
    for (told, name) in cases {
        let expected = [
            ("evt.type", text(name)),
            ("syscall.type", text(name)),
            ("evt.args", text("")),
            ("evt.rawres", FieldValue::Missing),
        ];
        check(&machine, &told, CAT, None, &expected);
        let found = with(&machine, &told, CAT, None, |context, _| {
            context.captured().unwrap().event_name()
        });
        assert_eq!(found, EventName::new(name));
    }
}

#[test]
fn no_parameters_make_a_field_panic() {
    let machine = machine(Some(connection(Role::Server)));
    let garbage: Vec<u8> = (0..=255).collect();
    for event_type in event_types() {
        for length in [0, 1, 4, 8, 40] {
            let parameter = &garbage[..length];
            let parameters = vec![parameter; event_type.parameters.len()];
            let told = Told::of(event_type, &parameters);
            with(&machine, &told, CAT, Some(3), |context, fields| {
                let mut found = 0;
                for (id, _) in fields.iter() {
                    found += usize::from(!fields.extract(id, None, context).is_missing());
                }
                assert!(found > 30, "{}", event_type.name);
                for name in [
                    "evt.arg[0]",
                    "evt.rawarg.res",
                    "fd.types[3]",
                    "proc.aenv[1]",
                ] {
                    let (id, argument) = find(fields, name);
                    let value = fields.extract(id, argument.as_ref(), context);
                    assert_ne!(value, FieldValue::Pending);
                }
            });
        }
    }
}
