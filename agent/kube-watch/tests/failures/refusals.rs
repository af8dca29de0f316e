//! A server that says no.

use super::{all_pods, make_pod, node_config, trouble};
use crate::api_server::{ApiServer, TOKEN};
use crate::scenarios::pods::everything;
use crate::scenarios::{Watched, eventually};
use saker_kube_metadata::{Answer, Kind, Scope};
use saker_kube_watch::{ConnectError, KubeConfig, KubeWatch, TroubleKind};
use std::time::Duration;

/// What is refused is tried again until it is given; nobody waits for it meanwhile.
async fn refused(code: u16, expected: TroubleKind) {
    let server = ApiServer::start().await;
    let uid = make_pod(&server, "here", "saker-node-a");
    server.faults().statuses.insert("/pods".to_owned(), code);
    let watched = Watched::begin(node_config(&server), Scope::NODE_PODS).await;
    eventually("it is refused", || {
        trouble(&watched, Kind::Pods) == Some(expected)
    })
    .await;
    assert_eq!(watched.cluster.pod(&uid), Answer::Unknown);
    server.faults().statuses.clear();
    eventually("the pod is there", || watched.pod(&uid).is_some()).await;
    eventually("nothing is wrong", || {
        trouble(&watched, Kind::Pods).is_none()
    })
    .await;
}

#[tokio::test]
async fn too_many_requests() {
    refused(429, TroubleKind::Busy).await;
}

#[tokio::test]
async fn an_internal_error() {
    refused(500, TroubleKind::Refused).await;
}

#[tokio::test]
async fn no_credentials() {
    refused(401, TroubleKind::Unauthorized).await;
}

