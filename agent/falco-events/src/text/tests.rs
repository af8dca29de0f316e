use super::*;
use crate::event::Header;
use crate::event_type::EventType;
use crate::table::{event_type, event_types};
use proptest::prelude::*;

/// A thread `cat` in `/root/` with a file, a directory and a connection.
struct Known;

impl Names for Known {
    fn knows_thread(&self) -> bool {
        true
    }

    fn descriptor(&self, number: i64) -> Option<DescriptorText<'_>> {
        let (type_character, protocol_character, name) = match number {
            3 => ('f', None, &b"/etc/passwd"[..]),
            4 => ('d', None, &b"/var/lib"[..]),
            5 => ('4', Some('t'), &b"10.0.0.1:80->10.0.0.2:4000"[..]),
            6 => ('f', None, &b"/tmp/\x01\xff"[..]),
            _ => return None,
        };
        Some(DescriptorText {
            type_character,
            protocol_character,
            name,
        })
    }

    fn working_directory(&self) -> Option<&[u8]> {
        Some(b"/root/")
    }

    fn directory(&self, number: i64, out: &mut Vec<u8>) {
        if let Some(directory) = self.descriptor(number) {
            out.extend_from_slice(directory.name);
            out.push(b'/');
        }
    }

    fn user(&self, uid: u32) -> Option<&[u8]> {
        (uid == 0).then_some(b"root")
    }

    fn group(&self, gid: u32) -> Option<&[u8]> {
        (gid == 7).then_some(b"lp")
    }

    fn thread(&self, tid: i64) -> Option<&[u8]> {
        (tid == 12).then_some(b"cat")
    }

    fn utc_offset_s(&self) -> i32 {
        3600
    }
}

/// Nothing is known.
struct Unknown;

impl Names for Unknown {
    fn knows_thread(&self) -> bool {
        false
    }

    fn descriptor(&self, _: i64) -> Option<DescriptorText<'_>> {
        None
    }

    fn working_directory(&self) -> Option<&[u8]> {
        None
    }

    fn directory(&self, _: i64, _: &mut Vec<u8>) {}

    fn user(&self, _: u32) -> Option<&[u8]> {
        None
    }

    fn group(&self, _: u32) -> Option<&[u8]> {
        None
    }

    fn thread(&self, _: i64) -> Option<&[u8]> {
        None
    }

    fn utc_offset_s(&self) -> i32 {
        0
    }
}

/// Calls `look` with an event that has the given parameters.
fn with_event<T>(
    row: &'static EventType,
    values: &[&[u8]],
    look: impl FnOnce(&Event<'_>) -> T,
) -> T {
    let is_large = row.flags.contains(crate::EventFlags::LARGE_PAYLOAD);
    let lengths: Vec<u8> = values
        .iter()
        .flat_map(|value| {
            let length = u32::try_from(value.len()).unwrap().to_le_bytes();
            length[..if is_large { 4 } else { 2 }].to_vec()
        })
        .collect();
    let values = values.concat();
    let header = Header {
        time_ns: 1,
        tid: 12,
        cpu: 0,
    };
    look(&Event::new(header, row, &lengths, &values))
}

/// The current exit event with a name.
fn exit(name: &str) -> &'static EventType {
    let is_current = |row: &&EventType| {
        row.name == name
            && row.code.direction() == crate::Direction::Exit
            && !row.flags.contains(crate::EventFlags::OLD_VERSION)
    };
    event_types().filter(is_current).last().unwrap()
}

fn arguments(row: &'static EventType, values: &[&[u8]], names: &dyn Names) -> String {
    let mut out = Vec::new();
    with_event(row, values, |event| arguments_text(event, names, &mut out));
    String::from_utf8_lossy(&out).into_owned()
}

/// The text of the one parameter whose kind `is` tells.
fn single(is: impl Fn(ParameterKind) -> bool, value: &[u8]) -> String {
    let mut slots = event_types().flat_map(|row| {
        let parameters = row.parameters.iter().enumerate();
        parameters.map(move |(index, parameter)| (row, index, parameter.kind))
    });
    let (row, index, _) = slots.find(|(_, _, kind)| is(*kind)).unwrap();
    let mut values: Vec<&[u8]> = vec![b""; index];
    values.push(value);
    let mut texts = Texts::default();
    assert!(with_event(row, &values, |event| texts.make(event, index, &Known)));
    let (plain, resolved) = (&texts.plain, &texts.resolved);
    let plain = String::from_utf8_lossy(plain);
    match String::from_utf8_lossy(resolved).as_ref() {
        "" => plain.into_owned(),
        resolved => format!("{plain}({resolved})"),
    }
}

const OK: [u8; 8] = [0; 8];

