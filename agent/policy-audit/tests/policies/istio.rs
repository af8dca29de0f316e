//! `PeerAuthentication`: which of several decides.

use super::{ISTIO, LINKERD, intent, labels, object, peers, pod, policies};
use proptest::prelude::*;
use saker_kube_metadata::{MeshContent, MeshObject, PeerMode, Pod, PodSettings};
use saker_policy_audit::{MtlsMode, MtlsReason};
use std::sync::Arc;

const MODES: [PeerMode; 4] = [
    PeerMode::Unset,
    PeerMode::Disable,
    PeerMode::Permissive,
    PeerMode::Strict,
];

fn said(mode: PeerMode) -> MtlsMode {
    match mode {
        PeerMode::Disable => MtlsMode::Disable,
        PeerMode::Permissive => MtlsMode::Permissive,
        PeerMode::Strict => MtlsMode::Strict,
        PeerMode::Unset | PeerMode::NotUnderstood => MtlsMode::Unset,
    }
}

/// What a gateway's listeners demand stands elsewhere.
#[test]
fn nothing_is_claimed_of_gateways() {
    let strict = policies(&[object(
        "istio-system",
        "m",
        1,
        peers([], PeerMode::Strict, &[]),
    )]);
    let mut gateway = pod(&[ISTIO]);
    let mut settings = PodSettings::clone(&gateway.settings);
    settings.containers = settings
        .containers
        .iter()
        .filter(|container| &*container.name == ISTIO)
        .cloned()
        .collect();
    gateway.settings = Arc::new(settings);
    assert!(intent(&strict, &pod(&[ISTIO]), Some(80)).is_required());
    let found = intent(&strict, &gateway, Some(80));
    assert!(!found.is_known() && !found.is_required(), "{found:?}");
}

/// Where the proxy is missing, nobody accepts both on the ports that no policy is about.
#[test]
fn without_its_proxy_the_ports_differ() {
    let one_port = peers(
        [("app", "web")],
        PeerMode::Unset,
        &[(80, PeerMode::Permissive)],
    );
    let found = policies(&[object("shop", "w", 1, one_port)]);
    let missing = Pod {
        labels: labels([("app", "web"), ("sidecar.istio.io/inject", "true")]),
        ..pod(&[])
    };
    let modes = [Some(80), Some(81), None].map(|port| intent(&found, &missing, port).mode);
    assert_eq!(
        modes,
        [MtlsMode::Permissive, MtlsMode::Unset, MtlsMode::Unset]
    );
    let of_any = intent(&found, &missing, None);
    assert_eq!(of_any.reason, MtlsReason::PortNotKnown);
    let member = intent(&found, &pod(&[ISTIO]), None);
    assert_eq!(member.mode, MtlsMode::Permissive);
}

/// Every way in which the four levels can be set: 5 * 5 * 5 * 5 rows.
#[test]
fn the_narrowest_level_that_is_set_decides() {
    let settings = || [None].into_iter().chain(MODES.map(Some));
    let pod = pod(&[ISTIO]);
    let mut rows = 0;
    for mesh in settings() {
        for namespace in settings() {
            for workload in settings() {
                for port in settings() {
                    let ports: Vec<_> = port.map(|mode| (8_080, mode)).into_iter().collect();
                    let mut objects = Vec::new();
                    objects.extend(mesh.map(|m| object("istio-system", "m", 1, peers([], m, &[]))));
                    objects.extend(namespace.map(|m| object("shop", "n", 1, peers([], m, &[]))));
                    objects.extend(
                        workload.map(|mode| {
                            object("shop", "w", 1, peers([("app", "web")], mode, &ports))
                        }),
                    );
                    // Ports count where there is a policy of the workload.
                    let of_port = port.filter(|_| workload.is_some());
                    let levels = [
                        (of_port, "shop/w"),
                        (workload, "shop/w"),
                        (namespace, "shop/n"),
                        (mesh, "istio-system/m"),
                    ];
                    let decides = levels.into_iter().find_map(|(mode, name)| {
                        Some((mode.filter(|m| *m != PeerMode::Unset)?, name))
                    });
                    let found = intent(&policies(&objects), &pod, Some(8_080));
                    let row = format!("{mesh:?} {namespace:?} {workload:?} {port:?}: {found:?}");
                    match decides {
                        Some((mode, name)) => {
                            assert_eq!(found.mode, said(mode), "{row}");
                            let policy = format!("PeerAuthentication/{name}");
                            assert_eq!(found.policy.as_deref(), Some(&*policy), "{row}");
                            assert_eq!(found.reason, MtlsReason::PeerAuthentication, "{row}");
                        }
                        None => {
                            assert_eq!(found.mode, MtlsMode::Permissive, "{row}");
                            assert_eq!(found.reason, MtlsReason::MeshDefault, "{row}");
                        }
                    }
                    rows += 1;
                }
            }
        }
    }
    assert_eq!(rows, 625);
}

