//! Elastic Common Schema 8.17 (<https://www.elastic.co/guide/en/ecs/8.17/ecs-reference.html>). What it has no
//! field for stands under `saker`.

mod event;
mod process;
mod request;

use saker_proto::v1::{Alert, Container, Node, Pod};
use serde_json::{Map, Value};

use crate::attack::Attack;
use crate::facts;
use crate::notification::Notification;
use crate::object::{Object, json_of, text, texts};
use crate::priority::priority_name;
use crate::time::rfc3339;

/// The version that the fields are of.
const VERSION: &str = "8.17.0";

/// The document of an alert.
#[must_use]
pub fn document(notification: &Notification) -> Map<String, Value> {
    let alert = &*notification.alert;
    let mut document = Object::default();
    document.add("@timestamp", rfc3339(alert.time_unix_ns));
    document.add("ecs", one("version", VERSION));
    document.add_text("message", &alert.output);
    document.add("event", event::event(notification));
    document.add("rule", one("name", text(&alert.rule)));
    document.add(
        "log",
        one("level", priority_name(alert.priority()).to_lowercase()),
    );
    document.add("tags", texts(&alert.tags));
    document.add("threat", threat(alert));
    if let Some(acting) = &alert.process {
        document.add("process", process::process(alert, acting));
        document.add("user", process::user(acting));
    } else if let Some(request) = facts::request(alert) {
        document.add("user", request::user(request));
        document.add("source", request::source(request));
        document.add("user_agent", one("original", text(&request.user_agent)));
    }
    if let Some(found) = &alert.container {
        document.add("container", container(found));
    }
    document.add("orchestrator", orchestrator(alert));
    if let Some(pod) = &alert.pod {
        document.add("labels", labels(pod));
    }
    if let Some(node) = &alert.node {
        document.add("host", host(node));
    }
    document.add("agent", agent(alert));
    document.add("related", related(alert));
    document.add("saker", own(notification));
    document.into()
}

/// An object with one entry.
fn one(key: &str, value: impl Into<Value>) -> Object {
    let mut object = Object::default();
    object.add(key, value);
    object
}

fn threat(alert: &Alert) -> Object {
    let attack = Attack::of(&alert.tags);
    let mut threat = Object::default();
    if attack.tactics.is_empty() && attack.techniques.is_empty() {
        return threat;
    }
    threat.add("framework", "MITRE ATT&CK");
    let tactics = attack.tactics.iter();
    let mut tactic = Object::default();
    tactic.add(
        "id",
        tactics.clone().map(|tactic| tactic.id).collect::<Value>(),
    );
    tactic.add("name", tactics.map(|tactic| tactic.name).collect::<Value>());
    threat.add("tactic", tactic);
    let mut technique = Object::default();
    technique.add("id", attack.techniques.into_iter().collect::<Value>());
    let below: Value = attack.subtechniques.into_iter().collect();
    technique.add("subtechnique", one("id", below));
    threat.add("technique", technique);
    threat
}

fn container(container: &Container) -> Object {
    let mut image = Object::default();
    let name = match &*container.image_repository {
        "" => &container.image,
        repository => repository,
    };
    image.add_text("name", name);
    if !container.image_tag.is_empty() {
        image.add("tag", vec![text(&container.image_tag)]);
    }
    if !container.image_digest.is_empty() {
        image.add("hash", one("all", vec![text(&container.image_digest)]));
    }
    let id = match &*container.full_id {
        "" => &container.id,
        id => id,
    };
    let mut object = Object::default();
    object.add_text("id", id);
    object.add_text("name", &container.name);
    object.add_text("runtime", &container.runtime);
    object.add("image", image);
    object.add(
        "security_context",
        one("privileged", container.is_privileged),
    );
    object
}

fn orchestrator(alert: &Alert) -> Object {
    let mut orchestrator = Object::default();
    orchestrator.add("cluster", one("name", text(&alert.cluster)));
    if let Some(request) = facts::request(alert) {
        request::add_target(&mut orchestrator, request);
    }
    let Some(pod) = &alert.pod else {
        return orchestrator;
    };
    orchestrator.add("type", "kubernetes");
    orchestrator.add_text("namespace", &pod.namespace);
    let mut resource = Object::default();
    resource.add("type", "pod");
    resource.add_text("name", &pod.name);
    resource.add_text("id", &pod.uid);
    let labels = sorted(pod).map(|(key, value)| text(&format!("{key}:{value}")));
    resource.add("label", labels.collect::<Value>());
    resource.add(
        "parent",
        one("type", text(&pod.workload_kind.to_lowercase())),
    );
    orchestrator.add("resource", resource);
    orchestrator
}

/// The labels of the pod. A dot in a key would make an object of it.
fn labels(pod: &Pod) -> Object {
    let mut labels = Object::default();
    for (key, value) in sorted(pod) {
        labels.add_text(&key.replace('.', "_"), value);
    }
    labels
}

fn sorted(pod: &Pod) -> impl Iterator<Item = (&String, &String)> {
    let mut labels: Vec<_> = pod.labels.iter().collect();
    labels.sort();
    labels.into_iter()
}

fn host(node: &Node) -> Object {
    let mut host = Object::default();
    host.add_text("hostname", &node.hostname);
    let name = match &*node.kubernetes_name {
        "" => &node.hostname,
        name => name,
    };
    host.add_text("name", name);
    host.add("boot", one("id", text(&node.boot_id)));
    host
}

fn agent(alert: &Alert) -> Object {
    let mut agent = Object::default();
    agent.add("type", "saker");
    if let Some(engine) = &alert.engine {
        agent.add_text("version", &engine.version);
    }
    agent
}

fn related(alert: &Alert) -> Object {
    let mut related = Object::default();
    if let Some(node) = &alert.node {
        let hosts = [&node.hostname, &node.kubernetes_name].into_iter();
        let mut hosts: Vec<Value> = hosts
            .filter(|name| !name.is_empty())
            .map(|name| text(name))
            .collect();
        hosts.dedup();
        related.add("hosts", hosts);
    }
    let of_process = alert.process.iter().map(|process| &process.user_name);
    let of_request = facts::request(alert).into_iter();
    let of_request = of_request.flat_map(|request| [&request.user, &request.impersonated_user]);
    let users = of_process.chain(of_request).filter(|name| !name.is_empty());
    related.add("user", users.map(|name| text(name)).collect::<Value>());
    related
}

/// What ECS has no field for.
fn own(notification: &Notification) -> Object {
    let alert = &*notification.alert;
    let mut own = Object::default();
    own.add("priority", priority_name(alert.priority()));
    own.add_text("source", &alert.source);
    own.add("path_view", facts::path_view(alert));
    own.add("enrichment", facts::enrichment(alert));
    let mut fields = Object::default();
    for field in &alert.fields {
        fields.add(&field.name, json_of(field.value.as_ref()));
    }
    own.add("fields", fields);
    own.add("count", notification.repeats.members.len());
    if notification.is_repeated() {
        own.add("members", notification.listed(usize::MAX));
    }
    own.add("suppressed", alert.suppressed);
    if let Some(acting) = &alert.process {
        own.add("process", process::own(alert, acting));
    }
    if let Some(pod) = &alert.pod {
        let mut object = Object::default();
        object.add_text("service_account", &pod.service_account);
        object.add_text("workload_kind", &pod.workload_kind);
        object.add_text("workload_name", &pod.workload_name);
        own.add("pod", object);
    }
    if let Some(request) = facts::request(alert) {
        own.add("request", request::own(request));
    }
    own.add("engine", facts::engine(alert));
    own
}
