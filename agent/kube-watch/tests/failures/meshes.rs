//! Clusters with a mesh, and without.

use super::{NODE, make_pod, node_config, trouble};
use crate::api_server::ApiServer;
use crate::scenarios::{Watched, eventually};
use saker_kube_metadata::{Answer, Kind, MeshContent, MeshObject, PeerMode, Scope};
use saker_kube_watch::Progress;
use saker_policy_audit::{MeshHandle, MtlsMode, MtlsSettings, Target};
use serde_json::json;
use std::sync::Arc;

const PEERS: &str = "security.istio.io/peerauthentications";

/// Everything that meshes are told.
const MESHES: Scope = Scope::MESH.with(Scope::MESH_AUTHORIZATION);

fn meshes() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| kind.is_mesh())
}

/// All versions of all kinds of meshes.
fn served() -> Vec<String> {
    let served = [
        (
            "security.istio.io",
            "peerauthentications",
            &["v1", "v1beta1"][..],
        ),
        (
            "networking.istio.io",
            "destinationrules",
            &["v1", "v1beta1", "v1alpha3"],
        ),
        (
            "policy.linkerd.io",
            "servers",
            &["v1beta3", "v1beta2", "v1beta1"],
        ),
        (
            "security.istio.io",
            "authorizationpolicies",
            &["v1", "v1beta1"],
        ),
        (
            "security.istio.io",
            "requestauthentications",
            &["v1", "v1beta1"],
        ),
        ("policy.linkerd.io", "authorizationpolicies", &["v1alpha1"]),
        ("policy.linkerd.io", "meshtlsauthentications", &["v1alpha1"]),
        ("policy.linkerd.io", "networkauthentications", &["v1alpha1"]),
        ("policy.linkerd.io", "serverauthorizations", &["v1beta1"]),
    ];
    let all = served.into_iter().flat_map(|(group, plural, versions)| {
        let name = move |version| format!("{group}/{version}/{plural}");
        versions.iter().map(name)
    });
    all.collect()
}

fn make_policy(server: &ApiServer, name: &str, mode: &str) {
    let object = json!({
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": name},
        "spec": {"mtls": {"mode": mode}}
    });
    let made = server.change(|store| store.create(PEERS, "shop", object));
    made.expect("a new policy");
}

fn policies(watched: &Watched) -> Option<Vec<Arc<MeshObject>>> {
    let kinds = [Kind::PeerAuthentications];
    watched.cluster.mesh_objects(&kinds).known()
}

/// No mesh is no trouble, and one that is installed later is noticed.
#[tokio::test]
async fn a_cluster_without_a_mesh() {
    let server = ApiServer::start().await;
    server.faults().not_served = served();
    let watched = Watched::synced(node_config(&server), MESHES).await;
    for kind in meshes() {
        eventually(kind.name(), || {
            watched.cluster.mesh_objects(&[kind]) == Answer::Known(Vec::new())
        })
        .await;
        assert_eq!(trouble(&watched, kind), None, "{}", kind.name());
        let statuses = watched.watch.status();
        assert_eq!(statuses[&kind].progress, Progress::Watching);
        assert!(statuses[&kind].counters.troubles.is_empty());
    }
    assert!(watched.cluster.is_synced());
    let answers = watched.watch.check(MESHES).await;
    assert!(
        answers.iter().all(|(_, answer)| answer.is_ok()),
        "{answers:?}"
    );
    let asked = server.asked().len();
    assert!(asked < 4 * served().len(), "asked {asked} times");

    make_policy(&server, "default", "STRICT");
    server.faults().not_served.clear();
    eventually("the policy is known", || {
        policies(&watched).is_some_and(|policies| policies.len() == 1)
    })
    .await;
}

/// Policies are known in the versions that older meshes have, and followed.
#[tokio::test]
async fn a_cluster_with_an_older_mesh() {
    let server = ApiServer::start().await;
    let is_newest = |name: &String| name.starts_with("security.istio.io/v1/");
    server.faults().not_served = served().into_iter().filter(is_newest).collect();
    make_policy(&server, "default", "STRICT");
    let uid = make_pod(&server, "web-0", NODE);
    let scope = MESHES.with(Scope::NODE_PODS);
    let watched = Watched::synced(node_config(&server), scope).await;
    let found = policies(&watched).expect("policies");
    assert!(
        matches!(&found[0].content, MeshContent::PeerAuthentication(says) if says.mode == PeerMode::Strict)
    );
    assert!(found[0].created_s > 0, "the oldest decides");

    let handle = MeshHandle::new(watched.cluster.clone(), MtlsSettings::default());
    let pod = watched.pod(&uid).expect("the pod");
    let mode = || {
        let policies = handle.policies().known().expect("they were listed");
        let target = Target {
            pod: Some(&pod),
            namespace: None,
            port: Some(80),
        };
        policies.mtls_intent(&target).mode
    };
    assert_eq!(mode(), MtlsMode::Strict);
    server.delete(PEERS, "shop", "default");
    eventually("the policy is gone", || mode() == MtlsMode::Unset).await;
    make_policy(&server, "open", "PERMISSIVE");
    eventually("the next one counts", || mode() == MtlsMode::Permissive).await;
}

/// What may not be read is not known, and not taken for nothing.
#[tokio::test]
async fn policies_that_may_not_be_read() {
    let server = ApiServer::start().await;
    server.faults().statuses.insert(PEERS.to_owned(), 403);
    make_policy(&server, "default", "STRICT");
    let watched = Watched::synced(node_config(&server), MESHES).await;
    assert_eq!(policies(&watched), None);
    let statuses = watched.watch.status();
    let trouble = statuses[&Kind::PeerAuthentications].trouble.as_ref();
    let text = trouble.expect("a trouble").to_string();
    assert!(
        text.contains("\"security.istio.io\"") && text.contains("agent-rbac.yaml"),
        "{text}"
    );
    server.faults().statuses.clear();
    eventually("they are known", || policies(&watched).is_some()).await;
}
