//! Elasticsearch: a server that keeps documents, strict about what `_bulk` and index templates look like.

use crate::fixtures::{id, is_rejected, is_retry, notification, notifications, repeated, sink};
use crate::receiver::{Answer, Asked, Receiver};
use saker_alert_sinks::Outcome;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

const STREAM: &str = "logs-saker.alerts-default";

/// What the server holds.
#[derive(Default)]
struct Cluster {
    documents: HashMap<String, Value>,
    template: Option<Value>,
    /// The next documents with these ids get this status.
    failing: HashMap<String, u16>,
}

impl Cluster {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let path = asked.path.as_str();
        match (asked.method.as_str(), path) {
            ("POST", _) if path == format!("/{STREAM}/_bulk") => self.bulk(asked),
            ("GET", "/_index_template/saker-alerts") => match &self.template {
                None => Answer::body(404, json!({ "error": {}, "status": 404 }).to_string()),
                Some(template) => {
                    let found = json!({ "index_template": { "version": template["version"] } });
                    Answer::body(200, json!({ "index_templates": [found] }).to_string())
                }
            },
            ("PUT", "/_index_template/saker-alerts") => {
                check_template(asked);
                self.template = Some(asked.json());
                Answer::body(200, r#"{"acknowledged":true}"#)
            }
            other => panic!("nothing of the API: {other:?}"),
        }
    }

    fn bulk(&mut self, asked: &Asked) -> Answer {
        assert_eq!(asked.header("content-type"), "application/x-ndjson");
        assert!(asked.query.starts_with("filter_path="), "{}", asked.query);
        let text = std::str::from_utf8(&asked.body).unwrap();
        assert!(text.ends_with('\n'), "a bulk ends with a line break");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len() % 2, 0, "an action and a document each");
        let items: Vec<Value> = lines
            .chunks(2)
            .map(|pair| self.create(pair[0], pair[1]))
            .collect();
        let errors = items
            .iter()
            .any(|item| item["create"]["status"].as_u64() > Some(299));
        Answer::body(200, json!({ "errors": errors, "items": items }).to_string())
    }

    fn create(&mut self, action: &str, document: &str) -> Value {
        let action: Value = serde_json::from_str(action).unwrap();
        let document: Value = serde_json::from_str(document).unwrap();
        let id = action["create"]["_id"].as_str().unwrap().to_owned();
        assert_eq!(action, json!({ "create": { "_id": id } }));
        // What a data stream cannot do without.
        let time = document["@timestamp"].as_str().unwrap();
        time.parse::<jiff::Timestamp>().unwrap();
        if let Some(status) = self.failing.remove(&id) {
            let error = json!({ "type": "some_exception", "reason": "injected" });
            return json!({ "create": { "status": status, "error": error } });
        }
        if self.documents.contains_key(&id) {
            let error = json!({ "type": "version_conflict_engine_exception", "reason": "exists" });
            return json!({ "create": { "status": 409, "error": error } });
        }
        self.documents.insert(id, document);
        json!({ "create": { "status": 201 } })
    }
}

/// As the API's reference has it: only these keys, of these types.
fn check_template(asked: &Asked) {
    assert_eq!(asked.header("content-type"), "application/json");
    let template = asked.json();
    for (key, value) in template.as_object().unwrap() {
        match key.as_str() {
            "index_patterns" => assert_eq!(*value, json!([STREAM])),
            "data_stream" | "_meta" => assert!(value.is_object()),
            // That of Elasticsearch's own template for logs-*-* is 100.
            "priority" => assert!(value.as_u64() > Some(100)),
            "version" => assert!(value.is_u64()),
            "template" => {
                for key in value.as_object().unwrap().keys() {
                    assert!(["settings", "mappings", "aliases"].contains(&key.as_str()));
                }
            }
            other => panic!("'{other}' is no part of an index template"),
        }
    }
    check_properties(&template["template"]["mappings"]["properties"]);
}

fn check_properties(properties: &Value) {
    const TYPES: [&str; 7] = [
        "keyword",
        "text",
        "long",
        "date",
        "date_nanos",
        "flattened",
        "flat_object",
    ];
    for (name, property) in properties.as_object().unwrap() {
        match (&property["type"], &property["properties"]) {
            (Value::String(kind), Value::Null) => assert!(TYPES.contains(&kind.as_str())),
            (Value::Null, nested) => check_properties(nested),
            _ => panic!("{name} is neither a field nor an object: {property}"),
        }
        if let Some(nested) = property.get("properties") {
            check_properties(nested);
        }
    }
}

async fn server() -> (Receiver, Arc<Mutex<Cluster>>) {
    let cluster = Arc::new(Mutex::new(Cluster::default()));
    let kept = Arc::clone(&cluster);
    let receiver = Receiver::new(move |asked| kept.lock().unwrap().answer(asked)).await;
    (receiver, cluster)
}

