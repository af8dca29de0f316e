//! Exchanges written by hand after the specifications: what recordings do not show.

use saker_flow_inspection::{Classification, Direction, Inspector, Segment, Transport};

const HELLO: &[u8] = b"\x16\x03\x01\x00\x2f\x01\x00\x00\x2b\x03\x03\
    0123456789abcdef0123456789abcdef\x00\x00\x02\x13\x01\x01\x00\x00\x00";
const SERVER_HELLO: &[u8] = b"\x16\x03\x03\x00\x2a\x02\x00\x00\x26\x03\x03\
    0123456789abcdef0123456789abcdef\x00\x00\x2f\x00\x16\x03\x03\x00\x04\x0e\x00\x00\x00";

fn inspect(port: u16, client: &[u8], server: &[u8]) -> Classification {
    let mut inspector = Inspector::new(Transport::Tcp, port);
    for (direction, bytes) in [
        (Direction::FromClient, client),
        (Direction::FromServer, server),
    ] {
        inspector.feed(Segment {
            direction,
            offset: 0,
            bytes,
            sent_bytes: u32::try_from(bytes.len()).expect("few"),
        });
    }
    inspector.classification()
}

/// `class protocol reason credential`.
fn words(found: &Classification) -> String {
    format!(
        "{} {} {} {}",
        found.class.name(),
        found.protocol.name(),
        found.reason.name(),
        found
            .credential_exposed
            .map_or("-", |credential| credential.name())
    )
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

#[track_caller]
fn check(client: &[&[u8]], server: &[&[u8]], expected: &str) {
    let found = inspect(4321, &join(client), &join(server));
    assert_eq!(words(&found), expected);
}

#[test]
fn postgresql() {
    let tls = b"\0\0\0\x08\x04\xd2\x16\x2f".as_slice();
    let gss = b"\0\0\0\x08\x04\xd2\x16\x30".as_slice();
    let startup = b"\0\0\0\x14\0\x03\0\0user\0alice\0\0".as_slice();
    check(&[tls], &[], "plaintext postgresql upgrade_requested -");
    check(&[tls], &[b"S"], "plaintext postgresql upgrade_accepted -");
    check(
        &[tls, HELLO],
        &[b"S", SERVER_HELLO],
        "upgraded postgresql upgrade_followed -",
    );
    check(
        &[tls, startup],
        &[b"S"],
        "plaintext postgresql upgrade_not_followed -",
    );
    check(&[gss], &[b"G"], "tunnel postgresql recognised -");
    check(
        &[gss, tls, HELLO],
        &[b"NS", SERVER_HELLO],
        "upgraded postgresql upgrade_followed -",
    );
    check(
        &[gss, tls, startup, b"p\0\0\0\x07pw\0"],
        &[b"NN", b"R\0\0\0\x08\0\0\0\x03"],
        "plaintext postgresql upgrade_refused postgresql_password",
    );
    // MD5, and an empty password.
    check(
        &[startup, b"p\0\0\0\x28md5"],
        &[b"R\0\0\0\x0c\0\0\0\x05salt"],
        "plaintext postgresql recognised -",
    );
    check(
        &[startup, b"p\0\0\0\x05\0"],
        &[b"R\0\0\0\x08\0\0\0\x03"],
        "plaintext postgresql recognised -",
    );
    check(
        &[b"\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\x01\0\0\0\x02"],
        &[],
        "plaintext postgresql recognised -",
    );
}

#[test]
fn http() {
    let ok = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".as_slice();
    check(
        &[b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
        &[ok],
        "plaintext http recognised -",
    );
    check(
        &[b"PROPFIND /d HTTP/1.0\r\n\r\n"],
        &[ok],
        "plaintext http recognised -",
    );
    // A body that looks like headers, and a second request nobody asked for.
    check(
        &[
            b"POST / HTTP/1.1\r\nContent-Length: 30\r\n\r\n",
            b"Authorization: Basic dTpwdzE=\r\n",
        ],
        &[ok],
        "plaintext http recognised -",
    );
    // A request to a port of TLS: what it shows is shown all the same.
    check(
        &[b"GET / HTTP/1.1\r\nAuthorization: Basic dTpwdzE=\r\n\r\n"],
        &[b"\x15\x03\x03\0\x02\x02\x46"],
        "plaintext http recognised http_basic",
    );
    check(
        &[
            b"GET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nAuthorization: Bearer abcdef\r\n\r\n",
        ],
        &[b"HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno", ok],
        "plaintext http recognised http_bearer",
    );
    // RFC 2817.
    let upgrade =
        b"OPTIONS * HTTP/1.1\r\nUpgrade: TLS/1.0\r\nConnection: Upgrade\r\n\r\n".as_slice();
    let switching =
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n\r\n".as_slice();
    check(
        &[upgrade, HELLO],
        &[switching, SERVER_HELLO],
        "upgraded http upgrade_followed -",
    );
    check(&[upgrade], &[ok], "plaintext http recognised -");
    // Tunnels.
    let connect = b"CONNECT db:5432 HTTP/1.1\r\nHost: db\r\n\r\n".as_slice();
    let agreed = b"HTTP/1.1 200 OK\r\n\r\n".as_slice();
    check(&[connect], &[], "plaintext http_connect recognised -");
    check(
        &[connect],
        &[b"HTTP/1.1 403 No\r\n\r\n"],
        "plaintext http_connect recognised -",
    );
    check(
        &[connect, HELLO],
        &[agreed, SERVER_HELLO],
        "tls tls tls_handshake -",
    );
    check(
        &[connect, b"SSH-2.0-a\r\n"],
        &[agreed, b"SSH-2.0-b\r\n"],
        "tunnel ssh recognised -",
    );
    check(
        &[connect, b"what is this?"],
        &[agreed, b"\x01\x02\x03\x04"],
        "opaque http_connect unrecognised -",
    );
}

#[test]
fn wrappings_in_wrappings() {
    let version_1 = b"PROXY TCP4 192.0.2.1 192.0.2.2 1234 443\r\n".as_slice();
    let unknown = b"PROXY UNKNOWN\r\n".as_slice();
    let local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0".as_slice();
    let connect = b"CONNECT a:1 HTTP/1.1\r\n\r\n".as_slice();
    let agreed = b"HTTP/1.1 200 OK\r\n\r\n".as_slice();
    check(
        &[version_1, HELLO],
        &[SERVER_HELLO],
        "tls tls tls_handshake -",
    );
    check(
        &[unknown, connect, HELLO],
        &[agreed, SERVER_HELLO],
        "tls tls tls_handshake -",
    );
    check(
        &[local, b"PING\r\n"],
        &[b"+PONG\r\n"],
        "plaintext redis recognised -",
    );
    check(&[version_1], &[], "opaque proxy no_payload -");
    // Too deep to be looked at.
    let deep = [unknown; 5].concat();
    let found = inspect(4321, &join(&[&deep, HELLO]), SERVER_HELLO);
    assert_eq!(found.class.name(), "opaque");
}

#[test]
fn mail() {
    let smtp = b"220 a ESMTP\r\n".as_slice();
    check(
        &[b"EHLO a\r\nSTARTTLS\r\n"],
        &[smtp, b"250-a\r\n250 STARTTLS\r\n"],
        "plaintext smtp upgrade_requested -",
    );
    check(
        &[b"EHLO a\r\nSTARTTLS\r\nAUTH PLAIN AHUAcHc=\r\n"],
        &[smtp, b"250 a\r\n454 not now\r\n"],
        "plaintext smtp upgrade_refused smtp_password",
    );
    // The server refuses before the password is sent.
    check(
        &[b"EHLO a\r\nAUTH LOGIN\r\nQUIT\r\n"],
        &[smtp, b"250 a\r\n504 no\r\n221 bye\r\n"],
        "plaintext smtp recognised -",
    );
    check(
        &[b"EHLO a\r\nAUTH CRAM-MD5\r\ndGVzdA==\r\nMAIL FROM:<a>\r\n"],
        &[smtp, b"250 a\r\n334 PDE+\r\n235 ok\r\n"],
        "plaintext smtp recognised -",
    );
    check(
        &[b"a STARTTLS\r\nb LOGIN u p\r\n"],
        &[b"* OK IMAP4\r\na BAD no\r\nb OK\r\n"],
        "plaintext imap upgrade_refused imap_password",
    );
    check(
        &[b"STLS\r\nUSER u\r\nPASS p\r\n"],
        &[b"+OK POP3\r\n-ERR no\r\n+OK\r\n+OK\r\n"],
        "plaintext pop3 upgrade_refused pop3_password",
    );
    check(
        &[b"APOP u 0123456789abcdef\r\nQUIT\r\n"],
        &[b"+OK POP3 <1@a>\r\n+OK\r\n"],
        "plaintext pop3 recognised -",
    );
}

#[test]
fn ftp_and_ldap() {
    check(
        &[b"USER ftp\r\nPASS a@b\r\n"],
        &[b"220 FTP\r\n331 ok\r\n230 ok\r\n"],
        "plaintext ftp recognised -",
    );
    check(
        &[b"AUTH TLS\r\n", HELLO],
        &[b"220-FTP\r\n more\r\n220 ok\r\n234 go\r\n", SERVER_HELLO],
        "upgraded ftp upgrade_followed -",
    );
    let start = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037".as_slice();
    let bind = b"\x30\x13\x02\x01\x02\x60\x0e\x02\x01\x03\x04\x04cn=a\x80\x03pwd".as_slice();
    check(
        &[start, bind],
        &[b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\0\x04\0"],
        "plaintext ldap upgrade_refused ldap_password",
    );
    // Anonymous.
    check(
        &[b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\0\x80\0"],
        &[b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\0\x04\0\x04\0"],
        "plaintext ldap recognised -",
    );
}

#[test]
fn stores_and_queues() {
    check(
        &[b"*5\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$1\r\np\r\n"],
        &[b"%7\r\n"],
        "plaintext redis recognised redis_password",
    );
    // A login after an error, and a value that reads like one.
    check(
        &[b"*1\r\n$4\r\nINFO\r\n*2\r\n$4\r\nAUTH\r\n$1\r\np\r\n"],
        &[b"-NOAUTH Authentication required.\r\n+OK\r\n"],
        "plaintext redis recognised redis_password",
    );
    check(
        &[b"*3\r\n$3\r\nSET\r\n$4\r\nAUTH\r\n$4\r\nAUTH\r\n"],
        &[b"+OK\r\n"],
        "plaintext redis recognised -",
    );
    check(
        &[b"AMQP\0\0\x09\x01"],
        &[b"AMQP\0\0\x09\x01"],
        "plaintext amqp recognised -",
    );
    check(
        &[b"AMQP\x02\x01\0\0", HELLO],
        &[b"AMQP\0\x01\0\0"],
        "plaintext amqp upgrade_refused -",
    );
    check(
        &[b"incr a 1\r\n"],
        &[b"42\r\n"],
        "plaintext memcached recognised -",
    );
    // A first version of Kafka's handshake: the message has no header of its own.
    check(
        &[
            b"\0\0\0\x13\0\x11\0\0\0\0\0\x01\0\x02me\0\x05PLAIN",
            b"\0\0\0\x05\0u\0pw",
        ],
        &[b"\0\0\0\x0d\0\0\0\x01\0\0\0\0\0\x01\0\x05PLAIN"],
        "plaintext kafka recognised kafka_password",
    );
    check(
        &[b"\x10\x0c\0\x04MQTT\x05\x42\0\x3c\0\0\0"],
        &[],
        "plaintext mqtt recognised mqtt_password",
    );
    // Version 3.1.1 has no password without a name.
    check(
        &[b"\x10\x0c\0\x04MQTT\x04\x42\0\x3c\0\0"],
        &[],
        "plaintext mqtt recognised -",
    );
}

#[test]
fn socks_refuses() {
    check(
        &[b"\x05\x01\x00\x05\x01\0\x01\x7f\0\0\x01\0\x50"],
        &[b"\x05\0\x05\x05\0\x01\0\0\0\0\0\0"],
        "plaintext socks recognised -",
    );
    check(
        &[b"\x05\x01\x00"],
        &[b"\x05\xff"],
        "plaintext socks recognised -",
    );
    check(
        &[b"\x04\x01\0\x50\x7f\0\0\x01me\0"],
        &[b"\0\x5b\0\0\0\0\0\0"],
        "plaintext socks recognised -",
    );
    check(
        &[b"\x05\x01\x00\x05\x01\0\x03\x01a\x01\xbb", HELLO],
        &[b"\x05\0\x05\0\0\x01\0\0\0\0\0\0", SERVER_HELLO],
        "tls tls tls_handshake -",
    );
}
