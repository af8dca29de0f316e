use crate::{
    Argument, BuildError, DecodeError, EventBuilder, EventView, Value, WallClock, strings,
};
use saker_event_schema::{EventHeader, EventId, Kind, ROWS, data_flag, event};

fn parse(record: &[u8]) -> EventView<'_> {
    EventView::parse(record).expect("a record")
}

#[test]
fn what_was_set_is_read() {
    let record = EventBuilder::new(event::OPENAT)
        .pid(7)
        .ppid(6)
        .uid(5)
        .comm("a name that is too long")
        .result(3)
        .set("dirfd", -100)
        .set("name", b"\xff/x")
        .set("flags", 0o101)
        .set("directory", "/")
        .set("file_path", "/x")
        .build();
    let view = parse(&record);
    assert_eq!(
        (view.header().pid, view.header().tid, view.header().vpid),
        (7, 7, 7)
    );
    assert_eq!((view.header().ppid, view.header().uid), (6, 5));
    assert_eq!(view.comm(), b"a name that is ");
    assert_eq!(view.id(), event::OPENAT);
    assert_eq!(
        view.named("fd"),
        Some(Argument::Signed(3)),
        "follows the result"
    );
    assert_eq!(view.named("dirfd"), Some(Argument::Signed(-100)));
    assert_eq!(view.named("flags"), Some(Argument::Unsigned(0o101)));
    let slot = |name| view.row().slot(name).expect("a slot");
    assert_eq!(view.path(slot("name")), Some(&b"\xff/x"[..]));
    assert_eq!(
        view.data(slot("directory")).map(|data| data.bytes),
        Some(&b""[..])
    );
    assert_eq!(
        view.path(slot("directory")),
        Some(&b"/"[..]),
        "no components"
    );
    assert_eq!(
        view.path(slot("file_root")),
        Some(&b"/"[..]),
        "comes with its path"
    );
    assert_eq!(view.named("none"), None);
    assert_eq!(view.argument(99), Argument::Missing);
    assert_eq!(view.signed(slot("name")), None);
    assert_eq!(view.unsigned(slot("fd")), None);
}

#[test]
fn what_was_not_set_is_missing() {
    let record = EventBuilder::new(event::OPENAT).result(-2).build();
    let view = parse(&record);
    for name in ["name", "directory", "file_path", "file_root"] {
        assert_eq!(view.named(name), Some(Argument::Missing), "{name}");
    }
    let slot = view.row().slot("file_path").expect("a slot");
    assert_eq!(view.data_flags(slot), data_flag::MISSING);
    assert_eq!(view.data_flags(0), 0);
}

#[test]
fn memory_that_could_not_be_read_is_missing_unless_some_could() {
    let build = |bytes: &str| {
        EventBuilder::new(event::EXECVE)
            .set("args", Value::flagged(bytes, data_flag::FAULT))
            .build()
    };
    assert_eq!(parse(&build("")).named("args"), Some(Argument::Missing));
    let record = build("a\0");
    let Some(Argument::Data(data)) = parse(&record).named("args") else {
        panic!("some could be read");
    };
    assert!(data.has(data_flag::FAULT));
}

#[test]
fn vectors_are_split_at_their_ends() {
    let split = |bytes| strings(bytes).collect::<Vec<_>>();
    assert_eq!(split(b"a\0b\0"), [b"a", b"b"]);
    assert_eq!(split(b"a\0\0"), [&b"a"[..], b""]);
    assert_eq!(split(b"\0"), [b""]);
    assert_eq!(split(b"cut\0of"), [&b"cut"[..], b"of"]);
    assert!(split(b"").is_empty());
}

#[test]
fn every_row_survives_the_way_to_bytes_and_back() {
    for row in ROWS {
        let mut builder = EventBuilder::new(row.id).result(1);
        for argument in row.arguments {
            let value = match argument.kind {
                Kind::Socket => Value::unix("/run/x"),
                Kind::SocketAddress => Value::unix_address("/run/x"),
                Kind::KernelPath => Value::from("/"),
                kind if kind.is_data() => Value::from("x"),
                _ => Value::from(1),
            };
            builder.try_set(argument.name, value).expect(argument.name);
        }
        let record = builder.build();
        let view = parse(&record);
        assert_eq!(view.row().name, row.name);
        for (slot, argument) in row.arguments.iter().enumerate() {
            let place = format!("{}.{}", row.name, argument.name);
            match view.argument(slot) {
                Argument::Missing => panic!("{place} is missing"),
                Argument::Signed(value) => assert_eq!(value, 1, "{place}"),
                Argument::Unsigned(value) => assert_eq!(value, 1, "{place}"),
                Argument::Data(data) => assert!(!data.path().is_empty(), "{place}"),
                Argument::Socket(socket) => assert_eq!(socket.unix_path, b"/run/x", "{place}"),
                Argument::SocketAddress(_) => {}
            }
        }
    }
}