#[test]
fn descriptors_have_their_names() {
    let close = exit("close");
    let text = |fd: i64| arguments(close, &[&OK, &fd.to_le_bytes()], &Known);
    assert_eq!(text(3), "res=0 fd=3(<f>/etc/passwd)");
    assert_eq!(text(5), "res=0 fd=5(<4t>10.0.0.1:80->10.0.0.2:4000)");
    assert_eq!(text(6), "res=0 fd=6(<f>/tmp/\u{fffd}\u{fffd})");
    assert_eq!(text(9), "res=0 fd=9");
    assert_eq!(text(-9), "res=0 fd=-9(EBADF)");
    assert_eq!(text(-100), "res=0 fd=-100(AT_FDCWD)");
    let of_nobody = arguments(close, &[&OK, &3_i64.to_le_bytes()], &Unknown);
    assert_eq!(of_nobody, "res=0 fd=3");
}

#[test]
fn results_have_the_names_of_errors() {
    let text = |result: i64| single(|it| it == ParameterKind::Errno, &result.to_le_bytes());
    assert_eq!(text(0), "0");
    assert_eq!(text(-2), "-2(ENOENT)");
    assert_eq!(text(-4000), "-4000");
    assert_eq!(text(2), "2");
}

#[test]
fn relative_paths_are_made_absolute() {
    let open = exit("openat");
    let (fd, flags, zero) = (3_i64.to_le_bytes(), 4097_u32.to_le_bytes(), [0; 4]);
    let text = |directory: i64, path: &[u8], names: &dyn Names| {
        let directory = directory.to_le_bytes();
        let values: [&[u8]; 7] = [&fd, &directory, path, &flags, &zero, &zero, &OK];
        arguments(open, &values, names)
    };
    let rest = "flags=4097(O_RDONLY|O_CLOEXEC) mode=0 dev=0 ino=0";
    assert_eq!(
        text(-100, b"../a\0", &Known),
        format!("fd=3(<f>/etc/passwd) dirfd=-100(AT_FDCWD) name=../a(/a) {rest}")
    );
    assert_eq!(
        text(4, b"x//y\0", &Known),
        format!("fd=3(<f>/etc/passwd) dirfd=4(<d>/var/lib) name=x//y(/var/lib/x/y) {rest}")
    );
    assert_eq!(
        text(-100, b"/etc/../x\0", &Known),
        format!("fd=3(<f>/etc/passwd) dirfd=-100(AT_FDCWD) name=/etc/../x {rest}")
    );
    for missing in [&b""[..], b"(NULL)\0"] {
        assert_eq!(
            text(-100, missing, &Known),
            format!("fd=3(<f>/etc/passwd) dirfd=-100(AT_FDCWD) name=<NA> {rest}")
        );
    }
    assert_eq!(
        text(-100, b"a\0", &Unknown),
        format!("fd=3 dirfd=-100 name=a {rest}")
    );
}

#[test]
fn what_is_missing_says_so() {
    for (kind, text) in [
        (ParameterKind::Bytes, "NULL"),
        (ParameterKind::SocketTuple, "NULL"),
        (ParameterKind::FdList, "NULL"),
        (ParameterKind::SocketAddress, "<NA>"),
        (ParameterKind::Errno, "<NA>"),
        (ParameterKind::Text, "<NA>"),
        (ParameterKind::Path, "<NA>"),
        (ParameterKind::Uid, "<NA>"),
    ] {
        assert_eq!(single(|it| it == kind, b""), text, "{kind:?}");
    }
    let is_dynamic = |it| matches!(it, ParameterKind::Dynamic(_));
    assert_eq!(single(is_dynamic, b""), "NULL");
}

#[test]
fn an_event_that_ends_early_has_fewer_arguments() {
    let close = exit("close");
    assert_eq!(arguments(close, &[&OK], &Known), "res=0");
    assert_eq!(arguments(close, &[], &Known), "");
    let mut out = Vec::new();
    let has_it = with_event(close, &[&OK], |event| {
        parameter_text(event, 1, &Known, &mut out)
    });
    assert!(!has_it);
    assert!(out.is_empty());
}

#[test]
fn calls_without_an_event_of_their_own_have_no_arguments() {
    let generic = event_type(GENERIC_EXIT).unwrap();
    let number = 30_u16.to_le_bytes();
    assert_eq!(arguments(generic, &[&number, &number], &Known), "");
    let mut out = Vec::new();
    let values: [&[u8]; 2] = [&number, &number];
    with_event(generic, &values, |event| {
        assert!(parameter_text(event, 0, &Known, &mut out));
    });
    assert_eq!(out, b"pipe");
}

#[test]
fn addresses_are_printed_without_brackets() {
    let address = |bytes: &[u8]| single(|it| it == ParameterKind::SocketAddress, bytes);
    assert_eq!(address(&[2, 127, 0, 0, 1, 80, 0]), "127.0.0.1:80");
    let ipv6 = [&[10][..], &[0; 15], &[1], &[0xBB, 1]].concat();
    assert_eq!(address(&ipv6), "::1:443");
    assert_eq!(address(b"\x01/run/x\0"), "/run/x");
    assert_eq!(address(&[2, 127]), "INVALID IPv4");
    assert_eq!(address(&[10, 127]), "INVALID IPv6");
    assert_eq!(address(&[16]), "family 16");
}

