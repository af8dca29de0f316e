//! Many objects.

use super::{NODE, all_pods, make_pod, node_config};
use crate::api_server::ApiServer;
use crate::scenarios::pods::everything;
use crate::scenarios::{Watched, eventually};
use saker_kube_metadata::{Kind, Scope};
use saker_kube_watch::TroubleKind;
use std::time::Duration;

const PODS: usize = 5_000;

/// All pods of a large cluster come, in pages, and those that change meanwhile.
#[tokio::test]
async fn five_thousand_pods() {
    let server = ApiServer::start().await;
    let uids: Vec<String> = (0..PODS)
        .map(|n| make_pod(&server, &format!("pod-{n:04}"), &format!("node-{}", n % 50)))
        .collect();
    server.faults().list_delay = Duration::from_millis(20);
    let watched = Watched::begin(node_config(&server), Scope::CLUSTER_PODS).await;
    eventually("some pods are there", || watched.pod(&uids[0]).is_some()).await;
    for n in 0..100 {
        server.delete("/pods", "shop", &format!("pod-{n:04}"));
        make_pod(&server, &format!("more-{n}"), "node-1");
    }
    watched.watch.synced().await;
    eventually("all changes are there", || {
        watched.cluster.forget_ended();
        let pods = watched.cluster.stats().of_kind(Kind::Pods);
        pods.objects == PODS && uids[..100].iter().all(|uid| watched.pod(uid).is_none())
    })
    .await;
    assert!(uids[100..].iter().all(|uid| watched.pod(uid).is_some()));
    let asked = server.asked();
    let pages: Vec<_> = asked.iter().filter(|asked| !asked.is_watch()).collect();
    assert_eq!(pages.len(), PODS / 500);
    assert!(pages.iter().all(|page| page.query["limit"] == "500"));
}

/// A list whose rest the server forgot begins anew.
#[tokio::test]
async fn a_list_that_is_forgotten_halfway() {
    let server = ApiServer::start().await;
    for n in 0..1_200 {
        make_pod(&server, &format!("pod-{n:04}"), NODE);
    }
    server.faults().forgets_continuations = true;
    let watched = Watched::begin(node_config(&server), Scope::CLUSTER_PODS).await;
    eventually("the list failed twice", || server.lists("/api/v1/pods") > 2).await;
    assert!(!watched.cluster.is_synced());
    server.faults().forgets_continuations = false;
    eventually("all pods are there", || {
        watched.cluster.is_synced() && watched.cluster.stats().of_kind(Kind::Pods).objects == 1_200
    })
    .await;
    assert!(super::troubles(&watched, TroubleKind::Expired) >= 2);
}

/// No more is asked for than is needed.
#[tokio::test]
async fn requests_are_as_small_as_can_be() {
    let server = ApiServer::start().await;
    let here = make_pod(&server, "here", NODE);
    let far = make_pod(&server, "far", "saker-node-b");
    let watched = Watched::synced(node_config(&server), Scope::NODE_PODS).await;
    assert!(watched.pod(&here).is_some());
    assert_eq!(watched.pod(&far), None);
    let selector = format!("spec.nodeName={NODE}");
    for asked in server.asked() {
        assert_eq!(asked.path, "/api/v1/pods");
        assert_eq!(asked.query["fieldSelector"], selector);
        assert!(!asked.query.contains_key("sendInitialEvents"));
        // From the cache of the server, which has them at hand.
        if !asked.is_watch() {
            assert_eq!(asked.query["resourceVersion"], "0");
            assert!(!asked.query.contains_key("limit"));
        }
    }
    let mut watches = server.watches();
    watches.wait_for(|open| *open == 1).await.expect("a server");
    drop(watched);
    watches.wait_for(|open| *open == 0).await.expect("a server");

    let of_node = server.asked().len();
    let watched = Watched::synced(node_config(&server), everything()).await;
    eventually("everything is watched", || {
        *server.watches().borrow() == Kind::ALL.len()
    })
    .await;
    for asked in server.asked().split_off(of_node) {
        let plural = asked.path.rsplit('/').next().expect("a path");
        let whole = [
            "pods",
            "services",
            "endpointslices",
            "nodes",
            "networkpolicies",
            "peerauthentications",
            "destinationrules",
            "servers",
            "authorizationpolicies",
            "serverauthorizations",
            "requestauthentications",
            "meshtlsauthentications",
            "networkauthentications",
        ];
        assert!(!asked.query.contains_key("fieldSelector"));
        let is_metadata = asked.accept.contains("as=PartialObjectMetadata");
        assert_eq!(is_metadata, !whole.contains(&plural), "{asked:?}");
        if asked.is_watch() {
            assert_eq!(asked.query["allowWatchBookmarks"], "true");
        } else {
            // In pages, which the cache does not know.
            assert_eq!(asked.query["limit"], "500");
            assert!(!asked.query.contains_key("resourceVersion"));
        }
    }
    drop(watched);
}

/// What was gone before the list ended is not known after it.
#[tokio::test]
async fn a_list_forgets_what_it_does_not_have() {
    let server = ApiServer::start().await;
    let gone = make_pod(&server, "gone", NODE);
    let watched = all_pods(&server).await;
    assert!(watched.pod(&gone).is_some());
    server.set_down(true);
    server.delete("/pods", "shop", "gone");
    server.change(|store| store.compact());
    server.set_down(false);
    eventually("the pod is gone", || watched.is_gone(&gone)).await;
}
