//! Connections as they are seen in pods of meshes: which leg they are, and whether it is excused.

use super::{ISTIO, LINKERD, annotated_pod, namespace, on_host, pod};
use saker_kube_metadata::{
    ContainerRole, Namespace, Pod, PodContainer, PodSettings, PortReference,
};
use saker_policy_audit::{
    Bypass, CallerPlace, Excuse, LegCaller, LegEnd, LegFacts, LegKind, LegParty, LegProcess,
    MeshLeg,
};
use std::net::SocketAddr;
use std::sync::Arc;

/// The address of the pod itself.
const OWN: &str = "10.0.0.2:41000";

fn app() -> LegProcess<'static> {
    LegProcess {
        executable: "python3.11",
        user_id: 1_000,
        container: Some("web"),
    }
}

fn envoy() -> LegProcess<'static> {
    LegProcess {
        executable: "envoy",
        user_id: 1_337,
        container: Some(ISTIO),
    }
}

fn linkerd_proxy() -> LegProcess<'static> {
    LegProcess {
        executable: "linkerd2-proxy",
        user_id: 2_102,
        container: Some(LINKERD),
    }
}

fn ztunnel() -> LegProcess<'static> {
    LegProcess {
        executable: "ztunnel",
        user_id: 0,
        container: Some(ISTIO),
    }
}

const KUBELET: LegProcess<'static> = LegProcess {
    executable: "kubelet",
    user_id: 0,
    container: None,
};

/// Which part of the way a connection is, where that is known.
#[track_caller]
fn leg(facts: &LegFacts<'_>) -> MeshLeg {
    saker_policy_audit::leg(facts).expect("a leg that is known")
}

/// The same connection, opened on this host by a process outside of containers that meant this address.
fn called_by<'a>(facts: LegFacts<'a>, process: LegProcess<'a>, target: &str) -> LegFacts<'a> {
    LegFacts {
        caller: Some(LegCaller {
            process,
            place: CallerPlace::Host,
            target: address(target),
        }),
        ..facts
    }
}

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn party(pod: &Pod) -> LegParty<'_> {
    LegParty {
        pod: Some(pod),
        ..LegParty::default()
    }
}

/// A connection of a process of a pod over the network, to or from somebody who is not known.
fn flow<'a>(
    end: LegEnd,
    process: LegProcess<'a>,
    own: &'a Pod,
    local: &str,
    remote: &str,
) -> LegFacts<'a> {
    LegFacts {
        end,
        is_loopback: false,
        is_datagram: false,
        is_mesh_mtls: false,
        process,
        caller: None,
        own: party(own),
        peer: LegParty::default(),
        local: address(local),
        remote: address(remote),
    }
}

fn client<'a>(process: LegProcess<'a>, own: &'a Pod, remote: &str) -> LegFacts<'a> {
    flow(LegEnd::Client, process, own, OWN, remote)
}

fn server<'a>(process: LegProcess<'a>, own: &'a Pod, port: u16, remote: &str) -> LegFacts<'a> {
    flow(
        LegEnd::Server,
        process,
        own,
        &format!("10.0.0.2:{port}"),
        remote,
    )
}