/// Written from Istio's documentation, without an index: looks at all policies for each question.
fn by_looking_at_all(objects: &[MeshObject], pod: &Pod, port: u16) -> MtlsMode {
    let all: Vec<(&MeshObject, &saker_kube_metadata::PeerAuthentication)> = objects
        .iter()
        .filter_map(|object| match &object.content {
            MeshContent::PeerAuthentication(says) => Some((object, says)),
            _ => None,
        })
        .collect();
    let oldest =
        |accepts: &dyn Fn(&MeshObject, &saker_kube_metadata::PeerAuthentication) -> bool| {
            let of_level = all.iter().filter(|(object, says)| accepts(object, says));
            of_level.min_by_key(|(object, _)| (object.created_s, object.name.name.to_string()))
        };
    let is_root = |object: &MeshObject| &*object.name.namespace == "istio-system";
    let is_own = |object: &MeshObject| object.name.namespace == pod.name.namespace;
    let mesh = oldest(&|object, says| is_root(object) && says.workloads.is_empty());
    let namespace =
        oldest(&|object, says| is_own(object) && !is_root(object) && says.workloads.is_empty());
    let workload = oldest(&|object, says| {
        let mut wanted = says.workloads.iter();
        let is_selected = wanted.all(|(key, value)| pod.labels.get(key) == Some(value));
        is_own(object) && !is_root(object) && !says.workloads.is_empty() && is_selected
    });
    let mut mode = MtlsMode::Permissive;
    for (_, says) in [mesh, namespace, workload].into_iter().flatten() {
        if says.mode != PeerMode::Unset {
            mode = said(says.mode);
        }
    }
    let ports = workload
        .map(|(_, says)| &says.ports[..])
        .unwrap_or_default();
    match ports.iter().find(|(number, _)| *number == port) {
        Some((_, of_port)) if *of_port != PeerMode::Unset => said(*of_port),
        _ => mode,
    }
}

fn any_mode() -> impl Strategy<Value = PeerMode> {
    prop::sample::select(&MODES[..])
}

fn any_policy() -> impl Strategy<Value = (usize, usize, PeerMode, Vec<PeerMode>, i64)> {
    let ports = prop::collection::vec(any_mode(), 0..=2);
    (0..3_usize, 0..4_usize, any_mode(), ports, 0..3_i64)
}

proptest! {
    #[test]
    fn the_index_finds_what_looking_at_all_finds(
        parts in prop::collection::vec(any_policy(), 0..8),
        of_root in any::<bool>(),
    ) {
        let objects: Vec<MeshObject> = parts
            .iter()
            .enumerate()
            .map(|(number, (namespace, selector, mode, ports, created))| {
                let ports: Vec<(u16, PeerMode)> = [80, 8_080].into_iter().zip(ports.iter().copied()).collect();
                let content = match selector {
                    0 => peers([], *mode, &ports),
                    1 => peers([("app", "web")], *mode, &ports),
                    2 => peers([("app", "db")], *mode, &ports),
                    _ => peers([("app", "web"), ("tier", "front")], *mode, &ports),
                };
                let namespace = ["istio-system", "shop", "other"][*namespace];
                object(namespace, &format!("p{}", 9 - number), *created, content)
            })
            .collect();
        let mut pod = pod(&[ISTIO]);
        pod.labels = labels([("app", "web"), ("tier", "front")]);
        if of_root {
            pod.name.namespace = "istio-system".into();
        }
        let policies = policies(&objects);
        let ports = [80, 8_080, 9_090];
        for port in ports {
            let found = intent(&policies, &pod, Some(port));
            prop_assert_eq!(found.mode, by_looking_at_all(&objects, &pod, port), "port {}", port);
        }
        // Where the port is not known, nothing is claimed that does not hold for every port.
        let found = intent(&policies, &pod, None);
        if found.is_known() {
            for port in ports {
                prop_assert_eq!(found.mode, by_looking_at_all(&objects, &pod, port));
            }
        }
    }
}

