//! What the authorization policies of meshes say of a flow.

use super::ends::{self, End};
use super::flow::{FlowForm, HttpForm, ProtocolForm};
use saker_kube_metadata::Cluster;
use saker_policy_audit::{
    Authorization, AuthorizationReason, ClientIdentity, ConnectionFacts, HttpFacts, Membership,
    MeshPolicies, RequestProtocol, Seen, Target, membership,
};
use std::net::IpAddr;

/// What they say of a flow: of one to a service what they say of each pod behind it, in the order of the pods;
/// nothing where the server is no pod.
pub(super) fn authorizations(
    policies: &MeshPolicies,
    cluster: &Cluster,
    form: &FlowForm,
    source: &End,
    destination: &End,
) -> Vec<Authorization> {
    let servers = match destination.service() {
        Some(service) => ends::backends(cluster, service, form.port(), form.protocol.in_policies()),
        None => vec![(destination.clone(), form.port())],
    };
    let of_servers = servers.iter();
    of_servers
        .filter_map(|(server, port)| of_server(policies, form, source, server, *port))
        .collect()
}

fn of_server(
    policies: &MeshPolicies,
    form: &FlowForm,
    source: &End,
    server: &End,
    port: Option<u16>,
) -> Option<Authorization> {
    let pod = server.pod()?;
    if form.protocol != ProtocolForm::Tcp {
        let datagram = AuthorizationReason::Datagram;
        return Some(Authorization::not_applicable(datagram));
    }
    let http = form.http.as_ref();
    let remote = http.and_then(|http| http.remote_ip);
    Some(policies.authorization(&ConnectionFacts {
        target: Target {
            pod: Some(pod),
            namespace: server.namespace(),
            port,
        },
        identity: identity(form.principal.as_deref(), source),
        source: seen(source.address()),
        destination: seen(server.address()),
        server_name: Seen::Hidden,
        remote: seen(remote),
        protocol: http.map_or(RequestProtocol::NotKnown, |http| {
            RequestProtocol::Http(HttpFacts::from(http))
        }),
    }))
}

/// A pod with a proxy shows the identity of its service account, one without shows none.
fn identity<'a>(named: Option<&'a str>, source: &'a End) -> ClientIdentity<'a> {
    match (named, source.pod()) {
        (Some(""), _) => ClientIdentity::Anonymous,
        (Some(name), _) => ClientIdentity::Named(name),
        (None, Some(pod)) => match membership(pod, source.namespace()) {
            Membership::Member(_) => ClientIdentity::ServiceAccount {
                namespace: &pod.name.namespace,
                name: pod.service_account.as_deref().unwrap_or("default"),
            },
            Membership::Missing(..) | Membership::Outside => ClientIdentity::Anonymous,
        },
        (None, None) => ClientIdentity::Hidden,
    }
}

fn seen(address: Option<IpAddr>) -> Seen<IpAddr> {
    address.map_or(Seen::Hidden, Seen::Known)
}

impl<'a> From<&'a HttpForm> for HttpFacts<'a> {
    fn from(form: &'a HttpForm) -> Self {
        fn text(text: Option<&String>) -> Seen<&str> {
            text.map_or(Seen::Hidden, |text| Seen::Known(text))
        }
        let principal = form.principal.as_deref();
        Self {
            method: text(form.method.as_ref()),
            path: text(form.path.as_ref()),
            host: text(form.host.as_ref()),
            headers: form.headers.as_ref().map_or(Seen::Hidden, Seen::Known),
            principal: principal.map_or(Seen::Hidden, |name| {
                Seen::Known(Some(name).filter(|name| !name.is_empty()))
            }),
        }
    }
}
