//! Sockets, their ends and their roles.

use super::*;
use crate::descriptor::{Endpoint, L4Protocol, Role, SocketState};
use std::net::{IpAddr, Ipv4Addr};

type End4 = ([u8; 4], u16);

const HERE: End4 = ([10, 0, 0, 1], 40000);
const THERE: End4 = ([93, 184, 216, 34], 443);

fn tuple4(source: End4, destination: End4) -> Vec<u8> {
    let mut bytes = vec![2];
    for (ip, port) in [source, destination] {
        bytes.extend(ip);
        bytes.extend(port.to_le_bytes());
    }
    bytes
}

fn address4((ip, port): End4) -> Vec<u8> {
    [&[2], &ip[..], &port.to_le_bytes()].concat()
}

fn tuple6(source: (&str, u16), destination: (&str, u16)) -> Vec<u8> {
    let mut bytes = vec![10];
    for (ip, port) in [source, destination] {
        let ip: std::net::Ipv6Addr = ip.parse().unwrap();
        bytes.extend(ip.octets());
        bytes.extend(port.to_le_bytes());
    }
    bytes
}

fn tuple_unix(source: u64, destination: u64, path: &str) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend(source.to_le_bytes());
    bytes.extend(destination.to_le_bytes());
    bytes.extend(path.as_bytes());
    bytes.push(0);
    bytes
}

impl World {
    fn socket(&mut self, fd: i64, domain: i64, kind: i64) -> Subject {
        let values = [
            ("fd", N(fd)),
            ("domain", N(domain)),
            ("type", N(kind)),
            ("proto", N(0)),
        ];
        self.apply(10, code::SOCKET, &values)
    }

    fn connect(&mut self, res: i64, fd: i64, tuple: Vec<u8>) -> Subject {
        let values = [("res", N(res)), ("tuple", B(tuple)), ("fd", N(fd))];
        self.apply(10, code::CONNECT, &values)
    }

    fn bind(&mut self, fd: i64, address: Vec<u8>) -> Subject {
        let values = [("res", N(0)), ("addr", B(address)), ("fd", N(fd))];
        self.apply(10, code::BIND, &values)
    }

    fn receive(&mut self, fd: i64, tuple: Vec<u8>) -> Subject {
        let values = [("res", N(9)), ("tuple", B(tuple)), ("fd", N(fd))];
        self.apply(10, code::RECVFROM, &values)
    }

    fn send(&mut self, fd: i64, tuple: Vec<u8>) -> Subject {
        let values = [("res", N(9)), ("tuple", B(tuple)), ("fd", N(fd))];
        self.apply(10, code::SENDTO, &values)
    }
}

#[test]
fn a_client_connects() {
    let mut world = World::new();
    assert_eq!(name(&world.socket(4, 2, 1)), "");
    let subject = world.connect(0, 4, tuple4(HERE, THERE));
    assert_eq!(name(&subject), "10.0.0.1:40000->93.184.216.34:443");
    assert!(subject.has_name_changed);
    let descriptor = subject.descriptor.unwrap();
    assert_eq!(
        (descriptor.role, descriptor.state),
        (Role::Client, SocketState::Connected)
    );
    let DescriptorKind::Ipv4 {
        destination,
        protocol,
        ..
    } = &descriptor.kind
    else {
        panic!("{descriptor:?}");
    };
    let expected = Endpoint {
        ip: IpAddr::V4(Ipv4Addr::from(THERE.0)),
        port: THERE.1,
    };
    assert_eq!((*destination, *protocol), (expected, L4Protocol::Tcp));
}

#[test]
fn a_connection_may_still_be_on_its_way_or_fail() {
    let mut world = World::new();
    world.socket(4, 2, 1);
    let subject = world.connect(-111, 4, tuple4(HERE, THERE));
    assert_eq!((subject.errno, name(&subject)), (111, String::new()));
    let subject = world.connect(-115, 4, tuple4(HERE, THERE));
    assert_eq!(name(&subject), "10.0.0.1:40000->93.184.216.34:443");
}

#[test]
fn the_address_that_the_caller_asked_for_counts() {
    let mut world = World::new();
    let asked = ([1, 1, 1, 1], 53);
    for (passed, expected) in [
        (THERE, "10.0.0.1:40000->1.1.1.1:53"),
        // The kernel connected to something that memory did not hold any more.
        (([9, 9, 9, 9], 9), "10.0.0.1:40000->93.184.216.34:443"),
    ] {
        world.socket(4, 2, 1);
        let enter = [("fd", N(4)), ("addr", B(address4(asked)))];
        world.apply(10, code::CONNECT_ENTER, &enter);
        let exit = [
            ("res", N(0)),
            ("tuple", B(tuple4(HERE, THERE))),
            ("fd", N(4)),
            ("addr", B(address4(passed))),
        ];
        assert_eq!(name(&world.apply(10, code::CONNECT, &exit)), expected);
    }
}