#[test]
fn mistakes_of_a_builder_are_reported() {
    let mut builder = EventBuilder::new(event::OPENAT);
    assert_eq!(
        builder.try_set("nothing", Value::from(1)),
        Err(BuildError::UnknownArgument { event: "openat" })
    );
    for (name, value) in [
        ("name", Value::from(1)),
        ("flags", Value::from("text")),
        ("flags", Value::from(-1)),
        ("fd", Value::Missing),
        ("fd", Value::from(u64::MAX)),
    ] {
        let error = builder.try_set(name, value).expect_err(name);
        assert!(matches!(error, BuildError::WrongKind { argument, .. } if argument == name));
    }
    builder
        .try_set("name", Value::from(vec![b'x'; 65_530]))
        .expect("fits by itself");
    assert_eq!(
        builder.try_build(),
        Err(BuildError::TooLong { event: "openat" })
    );
    assert!(EventBuilder::try_new(EventId::new(0)).is_err());
}

#[test]
fn broken_records_are_refused_with_the_reason() {
    let record = EventBuilder::new(event::OPENAT)
        .set("name", "/etc/passwd")
        .build();
    let head = size_of::<EventHeader>();
    assert!(matches!(
        EventView::parse(&record[..head - 1]),
        Err(DecodeError::HeaderTooShort { .. })
    ));
    assert!(matches!(
        EventView::parse(&record[..record.len() - 1]),
        Err(DecodeError::Cut { .. })
    ));
    let mut longer = record.clone();
    longer.extend_from_slice(b"rest");
    assert_eq!(
        parse(&longer).record(),
        record,
        "what follows is not part of it"
    );

    let length = std::mem::offset_of!(EventHeader, length);
    let id = std::mem::offset_of!(EventHeader, event);
    let mut unknown = record.clone();
    unknown[id..id + 2].copy_from_slice(&u16::MAX.to_ne_bytes());
    assert_eq!(
        EventView::parse(&unknown).err(),
        Some(DecodeError::UnknownEvent { id: u16::MAX })
    );
    let mut short = record.clone();
    short[length..length + 4].copy_from_slice(&u32::try_from(head).expect("small").to_ne_bytes());
    assert!(matches!(
        EventView::parse(&short),
        Err(DecodeError::SlotsTooShort {
            event: "openat",
            ..
        })
    ));
    let name = head + 2 * 8;
    for offset in [
        0_u32,
        8,
        u32::MAX,
        u32::try_from(record.len()).expect("small"),
    ] {
        let mut outside = record.clone();
        outside[name..name + 4].copy_from_slice(&offset.to_ne_bytes());
        assert!(matches!(
            EventView::parse(&outside),
            Err(DecodeError::DataOutside {
                argument: "name",
                ..
            })
        ));
    }
    let socket = EventBuilder::new(event::CONNECT)
        .set("tuple", "short")
        .build();
    assert!(matches!(
        EventView::parse(&socket),
        Err(DecodeError::SocketTooShort {
            argument: "tuple",
            ..
        })
    ));
}

#[test]
fn records_need_not_be_aligned() {
    let record = EventBuilder::new(event::OPENAT).set("name", "/x").build();
    for shift in 1..8 {
        let mut bytes = vec![0; shift];
        bytes.extend_from_slice(&record);
        assert_eq!(parse(&bytes[shift..]).path(2), Some(&b"/x"[..]));
    }
}

#[test]
fn the_wall_clock_saturates() {
    assert_eq!(WallClock::new(-10).wall_ns(5), 0);
    assert_eq!(WallClock::new(i64::MAX).wall_ns(u64::MAX), u64::MAX);
    let clock = WallClock::new(1_000);
    assert_eq!(clock.boot_ns(clock.wall_ns(42)), 42);
}
