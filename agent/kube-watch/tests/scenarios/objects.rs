//! Objects that the scenarios make.

use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::{ApiResource, DynamicObject, GroupVersionKind};
use kube::{Api, Client, Config, ResourceExt};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// A namespace for one run, and what is in it.
pub(crate) struct Objects {
    client: Client,
    pub(crate) namespace: String,
    /// Objects outside of the namespace, to be removed at the end.
    nodes: Mutex<Vec<String>>,
    serves_beta: bool,
}

impl Objects {
    pub(crate) async fn begin(kubeconfig: &Path) -> Self {
        let file = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
        let config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
        let client = Client::try_from(config.expect("a configuration")).expect("a client");
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let namespace = format!("saker-{:x}", since.expect("a time").as_millis());
        let slices = api_resource("discovery.k8s.io", "v1", "EndpointSlice");
        let slices = Api::<DynamicObject>::all_with(client.clone(), &slices);
        let answer = slices
            .list(&kube::api::ListParams::default().limit(1))
            .await;
        let objects = Self {
            client,
            namespace,
            nodes: Mutex::default(),
            serves_beta: answer.is_err(),
        };
        let name = objects.namespace.clone();
        let labels = json!({"team": "checkout", "kubernetes.io/metadata.name": name});
        let namespace = json!({"metadata": {"name": name, "labels": labels}});
        objects.create("", "v1", "Namespace", namespace).await;
        objects
    }

    /// Removes what is left. A namespace without a controller stays as one that is being removed.
    pub(crate) async fn end(self) {
        let nodes = std::mem::take(&mut *self.nodes.lock().unwrap());
        for node in nodes {
            self.delete("", "v1", "Node", &node).await;
        }
        let name = self.namespace.clone();
        self.delete("", "v1", "Namespace", &name).await;
    }

    /// Version of a group that the server has.
    pub(crate) fn version(&self, group: &str, kind: &str) -> &'static str {
        match (group, kind) {
            ("discovery.k8s.io", _) | ("batch", "CronJob") if self.serves_beta => "v1beta1",
            _ => "v1",
        }
    }

    fn api(&self, group: &str, version: &str, kind: &str) -> Api<DynamicObject> {
        let resource = api_resource(group, version, kind);
        match kind {
            "Node" | "Namespace" => Api::all_with(self.client.clone(), &resource),
            _ => Api::namespaced_with(self.client.clone(), &self.namespace, &resource),
        }
    }

    /// Makes an object. Returns it.
    pub(crate) async fn create(
        &self,
        group: &str,
        version: &str,
        kind: &str,
        object: Value,
    ) -> DynamicObject {
        let mut object = object;
        object["apiVersion"] = json!(if group.is_empty() {
            version.to_owned()
        } else {
            format!("{group}/{version}")
        });
        object["kind"] = json!(kind);
        let object: DynamicObject = serde_json::from_value(object).expect("an object");
        if kind == "Node" {
            self.nodes.lock().unwrap().push(object.name_any());
        }
        let api = self.api(group, version, kind);
        let mut tries = 0;
        loop {
            match api.create(&PostParams::default(), &object).await {
                Ok(made) => return made,
                // A new namespace has its account a moment later.
                Err(kube::Error::Api(status)) if status.code == 403 && tries < 50 => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                Err(error) => panic!("cannot make a {kind}: {error}"),
            }
        }
    }

    pub(crate) async fn delete(&self, group: &str, version: &str, kind: &str, name: &str) {
        let now = DeleteParams::default().grace_period(0);
        let deleted = self.api(group, version, kind).delete(name, &now).await;
        deleted.unwrap_or_else(|error| panic!("cannot delete {kind} {name}: {error}"));
    }

    pub(crate) async fn patch(
        &self,
        group: &str,
        version: &str,
        kind: &str,
        name: &str,
        patch: Value,
    ) {
        let api = self.api(group, version, kind);
        let patched = api
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await;
        patched.unwrap_or_else(|error| panic!("cannot change {kind} {name}: {error}"));
    }

    pub(crate) async fn patch_status(&self, kind: &str, name: &str, status: Value) {
        let api = self.api("", "v1", kind);
        let patch = Patch::Merge(json!({"status": status}));
        let patched = api
            .patch_status(name, &PatchParams::default(), &patch)
            .await;
        patched.unwrap_or_else(|error| panic!("cannot change {kind} {name}: {error}"));
    }

    /// Makes a pod on a node. Returns its uid.
    pub(crate) async fn pod(&self, name: &str, node: &str, more: Value) -> String {
        let mut pod = json!({
            "metadata": {"name": name, "labels": {"app": "shop", "pod": name}},
            "spec": {
                "nodeName": node,
                "automountServiceAccountToken": false,
                "containers": [{"name": "main", "image": "registry.example/shop:1"}]
            }
        });
        merge(&mut pod, &more);
        self.create("", "v1", "Pod", pod)
            .await
            .uid()
            .expect("a uid")
    }

    /// Makes a pod that runs and has addresses. Returns its uid.
    pub(crate) async fn running_pod(
        &self,
        name: &str,
        node: &str,
        more: Value,
        addresses: &[&str],
    ) -> String {
        let uid = self.pod(name, node, more).await;
        let all: Vec<Value> = addresses.iter().map(|ip| json!({"ip": ip})).collect();
        let status = json!({"phase": "Running", "podIP": addresses[0], "podIPs": all});
        self.patch_status("Pod", name, status).await;
        uid
    }
}

fn api_resource(group: &str, version: &str, kind: &str) -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind))
}

fn merge(object: &mut Value, more: &Value) {
    let Value::Object(more) = more else {
        *object = more.clone();
        return;
    };
    for (key, value) in more {
        merge(&mut object[key], value);
    }
}
