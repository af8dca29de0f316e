//! Who may talk to the server of a connection, by the policies of its mesh.

use super::{EventContext, Party, Side};
use crate::facts::Fact;
use saker_flow_inspection::{ClientAuth, Confidence, Protocol, SecurityClass, Transport};
use saker_flow_state::Flow;
use saker_kube_metadata::{Pod, PodNetwork};
use saker_policy_audit::{
    Authorization, AuthorizationReason, ClientIdentity, ConnectionFacts, LegKind, Membership,
    RequestProtocol, Seen, Target, membership,
};
use std::net::IpAddr;

/// The account of pods that name none.
const DEFAULT_ACCOUNT: &str = "default";

impl EventContext<'_> {
    /// What the policies of meshes say about a connection. Nothing where it is not known who the server is.
    pub(crate) fn authorization(&self) -> Fact<&Authorization> {
        let Some(flow) = self.flow() else {
            return Fact::Unasked;
        };
        let cell = &self.lookups().flow().authorization;
        cell.get_or_init(|| self.find_authorization(flow)).as_ref()
    }

    fn find_authorization(&self, flow: &Flow) -> Fact<Authorization> {
        if flow.transport == Transport::Udp {
            return Fact::Known(Authorization::not_applicable(AuthorizationReason::Datagram));
        }
        let passed_by = match self.mesh_leg() {
            Fact::Awaited => return Fact::Awaited,
            Fact::Known(leg) => match leg.kind {
                LegKind::AppToProxy | LegKind::ProxyToApp | LegKind::Local => {
                    Some(AuthorizationReason::Inside)
                }
                LegKind::Probe => Some(AuthorizationReason::Probe),
                _ => None,
            },
            // Without an interface nobody can tell whether it leaves the pod.
            Fact::Unasked if flow.interface.is_none() => return Fact::Unasked,
            Fact::Unasked | Fact::Absent | Fact::Lacking(_) => {
                flow.is_loopback().then_some(AuthorizationReason::Inside)
            }
        };
        if let Some(reason) = passed_by {
            return Fact::Known(Authorization::not_applicable(reason));
        }
        self.server_target(flow).then(|target| {
            let identity = match self.client_identity(flow) {
                Fact::Awaited => return Fact::Awaited,
                identity => identity.known().unwrap_or_default(),
            };
            let facts = ConnectionFacts {
                identity,
                source: self.source_address(flow, &target),
                destination: self.destination_address(flow, &target),
                server_name: server_name(flow),
                remote: Seen::Hidden,
                protocol: protocol(flow),
                target,
            };
            self.policies()
                .map(|policies| policies.authorization(&facts))
        })
    }

    /// Whether the server's workload checks the tokens of requests.
    pub(crate) fn request_authentication(&self) -> Fact<bool> {
        let Some(flow) = self.flow() else {
            return Fact::Unasked;
        };
        self.server_target(flow).then(|target| {
            let pod = target.pod;
            self.policies()
                .and_then(|policies| policies.has_request_authentication(pod?, target.namespace))
        })
    }

    /// Who the client is by its certificate. One of TLS 1.3 does not show: that of a mesh is known by whose it has to be, that
    /// of the pod's service account.
    fn client_identity<'c>(&'c self, flow: &'c Flow) -> Fact<ClientIdentity<'c>> {
        let classification = &flow.classification;
        match classification.class {
            SecurityClass::MeshMtls => self.party(Side::Client).map(|party| match party {
                Party::Pod(pod) => account_of(pod),
                _ => ClientIdentity::Hidden,
            }),
            SecurityClass::Plaintext if classification.confidence >= Confidence::Medium => {
                Fact::Known(ClientIdentity::Anonymous)
            }
            _ => Fact::Known(shown_identity(flow)),
        }
    }

    /// The address that the server's proxy sees. Of a connection that was translated at the client's end it is not known.
    fn source_address(&self, flow: &Flow, target: &Target<'_>) -> Seen<IpAddr> {
        if self.is_own(Side::Server) {
            return Seen::Known(flow.remote.ip().to_canonical());
        }
        let is_direct = has_address(target.pod, flow.remote.ip());
        let local = flow.on_wire.map_or(flow.local, |(local, _)| local).ip();
        match is_direct && !local.is_unspecified() && !local.to_canonical().is_loopback() {
            true => Seen::Known(local.to_canonical()),
            false => Seen::Hidden,
        }
    }

    fn destination_address(&self, flow: &Flow, target: &Target<'_>) -> Seen<IpAddr> {
        let address = match self.is_own(Side::Server) {
            true => flow.local,
            false => flow.on_wire.map_or(flow.remote, |(_, remote)| remote),
        };
        match has_address(target.pod, address.ip()) {
            true => Seen::Known(address.ip().to_canonical()),
            false => Seen::Hidden,
        }
    }
}

fn has_address(pod: Option<&Pod>, address: IpAddr) -> bool {
    pod.is_some_and(|pod| pod.addresses.contains(&address.to_canonical()))
}

/// The service account of a pod that is in a mesh.
fn account_of(pod: &Pod) -> ClientIdentity<'_> {
    let is_member = matches!(membership(pod, None), Membership::Member(_));
    if !is_member || pod.network == PodNetwork::Host {
        return ClientIdentity::Hidden;
    }
    ClientIdentity::ServiceAccount {
        namespace: &pod.name.namespace,
        name: pod.service_account.as_deref().unwrap_or(DEFAULT_ACCOUNT),
    }
}

/// What a handshake shows of the client.
fn shown_identity(flow: &Flow) -> ClientIdentity<'_> {
    let Some(tls) = &flow.classification.tls else {
        return ClientIdentity::Hidden;
    };
    let names = tls
        .client_certificate
        .iter()
        .flat_map(|known| &known.alternative_names);
    let mut names = names.filter(|name| name.starts_with("spiffe://"));
    match (names.next(), tls.client_auth) {
        (Some(name), _) => ClientIdentity::Named(name),
        (None, ClientAuth::None) => ClientIdentity::Anonymous,
        (None, _) => ClientIdentity::Hidden,
    }
}

fn server_name(flow: &Flow) -> Seen<Option<&str>> {
    let classification = &flow.classification;
    match &classification.tls {
        Some(tls) if !tls.has_encrypted_client_hello => Seen::Known(tls.server_name.as_deref()),
        None if classification.class == SecurityClass::Plaintext => Seen::Known(None),
        _ => Seen::Hidden,
    }
}

/// What the proxy takes a connection for. What looks like HTTP it may be told to take for something else; what is surely
/// something else it cannot take for HTTP.
fn protocol(flow: &Flow) -> RequestProtocol<'_> {
    let classification = &flow.classification;
    let is_other = matches!(
        classification.protocol,
        Protocol::PostgreSql
            | Protocol::MySql
            | Protocol::Redis
            | Protocol::Kafka
            | Protocol::MongoDb
            | Protocol::Amqp
            | Protocol::Nats
            | Protocol::Cassandra
            | Protocol::Memcached
            | Protocol::Mqtt
            | Protocol::Smtp
            | Protocol::Imap
            | Protocol::Pop3
            | Protocol::Ftp
            | Protocol::Ldap
            | Protocol::Telnet
            | Protocol::Ssh
    );
    match is_other && classification.confidence >= Confidence::Medium {
        true => RequestProtocol::Tcp,
        false => RequestProtocol::NotKnown,
    }
}
