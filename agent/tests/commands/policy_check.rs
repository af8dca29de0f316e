//! `saker policy check`.

use crate::run::Folder;
use serde_json::json;

const CLUSTER: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: v1
kind: Pod
metadata: {name: web-0, namespace: shop, labels: {app: web}}
spec: {nodeName: a, serviceAccountName: web, containers: [{name: web}, {name: istio-proxy}]}
status: {podIP: 10.0.1.1}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, labels: {app: db}}
spec: {nodeName: b, containers: [{name: db}, {name: istio-proxy}]}
status: {podIP: 10.0.2.1}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: readers, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  rules: [{from: [{source: {serviceAccounts: [reader]}}]}]
";

const FLOWS: &str = r#"[
  {"name": "one", "source": "shop/web-0", "destination": {"pod": "shop/db-0", "port": 5432}},
  {"name": "two", "source": {"ip": "192.0.2.9"}, "destination": "shop/db-0", "port": 22},
  {"name": "three", "source": "shop/web-0", "destination": {"ip": "192.0.2.9"}, "port": 443}
]"#;

#[test]
fn network_policies_and_the_mesh_are_asked() {
    let folder = Folder::new(&[("cluster.yaml", CLUSTER), ("flow.json", FLOWS)]);
    let asked = [
        "policy",
        "check",
        "--flow",
        "flow.json",
        "--manifests",
        "cluster.yaml",
    ];
    let outcome = folder.run(&asked);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(
        outcome.out,
        "one: shop/web-0 -> shop/db-0 tcp/5432: allowed (ingress, rule, shop/only-web); \
         mesh: denied (no_allow_policy_matches, AuthorizationPolicy/shop/readers)\n\
         two: 192.0.2.9 -> shop/db-0 tcp/22: denied (ingress, peer_not_allowed, shop/only-web); \
         mesh: unknown (identity_hidden, AuthorizationPolicy/shop/readers)\n\
         three: shop/web-0 -> 192.0.2.9 tcp/443: not_isolated (egress, no_policy)\n"
    );
    let failing = [&asked[..], &["--fail-on-denied", "--output", "json"]].concat();
    let outcome = folder.run(&failing);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let answer = outcome.json();
    assert_eq!(answer["denied"], 2);
    assert_eq!(
        answer["flows"][0]["mesh"]["authz"],
        json!({
            "verdict": "denied",
            "reason": "no_allow_policy_matches",
            "policy": "AuthorizationPolicy/shop/readers",
        })
    );
    assert_eq!(answer["flows"][2]["mesh"]["authz"], json!(null));
}

#[test]
fn what_the_flow_shows_decides() {
    let reader = r#"{"source": {"ip": "10.0.9.9"}, "destination": "shop/db-0", "port": 5432,
        "principal": "spiffe://cluster.local/ns/shop/sa/reader"}"#;
    let folder = Folder::new(&[("cluster.yaml", CLUSTER), ("flow.json", reader)]);
    let asked = [
        "policy",
        "check",
        "--flow",
        "flow.json",
        "--manifests",
        "cluster.yaml",
    ];
    let outcome = folder.run(&[&asked[..], &["--output", "json"]].concat());
    let verdict = &outcome.json()["flows"][0]["mesh"]["authz"]["verdict"];
    assert_eq!(verdict, "allowed", "{outcome:?}");
}
