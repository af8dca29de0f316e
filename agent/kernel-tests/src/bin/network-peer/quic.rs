//! QUIC: a server that answers each stream, and a client that asks once.

use crate::grpc::{read, run};
use crate::tls;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, Endpoint, ServerConfig};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::Arc;

/// What HTTP/3 calls itself; what is inside of the streams does not show.
const PROTOCOL: &[u8] = b"h3";

/// `ADDRESS CERTIFICATE KEY`: sends back what each stream says, until it is ended.
pub(crate) fn serve(arguments: &[String]) {
    let [address, certificate, key] = arguments else {
        panic!("three arguments");
    };
    let certificates = CertificateDer::pem_slice_iter(read(certificate).as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .expect("certificates");
    let key = PrivateKeyDer::from_pem_file(key).expect("a key");
    let mut config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .expect("a certificate with its key");
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    let config = QuicServerConfig::try_from(config).expect("TLS 1.3");
    let config = ServerConfig::with_crypto(Arc::new(config));
    let address: SocketAddr = address.parse().expect("an address");
    run(async move {
        let endpoint = Endpoint::server(config, address).expect("a socket");
        while let Some(incoming) = endpoint.accept().await {
            tokio::spawn(async move {
                let connection = incoming.await.expect("a handshake");
                // It goes on until the client closes it.
                while let Ok((mut answer, mut question)) = connection.accept_bi().await {
                    let said = question.read_to_end(1 << 16).await.expect("a question");
                    answer.write_all(&said).await.expect("an answer");
                    answer.finish().expect("an answer");
                }
            });
        }
    });
}

/// `ADDRESS AUTHORITY NAME TEXT`: says a text over a stream, and prints the answer.
pub(crate) fn ask(arguments: &[String]) {
    let [address, authority, name, text] = arguments else {
        panic!("four arguments");
    };
    let mut config = rustls::ClientConfig::builder()
        .with_root_certificates(tls::trusting(authority))
        .with_no_client_auth();
    config.alpn_protocols = vec![PROTOCOL.to_vec()];
    let config = QuicClientConfig::try_from(config).expect("TLS 1.3");
    let config = ClientConfig::new(Arc::new(config));
    let address: SocketAddr = address.parse().expect("an address");
    let own = SocketAddr::new(unspecified(address), 0);
    run(async move {
        let endpoint = Endpoint::client(own).expect("a socket");
        let connection = endpoint
            .connect_with(config, address, name)
            .expect("an attempt")
            .await
            .expect("a handshake");
        let (mut question, mut answer) = connection.open_bi().await.expect("a stream");
        question.write_all(text.as_bytes()).await.expect("sent");
        question.finish().expect("sent");
        let said = answer.read_to_end(1 << 16).await.expect("an answer");
        print!("{}", String::from_utf8_lossy(&said));
        connection.close(0_u32.into(), b"");
        endpoint.wait_idle().await;
    });
}

fn unspecified(of: SocketAddr) -> std::net::IpAddr {
    match of {
        SocketAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    }
}