#[test]
fn of_equals_the_oldest_decides_and_then_the_first_by_name() {
    let pod = pod(&[ISTIO]);
    let strict = || peers([], PeerMode::Strict, &[]);
    let permissive = || peers([], PeerMode::Permissive, &[]);
    let older = [
        object("shop", "b", 10, strict()),
        object("shop", "a", 20, permissive()),
    ];
    assert!(intent(&policies(&older), &pod, Some(80)).is_required());
    let same = [
        object("shop", "b", 10, strict()),
        object("shop", "a", 10, permissive()),
    ];
    assert!(!intent(&policies(&same), &pod, Some(80)).is_required());
    // The oldest counts also where it says nothing.
    let unset = [
        object("shop", "a", 5, peers([], PeerMode::Unset, &[])),
        object("shop", "b", 10, strict()),
    ];
    assert!(!intent(&policies(&unset), &pod, Some(80)).is_required());
}

#[test]
fn the_policy_of_the_mesh_is_for_those_in_it() {
    let of_mesh = [object(
        "istio-system",
        "m",
        1,
        peers([], PeerMode::Strict, &[]),
    )];
    let of_mesh = policies(&of_mesh);
    assert!(intent(&of_mesh, &pod(&[ISTIO]), Some(80)).is_required());
    let outside = intent(&of_mesh, &pod(&[]), Some(80));
    assert_eq!(
        (outside.mode, outside.reason),
        (MtlsMode::Unset, MtlsReason::NoPolicy)
    );
    let of_linkerd = intent(&of_mesh, &pod(&[LINKERD]), Some(80));
    assert!(!of_linkerd.is_required());
    // Who writes one for a namespace means its pods.
    let of_namespace = [object("shop", "n", 1, peers([], PeerMode::Strict, &[]))];
    assert!(intent(&policies(&of_namespace), &pod(&[]), Some(80)).is_required());
    let elsewhere = [object("other", "n", 1, peers([], PeerMode::Strict, &[]))];
    assert!(!intent(&policies(&elsewhere), &pod(&[]), Some(80)).is_required());
}

#[test]
fn the_ambient_mesh_knows_no_disable() {
    let mut pod = pod(&[]);
    let annotations = [("ambient.istio.io/redirection", "enabled")];
    pod.settings = Arc::new(PodSettings {
        annotations: annotations.into_iter().collect(),
        ..PodSettings::default()
    });
    let objects = [object("shop", "n", 1, peers([], PeerMode::Disable, &[]))];
    assert_eq!(
        intent(&policies(&objects), &pod, Some(80)).mode,
        MtlsMode::Permissive
    );
}

#[test]
fn a_mode_that_is_not_known_says_nothing() {
    let objects = [object(
        "shop",
        "n",
        1,
        peers([], PeerMode::NotUnderstood, &[]),
    )];
    let found = intent(&policies(&objects), &pod(&[ISTIO]), Some(80));
    assert_eq!((found.mode, found.is_known()), (MtlsMode::Unset, false));
}

#[test]
fn a_port_that_is_not_known_is_decided_where_all_are_the_same() {
    let pod = pod(&[ISTIO]);
    let with = |ports: &[(u16, PeerMode)]| {
        let content = peers([("app", "web")], PeerMode::Strict, ports);
        intent(&policies(&[object("shop", "w", 1, content)]), &pod, None)
    };
    assert!(with(&[]).is_required());
    assert!(with(&[(80, PeerMode::Strict), (81, PeerMode::Unset)]).is_required());
    let differs = with(&[(80, PeerMode::Permissive)]);
    assert_eq!(differs.reason, MtlsReason::PortNotKnown);
    assert!(!differs.is_known());
}
