//! A TLS client that can write its handshake in unusual ways.

use crate::{key_exchange, plain};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};
use std::io::{Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// A stream over which the first bytes leave one by one.
pub(crate) struct Paced {
    stream: TcpStream,
    /// Bytes that are still to leave in packets of their own.
    slow_bytes: usize,
}

impl Read for Paced {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for Paced {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.slow_bytes == 0 || bytes.is_empty() {
            return self.stream.write(bytes);
        }
        let written = self.stream.write(&bytes[..1])?;
        self.slow_bytes -= written;
        std::thread::sleep(Duration::from_millis(1));
        Ok(written)
    }

    fn flush(&mut self) -> Result<()> {
        self.stream.flush()
    }
}

/// Trust in one authority, by its file.
pub(crate) fn trusting(authority: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(authority).expect("an authority");
    roots.add(certificate).expect("a usable authority");
    roots
}

/// A session over a connected stream.
pub(crate) fn session(
    stream: Paced,
    config: ClientConfig,
    name: &str,
) -> StreamOwned<ClientConnection, Paced> {
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let connection = ClientConnection::new(Arc::new(config), name).expect("a client");
    StreamOwned::new(connection, stream)
}

/// A connection whose bytes leave as they come.
pub(crate) const fn unpaced(stream: TcpStream) -> Paced {
    Paced {
        stream,
        slow_bytes: 0,
    }
}

/// `ADDRESS AUTHORITY NAME MANNER [CERTIFICATE KEY]`: asks for a page over TLS and prints the answer.
///
/// The manner is `whole`; `large`, with a first message of some 3 KiB; `fragmented`, where that message is
/// spread over many records; `bytes`, where it leaves byte by byte; or `post-quantum`, with a key share of more
/// than a packet.
pub(crate) fn converse(arguments: &[String]) {
    let [address, authority, name, manner] = &arguments[..4] else {
        unreachable!("four arguments");
    };
    let provider = match manner.as_str() {
        "post-quantum" => key_exchange::provider(),
        _ => ring::default_provider(),
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("its versions")
        .with_root_certificates(trusting(authority));
    let mut config = match &arguments[4..] {
        [certificate, key] => {
            let certificates = CertificateDer::pem_file_iter(certificate).expect("certificates");
            let certificates: core::result::Result<Vec<_>, _> = certificates.collect();
            let key = PrivateKeyDer::from_pem_file(key).expect("a key");
            builder
                .with_client_auth_cert(certificates.expect("certificates"), key)
                .expect("a certificate with its key")
        }
        _ => builder.with_no_client_auth(),
    };
    let mut slow_bytes = 0;
    match manner.as_str() {
        "whole" | "post-quantum" => {}
        "large" => config.alpn_protocols = many_protocols(),
        "fragmented" => {
            config.alpn_protocols = many_protocols();
            config.max_fragment_size = Some(300);
        }
        "bytes" => slow_bytes = 400,
        other => panic!("no manner `{other}`"),
    }
    let stream = Paced {
        stream: plain::connect(address),
        slow_bytes,
    };
    let mut session = session(stream, config, name);
    session
        .write_all(b"GET / HTTP/1.0\r\n\r\n")
        .expect("a request is sent");
    let mut answer = Vec::new();
    // A server may close without taking leave.
    let ended = session.read_to_end(&mut answer);
    assert!(!answer.is_empty(), "no answer: {ended:?}");
    print!("{}", String::from_utf8_lossy(&answer));
}

/// `ADDRESS CERTIFICATE KEY`: answers a request of each connection, by a key exchange that stands up to quantum
/// computers where the client offers it, until it is ended. Prints which exchange it was.
pub(crate) fn serve(arguments: &[String]) {
    let [address, certificate, key] = arguments else {
        panic!("three arguments");
    };
    let certificates = CertificateDer::pem_file_iter(certificate).expect("certificates");
    let certificates: core::result::Result<Vec<_>, _> = certificates.collect();
    let config = ServerConfig::builder_with_provider(Arc::new(key_exchange::provider()))
        .with_safe_default_protocol_versions()
        .expect("its versions")
        .with_no_client_auth()
        .with_single_cert(
            certificates.expect("certificates"),
            PrivateKeyDer::from_pem_file(key).expect("a key"),
        )
        .expect("a certificate with its key");
    let config = Arc::new(config);
    let listener = TcpListener::bind(address).expect("a listener");
    for stream in listener.incoming() {
        let stream = stream.expect("a connection");
        let connection = ServerConnection::new(Arc::clone(&config)).expect("a server");
        let mut session = StreamOwned::new(connection, stream);
        let mut request = [0; 1024];
        let length = session.read(&mut request).expect("a request");
        assert!(length > 0, "no request");
        let group = session.conn.negotiated_key_exchange_group();
        println!("{:?}", group.expect("a key exchange").name());
        session
            .write_all(b"HTTP/1.0 200 OK\r\n\r\npage\n")
            .expect("an answer is sent");
        session.conn.send_close_notify();
        session.flush().expect("an answer is sent");
    }
}

/// Names that make the first message as long as post-quantum keys do, and longer.
fn many_protocols() -> Vec<Vec<u8>> {
    let names = (0..40).map(|number| format!("{}{number:02}", "x".repeat(60)));
    names
        .map(String::into_bytes)
        .chain([b"http/1.1".to_vec()])
        .collect()
}
