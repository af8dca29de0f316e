//! What merely looks like a protocol is none.

use saker_flow_inspection::{
    Classification, Direction, Inspector, SecurityClass, Segment, Transport,
};

fn inspect(transport: Transport, port: u16, client: &[u8], server: &[u8]) -> Classification {
    let mut inspector = Inspector::new(transport, port);
    for (direction, bytes) in [
        (Direction::FromClient, client),
        (Direction::FromServer, server),
    ] {
        if !bytes.is_empty() {
            inspector.feed(Segment {
                direction,
                offset: 0,
                bytes,
                sent_bytes: u32::try_from(bytes.len()).expect("few"),
            });
        }
    }
    inspector.classification()
}

const CONVERSATIONS: &[(&[u8], &[u8])] = &[
    // English.
    (
        b"Hello there, how are you today?\n",
        b"Fine, thank you very much.\n",
    ),
    (b"GET well soon\r\n", b"Thanks\r\n"),
    (b"get well soon\r\n", b"Thanks\r\n"),
    (b"get well\r\n", b""),
    (b"set the table for four\r\n", b"STORED\r\n"),
    (b"POST-it notes are great\n", b"HTTP is too\n"),
    (b"PROXY settings are on page 4\r\n", b"ok\r\n"),
    (b"INFO about it\r\n", b"INFO {\"a\":1}\r\n"),
    (b"HELLO\r\n", b"WORLD\r\n"),
    (b"AUTH me\r\n", b"no\r\n"),
    (b"*1 item, of many\r\n", b"+OK\r\n"),
    (b"AMQP is a protocol\n", b""),
    (b"Preface\n", b"220 pages\r\nand more"),
    (b"a LOGIN b c\r\n", b"* OKAY\r\n"),
    // The forms of text protocols, incomplete.
    (b"GET /\r\n", b"<html>"),
    (b"GET / HTTP/2.5\r\n\r\n", b""),
    (b"get / HTTP/1.1\r\n\r\n", b""),
    (b"SSH-3.0-x\r\n", b"SSH"),
    (b"", b"220 ready\r\n"),
    (b"", b"* OK\r\n"),
    (b"", b"+OK\r\n"),
    (b"", b"INFO {\"server\":1}\r\n"),
    (b"PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n", b""),
    (
        b"{\"jsonrpc\":\"2.0\",\"method\":\"AUTH\",\"id\":1}",
        b"{\"result\":true}",
    ),
    (
        b"<?xml version=\"1.0\"?><stream>",
        b"<?xml version=\"1.0\"?>",
    ),
    // Binary.
    (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", b""),
    (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"\x89PNG\r\n\x1a\n"),
    (&[0; 64], &[0; 64]),
    (&[0xFF; 64], &[0xFF; 64]),
    (&[0x30; 64], &[0x30; 64]),
    // A length and a message of protobuf.
    (
        b"\0\0\0\x12\x0a\x10\x08\x01\x12\x0cnot a secret",
        b"\0\0\0\x02\x08\x01",
    ),
    // SNMP.
    (
        b"\x30\x26\x02\x01\x01\x04\x06public\xa0\x19\x02\x04\0\0\0\0",
        b"\x30\x26\x02\x01\x01",
    ),
    // A greeting of SOCKS that is not answered in kind.
    (b"\x05\x01\x00", b"\x04\x00"),
    (b"\x04\x01\x00\x50\x7f\0\0\x01\0", b"\x01\x02\x03"),
    // The header of Kafka with a foreign answer, of MySQL with a foreign version.
    (
        b"\0\0\0\x14\0\x12\0\0\0\0\0\x07\0\x04abcd\0\0\0\0\0\0",
        b"\0\0\0\x04\0\0\0\x08",
    ),
    (
        b"",
        b"\x4a\0\0\0\x09five.five\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
    ),
    // Lengths beyond every bound.
    (b"\x10\xff\xff\xff\xff\x7f\0\x04MQTT\x04", b""),
    (b"\xff\xff\xff\xff\0\x03\0\0user\0a\0\0", b""),
    (b"*9999999999\r\n$4\r\nAUTH\r\n", b""),
];

#[test]
fn what_looks_like_a_protocol_is_none() {
    for (client, server) in CONVERSATIONS {
        for port in [4321, 9999] {
            let found = inspect(Transport::Tcp, port, client, server);
            assert_eq!(
                found.class,
                SecurityClass::Opaque,
                "{:?} {:?}: {found:?}",
                String::from_utf8_lossy(client),
                String::from_utf8_lossy(server)
            );
            assert_eq!(found.credential_exposed, None, "{found:?}");
        }
    }
}

/// A port makes nothing of bytes that have no form.
#[test]
fn a_port_is_no_protocol() {
    for port in [
        21, 22, 25, 53, 80, 110, 143, 389, 443, 3306, 5432, 6379, 9042, 9092, 11211, 27017,
    ] {
        for transport in [Transport::Tcp, Transport::Udp] {
            let found = inspect(transport, port, b"Hello there, ", b"how are you?\n");
            assert_eq!(found.class, SecurityClass::Opaque, "{port}: {found:?}");
        }
    }
}
