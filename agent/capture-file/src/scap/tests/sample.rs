//! Small captures with something of everything.

use crate::scap::{BlockType, Reader, Record, ScapError, SnapshotItem, Stats, Writer};
use saker_capture_state::{
    Descriptor, DescriptorKind, DescriptorSnapshot, Endpoint, GroupEntry, Interface, L4Protocol,
    MachineInfo, Role, SocketState, ThreadSnapshot, UserEntry,
};
use saker_falco_events::{EventCode, Header};
use std::net::IpAddr;

/// `read`, returning: result and data.
pub(super) const READ_EXIT: EventCode = EventCode(7);

/// An event without parameters beyond what is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnedEvent {
    pub(super) header: Header,
    pub(super) code: EventCode,
    pub(super) parameters: Vec<Vec<u8>>,
}

/// All that a reader yields.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) sections: usize,
    pub(super) items: Vec<SnapshotItem>,
    pub(super) snapshot_ends: usize,
    pub(super) events: Vec<OwnedEvent>,
    pub(super) error: Option<ScapError>,
    pub(super) stats: Stats,
}

pub(super) fn read(bytes: &[u8]) -> Content {
    let mut content = Content::default();
    let mut reader = Reader::new(bytes).unwrap();
    loop {
        match reader.next_record() {
            Ok(None) => break,
            Ok(Some(Record::SectionStart)) => content.sections += 1,
            Ok(Some(Record::Snapshot(item))) => content.items.push(*item),
            Ok(Some(Record::SnapshotEnd)) => content.snapshot_ends += 1,
            Ok(Some(Record::Event { event, .. })) => content.events.push(OwnedEvent {
                header: event.header,
                code: event.event_type.code,
                parameters: (0..event.parameter_count())
                    .map(|index| event.parameter(index).unwrap().to_vec())
                    .collect(),
            }),
            Err(error) => {
                assert!(content.error.is_none(), "an error ends the reading");
                content.error = Some(error);
            }
        }
    }
    content.stats = reader.stats().clone();
    content
}

pub(super) fn header(number: u64) -> Header {
    Header {
        time_ns: 1_700_000_000_000_000_000 + number,
        tid: 42,
        cpu: 3,
    }
}

pub(super) fn machine() -> MachineInfo {
    MachineInfo {
        cpus: 4,
        memory_bytes: 8 << 30,
        pids_max: 32768,
        hostname: (*b"harrier").into(),
        boot_time_ns: 1_699_999_000_000_000_000,
    }
}

pub(super) fn thread() -> ThreadSnapshot {
    ThreadSnapshot {
        tid: 42,
        pid: 41,
        ptid: 1,
        sid: 40,
        vpgid: 39,
        pgid: 38,
        comm: (*b"cat").into(),
        exe: (*b"/bin/cat").into(),
        exe_path: (*b"/usr/bin/cat").into(),
        arguments: (*b"-n\0file\0").into(),
        cwd: (*b"/root").into(),
        fd_limit: 1024,
        flags: 7,
        uid: 1000,
        gid: 100,
        loginuid: 1001,
        cap_permitted: 1 << 40,
        cap_effective: 1 << 41,
        cap_inheritable: 1 << 42,
        exe_ino: 11,
        exe_ino_ctime: 12,
        exe_ino_mtime: 13,
        exe_writable: true,
        exe_upper_layer: true,
        exe_lower_layer: true,
        exe_from_memfd: true,
        vm_size_kb: 14,
        vm_rss_kb: 15,
        vm_swap_kb: 16,
        pf_major: 17,
        pf_minor: 18,
        environment: (*b"HOME=/root\0").into(),
        vtid: 19,
        vpid: 20,
        pidns_init_start_ts: 21,
        cgroups: (*b"cpu=/a\0").into(),
        root: (*b"/").into(),
        tty: 22,
    }
}

pub(super) fn interfaces() -> Vec<Interface> {
    let interface = |name: &[u8], address, netmask, speed_mbit| Interface {
        name: name.into(),
        address,
        netmask: Some(netmask),
        broadcast: None,
        speed_mbit,
    };
    let (v4, v6) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([7; 16]));
    let (mask4, mask6) = (IpAddr::from([255, 0, 0, 0]), IpAddr::from([255; 16]));
    vec![
        interface(b"eth0", v4, mask4, 1000),
        interface(b"lo", v4, mask4, 0),
        interface(b"eth0", v6, mask6, 1000),
        interface(b"lo", v6, mask6, 0),
    ]
}

