//! From a case to an event of the source `flow`.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use saker_flow_inspection::{
    CertificateFacts, Classification, ClientAuth, Confidence, CredentialKind, DnsMessage,
    DnsRecord, Protocol, Reason, SecurityClass, TlsFacts, TlsVersion, Transport,
};
use saker_flow_state::{Caller, Flow, FlowEvent, FlowEventKind, FlowId, Role, Traffic};
use serde::Deserialize;

use crate::case::ProcessFacts;
use crate::error::Problem;
use crate::scene;
use crate::world::{BOOT_WALL_NS, Moment, World};

/// When what happens to a connection happens, nanoseconds since boot: after all processes began.
const TIME_NS: u64 = 4_000_000_000_000;
/// Seconds of a day.
const DAY_S: i64 = 86_400;
/// The interface that packets take unless stated: not the loopback interface, which is the first.
const INTERFACE: u32 = 2;
/// How long an answer holds.
const ANSWER_SECONDS: u32 = 300;

/// What happens to a connection, as one of its ends sees it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowFacts {
    /// What happens: `flow_classified` unless stated, or `flow_closed`; a connection with `dns` has
    /// `dns_query` or `dns_answer`.
    #[serde(rename = "type", default)]
    event_type: Option<String>,
    /// Which end this is, `client` unless stated, or `server`.
    #[serde(default)]
    role: Option<String>,
    /// What carries it: `tcp` unless stated, or `udp`.
    #[serde(default)]
    transport: Option<String>,
    /// Address and port of this end, as its socket has them.
    local: SocketAddr,
    /// Address and port of the other end, as this socket has them.
    remote: SocketAddr,
    /// Both as packets carry them, where that differs.
    #[serde(default)]
    packet: Option<PacketEnds>,
    /// Index of the interface; 2 unless stated, 1 is the loopback interface.
    #[serde(default)]
    interface: Option<u32>,
    /// What protects it; `opaque` unless stated.
    #[serde(default)]
    security: Option<String>,
    /// How sure that is; `high` unless stated.
    #[serde(default)]
    confidence: Option<String>,
    /// Why; `recognised` unless stated.
    #[serde(default)]
    reason: Option<String>,
    /// What it speaks; `unknown` unless stated.
    #[serde(default)]
    protocol: Option<String>,
    /// Kind of a credential that could be read.
    #[serde(default)]
    credential: Option<String>,
    /// What its TLS handshake shows.
    #[serde(default)]
    tls: Option<TlsForm>,
    /// Payload bytes that this end sent.
    #[serde(default)]
    sent: u64,
    /// Payload bytes that this end received.
    #[serde(default)]
    received: u64,
    /// How long it has been open, seconds.
    #[serde(default)]
    seconds: u32,
    /// Names that DNS gave the other end's address, the latest first.
    #[serde(default)]
    names: Vec<String>,
    /// A DNS message that went over it.
    #[serde(default)]
    dns: Option<DnsForm>,
    /// Of a server's end, who opened the connection on the same host; somebody elsewhere unless stated.
    #[serde(default)]
    caller: Option<CallerForm>,
}

/// Who opened a connection.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallerForm {
    process: ProcessFacts,
    /// What it connected to, where that is not the address of the server's end.
    #[serde(default)]
    target: Option<SocketAddr>,
}

