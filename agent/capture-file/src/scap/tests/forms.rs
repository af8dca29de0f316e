//! Every form of every block.

use super::sample::{
    self, Content, descriptors, event, group, header, interfaces, machine, owned_event, read,
    thread, user,
};
use crate::scap::{Audience, BlockType, Reader, Record, SnapshotItem, Writer};
use saker_capture_state::{DescriptorKind, DescriptorSnapshot, L4Protocol, ThreadSnapshot};
use saker_falco_events::{EventCode, EventFlags, event_types};

fn written(write: impl FnOnce(&mut Writer<Vec<u8>>)) -> Content {
    let mut writer = Writer::new(Vec::new()).unwrap();
    write(&mut writer);
    let content = read(&writer.into_inner());
    assert!(content.error.is_none(), "{:?}", content.error);
    assert_eq!(content.stats.skipped(), 0, "{:?}", content.stats);
    assert_eq!((content.sections, content.snapshot_ends), (1, 1));
    content
}

/// The sample with what a version does not have yet as libscap has it.
fn thread_of_version(version: u8) -> ThreadSnapshot {
    let full = thread();
    let mut thread = thread();
    if version < 9 {
        thread = ThreadSnapshot {
            pgid: -1,
            loginuid: u32::MAX,
            cap_permitted: 0,
            cap_effective: 0,
            cap_inheritable: 0,
            exe_ino: 0,
            exe_ino_ctime: 0,
            exe_ino_mtime: 0,
            exe_writable: false,
            exe_upper_layer: false,
            exe_lower_layer: false,
            exe_from_memfd: false,
            pidns_init_start_ts: 0,
            tty: 0,
            ..full
        };
    }
    if version < 8 {
        thread.vpgid = -1;
    }
    if version < 7 {
        thread.exe_path = Box::default();
    }
    if version < 6 {
        thread.sid = -1;
    }
    if version < 5 {
        thread.root = Box::default();
    }
    if version < 4 {
        (thread.vtid, thread.vpid) = (-1, -1);
        thread.cgroups = Box::default();
    }
    if version < 3 {
        thread.environment = Box::default();
    }
    if version < 2 {
        (thread.vm_size_kb, thread.vm_rss_kb, thread.vm_swap_kb) = (0, 0, 0);
        (thread.pf_major, thread.pf_minor) = (0, 0);
    }
    thread
}

#[test]
fn threads_of_every_version() {
    let forms = [
        (0x202, 1),
        (0x8000_abcd, 1),
        (0x207, 2),
        (0x8013_abcd, 2),
        (0x209, 3),
        (0x8014_abcd, 3),
        (0x210, 4),
        (0x211, 5),
        (0x212, 6),
        (0x213, 7),
        (0x214, 8),
        (0x215, 9),
    ];
    for (block, version) in forms {
        let content = written(|writer| {
            let second = ThreadSnapshot {
                tid: 43,
                ..thread()
            };
            writer
                .threads(BlockType(block), &[thread(), second])
                .unwrap();
        });
        let mut expected = [thread_of_version(version), thread_of_version(version)];
        expected[1].tid = 43;
        assert_eq!(
            content.items,
            expected.map(SnapshotItem::Thread),
            "version {version}"
        );
        assert_eq!(content.stats.threads, 2);
    }
}

/// Libraries before 0.10 wrote at most 29 bytes behind what version 8 has, without the two fields
/// that later ones put first.
#[test]
fn an_early_extension_of_version_9() {
    let (early, late) = (early_entry(29), early_entry(30));
    let of = |entry: Vec<u8>| {
        let content = written(|writer| writer.block(BlockType(0x215), &entry).unwrap());
        match content.items.as_slice() {
            [SnapshotItem::Thread(thread)] => thread.clone(),
            other => panic!("{other:?}"),
        }
    };
    let early = of(early);
    assert_eq!(
        (early.loginuid, early.exe_writable, early.tty),
        (0x0101_0101, true, 0)
    );
    assert_eq!(early.cap_effective, 0x0101_0101_0101_0101);
    let late = of(late);
    assert_eq!(
        (late.tty, late.pidns_init_start_ts),
        (0x0101_0101, 0x0101_0101_0101_0101)
    );
    // 13 bytes are left: no room for the third set of capabilities, but for the flag behind it.
    assert_eq!(
        (late.cap_inheritable, late.cap_permitted),
        (0x0101_0101_0101_0101, 0)
    );
    assert!(late.exe_upper_layer);
}

/// An entry of version 9 whose extension is `count` bytes of 1.
fn early_entry(count: usize) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer.threads(BlockType(0x214), &[thread()]).unwrap();
    let bytes = writer.into_inner();
    // Behind the section header (28 bytes) and the head of the block; 1 or 2 bytes of padding.
    let body = &bytes[36..bytes.len() - 4];
    let texts = 11 + thread().comm.len() + thread().exe.len() + thread().exe_path.len();
    let texts = texts + thread().arguments.len() + thread().cwd.len();
    let texts = texts + thread().environment.len() + thread().cgroups.len();
    let fixed = 5 * 8 + 5 * 2 + 8 + 3 * 4 + 3 * 4 + 2 * 8 + 2 + 2 * 8 + 2 + 2;
    let length = fixed + texts - 11 + thread().root.len();
    let mut entry = u32::try_from(4 + length + count)
        .unwrap()
        .to_le_bytes()
        .to_vec();
    entry.extend(&body[..length]);
    entry.extend(vec![1; count]);
    entry
}

