//! Stand-ins for the proxies of meshes: they intercept by the kernel's redirection, and really encrypt.

#[path = "mesh/ambient.rs"]
mod ambient;
#[path = "mesh/transparent.rs"]
mod transparent;

pub(crate) use ambient::ambient;

use crate::certificates::Certificate;
use crate::pods::{Container, Pod};
use crate::running::Running;
use crate::scene::{Scene, copy};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The user that Istio's proxies run as.
pub(crate) const ISTIO_USER: &str = "1337";
/// The user that Linkerd's proxies run as.
pub(crate) const LINKERD_USER: &str = "2102";

/// Both pods' proxies.
pub(crate) struct Proxies {
    pub(crate) client: Proxy,
    pub(crate) server: Proxy,
}

/// A running proxy and its container.
pub(crate) struct Proxy {
    pub(crate) container: Container,
    pub(crate) running: Running,
}

/// Sends the TCP connections of a pod through its proxy, except those of the proxy's user, those on the loopback
/// interface and those to one port.
fn intercept(pod: &Pod, user: &str, outbound: u16, inbound: u16, excluded: u16) {
    let rules = format!(
        "-t nat -A OUTPUT -s 127.0.0.6/32 -o lo -j RETURN
-t nat -A OUTPUT -m owner --uid-owner {user} -j RETURN
-t nat -A OUTPUT -o lo -j RETURN
-t nat -A OUTPUT -p tcp --dport {excluded} -j RETURN
-t nat -A OUTPUT -p tcp -j REDIRECT --to-ports {outbound}
-t nat -A PREROUTING -p tcp --dport {excluded} -j RETURN
-t nat -A PREROUTING -p tcp -j REDIRECT --to-ports {inbound}"
    );
    pod.configure("iptables", &rules);
}

/// How what arrives at a pod gets to the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interception {
    /// The kernel puts the proxy's port into the packets.
    Redirect,
    /// Packets stay as they are, also on the way to the application: it sees the client's address.
    Transparent,
}

/// Istio's: Envoy at 15001 and 15006, with certificates of workloads. It takes plaintext as well, as under a
/// policy that permits it.
pub(crate) fn istio(scene: &Scene, excluded: u16) -> Proxies {
    intercepting(scene, excluded, Interception::Redirect)
}

/// The same where `sidecar.istio.io/interceptionMode` is `TPROXY`.
pub(crate) fn istio_transparent(scene: &Scene, excluded: u16) -> Proxies {
    intercepting(scene, excluded, Interception::Transparent)
}

fn intercepting(scene: &Scene, excluded: u16, interception: Interception) -> Proxies {
    let start = |pod: &Pod, name: &str| {
        let identity = match interception {
            Interception::Redirect => {
                intercept(pod, ISTIO_USER, 15_001, 15_006, excluded);
                format!("--reuid={ISTIO_USER}")
            }
            Interception::Transparent => {
                transparent::intercept(pod, excluded);
                // It must be allowed to bind to addresses of others.
                format!("--regid={ISTIO_USER}")
            }
        };
        let uri = format!("spiffe://cluster.local/ns/shop/sa/{name}");
        let certificate = scene.authority.workload(&format!("istio-{name}"), &uri);
        let mut configuration = envoy_configuration(&certificate, &scene.authority.file());
        if interception == Interception::Transparent {
            transparent::adapt(&mut configuration);
        }
        let container = pod.container("istio-proxy");
        envoy(scene, container, "envoy", &identity, &configuration, 15_006)
    };
    Proxies {
        client: start(&scene.pair.client, "client"),
        server: start(&scene.pair.server, "server"),
    }
}

/// Starts Envoy in a container, under a name and as a user or group, and waits until it listens.
fn envoy(
    scene: &Scene,
    container: Container,
    name: &str,
    identity: &str,
    configuration: &Value,
    port: u16,
) -> Proxy {
    let program = std::env::var_os("SAKER_ENVOY").map(PathBuf::from);
    let program = program.expect("SAKER_ENVOY names Envoy: run `cargo xtask test --only network`");
    let program = copy(scene, &program, name);
    let file = format!("{name}-{}.json", container.short_id());
    let file = scene.write(&file, &configuration.to_string());
    let arguments = [
        identity,
        "--clear-groups",
        "--",
        &program,
        "--config-path",
        &file,
        "--concurrency",
        "1",
        "--disable-hot-restart",
        "--log-level",
        "warn",
    ];
    let mut running = container.start("setpriv", &arguments);
    running.wait_for_port(&container, port);
    Proxy { container, running }
}

/// The type of a part of Envoy's configuration.
fn kind(name: &str) -> String {
    format!("type.googleapis.com/envoy.extensions.{name}")
}

