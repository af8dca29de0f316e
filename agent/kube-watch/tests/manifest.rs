//! The role of the agent allows what is watched, and nothing else.

use saker_kube_metadata::Kind;
use serde_json::Value;
use std::collections::BTreeSet;

const MANIFEST: &str = include_str!("../../../deploy/kubernetes/agent-rbac.yaml");

/// The API groups of the kinds that are watched.
fn group(kind: Kind) -> &'static str {
    match kind {
        Kind::Pods
        | Kind::Namespaces
        | Kind::Services
        | Kind::Nodes
        | Kind::ReplicationControllers => "",
        Kind::EndpointSlices => "discovery.k8s.io",
        Kind::ReplicaSets | Kind::Deployments | Kind::StatefulSets | Kind::DaemonSets => "apps",
        Kind::Jobs | Kind::CronJobs => "batch",
        Kind::NetworkPolicies => "networking.k8s.io",
        Kind::PeerAuthentications
        | Kind::IstioAuthorizationPolicies
        | Kind::RequestAuthentications => "security.istio.io",
        Kind::DestinationRules => "networking.istio.io",
        Kind::Servers
        | Kind::AuthorizationPolicies
        | Kind::MeshTlsAuthentications
        | Kind::NetworkAuthentications
        | Kind::ServerAuthorizations => "policy.linkerd.io",
    }
}

fn texts(value: &Value) -> Vec<&str> {
    let values = value.as_array().expect("a list").iter();
    values
        .map(|value| value.as_str().expect("a text"))
        .collect()
}

#[test]
fn the_role_allows_what_is_watched() {
    let documents: Vec<Value> = MANIFEST
        .split("\n---\n")
        .map(|document| serde_saphyr::from_str(document).expect("YAML"))
        .collect();
    let role = documents
        .iter()
        .find(|document| document["kind"] == "ClusterRole");
    let mut allowed = BTreeSet::new();
    for rule in role.expect("a role")["rules"].as_array().expect("rules") {
        assert_eq!(texts(&rule["verbs"]), ["list", "watch"]);
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                let is_new = allowed.insert((group.to_owned(), resource.to_owned()));
                assert!(is_new, "{resource} stands there twice");
            }
        }
    }
    let watched = Kind::ALL.map(|kind| (group(kind).to_owned(), kind.plural().to_owned()));
    assert_eq!(allowed, BTreeSet::from(watched));
}