#[test]
fn connections_have_both_ends() {
    let tuple = |bytes: &[u8]| single(|it| it == ParameterKind::SocketTuple, bytes);
    let ipv4 = [2, 10, 0, 0, 1, 80, 0, 10, 0, 0, 2, 0, 4];
    assert_eq!(tuple(&ipv4), "10.0.0.1:80->10.0.0.2:1024");
    let end = |last: u8| [&[0; 10][..], &[0xFF; 2], &[10, 0, 0, last], &[80, 0]].concat();
    let mapped = [&[10][..], &end(1), &end(2)].concat();
    assert_eq!(tuple(&mapped), "10.0.0.1:80->10.0.0.2:80");
    let unix = [&[1][..], &[0xAB, 0, 0, 0, 0, 0, 0, 0], &OK, b"/run/x\0"].concat();
    assert_eq!(tuple(&unix), "ab->0 /run/x");
    assert_eq!(tuple(&[2, 127]), "INVALID IPv4");
}

#[test]
fn numbers_are_named_by_their_kinds() {
    use ParameterKind::{
        AbsoluteTime, Bytes, FdList, Gid, Pid, RelativeTime, Signal, SignalSet, SyscallId, Uid,
    };
    let of = |kind: ParameterKind, bytes: &[u8]| single(|it| it == kind, bytes);
    assert_eq!(of(Pid, &12_i64.to_le_bytes()), "12(cat)");
    assert_eq!(of(Pid, &(-1_i64).to_le_bytes()), "-1");
    assert_eq!(of(Uid, &0_u32.to_le_bytes()), "0(root)");
    assert_eq!(of(Uid, &9_u32.to_le_bytes()), "9(<NA>)");
    assert_eq!(of(Uid, &u32::MAX.to_le_bytes()), "-1(<NONE>)");
    assert_eq!(of(Gid, &7_u32.to_le_bytes()), "7(lp)");
    assert_eq!(of(Signal, &[9]), "9(SIGKILL)");
    assert_eq!(of(SignalSet, &3_u32.to_le_bytes()), "SIGHUP SIGINT");
    assert_eq!(of(SyscallId, &30_u16.to_le_bytes()), "30(pipe)");
    assert_eq!(of(RelativeTime, &u64::MAX.to_le_bytes()), "none");
    let time = of(AbsoluteTime, &1_000_000_001_u64.to_le_bytes());
    assert_eq!(time, "1970-01-01 01:00:01.000000001");
    assert_eq!(of(Bytes, b"GET /\r\n\x7f\xff~"), "GET /....~");
    let list = [&[2, 0][..], &3_i64.to_le_bytes(), &[0x11, 0]].concat();
    let list = [&list[..], &8_i64.to_le_bytes(), &[0xFF, 0xFF]].concat();
    assert_eq!(of(FdList, &list), "3:f11 8:?ffffffff");
}

#[test]
fn a_dynamic_value_is_what_it_says_it_is() {
    let bpf = |kind: ParameterKind| match kind {
        ParameterKind::Dynamic(choices) => {
            choices.len() == 2 && choices[0].kind == ParameterKind::Fd
        }
        _ => false,
    };
    let value = |index: u8, number: i64| [&[index][..], &number.to_le_bytes()].concat();
    assert_eq!(single(bpf, &value(0, 3)), "3(<f>/etc/passwd)");
    assert_eq!(single(bpf, &value(1, -1)), "-1(EPERM)");
    assert_eq!(single(bpf, &value(9, 0)), "INVALID DYNAMIC PARAMETER");
    let with_text = |kind: ParameterKind| match kind {
        ParameterKind::Dynamic(choices) => {
            choices.len() == 2 && choices[1].kind == ParameterKind::Text
        }
        _ => false,
    };
    assert_eq!(single(with_text, b"\x01key\0"), "key");
    assert_eq!(single(with_text, b"\x01"), "(null)");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        code in 0..454_u16,
        values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..32),
        is_known: bool,
    ) {
        let row = event_type(EventCode(code)).unwrap();
        let values: Vec<&[u8]> = values.iter().map(Vec::as_slice).collect();
        let names: &dyn Names = if is_known { &Known } else { &Unknown };
        with_event(row, &values, |event| {
            let mut out = Vec::new();
            arguments_text(event, names, &mut out);
            for index in 0..row.parameters.len() {
                out.clear();
                let has_it = parameter_text(event, index, names, &mut out);
                prop_assert_eq!(has_it, index < event.parameter_count());
            }
            Ok(())
        })?;
    }
}