fn forward(cluster: &str) -> Value {
    json!([{
        "name": "envoy.filters.network.tcp_proxy",
        "typed_config": {
            "@type": kind("filters.network.tcp_proxy.v3.TcpProxy"),
            "stat_prefix": cluster,
            "cluster": cluster,
        },
    }])
}

fn original_destination() -> Value {
    json!({
        "name": "envoy.filters.listener.original_dst",
        "typed_config": {"@type": kind("filters.listener.original_dst.v3.OriginalDst")},
    })
}

/// TLS to one side, with the certificate of a workload.
fn transport_socket(
    direction: &str,
    protocols: &[&str],
    own: &Certificate,
    authority: &str,
) -> Value {
    let mut config = json!({
        "@type": kind(&format!("transport_sockets.tls.v3.{direction}TlsContext")),
        "common_tls_context": {
            "alpn_protocols": protocols,
            "tls_certificates": [{
                "certificate_chain": {"filename": own.chain},
                "private_key": {"filename": own.key},
            }],
            "validation_context": {"trusted_ca": {"filename": authority}},
        },
    });
    if direction == "Downstream" {
        config["require_client_certificate"] = json!(true);
    }
    json!({"name": "envoy.transport_sockets.tls", "typed_config": config})
}

fn envoy_configuration(own: &Certificate, authority: &str) -> Value {
    let original = original_destination();
    let inspector = json!({
        "name": "envoy.filters.listener.tls_inspector",
        "typed_config": {"@type": kind("filters.listener.tls_inspector.v3.TlsInspector")},
    });
    let protocols = ["istio-peer-exchange", "istio"];
    let mut upstream = transport_socket("Upstream", &protocols, own, authority);
    upstream["typed_config"]["sni"] = json!("outbound_.80_._.server.shop.svc.cluster.local");
    let address = |ip: &str, port: u16| json!({"address": ip, "port_value": port});
    json!({"static_resources": {
        "listeners": [
            {
                "name": "virtualOutbound",
                "address": {"socket_address": address("0.0.0.0", 15_001)},
                "listener_filters": [original],
                "filter_chains": [{"filters": forward("outbound")}],
            },
            {
                "name": "virtualInbound",
                "address": {"socket_address": address("0.0.0.0", 15_006)},
                "listener_filters": [original, inspector],
                "filter_chains": [
                    {
                        "filter_chain_match": {"transport_protocol": "tls"},
                        "transport_socket": transport_socket("Downstream", &protocols, own, authority),
                        "filters": forward("inbound"),
                    },
                    {
                        "filter_chain_match": {"transport_protocol": "raw_buffer"},
                        "filters": forward("inbound"),
                    },
                ],
            },
        ],
        "clusters": [
            {
                "name": "outbound",
                "type": "ORIGINAL_DST",
                "lb_policy": "CLUSTER_PROVIDED",
                "transport_socket": upstream,
            },
            {
                "name": "inbound",
                "type": "ORIGINAL_DST",
                "lb_policy": "CLUSTER_PROVIDED",
                "upstream_bind_config": {"source_address": address("127.0.0.6", 0)},
            },
        ],
    }})
}

/// Linkerd's: HAProxy at 4140 and 4143, with the ALPN and the server names of its proxies.
pub(crate) fn linkerd(scene: &Scene, excluded: u16) -> Proxies {
    let authority = scene.authority.file();
    let program = copy(scene, Path::new("/usr/sbin/haproxy"), "linkerd2-proxy");
    let start = |pod: &Pod, name: &str| {
        intercept(pod, LINKERD_USER, 4140, 4143, excluded);
        let identity =
            |of: &str| format!("{of}.shop.serviceaccount.identity.linkerd.cluster.local");
        let certificate = scene.authority.client(&identity(name));
        let both = &certificate.both;
        let peer = identity("server");
        let configuration = format!(
            "global
  uid {LINKERD_USER}
  gid {LINKERD_USER}
defaults
  mode tcp
  timeout connect 10s
  timeout client 30s
  timeout server 30s
listen outbound
  bind 127.0.0.1:4140
  server peer 0.0.0.0 ssl verify required ca-file {authority} crt {both} alpn transport.l5d.io/v1 sni str({peer}) verifyhost {peer}
listen inbound
  bind 0.0.0.0:4143 ssl crt {both} ca-file {authority} verify required alpn transport.l5d.io/v1
  server app 0.0.0.0
"
        );
        let file = scene.write(&format!("haproxy-{name}.cfg"), &configuration);
        let container = pod.container("linkerd-proxy");
        let mut running = container.start(&program, &["-db", "-f", &file]);
        running.wait_for_port(&container, 4143);
        Proxy { container, running }
    };
    Proxies {
        client: start(&scene.pair.client, "client"),
        server: start(&scene.pair.server, "server"),
    }
}