fn local(facts: LegFacts<'_>) -> LegFacts<'_> {
    LegFacts {
        is_loopback: true,
        ..facts
    }
}

fn sealed(facts: LegFacts<'_>) -> LegFacts<'_> {
    LegFacts {
        is_mesh_mtls: true,
        ..facts
    }
}

fn with_peer<'a>(facts: LegFacts<'a>, peer: &'a Pod) -> LegFacts<'a> {
    LegFacts {
        peer: party(peer),
        ..facts
    }
}

fn judged(kind: LegKind) -> MeshLeg {
    MeshLeg {
        kind,
        excuse: None,
        bypass: None,
    }
}

fn excused(kind: LegKind) -> MeshLeg {
    MeshLeg {
        excuse: Some(Excuse::Loopback),
        ..judged(kind)
    }
}

fn probe() -> MeshLeg {
    MeshLeg {
        excuse: Some(Excuse::Probe),
        ..judged(LegKind::Probe)
    }
}

fn bypass(how: Bypass) -> MeshLeg {
    MeshLeg {
        bypass: Some(how),
        ..judged(LegKind::Bypass)
    }
}

fn ambient_pod() -> Pod {
    annotated_pod(&[], [("ambient.istio.io/redirection", "enabled")])
}

/// The same pod, whose own container the kubelet asks at this port.
fn probed(mut pod: Pod, port: u16) -> Pod {
    let mut settings = PodSettings::clone(&pod.settings);
    settings.containers[0].probed = [PortReference::Number(port)].into();
    pod.settings = Arc::new(settings);
    pod
}

#[test]
fn through_a_sidecar_of_istio() {
    let here = pod(&[ISTIO]);
    let there = pod(&[ISTIO]);
    let outside = pod(&[]);
    let rows = [
        // An application calls a service; the connection is redirected to 127.0.0.1:15001.
        (
            local(client(app(), &here, "10.96.0.9:80")),
            excused(LegKind::AppToProxy),
        ),
        (
            local(flow(LegEnd::Server, envoy(), &here, "127.0.0.1:15001", OWN)),
            excused(LegKind::AppToProxy),
        ),
        // Names are asked of the proxy: 53 is redirected to 15053.
        (
            LegFacts {
                is_datagram: true,
                ..local(client(app(), &here, "10.96.0.10:53"))
            },
            excused(LegKind::AppToProxy),
        ),
        // From proxy to proxy, whoever the other is.
        (
            sealed(client(envoy(), &here, "10.0.0.3:8080")),
            judged(LegKind::ProxyToProxy),
        ),
        (
            sealed(server(envoy(), &here, 15_006, "10.0.0.3:41000")),
            judged(LegKind::ProxyToProxy),
        ),
        // In plaintext it is the same way, and not excused.
        (
            with_peer(client(envoy(), &here, "10.0.0.3:8080"), &there),
            judged(LegKind::ProxyToProxy),
        ),
        (
            client(envoy(), &here, "192.0.2.1:443"),
            judged(LegKind::ProxyToOutside),
        ),
        (
            with_peer(client(envoy(), &here, "10.0.0.3:80"), &outside),
            judged(LegKind::ProxyToOutside),
        ),
        (
            server(envoy(), &here, 15_006, "10.0.0.3:41000"),
            judged(LegKind::OutsideToProxy),
        ),
        // The proxy hands over, from 127.0.0.6 with REDIRECT and from the client's address with TPROXY.
        (
            local(flow(
                LegEnd::Client,
                envoy(),
                &here,
                "127.0.0.6:50000",
                "10.0.0.2:8080",
            )),
            excused(LegKind::ProxyToApp),
        ),
        (
            local(server(app(), &here, 8_080, "127.0.0.6:50000")),
            excused(LegKind::ProxyToApp),
        ),
        (
            local(server(app(), &here, 8_080, "10.0.0.3:41000")),
            excused(LegKind::ProxyToApp),
        ),
        (
            local(server(app(), &here, 8_080, "[::6]:50000")),
            excused(LegKind::ProxyToApp),
        ),
        // Inside of the pod.
        (
            local(client(app(), &here, "127.0.0.1:6379")),
            excused(LegKind::Local),
        ),
        (
            local(client(app(), &here, "10.0.0.2:6379")),
            excused(LegKind::Local),
        ),
        // Somebody without a proxy.
        (
            with_peer(client(app(), &outside, "10.0.0.3:8080"), &there),
            judged(LegKind::OutsideToProxy),
        ),
        (
            with_peer(server(app(), &outside, 80, "10.0.0.3:41000"), &there),
            judged(LegKind::ProxyToOutside),
        ),
        (
            client(app(), &outside, "192.0.2.1:443"),
            judged(LegKind::Direct),
        ),
    ];
    for (facts, expected) in rows {
        assert_eq!(leg(&facts), expected, "{facts:#?}");
    }
}

#[test]
fn past_a_sidecar_of_istio() {
    let here = pod(&[ISTIO]);
    let excluding = annotated_pod(
        &[ISTIO],
        [
            ("traffic.sidecar.istio.io/excludeOutboundPorts", "5432,9000"),
            ("traffic.sidecar.istio.io/excludeInboundPorts", "9090"),
            (
                "traffic.sidecar.istio.io/excludeOutboundIPRanges",
                "192.0.2.0/24",
            ),
        ],
    );
    let only = annotated_pod(
        &[ISTIO],
        [
            (
                "traffic.sidecar.istio.io/includeOutboundIPRanges",
                "10.0.0.0/8",
            ),
            ("traffic.sidecar.istio.io/includeInboundPorts", "8080"),
        ],
    );
    let mut starting = pod(&[ISTIO]);
    starting.unready = [ISTIO.into()].into();
    let mut settings = PodSettings::clone(&here.settings);
    let init = PodContainer {
        name: "migrate".into(),
        role: ContainerRole::Init,
        ..PodContainer::default()
    };
    settings.containers = settings.containers.iter().cloned().chain([init]).collect();
    let with_init = Pod {
        settings: Arc::new(settings),
        ..here.clone()
    };
    let migrate = LegProcess {
        container: Some("migrate"),
        ..app()
    };
    let as_proxy_user = LegProcess {
        user_id: 1_337,
        ..app()
    };
    // An executable that is called as the proxy's, in another container.
    let false_envoy = LegProcess {
        executable: "envoy",
        ..as_proxy_user
    };
    // Something else in the proxy's container.
    let shell = LegProcess {
        executable: "bash",
        ..envoy()
    };
    let rows = [
        (
            client(app(), &here, "10.0.0.3:5432"),
            bypass(Bypass::NotExplained),
        ),
        (
            server(app(), &here, 8_080, "10.0.0.3:41000"),
            bypass(Bypass::NotExplained),
        ),
        (
            client(app(), &excluding, "10.0.0.3:5432"),
            bypass(Bypass::Excluded),
        ),
        (
            client(app(), &excluding, "192.0.2.7:80"),
            bypass(Bypass::Excluded),
        ),
        (
            client(app(), &excluding, "10.0.0.3:80"),
            bypass(Bypass::NotExplained),
        ),
        (
            server(app(), &excluding, 9_090, "10.0.0.3:41000"),
            bypass(Bypass::Excluded),
        ),
        (
            server(app(), &excluding, 80, "10.0.0.3:41000"),
            bypass(Bypass::NotExplained),
        ),
        (
            client(app(), &only, "192.0.2.7:80"),
            bypass(Bypass::Excluded),
        ),
        (
            client(app(), &only, "10.0.0.3:80"),
            bypass(Bypass::NotExplained),
        ),
        (
            server(app(), &only, 9_090, "10.0.0.3:41000"),
            bypass(Bypass::Excluded),
        ),
        (
            client(migrate, &with_init, "10.0.0.3:5432"),
            bypass(Bypass::InitContainer),
        ),
        (
            client(as_proxy_user, &here, "10.0.0.3:5432"),
            bypass(Bypass::ProxyUser),
        ),
        (
            client(false_envoy, &here, "10.0.0.3:5432"),
            bypass(Bypass::ProxyUser),
        ),
        (
            client(shell, &here, "10.0.0.3:5432"),
            bypass(Bypass::ProxyUser),
        ),
        (
            client(app(), &starting, "10.0.0.3:5432"),
            bypass(Bypass::ProxyNotReady),
        ),
        // Meshes let datagrams pass.
        (
            LegFacts {
                is_datagram: true,
                ..client(app(), &here, "192.0.2.1:443")
            },
            judged(LegKind::Direct),
        ),
    ];
    for (facts, expected) in rows {
        assert_eq!(leg(&facts), expected, "{facts:#?}");
    }
}

#[test]
fn a_pod_that_should_have_a_proxy_goes_past_it() {
    let wants = namespace([("istio-injection", "enabled")], []);
    let within = |pod: &Pod, facts: fn(&Pod) -> LegFacts<'_>| {
        let mut facts = facts(pod);
        facts.own.namespace = Some(&wants);
        leg(&facts)
    };
    fn connect(pod: &Pod) -> LegFacts<'_> {
        client(app(), pod, "10.0.0.3:80")
    }
    assert_eq!(within(&pod(&[]), connect), bypass(Bypass::NoProxy));
    assert_eq!(
        within(&on_host(pod(&[])), connect),
        bypass(Bypass::HostNetwork)
    );
    assert_eq!(leg(&connect(&pod(&[]))), judged(LegKind::Direct));
}

