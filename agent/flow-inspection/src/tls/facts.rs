//! From the flights of both sides to facts.

use super::certificate::{self, Chain};
use super::client_hello::ClientHello;
use super::extensions::text;
use super::handshake::{ClientFlight, Request, ServerFlight};
use super::record::Flight;
use super::{cipher_suite, ja4, mesh};
use crate::protocol::Protocol;
use crate::tls_facts::{CertificateFacts, ClientAuth, TlsFacts, TlsVersion};

/// What a client's hello offers.
pub(crate) fn offered(hello: &ClientHello<'_>) -> TlsFacts {
    TlsFacts {
        version: TlsVersion::from_wire(hello.version_max()),
        server_name: hello.extensions.server_name(),
        alpn_offered: hello.extensions.alpn_names(),
        has_encrypted_client_hello: hello.has_encrypted_client_hello(),
        ja4: hello.is_whole.then(|| ja4::fingerprint(hello).into()),
        ..TlsFacts::default()
    }
}

/// What both sides agreed on, as far as the server has answered.
pub(crate) fn negotiated(
    client: &ClientFlight<'_>,
    server: &ServerFlight<'_>,
    server_bytes: &Flight,
    server_port: u16,
) -> TlsFacts {
    let mut facts = offered(&client.hello);
    if let Some(hello) = &server.hello {
        facts.version = TlsVersion::from_wire(hello.version);
        facts.is_negotiated = true;
        facts.cipher = Some(cipher_suite::name(hello.cipher_suite));
        facts.alpn_chosen = hello.extensions.alpn().next().map(|name| text(name).into());
        facts.is_client_certificate_requested = requested(client, server);
    }
    facts.client_auth = client_auth(client, server, server_bytes);
    let sign = mesh::sign(
        facts.server_name.as_deref(),
        &facts.alpn_offered,
        server_port,
    );
    // Where it would show, the sign of a mesh is not enough.
    if facts.client_auth == ClientAuth::Unknown && sign.is_some() && is_hidden(server, server_bytes)
    {
        facts.client_auth = ClientAuth::Mesh;
    }
    facts.server_certificate = shown(server.certificate);
    facts.client_certificate = shown(client.certificate);
    facts
}

fn shown(chain: Option<Chain<'_>>) -> Option<CertificateFacts> {
    match chain {
        Some(Chain::Shown(first)) => first.and_then(certificate::facts),
        _ => None,
    }
}

/// A client shows certificates, also none at all, only when it is asked.
fn requested(client: &ClientFlight<'_>, server: &ServerFlight<'_>) -> Option<bool> {
    match server.request {
        Request::Asked => Some(true),
        Request::NotAsked => Some(false),
        Request::Unknown => client.certificate.is_some().then_some(true),
    }
}

/// Whether the handshake hides the client's certificate: in TLS 1.3, and where a session is resumed.
fn is_hidden(server: &ServerFlight<'_>, server_bytes: &Flight) -> bool {
    server.hello.as_ref().is_some_and(|hello| {
        hello.hides_certificates() || server_bytes.is_encrypted() && server.certificate.is_none()
    })
}

/// Whether the client showed a certificate. TLS 1.3 hides that, and so does a resumed session.
fn client_auth(
    client: &ClientFlight<'_>,
    server: &ServerFlight<'_>,
    server_bytes: &Flight,
) -> ClientAuth {
    if server.hello.is_none() || is_hidden(server, server_bytes) {
        return ClientAuth::Unknown;
    }
    match &client.certificate {
        Some(Chain::Shown(_)) => ClientAuth::Seen,
        Some(Chain::Empty) => ClientAuth::None,
        Some(Chain::Unknown) => ClientAuth::Unknown,
        None if client.has_key_exchange => ClientAuth::None,
        None if server.request == Request::NotAsked => ClientAuth::None,
        None => ClientAuth::Unknown,
    }
}

/// What is inside, where ALPN shows it: by the server's choice, or because all that the client offers is the
/// same.
pub(crate) fn protocol(facts: &TlsFacts) -> Protocol {
    if let Some(chosen) = &facts.alpn_chosen {
        return application(chosen).unwrap_or(Protocol::Tls);
    }
    let mut offered = facts
        .alpn_offered
        .iter()
        .filter(|name| !is_mark_of_mesh(name))
        .map(|name| application(name));
    match offered.next().flatten() {
        Some(first) if offered.all(|name| name == Some(first)) => first,
        _ => Protocol::Tls,
    }
}

/// Names by which a mesh's proxies know each other, whatever is inside.
fn is_mark_of_mesh(name: &str) -> bool {
    matches!(name, "istio" | "istio-peer-exchange")
}

/// The protocol that an ALPN name stands for.
fn application(name: &str) -> Option<Protocol> {
    Some(match name {
        "http/1.0" | "http/1.1" | "istio-http/1.0" | "istio-http/1.1" => Protocol::Http,
        "h2" | "istio-h2" => Protocol::Http2,
        "h3" => Protocol::Http3,
        "grpc-exp" => Protocol::Grpc,
        "postgresql" => Protocol::PostgreSql,
        "mqtt" => Protocol::Mqtt,
        "imap" => Protocol::Imap,
        "pop3" => Protocol::Pop3,
        "ftp" => Protocol::Ftp,
        "xmpp-client" | "xmpp-server" => Protocol::Xmpp,
        "dot" | "doq" => Protocol::Dns,
        _ => return None,
    })
}
