//! What pods belong to.

use super::objects::Objects;
use super::{Watched, config, eventually};
use kube::ResourceExt;
use saker_kube_metadata::{Answer, Scope, WorkloadKind};
use serde_json::{Value, json};
use std::path::Path;

/// What a workload needs to be accepted.
fn template() -> Value {
    json!({
        "metadata": {"labels": {"app": "shop"}},
        "spec": {"restartPolicy": "Always", "containers": [{"name": "main", "image": "registry.example/shop:1"}]}
    })
}

fn selector() -> Value {
    json!({"matchLabels": {"app": "shop"}})
}

/// A reference as controllers write it.
fn reference(api_version: &str, kind: &str, name: &str, uid: &str) -> Value {
    json!([{"apiVersion": api_version, "kind": kind, "name": name, "uid": uid, "controller": true}])
}

struct Maker<'a> {
    objects: &'a Objects,
}

impl Maker<'_> {
    /// Makes an owner. Returns the reference to it.
    async fn owner(
        &self,
        group: &str,
        kind: &str,
        name: &str,
        owners: Value,
        spec: Value,
    ) -> Value {
        let version = self.objects.version(group, kind);
        let metadata = json!({
            "name": name, "labels": {"made-as": kind}, "ownerReferences": owners
        });
        let object = json!({"metadata": metadata, "spec": spec});
        let made = self.objects.create(group, version, kind, object).await;
        let api_version = if group.is_empty() {
            version.to_owned()
        } else {
            format!("{group}/{version}")
        };
        reference(&api_version, kind, name, &made.uid().expect("a uid"))
    }

    /// Makes a pod of an owner. Returns its uid.
    async fn pod(&self, name: &str, owners: Value) -> String {
        let more = json!({"metadata": {"ownerReferences": owners}});
        self.objects.pod(name, "saker-node-a", more).await
    }
}

/// Every kind of owner is found, with its labels, and the chain is followed.
pub(crate) async fn chains_of_owners(kubeconfig: &Path, objects: &Objects) {
    let maker = Maker { objects };
    let spec = || json!({"replicas": 0, "selector": selector(), "template": template()});
    let deployment = maker
        .owner("apps", "Deployment", "web", json!([]), spec())
        .await;
    let replica_set = maker
        .owner("apps", "ReplicaSet", "web-5f6", deployment, spec())
        .await;
    let of_deployment = maker.pod("web-5f6-x", replica_set).await;

    let mut set = spec();
    set["serviceName"] = json!("db");
    let stateful = maker
        .owner("apps", "StatefulSet", "db", json!([]), set)
        .await;
    let of_stateful = maker.pod("db-0", stateful).await;

    let daemon = json!({"selector": selector(), "template": template()});
    let daemon = maker
        .owner("apps", "DaemonSet", "agent", json!([]), daemon)
        .await;
    let of_daemon = maker.pod("agent-x", daemon).await;

    let mut once = template();
    once["spec"]["restartPolicy"] = json!("Never");
    let suspended = json!({"schedule": "0 4 * * *", "suspend": true, "jobTemplate": {"spec": {"template": once}}});
    let cron_job = maker
        .owner("batch", "CronJob", "nightly", json!([]), suspended)
        .await;
    let job = json!({"parallelism": 0, "template": once});
    let job = maker
        .owner("batch", "Job", "nightly-1", cron_job, job)
        .await;
    let of_cron_job = maker.pod("nightly-1-x", job).await;

    let old = json!({"replicas": 0, "selector": {"app": "shop"}, "template": template()});
    let old = maker
        .owner("", "ReplicationController", "old", json!([]), old)
        .await;
    let of_old = maker.pod("old-x", old).await;
    let foreign = reference(
        "example.com/v1",
        "Rollout",
        "canary",
        "11111111-2222-3333-4444-555555555555",
    );
    let of_foreign = maker.pod("canary-x", foreign).await;

    let scope = Scope::NODE_PODS.with(Scope::OWNERS);
    let watched = Watched::synced(config(kubeconfig, "saker-node-a"), scope).await;
    let chains = [
        (&of_deployment, "ReplicaSet web-5f6 > Deployment web"),
        (&of_stateful, "StatefulSet db"),
        (&of_daemon, "DaemonSet agent"),
        (&of_cron_job, "Job nightly-1 > CronJob nightly"),
        (&of_old, "ReplicationController old"),
        (&of_foreign, "Rollout canary"),
    ];
    for (uid, expected) in chains {
        let pod = watched.pod(uid).expect("the pod");
        let owners = watched.cluster.owners(&pod);
        let names: Vec<String> = owners
            .iter()
            .map(|owner| format!("{} {}", owner.reference.kind_name, owner.reference.name))
            .collect();
        assert_eq!(names.join(" > "), expected);
        for owner in &owners {
            let kind = &*owner.reference.kind_name;
            match &owner.labels {
                Answer::Known(labels) => assert_eq!(labels.get("made-as"), Some(kind)),
                Answer::Unknown if kind == "Rollout" => {}
                other => panic!("labels of {kind}: {other:?}"),
            }
        }
    }
    a_new_chain(&maker, &watched).await;
    for pod in [
        "web-5f6-x",
        "db-0",
        "agent-x",
        "nightly-1-x",
        "old-x",
        "canary-x",
    ] {
        objects.delete("", "v1", "Pod", pod).await;
    }
}

/// The owners of a pod that is made later are found too, whatever is told first.
async fn a_new_chain(maker: &Maker<'_>, watched: &Watched) {
    let spec = || json!({"replicas": 0, "selector": selector(), "template": template()});
    let deployment = maker
        .owner("apps", "Deployment", "api", json!([]), spec())
        .await;
    let replica_set = maker
        .owner("apps", "ReplicaSet", "api-77", deployment, spec())
        .await;
    let uid = maker.pod("api-77-x", replica_set).await;
    eventually("the deployment of a new pod is found", || {
        let Some(pod) = watched.pod(&uid) else {
            return false;
        };
        let owner = watched.cluster.owner(&pod, WorkloadKind::Deployment);
        owner
            .known()
            .flatten()
            .is_some_and(|owner| &*owner.reference.name == "api" && owner.labels.known().is_some())
    })
    .await;
    let pod = watched.pod(&uid).expect("the pod");
    let other = watched.cluster.owner(&pod, WorkloadKind::CronJob);
    assert_eq!(other, Answer::Known(None));
    maker.objects.delete("", "v1", "Pod", "api-77-x").await;
}

/// Namespaces are known with their labels.
pub(crate) async fn namespaces(kubeconfig: &Path, objects: &Objects) {
    let watched = Watched::synced(config(kubeconfig, "saker-node-a"), Scope::NAMESPACES).await;
    let namespace = watched.cluster.namespace(&objects.namespace).known();
    let namespace = namespace.expect("the namespace");
    assert_eq!(namespace.labels.get("team"), Some("checkout"));
    assert!(!namespace.uid.is_empty());
    let labels = json!({"metadata": {"labels": {"team": "payments"}}});
    objects
        .patch("", "v1", "Namespace", &objects.namespace, labels)
        .await;
    eventually("the namespace has its new label", || {
        let namespace = watched.cluster.namespace(&objects.namespace).known();
        namespace.is_some_and(|namespace| namespace.labels.get("team") == Some("payments"))
    })
    .await;
    eventually("a namespace that is not there is unknown", || {
        watched.cluster.namespace("saker-none") == Answer::Unknown
    })
    .await;
}