#[test]
fn a_loopback_address_is_no_loopback_interface() {
    let here = pod(&[ISTIO]);
    // Packets that claim to come from the pod itself, over the network.
    for remote in [
        "127.0.0.6:50000",
        "127.0.0.1:50000",
        "10.0.0.2:50000",
        "[::6]:50000",
    ] {
        let facts = server(app(), &here, 8_080, remote);
        assert_eq!(leg(&facts), bypass(Bypass::NotExplained), "{remote}");
    }
}

#[test]
fn a_kubelet_is_known_by_its_own_end() {
    let here = probed(pod(&[]), 8_080);
    let node = LegParty {
        node: Some("node-a"),
        ..LegParty::default()
    };
    // From the node's address, and from that of a bridge to its pods.
    for (peer, remote) in [
        (node, "192.168.0.1:40000"),
        (LegParty::default(), "10.0.0.1:40000"),
    ] {
        let asked = |port| LegFacts {
            peer,
            ..server(app(), &here, port, remote)
        };
        let probe_of = |process| called_by(asked(8_080), process, "10.0.0.2:8080");
        assert_eq!(leg(&probe_of(KUBELET)), probe(), "{remote}");
        // No port that is probed.
        let other_port = called_by(asked(8_081), KUBELET, "10.0.0.2:8081");
        assert_eq!(leg(&other_port), judged(LegKind::Direct), "{remote}");
        let curl = LegProcess {
            executable: "curl",
            ..KUBELET
        };
        let of_user = LegProcess {
            user_id: 1_000,
            ..KUBELET
        };
        for process in [curl, of_user] {
            assert_eq!(leg(&probe_of(process)), judged(LegKind::Direct));
        }
        let placed = |place| {
            let mut facts = probe_of(KUBELET);
            facts.caller.as_mut().expect("a caller").place = place;
            saker_policy_audit::leg(&facts)
        };
        let in_pod = placed(CallerPlace::Pod);
        assert_eq!(in_pod, Some(judged(LegKind::Direct)));
        // A node that is a container itself has its kubelet there.
        assert_eq!(placed(CallerPlace::Container), None);
    }
}

