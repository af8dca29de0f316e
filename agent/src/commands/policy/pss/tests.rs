use super::{answer, text};
use saker_kube_manifests::pod_templates;
use saker_policy_audit::pod_security::{Demand, Level, Version};

const TWO: &str = r"
apiVersion: v1
kind: Pod
metadata: {name: plain, namespace: shop}
spec: {containers: [{name: web}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: node}
spec: {template: {spec: {hostPID: true, containers: [{name: a, securityContext: {privileged: true}}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
";

fn judged(level: Level) -> super::Answer {
    let read = pod_templates(TWO).expect("it is understood");
    let version = Version::Latest;
    answer(read, Demand { level, version })
}

#[test]
fn the_answer_names_what_is_violated_and_by_whom() {
    let answer = judged(Level::Baseline);
    let json = serde_json::to_value(&answer).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!({
            "level": "baseline",
            "version": "latest",
            "allowed": false,
            "skipped": 1,
            "objects": [
                {
                    "kind": "Pod", "namespace": "shop", "name": "plain",
                    "allowed": true, "level": "baseline", "message": null, "violations": [],
                },
                {
                    "kind": "Deployment", "namespace": "", "name": "node",
                    "allowed": false, "level": "privileged",
                    "message": "violates PodSecurity \"baseline:latest\": hostNamespaces (the pod may not \
                                share namespaces of its node: hostPID), privileged (container \"a\" may \
                                not set privileged to true)",
                    "violations": [
                        {
                            "control": "hostNamespaces", "level": "baseline", "containers": [],
                            "message": "the pod may not share namespaces of its node: hostPID",
                        },
                        {
                            "control": "privileged", "level": "baseline", "containers": ["a"],
                            "message": "container \"a\" may not set privileged to true",
                        },
                    ],
                },
            ],
        })
    );
}

#[test]
fn people_see_a_line_for_each_and_what_is_wrong_below() {
    assert_eq!(
        text(&judged(Level::Baseline)),
        "Pod shop/plain: meets baseline:latest\n\
         Deployment node: violates baseline:latest, meets privileged\n\
         \x20 hostNamespaces: the pod may not share namespaces of its node: hostPID\n\
         \x20 privileged: container \"a\" may not set privileged to true\n"
    );
}

#[test]
fn everything_is_privileged() {
    assert!(judged(Level::Privileged).allowed);
    assert!(!judged(Level::Restricted).allowed);
}
