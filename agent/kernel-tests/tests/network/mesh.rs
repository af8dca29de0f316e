//! Stand-ins for the proxies of meshes: they intercept by the kernel's redirection, and really encrypt.

use crate::certificates::Certificate;
use crate::pods::{Container, Pod};
use crate::running::Running;
use crate::scene::{Scene, text};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
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
    pod.redirect(&format!(
        "-A OUTPUT -s 127.0.0.6/32 -o lo -j RETURN
-A OUTPUT -m owner --uid-owner {user} -j RETURN
-A OUTPUT -o lo -j RETURN
-A OUTPUT -p tcp --dport {excluded} -j RETURN
-A OUTPUT -p tcp -j REDIRECT --to-ports {outbound}
-A PREROUTING -p tcp --dport {excluded} -j RETURN
-A PREROUTING -p tcp -j REDIRECT --to-ports {inbound}"
    ));
}

/// Istio's: Envoy at 15001 and 15006, with certificates of workloads. It takes plaintext as well, as under a
/// policy that permits it.
pub(crate) fn istio(scene: &Scene, excluded: u16) -> Proxies {
    let program = renamed(scene, &envoy(), "envoy");
    let start = |pod: &Pod, name: &str| {
        intercept(pod, ISTIO_USER, 15_001, 15_006, excluded);
        let uri = format!("spiffe://cluster.local/ns/shop/sa/{name}");
        let certificate = scene.authority.workload(&format!("istio-{name}"), &uri);
        let configuration = envoy_configuration(&certificate, &scene.authority.file());
        let file = scene.write(&format!("envoy-{name}.json"), &configuration.to_string());
        let container = pod.container("istio-proxy");
        let user = format!("--reuid={ISTIO_USER}");
        let arguments = [
            &user,
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
        running.wait_for_port(&container, 15_006);
        Proxy { container, running }
    };
    Proxies {
        client: start(&scene.pair.client, "client"),
        server: start(&scene.pair.server, "server"),
    }
}

/// Envoy as the tests' step fetched it.
fn envoy() -> PathBuf {
    let program = std::env::var_os("SAKER_ENVOY").map(PathBuf::from);
    program.expect("SAKER_ENVOY names Envoy: run `cargo xtask test --only network`")
}

/// A program under a name of its own, where everybody may run it: a proxy is known by its name.
fn renamed(scene: &Scene, program: &Path, name: &str) -> String {
    let own = scene.path(name);
    if !own.exists() {
        std::fs::copy(program, &own).unwrap_or_else(|error| panic!("{program:?}: {error}"));
        let all_may_run = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&own, all_may_run).expect("a program");
    }
    text(&own)
}

fn envoy_configuration(own: &Certificate, authority: &str) -> Value {
    let kind = |name: &str| format!("type.googleapis.com/envoy.extensions.{name}");
    let forward = |cluster: &str| {
        json!([{
            "name": "envoy.filters.network.tcp_proxy",
            "typed_config": {
                "@type": kind("filters.network.tcp_proxy.v3.TcpProxy"),
                "stat_prefix": cluster,
                "cluster": cluster,
            },
        }])
    };
    let original = json!({
        "name": "envoy.filters.listener.original_dst",
        "typed_config": {"@type": kind("filters.listener.original_dst.v3.OriginalDst")},
    });
    let inspector = json!({
        "name": "envoy.filters.listener.tls_inspector",
        "typed_config": {"@type": kind("filters.listener.tls_inspector.v3.TlsInspector")},
    });
    let tls = json!({
        "alpn_protocols": ["istio-peer-exchange", "istio"],
        "tls_certificates": [{
            "certificate_chain": {"filename": own.chain},
            "private_key": {"filename": own.key},
        }],
        "validation_context": {"trusted_ca": {"filename": authority}},
    });
    let socket = |direction: &str, more: Value| {
        let mut config = json!({
            "@type": kind(&format!("transport_sockets.tls.v3.{direction}TlsContext")),
            "common_tls_context": tls,
        });
        for (name, value) in more.as_object().expect("settings") {
            config[name] = value.clone();
        }
        json!({"name": "envoy.transport_sockets.tls", "typed_config": config})
    };
    let address = |ip: &str, port: u16| json!({"address": ip, "port_value": port});
    let sni = "outbound_.80_._.server.shop.svc.cluster.local";
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
                        "transport_socket": socket("Downstream", json!({"require_client_certificate": true})),
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
                "transport_socket": socket("Upstream", json!({"sni": sni})),
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
    let program = renamed(scene, Path::new("/usr/sbin/haproxy"), "linkerd2-proxy");
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