/// The ends of a connection as packets carry them.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PacketEnds {
    local: SocketAddr,
    remote: SocketAddr,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct TlsForm {
    version: Option<String>,
    /// Whether the server has answered; so it has unless stated.
    negotiated: Option<bool>,
    sni: Option<Box<str>>,
    alpn: Vec<Box<str>>,
    alpn_chosen: Option<Box<str>>,
    ja4: Option<Box<str>>,
    cipher: Option<Box<str>>,
    ech: bool,
    client_auth: Option<String>,
    client_auth_requested: Option<bool>,
    server: Option<CertificateForm>,
    client: Option<CertificateForm>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CertificateForm {
    subject: Box<str>,
    #[serde(default)]
    issuer: Box<str>,
    #[serde(default)]
    san: Vec<Box<str>>,
    /// Days that it is still valid; negative when it has expired.
    expires_in: i32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DnsForm {
    name: Box<str>,
    /// The type that is asked for, by number; 1, an address, unless stated.
    #[serde(rename = "type", default)]
    query_type: Option<u16>,
    /// Code of an answer by number; what has one is an answer.
    #[serde(default)]
    rcode: Option<u16>,
    /// Addresses and other names that are answered; what has some is an answer.
    #[serde(default)]
    answers: Vec<String>,
}

impl FlowFacts {
    /// The event.
    pub(crate) fn event(&self) -> Result<FlowEvent, Problem> {
        let duration_ns = u64::from(self.seconds).saturating_mul(1_000_000_000);
        Ok(FlowEvent {
            kind: self.kind(duration_ns)?,
            time_boot_ns: TIME_NS,
            flow: Arc::new(self.flow(TIME_NS.saturating_sub(duration_ns))?),
        })
    }

    fn kind(&self, duration_ns: u64) -> Result<FlowEventKind, Problem> {
        let kind = match (self.dns.as_ref(), self.event_type.as_deref()) {
            (Some(dns), _) => FlowEventKind::Dns(dns.message()),
            (None, Some("flow_closed")) => FlowEventKind::Closed { duration_ns },
            (None, _) => FlowEventKind::Classified,
        };
        let named = self.event_type.as_deref().unwrap_or(kind.name());
        if named == kind.name() {
            Ok(kind)
        } else {
            Err(Problem::UnknownEvent {
                event: named.to_owned(),
                remedy: format!("what is described is '{}'", kind.name()),
            })
        }
    }

    fn flow(&self, opened_boot_ns: u64) -> Result<Flow, Problem> {
        let transport = word(
            "transport",
            self.transport.as_deref(),
            [Transport::Tcp, Transport::Udp],
            |it| match it {
                Transport::Tcp => "tcp",
                Transport::Udp => "udp",
            },
        )?;
        let role = word(
            "role",
            self.role.as_deref(),
            [Role::Client, Role::Server],
            |it| match it {
                Role::Server => "server",
                Role::Client | Role::Unknown => "client",
            },
        )?;
        let transport = transport.unwrap_or(Transport::Tcp);
        Ok(Flow {
            id: FlowId {
                cookie: 1,
                peer: (transport == Transport::Udp).then_some(self.remote),
            },
            transport,
            role: role.unwrap_or(Role::Client),
            local: self.local,
            remote: self.remote,
            on_wire: self.packet.map(|packet| (packet.local, packet.remote)),
            interface: Some(self.interface.unwrap_or(INTERFACE)),
            network_namespace: 0,
            opened_boot_ns,
            classification: self.classification()?,
            traffic: Traffic {
                sent_bytes: self.sent,
                received_bytes: self.received,
            },
            remote_names: self
                .names
                .iter()
                .map(|name| Arc::from(name.as_str()))
                .collect(),
            caller: self.caller()?,
        })
    }

    fn caller(&self) -> Result<Option<Caller>, Problem> {
        let Some(form) = &self.caller else {
            return Ok(None);
        };
        let scene = scene::one_process(&form.process)?;
        let world = World::play(scene.cgroups, &scene.before, [scene.event])?;
        let process = world.moments().first().map(Moment::process);
        Ok(Some(Caller {
            process: process.cloned().map(Arc::new),
            target: form.target.unwrap_or(self.local),
        }))
    }

    fn classification(&self) -> Result<Classification, Problem> {
        let class = self.security.as_deref();
        let class = word("security", class, SecurityClass::ALL, SecurityClass::name)?;
        let confidence = self.confidence.as_deref();
        let confidence = word("confidence", confidence, Confidence::ALL, Confidence::name)?;
        let all = |all: &'static [Reason]| all.iter().copied();
        let reason = word(
            "reason",
            self.reason.as_deref(),
            all(Reason::ALL),
            Reason::name,
        )?;
        let all = Protocol::ALL.iter().copied();
        let protocol = word("protocol", self.protocol.as_deref(), all, Protocol::name)?;
        let all = CredentialKind::ALL.iter().copied();
        let credential = word(
            "credential",
            self.credential.as_deref(),
            all,
            CredentialKind::name,
        )?;
        let tls = self.tls.as_ref().map(TlsForm::facts).transpose()?;
        Ok(Classification {
            class: class.unwrap_or(SecurityClass::Opaque),
            confidence: confidence.unwrap_or(Confidence::High),
            reason: reason.unwrap_or(Reason::Recognised),
            protocol: protocol.unwrap_or(Protocol::Unknown),
            tls: tls.map(Box::new),
            credential_exposed: credential,
        })
    }
}

impl TlsForm {
    fn facts(&self) -> Result<TlsFacts, Problem> {
        let versions = [
            TlsVersion::Ssl30,
            TlsVersion::Tls10,
            TlsVersion::Tls11,
            TlsVersion::Tls12,
            TlsVersion::Tls13,
        ];
        let auths = [
            ClientAuth::Seen,
            ClientAuth::Mesh,
            ClientAuth::None,
            ClientAuth::Unknown,
        ];
        let auth = word(
            "client_auth",
            self.client_auth.as_deref(),
            auths,
            ClientAuth::name,
        )?;
        Ok(TlsFacts {
            version: word(
                "version",
                self.version.as_deref(),
                versions,
                TlsVersion::name,
            )?,
            is_negotiated: self.negotiated.unwrap_or(true),
            server_name: self.sni.clone(),
            alpn_offered: self.alpn.clone().into(),
            alpn_chosen: self.alpn_chosen.clone(),
            has_encrypted_client_hello: self.ech,
            ja4: self.ja4.clone(),
            cipher: self.cipher.clone(),
            is_client_certificate_requested: self.client_auth_requested,
            client_auth: auth.unwrap_or_default(),
            server_certificate: self.server.as_ref().map(CertificateForm::facts),
            client_certificate: self.client.as_ref().map(CertificateForm::facts),
        })
    }
}

impl CertificateForm {
    fn facts(&self) -> CertificateFacts {
        let now_ns = BOOT_WALL_NS.saturating_add_unsigned(TIME_NS);
        let left_s = i64::from(self.expires_in).saturating_mul(DAY_S);
        let not_after_s = (now_ns / 1_000_000_000).saturating_add(left_s);
        CertificateFacts {
            subject: self.subject.clone(),
            issuer: self.issuer.clone(),
            alternative_names: self.san.clone().into(),
            not_before_s: not_after_s.saturating_sub(DAY_S.saturating_mul(365)),
            not_after_s,
        }
    }
}

impl DnsForm {
    fn message(&self) -> DnsMessage {
        let is_response = self.rcode.is_some() || !self.answers.is_empty();
        let record = |text: &String| match text.parse::<IpAddr>() {
            Ok(address) => DnsRecord::Address(address, ANSWER_SECONDS),
            Err(_) => DnsRecord::Alias(text.as_str().into()),
        };
        DnsMessage {
            id: 1,
            is_response,
            response_code: is_response.then_some(self.rcode.unwrap_or(0)),
            name: self.name.clone(),
            query_type: self.query_type.unwrap_or(1),
            query_class: 1,
            answers: self.answers.iter().map(record).collect(),
        }
    }
}

/// The value whose name is written.
fn word<T: Copy>(
    key: &'static str,
    written: Option<&str>,
    values: impl IntoIterator<Item = T>,
    name: impl Fn(T) -> &'static str,
) -> Result<Option<T>, Problem> {
    let Some(written) = written else {
        return Ok(None);
    };
    let mut known = Vec::new();
    for value in values {
        if name(value) == written {
            return Ok(Some(value));
        }
        known.push(name(value));
    }
    Err(Problem::UnknownWord {
        key,
        value: written.to_owned(),
        known: known.join(", "),
    })
}