/// The remedy of a missing permission names it, and the other watches work.
#[tokio::test]
async fn a_missing_permission() {
    let server = ApiServer::start().await;
    let uid = make_pod(&server, "here", "saker-node-a");
    let denied = "discovery.k8s.io/endpointslices";
    server.faults().statuses.insert(denied.to_owned(), 403);
    // What is refused for good is not waited for.
    let watched = Watched::synced(node_config(&server), everything()).await;
    assert!(watched.pod(&uid).is_some());
    let statuses = watched.watch.status();
    let slices = statuses[&Kind::EndpointSlices]
        .trouble
        .as_ref()
        .expect("a trouble");
    assert_eq!(slices.kind, TroubleKind::Forbidden);
    let text = slices.to_string();
    for part in [
        "\"list\"",
        "\"endpointslices\"",
        "\"discovery.k8s.io\"",
        "agent-rbac.yaml",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let others = statuses
        .iter()
        .filter(|(kind, _)| **kind != Kind::EndpointSlices);
    for (kind, status) in others {
        assert_eq!(status.trouble, None, "{kind:?}");
    }
    let pod = watched.pod(&uid).expect("the pod");
    assert_eq!(watched.cluster.services_of(&pod), Answer::Unknown);
    let answers = watched.watch.check(Scope::SERVICES).await;
    assert_eq!(answers[0], (Kind::Services, Ok(())));
    assert_eq!(
        answers[1].1.as_ref().unwrap_err().kind,
        TroubleKind::Forbidden
    );
}

/// A permission that is taken away while a watch is open.
#[tokio::test]
async fn a_permission_that_goes_and_comes() {
    let server = ApiServer::start().await;
    let uid = make_pod(&server, "here", "saker-node-a");
    let watched = all_pods(&server).await;
    server.faults().statuses.insert("/pods".to_owned(), 403);
    server.drop_connections();
    eventually("it is refused", || {
        trouble(&watched, Kind::Pods) == Some(TroubleKind::Forbidden)
    })
    .await;
    assert!(watched.pod(&uid).is_some(), "what was known stays known");
    server.faults().statuses.clear();
    let new = make_pod(&server, "new", "saker-node-a");
    eventually("the new pod is there", || watched.pod(&new).is_some()).await;
    assert_eq!(server.lists("/api/v1/pods"), 1);
}

#[tokio::test]
async fn a_wrong_token() {
    let server = ApiServer::start().await;
    let authority = server.kubeconfig().with_file_name("ca.pem");
    server.kubeconfig_with("not-the-token", &authority);
    let watched = Watched::begin(node_config(&server), Scope::NODE_PODS).await;
    eventually("the token is refused", || {
        trouble(&watched, Kind::Pods) == Some(TroubleKind::Unauthorized)
    })
    .await;
    let statuses = watched.watch.status();
    let text = statuses[&Kind::Pods]
        .trouble
        .as_ref()
        .expect("a trouble")
        .to_string();
    assert!(text.contains("token"), "{text}");
    assert!(!text.contains("not-the-token"), "{text}");
}

#[tokio::test]
async fn a_server_of_another_authority() {
    let server = ApiServer::start().await;
    let other = ApiServer::start().await;
    server.kubeconfig_with(TOKEN, &other.kubeconfig().with_file_name("ca.pem"));
    let watched = Watched::begin(node_config(&server), Scope::NODE_PODS).await;
    eventually("the server is not trusted", || {
        trouble(&watched, Kind::Pods) == Some(TroubleKind::Unreachable)
    })
    .await;
    let statuses = watched.watch.status();
    let text = statuses[&Kind::Pods]
        .trouble
        .as_ref()
        .expect("a trouble")
        .to_string();
    assert!(text.contains("certificate"), "{text}");
    assert!(server.asked().is_empty(), "the token went to somebody else");
}

#[tokio::test]
async fn a_server_that_says_nothing() {
    let server = ApiServer::start().await;
    let uid = make_pod(&server, "here", "saker-node-a");
    server.faults().list_delay = Duration::from_secs(3_600);
    let config = KubeConfig {
        list_wait: Duration::from_millis(100),
        ..node_config(&server)
    };
    let watched = Watched::begin(config, Scope::NODE_PODS).await;
    let first = watched.cluster.pod(&uid);
    assert!(
        matches!(first, Answer::Awaited | Answer::Unknown),
        "{first:?}"
    );
    eventually("the silence is noticed", || {
        trouble(&watched, Kind::Pods) == Some(TroubleKind::Silent)
    })
    .await;
    assert_eq!(watched.cluster.pod(&uid), Answer::Unknown);
    server.faults().list_delay = Duration::ZERO;
    eventually("the pod is there", || watched.pod(&uid).is_some()).await;
}

/// While the first list is on its way its objects are waited for, and known one by one.
#[tokio::test]
async fn a_slow_list() {
    let server = ApiServer::start().await;
    for n in 0..600 {
        make_pod(&server, &format!("pod-{n:03}"), "saker-node-a");
    }
    let uid = make_pod(&server, "the-last", "saker-node-a");
    server.faults().list_delay = Duration::from_millis(400);
    let watched = Watched::begin(node_config(&server), Scope::CLUSTER_PODS).await;
    eventually("the first page is there", || {
        watched.cluster.stats().of_kind(Kind::Pods).objects == 500
    })
    .await;
    assert_eq!(watched.cluster.pod(&uid), Answer::Awaited);
    assert!(!watched.cluster.is_synced());
    watched.watch.synced().await;
    assert!(watched.pod(&uid).is_some());
}

#[tokio::test]
async fn configurations_that_cannot_be_used() {
    // Neither a file nor a cluster: that is how most hosts are.
    assert!(
        std::env::var_os("KUBERNETES_SERVICE_HOST").is_none(),
        "these tests run in a pod"
    );
    let nothing = KubeWatch::connect(KubeConfig::default()).await;
    assert!(nothing.expect("no error").is_none());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kubeconfig");
    let config = KubeConfig {
        kubeconfig: Some(path.clone()),
        ..KubeConfig::default()
    };
    let missing = KubeWatch::connect(config.clone())
        .await
        .err()
        .expect("an error");
    assert!(
        missing.to_string().contains(path.to_str().unwrap()),
        "{missing}"
    );
    std::fs::write(&path, "clusters: [").expect("written");
    let broken = KubeWatch::connect(config).await.err().expect("an error");
    assert!(
        matches!(broken, ConnectError::Kubeconfig { .. }),
        "{broken:?}"
    );
    let server = ApiServer::start().await;
    let config = KubeConfig {
        node_name: Some("a,metadata.name=b".to_owned()),
        ..node_config(&server)
    };
    let wrong = KubeWatch::connect(config).await.err().expect("an error");
    assert!(matches!(wrong, ConnectError::NodeName { .. }), "{wrong:?}");
}
