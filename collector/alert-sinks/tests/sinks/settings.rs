//! What settings are refused, and in what words.

use saker_alert_sinks::SinkSettings;
use serde_json::{Value, json};

fn error(settings: Value) -> String {
    match serde_json::from_value::<SinkSettings>(settings.clone()) {
        Err(error) => error.to_string(),
        Ok(parsed) => match parsed.build() {
            Err(error) => error.to_string(),
            Ok(_) => panic!("accepted: {settings}"),
        },
    }
}

#[track_caller]
fn assert_error(settings: Value, words: &[&str]) {
    let error = error(settings);
    for word in words {
        assert!(error.contains(word), "'{word}' is not in: {error}");
    }
}

#[test]
fn keys_that_are_not_known() {
    let url = "http://127.0.0.1:1";
    for kind in [
        "alertmanager",
        "elasticsearch",
        "loki",
        "opensearch",
        "webhook",
    ] {
        let settings = json!({ "name": "a", "kind": kind, "url": url, "usr": 1 });
        assert_error(settings, &["sink 'a'", "unknown field `usr`"]);
    }
    assert_error(
        json!({ "name": "a", "kind": "stdout", "usr": 1 }),
        &["`usr`"],
    );
    assert_error(
        json!({ "name": "a", "kind": "stdout", "filter": { "rule": ["x"] } }),
        &["unknown field `rule`", "`rules`"],
    );
    assert_error(
        json!({ "name": "a", "kind": "otlp", "url": url, "tls": { "ca": "x" } }),
        &["unknown field `ca`", "`ca_file`"],
    );
}

#[test]
fn kinds_and_names() {
    assert_error(
        json!({ "name": "a", "kind": "splunk" }),
        &["sink 'a'", "unknown variant `splunk`", "`elasticsearch`"],
    );
    assert_error(
        json!({ "kind": "stdout" }),
        &["a sink", "missing field `name`"],
    );
    assert_error(
        json!({ "name": "a" }),
        &["sink 'a'", "missing field `kind`"],
    );
    for name in ["", "a b", "ä", &"x".repeat(64)] {
        assert_error(json!({ "name": name, "kind": "stdout" }), &["1 to 63"]);
    }
    assert_error(
        json!({ "name": "a", "kind": "stdout", "minimum_priority": "high" }),
        &["minimum_priority", "'high'", "critical"],
    );
    assert_error(
        json!({ "name": "a", "kind": "stdout", "format": "xml" }),
        &["unknown format 'xml'", "falco_json"],
    );
}

#[test]
fn secrets_do_not_stand_in_settings() {
    let url = "http://127.0.0.1:1";
    let sasl = json!({ "mechanism": "SCRAM-SHA-512", "username": "u", "password": "hunter2" });
    for settings in [
        json!({ "name": "a", "kind": "slack", "url": "https://hunter2.example" }),
        json!({ "name": "a", "kind": "webhook", "url": url, "signing_secret": "hunter2" }),
        json!({ "name": "a", "kind": "kafka", "brokers": ["b:9092"], "topic": "t", "sasl": sasl }),
        json!({
            "name": "a",
            "kind": "elasticsearch",
            "url": url,
            "authentication": { "basic": { "user": "u", "password": "hunter2" } },
        }),
    ] {
        let error = error(settings);
        assert!(error.contains("{file: PATH}"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn urls() {
    let sink = |more: Value| {
        let mut settings = json!({ "name": "a", "kind": "loki" });
        settings
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        settings
    };
    assert_error(sink(json!({})), &["missing url"]);
    assert_error(sink(json!({ "endpoints": [] })), &["one URL at least"]);
    assert_error(
        sink(json!({ "url": "http://a", "endpoints": ["http://a"] })),
        &["either url or endpoints"],
    );
    assert_error(sink(json!({ "url": "ftp://a" })), &["http:// or https://"]);
    assert_error(
        json!({ "name": "a", "kind": "otlp", "url": "collector:4317" }),
        &["'collector:4317'", "https://host:4317"],
    );
}

#[test]
fn what_makes_no_sense() {
    let url = "http://127.0.0.1:1";
    assert_error(
        json!({ "name": "a", "kind": "elasticsearch", "url": url, "data_stream": "Logs/x" }),
        &["data_stream", "'Logs/x'", "logs-saker.alerts-default"],
    );
    assert_error(
        json!({ "name": "a", "kind": "loki", "url": url, "static_labels": { "a-b": "c" } }),
        &["static_labels", "'a-b'"],
    );
    assert_error(
        json!({ "name": "a", "kind": "loki", "url": url, "static_labels": {} }),
        &["static_labels", "one at least"],
    );
    assert_error(
        json!({ "name": "a", "kind": "webhook", "url": url, "format": "cef", "body": "array" }),
        &["cef", "no JSON"],
    );
    assert_error(
        json!({ "name": "a", "kind": "kafka", "brokers": [], "topic": "t" }),
        &["brokers", "host:port"],
    );
    let sasl = json!({ "mechanism": "PLAIN", "username": "u", "password": { "env": "NONE" } });
    assert_error(
        json!({ "name": "a", "kind": "kafka", "brokers": ["b:9092"], "topic": "t", "sasl": sasl }),
        &["sasl.mechanism", "tls"],
    );
}
