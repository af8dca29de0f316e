use crate::socket::{AF_INET6, IPPROTO_ICMPV6, SOCK_RAW};
use crate::{EventBuilder, EventView, L4Protocol, SocketAddressView, SocketView, Value};
use saker_event_schema::{SocketTuple, event};
use std::net::SocketAddr;
use zerocopy::IntoBytes;

fn end(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

#[test]
fn ends_of_sockets_are_read() {
    for (local, remote) in [
        ("10.0.0.1:4000", "10.0.0.2:443"),
        ("[2001:db8::1]:1", "[::1]:65535"),
    ] {
        let record = EventBuilder::new(event::CONNECT)
            .set("tuple", Value::tcp(end(local), end(remote)))
            .build();
        let view = EventView::parse(&record).expect("a record");
        let socket = view.socket(1).expect("a socket");
        assert_eq!(socket.local(), Some(end(local)));
        assert_eq!(socket.remote(), Some(end(remote)));
        assert_eq!(socket.l4_protocol(), Some(L4Protocol::Tcp));
        assert!(socket.has_remote());
    }
}

#[test]
fn transports_follow_protocol_and_type() {
    let mut tuple = SocketTuple {
        family: AF_INET6,
        socket_type: SOCK_RAW,
        protocol: IPPROTO_ICMPV6,
        ..SocketTuple::default()
    };
    let protocol = |tuple: &SocketTuple| {
        SocketView::parse(tuple.as_bytes())
            .expect("whole")
            .l4_protocol()
    };
    assert_eq!(protocol(&tuple), Some(L4Protocol::Icmp));
    tuple.protocol = 255;
    assert_eq!(protocol(&tuple), Some(L4Protocol::Raw));
    (tuple.protocol, tuple.socket_type) = (0, 2);
    assert_eq!(protocol(&tuple), Some(L4Protocol::Udp));
    tuple.family = 1;
    assert_eq!(protocol(&tuple), None);
}

#[test]
fn unix_names_end_where_they_end() {
    let path = |bytes: &[u8]| {
        let whole = [&1_u16.to_ne_bytes()[..], bytes].concat();
        match SocketAddressView::parse(&whole) {
            SocketAddressView::Unix(path) => path.to_vec(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(path(b""), b"");
    assert_eq!(path(b"/run/x"), b"/run/x");
    assert_eq!(path(b"/run/x\0garbage"), b"/run/x");
    assert_eq!(path(b"\0abstract"), b"\0abstract");
    assert_eq!(path(b"\0abstract\0\0\0"), b"\0abstract");
    assert_eq!(path(b"\0a\0b\0"), b"\0a\0b");
    assert_eq!(path(b"\0\0\0"), b"");
}

#[test]
fn addresses_of_any_length_are_read() {
    let Value::Data { bytes, .. } = Value::socket_address(end("[2001:db8::5]:53")) else {
        panic!("bytes");
    };
    assert_eq!(
        SocketAddressView::parse(&bytes),
        SocketAddressView::Ip(end("[2001:db8::5]:53"))
    );
    for length in 0..24 {
        let cut = SocketAddressView::parse(&bytes[..length]);
        assert!(matches!(cut, SocketAddressView::Other { .. }), "{length}");
        assert_eq!(cut.family(), (length >= 2).then_some(AF_INET6));
    }
    let Value::Data { bytes, .. } = Value::socket_address(end("1.2.3.4:5")) else {
        panic!("bytes");
    };
    assert_eq!(
        SocketAddressView::parse(&bytes[..8]),
        SocketAddressView::Ip(end("1.2.3.4:5"))
    );
    assert!(matches!(
        SocketAddressView::parse(&bytes[..7]),
        SocketAddressView::Other { .. }
    ));
}
