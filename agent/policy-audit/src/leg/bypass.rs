//! How a process gets past the proxy of its pod.

use super::{Bypass, LegEnd, LegFacts};
use crate::annotations::{
    AMBIENT_PAST_INBOUND, ISTIO_EXCLUDED_INBOUND, ISTIO_EXCLUDED_OUTBOUND, ISTIO_EXCLUDED_RANGES,
    ISTIO_INCLUDED_INBOUND, ISTIO_INCLUDED_RANGES, LINKERD_SKIP_INBOUND, LINKERD_SKIP_OUTBOUND,
    inherited, lists_address, lists_port,
};
use crate::membership::{ISTIO_PROXY, LINKERD_PROXY, Mesh};
use saker_kube_metadata::{ContainerRole, Pod};
use std::sync::Arc;

/// How a process of a pod with a proxy gets past it.
pub(super) fn how(facts: &LegFacts<'_>, mesh: Mesh) -> Bypass {
    let Some(pod) = facts.own.pod else {
        return Bypass::NotExplained;
    };
    let container = facts.process.container;
    let role = container.and_then(|name| Some(pod.settings.container(name)?.role));
    if role == Some(ContainerRole::Init) {
        return Bypass::InitContainer;
    }
    if Some(facts.process.user_id) == proxy_user(mesh) {
        return Bypass::ProxyUser;
    }
    if is_excluded(facts, pod, mesh) {
        return Bypass::Excluded;
    }
    let is_unready = |name: &Arc<str>| matches!(&**name, ISTIO_PROXY | LINKERD_PROXY);
    if mesh != Mesh::IstioAmbient && pod.unready.iter().any(is_unready) {
        return Bypass::ProxyNotReady;
    }
    Bypass::NotExplained
}

/// Whether an annotation lets the connection go past the proxy.
fn is_excluded(facts: &LegFacts<'_>, pod: &Pod, mesh: Mesh) -> bool {
    let annotation = |key| inherited(pod, facts.own.namespace, key);
    let own = |key| pod.settings.annotations.get(key);
    let remote = facts.remote;
    let port = facts.local.port();
    match (mesh, facts.end) {
        (Mesh::IstioSidecar, LegEnd::Client) => {
            own(ISTIO_EXCLUDED_OUTBOUND).is_some_and(|list| lists_port(list, remote.port()))
                || own(ISTIO_EXCLUDED_RANGES).is_some_and(|list| lists_address(list, remote.ip()))
                || own(ISTIO_INCLUDED_RANGES).is_some_and(|list| !lists_address(list, remote.ip()))
        }
        (Mesh::IstioSidecar, LegEnd::Server) => {
            let includes = |list: &str| list.trim() == "*" || lists_port(list, port);
            own(ISTIO_EXCLUDED_INBOUND).is_some_and(|list| lists_port(list, port))
                || own(ISTIO_INCLUDED_INBOUND).is_some_and(|list| !includes(list))
        }
        (Mesh::IstioAmbient, LegEnd::Client) => false,
        (Mesh::IstioAmbient, LegEnd::Server) => own(AMBIENT_PAST_INBOUND) == Some("true"),
        (Mesh::Linkerd, LegEnd::Client) => {
            let list = annotation(LINKERD_SKIP_OUTBOUND);
            list.is_some_and(|list| lists_port(list, remote.port()))
        }
        (Mesh::Linkerd, LegEnd::Server) => {
            let list = annotation(LINKERD_SKIP_INBOUND);
            list.is_some_and(|list| lists_port(list, port))
        }
    }
}

/// The user that a mesh lets past the proxy, because the proxy runs as it.
const fn proxy_user(mesh: Mesh) -> Option<u32> {
    match mesh {
        Mesh::IstioSidecar => Some(1_337),
        Mesh::IstioAmbient => None,
        Mesh::Linkerd => Some(2_102),
    }
}