#[test]
fn arguments_get_their_last_nul() {
    let content = written(|writer| {
        let thread = ThreadSnapshot {
            arguments: (*b"-n\0file").into(),
            environment: (*b"A=b").into(),
            comm: (*b"cat\0tail").into(),
            ..thread()
        };
        writer.threads(BlockType(0x215), &[thread]).unwrap();
    });
    let expected = ThreadSnapshot {
        environment: (*b"A=b\0").into(),
        ..thread()
    };
    assert_eq!(content.items, [SnapshotItem::Thread(expected)]);
}

#[test]
fn descriptors_of_both_forms() {
    for block in [0x203, 0x8001_abcd, 0x218] {
        let content = written(|writer| {
            writer
                .descriptors(BlockType(block), 42, &descriptors())
                .unwrap();
        });
        let expected = descriptors().into_iter().map(|mut snapshot| {
            if block != 0x218 {
                snapshot.descriptor.device = 0;
            }
            SnapshotItem::Descriptor { tid: 42, snapshot }
        });
        assert_eq!(content.items, expected.collect::<Vec<_>>(), "{block:#x}");
    }
}

/// Both ends must be mapped (or unspecified) for a connection to count as one over IPv4.
#[test]
fn mapped_connections_become_those_of_ipv4() {
    let mapped = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 1];
    let cases = [
        (mapped, [0; 16], Some(([10, 0, 0, 1], [0; 4]))),
        (mapped, mapped, Some(([10, 0, 0, 1], [10, 0, 0, 1]))),
        (mapped, [7; 16], None),
        ([7; 16], [0; 16], None),
    ];
    for (source, destination, expected) in cases {
        let (protocol, ports) = (L4Protocol::Tcp, (80, 40000));
        let mut snapshot = descriptors().remove(0);
        snapshot.descriptor.kind = DescriptorKind::Ipv6 {
            source: sample::endpoint(source, ports.0),
            destination: sample::endpoint(destination, ports.1),
            protocol,
        };
        let original = snapshot.descriptor.kind.clone();
        let content = written(|writer| {
            writer
                .descriptors(BlockType(0x218), 1, &[snapshot])
                .unwrap();
        });
        let [SnapshotItem::Descriptor { snapshot, .. }] = content.items.as_slice() else {
            panic!("{:?}", content.items);
        };
        let expected = expected.map_or(original, |(source, destination)| DescriptorKind::Ipv4 {
            source: sample::endpoint(source, ports.0),
            destination: sample::endpoint(destination, ports.1),
            protocol,
        });
        assert_eq!(snapshot.descriptor.kind, expected);
    }
}

/// Kind 0 says that nothing is known, kinds above 21 come from later versions.
#[test]
fn descriptors_of_other_kinds() {
    let mut body = 42_i64.to_le_bytes().to_vec();
    for kind in [0, 77] {
        body.extend(25_u32.to_le_bytes());
        body.extend(5_i64.to_le_bytes());
        body.extend(6_u64.to_le_bytes());
        body.push(kind);
        body.extend([0; 4]);
    }
    let content = written(|writer| writer.block(BlockType(0x218), &body).unwrap());
    let [SnapshotItem::Descriptor { tid: 42, snapshot }] = content.items.as_slice() else {
        panic!("{:?}", content.items);
    };
    assert_eq!(snapshot.descriptor.kind, DescriptorKind::Unsupported);
    assert_eq!(*snapshot.descriptor.name, *b"unknown-type:[77]");
}

/// What stands in the block about the host.
fn machine_body() -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer.machine(&machine()).unwrap();
    let bytes = writer.into_inner();
    bytes[36..bytes.len() - 4].to_vec()
}

#[test]
fn interfaces_users_and_the_host() {
    for [list, accounts, host] in [
        [0x205, 0x206, 0x201],
        [0x8011_abcd, 0x8012_abcd, 0x8002_abcd],
        [0x219, 0x220, 0x201],
    ] {
        let content = written(|writer| {
            writer.block(BlockType(host), &machine_body()).unwrap();
            writer.interfaces(BlockType(list), &interfaces()).unwrap();
            writer
                .users(BlockType(accounts), &[user()], &[group(), group()])
                .unwrap();
        });
        let mut expected = vec![SnapshotItem::Machine(machine())];
        expected.extend(interfaces().into_iter().map(SnapshotItem::Interface));
        expected.push(SnapshotItem::User(user()));
        expected.extend([group(), group()].map(SnapshotItem::Group));
        assert_eq!(content.items, expected);
    }
}

