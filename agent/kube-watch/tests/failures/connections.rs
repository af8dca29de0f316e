//! Connections that break, and changes meanwhile.

use super::{all_pods, counters, make_pod, node_config, trouble, troubles};
use crate::api_server::ApiServer;
use crate::api_server::faults::Gone;
use crate::scenarios::{Watched, eventually};
use saker_kube_metadata::{Answer, Kind, Scope};
use saker_kube_watch::TroubleKind;
use serde_json::json;
use std::time::Duration;

/// Changes of every sort. Returns the uid of a pod that came, and the one of a pod that went.
fn roll(server: &ApiServer, gone_uid: &str) -> (String, String) {
    server.delete("/pods", "shop", "gone");
    let key = ("shop".to_owned(), "kept".to_owned());
    let patch = json!({"metadata": {"labels": {"version": "2"}}});
    server
        .change(|store| store.patch("/pods", &key, &patch))
        .expect("the pod");
    for n in 0..50 {
        make_pod(server, &format!("short-{n}"), "saker-node-b");
        server.delete("/pods", "shop", &format!("short-{n}"));
    }
    (make_pod(server, "new", "saker-node-b"), gone_uid.to_owned())
}

async fn assert_rolled(watched: &Watched, kept: &str, new: &str, gone: &str) {
    eventually("the new pod is there", || watched.pod(new).is_some()).await;
    let pod = watched.pod(kept).expect("the pod that is kept");
    assert_eq!(pod.labels.get("version"), Some("2"));
    assert!(watched.is_gone(gone), "the pod that went is still there");
    let pods = watched.cluster.stats().of_kind(Kind::Pods);
    assert_eq!((pods.objects, pods.ended), (2, 0));
}

/// What happened while the server was away is caught up with, without a list.
#[tokio::test]
async fn a_watch_goes_on_where_it_was() {
    let server = ApiServer::start().await;
    let kept = make_pod(&server, "kept", "saker-node-a");
    let gone = make_pod(&server, "gone", "saker-node-a");
    let watched = all_pods(&server).await;
    for _ in 0..3 {
        server.drop_connections();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.set_down(true);
    let (new, gone) = roll(&server, &gone);
    eventually("the server is missed", || {
        trouble(&watched, Kind::Pods) == Some(TroubleKind::Unreachable)
    })
    .await;
    assert!(watched.pod(&gone).is_some(), "what was known stays known");
    server.set_down(false);
    assert_rolled(&watched, &kept, &new, &gone).await;
    assert_eq!(server.lists("/api/v1/pods"), 1);
    assert_eq!(trouble(&watched, Kind::Pods), None);
}

/// When the server forgot where the watch was, everything is listed again.
async fn a_forgotten_place(how: Gone) {
    let server = ApiServer::start().await;
    server.faults().gone = how;
    let kept = make_pod(&server, "kept", "saker-node-a");
    let gone = make_pod(&server, "gone", "saker-node-a");
    let watched = all_pods(&server).await;
    server.set_down(true);
    let (new, gone) = roll(&server, &gone);
    server.change(|store| store.compact());
    server.set_down(false);
    assert_rolled(&watched, &kept, &new, &gone).await;
    assert_eq!(server.lists("/api/v1/pods"), 2);
    assert_eq!(troubles(&watched, TroubleKind::Expired), 1);
    let after = make_pod(&server, "after", "saker-node-b");
    eventually("the watch goes on", || watched.pod(&after).is_some()).await;
}

#[tokio::test]
async fn gone_as_an_event() {
    a_forgotten_place(Gone::Event).await;
}

#[tokio::test]
async fn gone_as_a_status() {
    a_forgotten_place(Gone::Status).await;
}

/// Bookmarks keep a quiet watch at a place that the server knows.
#[tokio::test]
async fn a_quiet_watch_is_kept_by_bookmarks() {
    let server = ApiServer::start().await;
    let uid = make_pod(&server, "quiet", "saker-node-a");
    let watched = all_pods(&server).await;
    for n in 0..100 {
        let service = json!({"metadata": {"name": format!("s-{n}")}, "spec": {}});
        server.change(|store| store.create("/services", "shop", service));
    }
    // More than one bookmark.
    tokio::time::sleep(Duration::from_millis(350)).await;
    server.change(|store| store.compact());
    server.drop_connections();
    let new = make_pod(&server, "new", "saker-node-a");
    eventually("the new pod is there", || watched.pod(&new).is_some()).await;
    assert!(watched.pod(&uid).is_some());
    assert_eq!(server.lists("/api/v1/pods"), 1);
    assert_eq!(troubles(&watched, TroubleKind::Expired), 0);
}

/// A server that ends each watch at once is not asked as fast as it answers.
#[tokio::test]
async fn watches_that_end_at_once_are_not_a_storm() {
    let server = ApiServer::start().await;
    server.faults().ends_watches = true;
    let watched = all_pods(&server).await;
    let before = server.asked().len();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let asked = server.asked().len() - before;
    assert!(
        (10..=160).contains(&asked),
        "{asked} requests in two seconds"
    );
    server.faults().ends_watches = false;
    let new = make_pod(&server, "new", "saker-node-a");
    eventually("the new pod is there", || watched.pod(&new).is_some()).await;
}

/// Before the server is there nothing is waited for, and it is found when it comes.
#[tokio::test]
async fn a_server_that_comes_later() {
    let server = ApiServer::start().await;
    server.set_down(true);
    let uid = make_pod(&server, "early", "saker-node-a");
    let watched = Watched::begin(node_config(&server), Scope::NODE_PODS).await;
    eventually("the server is missed", || troubles_or_none(&watched) > 1).await;
    assert_eq!(watched.cluster.pod(&uid), Answer::Unknown);
    server.set_down(false);
    eventually("the pod is there", || watched.pod(&uid).is_some()).await;
    assert_eq!(counters(&watched).objects, 1);
}

fn troubles_or_none(watched: &Watched) -> u64 {
    if watched.watch.status().is_empty() {
        return 0;
    }
    troubles(watched, TroubleKind::Unreachable)
}

/// When nobody needs anything any more, nothing is asked any more.
#[tokio::test]
async fn watches_end_with_the_need() {
    let server = ApiServer::start().await;
    let watched = all_pods(&server).await;
    let mut watches = server.watches();
    watches
        .wait_for(|watches| *watches == 1)
        .await
        .expect("a server");
    watched.scope.send_replace(Scope::NOTHING);
    watches
        .wait_for(|watches| *watches == 0)
        .await
        .expect("a server");
    watched
        .scope
        .send_replace(Scope::NODE_PODS.with(Scope::OWNERS));
    watches
        .wait_for(|watches| *watches == 8)
        .await
        .expect("a server");
    drop(watched);
    watches
        .wait_for(|watches| *watches == 0)
        .await
        .expect("a server");
}
