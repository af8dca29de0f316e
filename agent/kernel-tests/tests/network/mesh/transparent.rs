//! Istio's interception that leaves addresses as they are.

use super::{ISTIO_USER, kind};
use crate::pods::Pod;
use serde_json::{Value, json};

/// Marks the packets that belong to the proxy or are meant for it.
const MARK: u32 = 1337;

/// Sends what arrives at a pod to its proxy by `TPROXY`, and what leaves it by redirection, as Istio does. The proxy
/// is known by its group: it runs as root.
pub(super) fn intercept(pod: &Pod, excluded: u16) {
    let rules = format!(
        "-t nat -A OUTPUT -m owner --gid-owner {ISTIO_USER} -j RETURN
-t nat -A OUTPUT -o lo -j RETURN
-t nat -A OUTPUT -p tcp --dport {excluded} -j RETURN
-t nat -A OUTPUT -p tcp -j REDIRECT --to-ports 15001
-t mangle -N DIVERT
-t mangle -A DIVERT -j MARK --set-mark {MARK}
-t mangle -A DIVERT -j ACCEPT
-t mangle -A PREROUTING -p tcp -m mark --mark {MARK} -j CONNMARK --save-mark
-t mangle -A PREROUTING -p tcp -m mark --mark {MARK} -j RETURN
-t mangle -A PREROUTING -p tcp -i lo -j RETURN
-t mangle -A PREROUTING -p tcp --dport {excluded} -j RETURN
-t mangle -A PREROUTING -p tcp -m conntrack --ctstate RELATED,ESTABLISHED -j DIVERT
-t mangle -A PREROUTING -p tcp -j TPROXY --tproxy-mark {MARK} --on-port 15006
-t mangle -A OUTPUT -p tcp -m connmark --mark {MARK} -j CONNMARK --restore-mark"
    );
    pod.configure("iptables", &rules);
    // What is marked is for this host, whatever its address.
    let routes =
        format!("rule add fwmark {MARK} lookup 133\nroute add local default dev lo table 133");
    pod.configure("ip", &routes);
}

/// Changes what Envoy does with what arrives: it takes it at the address that it was sent to, and passes it on with
/// the address of the client.
pub(super) fn adapt(configuration: &mut Value) {
    let parts = &mut configuration["static_resources"];
    let inbound = &mut parts["listeners"][1];
    inbound["transparent"] = json!(true);
    let source = json!({
        "name": "envoy.filters.listener.original_src",
        "typed_config": {
            "@type": kind("filters.listener.original_src.v3.OriginalSrc"),
            "mark": MARK,
        },
    });
    let filters = inbound["listener_filters"].as_array_mut();
    filters.expect("filters").push(source);
    let cluster = parts["clusters"][1].as_object_mut().expect("a cluster");
    cluster.remove("upstream_bind_config");
}