/// What later versions append to an entry is skipped.
#[test]
fn longer_entries_of_later_versions() {
    type Write = fn(&mut Writer<Vec<u8>>);
    let lists: [(u32, Write); 4] = [
        (0x215, |writer| {
            writer
                .threads(BlockType(0x215), &[thread(), thread()])
                .unwrap();
        }),
        (0x218, |writer| {
            let descriptors: [DescriptorSnapshot; 2] =
                [descriptors().remove(0), descriptors().remove(0)];
            writer
                .descriptors(BlockType(0x218), 42, &descriptors)
                .unwrap();
        }),
        (0x219, |writer| {
            let interfaces = [interfaces().remove(0), interfaces().remove(0)];
            writer.interfaces(BlockType(0x219), &interfaces).unwrap();
        }),
        (0x220, |writer| {
            writer
                .users(BlockType(0x220), &[user()], &[group()])
                .unwrap();
        }),
    ];
    for (block, write) in lists {
        let mut plain = Writer::new(Vec::new()).unwrap();
        write(&mut plain);
        let plain = plain.into_inner();
        let body = &plain[36..plain.len() - 4];
        let start = if block == 0x218 { 8 } else { 0 };
        let length = usize::from(u16::from_le_bytes([body[start], body[start + 1]]));
        let own = if block == 0x219 { 4 } else { 0 };
        let longer = u32::try_from(length + 4).unwrap().to_le_bytes();
        let end = start + own + length;
        let body = [
            &body[..start],
            &longer,
            &body[start + 4..end],
            &[9; 4],
            &body[end..],
        ];
        let content = written(|writer| writer.block(BlockType(block), &body.concat()).unwrap());
        assert_eq!(content.items, read(&plain).items, "{block:#x}");
    }
}

#[test]
fn events_of_every_form() {
    let parameters: [&[u8]; 2] = [&5_i64.to_le_bytes(), b"hello"];
    for block in [0x204, 0x8010_abcd, 0x208, 0x216, 0x217, 0x221, 0x222] {
        let content = written(|writer| {
            for number in 0..2 {
                writer
                    .event_in(
                        BlockType(block),
                        header(number),
                        sample::READ_EXIT,
                        &parameters,
                    )
                    .unwrap();
            }
        });
        assert_eq!(
            content.events,
            [owned_event(0), owned_event(1)],
            "{block:#x}"
        );
    }
}

/// Events with flags tell whom they are for.
#[test]
fn events_for_the_state_only() {
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer
        .event_in(BlockType(0x217), header(0), sample::READ_EXIT, &[])
        .unwrap();
    let mut bytes = writer.into_inner();
    let flags = 28 + 8 + 2;
    for (value, expected) in [
        (0, Audience::Everyone),
        (1, Audience::State),
        (3, Audience::State),
    ] {
        bytes[flags] = value;
        let mut reader = Reader::new(bytes.as_slice()).unwrap();
        let found = loop {
            if let Record::Event { audience, .. } = reader.next_record().unwrap().unwrap() {
                break audience;
            }
        };
        assert_eq!(found, expected);
    }
}

/// The oldest events do not tell how many parameters they have.
#[test]
fn old_events_with_fewer_parameters() {
    let content = written(|writer| {
        let result = 5_i64.to_le_bytes();
        for count in 0..=2 {
            let parameters: [&[u8]; 2] = [&result, b"hello"];
            writer
                .event_in(
                    BlockType(0x204),
                    header(0),
                    sample::READ_EXIT,
                    &parameters[..count],
                )
                .unwrap();
        }
    });
    let counts = content.events.iter().map(|event| event.parameters.len());
    assert_eq!(counts.collect::<Vec<_>>(), [0, 1, 2]);
}

/// Old captures state the length of two kinds of events 3 bytes too long.
#[test]
fn old_events_of_a_wrong_length() {
    for code in [280, 286] {
        let parameters: [&[u8]; 2] = [b"id\0", b"text\0"];
        let mut writer = Writer::new(Vec::new()).unwrap();
        writer
            .event_in(
                BlockType(0x204),
                header(0),
                EventCode(code),
                &parameters[..],
            )
            .unwrap();
        let mut bytes = writer.into_inner();
        let length = 28 + 8 + 2 + 16;
        bytes[length] += 3;
        let content = read(&bytes);
        assert_eq!(content.stats.malformed_events, 0, "{:?}", content.stats);
        assert_eq!(content.events[0].parameters, parameters);
    }
}

/// Some kinds of events have parameters of more than 64 KiB.
#[test]
fn large_events() {
    let large = event_types().find(|it| it.flags.contains(EventFlags::LARGE_PAYLOAD));
    let code = large.unwrap().code;
    let data = vec![5; 1 << 20];
    let content = written(|writer| {
        event(writer, 0);
        writer.event(header(1), code, &[&data]).unwrap();
        event(writer, 2);
    });
    assert_eq!(content.events[1].parameters, [data]);
    assert_eq!(
        [&content.events[0], &content.events[2]],
        [&owned_event(0), &owned_event(2)]
    );
}
