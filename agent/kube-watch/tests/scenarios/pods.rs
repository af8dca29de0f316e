//! Pods.

use super::objects::Objects;
use super::{Watched, config, eventually};
use saker_kube_metadata::{Answer, Kind, ObjectName, PodNetwork, PodPhase, Scope};
use saker_kube_watch::KubeWatch;
use serde_json::json;
use std::path::Path;

/// The pods of the node are known with what fields show of them, and those of others are not.
pub(crate) async fn pods_of_this_node(kubeconfig: &Path, objects: &Objects) {
    let here = "saker-node-a";
    let uid = objects
        .running_pod("cart", here, json!({}), &["10.244.1.10", "fd00:10:244::a"])
        .await;
    let elsewhere = objects.pod("far", "saker-node-b", json!({})).await;
    let watched = Watched::synced(config(kubeconfig, here), Scope::NODE_PODS).await;

    let pod = watched.pod(&uid).expect("the pod");
    assert_eq!(pod.name, ObjectName::new(&objects.namespace, "cart"));
    assert_eq!(pod.labels.get("app"), Some("shop"));
    assert_eq!(pod.labels.get("pod"), Some("cart"));
    assert_eq!(pod.labels.len(), 2);
    let addresses: Vec<String> = pod.addresses.iter().map(ToString::to_string).collect();
    assert_eq!(addresses, ["10.244.1.10", "fd00:10:244::a"]);
    assert_eq!(pod.node.as_deref(), Some(here));
    assert_eq!(pod.network, PodNetwork::Own);
    assert_eq!(pod.phase, PodPhase::Active);
    assert_eq!(pod.owner, None);
    assert!(pod.created_s > 1_700_000_000, "{}", pod.created_s);

    eventually("a pod of another node is unknown", || {
        watched.cluster.pod(&elsewhere) == Answer::Unknown
    })
    .await;
    // Without the rest of the cluster nobody can say that an address is outside of it.
    assert_eq!(watched.endpoint("192.0.2.1"), Answer::Unknown);
    objects.delete("", "v1", "Pod", "cart").await;
    objects.delete("", "v1", "Pod", "far").await;
}

/// What happens to pods while they are watched becomes known.
pub(crate) async fn changes_of_pods(kubeconfig: &Path, objects: &Objects) {
    let node = "saker-node-a";
    let watched = Watched::synced(config(kubeconfig, node), Scope::NODE_PODS).await;
    let generation = watched.cluster.generation();
    let uid = objects
        .running_pod("late", node, json!({}), &["10.244.1.20"])
        .await;
    eventually("the new pod has its address", || {
        watched
            .pod(&uid)
            .is_some_and(|pod| !pod.addresses.is_empty())
    })
    .await;
    assert!(watched.cluster.generation() > generation);

    let labels = json!({"metadata": {"labels": {"tier": "web", "app": null}}});
    objects.patch("", "v1", "Pod", "late", labels).await;
    eventually("the pod has its new labels", || {
        let pod = watched.pod(&uid).expect("the pod");
        pod.labels.get("tier") == Some("web") && pod.labels.get("app").is_none()
    })
    .await;

    objects
        .patch_status("Pod", "late", json!({"phase": "Succeeded"}))
        .await;
    eventually("the pod is finished", || {
        watched.pod(&uid).expect("the pod").phase == PodPhase::Finished
    })
    .await;

    objects.delete("", "v1", "Pod", "late").await;
    eventually("the pod is gone", || watched.is_gone(&uid)).await;
    let counters = &watched.watch.status()[&Kind::Pods].counters;
    assert_eq!(
        (counters.lists, counters.deletions, counters.skipped),
        (1, 1, 0)
    );
    assert!(counters.troubles.is_empty(), "{counters:?}");
}

/// A static pod is known by the uid that its node gives it.
pub(crate) async fn a_static_pod(kubeconfig: &Path, objects: &Objects) {
    let (node, hash) = ("saker-node-a", "5d41402abc4b2a76b9719d911017c592");
    let annotations = json!({"kubernetes.io/config.mirror": hash, "other": "x"});
    let mirror = json!({"metadata": {"annotations": annotations}});
    let uid = objects.pod("etcd", node, mirror).await;
    let watched = Watched::synced(config(kubeconfig, node), Scope::NODE_PODS).await;
    let pod = watched.pod(hash).expect("the pod by its hash");
    assert_eq!(&*pod.uid, uid);
    assert_eq!(watched.pod(&uid).expect("the pod by its uid"), pod);
    objects.delete("", "v1", "Pod", "etcd").await;
}

/// What `saker doctor` asks is answered.
pub(crate) async fn what_the_server_says_of_itself(kubeconfig: &Path) {
    let config = config(kubeconfig, "saker-node-a");
    let watch = KubeWatch::connect(config).await.expect("a configuration");
    let watch = watch.expect("a server");
    assert!(watch.server().starts_with("https://"), "{}", watch.server());
    assert_eq!(watch.node_name(), Some("saker-node-a"));
    let version = watch.server_version().await.expect("a version");
    assert!(version.starts_with("v1."), "{version}");
    let everything = everything();
    let answers = watch.check(everything).await;
    assert_eq!(answers.len(), Kind::ALL.len());
    for (kind, answer) in answers {
        assert_eq!(answer, Ok(()), "{kind:?}");
    }
    let all = Watched::synced(super::config(kubeconfig, "saker-node-a"), everything).await;
    assert!(all.cluster.is_synced());
    for (kind, status) in all.watch.status() {
        assert_eq!(status.trouble, None, "{kind:?}");
    }
}

/// What is watched follows what the rules need.
pub(crate) async fn what_the_rules_need_changes(kubeconfig: &Path, objects: &Objects) {
    let here = objects.pod("here", "saker-node-a", json!({})).await;
    let far = objects.pod("far", "saker-node-b", json!({})).await;
    let watched = Watched::begin(config(kubeconfig, "saker-node-a"), Scope::NOTHING).await;
    eventually("nothing is watched", || watched.watch.status().is_empty()).await;
    assert_eq!(watched.cluster.pod(&here), Answer::Unknown);

    watched.scope.send_replace(Scope::NODE_PODS);
    eventually("the pod of the node is there", || {
        watched.pod(&here).is_some()
    })
    .await;
    assert_eq!(watched.pod(&far), None);

    let cluster = Scope::CLUSTER_PODS.with(Scope::NAMESPACES);
    watched.scope.send_replace(cluster);
    eventually("pods of all nodes are there", || {
        watched.pod(&far).is_some()
    })
    .await;
    let namespace = || watched.cluster.namespace(&objects.namespace).known();
    eventually("the namespace is there", || namespace().is_some()).await;

    watched.scope.send_replace(Scope::NODE_PODS);
    eventually("pods of other nodes are gone", || watched.is_gone(&far)).await;
    assert_eq!(namespace(), None);
    assert!(watched.pod(&here).is_some());

    watched.scope.send_replace(Scope::NOTHING);
    eventually("nothing is watched any more", || {
        watched.watch.status().is_empty()
    })
    .await;
    assert_eq!(watched.cluster.pod(&here), Answer::Unknown);
    for name in ["here", "far"] {
        objects.delete("", "v1", "Pod", name).await;
    }
}

/// Every kind of objects.
pub(crate) fn everything() -> Scope {
    Scope::CLUSTER_PODS
        .with(Scope::NAMESPACES)
        .with(Scope::SERVICES)
        .with(Scope::OWNERS)
        .with(Scope::NODES)
        .with(Scope::NETWORK_POLICIES)
        .with(Scope::MESH)
        .with(Scope::MESH_AUTHORIZATION)
}