pub(super) fn user() -> UserEntry {
    UserEntry {
        uid: 1000,
        gid: 100,
        name: (*b"alba").into(),
        home: (*b"/home/alba").into(),
        shell: (*b"/bin/sh").into(),
    }
}

pub(super) fn group() -> GroupEntry {
    GroupEntry {
        gid: 100,
        name: (*b"users").into(),
    }
}

pub(super) fn endpoint<const N: usize>(ip: [u8; N], port: u16) -> Endpoint
where
    IpAddr: From<[u8; N]>,
{
    Endpoint {
        ip: ip.into(),
        port,
    }
}

/// One of each kind, with what reading makes of it.
pub(super) fn descriptors() -> Vec<DescriptorSnapshot> {
    use DescriptorKind as Kind;
    let plain = |kind, name: &[u8]| Descriptor {
        kind,
        name: name.into(),
        inode: 99,
        ..Descriptor::default()
    };
    let connected = |kind| Descriptor {
        state: SocketState::Connected,
        ..plain(kind, b"")
    };
    let (tcp, udp) = (L4Protocol::Tcp, L4Protocol::Udp);
    let (a4, b4) = (endpoint([10, 0, 0, 1], 443), endpoint([10, 0, 0, 2], 50000));
    let (a6, b6) = (endpoint([7; 16], 443), endpoint([8; 16], 50000));
    let unix = |name: &[u8], role| Descriptor {
        role,
        ..plain(
            Kind::Unix {
                source: 1,
                destination: 2,
            },
            name,
        )
    };
    let mut all = vec![
        Descriptor {
            open_flags: 65,
            device: 8,
            ..plain(Kind::File, b"/etc/passwd")
        },
        connected(Kind::Ipv4 {
            source: a4,
            destination: b4,
            protocol: tcp,
        }),
        connected(Kind::Ipv6 {
            source: a6,
            destination: b6,
            protocol: tcp,
        }),
        plain(
            Kind::Ipv6 {
                source: a6,
                destination: b6,
                protocol: udp,
            },
            b"",
        ),
        plain(
            Kind::Ipv4Server {
                local: a4,
                protocol: tcp,
            },
            b"",
        ),
        plain(
            Kind::Ipv6Server {
                local: a6,
                protocol: udp,
            },
            b"",
        ),
        unix(b"/run/socket", Role::Server),
        unix(b"", Role::Client),
    ];
    let named = [
        Kind::Directory,
        Kind::Fifo,
        Kind::Event,
        Kind::Unsupported,
        Kind::SignalFd,
        Kind::EventPoll,
        Kind::Inotify,
        Kind::TimerFd,
        Kind::Netlink,
        Kind::Bpf,
        Kind::UserFaultFd,
        Kind::IoUring,
        Kind::MemFd,
        Kind::PidFd,
    ];
    all.extend(named.map(|kind| plain(kind, b"name")));
    let numbered = (3..).zip(all);
    numbered
        .map(|(number, descriptor)| DescriptorSnapshot { number, descriptor })
        .collect()
}

/// Everything in its current form, and two events.
pub(super) fn capture() -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    writer.machine(&machine()).unwrap();
    writer.interfaces(BlockType(0x219), &interfaces()).unwrap();
    writer
        .users(BlockType(0x220), &[user()], &[group()])
        .unwrap();
    writer.threads(BlockType(0x215), &[thread()]).unwrap();
    writer
        .descriptors(BlockType(0x218), 42, &descriptors())
        .unwrap();
    for number in 0..2 {
        event(&mut writer, number);
    }
    writer.into_inner()
}

/// What [`event`] writes.
pub(super) fn owned_event(number: u64) -> OwnedEvent {
    OwnedEvent {
        header: header(number),
        code: READ_EXIT,
        parameters: vec![5_i64.to_le_bytes().to_vec(), b"hello".to_vec()],
    }
}

pub(super) fn event(writer: &mut Writer<Vec<u8>>, number: u64) {
    let result = 5_i64.to_le_bytes();
    let parameters: [&[u8]; 2] = [&result, b"hello"];
    writer
        .event(header(number), READ_EXIT, &parameters)
        .unwrap();
}