#[test]
fn without_ends_the_enter_event_tells_the_destination() {
    let mut world = World::new();
    world.socket(4, 2, 1);
    let enter = [("fd", N(4)), ("addr", B(address4(THERE)))];
    world.apply(10, code::CONNECT_ENTER, &enter);
    let subject = world.connect(0, 4, Vec::new());
    let DescriptorKind::Ipv4 { destination, .. } = subject.descriptor.unwrap().kind.clone() else {
        panic!("no connection");
    };
    assert_eq!(destination.port, 443);
}

#[test]
fn unix_sockets_are_named_by_kernel_objects_and_path() {
    let mut world = World::new();
    world.socket(4, 1, 1);
    let subject = world.connect(0, 4, tuple_unix(0xab, 0xcd, "/run/x\n"));
    assert_eq!(name(&subject), "ab->cd /run/x\u{FFFD}");
    assert_eq!(subject.descriptor.unwrap().role, Role::Client);
    let pair = [
        ("res", N(0)),
        ("fd1", N(6)),
        ("fd2", N(7)),
        ("source", N(1)),
        ("peer", N(2)),
    ];
    let subject = world.apply(10, code::SOCKETPAIR, &pair);
    // The first descriptor, with the number of the second.
    assert_eq!(subject.fd_number, Some(7));
    let kind = DescriptorKind::Unix {
        source: 1,
        destination: 2,
    };
    assert_eq!(subject.descriptor.unwrap().kind, kind);
}

#[test]
fn a_server_binds_and_accepts() {
    let mut world = World::new();
    world.socket(4, 2, 1);
    let subject = world.bind(4, address4(([0, 0, 0, 0], 80)));
    assert_eq!(name(&subject), "0.0.0.0:80");
    let descriptor = subject.descriptor.unwrap();
    assert_eq!(descriptor.role, Role::Server);
    assert!(
        matches!(descriptor.kind, DescriptorKind::Ipv4Server { local, protocol: L4Protocol::Tcp } if local.port == 80)
    );
    let accept = [
        ("fd", N(5)),
        ("tuple", B(tuple4(THERE, ([10, 0, 0, 1], 80)))),
        ("flags", N(1 << 12)),
    ];
    let subject = world.apply(10, code::ACCEPT4, &accept);
    assert_eq!(subject.fd_number, Some(5));
    assert_eq!(name(&subject), "93.184.216.34:443->10.0.0.1:80");
    let descriptor = subject.descriptor.unwrap();
    assert_eq!(
        (descriptor.role, descriptor.open_flags),
        (Role::Server, 1 << 12)
    );
}

#[test]
fn a_port_of_0_makes_no_server() {
    let mut world = World::new();
    world.socket(4, 2, 2);
    let subject = world.bind(4, address4(([127, 0, 0, 1], 0)));
    assert_eq!(name(&subject), "127.0.0.1:0");
    assert_eq!(subject.descriptor.unwrap().role, Role::None);
}

#[test]
fn datagrams_tell_both_ends() {
    let mut world = World::new();
    world.socket(4, 2, 2);
    // Who begins by sending is the client.
    let subject = world.send(4, tuple4(HERE, THERE));
    assert_eq!(name(&subject), "10.0.0.1:40000->93.184.216.34:443");
    assert_eq!(subject.descriptor.unwrap().role, Role::Client);
    let subject = world.receive(4, tuple4(THERE, HERE));
    assert_eq!(name(&subject), "10.0.0.1:40000->93.184.216.34:443");
    assert!(!subject.has_name_changed);
}

#[test]
fn a_server_of_datagrams_stays_on_the_right() {
    let mut world = World::new();
    world.socket(4, 2, 2);
    world.bind(4, address4(([0, 0, 0, 0], 53)));
    let here = ([10, 0, 0, 1], 53);
    let subject = world.receive(4, tuple4(THERE, here));
    assert_eq!(name(&subject), "93.184.216.34:443->10.0.0.1:53");
    assert!(subject.descriptor.unwrap().role.is_server());
    // What goes back belongs to the same connection.
    let subject = world.send(4, tuple4(here, THERE));
    assert_eq!(name(&subject), "93.184.216.34:443->10.0.0.1:53");
}