#[test]
fn who_only_has_the_address_of_the_node_may_be_anybody() {
    let here = probed(pod(&[]), 8_080);
    let of_node = |node| LegParty {
        node: Some(node),
        ..LegParty::default()
    };
    let asked = |port, peer| LegFacts {
        peer,
        ..server(app(), &here, port, "192.168.0.1:40000")
    };
    let known = saker_policy_audit::leg;
    // A probe, or a client of a `NodePort` that is masqueraded.
    assert_eq!(known(&asked(8_080, of_node("node-a"))), None);
    let unknown = called_by(
        asked(8_080, of_node("node-a")),
        LegProcess::default(),
        "10.0.0.2:8080",
    );
    assert_eq!(known(&unknown), None);
    // No kubelet asks at other ports, or pods of other nodes.
    for facts in [
        asked(8_081, of_node("node-a")),
        asked(8_080, of_node("node-b")),
        asked(8_080, LegParty::default()),
    ] {
        assert_eq!(leg(&facts), judged(LegKind::Direct));
    }
}

#[test]
fn probes_of_istio() {
    let here = probed(pod(&[ISTIO]), 15_020);
    let plain = pod(&[]);
    let agent = LegProcess {
        executable: "pilot-agent",
        ..envoy()
    };
    let kubelet = KUBELET;
    let node = LegParty {
        node: Some("node-a"),
        ..LegParty::default()
    };
    let other_node = LegParty {
        node: Some("node-b"),
        ..LegParty::default()
    };
    let of_kubelet = |port: u16, peer| LegFacts {
        own: node,
        ..with_peer(client(kubelet, peer, &format!("10.0.0.2:{port}")), peer)
    };
    // Probes are asked of the proxy; health and metrics too.
    for port in [15_020, 15_021, 15_090] {
        let facts = LegFacts {
            peer: node,
            ..server(agent, &here, port, "192.168.0.1:40000")
        };
        assert_eq!(leg(&facts), probe(), "{port}");
        assert_eq!(leg(&of_kubelet(port, &here)), probe(), "{port}");
        // The application took the port of a proxy that is not there.
        let false_probe = server(app(), &plain, port, "10.0.0.3:40000");
        assert_eq!(leg(&false_probe), judged(LegKind::Direct), "{port}");
        let in_member = server(app(), &here, port, "10.0.0.3:40000");
        assert_eq!(in_member.peer.node, None);
        assert!(!leg(&in_member).is_excused(), "{port}");
    }
    assert_eq!(
        leg(&of_kubelet(8_080, &here)),
        judged(LegKind::OutsideToProxy)
    );
    // Where probes are not rewritten, the kubelet asks the application past the proxy.
    let past = probed(
        annotated_pod(
            &[ISTIO],
            [("traffic.sidecar.istio.io/excludeInboundPorts", "8080")],
        ),
        8_080,
    );
    let asked = |peer| LegFacts {
        peer,
        ..server(app(), &past, 8_080, "192.168.0.1:40000")
    };
    let by_kubelet = called_by(asked(node), kubelet, "10.0.0.2:8080");
    assert_eq!(leg(&by_kubelet), probe());
    assert_eq!(saker_policy_audit::leg(&asked(node)), None);
    assert_eq!(leg(&asked(other_node)), bypass(Bypass::Excluded));
    assert_eq!(leg(&asked(LegParty::default())), bypass(Bypass::Excluded));
    // Whoever calls itself kubelet in a pod is none.
    let false_kubelet = LegProcess {
        container: Some("web"),
        ..kubelet
    };
    let facts = with_peer(client(false_kubelet, &plain, "10.0.0.2:8080"), &past);
    assert_eq!(leg(&facts), judged(LegKind::OutsideToProxy));
}

