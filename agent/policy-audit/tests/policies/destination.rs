//! `DestinationRule`: how clients connect.

use super::{labels, object, pod, policies};
use saker_kube_metadata::{
    ClientTlsMode, DestinationRule, Export, MeshContent, MeshObject, ObjectName, Pod, Subset,
    TrafficTls,
};

const SIMPLE: Option<ClientTlsMode> = Some(ClientTlsMode::Simple);
const DISABLE: Option<ClientTlsMode> = Some(ClientTlsMode::Disable);

fn tls(mode: Option<ClientTlsMode>) -> TrafficTls {
    TrafficTls {
        mode,
        ports: Box::default(),
    }
}

fn says(host: &str, mode: Option<ClientTlsMode>) -> DestinationRule {
    DestinationRule {
        host: host.into(),
        tls: tls(mode),
        ..DestinationRule::default()
    }
}

fn rule(namespace: &str, name: &str, says: DestinationRule) -> MeshObject {
    object(namespace, name, 1, MeshContent::DestinationRule(says))
}

/// How the pod `shop/web-0` connects to port 80 of the service `back` of the namespace `store`.
fn found(objects: &[MeshObject]) -> Option<(Option<ClientTlsMode>, String)> {
    found_by(objects, &pod(&[]), 80)
}

fn found_by(
    objects: &[MeshObject],
    client: &Pod,
    port: u16,
) -> Option<(Option<ClientTlsMode>, String)> {
    let service = ObjectName::new("store", "back");
    let intent = policies(objects).client_intent(client, &service, port, None)?;
    Some((intent.mode, intent.policy.to_string()))
}

fn decided(mode: Option<ClientTlsMode>, name: &str) -> Option<(Option<ClientTlsMode>, String)> {
    Some((mode, format!("DestinationRule/{name}")))
}

#[test]
fn the_clients_namespace_then_the_services_then_the_root() {
    let host = "back.store.svc.cluster.local";
    let all = [
        rule("shop", "own", says(host, SIMPLE)),
        rule("store", "theirs", says("back", DISABLE)),
        rule("istio-system", "root", says("*", SIMPLE)),
    ];
    assert_eq!(found(&all), decided(SIMPLE, "shop/own"));
    assert_eq!(found(&all[1..]), decided(DISABLE, "store/theirs"));
    assert_eq!(found(&all[2..]), decided(SIMPLE, "istio-system/root"));
    assert_eq!(found(&[]), None);
    let unrelated = [
        rule("other", "o", says(host, SIMPLE)),
        rule("shop", "short", says("back", SIMPLE)),
    ];
    assert_eq!(
        found(&unrelated),
        None,
        "a short name is of its own namespace"
    );
}

#[test]
fn the_most_specific_host_counts() {
    let all = [
        rule("shop", "all", says("*", SIMPLE)),
        rule("shop", "end", says("*.store.svc.cluster.local", DISABLE)),
        rule("shop", "short-end", says("*.local", SIMPLE)),
        rule(
            "shop",
            "whole",
            says("back.store.svc.cluster.local", SIMPLE),
        ),
    ];
    assert_eq!(found(&all), decided(SIMPLE, "shop/whole"));
    assert_eq!(found(&all[..3]), decided(DISABLE, "shop/end"));
    assert_eq!(
        found(&[rule("shop", "x", says("*ore.svc.cluster.local.", SIMPLE))]),
        None
    );
}

#[test]
fn a_rule_is_for_those_that_see_it_and_that_it_selects() {
    let host = "back.store.svc.cluster.local";
    let export = |names: &[&str]| DestinationRule {
        export: Export::Namespaces(names.iter().map(|name| (*name).into()).collect()),
        ..says(host, SIMPLE)
    };
    assert_eq!(found(&[rule("store", "x", export(&["."]))]), None);
    assert!(found(&[rule("shop", "x", export(&["."]))]).is_some());
    assert!(found(&[rule("store", "x", export(&["other", "shop"]))]).is_some());
    let selects = |app| DestinationRule {
        clients: labels([("app", app)]),
        ..says(host, DISABLE)
    };
    let general = || rule("shop", "a", says(host, SIMPLE));
    assert_eq!(
        found(&[general(), rule("shop", "b", selects("web"))]),
        decided(DISABLE, "shop/b")
    );
    assert_eq!(
        found(&[general(), rule("shop", "b", selects("db"))]),
        decided(SIMPLE, "shop/a")
    );
}

#[test]
fn ports_and_subsets_may_differ() {
    let mut says = says("back.store.svc.cluster.local", SIMPLE);
    says.tls.ports = [(81, DISABLE), (82, None)].into();
    let by_port = |port| {
        found_by(&[rule("shop", "r", says.clone())], &pod(&[]), port)
            .unwrap()
            .0
    };
    assert_eq!(by_port(80), SIMPLE);
    assert_eq!(by_port(81), DISABLE);
    assert_eq!(by_port(82), None, "a port's own setting holds alone");
    says.subsets = [Subset {
        name: "v2".into(),
        workloads: labels([("version", "v2")]),
        tls: tls(DISABLE),
    }]
    .into();
    assert_eq!(
        found(&[rule("shop", "r", says)]).unwrap().0,
        None,
        "which subset is taken is not seen"
    );
}