#[test]
fn a_socket_that_was_not_seen_to_be_made_is_guessed() {
    let mut world = World::new();
    let subject = world.send(8, tuple4(HERE, THERE));
    assert_eq!(
        (subject.fd_number, name(&subject)),
        (Some(8), "10.0.0.1:40000->93.184.216.34:443".into())
    );
    let DescriptorKind::Ipv4 { protocol, .. } = subject.descriptor.unwrap().kind.clone() else {
        panic!("no connection");
    };
    assert_eq!(protocol, L4Protocol::Udp);
    // Not from a call that failed.
    let values = [
        ("res", N(-1)),
        ("tuple", B(tuple4(HERE, THERE))),
        ("fd", N(9)),
    ];
    assert!(world.apply(10, code::SENDTO, &values).descriptor.is_none());
}

#[test]
fn ends_over_ipv6_are_shown_as_the_c_library_does() {
    let mut world = World::new();
    world.socket(4, 10, 1);
    for (source, destination, expected) in [
        ("::1", "2001:db8::8", "::1:1->2001:db8::8:2"),
        // Falco looks for the protocol where a socket of IPv4 has it, and this one was none.
        ("::ffff:1.2.3.4", "::ffff:5.6.7.8", "<unknown>"),
        ("::102:304", "fe80::1", "::1.2.3.4:1->fe80::1:2"),
    ] {
        let subject = world.connect(0, 4, tuple6((source, 1), (destination, 2)));
        assert_eq!(name(&subject), expected);
        world.socket(4, 10, 1);
    }
}

#[test]
fn ends_over_ipv6_may_be_addresses_of_ipv4() {
    let mut world = World::new();
    world.socket(4, 10, 2);
    let tuple = tuple6(("::ffff:1.2.3.4", 1), ("::ffff:5.6.7.8", 2));
    let subject = world.send(4, tuple.clone());
    assert_eq!(name(&subject), "1.2.3.4:1->5.6.7.8:2");
    let accept = [("fd", N(5)), ("tuple", B(tuple))];
    let subject = world.apply(10, code::ACCEPT, &accept);
    assert_eq!(name(&subject), "1.2.3.4:1->5.6.7.8:2");
    let kind = &subject.descriptor.unwrap().kind;
    assert!(matches!(kind, DescriptorKind::Ipv4 { .. }));
}

#[test]
fn sockets_that_were_open_get_roles_by_who_listens() {
    let mut machine = Machine::new(MachineInfo::default(), Limits::default());
    machine.add_thread(snapshot(10, 10, 1, "sh"));
    let end = |ip: [u8; 4], port| Endpoint {
        ip: IpAddr::V4(ip.into()),
        port,
    };
    let tcp = L4Protocol::Tcp;
    let kinds = [
        DescriptorKind::Ipv4Server {
            local: end([0; 4], 80),
            protocol: tcp,
        },
        DescriptorKind::Ipv4 {
            source: end([10, 0, 0, 1], 80),
            destination: end([10, 0, 0, 9], 555),
            protocol: tcp,
        },
        DescriptorKind::Ipv4 {
            source: end([10, 0, 0, 1], 556),
            destination: end([10, 0, 0, 9], 80),
            protocol: tcp,
        },
    ];
    for (number, kind) in (0..).zip(kinds) {
        let descriptor = Descriptor {
            kind,
            ..Descriptor::default()
        };
        machine.add_descriptor(10, DescriptorSnapshot { number, descriptor });
    }
    machine.start();
    let thread = machine.thread(10).unwrap();
    let shown = |number| {
        let descriptor = machine.descriptor(thread, number).unwrap();
        (text(&descriptor.name), descriptor.role)
    };
    assert_eq!(shown(0), ("0.0.0.0:80".into(), Role::None));
    assert_eq!(shown(1), ("10.0.0.9:555->10.0.0.1:80".into(), Role::Server));
    assert_eq!(shown(2), ("10.0.0.1:556->10.0.0.9:80".into(), Role::Client));
}

#[test]
fn an_end_that_was_not_said_is_the_host() {
    let mut world = World::new();
    let interface = |ip: [u8; 4], mask: [u8; 4]| Interface {
        name: (*b"eth0").into(),
        address: IpAddr::V4(ip.into()),
        netmask: Some(IpAddr::V4(mask.into())),
        broadcast: None,
        speed_mbit: 0,
    };
    world
        .machine
        .add_interface(interface([127, 0, 0, 1], [255, 0, 0, 0]));
    world
        .machine
        .add_interface(interface([192, 168, 1, 5], [255, 255, 255, 0]));
    for (peer, expected) in [
        ([192, 168, 1, 9], "192.168.1.5:7->192.168.1.9:53"),
        ([127, 0, 0, 53], "127.0.0.1:7->127.0.0.53:53"),
        ([8, 8, 8, 8], "192.168.1.5:7->8.8.8.8:53"),
    ] {
        world.socket(4, 2, 2);
        let subject = world.send(4, tuple4(([0; 4], 7), (peer, 53)));
        assert_eq!(name(&subject), expected);
    }
}
