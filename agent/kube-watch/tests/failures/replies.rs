//! Replies that are not what they should be.

use super::{all_pods, counters, make_pod, node_config, pod, trouble, troubles};
use crate::api_server::ApiServer;
use crate::scenarios::{Watched, eventually};
use saker_kube_metadata::{Kind, LABELS_MAX, Scope};
use saker_kube_watch::{KubeConfig, ReplyLimit, TroubleKind};
use serde_json::json;
use std::collections::BTreeSet;

/// A line that is no event is counted, and the next one is read.
#[tokio::test]
async fn a_line_that_is_not_understood() {
    for line in [
        "{\"type\":\"ADDED\",\"object\":7}",
        "garbage",
        "[]",
        "{\"type\":\"?\"}",
        "\u{0}",
    ] {
        let server = ApiServer::start().await;
        server.faults().first_line = Some(line.to_owned());
        let watched = all_pods(&server).await;
        let uid = make_pod(&server, "here", "saker-node-a");
        eventually("the pod is there", || watched.pod(&uid).is_some()).await;
        assert_eq!(troubles(&watched, TroubleKind::NotUnderstood), 1, "{line}");
        assert_eq!(trouble(&watched, Kind::Pods), None);
    }
}

/// Bounds that are reached soon.
fn small_replies(server: &ApiServer) -> KubeConfig {
    KubeConfig {
        reply_limit: ReplyLimit {
            list_bytes_max: 100_000,
            line_bytes_max: 10_000,
        },
        ..node_config(server)
    }
}

/// An endless line is not read to its end.
#[tokio::test]
async fn a_line_that_is_too_long() {
    let server = ApiServer::start().await;
    server.faults().first_line = Some("x".repeat(20_000));
    let watched = Watched::synced(small_replies(&server), Scope::CLUSTER_PODS).await;
    eventually("it is noticed", || {
        trouble(&watched, Kind::Pods) == Some(TroubleKind::TooLong)
    })
    .await;
    server.faults().first_line = None;
    let uid = make_pod(&server, "here", "saker-node-a");
    eventually("the pod is there", || watched.pod(&uid).is_some()).await;
}

/// Many lines are as many as they like.
#[tokio::test]
async fn many_lines_that_are_not_too_long() {
    let server = ApiServer::start().await;
    let watched = Watched::synced(small_replies(&server), Scope::CLUSTER_PODS).await;
    let uids: Vec<String> = (0..500)
        .map(|n| make_pod(&server, &format!("pod-{n}"), "saker-node-a"))
        .collect();
    eventually("all pods are there", || {
        uids.iter().all(|uid| watched.pod(uid).is_some())
    })
    .await;
    assert!(counters(&watched).troubles.is_empty());
    assert_eq!(server.lists("/api/v1/pods"), 1);
}

/// Where a page is more than is read, smaller pages are asked for.
#[tokio::test]
async fn a_page_that_is_too_long() {
    let server = ApiServer::start().await;
    let filling = "x".repeat(600);
    for n in 0..300 {
        let mut large = pod(&format!("large-{n:03}"), "saker-node-a");
        large["spec"]["containers"][0]["env"] = json!([{"name": "FILLING", "value": filling}]);
        server.change(|store| store.create("/pods", "shop", large));
    }
    let watched = Watched::synced(small_replies(&server), Scope::CLUSTER_PODS).await;
    let pods = watched.cluster.stats().of_kind(Kind::Pods);
    assert_eq!(pods.objects, 300);
    assert!(counters(&watched).troubles.is_empty());
    let limits: BTreeSet<String> = server
        .asked()
        .iter()
        .filter_map(|asked| asked.query.get("limit").cloned())
        .collect();
    assert_eq!(
        limits,
        BTreeSet::from(["500", "100", "20"].map(str::to_owned))
    );
}

/// The pods of a node come in one piece, unless that is too long.
#[tokio::test]
async fn pods_of_a_node_that_are_too_long() {
    let server = ApiServer::start().await;
    for n in 0..1_000 {
        make_pod(&server, &format!("pod-{n}"), "saker-node-a");
    }
    let watched = Watched::synced(small_replies(&server), Scope::NODE_PODS).await;
    let pods = watched.cluster.stats().of_kind(Kind::Pods);
    assert_eq!(pods.objects, 1_000);
    let asked = server.asked();
    assert_eq!(asked[0].query.get("limit"), None);
    assert_eq!(asked[1].query["limit"], "100");
}

/// Where even the smallest page is more than is read, that is said.
#[tokio::test]
async fn objects_that_are_too_long() {
    let server = ApiServer::start().await;
    let mut large = pod("large", "saker-node-a");
    large["spec"]["containers"][0]["env"] =
        json!([{"name": "FILLING", "value": "x".repeat(200_000)}]);
    server.change(|store| store.create("/pods", "shop", large));
    let watched = Watched::begin(small_replies(&server), Scope::CLUSTER_PODS).await;
    eventually("it is noticed", || {
        trouble(&watched, Kind::Pods) == Some(TroubleKind::TooLong)
    })
    .await;
    server.delete("/pods", "shop", "large");
    eventually("the others are there", || watched.cluster.is_synced()).await;
}

/// Objects that lack what makes them objects are skipped, and counted.
#[tokio::test]
async fn objects_without_a_name_or_uid() {
    let server = ApiServer::start().await;
    let uid = make_pod(&server, "whole", "saker-node-a");
    for (name, patch) in [
        ("no-uid", json!({"metadata": {"uid": null}})),
        ("no-spec", json!({"spec": null})),
        ("no-namespace", json!({"metadata": {"namespace": null}})),
    ] {
        make_pod(&server, name, "saker-node-a");
        let key = ("shop".to_owned(), name.to_owned());
        server
            .change(|store| store.patch("/pods", &key, &patch))
            .expect("the pod");
    }
    let watched = all_pods(&server).await;
    assert!(watched.pod(&uid).is_some());
    let counters = counters(&watched);
    assert_eq!((counters.objects, counters.skipped), (4, 3));
}

/// What an object may say about itself is bounded, and need not make sense.
#[tokio::test]
async fn objects_that_say_too_much() {
    let server = ApiServer::start().await;
    let uid = make_pod(&server, "odd", "saker-node-a");
    let labels: serde_json::Map<String, serde_json::Value> = (0..LABELS_MAX * 3)
        .map(|n| (format!("key-{n:05}"), json!("v")))
        .collect();
    let addresses: Vec<_> = (0..200)
        .map(|n| json!({"ip": format!("10.0.0.{n}")}))
        .collect();
    let patch = json!({
        "metadata": {"labels": labels, "ownerReferences": []},
        "status": {"podIP": "not an address", "podIPs": addresses, "phase": "\u{202e}odd"}
    });
    let key = ("shop".to_owned(), "odd".to_owned());
    server
        .change(|store| store.patch("/pods", &key, &patch))
        .expect("the pod");
    let watched = all_pods(&server).await;
    let pod = watched.pod(&uid).expect("the pod");
    assert_eq!(pod.labels.len(), LABELS_MAX);
    assert_eq!(pod.addresses.len(), 8);
    assert_eq!(pod.owner, None);
}
