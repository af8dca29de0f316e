//! A client of NATS that upgrades to TLS when the server says so, as its clients do.

use crate::plain;
use crate::tls;
use rustls::ClientConfig;
use std::io::{BufRead, BufReader, Write};

/// `ADDRESS AUTHORITY NAME`: reads what the server says, upgrades, connects and waits for a PONG.
pub(crate) fn upgrade(arguments: &[String]) {
    let [address, authority, name] = arguments else {
        panic!("three arguments");
    };
    let mut stream = plain::connect(address);
    let info = line(&mut stream);
    assert!(
        info.starts_with("INFO {") && info.contains("\"tls_required\":true"),
        "{info}"
    );
    let config = ClientConfig::builder()
        .with_root_certificates(tls::trusting(authority))
        .with_no_client_auth();
    let mut session = tls::session(tls::unpaced(stream), config, name);
    session
        .write_all(b"CONNECT {\"verbose\":false,\"pedantic\":false}\r\nPING\r\n")
        .expect("sent");
    let mut answer = String::new();
    BufReader::new(session)
        .read_line(&mut answer)
        .expect("an answer");
    assert_eq!(answer, "PONG\r\n");
    print!("{answer}");
}

/// A line, read without a byte of what follows it.
fn line(stream: &mut impl std::io::Read) -> String {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a line");
        line.extend(byte);
    }
    String::from_utf8(line).expect("text")
}