#[test]
fn in_the_ambient_mesh() {
    let here = ambient_pod();
    let there = ambient_pod();
    let checked = probed(ambient_pod(), 8_080);
    let open = annotated_pod(
        &[],
        [
            ("ambient.istio.io/redirection", "enabled"),
            ("ambient.istio.io/bypass-inbound-capture", "true"),
        ],
    );
    for link in [
        "169.254.7.127:40000",
        "[fd16:9254:7127:1337:ffff:ffff:ffff:ffff]:40000",
    ] {
        // Everything of the host has it.
        let unseen = server(app(), &checked, 8_080, link);
        assert_eq!(saker_policy_audit::leg(&unseen), None, "{link}");
    }
    let rows = [
        (
            local(client(app(), &here, "10.96.0.9:80")),
            excused(LegKind::AppToProxy),
        ),
        (
            local(flow(
                LegEnd::Server,
                ztunnel(),
                &here,
                "127.0.0.1:15001",
                OWN,
            )),
            excused(LegKind::AppToProxy),
        ),
        // HBONE, in the pod's own network.
        (
            sealed(client(ztunnel(), &here, "10.0.0.3:15008")),
            judged(LegKind::ProxyToProxy),
        ),
        (
            sealed(server(ztunnel(), &here, 15_008, "10.0.0.3:41000")),
            judged(LegKind::ProxyToProxy),
        ),
        (
            with_peer(client(ztunnel(), &here, "10.0.0.3:8080"), &there),
            judged(LegKind::ProxyToProxy),
        ),
        (
            server(ztunnel(), &here, 15_006, "10.0.0.9:41000"),
            judged(LegKind::OutsideToProxy),
        ),
        // It hands over from the client's own address.
        (
            local(server(app(), &here, 8_080, "10.0.0.3:41000")),
            excused(LegKind::ProxyToApp),
        ),
        (
            local(flow(
                LegEnd::Client,
                ztunnel(),
                &here,
                "10.0.0.3:41000",
                "10.0.0.2:8080",
            )),
            excused(LegKind::ProxyToApp),
        ),
        (
            client(app(), &here, "10.0.0.3:80"),
            bypass(Bypass::NotExplained),
        ),
        (
            server(app(), &open, 8_080, "10.0.0.3:41000"),
            bypass(Bypass::Excluded),
        ),
        // The kubelet has an address of the link here.
        (
            called_by(
                server(app(), &checked, 8_080, "169.254.7.127:40000"),
                KUBELET,
                "10.0.0.2:8080",
            ),
            probe(),
        ),
        (
            server(app(), &checked, 9_090, "169.254.7.127:40000"),
            bypass(Bypass::NotExplained),
        ),
        (
            server(app(), &here, 8_080, "169.254.7.127:40000"),
            bypass(Bypass::NotExplained),
        ),
    ];
    for (facts, expected) in rows {
        assert_eq!(leg(&facts), expected, "{facts:#?}");
    }
}

