//! Signs of a mesh, whose proxies always demand a certificate of each other.

use crate::classification::Confidence;
use crate::reason::Reason;

/// Port to which Istio's ambient proxies send HBONE: HTTP/2 CONNECT in mutual TLS.
const HBONE_PORT: u16 = 15008;

/// ALPN names of Istio's sidecars, beside those that begin with `istio-`.
const ISTIO: &str = "istio";

/// ALPN name of Linkerd's proxies.
const LINKERD: &str = "transport.l5d.io/v1";

/// What every identity of a Linkerd proxy has in its middle:
/// `<service account>.<namespace>.serviceaccount.identity.linkerd.<trust domain>`.
const LINKERD_IDENTITY: &str = ".serviceaccount.identity.";

/// The sign that the client is a mesh's proxy, and how strong it is.
pub(crate) fn sign(
    server_name: Option<&str>,
    alpn: &[Box<str>],
    server_port: u16,
) -> Option<(Reason, Confidence)> {
    let is_mesh = |name: &str| name == ISTIO || name == LINKERD || name.starts_with("istio-");
    if alpn.iter().any(|name| is_mesh(name)) {
        Some((Reason::MeshAlpn, Confidence::High))
    } else if server_name.is_some_and(|name| name.contains(LINKERD_IDENTITY)) {
        Some((Reason::MeshServerName, Confidence::High))
    } else if server_port == HBONE_PORT && alpn.iter().any(|name| &**name == "h2") {
        Some((Reason::MeshHbone, Confidence::Medium))
    } else {
        None
    }
}
