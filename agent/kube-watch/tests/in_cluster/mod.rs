//! The agent as a pod has it: an account, its token and the authority in files whose places are fixed.
//!
//! The test runs itself again in a mount namespace of its own, where it lays these files down.

use crate::scenarios::objects::Objects;
use crate::scenarios::{Watched, pods};
use kube::api::{DeleteParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client, Config};
use saker_kube_metadata::Kind;
use saker_kube_watch::KubeConfig;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Set for the run in the namespace.
const INSIDE: &str = "SAKER_TEST_IN_CLUSTER";

const MANIFEST: &str = include_str!("../../../../deploy/kubernetes/agent-rbac.yaml");

/// Lays the files of the account (in the folder `$1`) where a pod has them, and runs the rest.
const SCRIPT: &str = r#"
set -e
mount -t tmpfs tmpfs /var/run
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
cp "$1"/* /var/run/secrets/kubernetes.io/serviceaccount/
shift
exec "$@"
"#;

pub(crate) fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Makes the account and its role, and runs the test again as that account.
pub(crate) async fn outside(kubeconfig: &Path, test: &str) {
    let objects = Objects::begin(kubeconfig).await;
    objects.pod("here", "saker-node-a", json!({})).await;
    let file = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let authority = authority(&file);
    let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
    let config = config.expect("a configuration");
    let server = config.cluster_url.clone();
    let client = Client::try_from(config).expect("a client");
    apply_manifest(&client, &objects.namespace).await;
    let token = token(&client, &objects.namespace).await;

    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &[u8]| {
        std::fs::write(folder.path().join(name), text).expect("written");
    };
    write("token", token.as_bytes());
    write("ca.crt", &authority);
    write("namespace", objects.namespace.as_bytes());
    let status = Command::new("unshare")
        .args(["--mount", "sh", "-c", SCRIPT, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().expect("this program"))
        .args(["--ignored", "--exact", "--nocapture", test])
        .env(INSIDE, &objects.namespace)
        .env("KUBERNETES_SERVICE_HOST", server.host().expect("a host"))
        .env(
            "KUBERNETES_SERVICE_PORT",
            server.port_u16().unwrap_or(443).to_string(),
        )
        .status()
        .expect("unshare");
    assert!(status.success(), "{status}");
    objects.delete("", "v1", "Pod", "here").await;
    for kind in ["ClusterRole", "ClusterRoleBinding"] {
        let api = api(
            &client,
            &objects.namespace,
            "rbac.authorization.k8s.io",
            kind,
        );
        let deleted = api
            .delete(&objects.namespace, &DeleteParams::default())
            .await;
        deleted.unwrap_or_else(|error| panic!("cannot delete the {kind}: {error}"));
    }
    objects.end().await;
}

/// What the account can and cannot do.
pub(crate) async fn inside() {
    let config = KubeConfig {
        node_name: Some("saker-node-a".to_owned()),
        ..KubeConfig::default()
    };
    let watched = Watched::synced(config, pods::everything()).await;
    for (kind, status) in watched.watch.status() {
        assert_eq!(status.trouble, None, "{kind:?}");
    }
    assert!(watched.cluster.stats().of_kind(Kind::Pods).objects > 0);
    let namespace = std::env::var(INSIDE).expect("a namespace");
    assert!(watched.cluster.namespace(&namespace).known().is_some());
    for (kind, answer) in watched.watch.check(pods::everything()).await {
        assert_eq!(answer, Ok(()), "{kind:?}");
    }

    let client = Client::try_from(Config::incluster().expect("a cluster")).expect("a client");
    for kind in ["Secret", "ConfigMap", "ServiceAccount"] {
        let api = api(&client, &namespace, "", kind);
        let refused = api.list(&kube::api::ListParams::default()).await;
        assert!(is_forbidden(refused.err()), "{kind}");
    }
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "new"}});
    let pod = serde_json::from_value(pod).expect("an object");
    let api = api(&client, &namespace, "", "Pod");
    assert!(is_forbidden(
        api.create(&PostParams::default(), &pod).await.err()
    ));
    assert!(
        is_forbidden(api.get("here").await.err()),
        "a list is enough"
    );
}

fn is_forbidden(error: Option<kube::Error>) -> bool {
    matches!(error, Some(kube::Error::Api(status)) if status.code == 403)
}

/// The objects of the manifest, with names of this run.
async fn apply_manifest(client: &Client, namespace: &str) {
    for document in MANIFEST.split("\n---\n") {
        let mut object: Value = serde_saphyr::from_str(document).expect("YAML");
        let kind = object["kind"].as_str().expect("a kind").to_owned();
        let group = object["apiVersion"].as_str().expect("a version");
        let group = group
            .split_once('/')
            .map_or("", |(group, _)| group)
            .to_owned();
        if kind == "ServiceAccount" {
            object["metadata"]["namespace"] = json!(namespace);
        } else {
            object["metadata"]["name"] = json!(namespace);
        }
        if kind == "ClusterRoleBinding" {
            object["roleRef"]["name"] = json!(namespace);
            object["subjects"][0]["namespace"] = json!(namespace);
        }
        let object: DynamicObject = serde_json::from_value(object).expect("an object");
        let api = api(client, namespace, &group, &kind);
        let made = api.create(&PostParams::default(), &object).await;
        made.unwrap_or_else(|error| panic!("cannot make the {kind}: {error}"));
    }
}

fn api(client: &Client, namespace: &str, group: &str, kind: &str) -> Api<DynamicObject> {
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, "v1", kind));
    if kind.starts_with("Cluster") {
        Api::all_with(client.clone(), &resource)
    } else {
        Api::namespaced_with(client.clone(), namespace, &resource)
    }
}

/// A token of the account, as a pod gets it.
async fn token(client: &Client, namespace: &str) -> String {
    let wish = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "metadata": {}, "spec": {"audiences": [], "expirationSeconds": 3_600}
    });
    let api = api(client, namespace, "", "ServiceAccount");
    let answer: Value = api
        .create_subresource("token", "saker-agent", &PostParams::default(), &wish)
        .await
        .expect("a token");
    answer["status"]["token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

/// The authority that the server's certificate is by.
fn authority(file: &Kubeconfig) -> Vec<u8> {
    let cluster = file.clusters[0].cluster.as_ref().expect("a cluster");
    let path = cluster.certificate_authority.as_ref().map(PathBuf::from);
    std::fs::read(path.expect("the file names its authority")).expect("an authority")
}