#[test]
fn through_and_past_linkerd() {
    let here = pod(&[LINKERD]);
    let there = pod(&[LINKERD]);
    let checked = probed(pod(&[LINKERD]), 8_080);
    let skipping = annotated_pod(
        &[LINKERD],
        [
            ("config.linkerd.io/skip-outbound-ports", "25,4000-5000"),
            ("config.linkerd.io/skip-inbound-ports", "9090"),
        ],
    );
    let skips: Namespace = namespace([], [("config.linkerd.io/skip-outbound-ports", "443")]);
    let mut inherits = client(app(), &here, "192.0.2.1:443");
    inherits.own.namespace = Some(&skips);
    let node = LegParty {
        node: Some("node-a"),
        ..LegParty::default()
    };
    let at_proxy = LegFacts {
        peer: node,
        ..server(linkerd_proxy(), &checked, 4_143, "192.168.0.1:40000")
    };
    assert_eq!(saker_policy_audit::leg(&at_proxy), None);
    let probed_at = |target| called_by(at_proxy, KUBELET, target);
    let rows = [
        (
            local(client(app(), &here, "10.96.0.9:80")),
            excused(LegKind::AppToProxy),
        ),
        (
            local(flow(
                LegEnd::Server,
                linkerd_proxy(),
                &here,
                "127.0.0.1:4140",
                OWN,
            )),
            excused(LegKind::AppToProxy),
        ),
        (
            sealed(client(linkerd_proxy(), &here, "10.0.0.3:4143")),
            judged(LegKind::ProxyToProxy),
        ),
        (
            sealed(server(linkerd_proxy(), &here, 4_143, "10.0.0.3:41000")),
            judged(LegKind::ProxyToProxy),
        ),
        (
            with_peer(client(linkerd_proxy(), &here, "10.0.0.3:80"), &there),
            judged(LegKind::ProxyToProxy),
        ),
        (
            server(linkerd_proxy(), &here, 4_143, "10.0.0.9:41000"),
            judged(LegKind::OutsideToProxy),
        ),
        (
            local(server(app(), &here, 8_080, "10.0.0.2:41000")),
            excused(LegKind::ProxyToApp),
        ),
        (
            local(flow(
                LegEnd::Client,
                linkerd_proxy(),
                &here,
                OWN,
                "10.0.0.2:8080",
            )),
            excused(LegKind::ProxyToApp),
        ),
        (
            client(app(), &skipping, "10.0.0.3:4500"),
            bypass(Bypass::Excluded),
        ),
        (
            client(app(), &skipping, "10.0.0.3:80"),
            bypass(Bypass::NotExplained),
        ),
        (
            server(app(), &skipping, 9_090, "10.0.0.3:41000"),
            bypass(Bypass::Excluded),
        ),
        (inherits, bypass(Bypass::Excluded)),
        (
            client(
                LegProcess {
                    user_id: 2_102,
                    ..app()
                },
                &here,
                "10.0.0.3:80",
            ),
            bypass(Bypass::ProxyUser),
        ),
        // Metrics and health of the proxy.
        (
            server(linkerd_proxy(), &here, 4_191, "10.0.0.9:41000"),
            probe(),
        ),
        (
            with_peer(client(app(), pod_outside(), "10.0.0.2:4191"), &here),
            probe(),
        ),
        // Probes come to the proxy's own port, and mean another one.
        (probed_at("10.0.0.2:8080"), probe()),
        (probed_at("10.0.0.2:9090"), judged(LegKind::OutsideToProxy)),
        (
            LegFacts {
                peer: node,
                ..server(linkerd_proxy(), &here, 4_143, "192.168.0.1:40000")
            },
            judged(LegKind::OutsideToProxy),
        ),
    ];
    for (facts, expected) in rows {
        assert_eq!(leg(&facts), expected, "{facts:#?}");
    }
}

/// One that lives as long as the rows do.
fn pod_outside() -> &'static Pod {
    static OUTSIDE: std::sync::OnceLock<Pod> = std::sync::OnceLock::new();
    OUTSIDE.get_or_init(|| pod(&[]))
}

#[test]
fn without_a_cluster_everything_is_direct_or_local() {
    let bare = LegFacts {
        own: LegParty::default(),
        ..client(app(), pod_outside(), "192.0.2.1:443")
    };
    assert_eq!(leg(&bare), judged(LegKind::Direct));
    assert_eq!(leg(&local(bare)), excused(LegKind::Local));
}
