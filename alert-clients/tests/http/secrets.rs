//! Credentials that come from files, and are renewed.

use crate::server::{Answer, TestServer};
use saker_alert_clients::Secret;
use saker_alert_clients::http::{HttpClient, HttpOutcome, HttpRequest, HttpSettings};
use std::fs::{self, File};
use std::time::SystemTime;

fn request() -> HttpRequest {
    HttpRequest::post("text/plain", "x")
}

fn authorizations(server: &TestServer) -> Vec<String> {
    server
        .received()
        .iter()
        .map(|request| request.header("authorization").unwrap_or("none").to_owned())
        .collect()
}

#[tokio::test]
async fn every_scheme() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    fs::write(&file, "s3cret \u{fc}\n").expect("a file");
    let server = TestServer::start([]).await;
    for authentication in [
        serde_json::json!({"basic": {"user": "falco", "password": {"file": file}}}),
        serde_json::json!({"bearer": {"token": {"file": file}}}),
        serde_json::json!({"scheme": {"name": "ApiKey", "token": {"file": file}}}),
    ] {
        let settings: HttpSettings = serde_json::from_value(serde_json::json!({
            "url": server.url(),
            "authentication": authentication,
            "headers": {"X-Token": {"file": file}},
        }))
        .expect("settings");
        let client = HttpClient::new(&settings).expect("a client");
        assert!(!format!("{settings:?} {client:?}").contains("s3cret"));
        assert!(matches!(
            client.send(request()).await,
            HttpOutcome::Delivered(_)
        ));
    }
    let authorizations: Vec<String> = authorizations(&server);
    assert_eq!(
        authorizations,
        [
            // "falco:s3cret \u{fc}" in base64.
            "Basic ZmFsY286czNjcmV0IMO8",
            "Bearer s3cret \u{fc}",
            "ApiKey s3cret \u{fc}"
        ]
    );
    let received = server.received();
    assert!(
        received
            .iter()
            .all(|request| request.header("x-token") == Some("s3cret \u{fc}"))
    );
}

#[tokio::test]
async fn a_renewed_token_is_used_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    fs::write(&file, "old").expect("a file");
    let server = TestServer::start([
        Answer::status(200),
        Answer::status(200),
        Answer::status(401),
        Answer::status(200),
        Answer::status(403),
    ])
    .await;
    let settings: HttpSettings = serde_json::from_value(serde_json::json!({
        "url": server.url(),
        "authentication": {"bearer": {"token": {"file": file}}},
    }))
    .expect("settings");
    let client = HttpClient::new(&settings).expect("a client");
    assert!(matches!(
        client.send(request()).await,
        HttpOutcome::Delivered(_)
    ));
    fs::write(&file, "newer").expect("a file");
    assert!(matches!(
        client.send(request()).await,
        HttpOutcome::Delivered(_)
    ));

    // Of the same length, and with the time of the one before: only the refusal tells.
    let time = fs::metadata(&file)
        .and_then(|found| found.modified())
        .expect("a time");
    fs::write(&file, "other").expect("a file");
    set_modified(&file, time);
    assert!(matches!(
        client.send(request()).await,
        HttpOutcome::Delivered(_)
    ));
    assert_eq!(
        authorizations(&server),
        ["Bearer old", "Bearer newer", "Bearer newer", "Bearer other"]
    );

    // Nothing newer there: it is not tried twice, and not thrown away.
    let outcome = client.send(request()).await;
    assert!(matches!(outcome, HttpOutcome::Retry { .. }), "{outcome:?}");
    assert_eq!(server.received().len(), 5);

    fs::remove_file(&file).expect("removed");
    let outcome = client.send(request()).await;
    let HttpOutcome::Retry { reason, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(
        reason.contains("token: the secret cannot be read"),
        "{reason}"
    );
}

fn set_modified(file: &std::path::Path, time: SystemTime) {
    File::options()
        .write(true)
        .open(file)
        .and_then(|file| file.set_modified(time))
        .expect("its time");
}

#[test]
fn secrets_in_a_configuration() {
    let parsed =
        |json: &str| serde_json::from_str::<Secret>(json).map_err(|error| error.to_string());
    assert_eq!(parsed(r#"{"file": "/a"}"#), Ok(Secret::file("/a")));
    assert_eq!(parsed(r#"{"env": "A"}"#), Ok(Secret::environment("A")));
    for wrong in [
        r#""hunter2""#,
        r#"{"file": "/a", "env": "A"}"#,
        r#"{"value": "hunter2"}"#,
        "{}",
        "7",
    ] {
        let error = parsed(wrong).expect_err("refused");
        assert!(
            error.contains("{file: PATH}") || error.contains("`{file: PATH}`"),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[test]
fn values_that_are_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("token");
    let secret = Secret::file(&file);
    for (content, part) in [
        (&b"\n"[..], "empty"),
        (b"a\r\nX-Evil: 1", "control characters"),
        (b"a\0", "control characters"),
        (b"\xff", "no text"),
        (&[b'a'; 70_000], "longer than"),
    ] {
        // Removed before, so that no two contents are taken for one.
        fs::remove_file(&file).unwrap_or_default();
        fs::write(&file, content).expect("a file");
        let error = secret.reread().expect_err("refused").to_string();
        assert!(
            error.contains(part) || error.contains("not text"),
            "{error}"
        );
    }
    fs::write(&file, "good\r\n").expect("a file");
    let value = secret.reread().expect("a secret");
    assert_eq!(value.expose(), "good");
    assert_eq!(format!("{value:?}"), "***");
    let unset = Secret::environment("SAKER_TEST_OF_A_VARIABLE_THAT_IS_NOT_SET");
    let error = unset.value().expect_err("not set").to_string();
    assert!(
        error.contains("SAKER_TEST_OF_A_VARIABLE_THAT_IS_NOT_SET"),
        "{error}"
    );
}
