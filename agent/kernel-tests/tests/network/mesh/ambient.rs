//! Istio's ambient mesh: ztunnel in the pods' networks, and HTTP/2 `CONNECT` over mutual TLS between them (HBONE).

use super::{Proxies, Proxy, envoy, forward, kind, original_destination, transport_socket};
use crate::certificates::Certificate;
use crate::pods::Pod;
use crate::scene::Scene;
use serde_json::{Value, json};

/// Where ztunnel takes what other ztunnels send.
const HBONE: u16 = 15_008;

/// Where it takes what the pod sends.
const OUTBOUND: u16 = 15_001;

/// What ztunnel marks its own packets with.
const MARK: u32 = 0x539;

/// Option `SO_MARK` at the level `SOL_SOCKET`.
const SO_MARK: [u32; 2] = [1, 36];

/// Starts a ztunnel for each pod, in containers of pods of their own. They pass on to one port of the server; what is
/// sent to the excluded one goes past them.
pub(crate) fn ambient(scene: &Scene, ztunnels: &[Pod; 2], port: u16, excluded: u16) -> Proxies {
    let start = |name: &str, of: &Pod, pod: &Pod| {
        let rules = format!(
            "-t nat -A OUTPUT -m mark --mark {MARK} -j RETURN
-t nat -A OUTPUT -o lo -j RETURN
-t nat -A OUTPUT -p tcp --dport {excluded} -j RETURN
-t nat -A OUTPUT -p tcp -j REDIRECT --to-ports {OUTBOUND}"
        );
        pod.configure("iptables", &rules);
        let uri = format!("spiffe://cluster.local/ns/shop/sa/{name}");
        let certificate = scene.authority.workload(&format!("ambient-{name}"), &uri);
        let target = scene.server.at(port);
        let configuration = configuration(&certificate, &scene.authority.file(), &target);
        let container = of.container("istio-proxy").in_network_of(pod);
        // As root: it marks its packets.
        envoy(
            scene,
            container,
            "ztunnel",
            "--regid=0",
            &configuration,
            HBONE,
        )
    };
    let [client, server]: [Proxy; 2] = [
        start("client", &ztunnels[0], &scene.pair.client),
        start("server", &ztunnels[1], &scene.pair.server),
    ];
    Proxies { client, server }
}

fn configuration(own: &Certificate, authority: &str, target: &str) -> Value {
    let socket = |direction| {
        let mut socket = transport_socket(direction, &["h2"], own, authority);
        // As ztunnel: nothing older.
        let version = json!({
            "tls_minimum_protocol_version": "TLSv1_3",
            "tls_maximum_protocol_version": "TLSv1_3",
        });
        socket["typed_config"]["common_tls_context"]["tls_params"] = version;
        socket
    };
    let address = |port: u16| json!({"socket_address": {"address": "0.0.0.0", "port_value": port}});
    let (host, port) = target.rsplit_once(':').expect("a port");
    let port: u16 = port.parse().expect("a port");
    let [level, name] = SO_MARK;
    let bind = json!({
        "source_address": {"address": "0.0.0.0", "port_value": 0},
        "socket_options": [{"level": level, "name": name, "int_value": MARK, "state": "STATE_PREBIND"}],
    });
    let mut outbound = forward("tunnel");
    outbound[0]["typed_config"]["tunneling_config"] =
        json!({"hostname": "%DOWNSTREAM_LOCAL_ADDRESS%"});
    let route = json!({
        "name": "tunnels",
        "virtual_hosts": [{
            "name": "tunnels",
            "domains": ["*"],
            "routes": [{
                "match": {"connect_matcher": {}},
                "route": {
                    "cluster": "application",
                    "upgrade_configs": [{"upgrade_type": "CONNECT", "connect_config": {}}],
                },
            }],
        }],
    });
    let inbound = json!({
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": kind("filters.network.http_connection_manager.v3.HttpConnectionManager"),
            "stat_prefix": "inbound",
            "codec_type": "HTTP2",
            "http2_protocol_options": {"allow_connect": true},
            "upgrade_configs": [{"upgrade_type": "CONNECT"}],
            "route_config": route,
            "http_filters": [{
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": kind("filters.http.router.v3.Router")},
            }],
        },
    });
    json!({"static_resources": {
        "listeners": [
            {
                "name": "outbound",
                "address": address(OUTBOUND),
                "listener_filters": [original_destination()],
                "filter_chains": [{"filters": outbound}],
            },
            {
                "name": "inbound",
                "address": address(HBONE),
                "filter_chains": [{
                    "transport_socket": socket("Downstream"),
                    "filters": [inbound],
                }],
            },
        ],
        "clusters": [
            {
                "name": "tunnel",
                "type": "ORIGINAL_DST",
                "lb_policy": "CLUSTER_PROVIDED",
                "original_dst_lb_config": {"upstream_port_override": HBONE},
                "upstream_bind_config": bind,
                "transport_socket": socket("Upstream"),
                "typed_extension_protocol_options": {
                    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                        "@type": kind("upstreams.http.v3.HttpProtocolOptions"),
                        "explicit_http_config": {"http2_protocol_options": {}},
                    },
                },
            },
            {
                "name": "application",
                "type": "STATIC",
                "load_assignment": {
                    "cluster_name": "application",
                    "endpoints": [{"lb_endpoints": [{"endpoint": {"address": {
                        "socket_address": {"address": host, "port_value": port},
                    }}}]}],
                },
            },
        ],
    }})
}