#[tokio::test]
async fn documents_are_there_once_however_often_they_are_sent() {
    let (receiver, cluster) = server().await;
    let sink =
        sink(json!({ "kind": "elasticsearch", "url": receiver.url(), "compression": "gzip" }));
    assert_eq!(sink.kind(), "elasticsearch");
    for _ in 0..2 {
        let outcomes = sink.deliver(&notifications(1..6)).await;
        assert_eq!(outcomes, vec![Outcome::Delivered; 5]);
    }
    let cluster = cluster.lock().unwrap();
    assert_eq!(cluster.documents.len(), 5);
    let document = &cluster.documents[&id(1)];
    assert_eq!(document["@timestamp"], "2026-11-21T12:00:00.000000001Z");
    assert_eq!(document["rule"]["name"], "Terminal shell in container");
    assert_eq!(document["process"]["pid"], 4_711);
    assert_eq!(document["event"]["kind"], "alert");
    let asked = receiver.asked();
    assert!(asked.last().unwrap().header("content-encoding") == "gzip");
}

#[tokio::test]
async fn each_document_has_an_outcome_of_its_own() {
    let (receiver, cluster) = server().await;
    let sink = sink(json!({ "kind": "elasticsearch", "url": receiver.url() }));
    cluster.lock().unwrap().failing =
        [(id(2), 400), (id(3), 429), (id(4), 503), (id(5), 413)].into();
    let outcomes = sink.deliver(&notifications(1..7)).await;
    assert_eq!(outcomes[0], Outcome::Delivered);
    assert!(matches!(
        &outcomes[1],
        Outcome::Rejected { reason } if reason == "status 400: some_exception: injected"
    ));
    assert!(is_retry(&outcomes[2]) && is_retry(&outcomes[3]));
    assert!(is_rejected(&outcomes[4]));
    assert_eq!(outcomes[5], Outcome::Delivered);

    // The two that were to be tried again, tried again.
    let outcomes = sink.deliver(&notifications(3..5)).await;
    assert_eq!(outcomes, vec![Outcome::Delivered; 2]);
    assert_eq!(cluster.lock().unwrap().documents.len(), 4);
}

#[tokio::test]
async fn the_template_is_put_once_and_before_the_first_document() {
    let (receiver, cluster) = server().await;
    let settings = json!({ "kind": "opensearch", "url": receiver.url() });
    for _ in 0..2 {
        let sink = sink(settings.clone());
        assert_eq!(sink.kind(), "opensearch");
        sink.deliver(&notifications(1..2)).await;
        sink.deliver(&notifications(2..3)).await;
    }
    let methods: Vec<String> = receiver
        .asked()
        .into_iter()
        .map(|asked| asked.method)
        .collect();
    assert_eq!(
        methods,
        ["GET", "PUT", "POST", "POST", "GET", "POST", "POST"]
    );
    let template = cluster.lock().unwrap().template.clone().unwrap();
    let properties = &template["template"]["mappings"]["properties"];
    assert_eq!(properties["@timestamp"]["type"], "date_nanos");
    assert!(
        !template.to_string().contains("flattened"),
        "a type of Elasticsearch"
    );
}

#[tokio::test]
async fn an_older_template_is_replaced_and_a_newer_one_kept() {
    let (receiver, cluster) = server().await;
    for (version, is_replaced) in [(0, true), (1_000_000, false)] {
        cluster.lock().unwrap().template = Some(json!({ "version": version }));
        let sink = sink(json!({ "kind": "elasticsearch", "url": receiver.url() }));
        sink.deliver(&notifications(1..2)).await;
        let template = cluster.lock().unwrap().template.clone().unwrap();
        assert_eq!(
            template["version"] != json!(version),
            is_replaced,
            "{version}"
        );
    }
}

#[tokio::test]
async fn without_the_right_to_put_templates_it_says_what_to_do() {
    let receiver = Receiver::new(|asked| {
        assert!(
            !asked.path.ends_with("_bulk"),
            "documents without a template"
        );
        Answer::status(403)
    })
    .await;
    let sink = sink(json!({ "kind": "elasticsearch", "url": receiver.url() }));
    let outcomes = sink.deliver(&notifications(1..2)).await;
    assert!(matches!(
        &outcomes[0],
        Outcome::Retry { reason, .. } if reason.contains("template: never")
    ));
}

#[tokio::test]
async fn an_api_key_is_shown() {
    let mut key = tempfile::NamedTempFile::new().unwrap();
    writeln!(key, "bGFtYTpwYWNh").unwrap();
    let (receiver, _cluster) = server().await;
    let settings = json!({
        "kind": "elasticsearch",
        "url": receiver.url(),
        "authentication": { "scheme": { "name": "ApiKey", "token": { "file": key.path() } } },
    });
    sink(settings).deliver(&[notification(1)]).await;
    for asked in receiver.asked() {
        assert_eq!(asked.header("authorization"), "ApiKey bGFtYTpwYWNh");
    }
}

#[tokio::test]
async fn many_are_cut_into_requests() {
    let (receiver, cluster) = server().await;
    let sink = sink(json!({ "kind": "elasticsearch", "url": receiver.url(), "template": "never" }));
    let mut large = notifications(1..5);
    for notification in &mut large {
        let mut alert = (*notification.alert).clone();
        alert.output = "x".repeat(2 * 1024 * 1024);
        notification.alert = Arc::new(alert);
    }
    large.push(repeated(9));
    let outcomes = sink.deliver(&large).await;
    assert_eq!(outcomes, vec![Outcome::Delivered; 5]);
    assert!(receiver.asked().len() > 1);
    for asked in receiver.asked() {
        assert!(asked.body.len() <= 5 * 1024 * 1024);
    }
    assert_eq!(cluster.lock().unwrap().documents.len(), 5);
}
